//! The comparison of two programs with the truth, element by element.

mod nearby;

use std::cell::OnceCell;

use rayon::prelude::*;

use super::points::Point;
use super::report::{Report, Verdict};
use super::ulps::{capped, error, precision, ulp};
use crate::interp::{Data, EvalError, Inputs, Options, Real, Tensor, evaluate};
use crate::ir::{DType, Program};
use crate::oracle::{Budget, DoubleDouble, Doubt, Rung, truth, truth_behind_zeros};

use nearby::{has, truths_nearby};

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
    /// The truth where zeros annihilate, once somebody asks.
    behind_zeros: OnceCell<Vec<Tensor<DoubleDouble>>>,
}

/// What is worked out at most once.
fn kept<T>(cell: &OnceCell<T>, find: impl FnOnce() -> Result<T, EvalError>) -> Result<&T, EvalError> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = find()?;
    Ok(cell.get_or_init(|| found))
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
            behind_zeros: OnceCell::new(),
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

    /// The verdict on the element at a place of an output, before others of its stratum are looked at, and the element
    /// as it then counts: with the truth that was found where the program as written has none.
    pub(super) fn verdict(
        &self,
        output: usize,
        place: usize,
        element: Element,
    ) -> Result<(Verdict, Element), EvalError> {
        let tolerance = self.settings.tolerance;
        let verdict = element.verdict(tolerance);
        if verdict != Verdict::Regressed {
            return Ok((verdict, element));
        }
        if self.cancelled && (element.truth == 0.0 || !element.truth.is_finite()) {
            return Ok((Verdict::Equal, element.excused()));
        }
        let has_nan_input = has(self.inputs, Real::is_nan);
        let may_have_limit = !has_nan_input
            && !has(self.inputs, |number| number.is_infinite())
            && !solves_systems(self.original);
        let nearby = kept(&self.nearby, || {
            truths_nearby(self.original, self.inputs, self.settings.budget)
        })?;
        let values: Vec<f64> = nearby
            .iter()
            .map(|outputs| parts(&outputs[output])[place])
            .collect();
        if element.truth.is_nan() {
            if let Some(limit) = element.limit(&values).filter(|_| may_have_limit) {
                let known = Element {
                    truth: limit,
                    ..element
                };
                return Ok(if known.is_close(limit) {
                    (Verdict::Improved, known)
                } else {
                    (verdict, known)
                });
            }
            let behind = kept(&self.behind_zeros, || {
                let found = truth_behind_zeros(self.original, self.inputs, self.settings.budget)?;
                Ok(found.outputs)
            })?;
            let known = Element {
                truth: parts(&behind[output])[place],
                ..element
            };
            if known.is_close(known.truth) {
                // A NaN that came in and is masked may as well be seen.
                let better = if has_nan_input {
                    Verdict::Equal
                } else {
                    Verdict::Improved
                };
                return Ok((better, known));
            }
        }
        // A system with a singular matrix has no solution, whichever infinity its elimination ends in.
        let is_unsolvable = element.truth.is_infinite()
            && values.iter().any(|value| value.abs() > POLE)
            && solves_systems(self.original);
        Ok(
            if is_unsolvable || element.is_excused(&values, has_nan_input, tolerance) {
                (Verdict::Equal, element.excused())
            } else {
                (verdict, element)
            },
        )
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

    /// What the values nearby tend to, if those that exist, a side's at least, agree and are finite.
    fn limit(&self, nearby: &[f64]) -> Option<f64> {
        const A_SIDE: usize = 2;
        let part = self.dtype.real_part();
        let mut values = nearby.iter().copied().filter(|value| !value.is_nan());
        let first = values.next().filter(|_| values.clone().count() + 1 >= A_SIDE)?;
        let half_the_digits = (precision(part) / 2.0).exp2();
        let agrees = |value: f64| error(part, first, value.rounded(part)) <= half_the_digits;
        (first.rounded(part).is_finite() && values.all(agrees)).then_some(first)
    }

    /// The element with the better of its two values in both places: they count as equally good.
    fn excused(self) -> Self {
        Self {
            after: self.before,
            ..self
        }
    }

    /// Whether inputs that differ by their own rounding make the result as uncertain as this. `nearby` is the truth
    /// at such inputs.
    fn is_excused(&self, nearby: &[f64], has_nan: bool, tolerance: f64) -> bool {
        if self.truth.is_nan() && !has_nan {
            // The values around have no limit, or large numbers stand in the place of infinities: any number will do.
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

/// Values next to a pole are beyond this.
const POLE: f64 = 1e6;

fn solves_systems(program: &Program) -> bool {
    let mut equations = program.blocks.iter().flat_map(|(_, block)| &block.eqns);
    equations.any(|&eqn| {
        matches!(
            program.primitive(eqn),
            "lu" | "triangular_solve" | "custom_linear_solve"
        )
    })
}

/// Whether an error is larger than another by more than rounding alone makes them differ.
pub(super) fn exceeds(error: f64, other: f64, tolerance: f64) -> bool {
    const CHANCE: f64 = 16.0;
    error > tolerance + CHANCE * other
}

/// The numbers of an array, two for a complex one; integers as doubles.
pub(super) fn parts<R: Real>(tensor: &Tensor<R>) -> Vec<f64> {
    match tensor.data() {
        Data::Float(items) => items.iter().map(Real::to_f64).collect(),
        Data::Complex(items) => items.iter().flat_map(|item| [item.re, item.im]).collect(),
        Data::Bool(items) => items.iter().map(|&item| f64::from(u8::from(item))).collect(),
        Data::Int(items) => items.iter().map(|&item| f64::from_integer(item.into())).collect(),
        Data::Key(items) => items.iter().flatten().map(|&word| f64::from(word)).collect(),
        Data::Reference(_) => Vec::new(),
    }
}
