//! What is found and rewritten: reports, differences, settings and baselines that decide what counts.

use super::{Folder, SOUND};

/// `log Σ exp x`.
pub(super) const NAIVE: &str = "\
{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[] = log c
  in (d,) }
";

/// The same with other names, as a regenerated dump has them, and an equation more.
const REGENERATED: &str = "\
{ lambda ; p:f32[4]. let
    q:f32[4] = sin p
    r:f32[4] = exp q
    s:f32[] = reduce_sum[axes=(0,) out_sharding=None] r
    t:f32[] = log s
  in (t,) }
";

pub(super) const TRACED: &str = "\
{ lambda ; a:f32[4]. let
    b:f32[4] = exp a                                    # loss.py:7:24 (loss)
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b # loss.py:7:16 (loss)
    d:f32[] = log c                                     # loss.py:7:9 (loss)
  in (d,) }
";

#[test]
fn a_rewrite_is_printed_and_reported_with_its_place() {
    let folder = Folder::new(&[("f.jaxpr", TRACED)]);
    let ran = folder.run(&["rewrite", "f.jaxpr"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("reduce_max"), "{}", ran.out);
    insta::assert_snapshot!(ran.err);
    // What was printed is settled, and has nothing more to rewrite.
    let again = folder.run_with(&["rewrite", "-"], &ran.out, &[]);
    assert_eq!(again.out, ran.out);
    assert_eq!(again.err, "-: nothing to rewrite\n");
}

#[test]
fn a_print_out_beside_one_that_is_rewritten_stays_byte_for_byte() {
    let odd = "{ lambda ; a:f32[]. let\n      b:f32[] = sin a\n  in (b,) }\n";
    let folder = Folder::new(&[("f.jaxpr", &format!("# odd\n{odd}\n{NAIVE}"))]);
    let ran = folder.run(&["rewrite", "f.jaxpr"]);
    assert!(
        ran.out.starts_with(&format!("# odd\n{odd}\n{{ lambda ; ")),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("reduce_max"));
}

#[test]
fn in_place_replaces_what_changed_and_keeps_windows_line_ends() {
    let windows = NAIVE.replace('\n', "\r\n");
    let folder = Folder::new(&[("f.jaxpr", &windows), ("g.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "-i", "."]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let rewritten = folder.read("f.jaxpr");
    assert!(rewritten.contains("reduce_max"));
    assert_eq!(rewritten.matches('\n').count(), rewritten.matches("\r\n").count());
    assert_eq!(folder.read("g.jaxpr"), SOUND);
    assert_eq!(ran.err.matches(", written to ").count(), 1, "{}", ran.err);
}

#[test]
fn the_difference_is_shown_and_nothing_is_written() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("g.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "--diff", "-q", "f.jaxpr", "g.jaxpr"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("-    b:f32[4] = exp a\n"), "{}", ran.out);
    assert!(!ran.out.contains("g.jaxpr"));
    assert_eq!(folder.read("f.jaxpr"), NAIVE);
    assert_eq!(folder.run(&["rewrite", "--diff", "g.jaxpr"]).code, 0);
}

#[test]
fn check_reports_findings_on_standard_output_and_exits_with_one() {
    let folder = Folder::new(&[("f.jaxpr", TRACED)]);
    let ran = folder.run(&["check", "f.jaxpr"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "1 finding in 1 file\n"));
    insta::assert_snapshot!(ran.out);
    assert_eq!(folder.run(&["check", "--fail-on", "error", "f.jaxpr"]).code, 0);
}

#[test]
fn findings_as_json() {
    let folder = Folder::new(&[("f.jaxpr", TRACED)]);
    insta::assert_snapshot!(folder.run(&["check", "--format", "json", "f.jaxpr"]).out);
    let ran = folder.run(&["rewrite", "--format", "json", "f.jaxpr"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["files"][0]["rewrites"][0]["rule"], "logsumexp");
    assert_eq!(json["files"][0]["rewrites"][0]["line"], 4);
    assert_eq!(
        json["files"][0]["output"],
        folder.run(&["rewrite", "f.jaxpr"]).out
    );
}

/// `log(1 + exp x)`, where a second rule goes on with what the first one puts there, and `log Σ exp x`.
const SEVERAL: &str = "\
{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[4] = add 1.0:f32[] b
    d:f32[4] = log c
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    f:f32[] = log e
  in (d, f) }
";

#[test]
fn rewrite_counts_rules_over_all_files_and_writes_nothing() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("g.jaxpr", SEVERAL), ("h.jaxpr", SOUND)]);
    let ran = folder.run(&["rewrite", "--statistics", "."]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = ran
        .out
        .lines()
        .map(|line| line.split_whitespace().take(4).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["REWRITES", "THEN", "PENDING", "RULE"],
            ["2", "0", "0", "logsumexp"],
            ["1", "0", "0", "softplus"],
            ["0", "1", "0", "log-exp"],
        ]
    );
    assert_eq!(folder.read("f.jaxpr"), NAIVE);
    let json = folder.run(&["rewrite", "--format", "json", "."]).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let counts: Vec<_> = json["statistics"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|row| (row["rule"].as_str(), row["count"].as_u64(), row["then"].as_u64()))
        .collect();
    let row = |rule, count, then| (Some(rule), Some(count), Some(then));
    assert_eq!(
        counts,
        [
            row("logsumexp", 2, 0),
            row("softplus", 1, 0),
            row("log-exp", 0, 1)
        ]
    );
}

#[test]
fn statistics_go_with_files_that_are_replaced_and_not_with_a_difference() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    assert_eq!(
        folder.run(&["rewrite", "--statistics", "--diff", "f.jaxpr"]).code,
        2
    );
    assert_eq!(folder.read("f.jaxpr"), NAIVE);
    let ran = folder.run(&["rewrite", "--statistics", "-i", "f.jaxpr"]);
    assert!(ran.code == 0 && ran.out.contains("logsumexp"), "{}", ran.out);
    assert!(folder.read("f.jaxpr").contains("reduce_max"));
    let ran = folder.run(&["rewrite", "--statistics", "f.jaxpr"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "nothing is left to count");
}

#[test]
fn rules_are_chosen_on_the_command_line_before_the_settings() {
    // Without the rule the overflow is still there, and found by its own name.
    let toml =
        "[rules]\nskip = [\"logsumexp\", \"exponent-lifting\", \"hazard-overflow\", \"hazard-pole\"]\n";
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("jaxpeep.toml", toml)]);
    assert_eq!(folder.run(&["check", "f.jaxpr"]).code, 0);
    assert_eq!(folder.run(&["check", "--skip", "softmax", "f.jaxpr"]).code, 1);
    folder.write("jaxpeep.toml", "");
    assert_eq!(
        folder
            .run(&["check", "--only", "softmax,softplus", "f.jaxpr"])
            .code,
        0
    );
    assert_eq!(folder.run(&["check", "--only", "logsumexp", "f.jaxpr"]).code, 1);
    let ran = folder.run(&["check", "--only", "logsumxp", "f.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `logsumexp`?"), "{}", ran.err);
}

