//! Primitives of JAX's own Python classes, of libraries, and those that leave values as they are.

use std::cmp::Ordering;

use super::arithmetic::Op;
use super::elementwise::{aligned, combine};
use super::order::ordered;
use super::views::transposed;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements, lanes, strides};
use crate::ir::{DType, ParamValue};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("polynomial", polynomial),
            row_of("SearchSorted", search_sorted),
            row_of("Nonzero", nonzero),
            row_of("Frexp", frexp),
            row_of("Ldexp", ldexp),
            row_of("CustomRoot", custom_root),
            row_of("unvmap_any", |call| whole(call, Op::Or)),
            row_of("unvmap_all", |call| whole(call, Op::And)),
            row_of("unvmap_max", |call| whole(call, Op::Max)),
            row_of("iota_2x32_shape", counts),
        ]
    }
}

/// The coefficients follow the variable, from the constant on; by Horner's rule.
fn polynomial<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let x = aligned(call, 0, &shape)?;
    let last = call.inputs.len() - 1;
    let mut sum = aligned(call, last, &shape)?;
    for index in (1..last).rev() {
        let product = combine(call, Op::Mul, &sum, &x)?;
        sum = combine(call, Op::Add, &product, &aligned(call, index, &shape)?)?;
    }
    Ok(vec![sum])
}

/// How many elements along an axis of the first operand lie before each element of the second.
///
/// Batch axes come first in both; those of the result are the batch axes, the other axes of the first operand without
/// the searched one, and the other axes of the second.
fn search_sorted<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (sorted, query) = (call.input(0)?, call.input(1)?);
    let (axis, batch) = (call.axis("dimension", sorted.rank())?, call.index("batch_dims")?);
    let from_left = match call.value("side")? {
        ParamValue::Text(text) => call.symbols().text(*text) == "left",
        _ => return Err(Fault::Param("side")),
    };
    if batch > axis || sorted.shape[..batch] != *query.shape.get(..batch).unwrap_or_default() {
        return Err(Fault::Param("batch_dims"));
    }
    let before = |order: Ordering| if from_left { order.is_lt() } else { order.is_le() };
    let all = super::pieces::chained(&[sorted, query])?;
    let each = elements(&query.shape[batch..]);
    let others = elements(&sorted.shape[batch..])
        .checked_div(sorted.shape[axis])
        .unwrap_or(1);
    let mut found = Vec::new();
    for (number, lane) in lanes(&sorted.shape, axis).into_iter().enumerate() {
        let first = number / others.max(1) * each;
        for at in first..first + each {
            let count = lane.partition_point(|&place| before(ordered(&all, place, sorted.len() + at)));
            found.push(count as i128);
        }
    }
    // Nothing lies before anything where there is nothing to search.
    let shape = call.out_shape(0)?;
    found.resize(elements(&shape), 0);
    Ok(vec![Tensor::from_ints(call.out_dtype(0)?, &shape, found)])
}

/// The positions along `axes` of the first `size` elements that are not zero, then the fill values, or 0.
fn nonzero<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let mut axes = call.axes("axes", x.rank())?;
    axes.sort_unstable();
    let size = call.index("size")?;
    let order: Vec<usize> = (0..x.rank())
        .filter(|axis| !axes.contains(axis))
        .chain(axes.iter().copied())
        .collect();
    let moved = transposed(x, &order);
    let extents: Vec<usize> = axes.iter().map(|&axis| x.shape[axis]).collect();
    let (width, own) = (elements(&extents), strides(&extents));
    let is_set = |at: usize| match moved.data() {
        Data::Float(items) => !items[at].is_zero(),
        Data::Complex(items) => items[at].norm_sqr() != 0.0,
        _ => moved.int(at) != Some(0),
    };
    let mut outputs = vec![Vec::new(); axes.len()];
    for row in 0..moved.len().checked_div(width).unwrap_or_default() {
        let places = (0..width).filter(|&at| is_set(row * width + at)).take(size);
        let places: Vec<usize> = places.collect();
        for (index, output) in outputs.iter_mut().enumerate() {
            let along = |&at: &usize| (at / own[index] % extents[index]) as i128;
            output.extend(places.iter().map(along));
            let fill = call
                .inputs
                .get(1 + index)
                .and_then(|fill| fill.int(row % fill.len().max(1)));
            output.extend((places.len()..size).map(|_| fill.unwrap_or(0)));
        }
    }
    let tensor = |(index, items)| {
        Ok(Tensor::from_ints(
            call.out_dtype(index)?,
            &call.out_shape(index)?,
            items,
        ))
    };
    outputs.into_iter().enumerate().map(tensor).collect()
}

/// The exponent of a number as a power of two times a number from ½ to 1; 0 for zeros, infinities and NaN.
fn exponent(value: f64) -> i32 {
    libm::frexp(value).1
}

fn frexp<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let Data::Float(items) = x.data() else {
        return Err(call.not_on(x));
    };
    let exponents: Vec<i32> = items
        .iter()
        .map(|item| {
            if item.is_finite() {
                exponent(item.to_f64())
            } else {
                0
            }
        })
        .collect();
    let pairs = items.iter().zip(&exponents);
    let mantissas = pairs.map(|(item, &exponent)| scaled(item, -exponent));
    Ok(vec![
        call.floats(x.dtype, &x.shape, mantissas),
        Tensor::from_ints(
            DType::Int32,
            &x.shape,
            exponents.iter().map(|&exponent| exponent.into()),
        ),
    ])
}

/// A number times a power of two, in two steps, neither of which over- or underflows on its own.
fn scaled<R: Real>(item: &R, exponent: i32) -> R {
    let half = exponent / 2;
    item.clone() * R::from_f64(2f64.powi(half)) * R::from_f64(2f64.powi(exponent - half))
}

fn ldexp<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    const FAR: i128 = 4096;
    let (x, by) = (call.input(0)?, call.input(1)?);
    let (Data::Float(items), Data::Int(_)) = (x.data(), by.data()) else {
        return Err(call.not_on(x));
    };
    let steps = |at: usize| by.int(at).unwrap_or_default().clamp(-FAR, FAR) as i32;
    let found = items.iter().enumerate().map(|(at, item)| {
        // A power of two beyond the doubles takes several steps.
        let (whole, rest) = (steps(at) / 512, steps(at) % 512);
        (0..whole.abs()).fold(scaled(item, rest), |item, _| scaled(&item, 512 * whole.signum()))
    });
    Ok(vec![call.floats(x.dtype, &x.shape, found)])
}

/// The solver takes its constants and the guess, which come first.
fn custom_root<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let solve = call.block("solve_jaxpr")?;
    let count = call.machine.program.blocks[solve].inputs.len();
    let inputs = call.inputs.get(..count).ok_or(Fault::Param("solve_jaxpr"))?;
    Ok(call.machine.run(solve, inputs)?)
}

/// All elements combined.
fn whole<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let x = call.input(0)?;
    Ok(vec![super::reductions::reduced(
        call,
        op,
        x,
        (0..x.rank()).collect(),
    )?])
}

/// The number of each place in row-major order, in two halves.
fn counts<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let half = |shift: u32| {
        let items = (0..elements(&shape)).map(|place| (place as i128 >> shift) & i128::from(u32::MAX));
        Tensor::from_ints(DType::Uint32, &shape, items)
    };
    Ok(vec![half(32), half(0)])
}
