//! Doubles beside what they would be without rounding.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::interp::{Function, Pair, Real, Triple};
use crate::ir::DType;
use crate::oracle::DoubleDouble;

/// A number as the program computes it, and as it would be.
#[derive(Clone, Debug)]
pub(super) struct Shadowed {
    value: f64,
    exact: DoubleDouble,
}

impl Shadowed {
    /// A number, and another one as what it would be.
    pub(super) fn beside(value: f64, exact: f64) -> Self {
        let exact = DoubleDouble::from_f64(exact);
        Self { value, exact }
    }

    /// How far the number is off, relative to what it should be; nothing where one of them is not finite.
    pub(super) fn error(&self) -> Option<f64> {
        if !self.value.is_finite() || !self.exact.is_finite() {
            return None;
        }
        let difference = self.exact - DoubleDouble::from_f64(self.value);
        if difference.is_zero() {
            return Some(0.0);
        }
        // A zero that should be another number, or a number that should be zero, is all wrong.
        if self.exact.is_zero() || self.value == 0.0 {
            return Some(1.0);
        }
        Some(difference.over(&self.exact).abs())
    }

    /// What the number would be, as a double.
    pub(super) fn exact(&self) -> f64 {
        self.exact.to_f64()
    }

    fn with_value(self, value: f64) -> Self {
        Self { value, ..self }
    }
}

impl PartialEq for Shadowed {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialOrd for Shadowed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

/// One operation on both numbers.
macro_rules! on_both {
    ($($operation:ident $method:ident),*) => {
        $(impl $operation for Shadowed {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                Self {
                    value: self.value.$method(other.value),
                    exact: self.exact.$method(other.exact),
                }
            }
        })*
    };
}

on_both!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Shadowed {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            value: -self.value,
            exact: -self.exact,
        }
    }
}

impl Real for Shadowed {
    fn from_f64(value: f64) -> Self {
        Self::beside(value, value)
    }

    fn to_f64(&self) -> f64 {
        self.value
    }

    fn from_integer(value: i128) -> Self {
        Self {
            value: f64::from_integer(value),
            exact: DoubleDouble::from_integer(value),
        }
    }

    fn to_integer(&self) -> i128 {
        self.value.to_integer()
    }

    fn rounded(self, dtype: DType) -> Self {
        let value = self.value.rounded(dtype);
        self.with_value(value)
    }

    fn flushed(self, dtype: DType) -> Self {
        let value = self.value.flushed(dtype);
        self.with_value(value)
    }

    fn reduced(self, mantissa_bits: i32, exponent_bits: u32) -> Self {
        let value = self.value.reduced(mantissa_bits, exponent_bits);
        self.with_value(value)
    }

    fn map(&self, function: Function) -> Self {
        Self {
            value: self.value.map(function),
            exact: self.exact.map(function),
        }
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        Self {
            value: self.value.join(function, &other.value),
            exact: self.exact.join(function, &other.exact),
        }
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        Self {
            value: self.value.join_three(function, &second.value, &third.value),
            exact: self.exact.join_three(function, &second.exact, &third.exact),
        }
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
