//! Primitives along axes: reductions, scans over an axis, sorts.

use super::views::{extent_of, without};
use crate::ir::{DType, Type};
use crate::schema::bodies::{Body, Port};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::{Arity, DTypes, ParamSpec, Primitive, param};
use crate::schema::shape::{any_extent, decorated, shapes_agree, types_agree, with_dtype, with_shape};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

const AXES: &[ParamSpec] = &[param("axes")];
const AXES_AND_INDEX: &[ParamSpec] = &[param("axes"), param("index_dtype")];
const AXIS: &[ParamSpec] = &[param("axis"), param("reverse").or("False")];
const AXES_AND_SHARDING: &[ParamSpec] = &[
    param("axes"),
    param("out_sharding").or("None").since(Version::V0_8),
];
const AXES_AND_LATE_SHARDING: &[ParamSpec] = &[
    param("axes"),
    param("out_sharding").or("None").since(Version::V0_12),
];

const fn reduction(name: &'static str, accepts: DTypes) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), reduce_axes)
        .on(accepts)
        .params(AXES)
}

const fn arg_reduction(name: &'static str) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), arg_reduce).params(AXES_AND_INDEX)
}

const fn cumulative(name: &'static str, accepts: DTypes) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), along_axis)
        .on(accepts)
        .params(AXIS)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    reduction("reduce_sum", DTypes::NUMBER).params(AXES_AND_SHARDING),
    reduction("reduce_max", DTypes::ANY).params(AXES_AND_LATE_SHARDING),
    reduction("reduce_min", DTypes::ANY).params(AXES_AND_LATE_SHARDING),
    reduction("reduce_prod", DTypes::NUMBER),
    reduction("reduce_and", DTypes::BITS),
    reduction("reduce_or", DTypes::BITS),
    reduction("reduce_xor", DTypes::BITS),
    arg_reduction("argmax"),
    arg_reduction("argmin"),
    cumulative("cumsum", DTypes::NUMBER),
    cumulative("cumprod", DTypes::NUMBER),
    cumulative("cummax", DTypes::ANY),
    cumulative("cummin", DTypes::ANY),
    cumulative("cumlogsumexp", DTypes::INEXACT),
    Primitive::new("reduce", Arity::AtLeast(2), reduce).bodies(reducer)
        .params(&[param("computation"), param("dimensions"), param("jaxpr")]),
    Primitive::new("sort", Arity::AtLeast(1), sort)
        .params(&[param("dimension"), param("is_stable").or("True"), param("num_keys").or("1")]),
    Primitive::new("top_k", Arity::Exactly(1), top_k).params(&[
        param("axis").since(Version::V0_8),
        param("is_stable").or("True").since(Version::V0_12),
        param("k"),
    ]),
    Primitive::new("approx_top_k", Arity::Exactly(1), approx_top_k).params(&[
        param("aggregate_to_topk"),
        param("is_max_k"),
        param("k"),
        param("recall_target"),
        param("reduction_dimension"),
        param("reduction_input_size_override"),
    ]),
];

fn reduce_axes(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.accepted(0)?;
    let axes = eqn.axes("axes", operand.rank())?;
    Ok(vec![with_shape(eqn.inputs[0], without(&operand.shape, &axes))])
}

fn arg_reduce(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let reduced = reduce_axes(eqn)?;
    let index = eqn.dtype("index_dtype")?;
    Ok(reduced.iter().map(|ty| with_dtype(ty, index)).collect())
}

fn along_axis(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.accepted(0)?;
    eqn.axis("axis", operand.rank())?;
    Ok(vec![eqn.inputs[0].clone()])
}

