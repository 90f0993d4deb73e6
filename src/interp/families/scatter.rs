//! `scatter` and its kinds: windows of an array, replaced or combined at places that another array holds.

use super::arithmetic::Op;
use super::gather::{Mode, mode, within};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::round;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, each_index, elements, strides};
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

/// Which axes play which part.
struct Plan {
    numbers: ScatterDimensionNumbers,
    /// Axes of the operand that a window spans.
    window_axes: Vec<usize>,
    /// Axes of the updates that are no window's.
    batch_axes: Vec<usize>,
    mode: Mode,
}

/// `scatter` replaces; one whose jaxpr computes something else is `jnp.ndarray.at[…].apply`.
fn replace<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    for jaxpr in call.param("update_jaxpr").map_or(&[][..], |value| value.jaxprs()) {
        let block = &call.machine.program.blocks[jaxpr.block()];
        let second = block.inputs.get(1).copied();
        let takes_update = matches!(block.outputs.as_slice(), [only] if only.value() == second);
        if !takes_update || second.is_none() {
            let message = "a scatter that applies a function is not evaluated";
            return Err(Fault::Operands(message.to_owned()));
        }
    }
    scatter(call, Op::Last)
}

fn scatter<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let (x, indices, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let plan = plan(call, x, indices, updates)?;
    let targets = plan.targets(x, indices, updates);
    let mut result = x.clone();
    for (from, to) in targets.into_iter().enumerate() {
        if let Some(to) = to {
            combine_at(call, op, &mut result, to, updates, from)?;
        }
    }
    call.flush(&mut result);
    Ok(vec![result])
}

fn plan<R: Real>(
    call: &Call<'_, R>,
    x: &Tensor<R>,
    indices: &Tensor<R>,
    updates: &Tensor<R>,
) -> Result<Plan, Fault> {
    let unreadable = || Fault::Param("dimension_numbers");
    let numbers = ScatterDimensionNumbers::read(call.symbols(), call.value("dimension_numbers")?);
    let numbers = numbers.ok_or_else(unreadable)?;
    let left_out = |axis: &usize| {
        numbers.inserted_window_dims.contains(axis) || numbers.operand_batching_dims.contains(axis)
    };
    let window_axes: Vec<usize> = (0..x.rank()).filter(|axis| !left_out(axis)).collect();
    let batch_axes: Vec<usize> = (0..updates.rank())
        .filter(|axis| !numbers.update_window_dims.contains(axis))
        .collect();
    let mut windows = window_axes.iter().zip(&numbers.update_window_dims);
    let named = numbers.scatter_dims_to_operand_dims.iter();
    let fits = window_axes.len() == numbers.update_window_dims.len()
        && windows.all(|(&axis, &from)| from < updates.rank() && updates.shape[from] <= x.shape[axis])
        && indices.rank() == batch_axes.len() + 1
        && batch_axes
            .iter()
            .zip(&indices.shape)
            .all(|(&axis, &size)| updates.shape[axis] == size)
        && indices.shape.last() == Some(&numbers.scatter_dims_to_operand_dims.len())
        && named
            .chain(&numbers.operand_batching_dims)
            .all(|&axis| axis < x.rank())
        && numbers
            .scatter_indices_batching_dims
            .iter()
            .all(|&axis| axis < batch_axes.len())
        && numbers.operand_batching_dims.len() == numbers.scatter_indices_batching_dims.len();
    if !fits {
        return Err(unreadable());
    }
    let mode = mode(call)?;
    Ok(Plan {
        numbers,
        window_axes,
        batch_axes,
        mode,
    })
}

impl Plan {
    /// Where each element of the updates goes; `None` for those that are dropped.
    fn targets<R: Real>(
        &self,
        x: &Tensor<R>,
        indices: &Tensor<R>,
        updates: &Tensor<R>,
    ) -> Vec<Option<usize>> {
        let (own, index_steps) = (strides(&x.shape), strides(&indices.shape));
        // A window is as wide as the updates say, and one element along the other axes.
        let mut sizes = vec![1; x.rank()];
        for (&axis, &from) in self.window_axes.iter().zip(&self.numbers.update_window_dims) {
            sizes[axis] = updates.shape[from];
        }
        let mut found = Vec::with_capacity(elements(&updates.shape));
        each_index(&updates.shape, |index| {
            let batch: Vec<usize> = self.batch_axes.iter().map(|&axis| index[axis]).collect();
            let at: usize = batch
                .iter()
                .zip(&index_steps)
                .map(|(index, step)| index * step)
                .sum();
            let mut place = Some(0);
            for (component, &axis) in self.numbers.scatter_dims_to_operand_dims.iter().enumerate() {
                let start = indices.int(at + component).unwrap_or_default();
                let inside = x.shape[axis]
                    .checked_sub(sizes[axis])
                    .map(|room| within(start, room));
                // XLA drops an update outside whatever was promised; only clipping moves it.
                let kept = inside.filter(|&inside| self.mode == Mode::Clip || inside as i128 == start);
                place = place.zip(kept).map(|(place, start)| place + start * own[axis]);
            }
            let windows = self.window_axes.iter().zip(&self.numbers.update_window_dims);
            let inside: usize = windows.map(|(&axis, &from)| index[from] * own[axis]).sum();
            let numbers = &self.numbers;
            let batched = numbers
                .operand_batching_dims
                .iter()
                .zip(&numbers.scatter_indices_batching_dims);
            let beside: usize = batched.map(|(&axis, &from)| batch[from] * own[axis]).sum();
            let place = place.map(|place| place + inside + beside);
            found.push(place.filter(|&place| place < x.len()));
        });
        found
    }
}

fn combine_at<R: Real>(
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
            x[to] = num_complex::Complex64::new(round(part, sum.re), round(part, sum.im));
        }
        (Data::Key(x), Data::Key(y)) if op == Op::Last => x[to] = y[from],
        _ => return Err(call.not_on(updates)),
    }
    Ok(())
}
