//! What the search for inputs reaches: loops, integers, and programs that a rewrite changed.

use jaxpeep::hazards::{Assumptions, Certainty, Kind, find};
use jaxpeep::ir::Program;

use super::{found, kinds, program};
use crate::cli::Folder;

/// Halves its input ten times, which takes no sign away.
const HALVES: &str = "{ lambda ; a:f32[]. let
    b:i32[] c:f32[] = while[
      body_jaxpr={ lambda ; d:i32[] e:f32[]. let
          f:i32[] = add d 1:i32[]
          g:f32[] = mul e 0.5:f32[]
        in (f, g) }
      body_nconsts=0
      cond_jaxpr={ lambda ; h:i32[] i:f32[]. let j:bool[] = lt h 10:i32[] in (j,) }
      cond_nconsts=0
    ] 0:i32[] a
    k:f32[] = log c
  in (k,) }";

#[test]
fn a_hazard_behind_a_loop_is_witnessed() {
    assert_eq!(
        kinds(&found(HALVES, &[]), Certainty::Witnessed),
        [Kind::Domain, Kind::Pole]
    );
    // A loop of more steps than are tried is left alone.
    let long = found(&HALVES.replace("lt h 10", "lt h 100000"), &[]);
    assert_eq!(kinds(&long, Certainty::Witnessed), []);
    assert_eq!(kinds(&long, Certainty::Possible), [Kind::Domain, Kind::Pole]);
}

#[test]
fn a_hazard_inside_a_loop_is_witnessed() {
    // Σ 1 / (a − i) for i below 5 has its poles at 0, 1, 2, 3 and 4.
    let text = "{ lambda ; a:f32[]. let
    b:i32[] c:f32[] d:f32[] = while[
      body_jaxpr={ lambda ; e:i32[] f:f32[] g:f32[]. let
          h:i32[] = add e 1:i32[]
          i:f32[] = sub f 1.0:f32[]
          j:f32[] = div 1.0:f32[] f
          k:f32[] = add g j
        in (h, i, k) }
      body_nconsts=0
      cond_jaxpr={ lambda ; l:i32[] m:f32[] n:f32[]. let o:bool[] = lt l 5:i32[] in (o,) }
      cond_nconsts=0
    ] 0:i32[] a 0.0:f32[]
  in (d,) }";
    let hazards = found(text, &[]);
    assert_eq!(kinds(&hazards, Certainty::Witnessed), [Kind::Pole]);
    assert!(
        hazards[0].equation.contains("div 1.0:f32[] f"),
        "{}",
        hazards[0].equation
    );
    let witness = hazards[0].witness.as_ref().map(|witness| witness.text.as_str());
    assert_eq!(witness, Some("a = 0"));
}

#[test]
fn inputs_that_never_end_a_loop_are_passed_over() {
    let endless = HALVES
        .replace("lt h 10:i32[]", "gt i 0.0:f32[]")
        .replace("mul e 0.5:f32[]", "mul e 1.0:f32[]");
    // Only what is not positive comes out of it.
    assert_eq!(
        kinds(&found(&endless, &[]), Certainty::Witnessed),
        [Kind::Domain, Kind::Pole]
    );
}

#[test]
fn small_integers_and_extents_are_tried() {
    let text = "{ lambda ; a:f32[37] b:i32[]. let
    c:i32[] = sub 37:i32[] b
    d:i32[] = div 100:i32[] c
  in (d,) }";
    for number in ["37", "0", "1", "-1", "2"] {
        let hazards = found(&text.replace("sub 37", &format!("sub {number}")), &[]);
        assert_eq!(
            kinds(&hazards, Certainty::Witnessed),
            [Kind::IntegerDivision],
            "{number}"
        );
        let witness = hazards[0].witness.as_ref().map(|witness| witness.text.as_str());
        let expected = format!("a = 0 in all 37 elements, b = {number}");
        assert_eq!(witness, Some(expected.as_str()));
    }
}

#[test]
fn digits_that_only_a_rewrite_loses_are_nobodys_mistake() {
    let exact = program("{ lambda ; a:f32[]. let b:f32[] = mul a 1.0:f32[] in (b,) }");
    let absorbs =
        program("{ lambda ; a:f32[]. let b:f32[] = add a 1e8:f32[]; c:f32[] = sub b 1e8:f32[] in (c,) }");
    let kinds_of = |original: &Program| {
        let hazards = find(original, &absorbs, &Assumptions::default());
        kinds(&hazards, Certainty::Witnessed)
    };
    assert_eq!(kinds_of(&absorbs).len(), 1);
    assert_eq!(kinds_of(&exact), []);
}

#[test]
fn what_a_rewrite_leaves_is_told_of_the_equation_of_the_file() {
    // log Σ b·exp a is repaired for large a, and is still the logarithm of nothing where all weights are zero.
    let text = "{ lambda ; a:f32[4] b:f32[4]. let
    c:f32[4] = exp a
    d:f32[4] = mul b c
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[] = log e
  in (f,) }
";
    let folder = Folder::new(&[("f.jaxpr", text)]);
    let ran = folder.run(&["check", "--format", "json", "f.jaxpr"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    let mut told: Vec<(&str, Option<u64>)> = findings
        .iter()
        .map(|finding| {
            (
                finding["rule"].as_str().unwrap_or_default(),
                finding["line"].as_u64(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("hazard-domain", Some(5)),
            ("hazard-pole", Some(5)),
            ("logsumexp-weights", Some(5))
        ],
        "{}",
        ran.out
    );
}
