//! Modified Bessel functions of the first kind, scaled by e^−|x|.

use super::super::context::bits;
use super::Big;
use super::elementary::{exp, magnitude, one, pi, sqrt};
use super::series::{summed, summed_to_least};
use crate::interp::Real;

/// e^−|x|·I(x) of the order 0 or 1.
///
/// The power series (A&S 9.6.10), whose terms are all positive, or the asymptotic series (9.7.1) where its least
/// term, about e^(−2x), is beyond all bits.
pub(super) fn scaled(order: i64, x: &Big) -> Big {
    let size = magnitude(x);
    let is_large = size.order(&Big::from_integer(bits() as i128)) == Some(std::cmp::Ordering::Greater);
    let value = if is_large {
        let series = summed_to_least(one(), |term, k| {
            let odd = 2 * k - 1;
            let factor = Big::int(odd * odd - 4 * order * order);
            term.clone() * factor / (Big::int(8 * k) * size.clone())
        });
        series / sqrt(&(pi() * size.shifted(1)))
    } else {
        let square = (size.clone() * size.clone()).shifted(-2);
        let first = if order == 0 {
            one()
        } else {
            size.clone().shifted(-1)
        };
        let series = summed(first, |term, k| {
            term.clone() * square.clone() / Big::int(k * (k + order))
        });
        series * exp(&-size)
    };
    if order == 1 { value.with_sign_of(x) } else { value }
}
