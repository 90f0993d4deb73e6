//! Doubles as the interpreter's numbers: each result is rounded to the program's dtype, as JAX on CPU computes.

mod bessel;
mod gamma;
mod incomplete_beta;
mod incomplete_gamma;
mod inverse_erf;
mod lanczos;
mod product;
mod zeta;

use super::number::{flush, to_float};
use super::real::{Function, Pair, Real, Triple};
use crate::ir::{DType, Format, round_to};

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(&self) -> f64 {
        *self
    }

    fn from_integer(value: i128) -> Self {
        to_float(value)
    }

    fn to_integer(&self) -> i128 {
        *self as i128
    }

    fn rounded(self, dtype: DType) -> Self {
        round_to(self, dtype)
    }

    fn flushed(self, dtype: DType) -> Self {
        flush(dtype, self)
    }

    #[inline]
    fn round_all(items: &mut [Self], dtype: DType, flushes: bool) {
        // One loop without branches for the dtype that nearly all arrays have.
        if dtype == DType::Float32 {
            let least = if flushes { Format::SINGLE.least } else { 0.0 };
            for item in items {
                let rounded = f64::from(*item as f32);
                *item = if rounded.abs() < least {
                    rounded * 0.0
                } else {
                    rounded
                };
            }
            return;
        }
        for item in items {
            let rounded = round_to(*item, dtype);
            *item = if flushes { flush(dtype, rounded) } else { rounded };
        }
    }

    fn matrix_product(dtype: DType, a: &[Self], b: &[Self], depth: usize) -> Option<Vec<Self>> {
        product::product(dtype, a, b, depth)
    }

    fn plus_product(self, x: &Self, y: &Self, dtype: DType) -> Self {
        if dtype == DType::Float64 {
            return x.mul_add(*y, self);
        }
        // A double holds the product of two numbers of 24 bits, and twice their exponents.
        (self + x * y).rounded(dtype)
    }

    fn reduced(self, mantissa_bits: i32, exponent_bits: u32) -> Self {
        let bias = (1 << (exponent_bits - 1)) - 1;
        if self == 0.0 || !f64::is_finite(self) {
            return self;
        }
        let own = ((self.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        if own < 1 - bias {
            // XLA flushes what would be subnormal.
            return 0f64.copysign(self);
        }
        let unit = 2f64.powi(own - mantissa_bits);
        let result = (self / unit).round_ties_even() * unit;
        let greatest = (2.0 - 2f64.powi(-mantissa_bits)) * 2f64.powi(bias);
        if result.abs() > greatest {
            f64::INFINITY.copysign(self)
        } else {
            result
        }
    }

    fn map(&self, function: Function) -> Self {
        native(function)(*self)
    }

    fn map_all(items: &[Self], function: Function, dtype: DType) -> Vec<Self> {
        /// One loop for each function, which is chosen once for all elements.
        fn each(items: &[f64], function: impl Fn(f64) -> f64) -> Vec<f64> {
            items.iter().map(|&item| function(item)).collect()
        }
        match function {
            Function::Digamma => each(items, |x| lanczos::digamma(dtype, x)),
            Function::Exp2 => each(items, |x| lanczos::exp2(dtype, x)),
            Function::Lgamma => each(items, |x| lanczos::lgamma(dtype, x)),
            // That of f32 is within 0.51 ulp, and takes half as long as that of doubles.
            Function::Exp if dtype == DType::Float32 => each(items, |x| f64::from((x as f32).exp())),
            _ => each(items, native(function)),
        }
    }

    fn join(&self, function: Pair, other: &Self) -> Self {
        match function {
            Pair::Atan2 => self.atan2(*other),
            Pair::Igamma => incomplete_gamma::lower(*self, *other),
            Pair::Igammac => incomplete_gamma::upper(*self, *other),
            Pair::IgammaGradA => incomplete_gamma::lower_by_shape(*self, *other),
            Pair::Polygamma => zeta::polygamma(*self, *other),
            Pair::Pow => self.powf(*other),
            Pair::RandomGammaGrad => incomplete_gamma::sample_by_shape(*self, *other),
            Pair::Rem => self % other,
            Pair::Zeta => zeta::zeta(*self, *other),
        }
    }

    fn join_three(&self, function: Triple, second: &Self, third: &Self) -> Self {
        match function {
            Triple::RegularizedIncompleteBeta => incomplete_beta::regularized(*self, *second, *third),
        }
    }

    fn is_nan(&self) -> bool {
        f64::is_nan(*self)
    }

    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }

    fn is_sign_negative(&self) -> bool {
        f64::is_sign_negative(*self)
    }
}

/// The function of doubles.
pub(super) fn native(function: Function) -> fn(f64) -> f64 {
    match function {
        Function::Abs => f64::abs,
        Function::Acos => f64::acos,
        Function::Acosh => libm::acosh,
        Function::Asin => f64::asin,
        Function::Asinh => libm::asinh,
        Function::Atan => f64::atan,
        Function::Atanh => libm::atanh,
        Function::BesselI0e => |x| bessel::scaled(0, x),
        Function::BesselI1e => |x| bessel::scaled(1, x),
        Function::Cbrt => f64::cbrt,
        Function::Ceil => f64::ceil,
        Function::Cos => f64::cos,
        Function::Cosh => f64::cosh,
        Function::Digamma => gamma::digamma,
        Function::Erf => libm::erf,
        Function::ErfInv => inverse_erf::erf_inv,
        Function::Erfc => libm::erfc,
        Function::Exp => f64::exp,
        Function::Exp2 => f64::exp2,
        Function::Expm1 => f64::exp_m1,
        Function::Floor => f64::floor,
        Function::Lgamma => gamma::lgamma,
        Function::Log => f64::ln,
        Function::Log1p => f64::ln_1p,
        Function::Log2 => f64::log2,
        Function::Logistic => |x| 1.0 / (1.0 + (-x).exp()),
        Function::Round => f64::round,
        Function::RoundEven => f64::round_ties_even,
        Function::Rsqrt => |x| 1.0 / x.sqrt(),
        Function::Sin => f64::sin,
        Function::Sinh => f64::sinh,
        Function::Sqrt => f64::sqrt,
        Function::Tan => f64::tan,
        Function::Tanh => f64::tanh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_become_integers_by_truncation_and_nan_becomes_zero() {
        assert_eq!(f64::NAN.to_integer(), 0);
        assert_eq!((-3.9).to_integer(), -3);
        assert_eq!(f64::INFINITY.to_integer(), i128::MAX);
    }
}
