//! Reductions over axes, and the places of extremes.

use std::cmp::Ordering;

use num_complex::Complex64;

use super::arithmetic::Op;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("reduce_sum", |call| reduce(call, Op::Add)),
            row_of("reduce_prod", |call| reduce(call, Op::Mul)),
            row_of("reduce_max", |call| reduce(call, Op::Max)),
            row_of("reduce_min", |call| reduce(call, Op::Min)),
            row_of("reduce_and", |call| reduce(call, Op::And)),
            row_of("reduce_or", |call| reduce(call, Op::Or)),
            row_of("reduce_xor", |call| reduce(call, Op::Xor)),
            row_of("reduce", general_reduce),
            row_of("argmax", |call| extreme(call, Ordering::Greater)),
            row_of("argmin", |call| extreme(call, Ordering::Less)),
        ]
    }
}

/// The operand with the reduced axes last: rows of the numbers that are combined.
fn lines<R: Real>(call: &Call<'_, R>) -> Result<(Tensor<R>, usize, Vec<usize>), Fault> {
    let x = call.input(0)?;
    let (order, width, shape) = reduced_last(x, call.axes("axes", x.rank())?);
    Ok((super::views::transposed(x, &order), width, shape))
}

/// The order of the axes with the reduced ones last, the number of elements along those, and the shape of the rest.
fn reduced_last<R: Real>(x: &Tensor<R>, axes: Vec<usize>) -> (Vec<usize>, usize, Vec<usize>) {
    let kept: Vec<usize> = (0..x.rank()).filter(|axis| !axes.contains(axis)).collect();
    let shape = kept.iter().map(|&axis| x.shape[axis]).collect();
    let width = axes.iter().map(|&axis| x.shape[axis]).product();
    (kept.into_iter().chain(axes).collect(), width, shape)
}

fn reduce<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let x = call.input(0)?;
    Ok(vec![reduced(call, op, x, call.axes("axes", x.rank())?)?])
}

/// Combines the elements along different axes of `x`.
pub(super) fn reduced<R: Real>(
    call: &Call<'_, R>,
    op: Op,
    x: &Tensor<R>,
    axes: Vec<usize>,
) -> Result<Tensor<R>, Fault> {
    let (order, width, shape) = reduced_last(x, axes);
    let x = super::views::transposed(x, &order);
    let dtype = x.dtype;
    let count = elements(&shape);
    let places = |row: usize| row * width..(row + 1) * width;
    let undefined = || call.not_on(&x);
    let result = match x.data() {
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
        Data::Key(_) | Data::Reference(_) => return Err(undefined()),
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
            let is_bool = matches!(x.data(), Data::Bool(_));
            Tensor::from_ints(
                dtype,
                &shape,
                sums.into_iter().map(|sum| if is_bool { truth(sum) } else { sum }),
            )
        }
    };
    let mut result = result;
    call.flush(&mut result);
    Ok(result)
}

/// Combines a row in order, a long one in parts that run beside each other, as vectors of XLA's CPU do. It sums bf16
/// and f16 in f32, so those are rounded at the end only.
fn fold_floats<R: Real>(call: &Call<'_, R>, op: Op, dtype: crate::ir::DType, row: &[R]) -> Option<R> {
    /// Shorter rows are summed in order.
    const LONG: usize = 64;
    const PARTS: usize = 8;
    let step = match dtype {
        crate::ir::DType::Float64 => crate::ir::DType::Float64,
        _ => crate::ir::DType::Float32,
    };
    let flushes = call.machine.options.flush_subnormals;
    let neutral = || R::from_f64(op.neutral(dtype));
    let (mut start, mut rest) = (vec![neutral()], row);
    if row.len() >= LONG {
        let (vectors, remainder) = row.as_chunks::<PARTS>();
        let starts: [R; PARTS] = std::array::from_fn(|_| neutral());
        let ends = match op {
            // One of two numbers is as round as they are.
            Op::Max | Op::Min if !flushes => op.along(starts, vectors, |_| ()),
            _ => op.along(starts, vectors, |sums| R::round_all(sums, step, flushes)),
        };
        start = ends?.to_vec();
        rest = remainder;
    }
    let (first, more) = start.split_first()?;
    more.iter().chain(rest).try_fold(first.clone(), |sum, item| {
        let sum = op.reals(&sum, item)?.rounded(step);
        Some(if flushes { sum.flushed(step) } else { sum })
    })
}

/// Operands and as many initial values, combined by a jaxpr of scalars.
fn general_reduce<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (operands, starts) = call.inputs.split_at(call.inputs.len() / 2);
    let x = call.input(0)?;
    let axes = call.axes("dimensions", x.rank())?;
    let (order, width, shape) = reduced_last(x, axes);
    let moved: Vec<Tensor<R>> = operands
        .iter()
        .map(|x| super::views::transposed(x, &order))
        .collect();
    let row = |row: usize| (row * width..(row + 1) * width).collect();
    let places: Vec<Vec<usize>> = (0..elements(&shape)).map(row).collect();
    folded(call, &moved, starts, &places)
}

/// Folds the elements at each set of places by the equation's jaxpr, from the initial values on.
pub(super) fn folded<R: Real>(
    call: &Call<'_, R>,
    operands: &[Tensor<R>],
    starts: &[Tensor<R>],
    places: &[Vec<usize>],
) -> Outcome<R> {
    let same = operands.iter().all(|x| x.shape == operands[0].shape);
    if !same || operands.len() != starts.len() || starts.iter().any(|start| start.len() != 1) {
        return Err(Fault::Operands(
            "there is not one initial value an operand".to_owned(),
        ));
    }
    let body = call.block("jaxpr")?;
    let mut found: Vec<Vec<Tensor<R>>> = vec![Vec::with_capacity(places.len()); operands.len()];
    for places in places {
        let mut state = starts.to_vec();
        for place in places {
            state.extend(operands.iter().map(|x| x.pick(&[], &[*place])));
            state = call.machine.run(body, &state)?;
        }
        found
            .iter_mut()
            .zip(state)
            .for_each(|(found, one)| found.push(one));
    }
    let joined = found.iter().enumerate().map(|(index, items)| {
        let shape = call.out_shape(index)?;
        match items.as_slice() {
            [] => Ok(Tensor::filled(call.out_dtype(index)?, &shape, 0.0)),
            items => Ok(super::pieces::chained(&items.iter().collect::<Vec<_>>())?.reshaped(&shape)),
        }
    });
    joined.collect()
}

/// The first place of the extreme; a NaN is more extreme than every number.
fn extreme<R: Real>(call: &Call<'_, R>, wanted: Ordering) -> Outcome<R> {
    let (x, width, shape) = lines(call)?;
    let dtype = call.out_dtype(0)?;
    if width == 0 && elements(&shape) > 0 {
        return Err(Fault::Operands("there is no extreme of nothing".to_owned()));
    }
    // The order of the second against the first; a NaN that comes first stays.
    let order = |old: usize, new: usize| match x.data() {
        Data::Float(items) if items[old].is_nan() => None,
        Data::Float(items) if items[new].is_nan() => Some(wanted),
        Data::Float(items) => items[new].partial_cmp(&items[old]),
        _ => x.int(new).partial_cmp(&x.int(old)),
    };
    let wins = |new: usize, old: usize| order(old, new) == Some(wanted);
    let best = |row: usize| {
        let start = row * width;
        (start..start + width).fold(start, |best, at| if wins(at, best) { at } else { best }) - start
    };
    let found = (0..elements(&shape)).map(|row| best(row) as i128);
    Ok(vec![Tensor::from_ints(dtype, &shape, found)])
}
