//! Rounding to integers.

use super::super::context;
use super::Big;
use crate::interp::Real;

/// Floor, ceiling, and the two ways to the nearest integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    Down,
    Up,
    NearestAwayFromZero,
    NearestEven,
}

/// An integer as a number of its own kind; the sign of a zero is that of the operand.
pub(super) fn round(x: &Big, rounding: Rounding) -> Big {
    let Some((significand, exponent)) = x.finite() else {
        return x.clone();
    };
    let width = significand.mantissa_max_bit_len().unwrap_or_default() as i128;
    if exponent > width {
        // The last bit is worth two or more.
        return x.clone();
    }
    let sign = x.representative();
    if exponent < -1 {
        let away = match rounding {
            Rounding::Down => sign < 0.0,
            Rounding::Up => sign > 0.0,
            _ => false,
        };
        return Big::from_f64(if away { sign } else { 0f64.copysign(sign) });
    }
    let Some(raw) = x.raw() else {
        return x.clone();
    };
    let floor = Big::of(raw.floor(), 0);
    let fraction = super::sum(x, &-floor.clone());
    note_closeness(x, &fraction, rounding);
    let above = || super::sum(&floor, &Big::int(1));
    let half = Big::from_f64(0.5);
    let goes_up = match rounding {
        Rounding::Down => false,
        Rounding::Up => !fraction.is_zero(),
        Rounding::NearestAwayFromZero => match fraction.order(&half) {
            Some(std::cmp::Ordering::Equal) => sign > 0.0,
            order => order.is_some_and(std::cmp::Ordering::is_gt),
        },
        Rounding::NearestEven => match fraction.order(&half) {
            Some(std::cmp::Ordering::Equal) => is_odd(&floor),
            order => order.is_some_and(std::cmp::Ordering::is_gt),
        },
    };
    let rounded = if goes_up { above() } else { floor };
    if rounded.is_zero() {
        Big::from_f64(0f64.copysign(sign))
    } else {
        rounded
    }
}

/// Notes that a number is so near to where the result jumps that its error decides.
fn note_closeness(x: &Big, fraction: &Big, rounding: Rounding) {
    if x.is_exact() {
        return;
    }
    let jumps: &[f64] = match rounding {
        Rounding::Down | Rounding::Up => &[0.0, 1.0],
        _ => &[0.5],
    };
    let noise = x.exponent().unwrap_or_default() - (context::bits() as i128 - 16);
    let is_near = |&jump: &f64| {
        let distance = super::sum(fraction, &Big::from_f64(-jump));
        distance.exponent().is_none_or(|exponent| exponent < noise)
    };
    if jumps.iter().any(is_near) {
        context::note_undecided();
    }
}

/// Whether an integer is odd.
pub(super) fn is_odd(x: &Big) -> bool {
    let halves = x.clone().shifted(-1);
    is_integer(x) && !is_integer(&halves)
}

/// Whether a number is an integer; infinities and NaN are none.
pub(super) fn is_integer(x: &Big) -> bool {
    let Some((significand, exponent)) = x.finite() else {
        return x.representative() == 0.0;
    };
    let width = significand.mantissa_max_bit_len().unwrap_or_default() as i128;
    exponent > width || (exponent > 0 && x.raw().is_some_and(|raw| raw.is_int()))
}

/// Truncated and saturated, and 0 for NaN.
pub(super) fn to_integer(x: &Big) -> i128 {
    let Some((significand, exponent)) = x.finite() else {
        return x.representative().to_integer();
    };
    let is_negative = significand.is_negative();
    if exponent <= 0 {
        return 0;
    }
    if exponent > 127 {
        return if is_negative { i128::MIN } else { i128::MAX };
    }
    let truncated = if is_negative { Rounding::Up } else { Rounding::Down };
    let whole = round(x, truncated);
    let Some((significand, exponent)) = whole.finite() else {
        return 0;
    };
    let words = significand.mantissa_digits().unwrap_or_default();
    let word = |from_top: usize| {
        let at = words.len().checked_sub(from_top);
        at.and_then(|at| words.get(at)).copied().unwrap_or_default()
    };
    let top = (u128::from(word(1)) << 64) | u128::from(word(2));
    let size = (top >> (128 - exponent.clamp(1, 127))).cast_signed();
    if is_negative { -size } else { size }
}
