//! Elementary functions of finite numbers that are not zero, at the precision of the context, with a few bits of
//! error: callers ask for more bits than they need.
//!
//! Identities from Abramowitz & Stegun, "Handbook of Mathematical Functions", chapters 4 and 6, in forms that do not
//! cancel. A function that is x + O(x²) is x where x² has no bits.

use astro_float_num::{BigFloat, Consts, RoundingMode};

use super::super::context::{self, bits, with_bits};
use super::rounding::{Rounding, is_integer, is_odd, round};
use super::{Big, NEAREST, sum};
use crate::interp::Real;

/// Angles beyond this many binary places before the point are not reduced.
const LARGEST_ANGLE: i128 = 1 << 14;

pub(super) fn one() -> Big {
    Big::int(1)
}

pub(super) fn nan() -> Big {
    Big::special(f64::NAN)
}

pub(super) fn pi() -> Big {
    let bits = bits();
    Big::of(
        context::with_constants(|constants| constants.pi(bits, NEAREST)),
        0,
    )
}

pub(super) fn ln_2() -> Big {
    let bits = bits();
    Big::of(
        context::with_constants(|constants| constants.ln_2(bits, NEAREST)),
        0,
    )
}

/// The exponent, very low for zeros.
fn size(x: &Big) -> i128 {
    x.exponent().unwrap_or(i128::MIN / 4)
}

/// Whether x² is beyond the last bit beside x.
fn is_tiny(x: &Big) -> bool {
    size(x) < -(bits() as i128)
}

fn is_negative(x: &Big) -> bool {
    x.is_sign_negative()
}

/// Bits for a sum of one and a small number that keeps all bits of both.
fn beside_one(x: &Big) -> usize {
    bits() + 8 + usize::try_from(-size(x)).unwrap_or(0).min(2 * bits())
}

/// A function that astro-float has.
fn native(x: &Big, function: fn(&BigFloat, usize, RoundingMode, &mut Consts) -> BigFloat) -> Big {
    let bits = bits();
    match x.raw().filter(|_| context::spend_function()) {
        Some(raw) => Big::of(
            context::with_constants(|constants| function(&raw, bits, NEAREST, constants)),
            0,
        ),
        None => nan(),
    }
}

/// eˣ = 2ᵏ·eʳ with r = x − k·ln 2 (A&S 4.2.18).
pub(super) fn exp(x: &Big) -> Big {
    if x.exponent().is_none() {
        return Big::from_f64(x.representative().exp());
    }
    if is_tiny(x) {
        return sum(&one(), x);
    }
    let Some(reduced) = usize::try_from(size(x).max(0)).ok().filter(|&size| size < 124) else {
        context::note_range();
        return Big::special(if is_negative(x) { 0.0 } else { f64::INFINITY });
    };
    let (count, rest) = with_bits(bits() + reduced + 16, || {
        let count = round(&(x.clone() / ln_2()), Rounding::NearestEven);
        let rest = sum(x, &-(count.clone() * ln_2()));
        (count, rest)
    });
    if rest.is_zero() {
        return one().shifted(count.to_integer());
    }
    native(&rest, BigFloat::exp).shifted(count.to_integer())
}

/// eˣ − 1.
pub(super) fn expm1(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    with_bits(beside_one(x), || sum(&exp(x), &Big::int(-1)))
}

/// 2ˣ, exact for integers.
pub(super) fn exp2(x: &Big) -> Big {
    let count = round(x, Rounding::NearestEven);
    if size(x) > 124 {
        context::note_range();
        return Big::special(if is_negative(x) { 0.0 } else { f64::INFINITY });
    }
    let rest = sum(x, &-count.clone());
    let fraction = if rest.is_zero() {
        one()
    } else {
        exp(&(rest * ln_2()))
    };
    fraction.shifted(count.to_integer())
}

