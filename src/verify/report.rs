//! What a comparison found: an output's counts, errors and verdict over all points.

use std::collections::BTreeMap;

use super::judge::{Compared, Element, VerifyError, exceeds};
use super::points::Point;
use super::strata::Stratum;
use super::ulps::accuracy;
use crate::interp::{EvalError, Real as _};
use crate::ir::DType;
use crate::oracle::Rung;

/// What one comparison gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// No error changed much.
    Equal,
    /// Some errors shrank, none grew.
    Improved,
    /// Some errors grew.
    Regressed,
}

/// The comparison at all points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// One an output.
    pub outputs: Vec<OutputReport>,
    /// Elements that regressed, the worst of each point and output.
    pub failures: Vec<Failure>,
    /// Points that were compared.
    pub decided: usize,
    /// Points whose truth hangs on numbers that no precision tells apart, or takes too long to find.
    pub undecided: usize,
    /// Points at which the original cannot be evaluated, each with the reason.
    pub skipped: Vec<VerifyError>,
    /// For each point whose truth is known in all outputs, the largest errors.
    pub errors: Vec<PointErrors>,
    /// The largest error before, by stratum and output.
    largest: BTreeMap<(Option<Stratum>, usize), f64>,
}

impl Report {
    /// Regressed if any output is, else improved if any is.
    pub(crate) fn verdict(&self) -> Verdict {
        let verdicts = self.outputs.iter().map(|output| output.verdict);
        verdicts.max().unwrap_or(Verdict::Equal)
    }
}

/// The largest errors at one point.
#[derive(Clone, Debug)]
pub(crate) struct PointErrors {
    /// The point's label.
    pub point: String,
    /// Of each output.
    pub outputs: Vec<Errors>,
}

/// The largest errors of one output, in units in the last place; infinite where the class is wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    /// Of the original.
    pub before: f64,
    /// Of the rewritten program.
    pub after: f64,
}

impl PointErrors {
    /// The largest error of the original in any output.
    pub(crate) fn before(&self) -> f64 {
        self.outputs
            .iter()
            .map(|errors| errors.before)
            .fold(0.0, f64::max)
    }

    /// The largest error of the rewritten program in any output.
    pub(crate) fn after(&self) -> f64 {
        self.outputs.iter().map(|errors| errors.after).fold(0.0, f64::max)
    }
}

/// The comparison of one output at all points.
#[derive(Clone, Debug)]
pub(crate) struct OutputReport {
    /// Element type.
    pub dtype: DType,
    /// The worst of all elements.
    pub verdict: Verdict,
    /// Elements compared.
    pub elements: usize,
    /// Those of them whose true value is known; where it is not, the two programs agree.
    pub known: usize,
    /// Elements that were NaN or infinite in the original.
    pub nonfinite_before: usize,
    /// Elements that are NaN or infinite in the rewritten program.
    pub nonfinite_after: usize,
    /// Elements that truly are NaN or infinite in the dtype.
    pub nonfinite_truth: usize,
    /// The largest finite error of the original, in units in the last place.
    pub max_ulps_before: f64,
    /// The largest finite error of the rewritten program.
    pub max_ulps_after: f64,
    /// Correct bits of the original, on average.
    pub bits_before: f64,
    /// Correct bits of the rewritten program, on average.
    pub bits_after: f64,
    /// The lowest rung on which the budget ended for a point; `None` where all truths are exact.
    pub oracle: Option<Rung>,
}

/// An element that regressed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The point's label.
    pub point: String,
    /// The output.
    pub output: usize,
    /// The element, in row-major order.
    pub element: usize,
    /// What the original computes there.
    pub before: f64,
    /// What the rewritten program computes there.
    pub after: f64,
    /// The true value.
    pub truth: f64,
    stratum: Option<Stratum>,
    /// Of what is computed now, in units in the last place.
    error: f64,
}

impl Report {
    /// Adds all elements of one point.
    pub(super) fn add(&mut self, point: &Point, compared: &Compared<'_>) -> Result<(), EvalError> {
        if compared.is_open() {
            self.undecided += 1;
            return Ok(());
        }
        let mut outputs = Vec::with_capacity(compared.outputs());
        for index in 0..compared.outputs() {
            let mut worst: Option<(f64, Failure)> = None;
            let mut largest = Errors::default();
            for (place, element) in compared.output(index).enumerate() {
                let (verdict, element) = compared.verdict(index, place, element)?;
                let (before, after) = self.count(index, &element, verdict, compared);
                let of_stratum = self.largest.entry((point.magnitudes(), index)).or_default();
                if before.is_finite() {
                    *of_stratum = of_stratum.max(before);
                }
                largest.before = largest.before.max(before);
                largest.after = largest.after.max(after);
                let is_worst = worst.as_ref().is_none_or(|(error, _)| after > *error);
                if verdict == Verdict::Regressed && is_worst {
                    worst = Some((after, failure(point, index, place, &element, after)));
                }
            }
            self.failures.extend(worst.map(|(_, failure)| failure));
            outputs.push(largest);
        }
        self.decided += 1;
        if (0..compared.outputs()).all(|index| compared.is_known(index)) {
            self.errors.push(PointErrors {
                point: point.label.clone(),
                outputs,
            });
        }
        Ok(())
    }

