//! The comparison of two programs with the truth, element by element.

mod compared;
mod element;
mod nearby;

use rayon::prelude::*;

use super::cones::Cones;
use super::points::Point;
use super::report::Report;
use crate::interp::{Data, EvalError, Inputs, Key, Options, Real, Tensor, evaluate};
use crate::ir::Program;
use crate::oracle::Budget;
use crate::schema;

pub(super) use compared::Compared;
pub(super) use element::{Element, exceeds};

/// How strictly programs are compared.
#[derive(Clone, Copy, Debug)]
pub struct Strictness {
    /// By how many units in the last place an error may grow.
    pub tolerance: f64,
    /// How much work the truth of one point may take.
    pub budget: Budget,
    /// Whether errors are wanted also where the two programs agree and nothing can be worse.
    pub statistics: bool,
}

impl Strictness {
    /// Where nothing else is asked for.
    pub const DEFAULT: Self = Self {
        tolerance: 8.0,
        budget: Budget {
            work: 100_000_000,
            most_bits: 4096,
            iterations: MOST_ITERATIONS,
        },
        statistics: true,
    };

    /// For a verdict and nothing more.
    pub const BRIEF: Self = Self {
        statistics: false,
        ..Self::DEFAULT
    };
}

impl Default for Strictness {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Compares two programs of the same inputs and outputs at the given points.
///
/// A drawn point at which the original cannot be evaluated, because a loop does not end there, is skipped and counted.
pub(crate) fn verify(
    original: &Program,
    rewritten: &Program,
    points: &[Point],
    strictness: &Strictness,
    advance: impl Fn() + Sync,
) -> Result<Report, VerifyError> {
    let pair = Pair {
        original,
        rewritten,
        cones: Cones::new(original),
        solves_systems: solves_systems(original),
    };
    let compare = |point: &Point| {
        let report = at(point, &pair, strictness);
        advance();
        report
    };
    let reports: Vec<Report> = points.par_iter().map(compare).collect::<Result<_, _>>()?;
    let mut report = reports.into_iter().fold(Report::default(), Report::and);
    if let Some(skipped) = report
        .skipped
        .first()
        .filter(|_| report.skipped.len() == points.len())
    {
        return Err(skipped.clone());
    }
    report.finish(strictness.tolerance);
    Ok(report)
}

fn solves_systems(program: &Program) -> bool {
    let mut equations = program.blocks.iter().flat_map(|(_, block)| &block.eqns);
    equations.any(|&eqn| schema::solves_systems(program.primitive(eqn)))
}

/// The two programs.
pub(super) struct Pair<'p> {
    original: &'p Program,
    rewritten: &'p Program,
    cones: Cones<'p>,
    /// Whether the original has a system of equations to solve, which may have no solution.
    solves_systems: bool,
}

impl Pair<'_> {
    /// What both compute, if they do.
    fn outputs(&self, inputs: &Inputs) -> Option<(Vec<Tensor>, Vec<Tensor>)> {
        let before = evaluate(self.original, inputs, options(true)).ok()?;
        Some((before, evaluate(self.rewritten, inputs, options(true)).ok()?))
    }
}

/// The comparison at one point.
fn at(point: &Point, pair: &Pair<'_>, strictness: &Strictness) -> Result<Report, VerifyError> {
    let wrong = |error, in_rewritten| VerifyError {
        error: Box::new(error),
        point: point.label.clone(),
        in_rewritten,
    };
    let mut report = Report::default();
    let before = match evaluate(pair.original, &point.inputs, options(point.stratum.is_some())) {
        Ok(outputs) => outputs,
        Err(error @ EvalError::Equation { .. }) if point.stratum.is_some() => {
            report.skipped.push(wrong(error, false));
            return Ok(report);
        }
        Err(error) => return Err(wrong(error, false)),
    };
    let after = evaluate(pair.rewritten, &point.inputs, options(point.stratum.is_some()))
        .map_err(|error| wrong(error, true))?;
    let compared = Compared::new(pair, &point.inputs, strictness, before, after);
    let added = report.add(point, &compared);
    added.map(|()| report).map_err(|error| wrong(error, false))
}

/// A program that cannot be evaluated at a point.
#[derive(Clone, Debug, thiserror::Error)]
#[error("at `{point}`: {error}")]
pub(crate) struct VerifyError {
    /// Why not.
    pub error: Box<EvalError>,
    /// The point's label.
    pub point: String,
    /// Whether it is the rewritten program.
    pub in_rewritten: bool,
}

/// A loop that an input never ends would end the verification with it.
const MOST_ITERATIONS: u64 = 20_000;

/// A `scan` takes as many steps at every point, so that more of them are worth waiting for.
const MOST_STEPS: u64 = 10_000_000;

/// Programs run as JAX runs them, and XLA's CPU makes zeros of subnormal numbers. Inputs that were drawn may keep a
/// loop running for ever; those of a user do what they are for.
fn options(is_drawn: bool) -> Options {
    Options {
        flush_subnormals: true,
        threefry_partitionable: None,
        most_iterations: Some(if is_drawn { MOST_ITERATIONS } else { 1_000_000 }),
        most_steps: Some(MOST_STEPS),
    }
}

/// The numbers of an array, two for a complex one; integers as doubles.
pub(super) fn parts<R: Real>(tensor: &Tensor<R>) -> Vec<f64> {
    match tensor.data() {
        Data::Float(items) => items.iter().map(Real::to_f64).collect(),
        Data::Complex(items) => items.iter().flat_map(|item| [item.re, item.im]).collect(),
        Data::Bool(items) => items.iter().map(|&item| f64::from(u8::from(item))).collect(),
        Data::Int(items) => items.iter().map(|&item| f64::from_integer(item.into())).collect(),
        Data::Key(items) => {
            let words = items.iter().flat_map(Key::words);
            words.map(|&word| f64::from(word)).collect()
        }
        Data::Reference(_) => Vec::new(),
    }
}
