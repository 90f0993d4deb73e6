//! The comparison of two programs with the truth, element by element.

use std::cell::OnceCell;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::points::Point;
use super::report::{Report, Verdict};
use super::strata::largest;
use super::ulps::{capped, error, least_normal, precision, ulp};
use crate::interp::{Data, EvalError, Inputs, Options, Real, Tensor, evaluate};
use crate::ir::{DType, Program};
use crate::oracle::{Budget, DoubleDouble, Doubt, Rung, truth};

/// How strictly programs are compared.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// By how many units in the last place an error may grow.
    pub tolerance: f64,
    /// How much work the truth of one point may take.
    pub budget: Budget,
}

impl Settings {
    /// Where nothing else is asked for.
    pub const DEFAULT: Self = Self {
        tolerance: 8.0,
        budget: Budget::DEFAULT,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Compares two programs of the same inputs and outputs at the given points.
pub fn verify(
    original: &Program,
    rewritten: &Program,
    points: &[Point],
    settings: &Settings,
    advance: impl Fn() + Sync,
) -> Result<Report, VerifyError> {
    let compare = |point: &Point| {
        let wrong = |error, in_rewritten| VerifyError {
            error: Box::new(error),
            point: point.label.clone(),
            in_rewritten,
        };
        let after = evaluate(rewritten, &point.inputs, OPTIONS).map_err(|error| wrong(error, true))?;
        let compared = Compared::new(original, after, &point.inputs, settings);
        let mut report = Report::default();
        let added = compared.and_then(|compared| report.add(point, &compared));
        advance();
        added.map(|()| report).map_err(|error| wrong(error, false))
    };
    let reports: Vec<Report> = points.par_iter().map(compare).collect::<Result<_, _>>()?;
    let mut report = reports.into_iter().fold(Report::default(), Report::and);
    report.finish(settings.tolerance);
    Ok(report)
}

/// A program that cannot be evaluated at a point.
#[derive(Clone, Debug, thiserror::Error)]
#[error("at `{point}`: {error}")]
pub struct VerifyError {
    /// Why not.
    pub error: Box<EvalError>,
    /// The point's label.
    pub point: String,
    /// Whether it is the rewritten program.
    pub in_rewritten: bool,
}

/// Programs run as JAX runs them, and XLA's CPU makes zeros of subnormal numbers.
const OPTIONS: Options = Options {
    flush_subnormals: true,
    threefry_partitionable: None,
    // A loop that an input never ends would end the verification with it.
    most_iterations: Some(1_000_000),
};

/// Both programs' outputs at one point, and the truth.
pub(super) struct Compared<'a> {
    original: &'a Program,
    inputs: &'a Inputs,
    settings: &'a Settings,
    before: Vec<Tensor>,
    after: Vec<Tensor>,
    truth: Vec<Tensor<DoubleDouble>>,
    rung: Option<Rung>,
    open: bool,
    /// Whether zeros and infinities among the true values may be numbers too small to tell.
    cancelled: bool,
    /// The truth at inputs nearby, once somebody asks.
    nearby: OnceCell<Vec<Vec<Tensor<DoubleDouble>>>>,
}

impl<'a> Compared<'a> {
    fn new(
        original: &'a Program,
        after: Vec<Tensor>,
        inputs: &'a Inputs,
        settings: &'a Settings,
    ) -> Result<Self, EvalError> {
        let true_values = truth(original, inputs, settings.budget)?;
        Ok(Self {
            original,
            inputs,
            settings,
            before: evaluate(original, inputs, OPTIONS)?,
            after,
            open: matches!(
                true_values.doubt,
                Some(Doubt::Disagreement | Doubt::Comparison | Doubt::Range)
            ),
            truth: true_values.outputs,
            nearby: OnceCell::new(),
            cancelled: true_values.doubt == Some(Doubt::Cancellation),
            rung: true_values
                .doubt
                .filter(|&doubt| doubt != Doubt::Cancellation)
                .map(|_| true_values.rung),
        })
    }

