//! Numbers of any precision with exponents of 127 bits: the upper rungs.
//!
//! The significands are astro-float's; exponents of 32 bits would overflow where exp is applied to a large number
//! and undone afterwards.

mod bessel;
mod elementary;
mod error_function;
mod functions;
mod gamma;
mod incomplete_beta;
mod incomplete_gamma;
mod operators;
mod rounding;
mod series;
mod zeta;

use std::cmp::Ordering;

use astro_float_num::{BigFloat, Exponent, RoundingMode, Sign};

use super::{DoubleDouble, Wide, context};
use crate::interp::{Function, Pair, Real, Triple};
use operators::sum;

const NEAREST: RoundingMode = RoundingMode::ToEven;

/// Exponents beyond this are out of range. Sums of two exponents within it do not overflow.
const GREATEST_EXPONENT: i128 = 1 << 125;

/// A real number, an infinity or NaN.
#[derive(Clone, Debug)]
pub(super) struct Big(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// A zero, an infinity or NaN.
    Special(f64),
    /// significand · 2^exponent, with a significand from 1/2 up to 1 that knows whether it is exact.
    Finite { significand: BigFloat, exponent: i128 },
}

impl Big {
    fn special(value: f64) -> Self {
        Self(Kind::Special(value))
    }

    /// Takes the exponent out of a number of astro-float's.
    fn of(mut number: BigFloat, shift: i128) -> Self {
        if number.is_zero() || number.is_nan() || number.is_inf() {
            let sign = if number.is_negative() { -1.0 } else { 1.0 };
            return Self::special(if number.is_zero() {
                0f64.copysign(sign)
            } else if number.is_nan() {
                f64::NAN
            } else {
                f64::INFINITY.copysign(sign)
            });
        }
        let exponent = shift + i128::from(number.exponent().unwrap_or_default());
        if exponent.abs() > GREATEST_EXPONENT {
            context::note_range();
            let limit = if exponent > 0 { f64::INFINITY } else { 0.0 };
            return Self::special(limit.copysign(if number.is_negative() { -1.0 } else { 1.0 }));
        }
        number.set_exponent(0);
        Self(Kind::Finite {
            significand: number,
            exponent,
        })
    }

    /// (high + low) · 2^exponent.
    pub(super) fn of_parts(high: f64, low: f64, exponent: i64, is_exact: bool) -> Self {
        // Wide enough for two doubles with any gap between them that a pair of doubles can have.
        let (high, low) = (BigFloat::from_f64(high, 64), BigFloat::from_f64(low, 64));
        let mut sum = high.add(&low, 1152, NEAREST);
        sum.set_inexact(!is_exact);
        Self::of(sum, i128::from(exponent))
    }

    /// The double that stands for it in the rules for zeros, infinities and NaN: its own value or ±1.
    fn representative(&self) -> f64 {
        match &self.0 {
            Kind::Special(value) => *value,
            Kind::Finite { significand, .. } if significand.is_negative() => -1.0,
            Kind::Finite { .. } => 1.0,
        }
    }

    /// The significand and the exponent; `None` for specials.
    fn finite(&self) -> Option<(&BigFloat, i128)> {
        match &self.0 {
            Kind::Finite {
                significand,
                exponent,
            } => Some((significand, *exponent)),
            Kind::Special(_) => None,
        }
    }

    /// The number as one of astro-float's; `None` for specials and beyond its exponents.
    fn raw(&self) -> Option<BigFloat> {
        let (significand, exponent) = self.finite().filter(|(_, exponent)| exponent.abs() < 1 << 30)?;
        let mut number = significand.clone();
        number.set_exponent(exponent as Exponent);
        Some(number)
    }

    /// The exponent, with the significand from 1/2 up to 1; `None` for specials.
    fn exponent(&self) -> Option<i128> {
        self.finite().map(|(_, exponent)| exponent)
    }

    fn is_exact(&self) -> bool {
        self.finite()
            .is_none_or(|(significand, _)| !significand.inexact())
    }

    /// The same number, marked as rounded.
    fn inexact(mut self) -> Self {
        if let Kind::Finite { significand, .. } = &mut self.0 {
            significand.set_inexact(true);
        }
        self
    }

    fn int(value: i64) -> Self {
        Self::from_integer(i128::from(value))
    }

    /// Multiplied by a power of two.
    fn shifted(mut self, by: i128) -> Self {
        if let Kind::Finite { exponent, .. } = &mut self.0 {
            *exponent += by;
        }
        self
    }

    /// Rounded to the precision.
    fn narrowed(self) -> Self {
        match self.0 {
            Kind::Special(_) => self,
            Kind::Finite {
                mut significand,
                exponent,
            } => {
                let is_inexact = significand.inexact();
                match significand.set_precision(context::bits(), NEAREST) {
                    Ok(()) if is_inexact => Self::of(significand, exponent).inexact(),
                    Ok(()) => Self::of(significand, exponent),
                    Err(_) => Self::special(f64::NAN),
                }
            }
        }
    }

