//! Reductions, running reductions and contractions: what becomes of many numbers in one range.

use super::operation::Operation;
use super::table::{Row, one};
use super::{Range, arithmetic, relations};
use crate::ir::Format;
use crate::schema::params::{self, DotDimensionNumbers};

pub(super) const ROWS: &[Row] = &[
    one("reduce_sum", reduce_sum),
    one("reduce_max", |op| reduce_extreme(op, f64::NEG_INFINITY)),
    one("reduce_min", |op| reduce_extreme(op, f64::INFINITY)),
    one("reduce_prod", |op| {
        let count = op.axes().and_then(|axes| op.reduced(0, &axes));
        repeated_product(op, count, false)
    }),
    one("reduce_and", |op| op.operand(0).join(empty(op, 1.0))),
    one("reduce_or", |op| op.operand(0).join(empty(op, 0.0))),
    one("cumsum", |op| {
        let x = op.operand(0);
        total(op, x, along(op)).join(x)
    }),
    one("cumprod", |op| repeated_product(op, along(op), true)),
    one("cummax", |op| op.operand(0)),
    one("cummin", |op| op.operand(0)),
    one("reduce_window_sum", |op| signed(op.operand(0))),
    one("reduce_window_max", |op| {
        op.operand(0).join(Range::exactly(f64::NEG_INFINITY))
    }),
    one("reduce_window_min", |op| {
        op.operand(0).join(Range::exactly(f64::INFINITY))
    }),
    one("scatter-add", |op| signed(op.operand(0).join(op.operand(2)))),
    one("dot_general", dot_general),
    one("conv_general_dilated", |op| {
        signed(arithmetic::product(op.operand(0), op.operand(1), f64::MAX))
    }),
];

/// A sum of any number of elements.
fn signed(x: Range) -> Range {
    let low = if x.low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let high = if x.high <= 0.0 { 0.0 } else { f64::INFINITY };
    let opposite = x.low == f64::NEG_INFINITY && x.high == f64::INFINITY || low < 0.0 && high > 0.0;
    Range {
        integral: x.integral,
        ..Range::between(low, high)
    }
    // Partial sums of both signs may overflow to both infinities.
    .or_nan(x.nan || opposite)
}

/// What a reduction of nothing gives, if that is what it reduces.
fn empty(op: &Operation<'_, '_>, identity: f64) -> Range {
    let count = op.axes().and_then(|axes| op.reduced(0, &axes));
    match count {
        Some(count) if count > 0.0 => Range::NOTHING,
        _ => Range::exactly(identity),
    }
}

fn along(op: &Operation<'_, '_>) -> Option<f64> {
    op.extent(0, params::axis(op.program(), op.eqn)?)
}

/// The sum of `count` elements of `x`, added in any order.
fn total(op: &Operation<'_, '_>, x: Range, count: Option<f64>) -> Range {
    let Some(count) = count else {
        return signed(x).join(Range::exactly(0.0));
    };
    if count == 0.0 {
        return Range::exactly(0.0);
    }
    if x.is_empty() || count == 1.0 {
        return x;
    }
    let exact = Range::between(x.low * count, x.high * count);
    let anchored = op
        .dtype(0)
        .map_or(exact, |dtype| exact.loosened_to_zero(dtype, count));
    let one_sign = x.low >= 0.0 || x.high <= 0.0;
    // Partial sums that overflow to both sides, or that leave and come back, are seen from the largest magnitude.
    let largest = op
        .dtype(0)
        .and_then(Format::arithmetic_of)
        .map_or(f64::INFINITY, |format| format.largest);
    let overflows = !one_sign && x.magnitude() * count * 1.01 > largest;
    Range {
        zero: anchored.low <= 0.0 && anchored.high >= 0.0 && (!one_sign || x.zero),
        integral: x.integral,
        ..anchored
    }
    .or_nan(x.nan || overflows && op.is_float())
}

fn reduce_sum(op: &Operation<'_, '_>) -> Range {
    let axes = op.axes();
    let count = axes.as_deref().and_then(|axes| op.reduced(0, axes));
    let range = total(op, op.operand(0), count);
    match (op.node(0), axes) {
        // One of the terms is 1 and none is negative.
        (Some(e), Some(axes)) if range.low < 1.0 && relations::attains_one(op.ranges, e, &axes) => {
            range.meet(Range::between(1.0, f64::INFINITY).or_nan(true))
        }
        _ => range,
    }
}

fn reduce_extreme(op: &Operation<'_, '_>, identity: f64) -> Range {
    let x = op.operand(0);
    let identity = op.dtype(0).map_or(Range::exactly(identity), |dtype| {
        let all = Range::of_dtype(dtype);
        Range::exactly(if identity < 0.0 { all.low } else { all.high })
    });
    match op.axes().and_then(|axes| op.reduced(0, &axes)) {
        Some(count) if count > 0.0 => x,
        _ => x.join(identity),
    }
}

/// The product of `count` elements, or of all numbers of elements up to it.
fn repeated_product(op: &Operation<'_, '_>, count: Option<f64>, running: bool) -> Range {
    let x = op.operand(0);
    let nonnegative = x.low >= 0.0;
    let low = if nonnegative { 0.0 } else { f64::NEG_INFINITY };
    let all = Range {
        integral: x.integral,
        ..Range::between(low, f64::INFINITY)
    }
    .or_nan(x.nan || x.magnitude() > 1.0);
    match count {
        Some(1.0) => x,
        _ if x.magnitude() <= 1.0 => {
            let start = if running {
                Range::NOTHING
            } else {
                Range::exactly(1.0)
            };
            all.meet(Range::between(-1.0, 1.0).or_nan(true).join(start))
        }
        _ => all,
    }
}

fn dot_general(op: &Operation<'_, '_>) -> Range {
    let numbers = op
        .param("dimension_numbers")
        .and_then(|value| DotDimensionNumbers::read(&op.program().symbols, value));
    let Some(numbers) = numbers else {
        return Range::ANYTHING;
    };
    let (a, b) = (op.operand(0), op.operand(1));
    let least = op
        .dtype(0)
        .and_then(Format::arithmetic_of)
        .map_or(0.0, |format| format.least);
    let mut terms = arithmetic::product(a, b, least);
    // A dot product of a value with itself is a sum of squares.
    let free =
        |dims: &[usize]| op.operand_type(0).and_then(|ty| ty.shape()).map(<[_]>::len) == Some(dims.len());
    let alike = numbers.lhs_contracting == numbers.rhs_contracting && numbers.lhs_batch == numbers.rhs_batch;
    let all = [numbers.lhs_contracting.as_slice(), &numbers.lhs_batch].concat();
    if alike && free(&all) && op.same(0, 1) {
        terms = terms.meet(Range::between(0.0, f64::INFINITY).or_nan(true));
    }
    let range = total(op, terms, op.reduced(0, &numbers.lhs_contracting));
    // Products may be rounded or not before they are added, which the ends must cover.
    op.dtype(0)
        .map_or(range, |dtype| range.loosened_to_zero(dtype, 4.0))
}
