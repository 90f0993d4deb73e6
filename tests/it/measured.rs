//! What was measured of the rules is in step with the rules.

use jaxpeep::refinement::measure;
use jaxpeep::rules::measured::{builtin, read, written};
use jaxpeep::rules::{RuleInfo, RuleSet};

use crate::cli::{Folder, run};

const RENEW: &str =
    "run `cargo run -- rules measure --update src/rules/measured.toml` (`--help` says how to choose rules)";

#[test]
fn every_rule_is_measured_as_it_is_today() {
    let rules = RuleSet::builtin();
    let is_stale = |info: &&RuleInfo| {
        builtin()
            .get(&info.name)
            .is_none_or(|measured| !measured.is_of(info, &rules))
    };
    let stale: Vec<&str> = rules
        .infos()
        .iter()
        .filter(is_stale)
        .map(|info| info.name.as_str())
        .collect();
    assert!(
        stale.is_empty(),
        "{stale:?} changed since they were measured: {RENEW}"
    );
    let is_known = |name: &&String| rules.infos().iter().any(|info| info.name == **name);
    assert_eq!(
        builtin().keys().find(|name| !is_known(name)),
        None,
        "no rule any more: {RENEW}"
    );
    let text = include_str!("../../src/rules/measured.toml");
    assert_eq!(
        written(&read(text).expect("it is TOML")),
        text,
        "written by hand: {RENEW}"
    );
}

#[test]
fn all_rules_measure_the_same_again() {
    let rules = RuleSet::builtin();
    for info in rules.infos() {
        let name = info.name.as_str();
        assert_eq!(
            Some(&measure(&rules, info)),
            builtin().get(name),
            "{name}: run `cargo run -- rules measure --update src/rules/measured.toml {name}`, or without the name \
             after a change of the interpreter, on an emptied file"
        );
    }
}

/// Rules whose measured errors do not show what they are for, each with the reason.
const SHOWS_NO_ERROR: &[(&str, &str)] = &[
    (
        "accumulate",
        "its examples are short: a sum stalls when it is long",
    ),
    (
        "double-where",
        "it is about the derivative, which its examples do not take",
    ),
    (
        "logistic-numerator",
        "it is about the derivative, which its examples do not take",
    ),
    (
        "logistic-reflected",
        "it is about the derivative, which its examples do not take",
    ),
    (
        "squared-norm",
        "it is about the derivative, which its examples do not take",
    ),
];

#[test]
fn measurements_show_what_goes_wrong_without_a_rule() {
    let shows = |name: &str| {
        let dtypes = &builtin()[name].ulps;
        let mut rows = dtypes.values().flatten();
        rows.any(|(_, before, after)| *before > 8.0 * after.max(1.0))
    };
    let is_excused = |name: &str| SHOWS_NO_ERROR.iter().any(|(known, _)| *known == name);
    let unshown: Vec<&String> = builtin()
        .keys()
        .filter(|name| !shows(name) && !is_excused(name))
        .collect();
    assert_eq!(unshown, Vec::<&String>::new());
}

#[test]
fn explain_shows_errors_of_built_in_rules_and_of_ones_own() {
    let page = run(&["explain", "logsumexp"]).out;
    let large = page.lines().find(|line| line.trim_start().starts_with("large "));
    assert!(large.is_some_and(|line| line.contains("∞ → ")), "{page}");
    let own = include_str!("../../fixtures/rules/sqrt_square.rule");
    let ran =
        Folder::new(&[("own/sqrt_square.rule", own)]).run(&["explain", "--rules", "own", "sqrt-square"]);
    for part in ["Measured", "huge", "has 2 equations before and 1 after"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[test]
fn measuring_renews_what_is_stale_and_keeps_the_rest() {
    let folder = Folder::new(&[]);
    let update = |names: &[&str]| {
        let arguments = [&["rules", "measure", "--update", "m.toml"], names].concat();
        folder.run(&arguments)
    };
    assert_eq!(update(&["expm1", "log-exp"]).code, 0);
    let text = folder.read("m.toml");
    assert_eq!(read(&text).expect("it is TOML").len(), 2);
    let gone = text.replace("[log-exp]", "[no-rule]");
    folder.write("m.toml", &gone);
    let ran = update(&["log-exp"]);
    assert_eq!((ran.code, folder.read("m.toml")), (0, text), "{}", ran.err);
    assert_eq!(update(&["logsumex"]).code, 2);
    assert!(update(&["logsumex"]).err.contains("logsumexp"));
}
