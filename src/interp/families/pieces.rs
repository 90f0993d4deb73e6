//! Cutting and joining: slices, padding, concatenation, and what arrays are made of.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, each_index, elements, places, strides};
use crate::ir::ParamValue;
use crate::schema::params;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("iota", iota),
            row_of("slice", slice),
            row_of("dynamic_slice", dynamic_slice),
            row_of("dynamic_update_slice", dynamic_update_slice),
            row_of("pad", pad),
            row_of("concatenate", |call| {
                let axis = call.axis("dimension", call.input(0)?.rank())?;
                Ok(vec![joined(call.inputs, axis)?])
            }),
            row_of("split", split),
            row_of("stack", stack),
            row_of("unstack", unstack),
        ]
    }
}

fn iota<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (shape, dtype) = (call.out_shape(0)?, call.out_dtype(0)?);
    let axis = call.axis("dimension", shape.len())?;
    let mut found = Vec::with_capacity(elements(&shape));
    each_index(&shape, |index| found.push(index[axis] as i128));
    let ints = Tensor::from_ints(crate::ir::DType::Int64, &shape, found);
    Ok(vec![super::convert::converted(call, &ints, dtype)?])
}

fn slice<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let (start, limit) = (call.indices("start_indices")?, call.indices("limit_indices")?);
    let by = match call.given("strides") {
        Some(value) => params::indices(call.symbols(), value).ok_or(Fault::Param("strides"))?,
        None => vec![1; x.rank()],
    };
    let rank = x.rank();
    let sound = (0..rank).all(|axis| {
        let (Some(&start), Some(&limit), Some(&by)) = (start.get(axis), limit.get(axis), by.get(axis)) else {
            return false;
        };
        start <= limit && limit <= x.shape[axis] && by > 0
    });
    if !sound {
        return Err(Fault::Param("limit_indices"));
    }
    let shape: Vec<usize> = (0..rank)
        .map(|axis| (limit[axis] - start[axis]).div_ceil(by[axis]))
        .collect();
    let own = strides(&x.shape);
    let offset = (0..rank).map(|axis| start[axis] * own[axis]).sum();
    let steps: Vec<usize> = (0..rank).map(|axis| own[axis] * by[axis]).collect();
    Ok(vec![x.pick(&shape, &places(&shape, offset, &steps))])
}

/// Where a window of these sizes starts, moved so that all of it lies inside.
fn clamped_start<R: Real>(starts: &[Tensor<R>], shape: &[usize], sizes: &[usize]) -> Result<usize, Fault> {
    if starts.len() != shape.len() || sizes.len() != shape.len() {
        return Err(Fault::Operands("there is not one start an axis".to_owned()));
    }
    let own = strides(shape);
    let mut offset = 0;
    for (axis, start) in starts.iter().enumerate() {
        let room = shape[axis].checked_sub(sizes[axis]);
        let room = room.ok_or_else(|| Fault::Operands("the window is larger than the array".to_owned()))?;
        let start = start
            .int(0)
            .ok_or_else(|| Fault::Operands("a start must be an integer".to_owned()))?;
        offset += super::gather::within(start, room) * own[axis];
    }
    Ok(offset)
}

fn dynamic_slice<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let sizes = call.out_shape(0)?;
    let offset = clamped_start(&call.inputs[1..], &x.shape, &sizes)?;
    Ok(vec![x.pick(&sizes, &places(&sizes, offset, &strides(&x.shape)))])
}

fn dynamic_update_slice<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, update) = (call.input(0)?, call.input(1)?);
    let offset = clamped_start(&call.inputs[2..], &x.shape, &update.shape)?;
    let targets = places(&update.shape, offset, &strides(&x.shape));
    // The update's elements follow those of the array.
    let mut sources: Vec<usize> = (0..x.len()).collect();
    for (from, to) in targets.into_iter().enumerate() {
        sources[to] = x.len() + from;
    }
    let all = chained(&[x, update])?;
    Ok(vec![all.pick(&x.shape, &sources)])
}

/// All elements of all tensors, one after another.
pub(super) fn chained<R: Real>(tensors: &[&Tensor<R>]) -> Result<Tensor<R>, Fault> {
    let Some((first, rest)) = tensors.split_first() else {
        return Err(Fault::Operands("there is nothing to join".to_owned()));
    };
    let mut data = first.data().clone();
    for tensor in rest {
        match (&mut data, tensor.data()) {
            (Data::Bool(all), Data::Bool(more)) => all.extend(more),
            (Data::Int(all), Data::Int(more)) => all.extend(more),
            (Data::Float(all), Data::Float(more)) => all.extend(more.iter().cloned()),
            (Data::Complex(all), Data::Complex(more)) => all.extend(more),
            (Data::Key(all), Data::Key(more)) => all.extend(more),
            _ => {
                return Err(Fault::Operands(
                    "the operands hold different kinds of elements".to_owned(),
                ));
            }
        }
    }
    let count = tensors.iter().map(|tensor| tensor.len()).sum();
    Ok(Tensor::new(first.dtype, &[count], data))
}