/// ln x; NaN below zero.
pub(super) fn log(x: &Big) -> Big {
    let Some((significand, exponent)) = x.finite() else {
        return Big::special(x.representative().ln());
    };
    if is_negative(x) {
        return nan();
    }
    if exponent.abs() < 1 << 20 {
        return native(x, BigFloat::ln);
    }
    let natural = native(&Big::of(significand.clone(), 0), BigFloat::ln);
    sum(&natural, &(Big::from_integer(exponent) * ln_2()))
}

/// ln(1 + x).
pub(super) fn log1p(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    with_bits(beside_one(x), || log(&sum(&one(), x)))
}

/// log₂ x, exact for powers of two.
pub(super) fn log2(x: &Big) -> Big {
    if let Some((significand, exponent)) = x.finite() {
        let half = BigFloat::from_f64(0.5, 64);
        if significand.cmp(&half) == Some(0) {
            return Big::from_integer(exponent - 1);
        }
    }
    log(x) / ln_2()
}

/// A root, with the exponent divided by the degree. It knows whether it is exact.
fn root(x: &Big, degree: i128, root: impl FnOnce(&BigFloat) -> BigFloat) -> Big {
    let Some((significand, exponent)) = x.finite() else {
        return nan();
    };
    let mut significand = significand.clone();
    let rest = exponent.rem_euclid(degree);
    significand.set_exponent(rest as i32);
    Big::of(root(&significand), (exponent - rest) / degree)
}

/// √x; NaN below zero.
pub(super) fn sqrt(x: &Big) -> Big {
    let bits = bits();
    if x.finite().is_none() {
        Big::special(x.representative().sqrt())
    } else if is_negative(x) {
        nan()
    } else {
        root(x, 2, |significand| significand.sqrt(bits, NEAREST))
    }
}

/// ∛x.
pub(super) fn cbrt(x: &Big) -> Big {
    let bits = bits();
    root(x, 3, |significand| significand.cbrt(bits, NEAREST))
}

/// Sine, cosine or tangent of an angle that can be reduced.
fn of_angle(x: &Big, function: fn(&BigFloat, usize, RoundingMode, &mut Consts) -> BigFloat) -> Big {
    if size(x) > LARGEST_ANGLE {
        context::note_range();
        return nan();
    }
    native(x, function)
}

pub(super) fn sin(x: &Big) -> Big {
    if is_tiny(x) {
        x.clone()
    } else {
        of_angle(x, BigFloat::sin)
    }
}

pub(super) fn cos(x: &Big) -> Big {
    if is_tiny(x) {
        one()
    } else {
        of_angle(x, BigFloat::cos)
    }
}

pub(super) fn tan(x: &Big) -> Big {
    if is_tiny(x) {
        x.clone()
    } else {
        of_angle(x, BigFloat::tan)
    }
}

/// Whether |x| > 1, = 1 or < 1.
fn against_one(x: &Big) -> std::cmp::Ordering {
    let size = if is_negative(x) { -x.clone() } else { x.clone() };
    size.order(&one()).unwrap_or(std::cmp::Ordering::Equal)
}

pub(super) fn asin(x: &Big) -> Big {
    match against_one(x) {
        std::cmp::Ordering::Greater => nan(),
        _ if is_tiny(x) => x.clone(),
        _ => native(x, BigFloat::asin),
    }
}

pub(super) fn acos(x: &Big) -> Big {
    match against_one(x) {
        std::cmp::Ordering::Greater => nan(),
        _ if is_tiny(x) => pi().shifted(-1),
        _ => native(x, BigFloat::acos),
    }
}

pub(super) fn atan(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    if size(x) > bits() as i128 + 8 {
        return pi().shifted(-1).with_sign_of(x);
    }
    native(x, BigFloat::atan)
}

/// sinh x = (u + u/(u + 1))/2 with u = eˣ − 1 (A&S 4.5.1).
pub(super) fn sinh(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    let power = expm1(&magnitude(x));
    let inverse = power.clone() / sum(&power, &one());
    // Where the power is infinite its inverse is zero.
    let inverse = if inverse.is_nan() { one() } else { inverse };
    sum(&power, &inverse).shifted(-1).with_sign_of(x)
}

