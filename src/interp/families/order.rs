//! Sorting.

use std::cmp::Ordering;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements, places, strides};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("sort", sort), row_of("top_k", top_k)] }
}

/// Permutes all operands along an axis, by the first `num_keys` of them.
fn sort<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let first = call.input(0)?;
    let axis = call.axis("dimension", first.rank())?;
    let keys = call.index("num_keys")?.min(call.inputs.len());
    if call.inputs.iter().any(|x| x.shape != first.shape) {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    let compare = |&a: &usize, &b: &usize| {
        let mut orders = call.inputs[..keys].iter().map(|key| ordered(key, a, b));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut sources = vec![0; first.len()];
    for lane in lanes(&first.shape, axis) {
        let mut sorted = lane.clone();
        sorted.sort_by(compare);
        lane.into_iter()
            .zip(sorted)
            .for_each(|(to, from)| sources[to] = from);
    }
    Ok(call.inputs.iter().map(|x| x.pick(&x.shape, &sources)).collect())
}

/// JAX's order: zeros of either sign are equal, NaNs of either sign come last.
fn ordered<R: Real>(x: &Tensor<R>, a: usize, b: usize) -> Ordering {
    match x.data() {
        Data::Float(items) => float_order(&items[a], &items[b]),
        Data::Complex(items) => {
            float_order(&items[a].re, &items[b].re).then_with(|| float_order(&items[a].im, &items[b].im))
        }
        _ => x.int(a).cmp(&x.int(b)),
    }
}

fn float_order<R: Real>(a: &R, b: &R) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The places of the elements of each line along an axis.
fn lanes(shape: &[usize], axis: usize) -> Vec<Vec<usize>> {
    let own = strides(shape);
    let mut starts = shape.to_vec();
    starts[axis] = 1;
    if elements(shape) == 0 {
        return Vec::new();
    }
    let starts = places(&starts, 0, &own);
    let lane = |start: usize| (0..shape[axis]).map(|at| start + at * own[axis]).collect();
    starts.into_iter().map(lane).collect()
}

/// The `k` largest of the last axis, in falling order, and where they stood.
fn top_k<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, k) = (call.input(0)?, call.index("k")?);
    let axis = match call.given("axis") {
        Some(_) => call.axis("axis", x.rank())?,
        None => x.rank().checked_sub(1).ok_or(Fault::Param("axis"))?,
    };
    if axis + 1 != x.rank() || k > x.shape[axis] {
        return Err(Fault::Param("axis"));
    }
    let mut shape = x.shape.clone();
    shape[axis] = k;
    let (mut sources, mut found) = (Vec::new(), Vec::new());
    for lane in lanes(&x.shape, axis) {
        let start = lane.first().copied().unwrap_or_default();
        let mut sorted = lane;
        sorted.sort_by(|&a, &b| ordered(x, b, a));
        sources.extend(sorted.iter().take(k));
        found.extend(sorted.iter().take(k).map(|&at| (at - start) as i128));
    }
    Ok(vec![
        x.pick(&shape, &sources),
        Tensor::from_ints(call.out_dtype(1)?, &shape, found),
    ])
}
