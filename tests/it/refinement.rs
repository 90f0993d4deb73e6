//! Rules against the truth: those that come with jaxpeep refine, and wrong ones are refuted with an input.

use jaxpeep::oracle::Budget;
use jaxpeep::refinement::{Refinement, Thoroughness, refinement};
use jaxpeep::rules::{RuleSet, Safety};
use jaxpeep::verify::{Sampling, Strictness};

use crate::cli::Folder;

/// A point of each stratum, for the first examples.
fn thoroughness(samples: u32, examples: usize) -> Thoroughness {
    let budget = Budget {
        work: 20_000_000,
        ..Budget::default()
    };
    Thoroughness {
        sampling: Sampling { samples, seed: 1 },
        examples,
        strictness: Strictness {
            budget,
            ..Strictness::BRIEF
        },
    }
}

/// Rules whose witnesses show no better value: they are about a derivative, a subnormal number that counts as zero,
/// or a value that was right before.
const WITNESSES_OF_OTHER_THINGS: &[&str] = &[
    "accumulate",
    "double-where",
    "log-product",
    "log-ratio",
    "logistic-numerator",
    "logistic-reflected",
    "select-sink",
    "squared-norm",
    "squared-norm-gradient",
    "xlogy",
];

/// Counterexamples that are known and not repaired yet, each with what happens.
const REFUTED: &[(&str, &str)] = &[
    (
        "log-scaled-sum",
        "f16: where the logarithm of a mean is near zero, the difference of logarithms cancels",
    ),
    (
        "select-sink",
        "the derivative by an operand that is NaN and masked was NaN and is 0, which is what the mask asks for",
    ),
    (
        "squared-norm-gradient",
        "a NaN in one element spreads to the derivatives of all, and no longer does",
    ),
];

/// More of them, which only more points show.
const REFUTED_AT_MANY_POINTS: &[(&str, &str)] = &[
    ("gamma-ratio", SIGNS),
    (
        "log-ratio",
        "the logarithm of −0 is that of 0, and 1/−0 is −inf: NaN becomes inf",
    ),
    (
        "log-root",
        "the logarithm of −0 is that of 0, and 1/√−0 is −inf: NaN becomes inf",
    ),
    ("one-minus-cos", NEXT_TO_ONE),
    ("pythagoras", NEXT_TO_ONE),
    ("removable-singularity", NEXT_TO_ONE),
];
const SIGNS: &str =
    "the signs in its examples may be any numbers, and the product of two small ones underflows";
const NEXT_TO_ONE: &str =
    "below 1e-73 no precision that is tried tells cos x from 1, and 0 is taken for the truth";

/// Rules whose examples are no programs to compare, each with the reason.
const NOT_COMPARED: &[(&str, &str)] = &[(
    "regularized-inverse",
    "its examples abbreviate the solution and compute no inverse; print-outs of JAX are run in `inverse`",
)];

fn of_builtin(samples: u32, examples: usize, also_refuted: &[(&str, &str)]) {
    let rules = RuleSet::builtin();
    let mut refuted = Vec::new();
    let compared = |name: &str| !NOT_COMPARED.iter().any(|(known, _)| *known == name);
    for info in rules.infos().iter().filter(|info| compared(&info.name)) {
        let found = refinement(&rules, info, &thoroughness(samples, examples));
        assert!(found.points > 0, "{}: {:?}", info.name, found.skipped);
        let is_in = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == info.name);
        let is_known = is_in(REFUTED) || is_in(also_refuted);
        assert!(
            !is_in(also_refuted) || !found.refuted.is_empty(),
            "nothing refutes {} any more: take it off the list",
            info.name
        );
        if info.safety != Safety::Approximate && !is_known {
            refuted.extend(found.refuted.iter().map(|one| format!("{}: {one}", info.name)));
        }
        let shows_values = !WITNESSES_OF_OTHER_THINGS.contains(&info.name.as_str());
        let unshown = found.unshown.iter().filter(|_| shows_values);
        refuted.extend(unshown.map(|one| format!("{}: witness {one}", info.name)));
    }
    assert!(refuted.is_empty(), "\n{}", refuted.join("\n"));
}

#[test]
fn built_in_rules_refine() {
    of_builtin(1, 1, &[]);
}

/// All examples, at more points.
#[test]
fn built_in_rules_refine_at_many_points() {
    of_builtin(6, usize::MAX, REFUTED_AT_MANY_POINTS);
}

/// What the checks say of a rule of the fixtures.
fn of_wrong(file: &str) -> (Refinement, String) {
    let path = format!("{}/fixtures/rules/wrong/{file}.rule", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a rule file");
    let mut rules = RuleSet::default();
    rules.add_file("own", &text).expect("a rule that loads");
    let found = refinement(&rules, &rules.infos()[0], &thoroughness(6, 1));
    (found, text)
}

#[test]
fn a_shift_without_its_guard_is_refuted_where_all_are_infinite() {
    let (found, _) = of_wrong("logsumexp_without_guard");
    let worst = found.refuted.first().expect("a refutation");
    assert!(
        worst.values[1].is_nan() && worst.values[2].is_infinite(),
        "{worst}"
    );
    assert!(worst.inputs.contains("inf"), "{worst}");
}

#[test]
fn a_shift_by_the_mean_is_refuted() {
    let (found, _) = of_wrong("logsumexp_by_mean");
    let worst = found.refuted.first().expect("a refutation");
    assert!(!worst.inputs.is_empty(), "{worst}");
}

#[test]
fn the_logarithm_of_a_negative_cube_is_no_number() {
    let (found, _) = of_wrong("log_of_cube");
    let worst = found.refuted.first().expect("a refutation");
    assert!(worst.values[2].is_nan() && worst.values[1].is_finite(), "{worst}");
}

#[test]
fn a_witness_that_shows_nothing_is_named() {
    let (found, _) = of_wrong("witness_of_nothing");
    assert_eq!(found.unshown, ["x = [1, 2]"]);
}

#[test]
fn rules_test_refuses_a_refuted_rule_and_prints_the_input() {
    let (_, text) = of_wrong("log_of_cube");
    let ran = Folder::new(&[("own/log_of_cube.rule", &text)]).run(&["rules", "test", "own"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    for part in [
        "FAILS",
        "refines",
        "its true value is NaN, for a = ",
        "safety approximate",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let text = text.replace("refines", "approximate");
    let ran = Folder::new(&[("own/log_of_cube.rule", &text)]).run(&["rules", "test", "own"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("approximate, as it says"), "{}", ran.out);
}
