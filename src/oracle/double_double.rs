//! Unevaluated sums of two doubles with an exponent of their own: the second rung.
//!
//! The two doubles need not be neighbours: 1 + 10⁻³⁰⁰ is held exactly. Sources: Dekker, "A floating-point technique
//! for extending the available precision", 1971; Hida, Li and Bailey, "Library for double-double and quad-double
//! arithmetic", 2007.

mod functions;

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::big::Big;
use super::{Wide, context};
use crate::interp::{Function, Pair, Real, Triple};
use crate::ir::DType;

/// The bits of a result that can be relied on.
pub(super) const BITS: usize = 104;

/// What an operation takes, in nanoseconds or so.
const ARITHMETIC: u64 = 20;

/// Further apart than by so many binary places, the smaller of two numbers is not seen beside the greater one.
const WIDEST_GAP: i64 = 900;

/// Exponents beyond this are out of range. Sums of two exponents within it are far from the limits of the type.
const GREATEST_EXPONENT: i64 = 1 << 60;

/// (high + low) · 2^exponent with 1 ≤ |high| < 2; or a zero, an infinity or NaN as `high`, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct DoubleDouble {
    high: f64,
    low: f64,
    exponent: i64,
    /// Whether no operation rounded it.
    is_exact: bool,
}

/// The rounded sum, and what was rounded away (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The rounded product, and what was rounded away.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// x · 2^exponent, for exponents within ±1023.
fn scaled(x: f64, exponent: i64) -> f64 {
    match u64::try_from(exponent + 1023) {
        Ok(biased @ 1..=2046) => x * f64::from_bits(biased << 52),
        _ => x * 2f64.powi(exponent.clamp(-1023, 1023) as i32),
    }
}

/// The exponent of the leading bit of a number that is neither zero nor subnormal.
fn leading(x: f64) -> i64 {
    ((x.to_bits() >> 52) & 0x7ff) as i64 - 1023
}

impl DoubleDouble {
    fn special(high: f64) -> Self {
        Self {
            high,
            low: 0.0,
            exponent: 0,
            is_exact: true,
        }
    }

    /// (high + low) · 2^exponent, whatever the sizes of the two doubles.
    pub(super) fn of_parts(high: f64, low: f64, exponent: i64, is_exact: bool) -> Self {
        let (sum, rest) = two_sum(high, low);
        if sum == 0.0 || !sum.is_finite() {
            return Self::special(sum);
        }
        // Twice, for sums that are subnormal.
        let first = leading(sum);
        let (sum, rest) = (scaled(sum, -first), scaled(rest, -first));
        let second = leading(sum);
        let (high, low) = (scaled(sum, -second), scaled(rest, -second));
        let exponent = exponent.saturating_add(first + second);
        if exponent.abs() > GREATEST_EXPONENT {
            context::note_range();
            let limit = if exponent > 0 { f64::INFINITY } else { 0.0 };
            return Self::special(limit.copysign(high));
        }
        Self {
            high,
            low,
            exponent,
            is_exact,
        }
    }

    /// A quotient to the precision of a double, of numbers of which neither is a zero, an infinity or NaN.
    #[must_use]
    pub fn over(&self, divisor: &Self) -> f64 {
        let quotient = self.high / divisor.high;
        Self::of_parts(quotient, 0.0, self.exponent - divisor.exponent, false).to_f64()
    }

    fn is_special(&self) -> bool {
        self.high == 0.0 || !self.high.is_finite()
    }

    /// Its absolute value.
    #[must_use]
    pub fn magnitude(self) -> Self {
        if self.high.is_sign_negative() { -self } else { self }
    }

    /// The nearest number of a float dtype; infinite above the greatest.
    ///
    /// It is rounded to odd on the way to a dtype narrower than a double, so that it is rounded once only (Boldo and
    /// Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    pub fn nearest(&self, dtype: DType) -> f64 {
        if dtype == DType::Float64 || self.is_special() || self.low == 0.0 {
            return self.to_f64().rounded(dtype);
        }
        let towards_zero = self.low.is_sign_negative() != self.high.is_sign_negative();
        let bits = self.high.to_bits() - u64::from(towards_zero);
        let odd = f64::from_bits(bits | 1);
        Self {
            high: odd,
            low: 0.0,
            ..*self
        }
        .to_f64()
        .rounded(dtype)
    }

    /// How it compares, without a record of what cannot be told.
    fn order(&self, other: &Self) -> Option<Ordering> {
        let sign = |x: &Self| x.high.partial_cmp(&0.0);
        if self.is_special() || other.is_special() || sign(self) != sign(other) {
            return self.high.partial_cmp(&other.high);
        }
        let sizes = self.exponent.cmp(&other.exponent);
        let sizes = if self.high < 0.0 { sizes.reverse() } else { sizes };
        let parts = || self.high.partial_cmp(&other.high);
        let rest = || self.low.partial_cmp(&other.low);
        Some(sizes.then(parts()?).then(rest()?))
    }

    /// Whether no more than errors may be between two numbers that are not known to be exact.
    fn is_too_close(&self, other: &Self) -> bool {
        if (self.is_exact && other.is_exact) || self.is_special() || other.is_special() {
            return false;
        }
        let same_bits = (self.high, self.low, self.exponent) == (other.high, other.low, other.exponent);
        if same_bits {
            return self.is_exact != other.is_exact;
        }
        let gap = sum(*self, -*other);
        gap.is_special() || gap.exponent < self.exponent - (BITS as i64 - 12)
    }
}

