//! Inputs on which a program loses its digits, although nothing that it computes is infinite.
//!
//! The program runs beside itself without rounding. A loss is told if less than half of the digits of a result are
//! right, and if moving the inputs by their own rounding would not have done the same: then the question was as bad.

use rustc_hash::FxHashMap;

use super::cost::Cost;
use super::judge::Judge;
use super::random::Random;
use super::samples::Sampler;
use super::suspects::Suspect;
use super::{Kind, Witness, shrink, table};
use crate::interp::Inputs;
use crate::ir::{EqnId, Format, Program, Type};
use crate::trace::{losses, unrounded};

/// Samples that are tried.
const SAMPLES: u64 = 6;
/// What running without rounding costs, in runs with it.
const COST: u64 = 4;
/// Each element of each output, and what it would be without rounding.
type Outputs = Vec<Vec<(f64, f64)>>;

/// How many times what the rounding of inputs does a loss must be.
const BEYOND_CONDITION: f64 = 64.0;

/// Whether a kind is found here.
pub(super) fn finds(kind: Kind) -> bool {
    matches!(kind, Kind::Cancellation | Kind::Accumulation)
}

/// Looks for inputs on which digits are lost.
pub(super) struct Losses<'a, 'p> {
    judge: &'a Judge<'p>,
    cost: &'a Cost,
}

impl<'a, 'p> Losses<'a, 'p> {
    pub(super) fn new(judge: &'a Judge<'p>, cost: &'a Cost) -> Self {
        Self { judge, cost }
    }

    /// Adds simple inputs on which suspects lose their digits.
    pub(super) fn witnesses(
        &self,
        suspects: &[Suspect],
        sampler: &mut Sampler,
        found: &mut FxHashMap<(EqnId, Kind), Witness>,
    ) {
        if !suspects.iter().any(|suspect| finds(suspect.kind)) {
            return;
        }
        let samples = (self.cost.runs() / COST).min(SAMPLES);
        for round in 0..samples {
            let sample = sampler.near(round as usize);
            let Some(event) = self.event(&sample) else {
                continue;
            };
            let suspected = suspects
                .iter()
                .any(|suspect| (suspect.eqn, suspect.kind) == event);
            if !suspected || found.contains_key(&event) {
                continue;
            }
            let happens = |inputs: &Inputs| self.event(inputs) == Some(event);
            let simple = shrink::simplest(&happens, sampler, sample, samples);
            let text = shrink::text(self.judge.improved, &simple);
            found.insert(event, Witness { inputs: simple, text });
        }
    }

    /// The equation that loses most, if that spoils an output, and one of the program as it is in the file as well:
    /// what only the improved program loses is no mistake of the user's.
    fn event(&self, inputs: &Inputs) -> Option<(EqnId, Kind)> {
        let run = self.judge.price(inputs)?;
        self.cost.spend(run.saturating_mul(COST));
        let event = self.worst_loss(inputs)?;
        let lost = |original| self.losing(original, inputs).is_some();
        self.judge.original.is_none_or(lost).then_some(event)
    }

    /// The equation that loses most, if an output has less than half of its digits right.
    fn worst_loss(&self, inputs: &Inputs) -> Option<(EqnId, Kind)> {
        let program = self.judge.improved;
        let (outputs, format) = self.losing(program, inputs)?;
        // An infinity comes of a pole or an overflow, and NaN of a number that has lost its sign with its digits too.
        if outputs.iter().flatten().any(|(value, _)| value.is_infinite()) {
            return None;
        }
        let least_bits = -format.epsilon.log2() / 3.0;
        let losses = losses(program, inputs, self.judge.options()).ok()?;
        losses.iter().find_map(|loss| {
            let &output = program.outputs(loss.eqn).first()?;
            let dtype = program.type_of(output).dtype()?;
            let kind = table::loses(program.primitive(loss.eqn), dtype)?;
            (loss.bits >= least_bits).then_some((loss.eqn, kind))
        })
    }

    /// The outputs of a run in which one of them has less than half of its digits right, and its format.
    fn losing(&self, program: &Program, inputs: &Inputs) -> Option<(Outputs, &'static Format)> {
        let run = self.run(program, inputs, &mut |number| number)?;
        let outputs = &program.blocks[program.main()].outputs;
        let formats = outputs.iter().map(|&atom| {
            program
                .atom_type(atom)
                .and_then(Type::dtype)
                .and_then(Format::arithmetic_of)
        });
        let losing = formats
            .zip(&run)
            .enumerate()
            .find_map(|(index, (format, output))| {
                let format = format?;
                let error = largest(output.iter().map(|&(value, exact)| value - exact));
                let scale = largest(output.iter().map(|&(_, exact)| exact));
                let loses = scale.is_finite()
                    && scale >= format.least
                    && error > worth_telling(format) * scale
                    && error > BEYOND_CONDITION * self.moved(program, inputs, &run, index, format.epsilon);
                loses.then_some(format)
            });
        losing.map(|format| (run, format))
    }

    /// How far an output moves without any rounding, if inputs move by theirs.
    fn moved(&self, program: &Program, inputs: &Inputs, still: &Outputs, output: usize, epsilon: f64) -> f64 {
        let mut random = Random::new(1);
        let mut nudge = |number: f64| number * (1.0 + epsilon * (random.unit() - 0.5));
        let distance = |nudged: Outputs| {
            let pairs = nudged[output].iter().zip(&still[output]);
            largest(pairs.map(|(nudged, still)| nudged.1 - still.1))
        };
        let distances = [(); 2].map(|()| {
            self.run(program, inputs, &mut nudge)
                .map_or(f64::INFINITY, distance)
        });
        distances[0].max(distances[1])
    }

    fn run(&self, program: &Program, inputs: &Inputs, nudge: &mut dyn FnMut(f64) -> f64) -> Option<Outputs> {
        unrounded(program, inputs, self.judge.options(), nudge).ok()
    }
}

/// The relative error from which on a loss is told: half of the digits, with two bits to spare, because the same sums
/// in another order round otherwise. A tenth of the result is told in any dtype.
fn worth_telling(format: &Format) -> f64 {
    (4.0 * format.epsilon.sqrt()).min(0.1)
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
