//! What rewriting does to real print-outs: the result is sound, typed, read as it was printed, and final.
//!
//! `JAXPEEP_CORPUS` and `JAXPEEP_CASES` name folders of further print-outs, and of cases with the rules that must
//! not fire on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jaxpeep::improve::{Finding, Options, improve};
use jaxpeep::ir::{JaxprRef, Program, validate};
use jaxpeep::load::load;
use jaxpeep::print::print;
use jaxpeep::rules::RuleSet;
use jaxpeep::schema;

use crate::support::{fixtures, jaxprs_below};

/// Rewrites the first print-out of a file, and checks all that must hold of any result.
fn rewritten(rules: &RuleSet, path: &Path) -> (String, Vec<Finding>) {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).expect("a print-out is readable");
    let mut loaded = load(&name, &bytes).unwrap_or_else(|broken| panic!("{name}: {:?}", broken.diagnostics));
    let program = &mut loaded.units.first_mut().expect("a print-out").program;
    assert_eq!(
        messages(program),
        Vec::<String>::new(),
        "{name} as printed by JAX"
    );
    let before = print(program);
    let unread_before = unread_definitions(program);
    let outcome = improve(program, rules, &Options::default());
    let after = print(program);
    assert_eq!(
        outcome.rewrites.is_empty(),
        before == after,
        "{name}: changed means reported"
    );
    assert_eq!(validate(program), [], "{name}");
    assert_eq!(messages(program), Vec::<String>::new(), "{name} rewritten");

    let mut again =
        load(&name, after.as_bytes()).unwrap_or_else(|broken| panic!("{name}: {:?}", broken.diagnostics));
    let program = &mut again.units.first_mut().expect("a print-out").program;
    assert_eq!(print(program), after, "{name}: read as it was printed");
    let mut unread = unread_definitions(program);
    unread.retain(|name| !unread_before.contains(name));
    assert_eq!(
        unread,
        Vec::<String>::new(),
        "{name}: definitions that nothing refers to"
    );
    let once_more = improve(program, rules, &Options::default());
    let fired: Vec<&str> = once_more
        .rewrites
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(
        fired,
        Vec::<&str>::new(),
        "{name}: rewriting again changes nothing"
    );
    assert_eq!(print(program), after, "{name}");
    (after, outcome.rewrites)
}

/// The names of jaxprs that stand before the main one, though no equation refers to them: JAX prints some of those that
/// linear solves refer to.
fn unread_definitions(program: &Program) -> Vec<String> {
    let blocks = program.blocks.iter();
    let eqns = blocks.flat_map(|(_, block)| &block.eqns);
    let read: Vec<JaxprRef> = eqns
        .flat_map(|&eqn| program.params(eqn).jaxprs().map(|(_, jaxpr)| jaxpr))
        .collect();
    let root = program.root.expect("a print-out");
    let definitions = program.listings[root].definitions.iter();
    definitions
        .filter(|definition| !read.contains(&JaxprRef::Shared(definition.name, definition.block)))
        .map(|definition| program.symbols.text(definition.name).to_owned())
        .collect()
}

fn messages(program: &Program) -> Vec<String> {
    schema::check(program)
        .into_iter()
        .map(|disagreement| disagreement.message)
        .collect()
}

/// Print-outs without types have none to infer from, so no rule that makes equations can apply.
fn is_typed(path: &Path) -> bool {
    !path.to_string_lossy().contains(".untyped.")
}

#[test]
fn every_fixture_is_rewritten_into_a_sound_and_final_program() {
    let rules = RuleSet::builtin();
    let mut fired: BTreeMap<String, usize> = BTreeMap::new();
    for path in fixtures("jaxpr").into_iter().filter(|path| is_typed(path)) {
        for finding in rewritten(&rules, &path).1 {
            *fired.entry(finding.rule).or_default() += 1;
        }
    }
    for family in [
        "logsumexp",
        "logaddexp",
        "softmax",
        "log-softmax",
        "softplus",
        "log-sigmoid",
    ] {
        assert!(
            fired.contains_key(family),
            "{family} fires on no fixture: {fired:?}"
        );
    }
}

#[test]
fn a_literal_without_a_type_meets_arrays_in_what_is_rewritten() {
    // As JAX 0.4.30 prints 2·eˣ − 2.
    let text = "{ lambda ; a:f32[5]. let
    b:f32[5] = exp a
    c:f32[5] = mul 2.0 b
    d:f32[5] = sub c 2.0
  in (d,) }
";
    let mut loaded = load("it", text.as_bytes()).expect("a print-out");
    let program = &mut loaded.units[0].program;
    let outcome = improve(program, &RuleSet::builtin(), &Options::default());
    assert_eq!(outcome.pending, []);
    let printed = print(program);
    assert!(printed.contains("expm1 a"), "{printed}");
    assert!(printed.contains("mul 2.0 e"), "{printed}");
}