/// The sum, without a record.
fn sum(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    if a.is_special() || b.is_special() {
        return match (a.high == 0.0, b.high == 0.0) {
            (true, false) => b,
            (false, true) => a,
            _ => DoubleDouble::special(a.high + b.high),
        };
    }
    let (a, b) = if a.exponent < b.exponent { (b, a) } else { (a, b) };
    let gap = a.exponent - b.exponent;
    if gap > WIDEST_GAP {
        return DoubleDouble { is_exact: false, ..a };
    }
    let (b_high, b_low) = (scaled(b.high, -gap), scaled(b.low, -gap));
    let (high, error) = two_sum(a.high, b_high);
    let (low, rest) = two_sum(a.low, b_low);
    let (error, lost) = two_sum(error, low);
    let (high, error) = two_sum(high, error);
    let (error, lost_too) = two_sum(error, rest);
    let is_exact = a.is_exact && b.is_exact && lost == 0.0 && lost_too == 0.0;
    DoubleDouble::of_parts(high, error, a.exponent, is_exact)
}

impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        context::count_arithmetic();
        if !context::spend(ARITHMETIC) {
            return Self::special(f64::NAN);
        }
        let result = sum(self, other);
        let nothing = result.high == 0.0 && self.high != 0.0;
        if nothing && !(self.is_exact && other.is_exact) {
            context::note_cancellation();
        }
        result
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            high: -self.high,
            low: -self.low,
            ..self
        }
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        context::count_arithmetic();
        if !context::spend(ARITHMETIC) {
            return Self::special(f64::NAN);
        }
        if self.is_special() || other.is_special() {
            return Self::special(context::product_of_special(self.high, other.high));
        }
        let (high, error) = two_product(self.high, other.high);
        let low = error + (self.high * other.low + self.low * other.high);
        let simple = self.low == 0.0 && other.low == 0.0;
        let is_exact = simple && self.is_exact && other.is_exact;
        Self::of_parts(high, low, self.exponent + other.exponent, is_exact)
    }
}

impl Div for DoubleDouble {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        context::count_arithmetic();
        if !context::spend(ARITHMETIC) {
            return Self::special(f64::NAN);
        }
        if self.is_special() || other.is_special() {
            return Self::special(context::quotient_of_special(self.high, other.high));
        }
        let by_power_of_two = other.low == 0.0 && other.high.abs() == 1.0;
        let divisor = Self { exponent: 0, ..other };
        let dividend = Self { exponent: 0, ..self };
        let first = self.high / other.high;
        let rest = sum(dividend, -(divisor * Self::from_f64(first)));
        let second = rest.to_f64() / other.high;
        let rest = sum(rest, -(divisor * Self::from_f64(second)));
        let third = rest.to_f64() / other.high;
        let quotient = sum(Self::of_parts(first, second, 0, true), Self::from_f64(third));
        let is_exact = self.is_exact && other.is_exact && by_power_of_two;
        let exponent = quotient.exponent + self.exponent - other.exponent;
        Self::of_parts(quotient.high, quotient.low, exponent, is_exact)
    }
}

impl PartialEq for DoubleDouble {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for DoubleDouble {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_too_close(other) {
            context::note_undecided();
        }
        self.order(other)
    }
}

impl Real for DoubleDouble {
    fn from_f64(value: f64) -> Self {
        if value == 0.0 {
            return Self::special(value);
        }
        Self::of_parts(value, 0.0, 0, true)
    }

    fn to_f64(&self) -> f64 {
        if self.is_special() {
            return self.high;
        }
        // In two steps, so that neither power overflows on the way to a subnormal or a large number.
        let half = self.exponent.clamp(-2200, 2200) / 2;
        scaled(scaled(self.high, half), self.exponent.clamp(-2200, 2200) - half)
    }

    fn from_integer(value: i128) -> Self {
        let high = f64::from_integer(value);
        let rest = value.checked_sub(high.to_integer());
        Self::of_parts(high, rest.map_or(0.0, f64::from_integer), 0, true)
    }

    fn to_integer(&self) -> i128 {
        self.to_big().to_integer()
    }

    fn map(&self, function: Function) -> Self {
        context::count_function();
        if !context::spend(ARITHMETIC) {
            return Self::special(f64::NAN);
        }
        super::edges::take_note(self, function);
        functions::map(*self, function)
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        context::count_function();
        functions::through_big(|| self.to_big().join(function, &other.to_big()))
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        context::count_function();
        let (second, third) = (second.to_big(), third.to_big());
        functions::through_big(|| self.to_big().join_three(function, &second, &third))
    }

    fn is_nan(&self) -> bool {
        self.high.is_nan()
    }

    fn is_finite(&self) -> bool {
        self.high.is_finite()
    }

    fn is_sign_negative(&self) -> bool {
        self.high.is_sign_negative()
    }

    fn is_zero(&self) -> bool {
        self.high == 0.0
    }
}

impl DoubleDouble {
    fn to_big(self) -> Big {
        if self.is_special() {
            return Big::from_f64(self.high);
        }
        Big::of_parts(self.high, self.low, self.exponent, self.is_exact)
    }
}

impl Wide for DoubleDouble {
    fn to_double_double(&self) -> DoubleDouble {
        *self
    }
}
