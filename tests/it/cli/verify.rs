//! `verify`, and `--verify` of other commands: verdicts, failing inputs that can be seen again, the page.

mod limits;

use super::{Folder, SOUND};
use crate::support::rule_of_three_logs;

const SOFTMAX: &str = "{ lambda ; a:f32[3,4]. let
    b:f32[3,4] = exp a
    c:f32[3] = reduce_sum[axes=(1,) out_sharding=None] b
    d:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,)] c
    e:f32[3,4] = div b d
  in (e,) }
";
const LOG_OF_CUBE: &str =
    "{ lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=3] a; c:f32[4] = log b in (c,) }\n";
/// Right for positive numbers only: the logarithm of a negative cube is NaN.
const THREE_LOGS: &str = "{ lambda ; a:f32[4]. let
    b:f32[4] = abs a
    c:f32[4] = log b
    d:f32[4] = mul 3.0:f32[] c
  in (d,) }
";

#[test]
fn a_naive_softmax_is_improved_and_the_page_needs_nothing_else() {
    let folder = Folder::new(&[("f.jaxpr", SOFTMAX)]);
    let ran = folder.run(&["verify", "f.jaxpr", "--report", "page.html"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("improved at "), "{}", ran.out);
    let page = folder.read("page.html");
    for part in ["<svg", "<table", "<h2>Derivation</h2>", "softmax", "reduce_max"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("http"), "the page must not load anything");
    let again = folder.run(&["verify", "f.jaxpr"]);
    assert_eq!(again.out, ran.out, "the same inputs are drawn each time");
}

#[test]
fn a_program_that_nothing_is_done_to_is_equal() {
    let ran = Folder::new(&[("f.jaxpr", SOUND)]).run(&["verify", "f.jaxpr", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["verdict"], "equal");
    assert_eq!(report["schema"], 1);
    assert_eq!(report["outputs"][0]["oracle"], "exact");
}

/// What stands for an infinity nearby is a large number, and not any number at all.
#[test]
fn a_number_where_there_is_an_infinity_is_a_regression() {
    let old = "{ lambda ; a:f32[2]. let
    b:f32[2] = exp a
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[] = log c
  in (d,) }
";
    let new = "{ lambda ; a:f32[2]. let
    b:f32[2] = min a 80.0:f32[]
    c:f32[2] = exp b
    d:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    e:f32[] = log d
  in (e,) }
";
    let inputs = r#"{"cases": [{"label": "infinite", "inputs": [
        {"dtype": "float32", "shape": [2], "values": ["inf", 0]}]}]}"#;
    let folder = Folder::new(&[("old.jaxpr", old), ("new.jaxpr", new), ("inputs.json", inputs)]);
    let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr", "--inputs", "inputs.json"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("and is truly inf"), "{}", ran.out);
}

#[test]
fn a_number_where_there_was_none_is_a_regression_with_its_input() {
    let folder = Folder::new(&[("old.jaxpr", LOG_OF_CUBE), ("new.jaxpr", THREE_LOGS)]);
    let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("is truly NaN"), "{}", ran.out);
    let command = ran
        .out
        .lines()
        .find_map(|line| line.trim().strip_prefix("jaxpeep "));
    let args: Vec<&str> = command
        .expect("a command that shows it again")
        .split(' ')
        .collect();
    let again = folder.run(&args);
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(again.out.contains("at 1 point"), "{}", again.out);
}

/// Runs `verify` on two programs: the exit code, the verdict and the number of regressions.
fn compared(old: &str, new: &str) -> (i32, String, usize) {
    let folder = Folder::new(&[("old.jaxpr", old), ("new.jaxpr", new)]);
    let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let failures = report["failures"].as_array().expect("failures").len();
    (
        ran.code,
        report["verdict"].as_str().unwrap_or_default().to_owned(),
        failures,
    )
}

#[test]
fn wrong_edits_of_a_right_program_regress() {
    let stable = "{ lambda ; a:f32[3,3]. let
    b:f32[3] = reduce_max[axes=(1,) out_sharding=None] a
    c:bool[3] = is_finite b
    d:f32[3] = broadcast_in_dim 0.0:f32[]
    e:f32[3] = select_n c d b
    f:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,)] e
    g:f32[3,3] = sub a f
    h:f32[3,3] = exp g
    i:f32[3] = reduce_sum[axes=(1,) out_sharding=None] h
    j:f32[3] = log i
    k:f32[3] = add j e
  in (k,) }
