//! Inputs on which a program loses its digits, although all that it computes is finite.
//!
//! The program runs beside itself without rounding. A loss is told if less than half of the digits of a result are
//! right, and if moving the inputs by their own rounding would not have done the same: then the question was as bad.

use rustc_hash::FxHashMap;

use super::random::Random;
use super::samples::Sampler;
use super::suspects::Suspect;
use super::{Kind, Witness, shrink, table};
use crate::analysis::ranges::Format;
use crate::interp::{Inputs, Options};
use crate::ir::{EqnId, Program, Type};
use crate::trace::{Unrounded, unrounded};

/// Samples that are tried.
const SAMPLES: u64 = 6;
/// What running without rounding costs, in runs with it.
const COST: u64 = 4;
/// How many times what the rounding of inputs does a loss must be.
const BEYOND_CONDITION: f64 = 64.0;

/// Whether a kind is found here.
pub(super) fn finds(kind: Kind) -> bool {
    matches!(kind, Kind::Cancellation | Kind::Accumulation)
}

/// Adds simple inputs on which suspects lose their digits; `runs` is what the program may be run.
pub(super) fn witnesses(
    program: &Program,
    suspects: &[Suspect],
    sampler: &mut Sampler,
    runs: u64,
    found: &mut FxHashMap<(EqnId, Kind), Witness>,
) {
    if !suspects.iter().any(|suspect| finds(suspect.kind)) {
        return;
    }
    let samples = (runs / COST).min(SAMPLES);
    for round in 0..samples {
        let sample = sampler.near(round as usize);
        let Some(event) = worst_loss(program, &sample) else {
            continue;
        };
        let suspected = suspects
            .iter()
            .any(|suspect| (suspect.eqn, suspect.kind) == event);
        if !suspected || found.contains_key(&event) {
            continue;
        }
        let happens = |inputs: &Inputs| worst_loss(program, inputs) == Some(event);
        let simple = shrink::simplest(&happens, sampler, sample, samples);
        let text = shrink::text(program, &simple);
        found.insert(event, Witness { inputs: simple, text });
    }
}

/// The equation that loses most, if an output has less than half of its digits right.
fn worst_loss(program: &Program, inputs: &Inputs) -> Option<(EqnId, Kind)> {
    let run = run(program, inputs, &mut |number| number)?;
    let outputs = &program.blocks[program.main()].outputs;
    let formats = outputs
        .iter()
        .map(|&atom| program.atom_type(atom).and_then(Type::dtype).and_then(Format::of));
    let losing = formats
        .zip(&run.outputs)
        .enumerate()
        .find(|(index, (format, output))| {
            format.is_some_and(|format| {
                let error = largest(output.iter().map(|&(value, exact)| value - exact));
                let scale = largest(output.iter().map(|&(_, exact)| exact));
                scale.is_finite()
                    && scale >= format.least
                    && error > format.epsilon.sqrt() * scale
                    && error > BEYOND_CONDITION * moved(program, inputs, &run, *index, format.epsilon)
            })
        });
    let (_, (format, _)) = losing?;
    let least_bits = -format?.epsilon.log2() / 3.0;
    run.losses.iter().find_map(|loss| {
        let &output = program.outputs(loss.eqn).first()?;
        let dtype = program.type_of(output).dtype()?;
        let kind = table::loses(program.primitive(loss.eqn), dtype)?;
        (loss.bits >= least_bits).then_some((loss.eqn, kind))
    })
}

/// How far an output moves without any rounding, if inputs move by theirs.
fn moved(program: &Program, inputs: &Inputs, still: &Unrounded, output: usize, epsilon: f64) -> f64 {
    let mut random = Random::new(1);
    let mut nudge = |number: f64| number * (1.0 + epsilon * (random.unit() - 0.5));
    let distance = |nudged: Unrounded| {
        let pairs = nudged.outputs[output].iter().zip(&still.outputs[output]);
        largest(pairs.map(|(nudged, still)| nudged.1 - still.1))
    };
    let distances = [(); 2].map(|()| run(program, inputs, &mut nudge).map_or(f64::INFINITY, distance));
    distances[0].max(distances[1])
}

fn run(program: &Program, inputs: &Inputs, nudge: &mut dyn FnMut(f64) -> f64) -> Option<Unrounded> {
    let options = Options {
        flush_subnormals: true,
        most_iterations: Some(10_000),
        ..Options::default()
    };
    unrounded(program, inputs, options, nudge).ok()
}

/// The largest magnitude; NaN and infinities count as infinite.
fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |largest, number| {
        if number.is_finite() {
            number.abs().max(largest)
        } else {
            f64::INFINITY
        }
    })
}
