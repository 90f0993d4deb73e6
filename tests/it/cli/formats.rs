//! `check` as servers read it: SARIF, GitHub annotations, `JUnit`, counts.

use super::findings::{NAIVE, TRACED};
use super::{BROKEN, Folder, Ran, SOUND};

/// A folder with a finding that has a Python line, one that has none, a sound file and a broken one.
fn dumps() -> Folder {
    Folder::new(&[
        ("dumps/broken.jaxpr", BROKEN),
        ("dumps/naive.jaxpr", NAIVE),
        ("dumps/sound.jaxpr", SOUND),
        ("dumps/traced.jaxpr", TRACED),
    ])
}

fn check(folder: &Folder, format: &str) -> Ran {
    let ran = folder.run(&["check", "--format", format, "dumps", "missing.jaxpr"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    ran
}

/// The schema of the standard. Its patterns for languages have a bracket too many, and so are no regular expressions.
fn schema() -> serde_json::Value {
    let text = std::fs::read_to_string("fixtures/sarif/sarif-schema-2.1.0.json").expect("the schema");
    let text = text.replace("-[a-zA-Z]{2}]?$", "(-[a-zA-Z]{2})?$");
    serde_json::from_str(&text).expect("JSON")
}

fn assert_is_sarif(text: &str) -> serde_json::Value {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
    document
}

#[test]
fn sarif_holds_to_the_schema_of_the_standard() {
    let ran = check(&dumps(), "sarif");
    assert_is_sarif(&ran.out);
    insta::assert_snapshot!(ran.out);
    let none = Folder::new(&[("f.jaxpr", SOUND)]).run(&["check", "--format", "sarif", "f.jaxpr"]);
    assert_eq!(none.code, 0);
    assert_eq!(
        assert_is_sarif(&none.out)["runs"][0]["results"],
        serde_json::json!([])
    );
}

#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let wrong = serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]});
    assert!(!jsonschema::is_valid(&schema(), &wrong), "a run has a tool");
}

#[test]
fn sarif_points_at_the_python_line_and_keeps_the_place_in_the_print_out() {
    let document = assert_is_sarif(&check(&dumps(), "sarif").out);
    let traced = &document["runs"][0]["results"][1];
    let place = &traced["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "loss.py");
    // JAX counts columns from 0, and SARIF from 1.
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 7, "startColumn": 10})
    );
    let related = &traced["relatedLocations"][0]["physicalLocation"];
    assert_eq!(related["artifactLocation"]["uri"], "dumps/traced.jaxpr");
    assert_eq!(related["region"]["startLine"], 4);
}

