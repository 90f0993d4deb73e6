//! Reductions over axes, and the places of extremes.

use num_complex::Complex64;

use super::arithmetic::Op;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::tensor::{Data, Tensor, elements};

pub(super) const ROWS: &[Row] = &[
    row_of("reduce_sum", |call| reduce(call, Op::Add)),
    row_of("reduce_prod", |call| reduce(call, Op::Mul)),
    row_of("reduce_max", |call| reduce(call, Op::Max)),
    row_of("reduce_min", |call| reduce(call, Op::Min)),
    row_of("reduce_and", |call| reduce(call, Op::And)),
    row_of("reduce_or", |call| reduce(call, Op::Or)),
    row_of("reduce_xor", |call| reduce(call, Op::Xor)),
    row_of("argmax", |call| extreme(call, |new, old| new > old)),
    row_of("argmin", |call| extreme(call, |new, old| new < old)),
];

/// The operand with the reduced axes last: rows of the numbers that are combined.
fn rows(call: &Call<'_>) -> Result<(Tensor, usize, Vec<usize>), Fault> {
    let x = call.input(0)?;
    let axes = call.axes("axes", x.rank())?;
    let kept: Vec<usize> = (0..x.rank()).filter(|axis| !axes.contains(axis)).collect();
    let shape: Vec<usize> = kept.iter().map(|&axis| x.shape[axis]).collect();
    let width = axes.iter().map(|&axis| x.shape[axis]).product();
    let order: Vec<usize> = kept.into_iter().chain(axes).collect();
    Ok((super::views::transposed(x, &order), width, shape))
}

fn reduce(call: &Call<'_>, op: Op) -> Outcome {
    let (x, width, shape) = rows(call)?;
    let dtype = x.dtype;
    let count = elements(&shape);
    let places = |row: usize| row * width..(row + 1) * width;
    let undefined = || call.not_on(&x);
    let result = match &x.data {
        Data::Float(items) => {
            let sums = (0..count).map(|row| fold_floats(call, op, dtype, &items[places(row)]));
            Tensor::from_floats(
                dtype,
                &shape,
                sums.collect::<Option<Vec<_>>>().ok_or_else(undefined)?,
            )
        }
        Data::Complex(items) => {
            let start = Complex64::new(op.neutral(dtype), 0.0);
            let sum = |row: usize| {
                items[places(row)]
                    .iter()
                    .try_fold(start, |sum, &item| op.complex(sum, item))
            };
            let sums = (0..count).map(sum).collect::<Option<Vec<_>>>();
            Tensor::from_complex(dtype, &shape, sums.ok_or_else(undefined)?)
        }
        Data::Key(_) => return Err(undefined()),
        Data::Bool(_) | Data::Int(_) => {
            let start = if op == Op::And { -1 } else { op.neutral_int(dtype) };
            let next = |sum: i128, at: usize| {
                let sum = op.ints(dtype, sum, x.int(at)?)?;
                // Wrapping at each step keeps products of any number of factors in range.
                Some(if dtype.is_integer() {
                    super::super::number::signed(dtype, super::super::number::wrap(dtype, sum))
                } else {
                    sum
                })
            };
            let sums = (0..count).map(|row| places(row).try_fold(start, next));
            let sums: Vec<i128> = sums.collect::<Option<_>>().ok_or_else(undefined)?;
            let truth = |sum: i128| if op == Op::And { sum & 1 } else { sum };
            let is_bool = matches!(x.data, Data::Bool(_));
            Tensor::from_ints(
                dtype,
                &shape,
                sums.into_iter().map(|sum| if is_bool { truth(sum) } else { sum }),
            )
        }
    };
    let mut result = result;
    call.flush(&mut result);
    Ok(vec![result])
}

/// Combines a row in order. XLA's CPU sums bf16 and f16 in f32, so those are rounded at the end only.
fn fold_floats(call: &Call<'_>, op: Op, dtype: crate::ir::DType, row: &[f64]) -> Option<f64> {
    let step = match dtype {
        crate::ir::DType::Float64 => crate::ir::DType::Float64,
        _ => crate::ir::DType::Float32,
    };
    let flushes = call.machine.options.flush_subnormals;
    row.iter().try_fold(op.neutral(dtype), |sum, &item| {
        let sum = crate::interp::number::round(step, op.floats(sum, item)?);
        Some(if flushes {
            crate::interp::number::flush(step, sum)
        } else {
            sum
        })
    })
}

/// The first place of the extreme; a NaN is more extreme than every number.
fn extreme(call: &Call<'_>, beats: fn(f64, f64) -> bool) -> Outcome {
    let (x, width, shape) = rows(call)?;
    let dtype = call.out_dtype(0)?;
    if width == 0 && elements(&shape) > 0 {
        return Err(Fault::Operands("there is no extreme of nothing".to_owned()));
    }
    let value = |at: usize| match &x.data {
        Data::Float(items) => items[at],
        _ => crate::interp::number::to_float(x.int(at).unwrap_or_default()),
    };
    // Integers beyond 2^53 are compared as they are.
    let wins = |new: usize, old: usize| match (x.int(new), x.int(old)) {
        (Some(new), Some(old)) if new != old => beats(
            if new > old { 1.0 } else { 0.0 },
            if new > old { 0.0 } else { 1.0 },
        ),
        (Some(_), Some(_)) => false,
        _ => !value(old).is_nan() && (value(new).is_nan() || beats(value(new), value(old))),
    };
    let best = |row: usize| {
        let start = row * width;
        (start..start + width).fold(start, |best, at| if wins(at, best) { at } else { best }) - start
    };
    let found = (0..elements(&shape)).map(|row| best(row) as i128);
    Ok(vec![Tensor::from_ints(dtype, &shape, found)])
}