    /// Counts an element; its errors before and after.
    fn count(
        &mut self,
        index: usize,
        element: &Element,
        verdict: Verdict,
        compared: &Compared<'_>,
    ) -> (f64, f64) {
        while self.outputs.len() <= index {
            self.outputs.push(OutputReport::new(element.dtype));
        }
        let output = &mut self.outputs[index];
        let part = element.dtype.real_part();
        let (before, after) = (element.error(element.before), element.error(element.after));
        output.elements += 1;
        if verdict == Verdict::Improved {
            output.verdict = verdict;
        }
        output.nonfinite_before += usize::from(!element.before.is_finite());
        output.nonfinite_after += usize::from(!element.after.is_finite());
        if !compared.is_known(index) {
            return (before, after);
        }
        output.known += 1;
        output.nonfinite_truth += usize::from(!element.truth.rounded(part).is_finite());
        let finite = |error: f64| if error.is_finite() { error } else { 0.0 };
        output.max_ulps_before = output.max_ulps_before.max(finite(before));
        output.max_ulps_after = output.max_ulps_after.max(finite(after));
        output.bits_before += accuracy(part, before);
        output.bits_after += accuracy(part, after);
        output.oracle = lower(output.oracle, compared.rung());
        (before, after)
    }

    /// The reports of two sets of points as one.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.failures.extend(other.failures);
        self.errors.extend(other.errors);
        self.decided += other.decided;
        self.undecided += other.undecided;
        self.skipped.extend(other.skipped);
        for (stratum, error) in other.largest {
            let known = self.largest.entry(stratum).or_default();
            *known = known.max(error);
        }
        if self.outputs.is_empty() {
            self.outputs = other.outputs;
        } else {
            let pairs = self.outputs.iter_mut().zip(&other.outputs);
            pairs.for_each(|(known, output)| known.add(output));
        }
        self
    }

    /// Decides what regressed and turns sums into means.
    ///
    /// One error may be larger by chance where errors of that size are common, so an element with the right class
    /// regresses only if its error exceeds all that the original makes in the stratum.
    pub(super) fn finish(&mut self, tolerance: f64) {
        let largest = |failure: &Failure| {
            let key = (failure.stratum, failure.output);
            self.largest.get(&key).copied().unwrap_or_default()
        };
        self.failures
            .retain(|failure| exceeds(failure.error, largest(failure), tolerance));
        for failure in &self.failures {
            self.outputs[failure.output].verdict = Verdict::Regressed;
        }
        for output in &mut self.outputs {
            let count = f64::from_integer(output.known.max(1) as i128);
            output.bits_before /= count;
            output.bits_after /= count;
        }
    }
}

impl OutputReport {
    fn add(&mut self, other: &Self) {
        self.verdict = self.verdict.max(other.verdict);
        self.elements += other.elements;
        self.known += other.known;
        self.nonfinite_before += other.nonfinite_before;
        self.nonfinite_after += other.nonfinite_after;
        self.nonfinite_truth += other.nonfinite_truth;
        self.max_ulps_before = self.max_ulps_before.max(other.max_ulps_before);
        self.max_ulps_after = self.max_ulps_after.max(other.max_ulps_after);
        self.bits_before += other.bits_before;
        self.bits_after += other.bits_after;
        self.oracle = lower(self.oracle, other.oracle);
    }

    fn new(dtype: DType) -> Self {
        Self {
            dtype,
            verdict: Verdict::Equal,
            elements: 0,
            known: 0,
            nonfinite_before: 0,
            nonfinite_after: 0,
            nonfinite_truth: 0,
            max_ulps_before: 0.0,
            max_ulps_after: 0.0,
            bits_before: 0.0,
            bits_after: 0.0,
            oracle: None,
        }
    }
}

/// The lower of two rungs on which budgets ended.
fn lower(a: Option<Rung>, b: Option<Rung>) -> Option<Rung> {
    a.into_iter().chain(b).min()
}

fn failure(point: &Point, output: usize, element: usize, numbers: &Element, error: f64) -> Failure {
    Failure {
        point: point.label.clone(),
        output,
        element,
        before: numbers.before,
        after: numbers.after,
        truth: numbers.truth,
        stratum: point.magnitudes(),
        error,
    }
}
