//! Sums, products and quotients of numbers of any precision.

use std::ops::{Add, Div, Mul, Neg, Sub};

use astro_float_num::{BigFloat, Exponent};

use super::{Big, Kind, NEAREST};
use crate::interp::Real as _;
use crate::oracle::context;

/// The sum, without a record.
pub(super) fn sum(a: &Big, b: &Big) -> Big {
    if !context::spend_arithmetic() {
        return Big::special(f64::NAN);
    }
    let (a, b) = if a.exponent() < b.exponent() {
        (b, a)
    } else {
        (a, b)
    };
    let (Some((x, exponent)), Some((y, lower))) = (a.finite(), b.finite()) else {
        // A special is the one with no exponent, which comes second.
        return match &b.0 {
            Kind::Special(zero) if *zero == 0.0 && a.exponent().is_some() => a.clone(),
            _ => Big::special(a.representative() + b.representative()),
        };
    };
    let gap = exponent - lower;
    let bits = context::bits();
    let held = x.mantissa_max_bit_len().unwrap_or_default().max(bits) as i128;
    if gap > held + 64 {
        return a.clone().inexact();
    }
    let mut y = y.clone();
    y.set_exponent(-gap as Exponent);
    let total = x.add(&y, bits, NEAREST);
    Big::of(
        if total.is_zero() {
            BigFloat::new(bits)
        } else {
            total
        },
        exponent,
    )
}

/// An operator of two finite numbers that astro-float has; others follow the rules of doubles.
fn combined(
    a: &Big,
    b: &Big,
    doubles: fn(f64, f64) -> f64,
    significands: impl FnOnce(&BigFloat, &BigFloat) -> BigFloat,
    exponents: fn(i128, i128) -> i128,
) -> Big {
    context::count_arithmetic();
    if !context::spend_arithmetic() {
        return Big::special(f64::NAN);
    }
    let (Some((x, e)), Some((y, f))) = (a.finite(), b.finite()) else {
        return Big::special(doubles(a.representative(), b.representative()));
    };
    let result = Big::of(significands(x, y), exponents(e, f));
    // A quotient of ones is exact by itself, and says nothing of what the ones were rounded from.
    if a.is_exact() && b.is_exact() {
        result
    } else {
        result.inexact()
    }
}

impl Add for Big {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        context::count_arithmetic();
        let result = sum(&self, &other);
        let nothing = result.is_zero() && !self.is_zero();
        if nothing && !(self.is_exact() && other.is_exact()) {
            context::note_cancellation();
        }
        result
    }
}

impl Sub for Big {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Big {
    type Output = Self;

    fn neg(self) -> Self {
        match self.0 {
            Kind::Special(value) => Self::special(-value),
            Kind::Finite {
                mut significand,
                exponent,
            } => {
                significand.inv_sign();
                Self(Kind::Finite {
                    significand,
                    exponent,
                })
            }
        }
    }
}

impl Mul for Big {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let bits = context::bits();
        combined(
            &self,
            &other,
            context::product_of_special,
            |x, y| x.mul(y, bits, NEAREST),
            |e, f| e + f,
        )
    }
}

impl Div for Big {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let bits = context::bits();
        combined(
            &self,
            &other,
            context::quotient_of_special,
            |x, y| x.div(y, bits, NEAREST),
            |e, f| e - f,
        )
    }
}
