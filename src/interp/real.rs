//! What the interpreter asks of real numbers, so that one table of primitives serves every arithmetic: rounded to
//! the program's dtypes as JAX computes, or wide enough to tell the true value.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::ir::DType;

/// A real number, an infinity or NaN, with the rules of IEEE 754 for zeros, infinities and NaN.
pub trait Real:
    Clone
    + Debug
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The number that a double is.
    fn from_f64(value: f64) -> Self;

    /// The nearest double.
    fn to_f64(&self) -> f64;

    /// An integer; rounded where the arithmetic does not hold it.
    fn from_integer(value: i128) -> Self;

    /// Truncated and saturated, and 0 for NaN.
    fn to_integer(&self) -> i128;

    /// What is left of the number in an array of `dtype`: the nearest of its numbers where the arithmetic is that of
    /// the program, the number itself where it is that of the reals.
    #[must_use]
    fn rounded(self, _dtype: DType) -> Self {
        self
    }

    /// What is left of a subnormal number of `dtype` where subnormal numbers become zero; over the reals, all of it.
    #[must_use]
    fn flushed(self, _dtype: DType) -> Self {
        self
    }

    /// Rounds, and flushes if that is asked for, each of the numbers of an array of `dtype`.
    fn round_all(items: &mut [Self], dtype: DType, flushes: bool) {
        for item in items {
            let rounded = item.clone().rounded(dtype);
            *item = if flushes { rounded.flushed(dtype) } else { rounded };
        }
    }

    /// The product of a matrix of so many rows, in row-major order, and the transpose of another, where the arithmetic
    /// has a quick way that sums as `dtype` is summed.
    fn matrix_product(_dtype: DType, _a: &[Self], _b: &[Self], _depth: usize) -> Option<Vec<Self>> {
        None
    }

    /// The number plus a product, rounded to `dtype` once: XLA's CPU multiplies and adds in one step, so that a product
    /// beyond the greatest number meets a sum as it is, and ∞ less a large product is ∞.
    #[must_use]
    fn plus_product(self, x: &Self, y: &Self, dtype: DType) -> Self {
        (self + x.clone() * y.clone()).rounded(dtype)
    }

    /// Rounded to so many bits behind the leading one, and to so many bits of exponent (`reduce_precision`); over the
    /// reals, as it is.
    #[must_use]
    fn reduced(self, _mantissa_bits: i32, _exponent_bits: u32) -> Self {
        self
    }

    /// A function of one number.
    #[must_use]
    fn map(&self, function: Function) -> Self;

    /// A function of each of the numbers of an array of `dtype`; where the arithmetic is that of the program, with the
    /// errors that XLA makes.
    #[must_use]
    fn map_all(items: &[Self], function: Function, _dtype: DType) -> Vec<Self> {
        items.iter().map(|item| item.map(function)).collect()
    }

    /// A function of two numbers.
    #[must_use]
    fn join(&self, function: Pair, other: &Self) -> Self;

    /// A function of three numbers.
    #[must_use]
    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self;

    /// Whether it is NaN.
    fn is_nan(&self) -> bool;

    /// Whether it is neither infinite nor NaN.
    fn is_finite(&self) -> bool;

    /// Whether it carries a minus sign; zeros do or do not.
    fn is_sign_negative(&self) -> bool;

    /// Whether it is a zero of either sign.
    fn is_zero(&self) -> bool {
        *self == Self::from_f64(0.0)
    }

    /// The number with the sign of another.
    #[must_use]
    fn with_sign_of(self, sign: &Self) -> Self {
        if self.is_sign_negative() == sign.is_sign_negative() {
            self
        } else {
            -self
        }
    }
}

/// Functions of one real number, by the names of JAX's primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the primitives")]
pub enum Function {
    Abs,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    /// e^−|x|·I₀(x).
    BesselI0e,
    /// e^−|x|·I₁(x).
    BesselI1e,
    Cbrt,
    Ceil,
    Cos,
    Cosh,
    Digamma,
    Erf,
    ErfInv,
    Erfc,
    Exp,
    Exp2,
    Expm1,
    Floor,
    Lgamma,
    Log,
    Log1p,
    Log2,
    Logistic,
    /// To the nearest integer, ties away from zero.
    Round,
    /// To the nearest integer, ties to even.
    RoundEven,
    Rsqrt,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
}

/// Functions of two real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pair {
    /// The angle of the point (second, first).
    Atan2,
    /// The lower incomplete gamma function P(first, second), regularized.
    Igamma,
    /// The upper one, Q = 1 − P.
    Igammac,
    /// ∂P/∂first.
    IgammaGradA,
    /// The polygamma function of the order that is first: the derivative of that order of ψ, of the second.
    Polygamma,
    /// The first raised to the second.
    Pow,
    /// The derivative of a sample of the gamma distribution, second, with regard to its shape, first:
    /// −(∂P/∂first) / (∂P/∂second).
    RandomGammaGrad,
    /// The remainder of the division, with the sign of the first.
    Rem,
    /// The Hurwitz zeta function Σ (second + k)^−first.
    Zeta,
}

/// Functions of three real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Triple {
    /// The incomplete beta function of the third, with the parameters first and second, regularized.
    RegularizedIncompleteBeta,
}
