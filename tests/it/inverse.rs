//! Inverses get a ridge in every release, where they are inverses, once, and as the user wants it.

use std::path::Path;

use jaxpeep::improve::{Options, Outcome, Regularize, improve};
use jaxpeep::ir::validate;
use jaxpeep::load::load;
use jaxpeep::print::{equation, print};
use jaxpeep::rules::RuleSet;
use jaxpeep::schema;

const RELEASES: [&str; 3] = ["0.4.30", "0.6.2", "0.10.2"];
const INVERSES: [&str; 8] = [
    "inverse_plain",
    "inverse_batch",
    "inverse_one_by_one",
    "inverse_jit",
    "inverse_scan",
    "inverse_gradient",
    "inverse_quadratic_form",
    "inverse_f64",
];

fn options() -> Options {
    Options {
        only: vec!["regularized-inverse".to_owned()],
        ..Options::default()
    }
}

fn fixture(release: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/jaxpr")
        .join(release)
        .join(name);
    std::fs::read_to_string(path.with_extension("jaxpr")).expect("a fixture is readable")
}

/// The rewritten text and the report. The result is sound and well typed.
fn rewrite(text: &str, options: &Options) -> (String, Outcome) {
    let mut loaded = load("test", text.as_bytes()).expect("a jaxpr");
    let program = &mut loaded.units.first_mut().expect("one program").program;
    let outcome = improve(program, &RuleSet::builtin(), options);
    assert_eq!(validate(program), [], "{text}");
    assert_eq!(schema::check(program), [], "{}", print(program));
    (print(program), outcome)
}

fn fires(text: &str) -> usize {
    rewrite(text, &options()).1.rewrites.len()
}

#[test]
fn every_inverse_gets_a_guarded_ridge_once() {
    for release in RELEASES {
        for name in INVERSES {
            let text = fixture(release, name);
            let (once, outcome) = rewrite(&text, &options());
            assert_eq!(outcome.rewrites.len(), 1, "{release} {name}");
            assert!(
                outcome.rewrites[0]
                    .note
                    .as_deref()
                    .is_some_and(|note| note.contains("two inverses"))
            );
            let (twice, outcome) = rewrite(&once, &options());
            assert_eq!(outcome.rewrites, [], "{release} {name}");
            assert_eq!(once, twice, "{release} {name}");
        }
    }
}

#[test]
fn a_ridge_that_is_there_and_another_right_side_are_left_alone() {
    for release in RELEASES {
        for name in ["inverse_ridge", "inverse_solve"] {
            assert_eq!(fires(&fixture(release, name)), 0, "{release} {name}");
        }
    }
}

#[test]
fn modes() {
    let text = fixture("0.10.2", "inverse_plain");
    let with = |regularize, ridge| {
        rewrite(
            &text,
            &Options {
                regularize,
                ridge,
                ..options()
            },
        )
    };
    let (off, outcome) = with(Regularize::Off, None);
    assert_eq!(off, text);
    assert!(outcome.rewrites.is_empty() && outcome.pending.is_empty());
    let (always, outcome) = with(Regularize::Always, None);
    assert!(
        !always.contains("lt ") || !always.contains("is_finite"),
        "there is no guard"
    );
    assert!(
        outcome.rewrites[0]
            .note
            .as_deref()
            .is_some_and(|note| note.contains("1.000e-6"))
    );
    assert_eq!(
        rewrite(
            &always,
            &Options {
                regularize: Regularize::Always,
                ..options()
            }
        )
        .0,
        always
    );
    let (guarded, _) = with(Regularize::Guarded, Some(0.25));
    assert!(guarded.contains("0.25:f32[]"));
    assert_eq!(with(Regularize::Guarded, Some(f64::NAN)).1.rewrites, []);
}

/// At the square root of the rounding unit of the dtype.
#[test]
fn the_default_ridge_depends_on_the_dtype() {
    assert!(
        rewrite(&fixture("0.10.2", "inverse_f64"), &options())
            .0
            .contains("1.4901161193847656e-08:f64[]")
    );
    assert!(
        rewrite(&fixture("0.10.2", "inverse_plain"), &options())
            .0
            .contains("0.0003452669770922512:f32[]")
    );
}

#[test]
fn names_say_nothing() {
    for release in RELEASES {
        let text = fixture(release, "inverse_plain");
        assert_eq!(fires(&text.replace("name=inv", "name=whatever")), 1);
    }
    let mine = "{ lambda ; a:f32[2,2]. let\n    b:f32[2,2] = jit[\n      name=inv\n      jaxpr={ lambda ; a:f32[2,2]. \
                let b:f32[2,2] = div 1.0:f32[] a in (b,) }\n    ] a\n  in (b,) }\n";
    assert_eq!(fires(mine), 0);
}

#[test]
fn a_complex_matrix_is_left_alone() {
    let text = fixture("0.10.2", "inverse_plain");
    assert_eq!(
        fires(&text.replace("f32", "c64").replace("float32", "complex64")),
        0
    );
}

/// An identity in another corner of the equation, or none at all, makes it no inverse.
#[test]
fn what_is_almost_an_inverse_is_left_alone() {
    let text = fixture("0.10.2", "inverse_plain");
    let two_rows = text.replace("iota[dimension=1", "iota[dimension=0");
    assert!(
        two_rows != text && fires(&two_rows) == 0,
        "row = row is no identity"
    );
    let shifted = text.replacen("0:i32[]\n          ", "1:i32[]\n          ", 1);
    assert!(
        shifted != text && fires(&shifted) == 0,
        "row + 1 = column is no identity"
    );
}

/// The main jaxpr, one equation a line, without the bodies of calls.
fn main_jaxpr(release: &str, name: &str) -> String {
    let mut loaded =
        load("test", rewrite(&fixture(release, name), &options()).0.as_bytes()).expect("a jaxpr");
    let program = &mut loaded.units.first_mut().expect("one program").program;
    let eqns = &program.blocks[program.main()].eqns;
    eqns.iter().map(|&eqn| equation(program, eqn) + "\n").collect()
}

#[test]
fn what_is_written_for_one_matrix() {
    insta::assert_snapshot!(main_jaxpr("0.10.2", "inverse_plain"));
}

/// The guard decides about each matrix of a batch.
#[test]
fn what_is_written_for_a_batch() {
    insta::assert_snapshot!(main_jaxpr("0.4.30", "inverse_batch"));
}
