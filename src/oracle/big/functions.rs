//! Functions as programs apply them: special operands, working precision, and one rounding at the end.

use std::cmp::Ordering;

use super::super::context;
use super::elementary::{self, one, pi};
use super::rounding::{Rounding, round};
use super::{Big, Kind, bessel, error_function, gamma, incomplete_beta, incomplete_gamma, zeta};
use crate::interp::{Function, Pair, Real, Triple};

/// Bits beyond the precision, for the errors of a function's own steps.
const GUARD: usize = 64;

pub(super) fn map(x: &Big, function: Function) -> Big {
    match function {
        Function::Abs => return elementary::magnitude(x),
        Function::Floor => return round(x, Rounding::Down),
        Function::Ceil => return round(x, Rounding::Up),
        Function::Round => return round(x, Rounding::NearestAwayFromZero),
        Function::RoundEven => return round(x, Rounding::NearestEven),
        _ => {}
    }
    if let Kind::Special(value) = &x.0 {
        return of_special(*value, function);
    }
    guarded(x.is_exact(), || match function {
        Function::Abs | Function::Floor | Function::Ceil | Function::Round | Function::RoundEven => x.clone(),
        Function::Acos => elementary::acos(x),
        Function::Acosh => elementary::acosh(x),
        Function::Asin => elementary::asin(x),
        Function::Asinh => elementary::asinh(x),
        Function::Atan => elementary::atan(x),
        Function::Atanh => elementary::atanh(x),
        Function::BesselI0e => bessel::scaled(0, x),
        Function::BesselI1e => bessel::scaled(1, x),
        Function::Cbrt => elementary::cbrt(x),
        Function::Cos => elementary::cos(x),
        Function::Cosh => elementary::cosh(x),
        Function::Digamma => gamma::digamma(x),
        Function::Erf => error_function::erf(x),
        Function::ErfInv => error_function::erf_inv(x),
        Function::Erfc => error_function::erfc(x),
        Function::Exp => elementary::exp(x),
        Function::Exp2 => elementary::exp2(x),
        Function::Expm1 => elementary::expm1(x),
        Function::Lgamma => gamma::lgamma(x),
        Function::Log => elementary::log(x),
        Function::Log1p => elementary::log1p(x),
        Function::Log2 => elementary::log2(x),
        Function::Logistic => elementary::logistic(x),
        Function::Rsqrt => one() / elementary::sqrt(x),
        Function::Sin => elementary::sin(x),
        Function::Sinh => elementary::sinh(x),
        Function::Sqrt => elementary::sqrt(x),
        Function::Tan => elementary::tan(x),
        Function::Tanh => elementary::tanh(x),
    })
}

/// Zeros, infinities and NaN: what the function of doubles gives, which is exact but for the multiples of π.
fn of_special(value: f64, function: Function) -> Big {
    let half_pi = |sign: f64| {
        let angle = pi().shifted(-1).inexact();
        if sign < 0.0 { -angle } else { angle }
    };
    match function {
        Function::Acos if value == 0.0 => half_pi(1.0),
        Function::Atan if value.is_infinite() => half_pi(value),
        _ => Big::from_f64(value.map(function)),
    }
}

/// Computes with more bits, rounds, and notes if the result left the range. What is noted inside is of no
/// consequence if the result is in range.
fn guarded(is_exact: bool, compute: impl FnOnce() -> Big) -> Big {
    let (result, events, _) = context::observed(context::bits() + GUARD, compute);
    let result = result.narrowed();
    if events.range && (result.is_zero() || !result.is_finite()) {
        context::note_range();
    }
    // What left the range on the way left a rounded result.
    if is_exact && !events.range {
        result
    } else {
        result.inexact()
    }
}