";
    let naive = "{ lambda ; a:f32[3,3]. let
    b:f32[3,3] = exp a
    c:f32[3] = reduce_sum[axes=(1,) out_sharding=None] b
    d:f32[3] = log c
  in (d,) }
";
    let (code, verdict, _) = compared(naive, stable);
    assert_eq!((code, verdict.as_str()), (0, "improved"));
    let edits = [
        ("the guard dropped", "select_n c d b", "select_n True:bool[] d b"),
        ("the minimum for the maximum", "reduce_max", "reduce_min"),
        (
            "the other axis of a square matrix",
            "broadcast_dimensions=(0,)",
            "broadcast_dimensions=(1,)",
        ),
        ("the sign flipped", "add j e", "sub j e"),
        (
            "a sum over the other axis",
            "reduce_sum[axes=(1,)",
            "reduce_sum[axes=(0,)",
        ),
        (
            "a wrong constant",
            "broadcast_in_dim 0.0:f32[]",
            "broadcast_in_dim -inf:f32[]",
        ),
    ];
    for (what, right, wrong) in edits {
        let mut edited = stable.replace(right, wrong);
        if what == "the other axis of a square matrix" {
            edited = edited.replace("f:f32[3,1]", "f:f32[1,3]");
        }
        assert_ne!(edited, stable, "{what}");
        let (code, verdict, failures) = compared(naive, &edited);
        assert_eq!((code, verdict.as_str()), (1, "regressed"), "{what}");
        assert!(failures > 0, "{what}");
    }
}

