//! Functions of sums of two doubles. Exponential, logarithm and root are worked out here, being the most frequent;
//! all others in numbers of any precision.

use std::f64::consts::LN_2;

use super::super::big::Big;
use super::super::{Wide, context};
use super::DoubleDouble;
use crate::interp::{Function, Real};

/// A precision with room for the errors of a function.
const WIDER_BITS: usize = 128;

pub(super) fn map(x: DoubleDouble, function: Function) -> DoubleDouble {
    let one = DoubleDouble::from_f64(1.0);
    match function {
        Function::Abs => x.magnitude(),
        Function::Exp if is_moderate(x) => exp(x),
        Function::Logistic if is_moderate(x) => one / (one + exp(-x)),
        Function::Log if x.high > 0.0 && x.high.is_finite() => log(x),
        Function::Sqrt if x.high > 0.0 && x.high.is_finite() => sqrt(x),
        _ => through_big(|| x.to_big().map(function)),
    }
}

/// What numbers of any precision give.
pub(super) fn through_big(compute: impl FnOnce() -> Big) -> DoubleDouble {
    context::with_bits(WIDER_BITS, || compute().to_double_double())
}

/// Neither special nor so large that its exponential has no digits left.
fn is_moderate(x: DoubleDouble) -> bool {
    !x.is_special() && x.exponent < 16
}

fn of(x: f64) -> DoubleDouble {
    DoubleDouble::from_f64(x)
}

/// eˣ = 2ᵏ·(1 + eʳ − 1) with r = x − k·ln 2.
///
/// eʳ − 1 comes from its Taylor series for r/2⁸, doubled by e²ʳ − 1 = (eʳ − 1)·(eʳ − 1 + 2): no step cancels, and a
/// tiny x stays beside the one.
fn exp(x: DoubleDouble) -> DoubleDouble {
    // ln 2 to 107 bits (A&S 1.1).
    let ln_2 = DoubleDouble::of_parts(LN_2, 2.319_046_813_846_299_6e-17, 0, false);
    let count = (x.to_f64() / LN_2).round();
    let rest = if count == 0.0 {
        x
    } else {
        super::sum(x, -(of(count) * ln_2))
    };
    let mut result = if rest.is_special() {
        rest
    } else {
        let small = DoubleDouble {
            exponent: rest.exponent - 8,
            ..rest
        };
        let series = |sum: DoubleDouble, k: i32| (sum * small + of(1.0)) / of(f64::from(k));
        // 1/9!·(0.35/2⁸)⁹ is below 2⁻¹⁰⁴ of the first term.
        let sum = (2..=10).rev().fold(of(0.0), series);
        let mut doubled = small * (of(1.0) + small * sum);
        for _ in 0..8 {
            doubled = doubled * (doubled + of(2.0));
        }
        doubled
    };
    result = super::sum(result, of(1.0));
    DoubleDouble {
        exponent: result.exponent + count as i64,
        is_exact: result.is_exact && x.high == 0.0,
        ..result
    }
}

/// ln x = k·ln 2 + y with y = ln m: one step of Halley's method on eʸ − m from the double, which triples its digits.
fn log(x: DoubleDouble) -> DoubleDouble {
    let halves = x.high > std::f64::consts::SQRT_2;
    let mantissa = DoubleDouble {
        exponent: -i64::from(halves),
        ..x
    };
    let count = x.exponent + i64::from(halves);
    let guess = of(mantissa.to_f64().ln());
    let power = if guess.is_special() { of(1.0) } else { exp(guess) };
    let (difference, total) = (super::sum(mantissa, -power), super::sum(mantissa, power));
    let correction = of(2.0) * difference / total;
    let natural = super::sum(guess, correction);
    let ln_2 = DoubleDouble::of_parts(LN_2, 2.319_046_813_846_299_6e-17, 0, false);
    let result = super::sum(natural, DoubleDouble::from_integer(i128::from(count)) * ln_2);
    let is_one = result.high == 0.0 && x.is_exact;
    DoubleDouble {
        is_exact: is_one,
        ..result
    }
}

/// √x: the double, and one step of Newton's method.
fn sqrt(x: DoubleDouble) -> DoubleDouble {
    context::count_arithmetic();
    let odd = x.exponent.rem_euclid(2);
    let mantissa = DoubleDouble { exponent: odd, ..x };
    let guess = mantissa.to_f64().sqrt();
    let rest = super::sum(mantissa, -(of(guess) * of(guess)));
    let is_exact = x.is_exact && rest.high == 0.0;
    let correction = rest.to_f64() / (2.0 * guess);
    DoubleDouble::of_parts(guess, correction, (x.exponent - odd) / 2, is_exact)
}