#[test]
fn what_is_allowed_is_not_reported() {
    let allow = |source: &str| {
        format!("[[allow]]\nrule = \"logsumexp\"\nsource = \"{source}\"\nreason = \"inputs are bounded\"\n")
    };
    let folder = Folder::new(&[("f.jaxpr", TRACED), ("jaxpeep.toml", &allow("loss.py:*"))]);
    assert_eq!(folder.run(&["check", "f.jaxpr"]).code, 0);
    folder.write("jaxpeep.toml", &allow("other.py:*"));
    assert_eq!(folder.run(&["check", "f.jaxpr"]).code, 1);
    folder.write(
        "jaxpeep.toml",
        "[[allow]]\nrule = \"logsumexp\"\nreason = \"inputs are bounded\"\n",
    );
    assert_eq!(folder.run(&["check", "f.jaxpr"]).code, 0);
}

#[test]
fn a_baseline_still_holds_when_the_dump_is_regenerated() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    assert_eq!(
        folder
            .run(&["check", "--write-baseline", "b.json", "f.jaxpr"])
            .code,
        0
    );
    folder.write("f.jaxpr", REGENERATED);
    let ran = folder.run(&["check", "--baseline", "b.json", "f.jaxpr"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "0 findings in 1 file, 1 known\n")
    );
    // One that is known does not excuse two.
    folder.write("f.jaxpr", &format!("{REGENERATED}{NAIVE}"));
    let ran = folder.run(&["check", "--baseline", "b.json", "f.jaxpr"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (1, "1 finding in 1 file, 1 known\n")
    );
    // The settings can name it too, from any folder below.
    folder.write("jaxpeep.toml", "[check]\nbaseline = \"b.json\"\n");
    folder.write("f.jaxpr", REGENERATED);
    assert_eq!(folder.run(&["check", "f.jaxpr"]).code, 0);
}