/// Operands, then as many initial values.
fn reduce(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let half = eqn.inputs.len() / 2;
    if !eqn.inputs.len().is_multiple_of(2) {
        return Err(TypeFault::equation(
            "reduce takes an initial value for each operand",
        ));
    }
    let first = eqn.array(0)?;
    let mut types = Vec::with_capacity(half);
    for index in 0..half {
        let operand = eqn.array(index)?;
        let start = eqn.operand(half + index)?;
        if !shapes_agree(&operand.shape, &first.shape) {
            return Err(TypeFault::operand_type(index, eqn.inputs[0], eqn.inputs[index]));
        }
        let scalar = with_shape(eqn.inputs[index], Vec::new());
        if !types_agree(&scalar, start) {
            return Err(TypeFault::operand_type(half + index, &scalar, start));
        }
        let axes = eqn.axes("dimensions", operand.rank())?;
        types.push(with_shape(eqn.inputs[index], without(&operand.shape, &axes)));
    }
    super::calls::check(eqn, &reducer(eqn)?)?;
    Ok(types)
}

/// The jaxpr takes a scalar of each operand twice: what is reduced so far, and what comes next.
pub(super) fn reducer(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let half = eqn.inputs.len() / 2;
    Ok(vec![Body {
        block: eqn.block("jaxpr")?,
        inputs: (0..half).chain(0..half).map(Port::Element).collect(),
        outputs: (0..half).map(Port::Element).collect(),
    }])
}

/// All operands are permuted alike.
fn sort(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let first = eqn.shaped(0)?;
    eqn.axis("dimension", first.shape.len())?;
    let keys = eqn.int("num_keys")?;
    if !usize::try_from(keys).is_ok_and(|keys| (1..=eqn.inputs.len()).contains(&keys)) {
        let message = format!("{keys} of {} operands cannot be keys", eqn.inputs.len());
        return Err(TypeFault::parameter("num_keys", message));
    }
    for index in 1..eqn.inputs.len() {
        let operand = eqn.shaped(index)?;
        if !shapes_agree(first.shape, operand.shape) {
            let message = format!("sort permutes {} and {} alike", first.ty, operand.ty);
            return Err(TypeFault::operand(index, message));
        }
    }
    let varying = |ty: &&Type| decorated((*ty).clone(), eqn.inputs.iter().copied());
    Ok(eqn.inputs.iter().map(varying).collect())
}

/// Values and their indices; along the last axis in releases that print no `axis`.
fn top_k(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.array(0)?;
    let axis = match eqn.param("axis") {
        Some(_) => eqn.axis("axis", operand.rank())?,
        None => last_axis(eqn, operand.rank())?,
    };
    let k = extent_of("k", eqn.int("k")?)?;
    if k.size() > operand.shape[axis].size().or(Some(u64::MAX)) {
        return Err(TypeFault::parameter(
            "k",
            format!("axis {axis} of {} has no {k} elements", eqn.inputs[0]),
        ));
    }
    let mut shape = operand.shape.to_vec();
    shape[axis] = k;
    let values = with_shape(eqn.inputs[0], shape);
    let indices = with_dtype(&values, DType::Int32);
    Ok(vec![values, indices])
}

fn last_axis(eqn: &TypedEqn<'_>, rank: usize) -> Result<usize, TypeFault> {
    rank.checked_sub(1)
        .ok_or_else(|| TypeFault::operand(0, format!("{} needs an operand with an axis", eqn.primitive.name)))
}

fn approx_top_k(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    const NAME: &str = "reduction_dimension";
    let operand = eqn.array(0)?;
    let axis = eqn.int(NAME)?;
    let from_end = if axis < 0 {
        axis.saturating_add_unsigned(operand.rank() as u64)
    } else {
        axis
    };
    let axis = usize::try_from(from_end)
        .ok()
        .filter(|&axis| axis < operand.rank());
    let axis =
        axis.ok_or_else(|| TypeFault::parameter(NAME, format!("{} has no such axis", eqn.inputs[0])))?;
    let mut shape = operand.shape.to_vec();
    // How many more than `k` come out of the first pass is the compiler's business.
    shape[axis] = if eqn.boolean("aggregate_to_topk")? {
        extent_of("k", eqn.int("k")?)?
    } else {
        any_extent()
    };
    let values = with_shape(eqn.inputs[0], shape);
    let indices = with_dtype(&values, DType::Int32);
    Ok(vec![values, indices])
}
