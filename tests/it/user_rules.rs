//! Rules of users' own: the same loader, tests and messages as for those that come with jaxpeep.

mod endless;

use std::path::Path;

use jaxpeep::diagnostics::{Source, render_plain, rule_file};
use jaxpeep::rewrite::{compile, parse_rule};
use jaxpeep::rules::{RuleInfo, RuleSet};

use crate::cli::{Folder, run};
use crate::roundtrip::files_under;

const SQRT_SQUARE: &str = include_str!("../../fixtures/rules/sqrt_square.rule");
const CANCEL_SQUARE: &str = include_str!("../../fixtures/rules/cancel_square.rule");
/// Both rules match somewhere in it, and `log-exp` does.
const PROGRAM: &str = "\
{ lambda ; a:f32[3]. let
    b:f32[3] = mul a a
    c:f32[3] = sqrt b
    d:f32[3] = div b a
    e:f32[3] = exp d
    f:f32[3] = log e
  in (c, f) }
";

fn folder() -> Folder {
    Folder::new(&[
        ("own/sqrt_square.rule", SQRT_SQUARE),
        ("own/cancel_square.rule", CANCEL_SQUARE),
        ("f.jaxpr", PROGRAM),
    ])
}

#[test]
fn own_rules_run_beside_the_built_in_ones() {
    let ran = folder().run(&["rewrite", "--rules", "own", "f.jaxpr"]);
    // `x · x / x` is NaN at 0, so that rule is reported and waits for `--allow approximate`.
    let expected = "\
{ lambda ; a:f32[3]. let
    b:f32[3] = mul a a
    c:f32[3] = abs a
    d:f32[3] = div b a
  in (c, d) }
";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{}", ran.err);
    for word in ["sqrt-square", "log-exp", "cancel-square", "--allow approximate"] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
    let ran = folder().run(&["rewrite", "--rules", "own", "--allow", "approximate", "f.jaxpr"]);
    let expected = "{ lambda ; a:f32[3]. let c:f32[3] = abs a in (c, a) }\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{}", ran.err);
}