pub(super) fn join(x: &Big, function: Pair, y: &Big) -> Big {
    let special = matches!(x.0, Kind::Special(_)) || matches!(y.0, Kind::Special(_));
    match function {
        Pair::Pow if special => pow_of_special(x, y),
        Pair::Atan2 if special => atan2_of_special(x, y),
        Pair::Rem if special => rem_of_special(x, y),
        // Only the signs matter: the values at the ends of the range are 0 and 1, or not defined.
        Pair::Igamma | Pair::Igammac | Pair::IgammaGradA | Pair::RandomGammaGrad
            if special || x.is_sign_negative() || y.is_sign_negative() =>
        {
            Big::from_f64(like(x).join(function, &like(y)))
        }
        _ if x.is_nan() || y.is_nan() => elementary::nan(),
        _ => guarded(x.is_exact() && y.is_exact(), || match function {
            Pair::Atan2 => elementary::atan2(x, y),
            Pair::Pow => elementary::pow(x, y),
            Pair::Rem => remainder(x, y),
            Pair::Igamma => incomplete_gamma::lower(x, y),
            Pair::Igammac => incomplete_gamma::upper(x, y),
            Pair::IgammaGradA => incomplete_gamma::lower_by_shape(x, y),
            Pair::Polygamma => zeta::polygamma(x, y),
            Pair::RandomGammaGrad => incomplete_gamma::sample_by_shape(x, y),
            Pair::Zeta => zeta::zeta(x, y),
        }),
    }
}

pub(super) fn join_three(x: &Big, function: Triple, second: &Big, third: &Big) -> Big {
    let operands = [x, second, third];
    let is_exact = operands.iter().all(|operand| operand.is_exact());
    let special = operands
        .iter()
        .any(|operand| operand.exponent().is_none() || operand.is_sign_negative());
    match function {
        // At the ends of the range the function depends on no more than what two numbers share that are alike.
        Triple::RegularizedIncompleteBeta if special || third.order(&one()) != Some(Ordering::Less) => {
            Big::from_f64(like(x).join_three(function, &like(second), &like(third)))
        }
        Triple::RegularizedIncompleteBeta => {
            guarded(is_exact, || incomplete_beta::regularized(x, second, third))
        }
    }
}

/// A double on the same side of zero and of ±1, and an integer, odd or even, where the number is one: the powers of
/// special numbers and to special exponents depend on no more.
fn like(x: &Big) -> f64 {
    if x.finite().is_none() {
        return x.representative();
    }
    let sign = x.representative();
    let size = elementary::magnitude(x);
    let whole = super::rounding::is_integer(x);
    sign * match size.order(&one()) {
        Some(Ordering::Equal) => 1.0,
        Some(Ordering::Less) => 0.5,
        _ if whole && super::rounding::is_odd(x) => 3.0,
        _ if whole => 2.0,
        _ => 2.5,
    }
}

fn pow_of_special(x: &Big, y: &Big) -> Big {
    Big::from_f64(like(x).powf(like(y)))
}

/// Multiples of π/4, by the rules of IEEE 754 for the arctangent of two numbers.
fn atan2_of_special(y: &Big, x: &Big) -> Big {
    let angle = y.representative().atan2(x.representative());
    let eighths = (angle / std::f64::consts::FRAC_PI_4).round();
    if eighths == 0.0 || eighths.is_nan() {
        return Big::from_f64(angle);
    }
    context::with_bits(context::bits() + GUARD, || {
        Big::from_f64(eighths) * pi().shifted(-2)
    })
    .narrowed()
    .inexact()
}

fn rem_of_special(x: &Big, y: &Big) -> Big {
    let infinite = y.representative().is_infinite() && x.is_finite();
    if infinite || (x.is_zero() && !y.is_zero() && !y.is_nan()) {
        x.clone()
    } else {
        elementary::nan()
    }
}

/// The remainder with the sign of the first, exact for exact operands.
fn remainder(x: &Big, y: &Big) -> Big {
    let gap = x.exponent().unwrap_or_default() - y.exponent().unwrap_or_default();
    if gap < 0 {
        return x.clone();
    }
    let Some(gap) = usize::try_from(gap).ok().filter(|&gap| gap < 1 << 14) else {
        context::note_range();
        return elementary::nan();
    };
    context::with_bits(2 * context::bits() + gap, || {
        let quotient = x.clone() / y.clone();
        let count = round(&elementary::magnitude(&quotient), Rounding::Down).with_sign_of(&quotient);
        super::sum(x, &-(count * y.clone())).with_sign_of(x)
    })
}
