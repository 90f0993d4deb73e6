//! Exponent lifting: naive programs and their gradients against what stable formulas give in double precision.

mod bases;
mod branches;
mod masks;
mod rows;
mod training;

use std::path::{Path, PathBuf};

use jaxpeep::improve::{Options, Outcome, improve};
use jaxpeep::interp::{self, compare, evaluate, read_cases};
use jaxpeep::ir::{Program, validate};
use jaxpeep::load::load;
use jaxpeep::print::print;
use jaxpeep::rules::RuleSet;
use jaxpeep::{lift, schema};

use crate::support::fixtures;

fn read(text: &str) -> Program {
    let mut loaded = load("it", text.as_bytes()).unwrap_or_else(|_| panic!("not a jaxpr: {text}"));
    loaded.units.remove(0).program
}

fn improved(text: &str, options: &Options) -> (String, Outcome) {
    let mut program = read(text);
    let outcome = improve(&mut program, &RuleSet::builtin(), options);
    assert_eq!(validate(&program), []);
    assert_eq!(schema::check(&program), []);
    (print(&program), outcome)
}

fn only_lifting() -> Options {
    Options {
        only: vec![lift::NAME.to_owned()],
        ..Options::default()
    }
}

/// What differs from the recorded results, case by case.
fn differences(path: &Path, text: &str) -> Vec<(String, Vec<usize>)> {
    let json = std::fs::read_to_string(path.with_extension("json")).expect("cases beside the print-out");
    let mut program = read(text);
    schema::infer_literal_types(&mut program);
    let cases = read_cases(&json).expect("cases");
    let differing = |case: interp::Case| {
        let options = interp::Options {
            flush_subnormals: true,
            ..interp::Options::default()
        };
        let found = evaluate(&program, &case.inputs, options).expect("every primitive has a row");
        let expected = case.outputs.expect("recorded results");
        assert_eq!(found.len(), expected.len());
        let outputs = found.iter().zip(&expected).enumerate();
        let wrong = outputs.filter(|(_, (found, expected))| compare(found, expected).is_some());
        (case.label, wrong.map(|(index, _)| index).collect())
    };
    cases.into_iter().map(differing).collect()
}

fn naive_programs() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture can be read");
        (path, text)
    };
    let folders = ["lift", "lift_old"];
    folders
        .iter()
        .flat_map(|folder| fixtures(folder))
        .map(read)
        .collect()
}

/// Quotients of two exponentials, and tanh and what it leaves of 1, are the matter of rules, which lifting then goes on from.
const WITH_RULES: [&str; 8] = [
    "focal.jaxpr",
    "gated.jaxpr",
    "picked.jaxpr",
    "policy.jaxpr",
    "scanned_labels.jaxpr",
    "scanned_logs.jaxpr",
    "squashed.jaxpr",
    "tanh_of_half.jaxpr",
];

#[test]
fn values_and_gradients_of_naive_programs_are_those_of_stable_ones() {
    for (path, text) in naive_programs() {
        let before = differences(&path, &text);
        assert_eq!(before[0], ("ordinary".to_owned(), vec![]), "{}", path.display());
        assert!(!before[1].1.is_empty(), "{} is not naive", path.display());
        let with_rules = WITH_RULES.iter().any(|name| path.ends_with(name));
        let lifting = (!with_rules).then(only_lifting);
        for options in lifting.into_iter().chain([Options::default()]) {
            let (new, _) = improved(&text, &options);
            for (label, wrong) in differences(&path, &new) {
                assert_eq!(wrong, [0usize; 0], "{}, {label}\n{new}", path.display());
            }
        }
    }
}

#[test]
fn what_was_lifted_is_not_lifted_again() {
    for (path, text) in naive_programs() {
        for options in [Options::default(), only_lifting()] {
            let (once, _) = improved(&text, &options);
            let (twice, outcome) = improved(&once, &options);
            assert_eq!(outcome.rewrites, [], "{}", path.display());
            assert_eq!(once, twice, "{}", path.display());
        }
    }
}

#[test]
fn the_gradient_of_a_naive_cross_entropy() {
    let (_, text) = naive_programs()
        .into_iter()
        .find(|(path, _)| path.ends_with("cross_entropy.jaxpr"))
        .expect("the fixture");
    let (new, outcome) = improved(&text, &Options::default());
    insta::assert_snapshot!(new);
    assert!(outcome.rewrites.iter().any(|finding| finding.rule == lift::NAME));
}