#[test]
fn the_command_that_shows_a_point_again_has_the_rules_in_it() {
    let rule = rule_of_three_logs("refines");
    let folder = Folder::new(&[("my f.jaxpr", LOG_OF_CUBE), ("own/wrong.rule", &rule)]);
    let ran = folder.run(&[
        "verify",
        "my f.jaxpr",
        "--rules",
        "own",
        "--only",
        "three-logs",
        "--samples",
        "2",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let command = "jaxpeep verify 'my f.jaxpr' --only three-logs --rules own --seed 0 --samples 2 --point ";
    assert!(ran.out.contains(command), "{}", ran.out);
}

#[test]
fn programs_of_other_types_cannot_be_compared() {
    let folder = Folder::new(&[("old.jaxpr", SOFTMAX), ("new.jaxpr", THREE_LOGS)]);
    let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`f32[3,4]` and `f32[4]`"), "{}", ran.err);
}

#[test]
fn what_is_worse_is_not_written() {
    let rule = rule_of_three_logs("refines");
    let folder = Folder::new(&[("f.jaxpr", LOG_OF_CUBE), ("own/wrong.rule", &rule)]);
    let args = ["rewrite", "--rules", "own", "--only", "three-logs", "f.jaxpr"];
    assert_eq!(folder.run(&args).code, 0, "{}", folder.run(&args).err);
    let ran = folder.run(&[&args[..], &["--verify", "-i"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(folder.read("f.jaxpr"), LOG_OF_CUBE);
    let ran = folder.run(&[
        "check",
        "--rules",
        "own",
        "--only",
        "three-logs",
        "--verify",
        "f.jaxpr",
    ]);
    assert!(ran.out.contains("regressed at"), "{}", ran.out);
}

/// Halves while the number is above one, which infinity always is.
const ENDLESS_AT_INFINITY: &str = "{ lambda ; a:f32[]. let
    b:f32[] = while[
      body_jaxpr={ lambda ; c:f32[]. let d:f32[] = mul c 0.5:f32[] in (d,) }
      body_nconsts=0
      cond_jaxpr={ lambda ; e:f32[]. let f:bool[] = gt e 1.0:f32[] in (f,) }
      cond_nconsts=0
    ] a
    g:f32[] = exp b
    h:f32[] = log g
  in (h,) }
";

#[test]
fn points_at_which_a_loop_has_no_end_are_skipped_and_counted() {
    let folder = Folder::new(&[("f.jaxpr", ENDLESS_AT_INFINITY)]);
    let ran = folder.run(&["verify", "f.jaxpr", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let skipped = report["skipped"].as_u64().expect("a number");
    assert!(0 < skipped && skipped < 20, "{skipped}");
    let ran = folder.run(&["verify", "f.jaxpr"]);
    assert!(
        ran.out.contains(" skipped, where the program has no result"),
        "{}",
        ran.out
    );
    let label = ran
        .out
        .split("(at `")
        .nth(1)
        .and_then(|rest| rest.split('`').next());
    let ran = folder.run(&["verify", "f.jaxpr", "--point", label.expect("a point")]);
    assert_eq!(ran.code, 2, "nothing is left to compare: {}", ran.out);
    assert!(ran.err.contains("has not ended"), "{}", ran.err);
}

#[test]
fn an_output_that_did_not_change_costs_no_truth_and_hides_none() {
    // The floor of a rounded 3 is no number that an oracle tells, and has nothing to do with the other output.
    let program = |softplus: &str| {
        format!(
            "{{ lambda ; a:f32[] b:f32[]. let c:f32[] = exp b; d:f32[] = log c; e:f32[] = floor d; {softplus} in (e, h) }}"
        )
    };
    let naive = program("f:f32[] = exp a; g:f32[] = add f 1.0:f32[]; h:f32[] = log g");
    let stable = program(
        "f:f32[] = abs a; g:f32[] = neg f; i:f32[] = exp g; j:f32[] = log1p i; k:f32[] = max a 0.0:f32[]; \
         h:f32[] = add k j",
    );
    let folder = Folder::new(&[
        ("old.jaxpr", naive.as_str()),
        ("new.jaxpr", stable.as_str()),
        ("inputs.json", &case(&[&[100.0], &[3.0]], &[])),
    ]);
    let ran = folder.run(&[
        "verify",
        "old.jaxpr",
        "new.jaxpr",
        "--inputs",
        "inputs.json",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["undecided"], 0, "{}", ran.out);
    assert_eq!(report["outputs"][1]["verdict"], "improved");
}

/// A case of float32 arrays of one shape.
fn case(inputs: &[&[f32]], shape: &[usize]) -> String {
    let arrays = inputs
        .iter()
        .map(|values| serde_json::json!({"dtype": "float32", "shape": shape, "values": values}));
    let inputs: Vec<serde_json::Value> = arrays.collect();
    serde_json::json!({"cases": [{"label": "own", "inputs": inputs, "outputs": []}]}).to_string()
}

#[test]
fn at_the_end_of_the_range_no_spelling_is_preferred_and_elsewhere_it_is() {
    let verdict = |old: &str, new: &str, inputs: &[&[f32]]| {
        let case = case(inputs, &[2]);
        let folder = Folder::new(&[("old.jaxpr", old), ("new.jaxpr", new), ("inputs.json", &case)]);
        let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr", "--inputs", "inputs.json"]);
        (ran.code, ran.out)
    };
    // exp(a)/b is just a normal number, and exp(a − max)/b just none.
    let old = "{ lambda ; a:f32[2] b:f32[2]. let
    c:f32[2] = exp a
    d:f32[2] = div c b
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[] = log e
  in (f,) }
";
    let new = "{ lambda ; a:f32[2] b:f32[2]. let
    m:f32[] = reduce_max[axes=(0,) out_sharding=None] a
    n:f32[2] = sub a m
    c:f32[2] = exp n
    d:f32[2] = div c b
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    g:f32[] = log e
    f:f32[] = add g m
  in (f,) }
";
    let (code, out) = verdict(old, new, &[&[4.1, 3.8], &[2e38, 2e38]]);
    assert_eq!(code, 0, "{out}");
    // A square overflows long before its number does.
    let logarithm = "{ lambda ; a:f32[2]. let b:f32[2] = abs a; c:f32[2] = log b in (c,) }\n";
    let of_square = "{ lambda ; a:f32[2]. let
    b:f32[2] = mul a a
    c:f32[2] = log b
    d:f32[2] = mul 0.5:f32[] c
  in (d,) }
";
    for large in [1e25, 2e38] {
        let (code, out) = verdict(logarithm, of_square, &[&[large, 1.0]]);
        assert_eq!(code, 1, "{large}: {out}");
    }
}

#[test]
fn counts_of_which_a_logarithm_is_taken_are_drawn_as_integers() {
    let text = "{ lambda ; a:i32[3]. let
    b:i32[3] = mul 2:i32[] a
    c:f32[3] = convert_element_type[new_dtype=float32 weak_type=False] b
    d:f32[3] = log c
  in (d,) }
";
    assert_eq!(compared(text, text), (0, "equal".to_owned(), 0));
}
