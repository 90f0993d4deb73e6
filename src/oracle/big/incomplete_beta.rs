//! The incomplete beta function.

use std::cmp::Ordering;

use super::super::context::{self, bits, with_bits};
use super::elementary::{exp, log, log1p, nan, one};
use super::gamma::lgamma;
use super::series::summed;
use super::{Big, sum};

/// Parameters beyond this take too many terms.
const LARGEST_EXPONENT: i128 = 20;

/// I(x; a, b) for positive a and b and 0 < x < 1: x^a·(1 − x)^b/(a·B(a, b))·Σ (a + b)ₙ/(a + 1)ₙ·xⁿ, whose terms are
/// all positive (DLMF 8.17.8), or 1 − I(1 − x; b, a) above the mean.
pub(super) fn regularized(a: &Big, b: &Big, x: &Big) -> Big {
    if a.exponent().max(b.exponent()) > Some(LARGEST_EXPONENT) {
        context::note_range();
        return nan();
    }
    with_bits(bits() + 48, || {
        let total = sum(a, b);
        let mean = sum(a, &one()) / sum(&total, &Big::int(2));
        let rest = sum(&one(), &-x.clone());
        if x.order(&mean) == Some(Ordering::Greater) {
            let below = lower(b, a, &rest, &log(&rest), &log(x));
            sum(&one(), &-below)
        } else {
            lower(a, b, x, &log(x), &log1p(&-x.clone()))
        }
    })
}

fn lower(a: &Big, b: &Big, x: &Big, log_x: &Big, log_rest: &Big) -> Big {
    let total = sum(a, b);
    let series = summed(one(), |term, n| {
        let ratio = sum(&total, &Big::int(n - 1)) / sum(a, &Big::int(n));
        term.clone() * ratio * x.clone()
    });
    let powers = sum(&(a.clone() * log_x.clone()), &(b.clone() * log_rest.clone()));
    // a·B(a, b) = Γ(a + 1)·Γ(b)/Γ(a + b).
    let gammas = sum(&sum(&lgamma(&sum(a, &one())), &lgamma(b)), &-lgamma(&total));
    series * exp(&sum(&powers, &-gammas))
}