    /// Whether the truth is none that a program could be held to.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// The rung on which the budget ended, if it did.
    pub(super) fn rung(&self) -> Option<Rung> {
        self.rung
    }

    /// The number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.before.len()
    }

    /// The verdict on the element at a place of an output, before others of its stratum are looked at.
    pub(super) fn verdict(
        &self,
        output: usize,
        place: usize,
        element: &Element,
    ) -> Result<Verdict, EvalError> {
        let tolerance = self.settings.tolerance;
        let verdict = element.verdict(tolerance);
        if verdict != Verdict::Regressed {
            return Ok(verdict);
        }
        if self.cancelled && (element.truth == 0.0 || !element.truth.is_finite()) {
            return Ok(Verdict::Equal);
        }
        let nearby = match self.nearby.get() {
            Some(nearby) => nearby,
            None => {
                let found = truths_nearby(self)?;
                self.nearby.get_or_init(|| found)
            }
        };
        let values: Vec<f64> = nearby
            .iter()
            .map(|outputs| parts(&outputs[output])[place])
            .collect();
        Ok(if element.is_excused(&values, has_nan(self.inputs), tolerance) {
            Verdict::Equal
        } else {
            verdict
        })
    }

    /// The elements of one output.
    pub(super) fn output(&self, index: usize) -> impl Iterator<Item = Element> {
        let dtype = self.before[index].dtype;
        let [before, after] = [&self.before, &self.after].map(|side| parts(&side[index]));
        let truth = parts(&self.truth[index]);
        let pairs = before.into_iter().zip(after).zip(truth);
        pairs.map(move |((before, after), truth)| Element {
            dtype,
            before,
            after,
            truth,
        })
    }
}

/// One number of an output; a complex one is two.
#[derive(Clone, Copy)]
pub(super) struct Element {
    pub(super) dtype: DType,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) truth: f64,
}

impl Element {
    /// How far a number is from the truth, in units in the last place.
    pub(super) fn error(&self, found: f64) -> f64 {
        if self.dtype.is_float() || self.dtype.is_complex() {
            let dtype = self.dtype.real_part();
            capped(dtype, error(dtype, self.truth, found))
        } else if found == self.truth {
            0.0
        } else {
            f64::INFINITY
        }
    }

    /// What the two errors say by themselves.
    fn verdict(&self, tolerance: f64) -> Verdict {
        let (before, after) = (self.error(self.before), self.error(self.after));
        if exceeds(after, before, tolerance) {
            Verdict::Regressed
        } else if exceeds(before, after, tolerance) {
            Verdict::Improved
        } else {
            Verdict::Equal
        }
    }

    /// Whether the new value is another, to half the digits.
    fn is_close(&self, value: f64) -> bool {
        let part = self.dtype.real_part();
        error(part, value, self.after) <= (precision(part) / 2.0).exp2()
    }

    /// Whether inputs that differ by their own rounding make the result as uncertain as this. `nearby` is the truth
    /// at such inputs.
    fn is_excused(&self, nearby: &[f64], input_is_nan: bool, tolerance: f64) -> bool {
        /// Values next to a pole are beyond this.
        const POLE: f64 = 1e6;
        if self.truth.is_nan() && !input_is_nan {
            // The program has no value at this point alone: the new one may be the limit.
            return nearby.iter().any(|value| !value.is_nan());
        }
        if self.truth.is_nan() {
            // Nearby, numbers stand for the NaN of the input: the new value must be right for one of them.
            return nearby.iter().any(|&value| self.is_close(value));
        }
        let part = self.dtype.real_part();
        if !self.truth.is_finite() || !self.after.is_finite() {
            // On the two sides of a pole the signs differ.
            let class = |value: f64| match value.rounded(part) {
                value if value.is_nan() => 0.0,
                value if value.is_infinite() || (self.truth.is_infinite() && value.abs() > POLE) => {
                    value.signum()
                }
                _ => 2.0,
            };
            return nearby.iter().any(|&value| class(value) == class(self.after));
        }
        let moved = |value: &f64| (value - self.truth).abs();
        let uncertain = nearby.iter().map(moved).fold(0.0, f64::max);
        let unit = ulp(part, self.truth);
        (self.after - self.truth).abs() <= tolerance * (unit + 2.0 * uncertain)
    }
}