#[test]
fn fingerprints_of_sarif_outlive_new_names_and_lines() {
    let folder = Folder::new(&[("f.jaxpr", TRACED)]);
    let fingerprint = |folder: &Folder| {
        let ran = folder.run(&["check", "--format", "sarif", "f.jaxpr"]);
        assert_is_sarif(&ran.out)["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    let before = fingerprint(&folder);
    assert!(before.is_object());
    folder.write(
        "f.jaxpr",
        &TRACED.replace("d:f32", "z:f32").replace("(d,)", "(z,)"),
    );
    assert_eq!(fingerprint(&folder), before);
    folder.write("f.jaxpr", &TRACED.replace("loss.py:7", "loss.py:9"));
    assert_eq!(fingerprint(&folder), before);
    folder.write("f.jaxpr", &TRACED.replace("(loss)", "(other)"));
    assert_ne!(fingerprint(&folder), before);
}

#[test]
fn sarif_marks_what_is_allowed_with_the_reason() {
    let folder = Folder::new(&[
        ("f.jaxpr", TRACED),
        (
            "jaxpeep.toml",
            "[[allow]]\nrule = \"logsumexp\"\nreason = \"inputs are bounded\"\n",
        ),
    ]);
    let ran = folder.run(&["check", "--format", "sarif", "f.jaxpr"]);
    assert_eq!(ran.code, 0);
    assert_eq!(
        assert_is_sarif(&ran.out)["runs"][0]["results"][0]["suppressions"],
        serde_json::json!([{"kind": "external", "justification": "inputs are bounded"}])
    );
    let ran = folder.run(&["check", "-v", "f.jaxpr"]);
    assert!(ran.err.contains("allowed: logsumexp: "), "{}", ran.err);
    assert!(
        ran.err.ends_with("0 findings in 1 file, 1 allowed\n"),
        "{}",
        ran.err
    );
}

#[test]
fn github_annotates_the_python_line() {
    insta::assert_snapshot!(check(&dumps(), "github").out);
}

#[test]
fn a_line_of_python_is_annotated_once_for_all_print_outs() {
    let names = ["a", "b", "c", "d", "e"].map(|name| format!("{name}.jaxpr"));
    let files = names.each_ref().map(|name| (name.as_str(), TRACED));
    let folder = Folder::new(&files);
    let ran = folder.run(&["check", "--format", "github", "."]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(
        ran.out.contains("(./a.jaxpr:4)%0Ad:f32[] = log c (./b.jaxpr:4)")
            && ran
                .out
                .contains("(./c.jaxpr:4)%0Aand 2 more equations%0A`jaxpeep rewrite`"),
        "{}",
        ran.out
    );
}

#[test]
fn github_commands_escape_what_ends_them() {
    let folder = Folder::new(&[]);
    let name = "100%,a:b.jaxpr";
    folder.write(name, BROKEN);
    let ran = folder.run(&["check", "--format", "github", name]);
    assert!(
        ran.out.starts_with("::error file=100%25%2Ca%3Ab.jaxpr,line=1,"),
        "{}",
        ran.out
    );
    assert_eq!(
        ran.out.matches('\n').count(),
        1,
        "a command is one line: {}",
        ran.out
    );
}

#[test]
fn an_absolute_python_path_is_seen_from_the_working_directory() {
    let folder = Folder::new(&[("model/loss.py", "")]);
    let here = folder.path().join("model/loss.py");
    let annotated = |path: &str| {
        folder.write("f.jaxpr", &TRACED.replace("loss.py", path));
        folder.run(&["check", "--format", "github", "f.jaxpr"]).out
    };
    let expected = "::warning file=model/loss.py,line=7,col=10,title=logsumexp::";
    let out = annotated(&here.display().to_string());
    assert!(out.starts_with(expected), "{out}");
    // The print-out was made where the project lies elsewhere.
    let out = annotated("/builds/17/model/loss.py");
    assert!(out.starts_with(expected), "{out}");
}

#[test]
fn junit_has_a_suite_a_file_and_a_case_a_finding() {
    let ran = check(&dumps(), "junit");
    let read: quick_junit::Report = quick_junit::Report::deserialize_from_str(&ran.out).expect("JUnit");
    assert_eq!((read.tests, read.failures, read.errors), (5, 2, 2));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_finding_below_the_limit_is_a_junit_case_that_passes() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    let ran = folder.run(&["check", "--format", "junit", "--fail-on", "error", "f.jaxpr"]);
    assert_eq!(ran.code, 0);
    let read = quick_junit::Report::deserialize_from_str(&ran.out).expect("JUnit");
    assert_eq!((read.tests, read.failures), (1, 0));
    assert!(ran.out.contains("<system-out>"), "{}", ran.out);
}

#[test]
fn statistics_count_by_rule() {
    let folder = Folder::new(&[("f.jaxpr", &format!("{NAIVE}{NAIVE}")), ("g.jaxpr", SOUND)]);
    let ran = folder.run(&["check", "--statistics", "."]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.starts_with("2  logsumexp  warning  exp overflows"),
        "{}",
        ran.out
    );
    assert_eq!(ran.out.lines().count(), 1);
    let ran = folder.run(&["check", "--format", "json", "."]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["statistics"][0]["rule"], "logsumexp");
    assert_eq!(json["statistics"][0]["count"], 2);
    let ran = folder.run(&["check", "--format", "sarif", "--statistics", "."]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`--statistics` goes with `--format text`"),
        "{}",
        ran.err
    );
}

#[test]
fn the_order_of_findings_does_not_depend_on_threads() {
    let folder = Folder::new(&[]);
    for index in 0..40 {
        let text = if index % 2 == 0 { NAIVE } else { TRACED };
        folder.write(&format!("d/{index:02}.jaxpr"), text);
    }
    let one = folder.run_with(
        &["check", "--format", "json", "d"],
        "",
        &[("RAYON_NUM_THREADS", "1")],
    );
    let four = folder.run_with(
        &["check", "--format", "json", "d"],
        "",
        &[("RAYON_NUM_THREADS", "4")],
    );
    assert_eq!(one.out, four.out);
    assert_eq!(one.out.matches("\"line\"").count(), 40);
}

#[test]
fn settings_may_stand_in_pyproject_toml() {
    let pyproject = "[project]\nname = \"model\"\n\n[tool.jaxpeep.check]\nfail-on = \"error\"\n";
    let folder = Folder::new(&[("d/f.jaxpr", NAIVE), ("pyproject.toml", pyproject)]);
    assert_eq!(folder.run(&["check", "d/f.jaxpr"]).code, 0);
    let ran = folder.run(&["check", "-v", "d/f.jaxpr"]);
    assert!(ran.err.starts_with("settings: pyproject.toml\n"), "{}", ran.err);
    // A `jaxpeep.toml` beside it wins.
    folder.write("jaxpeep.toml", "[check]\nfail-on = \"warning\"\n");
    assert_eq!(folder.run(&["check", "d/f.jaxpr"]).code, 1);
    // One without such a table says nothing, and the search goes on upward.
    folder.write("d/pyproject.toml", "[project]\nname = \"inner\"\n");
    assert_eq!(folder.run(&["check", "d/f.jaxpr"]).code, 1);
    folder.write("jaxpeep.toml", "");
    folder.write("pyproject.toml", &pyproject.replace("fail-on", "fail-onn"));
    std::fs::remove_file(folder.path().join("jaxpeep.toml")).expect("it is there");
    let ran = folder.run(&["check", "d/f.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `fail-on`?"), "{}", ran.err);
    assert!(ran.err.contains("pyproject.toml:5:1"), "{}", ran.err);
}

#[test]
fn a_rule_that_is_allowed_must_exist() {
    let allow = "[[allow]]\nrule = \"logsumxp\"\nreason = \"inputs are bounded\"\n";
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("jaxpeep.toml", allow)]);
    let ran = folder.run(&["check", "f.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `logsumexp`?"), "{}", ran.err);
}
