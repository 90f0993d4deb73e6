//! Primitives that move elements and change none.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, elements, places, strides};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("broadcast_in_dim", broadcast_in_dim),
            row_of("reshape", reshape),
            row_of("squeeze", regrouped),
            row_of("expand_dims", regrouped),
            row_of("transpose", transpose),
            row_of("rev", rev),
            row_of("tile", tile),
            row_of("copy", |call| Ok(same(call))),
            row_of("copy_p", |call| Ok(same(call))),
            row_of("stop_gradient", |call| Ok(same(call))),
            row_of("device_put", |call| Ok(same(call))),
            row_of("optimization_barrier", |call| Ok(same(call))),
            row_of("sharding_constraint", |call| Ok(same(call))),
            row_of("pvary", |call| Ok(same(call))),
            row_of("pbroadcast", |call| Ok(same(call))),
            row_of("reduce_replicate", |call| Ok(same(call))),
        ]
    }
}

fn same<R: Real>(call: &Call<'_, R>) -> Vec<Tensor<R>> {
    call.inputs.to_vec()
}

/// Elements stay in row-major order.
fn regrouped<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    if x.len() != elements(&shape) {
        return Err(Fault::Operands("the number of elements changes".to_owned()));
    }
    Ok(vec![x.reshaped(&shape)])
}

fn reshape<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    if let Some(order) = call.given("dimensions") {
        let order =
            crate::schema::params::indices(call.symbols(), order).ok_or(Fault::Param("dimensions"))?;
        // The axes are permuted first.
        let is_permutation = order.len() == x.rank() && (0..x.rank()).all(|axis| order.contains(&axis));
        if !is_permutation {
            return Err(Fault::Param("dimensions"));
        }
        let (moved, shape) = (transposed(x, &order), call.out_shape(0)?);
        if moved.len() != elements(&shape) {
            return Err(Fault::Operands("the number of elements changes".to_owned()));
        }
        return Ok(vec![moved.reshaped(&shape)]);
    }
    regrouped(call)
}

fn broadcast_in_dim<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    let axes = match call.param("broadcast_dimensions") {
        Some(_) => call.axes("broadcast_dimensions", shape.len())?,
        // New releases leave out what is plain: a scalar.
        None if x.rank() == 0 => Vec::new(),
        None => return Err(Fault::Param("broadcast_dimensions")),
    };
    if axes.len() != x.rank() || (x.is_empty() && elements(&shape) > 0) {
        return Err(Fault::Param("broadcast_dimensions"));
    }
    let mut steps = vec![0; shape.len()];
    for ((&axis, &size), stride) in axes.iter().zip(&x.shape).zip(strides(&x.shape)) {
        if size != 1 && size != shape[axis] {
            return Err(Fault::Param("broadcast_dimensions"));
        }
        steps[axis] = if size == 1 { 0 } else { stride };
    }
    Ok(vec![x.pick(&shape, &places(&shape, 0, &steps))])
}

fn transpose<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let order = call.axes("permutation", x.rank())?;
    if order.len() != x.rank() {
        return Err(Fault::Param("permutation"));
    }
    Ok(vec![transposed(x, &order)])
}

/// Axis `order[i]` becomes axis `i`; `order` is a permutation.
pub(super) fn transposed<R: Real>(x: &Tensor<R>, order: &[usize]) -> Tensor<R> {
    let old = strides(&x.shape);
    let shape: Vec<usize> = order.iter().map(|&axis| x.shape[axis]).collect();
    let steps: Vec<usize> = order.iter().map(|&axis| old[axis]).collect();
    x.pick(&shape, &places(&shape, 0, &steps))
}

fn rev<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let axes = call.axes("dimensions", x.rank())?;
    let steps = strides(&x.shape);
    let mut found = Vec::with_capacity(x.len());
    crate::interp::tensor::each_index(&x.shape, |index| {
        let mirrored = |axis: usize| x.shape[axis] - 1 - index[axis];
        let place = |axis: usize| {
            if axes.contains(&axis) {
                mirrored(axis)
            } else {
                index[axis]
            }
        };
        found.push((0..index.len()).map(|axis| place(axis) * steps[axis]).sum());
    });
    Ok(vec![x.pick(&x.shape, &found)])
}

fn tile<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    if shape.len() != x.rank() || (x.is_empty() && elements(&shape) > 0) {
        return Err(Fault::Param("reps"));
    }
    let steps = strides(&x.shape);
    let mut found = Vec::with_capacity(elements(&shape));
    crate::interp::tensor::each_index(&shape, |index| {
        let places = index.iter().zip(&x.shape).zip(&steps);
        found.push(places.map(|((index, size), step)| index % size * step).sum());
    });
    Ok(vec![x.pick(&shape, &found)])
}