/// Whether an error is larger than another by more than rounding alone makes them differ.
pub(super) fn exceeds(error: f64, other: f64, tolerance: f64) -> bool {
    const CHANCE: f64 = 16.0;
    error > tolerance + CHANCE * other
}

/// The numbers of an array, two for a complex one; integers as doubles.
fn parts<R: Real>(tensor: &Tensor<R>) -> Vec<f64> {
    match tensor.data() {
        Data::Float(items) => items.iter().map(Real::to_f64).collect(),
        Data::Complex(items) => items.iter().flat_map(|item| [item.re, item.im]).collect(),
        Data::Bool(items) => items.iter().map(|&item| f64::from(u8::from(item))).collect(),
        Data::Int(items) => items.iter().map(|&item| f64::from_integer(item.into())).collect(),
        Data::Key(items) => items.iter().flatten().map(|&word| f64::from(word)).collect(),
        Data::Reference(_) => Vec::new(),
    }
}

/// The truth at inputs whose floats are moved by a few units in the last place, up or down.
fn truths_nearby(compared: &Compared<'_>) -> Result<Vec<Vec<Tensor<DoubleDouble>>>, EvalError> {
    const NEIGHBOURS: u64 = 6;
    let moved = |neighbour: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(neighbour);
        let steps = match neighbour {
            0 | 1 => UP,
            2 | 3 => DOWN,
            _ => BOTH,
        };
        let mut moved = |tensor: &Tensor| nudged(tensor, steps, &mut rng);
        let inputs = compared.inputs;
        let inputs = Inputs {
            consts: inputs.consts.iter().map(&mut moved).collect(),
            inner_consts: inputs
                .inner_consts
                .iter()
                .map(|consts| consts.iter().map(&mut moved).collect())
                .collect(),
            inputs: inputs.inputs.iter().map(&mut moved).collect(),
        };
        truth(compared.original, &inputs, compared.settings.budget).map(|truth| truth.outputs)
    };
    (0..NEIGHBOURS).map(moved).collect()
}

/// Steps in units in the last place; not all alike, or matrices that are singular would stay so. Zeros must move to
/// one side in some of the neighbours, where logarithms have values.
const UP: &[f64] = &[1.0, 2.0, 3.0];
const DOWN: &[f64] = &[-1.0, -2.0, -3.0];
const BOTH: &[f64] = &[-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];

fn has_nan(inputs: &Inputs) -> bool {
    let mut arrays = inputs
        .inputs
        .iter()
        .chain(&inputs.consts)
        .chain(inputs.inner_consts.iter().flatten());
    arrays.any(|array| parts(array).iter().any(Real::is_nan))
}

/// Each finite number moved a little, NaN replaced by an ordinary number; zero by a few of the least normal number, an infinity to a large number.
fn nudged(tensor: &Tensor, steps: &[f64], rng: &mut ChaCha8Rng) -> Tensor {
    /// Beyond what exponentials take, and small enough for the oracle to tell one from its logistic.
    const LARGE: f64 = 700.0;
    let Data::Float(items) = tensor.data() else {
        return tensor.clone();
    };
    let nudge = |&item: &f64| {
        let step = steps[rng.random_range(0..steps.len())];
        let moved = match item {
            0.0 => step * least_normal(tensor.dtype),
            item if item.is_nan() => step,
            item if item.is_infinite() => return LARGE.min(largest(tensor.dtype)).copysign(item),
            item => item + step * ulp(tensor.dtype, item),
        };
        if moved.rounded(tensor.dtype).is_finite() {
            moved
        } else {
            item
        }
    };
    Tensor::from_floats(tensor.dtype, &tensor.shape, items.iter().map(nudge))
}
