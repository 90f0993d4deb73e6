//! Doubles that remember where they went wrong.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::interp::{Function, Pair, Real, Triple};
use crate::ir::DType;

/// What a number remembers: nothing, or what happened to it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tag(u32);

impl Tag {
    /// Nothing is wrong with it.
    pub(super) const CLEAN: Self = Self(0);
    /// In the equation that is being evaluated it became zero although the exact result is not.
    pub(super) const LOST: Self = Self(1);
    /// It is an infinity or NaN that a literal, an input or a primitive wrote down.
    pub(super) const GIVEN: Self = Self(2);

    /// What happened is recorded under this number.
    pub(super) fn of_link(link: usize) -> Self {
        Self(link as u32 + 3)
    }

    /// The number under which it is recorded.
    pub(super) fn link(self) -> Option<usize> {
        self.0.checked_sub(3).map(|link| link as usize)
    }
}

/// A double as [`f64`] has it in the interpreter, with a [`Tag`]. Numbers that are finite and not zero have none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tagged {
    pub(super) value: f64,
    pub(super) tag: Tag,
}

impl Tagged {
    fn clean(value: f64) -> Self {
        let tag = Tag::CLEAN;
        Self { value, tag }
    }

    /// A result of one operand.
    fn carried(self, value: f64) -> Self {
        let tag = if is_ordinary(value) { Tag::CLEAN } else { self.tag };
        Self { value, tag }
    }

    /// A result of two operands: it remembers what the worse of them does.
    fn joined(self, other: Self, value: f64) -> Self {
        self.or_worse(other).carried(value)
    }

    fn or_worse(self, other: Self) -> Self {
        if self.badness() >= other.badness() {
            self
        } else {
            other
        }
    }

    fn badness(self) -> u8 {
        match (self.tag, self.value) {
            (Tag::CLEAN, _) => 0,
            (Tag::LOST | Tag::GIVEN, _) => 1,
            (_, value) if value.is_nan() => 4,
            (_, value) if value.is_infinite() => 3,
            _ => 2,
        }
    }

    /// A zero that no underflow made: it makes a product zero whatever the other factor lost.
    fn is_true_zero(self) -> bool {
        self.value == 0.0 && self.tag == Tag::CLEAN
    }

    /// Becomes this; a zero that the number was not is one that was lost.
    fn narrowed(self, value: f64) -> Self {
        if value == 0.0 && self.value != 0.0 {
            let tag = Tag::LOST;
            return Self { value, tag };
        }
        self.carried(value)
    }
}

fn is_ordinary(value: f64) -> bool {
    value.is_finite() && value != 0.0
}

impl PartialEq for Tagged {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialOrd for Tagged {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl Add for Tagged {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.joined(other, self.value + other.value)
    }
}

impl Sub for Tagged {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.joined(other, self.value - other.value)
    }
}

impl Mul for Tagged {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let value = self.value * other.value;
        if value == 0.0 {
            if self.is_true_zero() || other.is_true_zero() {
                return Self::clean(value);
            }
            if self.value != 0.0 && other.value != 0.0 {
                let tag = Tag::LOST;
                return Self { value, tag };
            }
        }
        self.joined(other, value)
    }
}

impl Div for Tagged {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        if value == 0.0 {
            if self.is_true_zero() {
                return Self::clean(value);
            }
            if self.value != 0.0 && other.value.is_finite() {
                let tag = Tag::LOST;
                return Self { value, tag };
            }
        }
        self.joined(other, value)
    }
}

impl Neg for Tagged {
    type Output = Self;

    fn neg(self) -> Self {
        self.carried(-self.value)
    }
}

impl Real for Tagged {
    fn from_f64(value: f64) -> Self {
        let tag = if value.is_finite() { Tag::CLEAN } else { Tag::GIVEN };
        Self { value, tag }
    }

    fn to_f64(&self) -> f64 {
        self.value
    }

    fn from_integer(value: i128) -> Self {
        Self::clean(f64::from_integer(value))
    }

    fn to_integer(&self) -> i128 {
        self.value.to_integer()
    }

    fn rounded(self, dtype: DType) -> Self {
        self.narrowed(self.value.rounded(dtype))
    }

    fn flushed(self, dtype: DType) -> Self {
        self.narrowed(self.value.flushed(dtype))
    }

    fn reduced(self, mantissa_bits: i32, exponent_bits: u32) -> Self {
        self.narrowed(self.value.reduced(mantissa_bits, exponent_bits))
    }

    fn map(&self, function: Function) -> Self {
        let value = self.value.map(function);
        if value == 0.0 && self.value.is_finite() && is_never_zero(function) {
            let tag = Tag::LOST;
            return Self { value, tag };
        }
        self.carried(value)
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        self.joined(*other, self.value.join(function, &other.value))
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        let value = self.value.join_three(function, &second.value, &third.value);
        self.or_worse(*second).or_worse(*third).carried(value)
    }

    fn is_nan(&self) -> bool {
        self.value.is_nan()
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite()
    }

    fn is_sign_negative(&self) -> bool {
        self.value.is_sign_negative()
    }
}

/// Functions that come close to zero and do not reach it.
fn is_never_zero(function: Function) -> bool {
    matches!(
        function,
        Function::Exp | Function::Exp2 | Function::Logistic | Function::Erfc
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(value: f64, link: usize) -> Tagged {
        let tag = Tag::of_link(link);
        Tagged { value, tag }
    }

    fn one() -> Tagged {
        Tagged::from_f64(1.0)
    }

    #[test]
    fn a_number_that_is_ordinary_again_forgets() {
        let infinite = tagged(f64::INFINITY, 7);
        assert_eq!((one() / infinite).tag, Tag::of_link(7));
        assert_eq!((one() + one() / infinite).tag, Tag::CLEAN);
        assert_eq!((infinite - infinite).tag, Tag::of_link(7));
    }

    #[test]
    fn underflow_is_remembered_and_a_true_zero_is_not_blamed_on_it() {
        let lost = Tagged::from_f64(-200.0)
            .map(Function::Exp)
            .rounded(DType::Float32);
        assert_eq!((lost.value, lost.tag), (0.0, Tag::LOST));
        assert_eq!((Tagged::from_f64(0.0) * tagged(0.0, 3)).tag, Tag::CLEAN);
        assert_eq!((one() * tagged(0.0, 3)).tag, Tag::of_link(3));
        let tiny = Tagged::from_f64(1e-30);
        assert_eq!((tiny * tiny).rounded(DType::Float32).tag, Tag::LOST);
        assert_eq!((one() - one()).tag, Tag::CLEAN);
    }

    #[test]
    fn of_two_operands_the_worse_is_remembered() {
        let (zero, infinite, nan) = (tagged(0.0, 1), tagged(f64::INFINITY, 2), tagged(f64::NAN, 3));
        assert_eq!((zero * infinite).tag, Tag::of_link(2));
        assert_eq!((infinite + nan).tag, Tag::of_link(3));
        assert_eq!((Tagged::from_f64(f64::INFINITY) * nan).tag, Tag::of_link(3));
    }
}
