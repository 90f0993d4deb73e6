//! The oracle on programs whose true values are known by hand.

use jaxpeep::interp::{Data, Inputs, Real, Tensor};
use jaxpeep::ir::{DType, Program};
use jaxpeep::oracle::{Budget, Doubt, Rung, Truth, truth};
use jaxpeep::schema::infer_literal_types;

fn program(text: &str) -> Program {
    let mut loaded = jaxpeep::load::load("it", text.as_bytes()).expect("a program");
    let mut unit = loaded.units.remove(0);
    infer_literal_types(&mut unit.program);
    unit.program
}

fn inputs(dtype: DType, tensors: &[(&[usize], &[f64])]) -> Inputs {
    let tensor =
        |&(shape, items): &(&[usize], &[f64])| Tensor::from_floats(dtype, shape, items.iter().copied());
    Inputs {
        inputs: tensors.iter().map(tensor).collect(),
        ..Inputs::default()
    }
}

/// What a program gives for vectors of f32.
fn of_vectors(text: &str, vectors: &[&[f64]]) -> Truth {
    let shapes: Vec<[usize; 1]> = vectors.iter().map(|vector| [vector.len()]).collect();
    let tensors: Vec<(&[usize], &[f64])> = shapes
        .iter()
        .zip(vectors)
        .map(|(shape, &vector)| (&shape[..], vector))
        .collect();
    truth(
        &program(text),
        &inputs(DType::Float32, &tensors),
        Budget::default(),
    )
    .expect("a truth")
}

/// The first output, rounded to its dtype.
fn floats(truth: &Truth) -> Vec<f64> {
    let output = &truth.outputs[0];
    let Data::Float(items) = output.data() else {
        panic!("{output:?} holds no floats");
    };
    items.iter().map(|item| item.nearest(output.dtype)).collect()
}

const LOG_EXP: &str = "{ lambda ; a:f32[4]. let b:f32[4] = exp a; c:f32[4] = log b in (c,) }";

#[test]
fn an_exponential_neither_overflows_nor_underflows() {
    let x = [100.0, -1e4, 1e30, 1e-30].map(|x: f64| x.rounded(DType::Float32));
    let truth = of_vectors(LOG_EXP, &[&x]);
    assert_eq!(floats(&truth), x);
    assert_eq!(truth.doubt, None);
    assert!(
        truth.rung > Rung::DoubleDouble,
        "exp(1e30) is in the range of the upper rungs only"
    );
}

#[test]
fn the_exponential_of_an_exponential_is_undone() {
    let text = "{ lambda ; a:f32[2]. let b:f32[2] = exp a; c:f32[2] = exp b; d:f32[2] = log c in (d,) }";
    let nine = 9f64.exp().rounded(DType::Float32);
    assert_eq!(floats(&of_vectors(text, &[&[9.0, 0.0]])), [nine, 1.0]);
}

#[test]
fn infinities_and_nan_follow_ieee() {
    let truth = of_vectors(LOG_EXP, &[&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0]]);
    let found = floats(&truth);
    assert_eq!(found[0], f64::INFINITY);
    assert_eq!(found[1], f64::NEG_INFINITY);
    assert!(found[2].is_nan());
    assert_eq!(found[3], 0.0);
}

#[test]
fn what_two_rungs_lose_beside_a_one_is_found_above_them() {
    // 1 + x − 1 = x, where neither doubles nor pairs of them need to hold 1 + x after the exponential.
    let text = "{ lambda ; a:f32[3]. let b:f32[3] = exp a; c:f32[3] = sub b 1.0:f32[] in (c,) }";
    let x = [1e-38f64, 1e-20, 1e-10].map(|x| x.rounded(DType::Float32));
    assert_eq!(floats(&of_vectors(text, &[&x])), x);
    let twice = "{ lambda ; a:f32[3]. let
        b:f32[3] = exp a; c:f32[3] = mul b b; d:f32[3] = sqrt c; e:f32[3] = sub d 1.0:f32[] in (e,) }";
    assert_eq!(floats(&of_vectors(twice, &[&x])), x);
}

#[test]
fn a_literal_is_a_number_of_its_dtype() {
    let text = "{ lambda ; a:f32[1]. let b:f32[1] = mul a 0.1:f32[] in (b,) }";
    let truth = of_vectors(text, &[&[1.0]]);
    assert_eq!(floats(&truth), [f64::from(0.1f32)]);
    let Data::Float(items) = truth.outputs[0].data() else {
        panic!("no floats");
    };
    assert_eq!(items[0].to_f64(), f64::from(0.1f32), "not the tenth itself");
}

#[test]
fn conversions_to_narrow_floats_do_not_round() {
    let text = "{ lambda ; a:f32[1]. let
        b:bf16[1] = convert_element_type[new_dtype=bfloat16 weak_type=False] a
        c:f32[1] = convert_element_type[new_dtype=float32 weak_type=False] b in (c,) }";
    let x = 0.1f64.rounded(DType::Float32);
    assert_eq!(floats(&of_vectors(text, &[&[x]])), [x]);
}

#[test]
fn a_difference_that_is_nothing_ends_the_climb() {
    let text = "{ lambda ; a:f32[2]. let b:f32[2] = exp a; c:f32[2] = sub b b in (c,) }";
    let truth = of_vectors(text, &[&[1.0, 2.0]]);
    assert_eq!(floats(&truth), [0.0, 0.0]);
    assert_eq!(truth.doubt, Some(Doubt::Cancellation));
}