/// A print-out as JAX writes it, with the line's file named from the root on.
fn traced_in(folder: &Folder, file: &str) -> String {
    TRACED.replace("loss.py", &folder.path().join(file).display().to_string())
}

#[test]
fn a_pattern_for_lines_holds_wherever_the_project_lies() {
    let allow = |source: &str| {
        format!("[[allow]]\nrule = \"logsumexp\"\nsource = \"{source}\"\nreason = \"inputs are bounded\"\n")
    };
    let folder = Folder::new(&[]);
    folder.write("f.jaxpr", &traced_in(&folder, "models/loss.py"));
    for (source, code) in [
        ("loss.py:*", 0),
        ("models/loss.py:7*", 0),
        ("*loss)", 0),
        ("ss.py:*", 1),
        ("other/loss.py:*", 1),
    ] {
        folder.write("jaxpeep.toml", &allow(source));
        let ran = folder.run(&["check", "-v", "f.jaxpr"]);
        assert_eq!(ran.code, code, "{source}: {}", ran.err);
        let is_unused = ran.err.contains("[[allow]] accepts nothing: logsumexp");
        assert_eq!(is_unused, code == 1, "{source}: {}", ran.err);
    }
}

#[test]
fn a_baseline_holds_in_another_checkout() {
    let write = |folder: &Folder| folder.write("dumps/f.jaxpr", &traced_in(folder, "gen.py"));
    let first = Folder::new(&[]);
    write(&first);
    let args = ["check", "dumps", "--baseline", "ci/known.json"];
    let ran = first.run(&[&args[..], &["--write-baseline"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let known = first.read("ci/known.json");
    for place in ["\"../gen.py (loss)\"", "\"../dumps/f.jaxpr\""] {
        assert!(known.contains(place), "{known}");
    }
    let second = Folder::new(&[("ci/known.json", &known)]);
    write(&second);
    let ran = second.run(&args);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
}

#[test]
fn a_comment_in_which_nothing_stands_is_no_source() {
    let text = NAIVE.replace("log c\n", "log c # \n");
    let ran = Folder::new(&[("f.jaxpr", &text)]).run(&["check", "--format", "json", "f.jaxpr"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["findings"][0]["source"], serde_json::Value::Null);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_does_not_change_the_exit_code() {
    use std::process::Stdio;
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    let mut child = super::command()
        .args(["check", "f.jaxpr"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("jaxpeep starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("jaxpeep ends").code(), Some(1));
}

#[test]
fn values_of_a_type_that_nobody_knows_are_left_alone() {
    for name in ["bfloat16", "f128", "let"] {
        let text = NAIVE.replace("a:f32", &format!("a:{name}"));
        for command in ["rewrite", "check"] {
            let ran = Folder::new(&[("f.jaxpr", &text)]).run(&[command, "f.jaxpr"]);
            assert!(ran.code < 3, "{command} {name}: {}", ran.err);
        }
    }
}