    /// Whether no more than errors may be between two numbers that are not known to be exact.
    fn is_too_close(&self, other: &Self) -> bool {
        if (self.is_exact() && other.is_exact()) || self.exponent().is_none() || other.exponent().is_none() {
            return false;
        }
        if self.order(other) == Some(Ordering::Equal) {
            return self.is_exact() != other.is_exact();
        }
        let gap = sum(self, &-other.clone());
        let noise = self.exponent().unwrap_or_default() - (context::bits() as i128 - 16);
        gap.exponent().is_none_or(|exponent| exponent < noise)
    }

    /// How it compares, without a record of what cannot be told.
    fn order(&self, other: &Self) -> Option<Ordering> {
        let (Some((x, exponent)), Some((y, other_exponent))) = (self.finite(), other.finite()) else {
            return self.representative().partial_cmp(&other.representative());
        };
        if x.is_negative() != y.is_negative() {
            return self.representative().partial_cmp(&other.representative());
        }
        let sizes = exponent.cmp(&other_exponent);
        let sizes = if x.is_negative() { sizes.reverse() } else { sizes };
        Some(sizes.then(x.cmp(y)?.cmp(&0)))
    }
}

impl PartialEq for Big {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_too_close(other) {
            context::note_undecided();
        }
        self.order(other)
    }
}

impl Real for Big {
    fn from_f64(value: f64) -> Self {
        if value == 0.0 || !value.is_finite() {
            return Self::special(value);
        }
        // astro-float loses the exponents of subnormal numbers.
        let lift = if value.abs() < f64::MIN_POSITIVE { 64 } else { 0 };
        Self::of(BigFloat::from_f64(value * 2f64.powi(lift), 64), -i128::from(lift))
    }

    fn to_f64(&self) -> f64 {
        match &self.0 {
            Kind::Special(value) => *value,
            // Beyond these exponents every double is infinite or zero, which is nothing to take note of.
            Kind::Finite {
                significand,
                exponent,
            } => {
                let high = significand_to_f64(significand);
                DoubleDouble::of_parts(high, 0.0, (*exponent).clamp(-4096, 4096) as i64, true).to_f64()
            }
        }
    }

    fn from_integer(value: i128) -> Self {
        if value == 0 {
            return Self::special(0.0);
        }
        Self::of(BigFloat::from_i128(value, 128), 0)
    }

    fn to_integer(&self) -> i128 {
        rounding::to_integer(self)
    }

    fn map(&self, function: Function) -> Self {
        context::count_function();
        super::edges::take_note(self, function);
        functions::map(self, function)
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        context::count_function();
        functions::join(self, function, other)
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        context::count_function();
        functions::join_three(self, function, second, third)
    }

    fn is_nan(&self) -> bool {
        self.representative().is_nan()
    }

    fn is_finite(&self) -> bool {
        self.representative().is_finite()
    }

    fn is_sign_negative(&self) -> bool {
        self.representative().is_sign_negative()
    }

    fn is_zero(&self) -> bool {
        self.representative() == 0.0
    }
}

/// The double nearest to a significand from 1/2 up to 1.
fn significand_to_f64(significand: &BigFloat) -> f64 {
    let mut rounded = significand.clone();
    if rounded.set_precision(53, NEAREST).is_err() {
        return f64::NAN;
    }
    let exponent = rounded.exponent().unwrap_or_default();
    let words = rounded.mantissa_digits().and_then(<[u64]>::last);
    // The words are rounded to whole ones; 53 bits are in the highest.
    let top = words.copied().unwrap_or_default();
    let kept = f64::from_integer(i128::from(top >> 11)) * 2f64.powi(exponent - 53);
    if rounded.sign() == Some(Sign::Neg) {
        -kept
    } else {
        kept
    }
}

impl Wide for Big {
    fn to_double_double(&self) -> DoubleDouble {
        match &self.0 {
            Kind::Special(value) => DoubleDouble::from_f64(*value),
            Kind::Finite {
                significand,
                exponent,
            } => {
                let high = significand_to_f64(significand);
                let rest = significand.sub(&BigFloat::from_f64(high, 64), 64, NEAREST);
                let low = match Self::of(rest, 0).0 {
                    Kind::Special(value) => value,
                    Kind::Finite {
                        significand,
                        exponent,
                    } => significand_to_f64(&significand) * 2f64.powi(exponent.max(-1074) as i32),
                };
                let exponent = (*exponent).clamp(i128::from(i64::MIN / 2), i128::from(i64::MAX / 2));
                DoubleDouble::of_parts(high, low, exponent as i64, self.is_exact())
            }
        }
    }
}

#[cfg(test)]
mod tests;
