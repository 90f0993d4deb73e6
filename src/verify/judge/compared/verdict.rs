//! What speaks for a new number that is further from the truth than the old one.

use std::cell::OnceCell;

use super::{Around, Compared};
use crate::interp::{EvalError, Inputs, Real};
use crate::oracle::truth_behind_zeros;
use crate::verify::judge::element::{Element, POLE};
use crate::verify::judge::nearby::{has, truths_nearby};
use crate::verify::judge::parts;
use crate::verify::report::Verdict;

/// A verdict, and the element as it then counts: with the truth that was found where the program as written has none.
type Judged = (Verdict, Element);

/// Whether the inputs hold numbers around which the truth is not to be looked for.
#[derive(Clone, Copy)]
pub(super) struct Specials {
    nan: bool,
    infinite: bool,
}

impl Specials {
    fn of(inputs: &Inputs) -> Self {
        Self {
            nan: has(inputs, Real::is_nan),
            infinite: has(inputs, |number| number.is_infinite()),
        }
    }
}

/// An element that seems to be worse, and where it stands.
#[derive(Clone, Copy)]
struct Regression {
    output: usize,
    place: usize,
    element: Element,
}

impl Regression {
    /// The verdict that it is none.
    fn excused(&self) -> Judged {
        (Verdict::Equal, self.element.excused())
    }

    /// The element with another truth.
    fn with_truth(&self, truth: f64) -> Element {
        Element {
            truth,
            ..self.element
        }
    }
}

/// What is worked out at most once.
fn kept<T>(cell: &OnceCell<T>, find: impl FnOnce() -> Result<T, EvalError>) -> Result<&T, EvalError> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = find()?;
    Ok(cell.get_or_init(|| found))
}

impl Compared<'_> {
    /// The verdict on the element at a place of an output, before others of its stratum are looked at.
    pub(in crate::verify) fn verdict(
        &self,
        output: usize,
        place: usize,
        element: Element,
    ) -> Result<Judged, EvalError> {
        let verdict = element.verdict(self.strictness.tolerance);
        if verdict != Verdict::Regressed {
            return Ok((verdict, element));
        }
        let found = Regression {
            output,
            place,
            element,
        };
        // In this order because each of them costs more than the ones before.
        self.excused_by_cancellation(&found)
            .or_else(|| self.excused_by_ends_of_range(&found))
            .map(Ok)
            .or_else(|| self.judged_by_limit(&found).transpose())
            .or_else(|| self.judged_behind_zeros(&found).transpose())
            .or_else(|| self.excused_by_uncertainty(&found).transpose())
            .unwrap_or(Ok((verdict, element)))
    }

    /// Zeros and infinities that may be numbers too small to tell say nothing.
    fn excused_by_cancellation(&self, found: &Regression) -> Option<Judged> {
        let truth = found.element.truth;
        (self.cancelled && (truth == 0.0 || !truth.is_finite())).then(|| found.excused())
    }

    /// What is no worse at inputs that are not at the ends of the range is no worse.
    fn excused_by_ends_of_range(&self, found: &Regression) -> Option<Judged> {
        if !found.element.truth.is_finite() {
            return None;
        }
        let verdicts = self.inside()?;
        (verdicts[found.output][found.place] != Verdict::Regressed).then(|| found.excused())
    }

    /// Where the program as written gives NaN and the values nearby have a limit, that is the truth.
    fn judged_by_limit(&self, found: &Regression) -> Result<Option<Judged>, EvalError> {
        let specials = self.specials();
        let may_have_limit = !specials.nan && !specials.infinite && !self.pair.solves_systems;
        if !found.element.truth.is_nan() || !may_have_limit {
            return Ok(None);
        }
        let (near, farther) = (
            self.values(found, self.nearby()?),
            self.values(found, self.farther()?),
        );
        let limit = found.element.limit(&near, &farther);
        Ok(limit.map(|limit| {
            let known = found.with_truth(limit);
            let verdict = if known.is_close(limit) {
                Verdict::Improved
            } else {
                Verdict::Regressed
            };
            (verdict, known)
        }))
    }

    /// Where the program as written gives NaN, it may be one that a zero hides.
    fn judged_behind_zeros(&self, found: &Regression) -> Result<Option<Judged>, EvalError> {
        if !found.element.truth.is_nan() {
            return Ok(None);
        }
        let behind = kept(&self.behind_zeros, || {
            let truth = truth_behind_zeros(&self.cone, self.inputs, self.strictness.budget)?;
            Ok(truth.outputs.iter().map(parts).collect())
        })?;
        let known = found.with_truth(behind[self.places[found.output]][found.place]);
        if !known.is_close(known.truth) {
            return Ok(None);
        }
        // A NaN that came in and is masked may as well be seen.
        let better = if self.specials().nan {
            Verdict::Equal
        } else {
            Verdict::Improved
        };
        Ok(Some((better, known)))
    }

    /// What inputs that differ by their own rounding make as uncertain is no worse. Neither is any answer to a system
    /// with a singular matrix: it has no solution, whichever elements of it are infinite.
    fn excused_by_uncertainty(&self, found: &Regression) -> Result<Option<Judged>, EvalError> {
        let values = self.values(found, self.nearby()?);
        let tolerance = self.strictness.tolerance;
        let is_excused = self.is_unsolvable(found.output)?
            || found.element.is_excused(&values, self.specials().nan, tolerance);
        Ok(is_excused.then(|| found.excused()))
    }

    /// Whether a system of equations without a solution is behind an output: parts of it are no numbers, and what is
    /// around them grows beyond all bounds.
    fn is_unsolvable(&self, output: usize) -> Result<bool, EvalError> {
        let in_cone = self.places[output];
        let is_far = |outputs: &Vec<Vec<f64>>| outputs[in_cone].iter().any(|value| value.abs() > POLE);
        Ok(self.pair.solves_systems
            && self.output(output).any(|element| !element.truth.is_finite())
            && (self.specials().infinite || self.nearby()?.iter().any(is_far)))
    }

    fn specials(&self) -> Specials {
        *self.specials.get_or_init(|| Specials::of(self.inputs))
    }

    /// The true values of the outputs that differ, at each of the inputs nearby.
    fn nearby(&self) -> Result<&Around, EvalError> {
        kept(&self.nearby, || self.around(1.0))
    }

    /// The same in the same directions, farther away.
    fn farther(&self) -> Result<&Around, EvalError> {
        const FARTHER: f64 = 1024.0;
        kept(&self.farther, || self.around(FARTHER))
    }

    fn around(&self, times: f64) -> Result<Around, EvalError> {
        let truths = truths_nearby(&self.cone, self.inputs, times, self.strictness.budget)?;
        let numbers = truths.iter().map(|outputs| outputs.iter().map(parts).collect());
        Ok(numbers.collect())
    }

    /// The true values of one element at each of the inputs around.
    fn values(&self, found: &Regression, around: &Around) -> Vec<f64> {
        let in_cone = self.places[found.output];
        around
            .iter()
            .map(|outputs| outputs[in_cone][found.place])
            .collect()
    }
}
