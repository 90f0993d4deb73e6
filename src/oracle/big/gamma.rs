//! The logarithm of Γ and its derivative.

use super::super::context::{bits, with_bits};
use super::elementary::{log, magnitude, nan, one, pi, sin, tan};
use super::rounding::{Rounding, is_integer, round};
use super::series::{bernoulli, summed_to_least};
use super::{Big, sum};
use crate::interp::Real;

/// From here on the asymptotic series have all bits: their least terms are about e^(−2πx).
pub(super) fn large() -> Big {
    Big::from_integer(bits() as i128 / 4 + 8)
}

/// The numbers x, x + 1, … below those where the asymptotic series are used, and the first of those.
pub(super) fn steps_up(x: &Big) -> (Vec<Big>, Big) {
    let (mut below, mut at, large) = (Vec::new(), x.clone(), large());
    while at.order(&large).is_some_and(std::cmp::Ordering::is_lt) {
        let next = sum(&at, &one());
        below.push(std::mem::replace(&mut at, next));
    }
    (below, at)
}

/// The distance to the nearest integer, which has the same sine up to the sign and the same tangent, times π.
fn angle(x: &Big) -> Big {
    sum(x, &-round(x, Rounding::NearestEven)) * pi()
}

/// Bits lost where a function of x has a zero at `root`.
fn lost_near(x: &Big, root: i64) -> usize {
    let distance = sum(x, &Big::int(-root));
    let lost = distance.exponent().map_or(0, |exponent| -exponent);
    usize::try_from(lost).unwrap_or(0).min(2 * bits())
}

/// ln |Γ(x)|; infinite at the poles. Reflection below zero (A&S 6.1.17), recurrence (6.1.15), and Stirling's series
/// (6.1.41).
pub(super) fn lgamma(x: &Big) -> Big {
    if x.is_sign_negative() {
        if is_integer(x) {
            return Big::special(f64::INFINITY);
        }
        let sine = magnitude(&sin(&angle(x)));
        return sum(&log(&(pi() / sine)), &-lgamma(&sum(&one(), &-x.clone())));
    }
    if [1, 2].iter().any(|&root| sum(x, &Big::int(-root)).is_zero()) {
        return Big::special(0.0);
    }
    with_bits(bits() + lost_near(x, 1) + lost_near(x, 2) + 16, || {
        let (below, at) = steps_up(x);
        let product = below.iter().cloned().reduce(|product, factor| product * factor);
        let large = stirling(&at);
        product.map_or_else(|| large.clone(), |product| sum(&large, &-log(&product)))
    })
}

/// (x − ½)·ln x − x + ½·ln 2π + Σ B(2k)/(2k·(2k − 1)·x^(2k−1)).
fn stirling(x: &Big) -> Big {
    let half = Big::from_f64(0.5);
    let square = one() / (x.clone() * x.clone());
    let mut power = one() / x.clone();
    let first = power.clone() / Big::int(12);
    let tail = summed_to_least(first, |_, n| {
        power = power.clone() * square.clone();
        let k = n + 1;
        bernoulli(k as usize) * power.clone() / Big::int(2 * k * (2 * k - 1))
    });
    let main = sum(x, &-half.clone()) * log(x);
    let constant = log(&pi().shifted(1)) * half;
    sum(&sum(&sum(&main, &-x.clone()), &constant), &tail)
}

/// ψ(x); NaN at the poles. Reflection (A&S 6.3.7), recurrence (6.3.5), and the asymptotic series (6.3.18).
pub(super) fn digamma(x: &Big) -> Big {
    if x.is_sign_negative() {
        if is_integer(x) {
            return nan();
        }
        let reflected = digamma(&sum(&one(), &-x.clone()));
        let angle = angle(x);
        if angle.is_zero() {
            return nan();
        }
        // At the half the tangent is infinite and nothing is added.
        return sum(&reflected, &-(pi() / tan(&angle)));
    }
    let (below, at) = steps_up(x);
    let inverses = below.iter().map(|below| one() / below.clone());
    let shift = inverses.fold(Big::special(0.0), |total, inverse| sum(&total, &inverse));
    let square = one() / (at.clone() * at.clone());
    let mut power = square.clone();
    let first = -power.clone() / Big::int(12);
    let tail = summed_to_least(first, |_, n| {
        power = power.clone() * square.clone();
        let k = n + 1;
        -(bernoulli(k as usize) * power.clone() / Big::int(2 * k))
    });
    let main = sum(&log(&at), &-(one() / at.shifted(1)));
    sum(&sum(&main, &tail), &-shift)
}