#[test]
fn own_rules_can_be_chosen_and_explained() {
    let folder = folder();
    let ran = folder.run(&[
        "rewrite",
        "-q",
        "--rules",
        "own",
        "--only",
        "sqrt-square",
        "f.jaxpr",
    ]);
    assert!(
        ran.out.contains("c:f32[3] = abs a") && ran.out.contains("log e"),
        "{}",
        ran.out
    );
    let ran = folder.run(&["explain", "--rules", "own", "cancel-square"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "-    c:f32[3] = div b a",
        "approximate: changes values",
        "the divisor is another value",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let list = folder.run(&["rules", "list", "--rules", "own"]).out;
    assert!(
        list.lines()
            .any(|line| line.starts_with("cancel-square") && line.contains(" own ")),
        "{list}"
    );
}

#[test]
fn examples_are_run_and_named() {
    let folder = folder();
    let ran = folder.run(&["rules", "test", "own"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // How many points are compared is no part of what is held here.
    let lines: Vec<&str> = ran
        .out
        .lines()
        .map(|line| line.split("refines").next().unwrap_or_default().trim_end())
        .collect();
    assert_eq!(
        lines,
        [
            "cancel-square",
            "  ok    fires    x * x / x",
            "  ok    declines the divisor is another value",
            "  ok",
            "sqrt-square",
            "  ok    fires    sqrt(x * x)",
            "  ok    fires    a part of it",
            "  ok    declines not a square",
            "  ok    declines the root of a complex square has a branch",
            "  ok",
        ]
    );
    assert_eq!(ran.err, "2 rules in 2 files: 6 examples, 0 failed\n");
}

/// An example that does not do what its title says, a replacement of another type, and a rule that undoes itself.
#[test]
fn failures_are_named_and_change_the_exit_code() {
    let folder = Folder::new(&[
        (
            "a.rule",
            &SQRT_SQUARE.replace("declines \"not a square\"", "fires \"not a square\""),
        ),
        (
            "b.rule",
            &rule(
                "round",
                "match r = floor x\nrewrite r = eq x x\n",
                "b:f32[] = floor a",
            ),
        ),
        (
            "c.rule",
            &rule(
                "flip",
                "match r = sub x y\nrewrite n = sub y x; r = neg n\n",
                "b:f32[] = sub a 1.0:f32[]",
            ),
        ),
    ]);
    let ran = folder.run(&["rules", "test", "."]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("3 rules in 3 files: 6 examples, 3 failed"),
        "{}",
        ran.err
    );
    insta::assert_snapshot!(ran.out);
}

fn rule(name: &str, body: &str, equation: &str) -> String {
    format!(
        "rule {name}\nsummary s\nidentity i\nsource s\nsafety exact\n{body}\
         fires \"here\" {{ lambda ; a:f32[]. let {equation} in (b,) }}\n"
    )
}

#[test]
fn a_new_rule_passes_its_tests_as_it_is() {
    let folder = Folder::new(&[]);
    let ran = folder.run(&["rules", "new", "my-rule"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(folder.names(), ["my-rule.rule"]);
    let ran = folder.run(&["rules", "test", "my-rule.rule"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "1 rule in 1 file: 2 examples, 0 failed\n")
    );
    let written = folder.read("my-rule.rule");
    assert_eq!(
        folder.run(&["rules", "new", "my-rule"]).code,
        2,
        "nothing is overwritten"
    );
    assert_eq!(folder.read("my-rule.rule"), written);
    for name in ["logsumexp", "../out", "two words", ""] {
        assert_eq!(folder.run(&["rules", "new", name]).code, 2, "{name:?}");
    }
    assert_eq!(folder.names(), ["my-rule.rule"]);
}

#[test]
fn all_rules_are_listed_as_json() {
    let list = run(&["rules", "list", "--format", "json"]).out;
    let document: serde_json::Value = serde_json::from_str(&list).expect("the list is JSON");
    let rules = document["rules"].as_array().expect("rules are a list");
    assert_eq!(rules.len(), RuleSet::builtin().infos().len());
    let logsumexp = rules
        .iter()
        .find(|rule| rule["name"] == "logsumexp")
        .expect("it is built in");
    assert_eq!(
        (&logsumexp["family"], &logsumexp["phase"]),
        (&"exp_log".into(), &"composite".into())
    );
    assert_eq!(logsumexp["safety"], "refines");
}

#[test]
fn broken_rules_are_explained() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/broken_rules");
    settings.set_prepend_module_to_snapshot(false);
    let mut kinds = 0;
    settings.bind(|| {
        for path in files_under(Path::new("fixtures/rules/broken"), "rule") {
            let text = std::fs::read_to_string(&path).expect("a fixture can be read");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let source = Source::new("mine.rule", &text);
            // What is wrong inside an example is found by running it.
            let shown: String = match RuleSet::builtin().add_file("own", &text) {
                Err(errors) => errors
                    .iter()
                    .map(|error| render_plain(&rule_file(error), Some(&source), 100))
                    .collect(),
                Ok(()) => {
                    Folder::new(&[("mine.rule", &text)])
                        .run(&["rules", "test", "mine.rule"])
                        .err
                }
            };
            assert!(!shown.is_empty(), "{name} is not broken");
            insta::assert_snapshot!(name.as_str(), shown);
            let ran = Folder::new(&[("mine.rule", &text), ("f.jaxpr", PROGRAM)]).run(&[
                "rules",
                "test",
                "mine.rule",
            ]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}");
            kinds += 1;
        }
    });
    assert!(kinds >= 30, "{kinds} kinds");
}

/// A rule prints as a file that says the same: the same patterns, and the same in every clause.
#[test]
fn rules_print_and_read_back() {
    let mut paths = files_under(Path::new("src"), "rule");
    paths.extend(files_under(Path::new("fixtures/rules"), "rule"));
    paths.retain(|path| !path.components().any(|part| part.as_os_str() == "broken"));
    assert!(paths.len() > 15);
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a rule can be read");
        let rule = parse_rule(&text).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let printed = rule.to_string();
        let again = parse_rule(&printed).unwrap_or_else(|errors| panic!("{errors:?}\n{printed}"));
        assert_eq!(again.to_string(), printed);
        assert_eq!(compile(&again), compile(&rule), "{printed}");
        assert_eq!(prose(&again), prose(&rule));
        assert_eq!((again.fires, again.declines), (rule.fires, rule.declines));
    }
}

fn prose(rule: &jaxpeep::rewrite::RuleText) -> Vec<String> {
    let inputs = rule.witness.iter().chain(&rule.preserve).map(ToString::to_string);
    let prose = [&rule.name, &rule.summary, &rule.identity, &rule.source]
        .into_iter()
        .cloned();
    prose
        .chain(inputs)
        .chain([format!("{:?} {:?} {:?}", rule.safety, rule.phase, rule.native)])
        .collect()
}

#[test]
fn inputs_are_read_as_numbers() {
    use jaxpeep::rewrite::InputValue::{Bool, List, Number};
    let text = SQRT_SQUARE.replace(
        "witness  x = [1e30, -1e-30]",
        "witness x = [[1e30, -inf], [-0.5, 2]]",
    );
    let rule = parse_rule(&text).expect("it is a rule");
    let value = &rule.witness[0].values[0].value;
    let expected = List(vec![
        List(vec![Number(1e30), Number(f64::NEG_INFINITY)]),
        List(vec![Number(-0.5), Number(2.0)]),
    ]);
    assert_eq!(*value, expected);
    assert_eq!(value.shape(), Some(vec![2, 2]));
    let set = RuleSet::builtin();
    let mask: &RuleInfo = set
        .infos()
        .iter()
        .find(|info| info.name == "logsumexp-mask")
        .expect("it is built in");
    assert_eq!(
        mask.witness[0].values[1].value,
        List(vec![Bool(true), Bool(false)])
    );
}

/// A rule that fires on `neg (f x)` where a condition holds of `f x`.
fn conditional(condition: &str) -> String {
    format!(
        "rule conditional
summary  for a test
identity -y = 0 - y
source   this test
safety   exact

match    r = neg y
where    {condition}
rewrite  r = sub 0.0 y

fires \"where it holds\" {{ lambda ; a:f32[3]. let b:f32[3] = exp a; c:f32[3] = neg b in (c,) }}
"
    )
}

#[test]
fn conditions_ask_what_numbers_a_value_may_hold() {
    let program = |function: &str| {
        format!("{{ lambda ; a:f32[3]. let b:f32[3] = {function} a; c:f32[3] = neg b in (c,) }}\n")
    };
    // The condition, a function of any input of which it holds, and one of which it does not.
    let rows = [
        ("nonnegative(y)", "exp", "sinh"),
        ("positive(y)", "cosh", "exp"),
        ("finite(y)", "is_finite_of", "sqrt"),
        ("integral(y)", "sign", "sqrt"),
        ("at_most(y, 1.0)", "erf", "cosh"),
        ("at_least(y, -1.0)", "erf", "sinh"),
    ];
    for (condition, holds, fails) in rows {
        let rule = conditional(condition);
        let fires = |function: &str| {
            let text = match function {
                "is_finite_of" => "{ lambda ; a:bool[3]. let b:f32[3] = convert_element_type[new_dtype=float32 weak_type=False] a; c:f32[3] = neg b in (c,) }\n".to_owned(),
                function => program(function),
            };
            let folder = Folder::new(&[("own/conditional.rule", &rule), ("f.jaxpr", &text)]);
            let ran = folder.run(&["rewrite", "--rules", "own", "--only", "conditional", "f.jaxpr"]);
            assert_eq!(ran.code, 0, "{}", ran.err);
            ran.out.contains("sub 0.0")
        };
        assert!(fires(holds), "{condition} holds of {holds}");
        assert!(!fires(fails), "{condition} does not hold of {fails}");
    }
}

/// A rule that comes with jaxpeep in other words, with what it says of its inputs.
fn root_of_square(says: &str) -> String {
    format!(
        "rule root-of-square
summary  the square overflows before the root can undo it
identity sqrt(x * x) = |x|
source   the definition of the absolute value
{says}
match    s = mul x x
         r = sqrt ?B(s)
where    float(x)
rewrite  a = abs x
         r = ?B(a)
fires \"a square\" {{ lambda ; a:f32[3]. let b:f32[3] = mul a a; c:f32[3] = sqrt b in (c,) }}
declines \"a product\" {{ lambda ; a:f32[3] b:f32[3]. let c:f32[3] = mul a b; d:f32[3] = sqrt c in (d,) }}
"
    )
}

#[test]
fn what_a_rule_says_of_its_inputs_is_held_against_it() {
    for (says, failing) in [
        (
            "safety refines\nwitness x = [1e30]\npreserve x = [inf, nan]",
            None,
        ),
        (
            "safety refines\nwitness x = [1e30]\npreserve x = [1e30]",
            Some(("preserve", "for a = [1.0")),
        ),
        ("safety refines\nwitness x = [2]", Some(("witness", "x = [2"))),
        ("safety exact\nwitness x = [1e30]", Some(("exact", "for a = ["))),
    ] {
        // Clauses of inputs stand behind the others.
        let (safety, inputs) = says.split_once('\n').unwrap_or((says, ""));
        let text = root_of_square(safety) + inputs + "\n";
        let ran = Folder::new(&[("own.rule", &text)]).run(&["rules", "test", "own.rule"]);
        assert_eq!(
            ran.code,
            i32::from(failing.is_some()),
            "{says}: {}{}",
            ran.out,
            ran.err
        );
        assert_eq!(ran.out.matches("root-of-square").count(), 1, "{}", ran.out);
        if let Some((clause, inputs)) = failing {
            let line = ran.out.lines().find(|line| line.contains("FAILS"));
            let line = line.unwrap_or_default();
            assert!(
                line.contains(clause) && line.contains(inputs),
                "{says}: {}",
                ran.out
            );
        }
    }
}
