//! Operations on two numbers, as elementwise primitives, reductions and scatters share them.

use num_complex::Complex64;

use crate::interp::complex::quotient;
use crate::interp::number::limits;
use crate::interp::real::{Pair, Real};
use crate::interp::tensor::{Tensor, elements};
use crate::ir::DType;

/// An operation on two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Max,
    Min,
    Pow,
    Atan2,
    And,
    Or,
    Xor,
    /// The second operand.
    Last,
}

/// Applies one expression, with the operation on two real numbers as a closure of its own type, so that a loop is
/// compiled for each operation; `None` for an operation that is not one on real numbers.
macro_rules! each_operation {
    ($operation:expr, $combine:ident => $body:expr) => {{
        macro_rules! with {
            ($closure:expr) => {{
                let $combine = $closure;
                $body
            }};
        }
        Some(match $operation {
            Op::Add => with!(|a: &R, b: &R| a.clone() + b.clone()),
            Op::Sub => with!(|a: &R, b: &R| a.clone() - b.clone()),
            Op::Mul => with!(|a: &R, b: &R| a.clone() * b.clone()),
            Op::Div => with!(|a: &R, b: &R| a.clone() / b.clone()),
            Op::Rem => with!(|a: &R, b: &R| a.join(Pair::Rem, b)),
            Op::Max => with!(|a: &R, b: &R| choose(a, b, (a > b) | ((a == b) & !a.is_sign_negative()))),
            Op::Min => with!(|a: &R, b: &R| choose(a, b, (a < b) | ((a == b) & a.is_sign_negative()))),
            Op::Pow => with!(|a: &R, b: &R| a.join(Pair::Pow, b)),
            Op::Atan2 => with!(|a: &R, b: &R| a.join(Pair::Atan2, b)),
            Op::Last => with!(|_: &R, b: &R| b.clone()),
            Op::And | Op::Or | Op::Xor => return None,
        })
    }};
}

impl Op {
    /// On real numbers; the caller rounds.
    pub(super) fn reals<R: Real>(self, a: &R, b: &R) -> Option<R> {
        each_operation!(self, combine => combine(a, b))
    }

    /// [`Op::reals`] on the elements of two arrays.
    pub(super) fn each_real<R: Real>(self, x: &[R], y: &[R]) -> Option<Vec<R>> {
        each_operation!(self, combine => x.iter().zip(y).map(|(x, y)| combine(x, y)).collect())
    }

    /// [`Op::reals`] from `starts` on along vectors of numbers, each of which meets the one at its place; `settle`
    /// rounds after each vector.
    pub(super) fn along<R: Real, const PARTS: usize>(
        self,
        starts: [R; PARTS],
        vectors: &[[R; PARTS]],
        settle: impl Fn(&mut [R]),
    ) -> Option<[R; PARTS]> {
        each_operation!(self, combine => vectors.iter().fold(starts, |sums, vector| {
            let mut sums = std::array::from_fn(|part| combine(&sums[part], &vector[part]));
            settle(&mut sums);
            sums
        }))
    }

    /// On integers; the caller wraps. Division by zero gives what XLA's CPU gives: all bits set, and the dividend
    /// as the remainder.
    pub(super) fn ints(self, dtype: DType, a: i128, b: i128) -> Option<i128> {
        Some(match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a.wrapping_mul(b),
            Self::Div if b == 0 => -1,
            Self::Div => a / b,
            Self::Rem if b == 0 => a,
            Self::Rem => a % b,
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Pow => integer_power(dtype, a, b),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Last => b,
            Self::Atan2 => return None,
        })
    }

    /// On truth values: sums are disjunctions, products conjunctions.
    pub(super) fn bools(self, a: bool, b: bool) -> Option<bool> {
        Some(match self {
            Self::Add | Self::Max | Self::Or => a || b,
            Self::Mul | Self::Min | Self::And => a && b,
            Self::Xor => a != b,
            Self::Last => b,
            _ => return None,
        })
    }

    /// On complex numbers; the caller rounds.
    pub(super) fn complex(self, a: Complex64, b: Complex64) -> Option<Complex64> {
        Some(match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => quotient(a, b),
            Self::Pow if a == Complex64::ZERO && b == Complex64::ZERO => Complex64::ONE,
            Self::Pow => a.powc(b),
            Self::Last => b,
            _ => return None,
        })
    }

    /// What changes nothing: where reductions start.
    pub(super) fn neutral(self, dtype: DType) -> f64 {
        match self {
            Self::Mul | Self::And => 1.0,
            Self::Max if dtype.is_float() => f64::NEG_INFINITY,
            Self::Min if dtype.is_float() => f64::INFINITY,
            _ => 0.0,
        }
    }

    /// An array in which every element changes nothing.
    pub(super) fn start<R: Real>(self, dtype: DType, shape: &[usize]) -> Tensor<R> {
        if dtype.is_integer() || dtype == DType::Bool {
            let items = std::iter::repeat_n(self.neutral_int(dtype), elements(shape));
            Tensor::from_ints(dtype, shape, items)
        } else {
            Tensor::filled(dtype, shape, self.neutral(dtype))
        }
    }

    /// [`Op::neutral`] for integers.
    pub(super) fn neutral_int(self, dtype: DType) -> i128 {
        let (least, greatest) = limits(dtype);
        match self {
            Self::Mul => 1,
            Self::Max => least,
            Self::Min => greatest,
            Self::And => -1,
            _ => 0,
        }
    }
}

/// The first number if it is NaN or the one to choose, else the second. A NaN is in no order to another number, so that
/// a second one is never passed over. Nothing branches, and a loop works on vectors.
fn choose<R: Real>(a: &R, b: &R, first: bool) -> R {
    if a.is_nan() | first { a.clone() } else { b.clone() }
}

/// A power by repeated squaring, modulo 2^64; negative exponents as XLA has them: 0 but for ±1.
fn integer_power(dtype: DType, base: i128, exponent: i128) -> i128 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 if exponent % 2 == 0 => 1,
            -1 => -1,
            _ => 0,
        };
    }
    let (mut power, mut square, mut left) = (1i128, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            power = i128::from(crate::interp::number::wrap(dtype, power.wrapping_mul(square)));
        }
        square = i128::from(crate::interp::number::wrap(dtype, square.wrapping_mul(square)));
        left >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_divide_as_xla_does() {
        let int = DType::Int32;
        assert_eq!(Op::Div.ints(int, 7, 0), Some(-1));
        assert_eq!(Op::Rem.ints(int, 7, 0), Some(7));
        assert_eq!(Op::Div.ints(int, -7, 2), Some(-3));
        assert_eq!(Op::Pow.ints(int, 256, 4), Some(0));
    }

    #[test]
    fn a_nan_wins() {
        for op in [Op::Max, Op::Min] {
            assert!(op.reals(&f64::NAN, &1.0).is_some_and(f64::is_nan));
            assert!(op.reals(&1.0, &f64::NAN).is_some_and(f64::is_nan));
        }
        assert_eq!(Op::Max.reals(&-0.0, &0.0).map(f64::is_sign_positive), Some(true));
    }
}
