//! The incomplete gamma functions, and their derivatives with regard to the shape, for positive finite operands.

use super::super::context::{self, bits, with_bits};
use super::elementary::{exp, log, nan, one};
use super::gamma::lgamma;
use super::series::summed;
use super::{Big, sum};

/// Parameters beyond this take too many terms.
const LARGEST_EXPONENT: i128 = 20;

/// Whether x is in the upper tail.
fn is_above(a: &Big, x: &Big) -> bool {
    let middle = sum(a, &one());
    x.order(&middle) == Some(std::cmp::Ordering::Greater)
}

/// Bits that the sizes of the logarithms cost, and those that a small shape costs where P is near 1; `None` for
/// parameters that are too large.
fn lost_bits(a: &Big, x: &Big) -> Option<usize> {
    let (a, x) = (a.exponent()?, x.exponent()?);
    if a > LARGEST_EXPONENT || x > LARGEST_EXPONENT {
        context::note_range();
        return None;
    }
    let small = usize::try_from(-a.min(0)).unwrap_or(0).min(2 * bits());
    Some(48 + small)
}

/// xᵃ·e⁻ˣ/Γ(a + 1).
fn density(a: &Big, x: &Big) -> Big {
    let logarithm = sum(&(a.clone() * log(x)), &-x.clone());
    exp_or_one(&sum(&logarithm, &-lgamma(&sum(a, &one()))))
}

fn exp_or_one(x: &Big) -> Big {
    if x.exponent().is_none() { one() } else { exp(x) }
}

/// P(a, x) = xᵃ·e⁻ˣ/Γ(a + 1)·Σ xⁿ/((a + 1)…(a + n)), whose terms are all positive (DLMF 8.7.1).
pub(super) fn lower(a: &Big, x: &Big) -> Big {
    let Some(lost) = lost_bits(a, x) else {
        return nan();
    };
    with_bits(bits() + lost, || {
        if is_above(a, x) && is_beyond_series(x) {
            return sum(&one(), &-fraction(a, x));
        }
        let series = summed(one(), |term, n| term.clone() * x.clone() / sum(a, &Big::int(n)));
        series * density(a, x)
    })
}

/// Q(a, x) = 1 − P(a, x), with bits for what that cancels, which is at most a factor of e^−x.
pub(super) fn upper(a: &Big, x: &Big) -> Big {
    use crate::interp::Real;
    let Some(lost) = lost_bits(a, x) else {
        return nan();
    };
    if is_above(a, x) && is_beyond_series(x) {
        return with_bits(bits() + lost, || fraction(a, x));
    }
    let tail = if is_above(a, x) {
        usize::try_from((1.5 * x.to_f64()).to_integer()).unwrap_or(0)
    } else {
        0
    };
    with_bits(bits() + lost + tail, || sum(&one(), &-lower(a, x)))
}

/// Whether the continued fraction takes fewer steps than the series.
fn is_beyond_series(x: &Big) -> bool {
    x.order(&Big::int(2 * bits() as i64)) == Some(std::cmp::Ordering::Greater)
}

/// Q(a, x) by the continued fraction DLMF 8.9.2, contracted, in the algorithm of Lentz.
fn fraction(a: &Big, x: &Big) -> Big {
    let mut denominator = sum(&sum(x, &one()), &-a.clone());
    let mut d = one() / denominator.clone();
    let (mut c, mut value) = (None::<Big>, d.clone());
    for n in 1..1 << 16 {
        let n = Big::int(n);
        let numerator = n.clone() * sum(a, &-n);
        denominator = sum(&denominator, &Big::int(2));
        d = one() / sum(&denominator, &(numerator.clone() * d));
        let next = c.map_or_else(|| denominator.clone(), |c| sum(&denominator, &(numerator / c)));
        let change = next.clone() * d.clone();
        c = Some(next);
        value = value * change.clone();
        let rest = sum(&change, &Big::int(-1));
        if rest
            .exponent()
            .is_none_or(|exponent| exponent < 4 - bits() as i128)
        {
            return value * density(a, x) * a.clone();
        }
    }
    context::note_range();
    nan()
}

/// ∂P(a, x)/∂a as the central difference of P or of −Q, whichever is small, over a step of 2^−b of the shape at three
/// times the b bits: the error of the formula is of the order 2^−2b.
pub(super) fn lower_by_shape(a: &Big, x: &Big) -> Big {
    let step = a.clone().shifted(-(bits() as i128));
    with_bits(3 * bits(), || {
        let (above, below) = (sum(a, &step), sum(a, &-step.clone()));
        let difference = if is_above(a, x) {
            sum(&upper(&below, x), &-upper(&above, x))
        } else {
            sum(&lower(&above, x), &-lower(&below, x))
        };
        difference / step.shifted(1)
    })
}

/// ∂x/∂a at fixed P(a, x), which is −(∂P/∂a)/(∂P/∂x).
pub(super) fn sample_by_shape(a: &Big, x: &Big) -> Big {
    let slope = density(a, x) * a.clone() / x.clone();
    -lower_by_shape(a, x) / slope
}
