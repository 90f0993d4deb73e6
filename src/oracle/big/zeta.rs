//! The Hurwitz zeta function and the derivatives of ψ.

use std::cmp::Ordering;

use super::super::context::bits;
use super::elementary::{exp, nan, one, pow};
use super::gamma::{digamma, large, lgamma};
use super::rounding::{is_integer, is_odd};
use super::series::{bernoulli, is_negligible, summed_to_least};
use super::{Big, sum};
use crate::interp::Real;

/// ζ(s, q) = Σ (q + k)^−s for s > 1; infinite at the poles, NaN for s below 1 and for roots of negative numbers.
///
/// Terms of the sum, and the Euler–Maclaurin formula for the rest (DLMF 25.11.5 with 2.10.1).
pub(super) fn zeta(s: &Big, q: &Big) -> Big {
    match s.order(&one()) {
        Some(Ordering::Equal) => return Big::special(f64::INFINITY),
        Some(Ordering::Greater) => {}
        _ => return nan(),
    }
    if q.is_zero() || q.is_sign_negative() {
        if is_integer(q) {
            return Big::special(f64::INFINITY);
        }
        if !is_integer(s) {
            return nan();
        }
    }
    if let Some(value) = at_infinity(s, q) {
        return value;
    }
    // The terms of the formula fall as long as twice their number and s are below 2π times the last summand.
    let enough = sum(
        &large(),
        &if s.to_f64() < 2.0 * bits() as f64 {
            s.clone()
        } else {
            Big::int(0)
        },
    );
    let minus_s = -s.clone();
    let (mut total, mut at) = (Big::special(0.0), q.clone());
    while at.order(&enough).is_some_and(Ordering::is_lt) {
        let term = pow(&at, &minus_s);
        total = sum(&total, &term);
        if !at.is_sign_negative() && is_negligible(&term, &total) {
            return total;
        }
        at = sum(&at, &one());
    }
    let last = pow(&at, &minus_s);
    let integral = last.clone() * at.clone() / sum(s, &Big::int(-1));
    total = sum(&sum(&total, &integral), &last.clone().shifted(-1));
    sum(&total, &correction(s, &at, last))
}

/// Σ B(2k)/(2k)!·s(s + 1)…(s + 2k − 2)·x^(−s−2k+1), where `last` is x^−s.
fn correction(s: &Big, x: &Big, last: Big) -> Big {
    let square = x.clone() * x.clone();
    let mut factor = last * s.clone() / x.clone().shifted(1);
    let first = factor.clone() * bernoulli(1);
    summed_to_least(first, |_, n| {
        let rising = sum(s, &Big::int(2 * n - 1)) * sum(s, &Big::int(2 * n));
        let fall = Big::int((2 * n + 1) * (2 * n + 2)) * square.clone();
        factor = factor.clone() * rising / fall;
        factor.clone() * bernoulli(n as usize + 1)
    })
}

/// The limits for infinite operands.
fn at_infinity(s: &Big, q: &Big) -> Option<Big> {
    if q.representative() == f64::INFINITY {
        return Some(Big::special(0.0));
    }
    if s.representative() != f64::INFINITY {
        return None;
    }
    Some(match q.order(&one())? {
        Ordering::Less if q.is_sign_negative() => nan(),
        Ordering::Less => Big::special(f64::INFINITY),
        Ordering::Equal => one(),
        Ordering::Greater => Big::special(0.0),
    })
}

/// The derivative of ψ of this order: (−1)^(n+1)·n!·ζ(n + 1, x) (A&S 6.4.10); NaN for an order that is no natural
/// number.
pub(super) fn polygamma(order: &Big, x: &Big) -> Big {
    if order.is_zero() {
        return if x.exponent().is_some() {
            digamma(x)
        } else {
            Big::from_f64(digamma_of_special(x))
        };
    }
    if order.is_sign_negative() || !is_integer(order) {
        return nan();
    }
    let next = sum(order, &one());
    let size = exp(&lgamma(&next)) * zeta(&next, x);
    if is_odd(order) { size } else { -size }
}

fn digamma_of_special(x: &Big) -> f64 {
    x.representative().map(crate::interp::Function::Digamma)
}
