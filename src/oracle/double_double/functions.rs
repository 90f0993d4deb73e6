//! Functions of sums of two doubles. Those built of exponential, logarithm and root are worked out here, being the most
//! frequent; all others in numbers of any precision.

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
        Function::Expm1 if is_moderate(x) => expm1(x),
        Function::Logistic if is_moderate(x) => one / (one + exp(-x)),
        Function::Tanh if is_moderate(x) => tanh(x),
        Function::Log if x.high > 0.0 && x.high.is_finite() => log(x),
        Function::Log1p if is_moderate(x) && x.to_f64() > -0.5 => log1p(x),
        Function::Sqrt if x.high > 0.0 && x.high.is_finite() => sqrt(x),
        // At the precision of the operand, so that its own error decides how near to an integer is too near.
        Function::Floor | Function::Ceil | Function::Round | Function::RoundEven => {
            x.to_big().map(function).to_double_double()
        }
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

/// eˣ = 2ᵏ·(1 + (eʳ − 1)) with r = x − k·ln 2.
fn exp(x: DoubleDouble) -> DoubleDouble {
    let (rest, count) = reduced(x);
    let result = super::sum(expm1_of_small(rest), of(1.0));
    DoubleDouble {
        exponent: result.exponent + count,
        is_exact: result.is_exact && x.high == 0.0,
        ..result
    }
}

/// eˣ − 1 = 2ᵏ·(eʳ − 1) + (2ᵏ − 1): both terms have the sign of x, or r is less than half of k·ln 2.
fn expm1(x: DoubleDouble) -> DoubleDouble {
    let (rest, count) = reduced(x);
    if count == 0 {
        return expm1_of_small(rest);
    }
    super::sum(exp(x), of(-1.0))
}

/// tanh |x| = t/(t + 2) with t = e^{2|x|} − 1.
fn tanh(x: DoubleDouble) -> DoubleDouble {
    let grown = expm1(of(2.0) * x.magnitude());
    let magnitude = grown / (grown + of(2.0));
    if x.high < 0.0 { -magnitude } else { magnitude }
}

/// r = x − k·ln 2 and the integer k, so that |r| ≤ ½·ln 2.
fn reduced(x: DoubleDouble) -> (DoubleDouble, i64) {
    // ln 2 to 107 bits (A&S 1.1).
    let ln_2 = DoubleDouble::of_parts(LN_2, 2.319_046_813_846_299_6e-17, 0, false);
    let count = (x.to_f64() / LN_2).round();
    if count == 0.0 {
        return (x, 0);
    }
    (super::sum(x, -(of(count) * ln_2)), count as i64)
}

/// eʳ − 1 for |r| ≤ ½·ln 2, from its Taylor series for r/2⁸, doubled by e²ʳ − 1 = (eʳ − 1)·(eʳ − 1 + 2): no step cancels,
/// and a tiny r stays beside the one.
fn expm1_of_small(rest: DoubleDouble) -> DoubleDouble {
    /// 1/2! to 1/5!, as pairs of doubles.
    const FIRST: [(f64, f64); 4] = [
        (1.0 / 2.0, 0.0),
        (1.0 / 6.0, 9.251_858_538_542_97e-18),
        (1.0 / 24.0, 2.312_964_634_635_742_7e-18),
        (1.0 / 120.0, 1.156_482_317_317_871_4e-19),
    ];
    /// 1/6! to 1/10!. These terms are below 2⁻⁵⁶ of the first one, so that doubles hold them to 2⁻¹⁰⁹ of it; 1/11!·(0.35/2⁸)¹⁰
    /// would be below 2⁻¹¹⁹.
    const LAST: [f64; 5] = [
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
    ];
    if rest.is_special() {
        return rest;
    }
    let small = DoubleDouble {
        exponent: rest.exponent - 8,
        ..rest
    };
    let double = small.to_f64();
    let last = LAST.iter().rev().fold(0.0, |sum, term| sum * double + term);
    let sum = FIRST.iter().rev().fold(of(last), |sum, &(high, low)| {
        sum * small + DoubleDouble::of_parts(high, low, 0, false)
    });
    let mut doubled = small * (of(1.0) + small * sum);
    for _ in 0..8 {
        doubled = doubled * (doubled + of(2.0));
    }
    doubled
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

/// ln(1 + x): one step of Halley's method on (eʸ − 1) − x from the double.
fn log1p(x: DoubleDouble) -> DoubleDouble {
    let guess = of(x.to_f64().ln_1p());
    if guess.is_special() {
        return through_big(|| x.to_big().map(Function::Log1p));
    }
    let grown = expm1(guess);
    let (difference, total) = (super::sum(x, -grown), super::sum(super::sum(x, grown), of(2.0)));
    super::sum(guess, of(2.0) * difference / total)
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
