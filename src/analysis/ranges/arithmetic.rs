//! Sums, products, powers and what is like them, of floats and of integers.

use super::operation::Operation;
use super::table::{Row, one};
use super::{Range, relations};
use crate::ir::Format;

pub(super) const ROWS: &[Row] = &[
    one("add", |op| sum(op.operand(0), op.operand(1))),
    one("add_any", |op| sum(op.operand(0), op.operand(1))),
    one("sub", difference),
    one("mul", |op| {
        if op.same(0, 1) {
            square(op)
        } else {
            product(op.operand(0), op.operand(1), least(op))
        }
    }),
    one("div", quotient),
    one("rem", remainder),
    one("neg", |op| op.operand(0).negated()),
    one("abs", |op| {
        let x = op.operand(0);
        Range {
            low: x.least_magnitude(),
            high: x.magnitude(),
            ..x
        }
    }),
    one("sign", |op| {
        let x = op.operand(0);
        Range {
            zero: x.zero,
            ..Range::integers(x.low.clamp(-1.0, 1.0).floor(), x.high.clamp(-1.0, 1.0).ceil())
        }
        .or_nan(x.nan)
    }),
    one("square", square),
    one("integer_pow", |op| integer_power(op, op.int("y"))),
    one("pow", power),
    one("max", |op| {
        let (a, b) = (op.operand(0), op.operand(1));
        extreme(a, b, a.low.max(b.low), a.high.max(b.high))
    }),
    one("min", |op| {
        let (a, b) = (op.operand(0), op.operand(1));
        extreme(a, b, a.low.min(b.low), a.high.min(b.high))
    }),
    one("clamp", |op| {
        let (least, x, most) = (op.operand(0), op.operand(1), op.operand(2));
        let raised = extreme(least, x, least.low.max(x.low), least.high.max(x.high));
        extreme(raised, most, raised.low.min(most.low), raised.high.min(most.high))
    }),
    one("nextafter", |op| op.operand(0).join(op.operand(1)).fractional()),
];

/// The smallest normal number of the result: products below it may be zero.
fn least(op: &Operation<'_, '_>) -> f64 {
    op.dtype(0)
        .and_then(Format::arithmetic_of)
        .map_or(0.0, |format| format.least)
}

/// Both are empty or neither: an operand without numbers leaves none for the result.
fn numbers(a: Range, b: Range, result: Range) -> Range {
    if a.is_empty() || b.is_empty() {
        Range::NOTHING.or_nan(a.nan || b.nan)
    } else {
        result.or_nan(a.nan || b.nan)
    }
}

pub(super) fn sum(a: Range, b: Range) -> Range {
    let opposite = a.high == f64::INFINITY && b.low == f64::NEG_INFINITY
        || a.low == f64::NEG_INFINITY && b.high == f64::INFINITY;
    let both = |sign: f64| {
        sign * a.low >= 0.0 && sign * a.high >= 0.0 && sign * b.low >= 0.0 && sign * b.high >= 0.0
    };
    // Numbers of one sign add up to zero only if all of them are.
    let one_sign = both(1.0) || both(-1.0);
    let range = Range::between(a.low + b.low, a.high + b.high);
    let result = Range {
        zero: range.zero && (!one_sign || a.zero && b.zero),
        integral: a.integral && b.integral,
        ..range
    };
    numbers(a, b, result.or_nan(opposite))
}

fn difference(op: &Operation<'_, '_>) -> Range {
    let (a, b) = (op.operand(0), op.operand(1));
    if op.same(0, 1) {
        return Range::exactly(0.0).or_nan(a.nan || a.may_be_infinite());
    }
    let range = sum(a, b.negated());
    match op
        .node(0)
        .zip(op.node(1))
        .and_then(|(x, m)| relations::upper_bound(op.ranges, m, x))
    {
        // Where the maximum is +inf or NaN and a guard replaces it, the other elements are left as they were.
        Some(bound) if !bound.guarded || !a.nan && a.high < f64::INFINITY => {
            range.meet(Range::between(f64::NEG_INFINITY, 0.0).or_nan(true))
        }
        _ => range,
    }
}

