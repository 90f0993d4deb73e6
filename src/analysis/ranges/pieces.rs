//! Values that are made of the elements of others: views, slices, joins, conversions, counting.

use super::operation::Operation;
use super::table::{Row, each, one};
use super::{Range, integer_limits};
use crate::ir::{DType, DTypeClass, ParamValue};
use crate::schema::params::{GatherDimensionNumbers, indices};

pub(super) const ROWS: &[Row] = &[
    one("split", first),
    one("tile", first),
    one("stop_gradient", first),
    one("device_put", first),
    one("sharding_constraint", first),
    one("reduce_precision", reduce_precision),
    one("concatenate", |op| {
        op.operands
            .iter()
            .copied()
            .reduce(Range::join)
            .unwrap_or(Range::ANYTHING)
    }),
    one("pad", |op| op.operand(0).join(op.operand(1))),
    one("dynamic_update_slice", |op| op.operand(0).join(op.operand(1))),
    one("scatter", |op| op.operand(0).join(op.operand(2))),
    one("scatter-min", |op| op.operand(0).join(op.operand(2))),
    one("scatter-max", |op| op.operand(0).join(op.operand(2))),
    each("sort", |op| op.operands.to_vec()),
    each("optimization_barrier", |op| op.operands.to_vec()),
    each("top_k", |op| vec![op.operand(0), Range::integers(0.0, f64::MAX)]),
    one("gather", gather),
    one("iota", iota),
    one("argmax", position),
    one("argmin", position),
    one("convert_element_type", convert),
    one("bitcast_convert_type", bitcast),
];

fn first(op: &Operation<'_, '_>) -> Range {
    op.operand(0)
}

/// Rounding to fewer bits keeps signs and order, and may overflow or underflow.
fn reduce_precision(op: &Operation<'_, '_>) -> Range {
    let x = op.operand(0);
    let low = if x.low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let high = if x.high <= 0.0 { 0.0 } else { f64::INFINITY };
    Range::between(low, high).or_nan(x.nan)
}

/// Elements of the operand; where indices may lie outside also what is filled in.
fn gather(op: &Operation<'_, '_>) -> Range {
    let operand = op.operand(0);
    let inside = op
        .text("mode")
        .is_some_and(|mode| mode.ends_with("CLIP") || mode == "1");
    if inside || indices_inside(op) == Some(true) {
        return operand;
    }
    let fill = match op.param("fill_value") {
        Some(ParamValue::Int(value)) => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "it is rounded to the dtype of the elements"
            )]
            let value = *value as f64;
            Range::exactly(value)
        }
        Some(ParamValue::Float(text)) => {
            let text = op.program().symbols.text(*text);
            text.parse().map_or(Range::ANYTHING, Range::exactly)
        }
        _ => match op.dtype(0) {
            Some(dtype) if dtype.is_float() => Range::ONLY_NAN,
            Some(dtype) => Range::of_dtype(dtype),
            None => Range::ANYTHING,
        },
    };
    operand.join(fill)
}

/// Whether every index that the range allows leaves room for the slice.
fn indices_inside(op: &Operation<'_, '_>) -> Option<bool> {
    let symbols = &op.program().symbols;
    let numbers = GatherDimensionNumbers::read(symbols, op.param("dimension_numbers")?)?;
    let sizes = indices(symbols, op.param("slice_sizes")?)?;
    let index = op.operand(1);
    let fits = |&axis: &usize| {
        #[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
        let size = *sizes.get(axis)? as f64;
        Some(index.low >= 0.0 && index.high + size <= op.extent(0, axis)?)
    };
    let all: Option<Vec<bool>> = numbers.start_index_map.iter().map(fits).collect();
    Some(all?.into_iter().all(|fits| fits))
}

fn iota(op: &Operation<'_, '_>) -> Range {
    let extent = || {
        let axis = usize::try_from(op.int("dimension")?).ok()?;
        let &output = op.program().outputs(op.eqn).first()?;
        op.program().type_of(output).shape()?.get(axis)?.size()
    };
    #[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
    extent().map_or(Range::ANYTHING, |extent| {
        Range::integers(0.0, extent.saturating_sub(1) as f64)
    })
}

fn position(op: &Operation<'_, '_>) -> Range {
    let extent = op.axes().and_then(|axes| op.extent(0, *axes.first()?));
    extent.map_or(Range::ANYTHING, |extent| {
        Range::integers(0.0, (extent - 1.0).max(0.0))
    })
}

fn convert(op: &Operation<'_, '_>) -> Range {
    let x = op.operand(0);
    let (Some(from), Some(to)) = (op.operand_dtype(0), op.dtype(0)) else {
        return x;
    };
    if from.is_complex() {
        return Range::ANYTHING;
    }
    if to == DType::Bool {
        let low = f64::from(u8::from(!x.zero));
        let high = f64::from(u8::from(x.constant() != Some(0.0)));
        return Range::integers(low, high);
    }
    match (from.class(), integer_limits(to)) {
        // Truncated, saturated, and 0 for NaN.
        (DTypeClass::Float, Some((least, greatest))) => {
            let end = |end: f64| end.trunc().clamp(least, greatest);
            let numbers = if x.is_empty() {
                Range::NOTHING
            } else {
                Range::integers(end(x.low), end(x.high))
            };
            let range = if x.nan {
                numbers.join(Range::exactly(0.0))
            } else {
                numbers
            };
            if to.bits() < 64 {
                range
            } else {
                Range::of_dtype(to)
            }
        }
        _ => x,
    }
}

/// The bits of floats that are not negative are ordered as their numbers.
fn bitcast(op: &Operation<'_, '_>) -> Range {
    let bits = op.operand(0);
    let known = bits.low >= 0.0 && bits.high <= f64::from(0x7f80_0000_u32);
    match (op.operand_dtype(0), op.dtype(0)) {
        (Some(DType::Uint32 | DType::Int32), Some(DType::Float32)) if known => {
            #[expect(clippy::cast_sign_loss, reason = "the interval begins at 0")]
            let number = |bits: f64| f64::from(f32::from_bits(bits as u32));
            Range::between(number(bits.low), number(bits.high))
        }
        _ => Range::ANYTHING,
    }
}
