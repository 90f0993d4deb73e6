//! `scatter` and its kinds: windows of an array, replaced or combined at places that another array holds.

use super::arithmetic::Op;
use super::index_windows::{IndexWindows, Mode};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{BlockId, round_to};
use crate::schema::params::ScatterDimensionNumbers;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("scatter", replace),
            row_of("scatter-add", |call| scatter(call, Op::Add)),
            row_of("scatter-sub", |call| scatter(call, Op::Sub)),
            row_of("scatter-mul", |call| scatter(call, Op::Mul)),
            row_of("scatter-min", |call| scatter(call, Op::Min)),
            row_of("scatter-max", |call| scatter(call, Op::Max)),
        ]
    }
}

/// `scatter` replaces; one whose jaxpr computes something else is `jnp.ndarray.at[…].apply`.
fn replace<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    for jaxpr in call.param("update_jaxpr").map_or(&[][..], |value| value.jaxprs()) {
        let block = &call.machine.program.blocks[jaxpr.block()];
        let second = block.inputs.get(1).copied();
        let takes_update = matches!(block.outputs.as_slice(), [only] if only.value() == second);
        if !takes_update || second.is_none() {
            return apply(call, jaxpr.block());
        }
    }
    scatter(call, Op::Last)
}

/// Where each element of the updates goes; `None` for those that are dropped.
fn targets<R: Real>(call: &Call<'_, R>) -> Result<Vec<Option<usize>>, Fault> {
    let (x, indices, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let numbers = ScatterDimensionNumbers::read(call.symbols(), call.value("dimension_numbers")?);
    let numbers = numbers.ok_or(Fault::Param("dimension_numbers"))?;
    let windows = IndexWindows {
        offset_axes: numbers.update_window_dims,
        collapsed: numbers.inserted_window_dims,
        index_map: numbers.scatter_dims_to_operand_dims,
        batching: numbers.operand_batching_dims,
        index_batching: numbers.scatter_indices_batching_dims,
        sizes: None,
    };
    // XLA drops an update outside whatever was promised; only clipping moves it.
    let moves = Mode::read(call)? == Mode::Clip;
    windows.places(&x.shape, indices, &updates.shape, moves)
}

fn scatter<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let (x, updates) = (call.input(0)?, call.input(2)?);
    let mut result = x.clone();
    for (from, to) in targets(call)?.into_iter().enumerate() {
        if let Some(to) = to {
            combine_at(call, op, &mut result, to, updates, from)?;
        }
    }
    call.flush(&mut result);
    Ok(vec![result])
}

/// Each target becomes what a jaxpr of scalars makes of it and the update.
fn apply<R: Real>(call: &Call<'_, R>, body: BlockId) -> Outcome<R> {
    let (x, updates) = (call.input(0)?, call.input(2)?);
    let mut result = x.clone();
    for (from, to) in targets(call)?.into_iter().enumerate() {
        let Some(to) = to else { continue };
        let operands = [result.pick(&[], &[to]), updates.pick(&[], &[from])];
        for value in call.machine.run(body, &operands)? {
            combine_at(call, Op::Last, &mut result, to, &value, 0)?;
        }
    }
    Ok(vec![result])
}

/// Combines one element of `result` with one of `updates`.
pub(super) fn combine_at<R: Real>(
    call: &Call<'_, R>,
    op: Op,
    result: &mut Tensor<R>,
    to: usize,
    updates: &Tensor<R>,
    from: usize,
) -> Result<(), Fault> {
    let dtype = result.dtype;
    let undefined = Fault::Operands(format!("it is not evaluated on {}", dtype.short_name()));
    let ints = result.int(to).zip(updates.int(from));
    match (result.data_mut(), updates.data()) {
        (Data::Float(x), Data::Float(y)) => {
            x[to] = op.reals(&x[to], &y[from]).ok_or(undefined)?.rounded(dtype);
        }
        (Data::Int(x), Data::Int(_)) => {
            let combined = ints.and_then(|(x, y)| op.ints(dtype, x, y)).ok_or(undefined)?;
            x[to] = crate::interp::number::wrap(dtype, combined);
        }
        (Data::Bool(x), Data::Bool(y)) => x[to] = op.bools(x[to], y[from]).ok_or(undefined)?,
        (Data::Complex(x), Data::Complex(y)) => {
            let part = dtype.real_part();
            let sum = op.complex(x[to], y[from]).ok_or(undefined)?;
            x[to] = num_complex::Complex64::new(round_to(sum.re, part), round_to(sum.im, part));
        }
        (Data::Key(x), Data::Key(y)) if op == Op::Last => x[to] = y[from],
        _ => return Err(call.not_on(updates)),
    }
    Ok(())
}
