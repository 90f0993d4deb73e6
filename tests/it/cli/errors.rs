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

/// `log Σ exp x`, with something to find.
const NAIVE: &str = super::findings::NAIVE;

#[test]
fn a_baseline_is_written_over_nothing_else() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE), ("notes.txt", "mine"), ("empty.json", "")]);
    for file in ["f.jaxpr", "notes.txt"] {
        let before = folder.read(file);
        let ran = folder.run(&["check", "f.jaxpr", "--write-baseline", file]);
        assert_eq!(ran.code, 2, "{file}");
        assert!(ran.err.contains("is not a baseline"), "{}", ran.err);
        assert_eq!(folder.read(file), before);
    }
    // A file that has just been made for it is free, and so is an older baseline.
    for _ in 0..2 {
        let ran = folder.run(&["check", "f.jaxpr", "--write-baseline", "empty.json"]);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (0, "empty.json: 1 finding written\n")
        );
    }
}

#[test]
fn a_run_that_could_not_read_all_leaves_the_baseline_as_it_was() {
    let folder = Folder::new(&[("d/f.jaxpr", NAIVE)]);
    folder.run(&["check", "d", "--write-baseline", "b.json"]);
    let before = folder.read("b.json");
    folder.write("d/g.jaxpr", BROKEN);
    folder.write("d/f.jaxpr", SOUND);
    let ran = folder.run(&["check", "d", "--write-baseline", "b.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("b.json: not written"), "{}", ran.err);
    assert_eq!(folder.read("b.json"), before);
}

#[test]
fn a_baseline_is_written_to_the_file_that_is_in_force() {
    let folder = Folder::new(&[("f.jaxpr", NAIVE)]);
    let bare = ["check", "f.jaxpr", "--write-baseline"];
    let ran = folder.run(&bare);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("does not say where"), "{}", ran.err);
    let ran = folder.run(&[&bare[..], &["--baseline", "b.json"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, "b.json: 1 finding written\n"));
    folder.write("jaxpeep.toml", "[check]\nbaseline = \"c.json\"\n");
    assert_eq!(folder.run(&bare).code, 0);
    assert_eq!(folder.read("c.json"), folder.read("b.json"));
    let two = [
        "check",
        "f.jaxpr",
        "--baseline",
        "b.json",
        "--write-baseline",
        "c.json",
    ];
    let ran = folder.run(&two);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("name two files"), "{}", ran.err);
}

#[test]
fn what_is_said_of_inputs_has_to_be_true_of_some_number() {
    let files = &[("f.jaxpr", NAIVE)];
    let check = |more: &[&'static str], said: &[&str]| {
        fails(files, &[&["check", "f.jaxpr"], more].concat(), said);
    };
    check(
        &["--range", "a=-5:-1", "--assume", "a=positive"],
        &["`a`", "no number is in [-5, -1] and positive"],
    );
    check(
        &["--range", "*=-5:-1", "--assume", "a=positive"],
        &["no number is in [-5, -1] and positive"],
    );
    check(
        &["--range", "a=0:1", "--range", "a=2:3"],
        &["more than one `--range` for `a`"],
    );
    check(&["--range", "a=0:1e400"], &["`1e400` is beyond all doubles"]);
    // Positive numbers are found in a range that ends close to zero, and `inf` is an end.
    let folder = Folder::new(files);
    for said in ["a=0:1e-5", "a=1:inf"] {
        let ran = folder.run(&["check", "f.jaxpr", "--range", said, "--assume", "a=positive"]);
        assert!(ran.code < 2, "{said}: {}", ran.err);
    }
}

#[test]
fn integers_between_two_integers_are_none() {
    let text =
        "{ lambda ; a:i32[] b:f32[]. let c:f32[] = convert_element_type[new_dtype=float32 weak_type=False] a
    d:f32[] = div b c
  in (d,) }\n";
    let files = &[("f.jaxpr", text)];
    fails(
        files,
        &["check", "f.jaxpr", "--range", "a=0.2:0.8"],
        &["no integer is in [0.2, 0.8]"],
    );
    // What is said of all inputs is not said of those of which it is true of no number.
    assert!(
        Folder::new(files)
            .run(&["check", "f.jaxpr", "--range", "*=0.2:0.8"])
            .code
            < 2
    );
}

#[test]
fn inputs_that_no_program_has_are_named_with_a_near_one() {
    let files = &[
        ("f.jaxpr", NAIVE),
        (
            "g.jaxpr",
            &SOUND
                .replace("a:f32", "logits:f32")
                .replace("sin a", "sin logits"),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    let ran = Folder::new(&files).run(&["check", ".", "--range", "logit=0:1"]);
    assert_eq!(ran.code, 2);
    for said in ["`logit`", "did you mean `logits`?"] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let ran = Folder::new(&files).run(&["check", ".", "--assume", "zz=positive"]);
    assert!(ran.err.contains("inputs are called a, logits"), "{}", ran.err);
    // One program of several has it.
    assert_eq!(
        Folder::new(&files)
            .run(&["check", "g.jaxpr", "--range", "logits=0:1"])
            .code,
        0
    );
}

#[test]
fn rules_of_the_settings_are_blamed_on_the_settings() {
    let toml = ("jaxpeep.toml", "[rules]\nskip = [\"logsumexpp\"]\n");
    fails(&[F[0], toml], &["check", "f.jaxpr"], &["`[rules] skip`"]);
    let toml = ("jaxpeep.toml", "[rules]\ndir = \"nodir\"\n");
    fails(&[F[0], toml], &["check", "f.jaxpr"], &["nodir", "`[rules]`"]);
    let toml = ("jaxpeep.toml", "[verify]\nsamples = 0\n");
    fails(
        &[F[0], toml],
        &["verify", "f.jaxpr"],
        &["`samples` must be above 0"],
    );
}

#[test]
fn rules_that_are_chosen_and_left_out_are_none() {
    fails(
        F,
        &["check", "--only", "logsumexp", "--skip", "logsumexp", "f.jaxpr"],
        &["there is no rule to apply"],
    );
}

#[test]
fn numbers_below_zero_are_read_as_values() {
    for flag in ["--samples", "--seed"] {
        fails(
            F,
            &["verify", "f.jaxpr", flag, "-1"],
            &["invalid value '-1'", flag],
        );
    }
    fails(F, &["rewrite", "--ridge", "-1", "f.jaxpr"], &["a number above 0"]);
}

#[test]
fn text_in_front_of_a_print_out_in_its_line_is_named() {
    let text = format!("x = {SOUND}");
    fails(
        &[("f.jaxpr", &text)],
        &["check", "f.jaxpr"],
        &["there is text before the jaxpr", "[f.jaxpr:1:1]"],
    );
}

#[test]
fn what_cannot_be_written_is_not_looked_for_on_standard_input() {
    let ran = Folder::new(F).run(&["rewrite", "f.jaxpr", "-o", "/proc/nowhere"]);
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains("standard input"), "{}", ran.err);
}
