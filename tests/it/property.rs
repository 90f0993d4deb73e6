//! Properties over random programs and damaged texts. Every run is the same run: the seed is fixed, and printed
//! by proptest with the smallest failing case.

mod mutants;
mod programs;

use jaxpeep::ir;
use jaxpeep::print::{Naming, SkippedNames, print, renumber};
use jaxpeep::{lower, syntax};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::roundtrip::read_one;

const SEED: [u8; 32] = *b"the same cases in each run of it";

/// A runner whose cases never change.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    println!("seed {SEED:?}");
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &SEED))
}

#[test]
fn a_random_program_prints_and_reads_back() {
    runner(400)
        .run(&any::<u64>(), |seed| {
            let program = programs::random(seed);
            prop_assert_eq!(ir::validate(&program), []);
            let text = print(&program);
            let again = read_one(&text);
            prop_assert!(ir::equal(&program, &again), "seed {}\n{}", seed, text);
            prop_assert_eq!(print(&again), text);
            Ok(())
        })
        .expect("the property holds");
}

#[test]
fn renumbering_twice_is_renumbering_once() {
    let naming = Naming {
        bodies_reuse_names: true,
        repeats_keep_names: false,
        drop_top_outputs: true,
        skipped: SkippedNames::All,
    };
    runner(200)
        .run(&any::<u64>(), |seed| {
            let mut program = programs::random(seed);
            renumber(&mut program, naming);
            let once = print(&program);
            let mut again = read_one(&once);
            renumber(&mut again, naming);
            prop_assert_eq!(print(&again), once);
            Ok(())
        })
        .expect("the property holds");
}

#[test]
fn damaged_texts_are_read_without_panic_and_every_span_lies_in_the_text() {
    let originals = mutants::originals();
    runner(1_500)
        .run(&(0..originals.len(), any::<u64>()), |(index, seed)| {
            let text = mutants::damage(&originals[index], seed);
            let text = syntax::clean(&text);
            let (ast, errors) = syntax::parse(&text);
            for error in &errors {
                prop_assert!(lies_in(error.span, &text), "{:?} in\n{}", error, text);
            }
            let (programs, faults) = lower::lower(&text, &ast);
            for fault in &faults {
                prop_assert!(lies_in(fault.span, &text), "{:?} in\n{}", fault, text);
            }
            for program in &programs {
                prop_assert!(program.spans.iter().all(|&span| lies_in(span, &text)));
                // What could be read prints, whatever was wrong around it.
                let _ = print(program);
            }
            Ok(())
        })
        .expect("the property holds");
}

fn lies_in(span: jaxpeep::span::Span, text: &str) -> bool {
    span.start <= span.end && text.get(span.start as usize..span.end as usize).is_some()
}