/// Arrays one behind another along an axis that all of them have.
pub(super) fn joined<R: Real>(tensors: &[Tensor<R>], axis: usize) -> Result<Tensor<R>, Fault> {
    let all = chained(&tensors.iter().collect::<Vec<_>>())?;
    let first = &tensors[0].shape;
    let differs = |tensor: &Tensor<R>| {
        tensor.rank() != first.len() || (0..first.len()).any(|at| at != axis && tensor.shape[at] != first[at])
    };
    if axis >= first.len() || tensors.iter().any(differs) {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    let outer: usize = first[..axis].iter().product();
    let mut found = Vec::with_capacity(all.len());
    for row in 0..outer {
        let mut offset = 0;
        for tensor in tensors {
            let width: usize = tensor.shape[axis..].iter().product();
            found.extend((0..width).map(|at| offset + row * width + at));
            offset += tensor.len();
        }
    }
    let mut shape = first.clone();
    shape[axis] = tensors.iter().map(|tensor| tensor.shape[axis]).sum();
    Ok(all.pick(&shape, &found))
}

fn pad<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, filler) = (call.input(0)?, call.input(1)?);
    let config = params::int_tuples(call.symbols(), call.value("padding_config")?);
    let config =
        config.filter(|config| config.len() == x.rank() && config.iter().all(|axis| axis.len() == 3));
    let config = config.ok_or(Fault::Param("padding_config"))?;
    let shape = call.out_shape(0)?;
    if shape.len() != x.rank() || filler.len() != 1 {
        return Err(Fault::Param("padding_config"));
    }
    let all = chained(&[x, filler])?;
    let own = strides(&x.shape);
    let mut found = Vec::with_capacity(elements(&shape));
    each_index(&shape, |index| {
        let place = (0..index.len()).try_fold(0, |place, axis| {
            let (low, gap) = (config[axis][0], config[axis][2].max(0).saturating_add(1));
            let at = i64::try_from(index[axis]).ok()?.checked_sub(low)?;
            let row = usize::try_from(at / gap)
                .ok()
                .filter(|_| at >= 0 && at % gap == 0)?;
            (row < x.shape[axis]).then(|| place + row * own[axis])
        });
        found.push(place.unwrap_or(x.len()));
    });
    Ok(vec![all.pick(&shape, &found)])
}

/// The part of an array from `start` on along an axis; the caller knows that it is there.
pub(super) fn part<R: Real>(x: &Tensor<R>, axis: usize, start: usize, size: usize) -> Tensor<R> {
    let mut shape = x.shape.clone();
    shape[axis] = size;
    let own = strides(&x.shape);
    x.pick(&shape, &places(&shape, start * own[axis], &own))
}

fn split<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let axis = call.axis("axis", x.rank())?;
    let sizes = call.indices("sizes")?;
    if sizes.iter().try_fold(0usize, |sum, &size| sum.checked_add(size)) != Some(x.shape[axis]) {
        return Err(Fault::Param("sizes"));
    }
    let mut start = 0;
    let pieces = sizes.iter().map(|&size| {
        start += size;
        part(x, axis, start - size, size)
    });
    Ok(pieces.collect())
}

fn axis_or_first<R: Real>(call: &Call<'_, R>, rank: usize) -> Result<usize, Fault> {
    match call.param("axis") {
        None | Some(ParamValue::None) => Ok(0),
        Some(_) => call.axis("axis", rank),
    }
}

fn stack<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let rank = call.input(0)?.rank();
    let axis = axis_or_first(call, rank + 1)?;
    let widened = call.inputs.iter().map(|x| {
        let mut shape = x.shape.clone();
        shape.insert(axis.min(x.rank()), 1);
        x.reshaped(&shape)
    });
    Ok(vec![joined(&widened.collect::<Vec<_>>(), axis)?])
}

fn unstack<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let axis = axis_or_first(call, x.rank())?;
    let rows = (0..x.shape[axis]).map(|at| row(x, axis, at));
    Ok(rows.collect())
}

/// One row along an axis, without that axis.
pub(super) fn row<R: Real>(x: &Tensor<R>, axis: usize, at: usize) -> Tensor<R> {
    let one = part(x, axis, at, 1);
    let mut shape = one.shape.clone();
    shape.remove(axis);
    one.reshaped(&shape)
}
