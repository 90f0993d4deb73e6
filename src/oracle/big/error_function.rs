//! The error function, its complement and its inverse.

use super::super::context::{bits, with_bits};
use super::elementary::{exp, log, magnitude, nan, one, pi, sqrt};
use super::{Big, sum};
use crate::interp::Real;

/// Squares beyond this are not expanded: the complement is below the range of all dtypes.
const LARGEST_SQUARE: f64 = 1e18;

/// 2·x·e^(−x²)/√π·Σ (2x²)ⁿ/(1·3·…·(2n+1)), whose terms are all positive (A&S 7.1.6).
fn series(x: &Big) -> Big {
    let square = x.clone() * x.clone();
    let (mut term, mut total) = (one(), one());
    let mut odd = 1;
    while term.exponent() > total.exponent().map(|exponent| exponent - bits() as i128 - 4) {
        odd += 2;
        term = term * square.clone().shifted(1) / Big::int(odd);
        total = sum(&total, &term);
    }
    total * x.clone().shifted(1) * exp(&-square) / sqrt(&pi())
}

/// e^(−x²)/(x·√π)·Σ (−1)ⁿ·(1·3·…·(2n−1))/(2x²)ⁿ, up to the least term (A&S 7.1.23).
fn asymptotic_complement(x: &Big) -> Big {
    let square = x.clone() * x.clone();
    let twice = square.clone().shifted(1);
    let (mut term, mut total) = (one(), one());
    let mut odd = 1;
    loop {
        let next = -term.clone() * Big::int(odd) / twice.clone();
        let is_over = next.exponent() < total.exponent().map(|exponent| exponent - bits() as i128 - 4);
        if is_over || next.exponent() > term.exponent() {
            break;
        }
        term = next;
        total = sum(&total, &term);
        odd += 2;
    }
    total * exp(&-square) / (x.clone() * sqrt(&pi()))
}

/// Bits that 1 − erf x loses, x²/ln 2 and a few; `None` where so many are lost that the asymptotic series is exact
/// to all bits.
fn lost_bits(x: &Big) -> Option<usize> {
    let square = x.to_f64() * x.to_f64();
    let lost = usize::try_from((square / std::f64::consts::LN_2).to_integer()).ok()?;
    (lost < bits() + 16).then_some(lost + 16)
}

/// 1 − erf x for positive x.
fn complement(x: &Big) -> Big {
    match lost_bits(x) {
        Some(lost) => with_bits(bits() + lost, || sum(&one(), &-series(x))),
        None => asymptotic_complement(x),
    }
}

pub(super) fn erf(x: &Big) -> Big {
    let size = magnitude(x);
    let result = match lost_bits(x) {
        Some(_) => series(&size),
        None => sum(&one(), &-complement(&size)),
    };
    result.with_sign_of(x)
}

pub(super) fn erfc(x: &Big) -> Big {
    if x.is_sign_negative() {
        return sum(&one(), &erf(&magnitude(x)));
    }
    if x.to_f64() > LARGEST_SQUARE {
        // exp says that the range is left.
        return exp(&-(x.clone() * x.clone()));
    }
    complement(x)
}

/// erf⁻¹ x by Newton's method from the double, on ln erfc where x is near ±1.
///
/// The derivative of erf is 2·e^(−y²)/√π (A&S 7.1.1); each step doubles the digits.
pub(super) fn erf_inv(x: &Big) -> Big {
    let size = magnitude(x);
    let rest = sum(&one(), &-size.clone());
    if rest.is_zero() {
        return Big::special(x.representative() * f64::INFINITY);
    }
    if rest.is_sign_negative() {
        return nan();
    }
    let mut y = first_guess(&size, &rest);
    let slope = |y: &Big| exp(&-(y.clone() * y.clone())).shifted(1) / sqrt(&pi());
    for _ in 0..usize::BITS {
        let step = if size.to_f64() < 0.5 {
            sum(&erf(&y), &-size.clone()) / slope(&y)
        } else {
            // ln erfc is nearly a parabola, on which Newton's method is at home.
            let above = complement(&y);
            let distance = log(&(rest.clone() / above.clone()));
            distance * above / slope(&y)
        };
        let is_last = step.exponent() < y.exponent().map(|exponent| exponent - (bits() as i128 * 2) / 3);
        y = sum(&y, &-step);
        if is_last {
            break;
        }
    }
    y.with_sign_of(x)
}

/// A few digits: √π/2·x for small x, the double, or √(−ln(1 − x)) where 1 − x is below all doubles.
fn first_guess(size: &Big, rest: &Big) -> Big {
    use crate::interp::Function;
    let double = size.to_f64();
    if double < 1e-10 {
        return size.clone() * sqrt(&pi()).shifted(-1);
    }
    if rest.to_f64() > 1e-10 {
        return Big::from_f64(double.map(Function::ErfInv));
    }
    sqrt(&-log(rest))
}
