//! `gather`: windows of an array, at places that another array holds.

use super::pieces::chained;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::limits;
use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, each_index, elements, strides};
use crate::ir::{DType, ParamValue};
use crate::schema::params::{self, GatherDimensionNumbers};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("gather", gather)] }
}

/// What happens to a window that does not lie inside the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is moved inside.
    Clip,
    /// It is filled, or its update is dropped.
    FillOrDrop,
    /// The program promises that there is none.
    Promise,
}

/// The parameter `mode`, an enum or, in old releases, its number.
pub(super) fn mode<R: Real>(call: &Call<'_, R>) -> Result<Mode, Fault> {
    let number = match call.value("mode")? {
        ParamValue::Text(text) => match call.symbols().text(*text).rsplit('.').next() {
            Some("CLIP") => 0,
            Some("FILL_OR_DROP") => 1,
            Some("PROMISE_IN_BOUNDS") => 2,
            _ => return Err(Fault::Param("mode")),
        },
        ParamValue::Int(number) => *number,
        _ => return Err(Fault::Param("mode")),
    };
    match number {
        0 => Ok(Mode::Clip),
        1 => Ok(Mode::FillOrDrop),
        2 => Ok(Mode::Promise),
        _ => Err(Fault::Param("mode")),
    }
}

fn gather<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, indices, shape) = (call.input(0)?, call.input(1)?, call.out_shape(0)?);
    let unreadable = || Fault::Param("dimension_numbers");
    let numbers = GatherDimensionNumbers::read(call.symbols(), call.value("dimension_numbers")?)
        .ok_or_else(unreadable)?;
    let sizes = call.indices("slice_sizes")?;
    let mode = mode(call)?;
    let window_axes: Vec<usize> = (0..x.rank())
        .filter(|axis| {
            !numbers.collapsed_slice_dims.contains(axis) && !numbers.operand_batching_dims.contains(axis)
        })
        .collect();
    let batch_axes: Vec<usize> = (0..shape.len())
        .filter(|axis| !numbers.offset_dims.contains(axis))
        .collect();
    let fits = sizes.len() == x.rank()
        && sizes.iter().zip(&x.shape).all(|(size, extent)| size <= extent)
        && window_axes.len() == numbers.offset_dims.len()
        && numbers.offset_dims.iter().all(|&axis| axis < shape.len())
        && window_axes
            .iter()
            .zip(&numbers.offset_dims)
            .all(|(&axis, &out)| sizes[axis] == shape[out])
        && indices.rank() == batch_axes.len() + 1
        && batch_axes
            .iter()
            .zip(&indices.shape)
            .all(|(&axis, &size)| shape[axis] == size)
        && indices.shape.last() == Some(&numbers.start_index_map.len())
        && numbers
            .start_index_map
            .iter()
            .chain(&numbers.operand_batching_dims)
            .all(|&axis| axis < x.rank())
        && numbers
            .start_indices_batching_dims
            .iter()
            .all(|&axis| axis < batch_axes.len())
        && numbers.operand_batching_dims.len() == numbers.start_indices_batching_dims.len();
    if !fits {
        return Err(unreadable());
    }
    let (own, index_steps) = (strides(&x.shape), strides(&indices.shape));
    let all = chained(&[x, &filler(call, x)?])?;
    let mut found = Vec::with_capacity(elements(&shape));
    each_index(&shape, |index| {
        let batch: Vec<usize> = batch_axes.iter().map(|&axis| index[axis]).collect();
        let at: usize = batch
            .iter()
            .zip(&index_steps)
            .map(|(index, step)| index * step)
            .sum();
        let mut place = Some(0);
        for (component, &axis) in numbers.start_index_map.iter().enumerate() {
            let start = indices.int(at + component).unwrap_or_default();
            let start = placed(start, x.shape[axis] - sizes[axis], mode);
            place = place.zip(start).map(|(place, start)| place + start * own[axis]);
        }
        let windows = window_axes.iter().zip(&numbers.offset_dims);
        let inside: usize = windows.map(|(&axis, &out)| index[out] * own[axis]).sum();
        let batched = numbers
            .operand_batching_dims
            .iter()
            .zip(&numbers.start_indices_batching_dims);
        let beside: usize = batched.map(|(&axis, &from)| batch[from] * own[axis]).sum();
        found.push(place.map_or(x.len(), |place| (place + inside + beside).min(x.len())));
    });
    Ok(vec![all.pick(&shape, &found)])
}

/// The place nearest to `start` that is at least 0 and at most `room`.
pub(super) fn within(start: i128, room: usize) -> usize {
    usize::try_from(start.max(0)).map_or(room, |start| start.min(room))
}

/// Where a window starts along an axis that has `room` for it to move; `None` if it is outside.
fn placed(start: i128, room: usize, mode: Mode) -> Option<usize> {
    let inside = within(start, room);
    (mode != Mode::FillOrDrop || inside as i128 == start).then_some(inside)
}

/// What stands for elements outside: `fill_value`, or NaN, the least signed, the greatest unsigned, `True`.
fn filler<R: Real>(call: &Call<'_, R>, x: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    let number = match call.given("fill_value") {
        Some(ParamValue::Float(text)) => {
            let number = call.symbols().text(*text).parse::<f64>();
            Some(number.map_err(|_| Fault::Param("fill_value"))?)
        }
        Some(ParamValue::Text(text)) => call.symbols().text(*text).parse::<f64>().ok(),
        Some(ParamValue::Bool(value)) => Some(f64::from(u8::from(*value))),
        Some(value) => {
            params::int(call.symbols(), value).map(|number| crate::interp::number::to_float(number.into()))
        }
        None => None,
    };
    if let crate::interp::tensor::Data::Key(_) = x.data() {
        return Ok(Tensor::new(
            x.dtype,
            &[],
            crate::interp::tensor::Data::Key(vec![[u32::MAX; 2]]),
        ));
    }
    if let Some(number) = number {
        return Ok(Tensor::filled(x.dtype, &[], number));
    }
    let (least, greatest) = limits(x.dtype);
    Ok(match x.dtype {
        DType::Bool => Tensor::from_ints(x.dtype, &[], [1]),
        dtype if dtype.is_integer() => {
            Tensor::from_ints(dtype, &[], [if least < 0 { least } else { greatest }])
        }
        dtype => Tensor::filled(dtype, &[], f64::NAN),
    })
}
