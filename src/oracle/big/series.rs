//! What several series share.

use std::cell::RefCell;

use super::super::context::{self, bits, with_bits};
use super::elementary::nan;
use super::{Big, sum};
use crate::interp::Real;

/// More terms than this are not summed.
const MOST_TERMS: i64 = 1 << 18;

/// Whether a number has no bits beside another, or there is no number to go on with.
pub(super) fn is_negligible(term: &Big, total: &Big) -> bool {
    if term.exponent().is_none() {
        return true;
    }
    let least = total.exponent().map(|exponent| exponent - bits() as i128 - 4);
    term.exponent() < least
}

/// The sum of a series that converges, each term from the one before it and its number, which starts with 1.
/// NaN, and noted as out of range, where that takes too long.
pub(super) fn summed(first: Big, mut next: impl FnMut(&Big, i64) -> Big) -> Big {
    let (mut total, mut term) = (first.clone(), first);
    for n in 1..MOST_TERMS {
        term = next(&term, n);
        total = sum(&total, &term);
        if is_negligible(&term, &total) {
            return total;
        }
    }
    context::note_range();
    nan()
}

/// The sum of an asymptotic series up to its least term, as [`summed`].
pub(super) fn summed_to_least(first: Big, mut next: impl FnMut(&Big, i64) -> Big) -> Big {
    let (mut total, mut term) = (first.clone(), first);
    for n in 1..MOST_TERMS {
        let following = next(&term, n);
        if following.exponent() > term.exponent() || is_negligible(&following, &total) {
            break;
        }
        total = sum(&total, &following);
        term = following;
    }
    total
}

thread_local! {
    /// Bernoulli numbers, and the bits that they have.
    static BERNOULLI: RefCell<(usize, Vec<Big>)> = const { RefCell::new((0, Vec::new())) };
}

/// The Bernoulli number with the index 2·k, for k ≥ 1, at the precision of the context or more.
pub(super) fn bernoulli(k: i64) -> Big {
    let k = usize::try_from(k).unwrap_or(1);
    BERNOULLI.with_borrow_mut(|(known_bits, numbers)| {
        if *known_bits < bits() || numbers.len() < k {
            let count = k.next_power_of_two().max(numbers.len()).max(64);
            *known_bits = bits().max(*known_bits);
            *numbers = context::unmetered(|| with_bits(*known_bits + 32, || bernoulli_numbers(count)));
        }
        numbers.get(k - 1).cloned().unwrap_or_else(nan)
    })
}

/// B(2k) = (−1)^(k−1)·2k·T(k)/(4ᵏ·(4ᵏ − 1)) with the tangent numbers T, whose recurrence has positive terms only
/// (Brent and Harvey, "Fast computation of Bernoulli, tangent and secant numbers", 2013, algorithm `TangentNumbers`).
fn bernoulli_numbers(count: usize) -> Vec<Big> {
    let int = |value: usize| Big::from_integer(value as i128);
    let mut tangents = vec![int(1)];
    for k in 1..count {
        let last = tangents[k - 1].clone();
        tangents.push(last * int(k));
    }
    for k in 1..count {
        for j in k..count {
            let left = int(j - k) * tangents[j - 1].clone();
            tangents[j] = sum(&left, &(int(j - k + 2) * tangents[j].clone()));
        }
    }
    let number = |(at, tangent): (usize, Big)| {
        let k = at + 1;
        let power = Big::int(1).shifted(2 * k as i128);
        let divisor = power.clone() * sum(&power, &Big::int(-1));
        let size = int(2 * k) * tangent / divisor;
        if k % 2 == 0 { -size } else { size }
    };
    tangents.into_iter().enumerate().map(number).collect()
}