/// Programs in which nothing is to be won, each with what it shows.
const STABLE: &[(&str, &str)] = &[
    (
        "a shifted softmax with its gradient",
        "{ lambda ; a:f32[4] b:f32[4]. let
    c:f32[] = reduce_max[axes=(0,)] a
    d:f32[] = stop_gradient c
    e:f32[4] = sub a d
    f:f32[4] = exp e
    g:f32[] = reduce_sum[axes=(0,) out_sharding=None] f
    h:f32[4] = div f g
    i:f32[] = integer_pow[y=-2] g
    j:f32[4] = mul b i
    k:f32[4] = mul j f
    l:f32[] = reduce_sum[axes=(0,) out_sharding=None] k
    m:f32[4] = div b g
    n:f32[4] = sub m l
    o:f32[4] = mul n f
  in (h, o) }
",
    ),
    (
        "gates, whose products are never large",
        "{ lambda ; a:f32[4] b:f32[4]. let
    c:f32[4] = logistic a
    d:f32[4] = sub 1.0:f32[] c
    e:f32[4] = mul c b
    f:f32[4] = add d e
  in (f,) }
",
    ),
    (
        "a reciprocal that only underflows",
        "{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[4] = add 2.0:f32[] b
    d:f32[4] = div 1.0:f32[] c
  in (d,) }
",
    ),
    (
        "the logarithm of a complement, which an exponential below one does not break",
        "{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[4] = sub 3.0:f32[] b
    d:f32[4] = log c
  in (d,) }
",
    ),
    (
        "integers and complex numbers",
        "{ lambda ; a:c64[4]. let
    b:c64[4] = exp a
    c:c64[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:c64[] = log c
  in (d,) }
",
    ),
];

#[test]
fn programs_with_nothing_to_win_keep_their_bytes() {
    for (what, text) in STABLE {
        let (new, outcome) = improved(text, &only_lifting());
        assert_eq!(outcome.rewrites, [], "{what}");
        assert_eq!(new, *text, "{what}");
    }
}

#[test]
fn a_skipped_pass_does_nothing() {
    let options = Options {
        skip: vec![lift::NAME.to_owned()],
        ..Options::default()
    };
    for (_, text) in naive_programs() {
        let (_, outcome) = improved(&text, &options);
        let lifted = |finding: &&jaxpeep::improve::Finding| {
            finding.rule == lift::NAME || finding.then.iter().any(|rule| rule == lift::NAME)
        };
        assert_eq!(outcome.rewrites.iter().find(lifted), None);
    }
}

/// A one-hot row selects one exponent; those that it hides are larger by more than `exp` can hold.
#[test]
fn zeros_hide_the_exponents_beside_them() {
    let text = "{ lambda ; a:f32[2,3] b:f32[2,3]. let
    c:f32[2,3] = exp a
    d:f32[2,3] = mul b c
    e:f32[2] = reduce_sum[axes=(1,) out_sharding=None] d
    f:f32[2] = log e
  in (f,) }
";
    let cases = r#"{"cases": [{"label": "hidden", "inputs": [
        {"dtype": "float32", "shape": [2, 3], "values": [1000, -1000, 3, "-inf", 500, 0]},
        {"dtype": "float32", "shape": [2, 3], "values": [0, 1, 0, 1, 0, 0]}]}]}"#;
    let (new, _) = improved(text, &only_lifting());
    assert_eq!(first_output(&new, cases), [-1000.0, f64::NEG_INFINITY]);
}

/// The first output for the first case.
fn first_output(text: &str, cases: &str) -> Vec<f64> {
    outputs(text, cases).remove(0)
}

/// The outputs for the first case.
fn outputs(text: &str, cases: &str) -> Vec<Vec<f64>> {
    let mut program = read(text);
    schema::infer_literal_types(&mut program);
    let case = read_cases(cases).expect("cases").remove(0);
    let found = evaluate(&program, &case.inputs, interp::Options::default()).expect("it runs");
    let items = found.iter().map(|found| match found.data() {
        interp::Data::Float(items) => items.clone(),
        _ => panic!("no floats"),
    });
    items.collect()
}

/// As in the gradient of `where(x <= 0, exp(x), …)`, with a factor between the mask and the exponential.
#[test]
fn a_mask_keeps_out_the_exponent_that_it_was_computed_from() {
    let text = "{ lambda ; a:f32[2]. let
    b:bool[2] = le a 0.0:f32[]
    c:f32[2] = exp a
    d:f32[2] = broadcast_in_dim 0.0:f32[]
    e:f32[2] = broadcast_in_dim 1.0:f32[]
    f:f32[2] = select_n b d e
    g:f32[2] = mul 2.0:f32[] f
    h:f32[2] = mul g c
  in (h,) }
";
    let cases = r#"{"cases": [{"label": "masked", "inputs": [
        {"dtype": "float32", "shape": [2], "values": [1000, 0]}]}]}"#;
    assert!(first_output(text, cases)[0].is_nan());
    let (new, _) = improved(text, &only_lifting());
    assert_eq!(first_output(&new, cases), [0.0, 2.0]);
}

/// The lifting computes the gradient from a value that the program computes and that nobody reads in it.
#[test]
fn a_variable_that_nobody_read_has_a_name_once_it_is_read() {
    let text = "{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[4] = add 1.0:f32[] b
    d:f32[4] = div 1.0:f32[] c
    _:f32[4] = mul d b
    e:f32[4] = neg b
    f:f32[4] = integer_pow[y=-2] c
    g:f32[4] = mul e f
    h:f32[4] = mul g b
    i:f32[4] = mul d b
    j:f32[4] = add_any h i
  in (j,) }
