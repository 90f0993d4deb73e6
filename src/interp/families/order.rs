//! Sorting.

use std::cmp::Ordering;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements, lanes};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("sort", sort),
            row_of("top_k", top_k),
            row_of("approx_top_k", approx_top_k),
        ]
    }
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
pub(super) fn ordered<R: Real>(x: &Tensor<R>, a: usize, b: usize) -> Ordering {
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

/// The first `k` of an axis, the last one unless said otherwise, in falling order, and where they stood.
fn top_k<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let axis = match call.given("axis") {
        Some(_) => call.axis("axis", x.rank())?,
        None => x.rank().checked_sub(1).ok_or(Fault::Param("axis"))?,
    };
    foremost(call, axis, |a, b| ordered(x, b, a))
}

/// The exact answer, which XLA's CPU gives as well.
fn approx_top_k<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let axis = match call.int("reduction_dimension")? {
        number if number < 0 => x.rank().checked_sub(number.unsigned_abs() as usize),
        number => usize::try_from(number).ok().filter(|&axis| axis < x.rank()),
    };
    let axis = axis.ok_or(Fault::Param("reduction_dimension"))?;
    if call.flag("is_max_k") {
        foremost(call, axis, |a, b| ordered(x, b, a))
    } else {
        foremost(call, axis, |a, b| ordered(x, a, b))
    }
}

/// The first `k` places of each line in an order, and where they stood in it.
fn foremost<R: Real>(
    call: &Call<'_, R>,
    axis: usize,
    order: impl Fn(usize, usize) -> Ordering,
) -> Outcome<R> {
    let (x, k) = (call.input(0)?, call.index("k")?);
    if k > x.shape[axis] {
        return Err(Fault::Param("k"));
    }
    let mut shape = x.shape.clone();
    shape[axis] = k;
    let targets = lanes(&shape, axis);
    let (mut sources, mut places) = (vec![0; elements(&shape)], vec![0; elements(&shape)]);
    for (lane, targets) in lanes(&x.shape, axis).iter().zip(targets) {
        let mut sorted: Vec<usize> = (0..lane.len()).collect();
        sorted.sort_by(|&a, &b| order(lane[a], lane[b]));
        for (to, at) in targets.into_iter().zip(sorted) {
            (sources[to], places[to]) = (lane[at], at as i128);
        }
    }
    Ok(vec![
        x.pick(&shape, &sources),
        Tensor::from_ints(call.out_dtype(1)?, &shape, places),
    ])
}
