//! Comparisons and logic: truth values, and the bits of integers.

use super::Range;
use super::operation::Operation;
use super::table::{Row, one};
use crate::ir::DType;

pub(super) const ROWS: &[Row] = &[
    one("lt", |op| ordered(op.operand(0), op.operand(1), true)),
    one("lt_to", |op| ordered(op.operand(0), op.operand(1), true)),
    one("le", |op| ordered(op.operand(0), op.operand(1), false)),
    one("le_to", |op| ordered(op.operand(0), op.operand(1), false)),
    one("gt", |op| ordered(op.operand(1), op.operand(0), true)),
    one("ge", |op| ordered(op.operand(1), op.operand(0), false)),
    one("eq", equal),
    one("ne", |op| inverted(equal(op))),
    one("is_finite", |op| {
        let x = op.operand(0);
        if x.is_finite() {
            TRUE
        } else if !x.nan && x.low == x.high {
            FALSE
        } else {
            EITHER
        }
    }),
    one("not", |op| match op.dtype(0) {
        Some(DType::Bool) => inverted(op.operand(0)),
        _ => Range::ANYTHING,
    }),
    one("and", |op| {
        let (a, b) = (op.operand(0), op.operand(1));
        bits(a, b, 0.0, a.high.min(b.high)).meet(if is_bool(op) {
            Range::integers(a.low.min(b.low), 1.0)
        } else {
            Range::ANYTHING
        })
    }),
    one("or", |op| {
        let (a, b) = (op.operand(0), op.operand(1));
        let high = if is_bool(op) {
            a.high.max(b.high)
        } else {
            a.high + b.high
        };
        bits(a, b, a.low.max(b.low), high)
    }),
    one("xor", |op| {
        let (a, b) = (op.operand(0), op.operand(1));
        bits(a, b, 0.0, if is_bool(op) { 1.0 } else { a.high + b.high })
    }),
    one("shift_right_logical", |op| {
        let (a, by) = (op.operand(0), op.operand(1));
        match by.constant() {
            Some(by) if a.low >= 0.0 && (0.0..64.0).contains(&by) => {
                Range::integers((a.low / by.exp2()).floor(), (a.high / by.exp2()).floor())
            }
            _ => Range::ANYTHING,
        }
    }),
    one("population_count", |op| {
        Range::integers(0.0, op.dtype(0).map_or(64.0, |dtype| f64::from(dtype.bits())))
    }),
    one("clz", |op| {
        Range::integers(0.0, op.dtype(0).map_or(64.0, |dtype| f64::from(dtype.bits())))
    }),
];

const TRUE: Range = Range {
    low: 1.0,
    high: 1.0,
    nan: false,
    zero: false,
    integral: true,
};
const FALSE: Range = Range {
    low: 0.0,
    high: 0.0,
    nan: false,
    zero: true,
    integral: true,
};
const EITHER: Range = Range {
    low: 0.0,
    high: 1.0,
    nan: false,
    zero: true,
    integral: true,
};

fn is_bool(op: &Operation<'_, '_>) -> bool {
    op.dtype(0) == Some(DType::Bool)
}

/// `a < b`, or `a ≤ b`. Of NaN no order holds.
fn ordered(a: Range, b: Range, strictly: bool) -> Range {
    let nan = a.nan || b.nan;
    if a.is_empty() || b.is_empty() {
        return FALSE;
    }
    let never = if strictly { a.low >= b.high } else { a.low > b.high };
    let always = if strictly { a.high < b.low } else { a.high <= b.low };
    if never {
        FALSE
    } else if always && !nan {
        TRUE
    } else {
        EITHER
    }
}

fn equal(op: &Operation<'_, '_>) -> Range {
    let (a, b) = (op.operand(0), op.operand(1));
    // Of numbers that are not known, such as keys, nothing follows.
    if !op
        .operand_dtype(0)
        .is_some_and(|dtype| dtype.is_float() || dtype.is_integer())
    {
        return EITHER;
    }
    let apart = a.meet(b).is_empty();
    if apart {
        FALSE
    } else if !a.nan && !b.nan && (a.low == a.high && a == b || op.same(0, 1)) {
        TRUE
    } else {
        EITHER
    }
}

fn inverted(truth: Range) -> Range {
    match (truth.low == 0.0, truth.high == 0.0) {
        (true, true) => TRUE,
        (false, false) => FALSE,
        _ => EITHER,
    }
}

/// Bits of numbers that are not negative.
fn bits(a: Range, b: Range, low: f64, high: f64) -> Range {
    if a.low >= 0.0 && b.low >= 0.0 {
        Range::integers(low, high)
    } else {
        Range::ANYTHING
    }
}
