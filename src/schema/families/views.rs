//! Primitives that move elements of one array and compute nothing: broadcasts, reshapes, slices.

use crate::ir::{ArrayType, Dim, ParamValue, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params;
use crate::schema::primitive::Moves::{Dimensions, Elements};
use crate::schema::primitive::{Arity, Primitive, Rule, param};
use crate::schema::shape::{
    agree, any_extent, count, decorated, extent, is_any, shapes_agree, types_agree, with_shape,
};
use crate::schema::typed_eqn::{TypedEqn, distinct_axes};
use crate::schema::version::Version;

/// A primitive of so many operands.
pub(super) const fn fixed(name: &'static str, operands: usize, rule: Rule) -> Primitive {
    Primitive::new(name, Arity::Exactly(operands), rule)
}

/// A primitive of so many operands or more.
pub(super) const fn open(name: &'static str, operands: usize, rule: Rule) -> Primitive {
    Primitive::new(name, Arity::AtLeast(operands), rule)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    open("broadcast_in_dim", 1, broadcast_in_dim).moves(Dimensions).params(&[
        param("broadcast_dimensions").until(Version::V0_8),
        param("broadcast_dimensions").unless("()").since(Version::V0_9),
        param("shape").until(Version::V0_8),
        param("sharding").or("None").since(Version::V0_4_38).until(Version::V0_8),
    ]),
    open("reshape", 1, reshape).moves(Dimensions).params(&[
        param("dimensions").or("None"),
        param("new_sizes"),
        param("sharding").or("None").since(Version::V0_4_38),
    ]),
    fixed("squeeze", 1, squeeze).moves(Dimensions).params(&[param("dimensions")]),
    fixed("expand_dims", 1, expand_dims).moves(Dimensions).params(&[param("dimensions")]),
    fixed("transpose", 1, transpose).moves(Dimensions).params(&[param("permutation")]),
    fixed("rev", 1, rev).moves(Elements).params(&[param("dimensions")]),
    fixed("slice", 1, slice).moves(Elements).params(&[
        param("limit_indices"),
        param("start_indices"),
        param("strides").or("None"),
    ]),
    fixed("pad", 2, pad).params(&[param("padding_config")]),
    open("iota", 0, iota).params(&[
        param("dimension"),
        param("dtype"),
        param("shape"),
        param("sharding").or("None").since(Version::V0_4_38),
    ]),
    fixed("empty", 0, empty).params(&[param("dtype"), param("shape")]),
    fixed("empty2", 0, empty2).params(&[param("dtype"), param("memory_space").since(Version::V0_8)]).since(Version::V0_7),
    fixed("bitcast_convert_type", 1, bitcast_convert_type).params(&[param("new_dtype")]),
    open("optimization_barrier", 0, identity),
];

/// The extents and shardings of `shape`, with the shardings that `operand` has where the two agree.
fn broadcast_in_dim(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    const NAME: &str = "broadcast_dimensions";
    let operand = eqn.shaped(0)?;
    let mut shape = match eqn.param("shape") {
        Some(_) => eqn.shape("shape")?,
        // From 0.9 on the shape stands in the binder alone.
        None => eqn.binder(0)?.shape().ok_or(TypeFault::Unknown)?.to_vec(),
    };
    let axes = match eqn.param(NAME) {
        None => Vec::new(),
        Some(_) => eqn.axes(NAME, shape.len())?,
    };
    if axes.len() != operand.shape.len() {
        let message = format!(
            "`{NAME}` has {} axes for an operand of {}",
            axes.len(),
            operand.ty
        );
        return Err(TypeFault::parameter(NAME, message));
    }
    if !axes.is_sorted() {
        return Err(TypeFault::parameter(NAME, format!("`{NAME}` must rise")));
    }
    for (&axis, dim) in axes.iter().zip(operand.shape) {
        if dim.size() != Some(1) && !agree(dim, &shape[axis]) {
            let message = format!("the extent {dim} of {} cannot become {}", operand.ty, shape[axis]);
            return Err(TypeFault::operand(0, message));
        }
        if matches!(dim, Dim::Sharded(..)) && agree(dim, &shape[axis]) {
            shape[axis] = dim.clone();
        }
    }
    Ok(vec![with_shape(operand.ty, shape)])
}

fn reshape(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let shape = eqn.shape("new_sizes")?;
    if let (Some(from), Some(to)) = (count(operand.shape), count(&shape))
        && from != to
    {
        let message = format!(
            "{} has {from} elements, and `new_sizes` asks for {to}",
            operand.ty
        );
        return Err(TypeFault::parameter("new_sizes", message));
    }
    Ok(vec![with_shape(operand.ty, shape)])
}

fn squeeze(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let axes = eqn.axes("dimensions", operand.shape.len())?;
    if let Some(&axis) = axes
        .iter()
        .find(|&&axis| !agree(&operand.shape[axis], &Dim::Size(1)))
    {
        let message = format!("axis {axis} of {} is not 1", operand.ty);
        return Err(TypeFault::parameter("dimensions", message));
    }
    Ok(vec![with_shape(operand.ty, without(operand.shape, &axes))])
}

/// `shape` without the axes `axes`.
pub(super) fn without(shape: &[Dim], axes: &[usize]) -> Vec<Dim> {
    let kept = shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    kept.map(|(_, dim)| dim.clone()).collect()
}

fn expand_dims(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let numbers = eqn.ints("dimensions")?;
    let rank = operand.shape.len() + numbers.len();
    let axes = distinct_axes("dimensions", &numbers, rank)?;
    let mut old = operand.shape.iter().cloned();
    let shape = (0..rank).map(|axis| {
        if axes.contains(&axis) {
            Dim::Size(1)
        } else {
            old.next().unwrap_or_else(any_extent)
        }
    });
    Ok(vec![with_shape(operand.ty, shape.collect())])
}

fn transpose(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let axes = eqn.axes("permutation", operand.shape.len())?;
    if axes.len() != operand.shape.len() {
        let message = format!("`permutation` has {} axes for {}", axes.len(), operand.ty);
        return Err(TypeFault::parameter("permutation", message));
    }
    let shape = axes.iter().map(|&axis| operand.shape[axis].clone());
    Ok(vec![with_shape(operand.ty, shape.collect())])
}

fn rev(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    eqn.axes("dimensions", operand.shape.len())?;
    Ok(vec![operand.ty.clone()])
}

fn slice(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let (starts, limits) = (eqn.shape("start_indices")?, eqn.shape("limit_indices")?);
    let strides = match eqn.value("strides")? {
        ParamValue::None => vec![Dim::Size(1); operand.shape.len()],
        _ => eqn.shape("strides")?,
    };
    for (name, part) in [
        ("start_indices", &starts),
        ("limit_indices", &limits),
        ("strides", &strides),
    ] {
        if part.len() != operand.shape.len() {
            let message = format!("`{name}` has {} numbers for {}", part.len(), operand.ty);
            return Err(TypeFault::parameter(name, message));
        }
    }
    let mut shape = Vec::with_capacity(starts.len());
    for (axis, dim) in operand.shape.iter().enumerate() {
        let (start, limit, stride) = (starts[axis].size(), limits[axis].size(), strides[axis].size());
        let (Some(start), Some(limit), Some(stride)) = (start, limit, stride) else {
            shape.push(any_extent());
            continue;
        };
        if start > limit || stride == 0 || dim.size().is_some_and(|size| limit > size) {
            let message = format!(
                "no slice of {} goes from {start} to {limit} by {stride}",
                operand.ty
            );
            return Err(TypeFault::parameter("limit_indices", message));
        }
        let extent = (limit - start).div_ceil(stride);
        // A whole axis keeps its sharding.
        shape.push(if dim.size() == Some(extent) {
            dim.clone()
        } else {
            Dim::Size(extent)
        });
    }
    Ok(vec![with_shape(operand.ty, shape)])
}

/// Extent `n` becomes `low + n + (n - 1) * interior + high`; negative `low` and `high` cut off.
fn pad(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    const NAME: &str = "padding_config";
    let operand = eqn.shaped(0)?;
    let value = eqn.shaped(1)?;
    let scalar = with_shape(operand.ty, Vec::new());
    if !types_agree(&scalar, value.ty) {
        return Err(TypeFault::operand_type(1, &scalar, value.ty));
    }
    let items = params::items(eqn.value(NAME)?).ok_or(TypeFault::Unreadable(NAME))?;
    if items.len() != operand.shape.len() {
        let message = format!("`{NAME}` pads {} axes of {}", items.len(), operand.ty);
        return Err(TypeFault::parameter(NAME, message));
    }
    let mut shape = Vec::with_capacity(items.len());
    for (item, dim) in items.iter().zip(operand.shape) {
        // Symbolic amounts of padding are not followed.
        let amounts = params::ints(&eqn.program.symbols, item);
        let (Some([low, high, interior]), Some(size)) = (amounts.as_deref(), dim.size()) else {
            shape.push(any_extent());
            continue;
        };
        let padded = padded(size, *low, *high, *interior).ok_or_else(|| {
            TypeFault::parameter(NAME, format!("the extent {size} cannot be padded by {amounts:?}"))
        })?;
        shape.push(if padded == size {
            dim.clone()
        } else {
            Dim::Size(padded)
        });
    }
    Ok(vec![decorated(with_shape(operand.ty, shape), [value.ty])])
}

/// The extent after padding, unless there is none.
pub(super) fn padded(size: u64, low: i64, high: i64, interior: i64) -> Option<u64> {
    let (size, interior) = (i128::from(size), i128::from(interior));
    if interior < 0 {
        return None;
    }
    let gaps = (size - 1).max(0).checked_mul(interior)?;
    let padded = size
        .checked_add(gaps)?
        .checked_add(i128::from(low) + i128::from(high))?;
    u64::try_from(padded).ok()
}

fn iota(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let shape = eqn.shape("shape")?;
    eqn.axis("dimension", shape.len())?;
    Ok(vec![Type::Array(ArrayType::new(eqn.dtype("dtype")?, shape))])
}

fn empty(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![Type::Array(ArrayType::new(
        eqn.dtype("dtype")?,
        eqn.shape("shape")?,
    ))])
}