pub(super) fn product(a: Range, b: Range, least: f64) -> Range {
    let infinite = a.zero && b.may_be_infinite() || b.zero && a.may_be_infinite();
    // 0·inf is NaN and no number; the ends beside it are met by 0 times what is finite.
    let times = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
    let range = hull(&at_corners(a, b, times));
    let underflows = a.least_magnitude() * b.least_magnitude() < least;
    let result = Range {
        zero: a.zero || b.zero || underflows,
        integral: a.integral && b.integral,
        ..range
    };
    numbers(a, b, result.or_nan(infinite))
}

/// A function of the ends of two ranges, the last of both upper ends.
fn at_corners(a: Range, b: Range, function: impl Fn(f64, f64) -> f64) -> [f64; 4] {
    [
        function(a.low, b.low),
        function(a.low, b.high),
        function(a.high, b.low),
        function(a.high, b.high),
    ]
}

fn hull(corners: &[f64]) -> Range {
    let low = corners.iter().copied().fold(f64::INFINITY, f64::min);
    let high = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Range::between(low, high)
}

fn square(op: &Operation<'_, '_>) -> Range {
    let x = op.operand(0);
    let (low, high) = (x.least_magnitude(), x.magnitude());
    let range = Range::between(low * low, high * high);
    let result = Range {
        zero: range.zero && (x.zero || op.is_float()),
        integral: x.integral,
        ..range
    };
    numbers(x, x, result)
}

fn quotient(op: &Operation<'_, '_>) -> Range {
    let (a, b) = (op.operand(0), op.operand(1));
    if !op.is_float() {
        return integer_quotient(a, b);
    }
    let undefined = a.zero && b.zero || a.may_be_infinite() && b.may_be_infinite();
    if op.same(0, 1) {
        return numbers(a, b, Range::exactly(1.0).or_nan(undefined));
    }
    let range = real_quotient(a, b, least(op)).or_nan(undefined);
    match op.node(0).zip(op.node(1)) {
        // Rounding is monotone, and no sum of numbers that are not negative is below one of them.
        Some((e, total)) if a.low >= 0.0 && relations::is_total(op.ranges, total, e) => {
            range.meet(Range::between(0.0, 1.0).or_nan(true))
        }
        _ => range,
    }
}

fn real_quotient(a: Range, b: Range, least: f64) -> Range {
    let straddles = b.low < 0.0 && b.high > 0.0;
    if b.zero || straddles {
        // Zero may have either sign, and so may the infinity behind it.
        return numbers(a, b, Range::between(f64::NEG_INFINITY, f64::INFINITY));
    }
    let sign = if b.low >= 0.0 { 1.0 } else { -1.0 };
    let by = |a: f64, b: f64| {
        if a == 0.0 || a.is_infinite() && b.is_infinite() {
            0.0
        } else if b == 0.0 {
            // An end at zero that is not reached, but every magnitude above it may be.
            sign * a.signum() * f64::INFINITY
        } else {
            a / b
        }
    };
    let corners = at_corners(a, b, by);
    let range = hull(&corners);
    let underflows = a.least_magnitude() / b.magnitude() < least;
    numbers(
        a,
        b,
        Range {
            zero: a.zero || underflows,
            ..range
        },
    )
}

/// Division by zero gives −1, and that of the least integer by −1 wraps.
fn integer_quotient(a: Range, b: Range) -> Range {
    if b.zero || b.low <= -1.0 && b.high >= -1.0 {
        return Range::ANYTHING;
    }
    let toward_zero = |corner: f64| corner.trunc();
    let corners = [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high];
    let range = hull(&corners.map(toward_zero));
    let range = if b.low < 0.0 && b.high > 0.0 {
        hull(&[a.low, a.high, -a.low, -a.high])
    } else {
        range
    };
    Range {
        integral: true,
        ..range
    }
}

