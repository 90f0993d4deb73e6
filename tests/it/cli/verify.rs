//! `verify`, and `--verify` of other commands: verdicts, failing inputs that can be seen again, the page.

use super::{Folder, SOUND};

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
/// The same wrong step as a rule of the user's own that claims to refine.
const WRONG_RULE: &str = "rule three-logs
summary  the cube overflows
identity log(x³) = 3 log |x|
source   nobody
safety   refines
match    y = integer_pow[y=3] x
         r = log y
where    float(x)
rewrite  u = abs x
         v = log u
         r = mul 3.0 v
fires \"log(x ** 3)\" { lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=3] a; c:f32[4] = log b in (c,) }
declines \"a square\" { lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=2] a; c:f32[4] = log b in (c,) }
witness  a = [1e30, 1, 1, 1]
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

#[test]
fn programs_of_other_types_cannot_be_compared() {
    let folder = Folder::new(&[("old.jaxpr", SOFTMAX), ("new.jaxpr", THREE_LOGS)]);
    let ran = folder.run(&["verify", "old.jaxpr", "new.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`f32[3,4]` and `f32[4]`"), "{}", ran.err);
}

#[test]
fn what_is_worse_is_not_written() {
    let folder = Folder::new(&[("f.jaxpr", LOG_OF_CUBE), ("own/wrong.rule", WRONG_RULE)]);
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