/// Always a scalar, which a broadcast follows.
fn empty2(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![Type::scalar(eqn.dtype("dtype")?)])
}

/// Narrower elements add an axis at the end, wider ones take it away.
fn bitcast_convert_type(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.array(0)?;
    let new = eqn.dtype("new_dtype")?;
    let (from, to) = (operand.dtype.bits(), new.bits());
    let mut shape = operand.shape.to_vec();
    if from == 0 || to == 0 {
        return Err(TypeFault::parameter(
            "new_dtype",
            format!("{} has no bits", new.long_name()),
        ));
    }
    if from > to {
        shape.push(Dim::Size(u64::from(from / to)));
    } else if from < to {
        let parts = Dim::Size(u64::from(to / from));
        if !shape
            .pop()
            .is_some_and(|last| is_any(&last) || shapes_agree(&[last], &[parts]))
        {
            let message = format!("{} cannot be read as {}", eqn.inputs[0], new.long_name());
            return Err(TypeFault::operand(0, message));
        }
    }
    Ok(vec![Type::Array(ArrayType {
        dtype: new,
        shape: shape.into(),
        ..operand.clone()
    })])
}

/// All outputs are what the operands are.
#[expect(clippy::unnecessary_wraps, reason = "it is a rule of the table")]
pub(super) fn identity(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(eqn.inputs.iter().map(|&ty| ty.clone()).collect())
}

/// The extent in a parameter, for rules that compute one.
pub(super) fn extent_of(name: &'static str, number: i64) -> Result<Dim, TypeFault> {
    extent(number).ok_or_else(|| TypeFault::parameter(name, format!("`{name}` is {number}")))
}
