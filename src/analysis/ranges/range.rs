//! What is known of the elements of one value: an interval, and what else they may or may not be.

use crate::ir::{DType, DTypeClass, Format, round_to};

/// What the elements of a value may be.
///
/// Every element is NaN, if that is possible, or lies between the ends. The finite numbers of a dtype have a largest,
/// so an end is infinite only where infinity itself may be reached. Without any possible number the ends are crossed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// No number is below.
    pub low: f64,
    /// No number is above.
    pub high: f64,
    /// Whether an element may be NaN.
    pub nan: bool,
    /// Whether an element may be zero, of either sign.
    pub zero: bool,
    /// Whether every finite element is an integer.
    pub integral: bool,
}

/// The least and the greatest integer of a dtype, as doubles.
pub fn integer_limits(dtype: DType) -> Option<(f64, f64)> {
    let bits = i32::try_from(dtype.bits()).ok()?;
    match dtype.class() {
        DTypeClass::Bool => Some((0.0, 1.0)),
        DTypeClass::Signed => Some((-2f64.powi(bits - 1), 2f64.powi(bits - 1) - 1.0)),
        DTypeClass::Unsigned => Some((0.0, 2f64.powi(bits) - 1.0)),
        _ => None,
    }
}

impl Range {
    /// Nothing is known.
    pub const ANYTHING: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        nan: true,
        zero: true,
        integral: false,
    };

    /// No number is possible, nor is NaN.
    pub const NOTHING: Self = Self {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        nan: false,
        zero: false,
        integral: true,
    };

    /// Only NaN.
    pub const ONLY_NAN: Self = Self {
        nan: true,
        ..Self::NOTHING
    };

    /// Numbers from `low` to `high`; an end that is NaN bounds nothing.
    pub fn between(low: f64, high: f64) -> Self {
        Self {
            low: if low.is_nan() { f64::NEG_INFINITY } else { low },
            high: if high.is_nan() { f64::INFINITY } else { high },
            zero: true,
            ..Self::NOTHING
        }
        .fractional()
        .tidy()
    }

    /// Integers from `low` to `high`.
    pub fn integers(low: f64, high: f64) -> Self {
        Self {
            integral: true,
            ..Self::between(low, high)
        }
    }

    /// One number, or NaN.
    pub fn exactly(value: f64) -> Self {
        if value.is_nan() {
            return Self::ONLY_NAN;
        }
        Self {
            integral: value.fract() == 0.0 || value.is_infinite(),
            ..Self::between(value, value)
        }
    }

    /// Every element of a dtype.
    pub fn of_dtype(dtype: DType) -> Self {
        integer_limits(dtype).map_or(Self::ANYTHING, |(low, high)| Self::integers(low, high))
    }

    /// Whether no number is possible; NaN may be.
    pub fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// Whether every element is a finite number.
    pub fn is_finite(self) -> bool {
        !self.nan && !self.may_be_infinite()
    }

    /// Whether an element may be infinite.
    pub fn may_be_infinite(self) -> bool {
        !self.is_empty() && (self.low == f64::NEG_INFINITY || self.high == f64::INFINITY)
    }

    /// Whether no element is zero or below it; one may be NaN.
    pub fn is_positive(self) -> bool {
        self.low >= 0.0 && !self.zero
    }

    /// Whether no element is below zero; one may be NaN.
    pub fn is_nonnegative(self) -> bool {
        self.low >= 0.0
    }

    /// The one number that every element is.
    pub fn constant(self) -> Option<f64> {
        (!self.nan && self.low == self.high).then_some(self.low)
    }

    /// Whether `value` is possible.
    pub fn contains(self, value: f64) -> bool {
        if value.is_nan() {
            return self.nan;
        }
        let integral = !self.integral || value.is_infinite() || value.fract() == 0.0;
        self.low <= value && value <= self.high && (self.zero || value != 0.0) && integral
    }

    /// The largest magnitude of a number.
    pub fn magnitude(self) -> f64 {
        if self.is_empty() {
            0.0
        } else {
            self.low.abs().max(self.high.abs())
        }
    }

    /// The smallest magnitude of a number; 0 where it is only known not to be 0.
    pub fn least_magnitude(self) -> f64 {
        if self.low > 0.0 {
            self.low
        } else if self.high < 0.0 {
            -self.high
        } else {
            0.0
        }
    }

    /// What is in either.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            nan: self.nan || other.nan,
            zero: self.zero || other.zero,
            integral: self.integral && other.integral,
        }
    }

    /// What is in both.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
            nan: self.nan && other.nan,
            zero: self.zero && other.zero,
            integral: self.integral || other.integral,
        }
        .tidy()
    }

    /// The same, and perhaps NaN if `nan`.
    #[must_use]
    pub fn or_nan(self, nan: bool) -> Self {
        Self {
            nan: self.nan || nan,
            ..self
        }
    }

    /// The same without zero.
    #[must_use]
    pub fn nonzero(self) -> Self {
        Self { zero: false, ..self }.tidy()
    }

    /// The same, of fractions.
    #[must_use]
    pub fn fractional(self) -> Self {
        Self {
            integral: false,
            ..self
        }
    }

    /// The numbers with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            low: -self.high,
            high: -self.low,
            ..self
        }
        .tidy()
    }

    /// Ends moved outward by `ulps` units in the last place, for results that are not rounded correctly.
    #[must_use]
    pub fn loosened(self, dtype: DType, ulps: f64) -> Self {
        let Some(format) = Format::arithmetic_of(dtype) else {
            return self;
        };
        let slack = |end: f64| {
            if end.is_finite() {
                end.abs() * format.epsilon * ulps
            } else {
                0.0
            }
        };
        Self {
            low: self.low - slack(self.low),
            high: self.high + slack(self.high),
            ..self
        }
        .tidy()
    }

    /// As [`loosened`](Self::loosened), but an end moves to zero at most: rounding changes no sign.
    #[must_use]
    pub fn loosened_to_zero(self, dtype: DType, ulps: f64) -> Self {
        let loose = self.loosened(dtype, ulps);
        let low = if self.low >= 0.0 {
            loose.low.max(0.0)
        } else {
            loose.low
        };
        let high = if self.high <= 0.0 {
            loose.high.min(0.0)
        } else {
            loose.high
        };
        Self { low, high, ..loose }
    }

    /// What becomes of the numbers in a dtype: rounded, overflown and flushed, or wrapped.
    #[must_use]
    pub fn rounded(self, dtype: DType) -> Self {
        if self.is_empty() {
            return self;
        }
        if let Some((least, greatest)) = integer_limits(dtype) {
            // Beyond 2^53 the ends are not exact.
            let exact = self.low.abs().max(self.high.abs()) < 2f64.powi(53);
            let inside = self.low >= least && self.high <= greatest && (exact || dtype.bits() < 64);
            return if inside && !self.nan {
                Self {
                    integral: true,
                    ..self
                }
            } else {
                Self::of_dtype(dtype)
            };
        }
        let Some(format) = Format::arithmetic_of(dtype) else {
            return Self::of_dtype(dtype);
        };
        let (low, high) = (round_to(self.low, dtype), round_to(self.high, dtype));
        let tiny = |end: f64| end != 0.0 && end.abs() < format.least;
        let flushed = |end: f64, toward_zero: bool| if toward_zero && tiny(end) { 0.0 } else { end };
        Self {
            low: flushed(low, low > 0.0),
            high: flushed(high, high < 0.0),
            zero: self.zero || tiny(low) || tiny(high) || low == 0.0 && self.low != 0.0,
            ..self
        }
        .tidy()
    }

    /// What covers this range and `next`, with ends among few numbers, so that a loop is soon settled.
    #[must_use]
    pub fn widened(self, next: Self, dtype: Option<DType>) -> Self {
        let all = dtype.map_or(Self::ANYTHING, Self::of_dtype);
        let largest = dtype
            .and_then(Format::arithmetic_of)
            .map_or(f64::MAX, |format| format.largest);
        let stops = [0.0, 1.0, largest];
        let joined = self.join(next);
        let up = |end: f64, all: f64| stops.into_iter().find(|&stop| end <= stop).unwrap_or(all);
        Self {
            low: if next.low < self.low {
                -up(-next.low, -all.low)
            } else {
                joined.low
            },
            high: if next.high > self.high {
                up(next.high, all.high)
            } else {
                joined.high
            },
            ..joined
        }
        .tidy()
    }

    /// Zero is possible only between the ends.
    #[must_use]
    fn tidy(self) -> Self {
        if self.is_empty() {
            return Self {
                nan: self.nan,
                ..Self::NOTHING
            };
        }
        let zero = self.zero && self.low <= 0.0 && self.high >= 0.0;
        if !zero && self.low == 0.0 && self.high == 0.0 {
            return Self {
                nan: self.nan,
                ..Self::NOTHING
            };
        }
        // An end has no sign of its own at zero.
        Self {
            low: self.low + 0.0,
            high: self.high + 0.0,
            zero,
            ..self
        }
    }
}
