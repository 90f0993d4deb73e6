//! One number of an output, before, after and in truth.

use crate::interp::Real as _;
use crate::ir::DType;
use crate::verify::report::Verdict;
use crate::verify::ulps::{capped, error, precision, ulp};

/// One number of an output; a complex one is two.
#[derive(Clone, Copy)]
pub(in crate::verify) struct Element {
    pub(in crate::verify) dtype: DType,
    pub(in crate::verify) before: f64,
    pub(in crate::verify) after: f64,
    pub(in crate::verify) truth: f64,
}

impl Element {
    /// How far a number is from the truth, in units in the last place.
    pub(in crate::verify) fn error(&self, found: f64) -> f64 {
        if self.dtype.is_float() || self.dtype.is_complex() {
            let dtype = self.dtype.real_part();
            capped(dtype, error(dtype, self.truth, found))
        } else if found == self.truth {
            0.0
        } else {
            f64::INFINITY
        }
    }

    /// Whether the two numbers are so far apart that the errors of one may be worse than those of the other.
    pub(super) fn differs(&self) -> bool {
        /// Half of the least error that counts.
        const UNITS: f64 = 4.0;
        let part = self.dtype.real_part();
        let (before, after) = (self.before, self.after);
        if before == after || (before.is_nan() && after.is_nan()) {
            return false;
        }
        !(before.is_finite() && after.is_finite()) || (after - before).abs() > UNITS * ulp(part, before)
    }

    /// What the two errors say by themselves.
    pub(super) fn verdict(&self, tolerance: f64) -> Verdict {
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
    pub(super) fn is_close(&self, value: f64) -> bool {
        let part = self.dtype.real_part();
        error(part, value, self.after) <= (precision(part) / 2.0).exp2()
    }

    /// What the values nearby tend to, seen from two distances, in the same directions: a number if those that exist, a
    /// side's at least, agree in it, and zero if all are the smaller the nearer they are. A logarithm does neither.
    /// A new value about as small as those nearby is then as good, because nothing tells it from the limit.
    pub(super) fn limit(&self, near: &[f64], farther: &[f64]) -> Option<f64> {
        const A_SIDE: usize = 2;
        const SMALLER: f64 = 16.0;
        const AS_SMALL: f64 = 2.0;
        let part = self.dtype.real_part();
        let pairs = near.iter().zip(farther);
        let exist = pairs.filter(|(near, farther)| !near.is_nan() && !farther.is_nan());
        let pairs: Vec<(f64, f64)> = exist.map(|(&near, &farther)| (near, farther)).collect();
        if pairs.len() < A_SIDE {
            return None;
        }
        if pairs
            .iter()
            .all(|(near, farther)| SMALLER * near.abs() <= farther.abs())
        {
            let largest = pairs.iter().map(|(near, _)| near.abs()).fold(0.0, f64::max);
            let is_as_small = self.after.abs() <= AS_SMALL * largest;
            return Some(if is_as_small { self.after } else { 0.0 });
        }
        let half_the_digits = (precision(part) / 2.0).exp2();
        let first = pairs[0].0;
        let agrees = |value: f64| error(part, first, value.rounded(part)) <= half_the_digits;
        let all_agree = pairs
            .iter()
            .all(|&(near, farther)| agrees(near) && agrees(farther));
        (first.rounded(part).is_finite() && all_agree).then_some(first)
    }

    /// The element with the better of its two values in both places: they count as equally good.
    pub(super) fn excused(self) -> Self {
        Self {
            after: self.before,
            ..self
        }
    }

    /// Whether inputs that differ by their own rounding make the result as uncertain as this. `nearby` is the truth
    /// at such inputs.
    pub(super) fn is_excused(&self, nearby: &[f64], has_nan: bool, tolerance: f64) -> bool {
        if self.truth.is_nan() && self.after.is_infinite() {
            // One says as loudly as the other that there is no number.
            return true;
        }
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
            // A number that is neither NaN nor beyond a pole must also be the one that is found nearby.
            let is_that = |value: f64| class(value) != 2.0 || self.is_close(value);
            return nearby
                .iter()
                .any(|&value| class(value) == class(self.after) && is_that(value));
        }
        let moved = |value: &f64| (value - self.truth).abs();
        let uncertain = nearby.iter().map(moved).fold(0.0, f64::max);
        let unit = ulp(part, self.truth);
        (self.after - self.truth).abs() <= tolerance * (unit + 2.0 * uncertain)
    }
}

/// Values next to a pole are beyond this.
pub(super) const POLE: f64 = 1e6;

/// Whether an error is larger than another by more than rounding alone makes them differ.
pub(in crate::verify) fn exceeds(error: f64, other: f64, tolerance: f64) -> bool {
    const CHANCE: f64 = 16.0;
    error > tolerance + CHANCE * other
}
