//! No two rules want the same equation at the same time: phases and conditions say which of them it is.

use std::collections::{BTreeMap, BTreeSet};

use jaxpeep::improve::{Options, improve};
use jaxpeep::lift;
use jaxpeep::load::load;
use jaxpeep::print::print;
use jaxpeep::rewrite::Phase;
use jaxpeep::rules::RuleSet;
use jaxpeep::span::Span;

/// Pairs that may match at the same place, each with the reason why it does not matter which comes first.
const ALLOWED: &[(&str, &str, &str)] = &[];

#[test]
fn rules_of_one_phase_never_want_the_same_equation() {
    let rules = RuleSet::builtin();
    let mut matched = BTreeSet::new();
    let mut overlaps = overlaps(&rules, &programs(&rules), &mut matched);
    let all: BTreeSet<String> = rules.infos().iter().map(|info| info.name.clone()).collect();
    assert_eq!(matched, all, "every rule matches in one of the programs");
    // Lifting is in no phase: it takes what the rules have left.
    overlaps.retain(|(one, other), _| one != lift::NAME && other != lift::NAME);
    overlaps.retain(|(one, other), _| {
        !ALLOWED
            .iter()
            .any(|(a, b, _)| (a, b) == (&one.as_str(), &other.as_str()))
    });
    let report: Vec<String> = overlaps
        .iter()
        .map(|((one, other), places)| {
            format!("{one} and {other}, at {} places:\n  {}", places.len(), places[0])
        })
        .collect();
    assert!(
        report.is_empty(),
        "put one of each pair into another phase:\n{}",
        report.join("\n")
    );
}

#[test]
fn two_rules_for_one_formula_are_noticed() {
    let builtin = RuleSet::builtin();
    let (family, text) = ("exp_log", include_str!("../../src/rules/exp_log/log_exp.rule"));
    let mut rules = RuleSet::default();
    for name in ["log-exp", "exp-log"] {
        rules
            .add_file(family, &text.replace("rule log-exp", &format!("rule {name}")))
            .expect("it is a rule");
    }
    let example = builtin
        .infos()
        .iter()
        .find(|info| info.name == "log-exp")
        .map(|info| info.fires[0].jaxpr.clone());
    let programs = [("example".to_owned(), example.expect("it is built in"))];
    let found = overlaps(&rules, &programs, &mut BTreeSet::new());
    assert_eq!(
        found.into_keys().collect::<Vec<_>>(),
        [("log-exp".to_owned(), "exp-log".to_owned())]
    );
}

type Pairs = BTreeMap<(String, String), Vec<String>>;

/// Pairs of rules that match at the same equation in the same phase, with the places; `matched` gets all that match.
fn overlaps(rules: &RuleSet, programs: &[(String, String)], matched: &mut BTreeSet<String>) -> Pairs {
    let mut overlaps = Pairs::new();
    for (name, text) in programs {
        for phase in Phase::ALL {
            let earlier = names(rules, |of| of < phase);
            // A program in the state in which the phase finds it. `only` with no names would mean all rules.
            let state = if earlier.is_empty() {
                Some(text.clone())
            } else {
                improved(rules, text, earlier)
            };
            let Some(state) = state else { continue };
            for (place, found) in roots(rules, &state, phase) {
                matched.extend(found.iter().cloned());
                for (at, one) in found.iter().enumerate() {
                    for other in &found[at + 1..] {
                        let equation = place.text(&state).trim();
                        let report = format!("{name}, {}: {equation}", phase.word());
                        overlaps
                            .entry((one.clone(), other.clone()))
                            .or_default()
                            .push(report);
                    }
                }
            }
        }
    }
    overlaps
}

/// The fixtures of one release and the examples of rules, by name. Those in which no rule matches are left out. Other
/// releases print the same formulas.
fn programs(rules: &RuleSet) -> Vec<(String, String)> {
    let mut programs = Vec::new();
    for path in crate::support::fixtures("jaxpr/0.10.2") {
        let text = std::fs::read_to_string(&path).expect("a fixture can be read");
        programs.push((path.display().to_string(), text));
    }
    for info in rules.infos() {
        for example in info.fires.iter().chain(&info.declines) {
            programs.push((format!("{}, {}", info.name, example.title), example.jaxpr.clone()));
        }
    }
    programs.retain(|(_, text)| improved(rules, text, Vec::new()).is_some_and(|new| new != *text));
    programs
}

fn names(rules: &RuleSet, wanted: impl Fn(Phase) -> bool) -> Vec<String> {
    rules
        .infos()
        .iter()
        .filter(|info| wanted(info.phase))
        .map(|info| info.name.clone())
        .collect()
}

/// The text after the rules of these names, or after all rules if there are none.
fn improved(rules: &RuleSet, text: &str, only: Vec<String>) -> Option<String> {
    let mut loaded = load("program", text.as_bytes()).ok()?;
    let program = &mut loaded.units.first_mut()?.program;
    improve(
        program,
        rules,
        &Options {
            only,
            ..Options::default()
        },
    );
    Some(print(program))
}

/// Where rules of a phase match, each tried without the others.
fn roots(rules: &RuleSet, text: &str, phase: Phase) -> Vec<(Span, Vec<String>)> {
    let mut roots = BTreeMap::new();
    matches(rules, text, &names(rules, |of| of == phase), &mut roots);
    roots.into_iter().collect()
}

/// Notes where each of the rules matches alone; rules none of which matches are tried only once, together.
fn matches(rules: &RuleSet, text: &str, names: &[String], roots: &mut BTreeMap<Span, Vec<String>>) {
    let Ok(mut loaded) = load("program", text.as_bytes()) else {
        return;
    };
    let Some(unit) = loaded.units.first_mut().filter(|_| !names.is_empty()) else {
        return;
    };
    let options = Options {
        only: names.to_vec(),
        approximate: true,
        ..Options::default()
    };
    let found = improve(&mut unit.program, rules, &options).rewrites;
    if let ([rule], false) = (names, found.is_empty()) {
        let spans: BTreeSet<Span> = found.iter().map(|finding| finding.span).collect();
        for span in spans.into_iter().filter(|span| !span.is_empty()) {
            roots.entry(span).or_default().push(rule.clone());
        }
    } else if !found.is_empty() {
        let (one, other) = names.split_at(names.len() / 2);
        matches(rules, text, one, roots);
        matches(rules, text, other, roots);
    }
}