#[test]
fn every_print_out_of_the_corpus_is_rewritten_into_a_sound_and_final_program() {
    let Some(folder) = std::env::var_os("JAXPEEP_CORPUS") else {
        return;
    };
    let rules = RuleSet::builtin();
    let (mut files, mut changed) = (0, 0);
    let mut fired: BTreeMap<String, usize> = BTreeMap::new();
    for path in jaxprs_below(&PathBuf::from(folder)) {
        let findings = rewritten(&rules, &path).1;
        files += 1;
        changed += usize::from(!findings.is_empty());
        for finding in findings {
            *fired.entry(finding.rule).or_default() += 1;
        }
    }
    println!("{files} files, {changed} rewritten, {fired:?}");
    assert!(files > 0, "JAXPEEP_CORPUS holds no print-out");
}

/// The names of cases and the names of the rules that they are about.
const CASE_RULES: &[(&str, &[&str])] = &[
    (
        "logsumexp",
        &[
            "logsumexp",
            "logsumexp-nested",
            "logsumexp-mask",
            "logsumexp-weights",
            "logsumexp-product",
        ],
    ),
    ("softmax", &["softmax"]),
    ("log_softmax", &["log-softmax", "log-softmax-difference"]),
    ("softplus", &["softplus"]),
    ("logistic", &["logistic"]),
    ("logaddexp", &["logaddexp"]),
    ("log_sigmoid", &["log-sigmoid"]),
    ("regularized-inverse", &["regularized-inverse"]),
];

#[test]
fn no_rule_fires_on_the_look_alikes_on_which_it_must_not() {
    let Some(folder) = std::env::var_os("JAXPEEP_CASES") else {
        return;
    };
    let rules = RuleSet::builtin();
    let mut checked = 0;
    for path in jaxprs_below(&PathBuf::from(folder).join("negative")) {
        let findings = rewritten(&rules, &path).1;
        let case: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("json")).expect("a case"))
                .expect("JSON");
        if case["kind"] != "must_not" {
            continue;
        }
        let rule = case["rule"].as_str().unwrap_or_default();
        let ours = CASE_RULES
            .iter()
            .find(|(name, _)| *name == rule)
            .map_or(&[][..], |(_, rules)| rules);
        for finding in findings {
            assert!(
                !ours.contains(&finding.rule.as_str()),
                "{}: {} fired: {}",
                path.display(),
                finding.rule,
                case["why"]
            );
        }
        checked += 1;
    }
    assert!(checked > 0, "JAXPEEP_CASES holds no negative case");
}

/// Rewrites a text, and the result again, which must change nothing.
fn rewritten_twice(text: &str) -> String {
    let rules = RuleSet::builtin();
    let once = |text: &str| {
        let mut loaded = load("test", text.as_bytes()).expect("a print-out");
        let program = &mut loaded.units[0].program;
        improve(program, &rules, &Options::default());
        print(program)
    };
    let new = once(text);
    assert_eq!(once(&new), new, "rewriting again changes nothing");
    new
}

/// The derivative of `tanh` relies on how it was rounded, and in a deep network stands far behind it.
#[test]
fn tanh_is_left_alone_if_its_derivative_stands_far_behind() {
    let name = |layer: u32| format!("v{}", "w".repeat(layer as usize));
    let layers: Vec<String> = (0..100)
        .map(|layer| format!("{}:f32[3] = sin {}", name(layer + 1), name(layer)))
        .collect();
    let layers = layers.join("\n");
    let text = |sum: &str| {
        format!(
            "{{ lambda ; a:f32[3]. let\nt:f32[3] = tanh a\nl:f32[3] = sub 1.0:f32[] t\nv:f32[3] = neg t\n{layers}\n\
             m:f32[3] = mul {} l\nn:f32[3] = mul m t\no:f32[3] = {sum} m n\nin (o,) }}",
            name(100)
        )
    };
    assert!(rewritten_twice(&text("add_any")).contains("= sub 1.0:f32[]"));
    assert!(
        !rewritten_twice(&text("max")).contains("= sub 1.0:f32[]"),
        "no derivative"
    );
}

/// What was printed holds no exponential; `1 + tanh x` becomes a logistic function, of which a logarithm is taken.
#[test]
fn what_rules_make_of_a_program_without_exponentials_is_lifted() {
    let new = rewritten_twice(
        "{ lambda ; a:f32[2]. let
             b:f32[2] = div a 2.0:f32[]
             c:f32[2] = tanh b
             d:f32[2] = sub 1.0:f32[] c
             e:f32[2] = add 1.0:f32[] c
             f:f32[2] = mul 0.5:f32[] e
             g:f32[2] = div 1.0:f32[] f
             h:f32[2] = mul g d
             i:f32[2] = mul h c
             j:f32[2] = add_any h i
           in (j,) }",
    );
    assert!(!new.contains("div 1.0"), "{new}");
}
