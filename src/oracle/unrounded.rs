//! Doubles that are not rounded to the program's dtype: the lowest rung.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{DoubleDouble, Wide, context};
use crate::interp::{Function, Pair, Real, Triple};

/// A double.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unrounded(f64);

impl PartialEq for Unrounded {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl PartialOrd for Unrounded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

impl Neg for Unrounded {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// An operator of doubles.
macro_rules! operator {
    ($($operator:ident $method:ident),*) => {$(
        impl $operator for Unrounded {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                context::count_arithmetic();
                Self(self.0.$method(other.0))
            }
        }
    )*};
}

operator!(Add add, Sub sub, Mul mul, Div div);

impl Real for Unrounded {
    fn from_f64(value: f64) -> Self {
        Self(value)
    }

    fn to_f64(&self) -> f64 {
        self.0
    }

    fn from_integer(value: i128) -> Self {
        Self(f64::from_integer(value))
    }

    fn to_integer(&self) -> i128 {
        self.0.to_integer()
    }

    fn map(&self, function: Function) -> Self {
        context::count_function();
        Self(self.0.map(function))
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        context::count_function();
        Self(self.0.join(function, &other.0))
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        context::count_function();
        Self(self.0.join_three(function, &second.0, &third.0))
    }

    fn is_nan(&self) -> bool {
        self.0.is_nan()
    }

    fn is_finite(&self) -> bool {
        self.0.is_finite()
    }

    fn is_sign_negative(&self) -> bool {
        self.0.is_sign_negative()
    }
}

impl Wide for Unrounded {
    fn to_double_double(&self) -> DoubleDouble {
        DoubleDouble::from_f64(self.0)
    }
}