/// The result is smaller than the divisor, not larger than the dividend, and has the sign of the dividend.
fn remainder(op: &Operation<'_, '_>) -> Range {
    let (a, b) = (op.operand(0), op.operand(1));
    let most = if op.is_float() {
        a.magnitude().min(b.magnitude())
    } else {
        a.magnitude()
    };
    let low = if a.low >= 0.0 { 0.0 } else { -most };
    let high = if a.high <= 0.0 { 0.0 } else { most };
    let result = Range {
        integral: a.integral && b.integral,
        ..Range::between(low, high)
    };
    numbers(
        a,
        b,
        result.or_nan(op.is_float() && (b.zero || a.may_be_infinite())),
    )
}

fn integer_power(op: &Operation<'_, '_>, y: Option<i64>) -> Range {
    let x = op.operand(0);
    let Some(y) = y.and_then(|y| i32::try_from(y).ok()) else {
        return Range::ANYTHING;
    };
    // Repeated multiplication rounds at every step, the longer the more.
    let ulps = f64::from(y.unsigned_abs().min(1 << 16));
    let loose = |range: Range| op.dtype(0).map_or(range, |dtype| range.loosened(dtype, ulps));
    let range = match y {
        0 => Range::exactly(1.0),
        1 => x,
        2 => square(op),
        y if y > 0 && y % 2 == 0 => loose(Range::between(x.least_magnitude().powi(y), x.magnitude().powi(y))),
        y if y > 0 => loose(Range::between(x.low.powi(y), x.high.powi(y))),
        // The reciprocal of a power that overflows or is zero.
        y if y % 2 == 0 || x.is_positive() => Range::between(0.0, f64::INFINITY),
        _ => Range::ANYTHING,
    };
    let result = Range {
        integral: y >= 0 && x.integral,
        ..range
    };
    if y == 0 { result } else { numbers(x, x, result) }
}

fn power(op: &Operation<'_, '_>) -> Range {
    let (x, y) = (op.operand(0), op.operand(1));
    let whole = y.constant().filter(|y| y.fract() == 0.0 && y.abs() < 1e6);
    if let Some(y) = whole.filter(|&y| y >= 0.0) {
        let range = integer_power(op, Some(y as i64));
        return range.join(op.dtype(0).map_or(range, |dtype| range.loosened(dtype, 64.0)));
    }
    // Zero may have a sign, and its reciprocal too.
    if x.low < 0.0 || x.zero && y.low < 0.0 {
        return Range::ANYTHING;
    }
    // It rises or falls in each operand alone, so it is least and greatest at corners.
    let corners = at_corners(x, y, f64::powf);
    // It passes 1 where the base is 1, and where the power is 0.
    let passed = if x.low <= 1.0 && x.high >= 1.0 || y.low <= 0.0 && y.high >= 0.0 {
        1.0
    } else {
        corners[3]
    };
    let range = hull(&[&corners[..], &[passed]].concat());
    let loose = op.dtype(0).map_or(range, |dtype| range.loosened(dtype, 1024.0));
    let range = loose.meet(Range::between(0.0, f64::INFINITY));
    // A power with a large exponent loses what its logarithm loses.
    let sure = y.magnitude() <= 64.0;
    let range = if sure {
        range
    } else {
        Range::between(0.0, f64::INFINITY)
    };
    range.or_nan(x.nan || y.nan)
}

/// Zero of either is zero of the result, perhaps.
fn extreme(a: Range, b: Range, low: f64, high: f64) -> Range {
    let result = Range {
        zero: a.zero || b.zero,
        integral: a.integral && b.integral,
        ..Range::between(low, high)
    };
    numbers(a, b, result)
}