#[test]
fn a_comparison_of_equal_reals_is_doubtful() {
    // e^x·e^−x is one, which no arithmetic that rounds can tell.
    let text = "{ lambda ; a:f32[3]. let b:f32[3] = exp a; c:f32[3] = neg a; d:f32[3] = exp c
        e:f32[3] = mul b d; f:bool[3] = ge e 1.0:f32[]; g:f32[3] = select_n f c a in (g,) }";
    let truth = of_vectors(text, &[&[1.0, 2.0, 3.0]]);
    assert_eq!(truth.doubt, Some(Doubt::Comparison));
}

#[test]
fn the_floor_of_what_is_an_integer_over_the_reals_is_doubtful() {
    let text = "{ lambda ; a:f32[2]. let b:f32[2] = exp a; c:f32[2] = log b; d:f32[2] = floor c in (d,) }";
    let truth = of_vectors(text, &[&[3.0, 2.5]]);
    assert_eq!(truth.doubt, Some(Doubt::Comparison));
    assert_eq!(floats(&truth)[1], 2.0);
}

#[test]
fn a_budget_of_nothing_stays_on_the_ground() {
    let budget = Budget {
        work: 0,
        ..Budget::default()
    };
    let inputs = inputs(DType::Float32, &[(&[4], &[1.0, 2.0, 3.0, 4.0])]);
    let truth = truth(&program(LOG_EXP), &inputs, budget).expect("a truth");
    assert_eq!((truth.rung, truth.doubt), (Rung::F64, Some(Doubt::Budget)));
}

#[test]
fn matrices_are_factored_in_wide_numbers() {
    let text = "{ lambda ; a:f64[2,2]. let c:f64[2,2] d:i32[2] e:i32[2] = lu a in (c, d, e) }";
    let inputs = inputs(DType::Float64, &[(&[2, 2], &[1e-20, 1.0, 1.0, 1.0])]);
    let truth = truth(&program(text), &inputs, Budget::default()).expect("a truth");
    // P·A = [[1, 1], [1e-20, 1]], so U = [[1, 1], [0, 1 − 1e-20]].
    assert_eq!(floats(&truth), [1.0, 1.0, 1e-20, 1.0]);
    let Data::Float(items) = truth.outputs[0].data() else {
        panic!("no floats");
    };
    let above = items[3] - Real::from_f64(1.0);
    assert_eq!(above.to_f64(), -1e-20, "more than a double is kept");
}

#[test]
fn loops_run_in_wide_numbers() {
    let text = "{ lambda ; a:f32[]. let
        b:i32[] c:f32[] = while[
          body_jaxpr={ lambda ; d:i32[] e:f32[]. let f:i32[] = add d 1:i32[]; g:f32[] = mul e e in (f, g) }
          body_nconsts=0
          cond_jaxpr={ lambda ; h:i32[] i:f32[]. let j:bool[] = lt h 10:i32[] in (j,) }
          cond_nconsts=0
        ] 0:i32[] a
        k:f32[] = log c
      in (k,) }";
    // ln(10^1024) = 1024·ln 10.
    let inputs = inputs(DType::Float32, &[(&[], &[10.0])]);
    let truth = truth(&program(text), &inputs, Budget::default()).expect("a truth");
    let expected = (1024.0 * 10f64.ln()).rounded(DType::Float32);
    assert_eq!(floats(&truth), [expected]);
    assert_eq!(
        truth.rung,
        Rung::Big(256),
        "doubles overflow, so pairs of them are not confirmed"
    );
}

#[test]
fn eval_gives_the_truth_on_demand() {
    let cases =
        r#"{"cases": [{"label": "hot", "inputs": [{"dtype": "float32", "shape": [1], "values": [100.0]}]}]}"#;
    let text = "{ lambda ; a:f32[1]. let b:f32[1] = exp a; c:f32[1] = log b in (c,) }\n";
    let folder = crate::cli::Folder::new(&[("f.jaxpr", text), ("cases.json", cases)]);
    for (precision, expected) in [("native", "inf"), ("f64", "100.0"), ("exact", "100.0")] {
        let ran = folder.run(&[
            "eval",
            "f.jaxpr",
            "--inputs",
            "cases.json",
            "--precision",
            precision,
        ]);
        let line = format!("float32[1] {expected}\n");
        assert!(
            ran.code == 0 && ran.out.ends_with(&line),
            "{precision}: {}{}",
            ran.out,
            ran.err
        );
    }
}

#[test]
fn eval_says_what_cannot_be_told() {
    let cases =
        r#"{"cases": [{"label": "three", "inputs": [{"dtype": "float32", "shape": [1], "values": [3.0]}]}]}"#;
    let text = "{ lambda ; a:f32[1]. let b:f32[1] = exp a; c:f32[1] = log b; d:f32[1] = floor c in (d,) }\n";
    let folder = crate::cli::Folder::new(&[("f.jaxpr", text), ("cases.json", cases)]);
    let ran = folder.run(&[
        "eval",
        "f.jaxpr",
        "--inputs",
        "cases.json",
        "--precision",
        "exact",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err
            .contains("three: the result hangs on numbers that no precision tells apart"),
        "{}",
        ran.err
    );
}
