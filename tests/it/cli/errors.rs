//! Usage, settings and baselines that are wrong.

use super::{BROKEN, Folder, SOUND};

fn fails(files: &[(&str, &str)], args: &[&str], said: &[&str]) {
    let ran = Folder::new(files).run(args);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    for text in said {
        assert!(
            ran.err.contains(text),
            "{args:?} should say {text:?}, and says:\n{}",
            ran.err
        );
    }
}

const F: &[(&str, &str)] = &[("f.jaxpr", SOUND)];

#[test]
fn unknown_flags_and_values_are_named_with_a_near_one() {
    fails(F, &["rewrite", "--onyl", "x", "f.jaxpr"], &["--onyl", "--only"]);
    fails(F, &["rewrit", "f.jaxpr"], &["rewrit", "rewrite"]);
    fails(F, &["rewrite", "--regularize", "guard", "f.jaxpr"], &["guarded"]);
    fails(F, &["rewrite", "--dialect", "new", "f.jaxpr"], &["new", "0.10"]);
    fails(F, &["check", "--fail-on", "never", "f.jaxpr"], &["warning"]);
    for ridge in ["0", "-1", "nan", "inf", "much"] {
        fails(
            F,
            &["rewrite", &format!("--ridge={ridge}"), "f.jaxpr"],
            &["a number above 0"],
        );
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    fails(
        F,
        &["rewrite", "-i", "-o", "out", "f.jaxpr"],
        &["cannot be used with"],
    );
    fails(
        F,
        &["rewrite", "--diff", "-i", "f.jaxpr"],
        &["cannot be used with"],
    );
    fails(F, &["fmt", "--check", "-i", "f.jaxpr"], &["cannot be used with"]);
    fails(F, &["check", "-q", "-v", "f.jaxpr"], &["cannot be used with"]);
}

#[test]
fn rules_that_do_not_exist_are_named() {
    fails(
        F,
        &["rewrite", "--only", "no_such_rule", "f.jaxpr"],
        &["no rule `no_such_rule`", "`--only`"],
    );
    fails(
        F,
        &["check", "--skip", "no_such_rule", "f.jaxpr"],
        &["no rule `no_such_rule`", "`--skip`"],
    );
    fails(
        F,
        &["check", "--rules", "nowhere", "f.jaxpr"],
        &["there is no `nowhere`"],
    );
    fails(F, &["rules", "test", "."], &["there is no `*.rule` file in `.`"]);
}

#[test]
fn unknown_settings_are_shown_where_they_stand() {
    let toml = "[rules]\nonly = []\n[chekc]\nfail-on = \"note\"\n[regularize]\nmoed = \"off\"\n";
    let ran = Folder::new(&[("f.jaxpr", SOUND), ("jaxpeep.toml", toml)]).run(&["check", "f.jaxpr"]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err);
}

#[test]
fn settings_of_the_wrong_type_are_shown_where_they_stand() {
    for toml in [
        "[rules]\nonly = 3\n",
        "[check]\nfail-on = \"never\"\n",
        "[regularize]\nridge = -1.0\n",
        "[[allow]]\nrule = \"logsumexp\"\n",
        "[[allow]]\nrule = \"logsumexp\"\nsource = \"[\"\nreason = \"x\"\n",
        "rules = [\n",
    ] {
        fails(
            &[("f.jaxpr", SOUND), ("jaxpeep.toml", toml)],
            &["check", "f.jaxpr"],
            &["jaxpeep::config::invalid"],
        );
    }
}

#[test]
fn settings_are_found_in_a_folder_above() {
    let folder = Folder::new(&[("jaxpeep.toml", "[nonsense]\n"), ("sub/f.jaxpr", SOUND)]);
    let mut command = super::command();
    let output = command
        .args(["check", "f.jaxpr"])
        .current_dir(folder.path().join("sub"))
        .output();
    let ran = super::Ran::from(output.expect("jaxpeep runs"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("unknown section: `nonsense`"), "{}", ran.err);
    // What needs no settings does not read them.
    assert_eq!(folder.run(&["fmt", "--check", "sub/f.jaxpr"]).err, "");
}

#[test]
fn baselines_that_cannot_be_used_say_how_to_write_one() {
    fails(
        F,
        &["check", "--baseline", "b.json", "f.jaxpr"],
        &["there is no `b.json`", "--write-baseline b.json"],
    );
    fails(
        &[("f.jaxpr", SOUND), ("b.json", "{}")],
        &["check", "--baseline", "b.json", "f.jaxpr"],
        &["not a baseline"],
    );
    let newer = "{\"schema\": 99, \"findings\": []}";
    fails(
        &[("f.jaxpr", SOUND), ("b.json", newer)],
        &["check", "--baseline", "b.json", "f.jaxpr"],
        &["schema 99"],
    );
}

#[test]
fn a_baseline_is_written_and_read_back() {
    let folder = Folder::new(F);
    let ran = folder.run(&["check", "--write-baseline", "b.json", "f.jaxpr"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        folder.read("b.json"),
        "{\n  \"schema\": 1,\n  \"findings\": []\n}\n"
    );
    assert_eq!(folder.run(&["check", "--baseline", "b.json", "f.jaxpr"]).code, 0);
}

#[test]
fn many_errors_in_one_file_are_counted_beyond_twenty() {
    let equations: String = (0..50).map(|_| "    _:f32[] sin a\n").collect();
    let text = format!("{{ lambda ; a:f32[]. let\n{equations}  in (a,) }}\n");
    let ran = Folder::new(&[("f.jaxpr", &text)]).run(&["check", "f.jaxpr"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.err.matches("missing_equals").count(), 20);
    assert!(ran.err.contains("f.jaxpr: 30 more errors"), "{}", ran.err);
}

#[test]
fn a_broken_file_gives_its_errors_and_nothing_else() {
    for command in ["rewrite", "check", "fmt"] {
        let ran = Folder::new(&[("f.jaxpr", BROKEN)]).run(&[command, "f.jaxpr"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}");
        assert!(ran.err.contains("[f.jaxpr:1:33]"), "{command}: {}", ran.err);
    }
}
