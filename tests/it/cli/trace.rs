//! `trace`: what people and programs are told.

use std::path::Path;

use super::{Folder, Ran, SOUND};

/// Copies a classic failure and its inputs.
fn classic(name: &str) -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jaxpr/0.10.2");
    let read = |extension: &str| {
        let file = path.join(format!("classic_{name}.{extension}"));
        std::fs::read_to_string(file).expect("a fixture")
    };
    Folder::new(&[("f.jaxpr", &read("jaxpr")), ("f.json", &read("json"))])
}

fn trace(name: &str, more: &[&str]) -> Ran {
    let args = ["trace", "f.jaxpr", "--inputs", "f.json", "--case", "failing"];
    classic(name).run(&[&args[..], more].concat())
}

/// Function, primitive and Python line of the cause, rule that fixes it.
const CLASSICS: &[(&str, &str, &str, Option<&str>)] = &[
    ("log_sum_exp", "exp", "failures.py:13:", Some("logsumexp")),
    ("square_root_gradient", "div", "failures.py:21:", None),
    (
        "inverse",
        "triangular_solve",
        "failures.py:29:",
        Some("regularized-inverse"),
    ),
    ("logarithms", "log", "failures.py:38:", None),
    ("sinc_gradient", "integer_pow", "failures.py:45:", None),
    ("softmax", "exp", "failures.py:53:", Some("softmax")),
    ("log_of_softmax", "exp", "failures.py:57:", Some("log-softmax")),
    ("log_sum_exp_gradient", "exp", "failures.py:13:", None),
];

#[test]
fn each_classic_failure_is_located_at_its_cause() {
    for (name, primitive, line, rule) in CLASSICS {
        let ran = trace(name, &["--format", "json"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let origins = json["origins"].as_array().expect("a list");
        let mut reaching = origins
            .iter()
            .filter(|origin| origin["reaches_outputs"] != serde_json::json!([]));
        let origin = reaching.next().expect("an origin reaches an output");
        let cause = &origin["steps"][0];
        let equation = cause["equation"].as_str().unwrap_or_default();
        assert!(equation.contains(&format!("= {primitive}")), "{name}: {equation}");
        let source = cause["source"].as_str().unwrap_or_default();
        assert!(source.starts_with(line), "{name}: {source}");
        if let Some(rule) = rule {
            assert_eq!(origin["fix"], *rule, "{name}");
            assert_eq!(origin["left"], 0, "{name}");
        }
    }
}

#[test]
fn a_nan_that_is_masked_is_no_alarm() {
    let ran = trace("sinc", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("1 masked (`-v` shows them)"), "{}", ran.err);
    let ran = trace("sinc", &["-v"]);
    assert!(
        ran.out.contains("`div` gives nan, which ends in `select_n`"),
        "{}",
        ran.out
    );
}

#[test]
fn cancellation_is_found_beside_an_evaluation_without_rounding() {
    let ran = trace("variance", &["--precision", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["origins"], serde_json::json!([]));
    let loss = &json["precision"][0];
    assert!(
        loss["equation"].as_str().unwrap_or_default().contains("= sub"),
        "{loss}"
    );
    // The mean of the squares of -1, 0 and 1.
    let exact = loss["exact"].as_f64().unwrap_or_default();
    assert!((exact - 2.0 / 3.0).abs() < 1e-12, "{loss}");
    assert!(loss["bits_lost"].as_f64().unwrap_or_default() > 15.0, "{loss}");
}

#[test]
fn an_origin_is_shown_with_its_chain_and_what_to_do() {
    insta::assert_snapshot!("chain", trace("log_sum_exp_gradient", &[]).out);
    insta::assert_snapshot!("double_where", trace("square_root_gradient", &[]).out);
    insta::assert_snapshot!("cause", trace("log_of_softmax", &[]).out);
}

#[test]
fn json_of_trace_has_the_documented_shape() {
    let ran = trace("log_sum_exp", &["--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_annotated_program_has_a_range_beside_each_line() {
    let folder = Folder::new(&[
        (
            "f.jaxpr",
            "{ lambda ; a:f32[2]. let\n    b:f32[2] = exp a\n    c:f32[2] = log b\n  in (c,) }\n",
        ),
        (
            "f.json",
            "{\"cases\":[{\"label\":\"x\",\"inputs\":[{\"dtype\":\"float32\",\"shape\":[2],\"values\":[0,1000]}]}]}",
        ),
    ]);
    let ran = folder.run(&["trace", "f.jaxpr", "--inputs", "f.json", "--annotate"]);
    assert_eq!(ran.code, 1);
    let expected = "{ lambda ; a:f32[2]. let  # a: 0 … 1000\n    b:f32[2] = exp a      # b: inf, 1, first inf at [1]\n    \
                    c:f32[2] = log b      # c: inf, 0, first inf at [1]\n  in (c,) }\n";
    assert_eq!(ran.out, expected);
}

#[test]
fn what_cannot_be_traced_is_said() {
    let folder = Folder::new(&[("f.jaxpr", SOUND), ("two.jaxpr", &format!("{SOUND}{SOUND}"))]);
    folder.write("f.json", "{\"cases\":[{\"label\":\"x\",\"inputs\":[]}]}");
    let code_and = |args: &[&str], word: &str| {
        let ran = folder.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(word), "{args:?}: {}", ran.err);
    };
    code_and(&["trace", "f.jaxpr"], "--inputs");
    code_and(
        &["trace", "f.jaxpr", "--inputs", "f.json"],
        "takes 1 inputs and was given 0",
    );
    code_and(&["trace", "two.jaxpr", "--inputs", "f.json"], "2 print-outs");
    code_and(
        &["trace", "f.jaxpr", "--inputs", "f.json", "--case", "y"],
        "no case `y`",
    );
    code_and(
        &["trace", "f.jaxpr", "--inputs", "none.json"],
        "there is no `none.json`",
    );
}