/// cosh x = (eˣ + e⁻ˣ)/2.
pub(super) fn cosh(x: &Big) -> Big {
    sum(&exp(x), &exp(&-x.clone())).shifted(-1)
}

/// tanh x = −u/(u + 2) with u = e⁻²ˣ − 1, for positive x.
pub(super) fn tanh(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    let power = expm1(&-magnitude(x).shifted(1));
    (-power.clone() / sum(&power, &Big::int(2))).with_sign_of(x)
}

/// asinh x = ln(1 + x + x²/(1 + √(x² + 1))), for positive x (A&S 4.6.20).
pub(super) fn asinh(x: &Big) -> Big {
    if is_tiny(x) {
        return x.clone();
    }
    let size = magnitude(x);
    let square = size.clone() * size.clone();
    let root = sqrt(&sum(&square, &one()));
    let rest = square / sum(&root, &one());
    log1p(&sum(&size, &rest)).with_sign_of(x)
}

/// acosh x = ln(1 + t + √(t·(t + 2))) with t = x − 1 (A&S 4.6.21).
pub(super) fn acosh(x: &Big) -> Big {
    let above = sum(x, &Big::int(-1));
    let root = sqrt(&(above.clone() * sum(&above, &Big::int(2))));
    log1p_or_zero(&sum(&above, &root))
}

/// atanh x = ln(1 + 2x/(1 − x))/2, for positive x (A&S 4.6.22).
pub(super) fn atanh(x: &Big) -> Big {
    match against_one(x) {
        std::cmp::Ordering::Greater => nan(),
        std::cmp::Ordering::Equal => Big::special(x.representative() * f64::INFINITY),
        std::cmp::Ordering::Less if is_tiny(x) => x.clone(),
        std::cmp::Ordering::Less => {
            let size = magnitude(x);
            let ratio = size.clone().shifted(1) / sum(&one(), &-size);
            log1p(&ratio).shifted(-1).with_sign_of(x)
        }
    }
}

fn log1p_or_zero(x: &Big) -> Big {
    if x.is_zero() { x.clone() } else { log1p(x) }
}

pub(super) fn magnitude(x: &Big) -> Big {
    if is_negative(x) { -x.clone() } else { x.clone() }
}

/// 1/(1 + e⁻ˣ).
pub(super) fn logistic(x: &Big) -> Big {
    one() / sum(&one(), &exp(&-x.clone()))
}

/// The first raised to the second. Products for integers, a root for a half, else exp(y·ln |x|).
pub(super) fn pow(x: &Big, y: &Big) -> Big {
    let is_whole = is_integer(y);
    if is_whole && size(y) <= 10 {
        return power(x, y.to_integer());
    }
    if y.order(&Big::from_f64(0.5)) == Some(std::cmp::Ordering::Equal) {
        return sqrt(x);
    }
    if is_negative(x) && !is_whole {
        return nan();
    }
    // The bits of the exponent before the point are those that the power loses.
    let more = usize::try_from(size(y) + 160).unwrap_or(0).min(2 * bits());
    let result = with_bits(bits() + more, || {
        let logarithm = log(&magnitude(x));
        if logarithm.is_zero() {
            one()
        } else {
            exp(&(logarithm * y.clone()))
        }
    });
    if is_negative(x) && is_odd(y) {
        -result
    } else {
        result
    }
}

/// A power by repeated squaring, exact where the products are.
pub(super) fn power(x: &Big, exponent: i128) -> Big {
    let (mut square, mut left, mut result) = (x.clone(), exponent.unsigned_abs(), one());
    while left > 0 {
        if left & 1 == 1 {
            result = result * square.clone();
        }
        square = square.clone() * square;
        left >>= 1;
    }
    if exponent < 0 { one() / result } else { result }
}

/// The angle of the point (x, y) (A&S 4.4.2, by quadrants).
pub(super) fn atan2(y: &Big, x: &Big) -> Big {
    let angle = atan(&(magnitude(y) / magnitude(x)));
    let angle = if is_negative(x) {
        sum(&pi(), &-angle)
    } else {
        angle
    };
    angle.with_sign_of(y)
}