";
    let (new, outcome) = improved(text, &Options::default());
    assert_ne!(outcome.rewrites, []);
    let reread = print(&read(&new));
    assert_eq!(reread, new, "a variable that is read has a name");
    let operands = new.lines().filter_map(|line| line.split(" = ").nth(1));
    let reads_nameless = |line: &&str| line.split_whitespace().any(|word| word == "_");
    assert_eq!(operands.clone().find(reads_nameless), None, "{new}");
}

/// JAX prints some variables so that are read, as in `linalg.lstsq`.
#[test]
fn a_variable_called_underscore_that_the_text_reads_keeps_its_name() {
    let text = "{ lambda ; a:f32[4]. let
    b:f32[4] = exp a
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[] = log c
    _:f32[] = sin d
    e:f32[] = cos _
  in (e,) }
";
    let (new, outcome) = improved(text, &Options::default());
    assert_ne!(outcome.rewrites, []);
    assert!(
        new.contains("    _:f32[] = sin d\n    e:f32[] = cos _\n"),
        "{new}"
    );
}

#[test]
fn findings_show_the_equations_of_the_text_each_once() {
    let settings = [only_lifting(), Options::default()];
    for (path, text) in naive_programs() {
        for options in &settings {
            let (_, outcome) = improved(&text, options);
            let mut places = Vec::new();
            for finding in &outcome.rewrites {
                let printed = &text[finding.span.start as usize..];
                let binder = |text: &str| text.split_whitespace().next().map(str::to_owned);
                assert_eq!(binder(&finding.equation), binder(printed), "{}", path.display());
                places.push(finding.span.start);
            }
            let found = places.len();
            places.dedup();
            assert_eq!(places.len(), found, "{}", path.display());
        }
    }
}

#[test]
fn what_a_program_rounds_up_itself_is_no_bound() {
    let text = "{ lambda ; a:f32[4] b:f32[4]. let
    c:f32[4] = ceil b
    d:f32[4] = sub b c
    e:f32[4] = add a d
    f:f32[4] = exp e
    g:f32[] = reduce_sum[axes=(0,) out_sharding=None] f
    h:f32[] = log g
  in (h,) }
";
    // Lifting would repair it all the same.
    let rules = Options {
        skip: vec![lift::NAME.to_owned()],
        ..Options::default()
    };
    let (new, _) = improved(text, &rules);
    assert!(new.contains("reduce_max"), "{new}");
}

#[test]
fn what_is_masked_from_a_softmax_is_not_read_by_its_gradient() {
    let text = "{ lambda ; a:f32[3] b:bool[3] c:f32[3]. let
    d:f32[3] = broadcast_in_dim -inf:f32[]
    e:f32[3] = select_n b d a
    f:f32[3] = exp e
    g:f32[] = reduce_sum[axes=(0,) out_sharding=None] f
    h:f32[3] = div c g
    i:f32[3] = mul h f
    j:f32[3] = broadcast_in_dim 0.0:f32[]
    k:f32[3] = select_n b j i
  in (k,) }
";
    let cases = r#"{"cases": [{"label": "masked", "inputs": [
        {"dtype": "float32", "shape": [3], "values": [1000, 1000, "nan"]},
        {"dtype": "bool", "shape": [3], "values": [true, true, false]},
        {"dtype": "float32", "shape": [3], "values": [1, 1, 1]}]}]}"#;
    let (new, _) = improved(text, &only_lifting());
    assert_eq!(first_output(&new, cases), [0.5, 0.5, 0.0]);
}

/// `norm(y·f/norm(f))` with `f = y·exp(t)` is `norm(y)`.
#[test]
fn what_a_rule_has_scaled_into_range_is_not_taken_out_of_it() {
    let text = "{ lambda ; a:f32[2] b:f32[]. let
    c:f32[] = exp b
    e:f32[2] = mul a c
    f:f32[2] = mul e e
    g:f32[] = reduce_sum[axes=(0,) out_sharding=None] f
    h:f32[] = sqrt g
    i:f32[] = div 1.0:f32[] h
    j:f32[2] = mul a i
    k:f32[2] = mul j e
    l:f32[2] = mul k k
    m:f32[] = reduce_sum[axes=(0,) out_sharding=None] l
    n:f32[] = sqrt m
  in (n,) }
";
    let cases = r#"{"cases": [{"label": "large", "inputs": [
        {"dtype": "float32", "shape": [2], "values": [7e37, 0]},
        {"dtype": "float32", "shape": [], "values": [-1.5]}]}]}"#;
    let (new, _) = improved(text, &Options::default());
    let found = first_output(&new, cases)[0];
    assert!((found / 7e37 - 1.0).abs() < 1e-6, "{found}");
}
