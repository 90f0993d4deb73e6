//! Callbacks, checks, sparse arrays, and primitives of libraries and of JAX's own Python classes.

use super::elementwise::same;
use crate::ir::{ArrayType, Dim};
use crate::ir::{DType, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params;
use crate::schema::primitive::{Arity, DTypes, Primitive, Purity, Rule, param};
use crate::schema::shape::{types_agree, with_dtype, with_shape};
use crate::schema::typed_eqn::{TypedEqn, as_printed};
use crate::schema::version::Version;

const fn effect(name: &'static str, rule: Rule) -> Primitive {
    Primitive::new(name, Arity::AtLeast(0), rule).purity(Purity::Effect)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    effect("debug_callback", nothing).params(&[
        param("callback"),
        param("effect"),
        param("partitioned").since(Version::V0_6),
    ]),
    effect("debug_print", nothing),
    effect("inspect_sharding", nothing),
    effect("check", nothing).params(&[param("debug")]),
    effect("pure_callback", callback).purity(Purity::Pure).params(&[
        param("callback"),
        param("result_avals"),
        param("sharding"),
        param("vectorized").until(Version::V0_5_3),
        param("vmap_method").since(Version::V0_4_38),
    ]),
    effect("io_callback", callback)
        .params(&[param("callback"), param("ordered"), param("result_avals"), param("sharding")]),
    effect("ffi_call", as_printed),
    effect("custom_partitioning", as_printed),
    effect("infeed", as_printed),
    effect("outfeed", as_printed),
    effect("create_token", as_printed),
    effect("after_all", as_printed),
    Primitive::new("dim_as_value", Arity::Exactly(0), dim_as_value).params(&[param("dim")]),
    Primitive::new("bcoo_fromdense", Arity::Exactly(1), bcoo_fromdense)
        .params(&[param("index_dtype"), param("n_batch"), param("n_dense"), param("nse")]),
    Primitive::new("bcoo_dot_general", Arity::Exactly(3), as_printed)
        .params(&[param("dimension_numbers"), param("lhs_spinfo"), param("preferred_element_type")]),
    Primitive::new("SearchSorted", Arity::Exactly(2), search_sorted).since(Version::V0_12)
        .params(&[param("side"), param("dimension"), param("batch_dims"), param("method")]),
    Primitive::new("Nonzero", Arity::Exactly(1), nonzero).since(Version::V0_12)
        .params(&[param("size"), param("axes"), param("out_dtype")]),
    Primitive::new("Frexp", Arity::Exactly(1), frexp).since(Version::V0_12).on(DTypes::FLOAT)
        .params(&[param("x_aval")]),
    Primitive::new("Ldexp", Arity::Exactly(2), ldexp).since(Version::V0_12).on(DTypes::FLOAT)
        .params(&[param("x1_aval"), param("x2_aval")]),
    Primitive::new("CustomRoot", Arity::AtLeast(1), as_printed).since(Version::V0_12)
        .params(&[param("solve_jaxpr"), param("has_aux")]),
    Primitive::new("nonbatchable", Arity::Exactly(1), same).params(&[param("msg")]),
    Primitive::new("unvmap_any", Arity::Exactly(1), verdict),
    Primitive::new("unvmap_all", Arity::Exactly(1), verdict),
    Primitive::new("unvmap_max", Arity::Exactly(1), largest),
];

#[expect(clippy::unnecessary_wraps, reason = "it is a rule of the table")]
fn nothing(_site: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(Vec::new())
}

fn callback(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let value = eqn.value("result_avals")?;
    params::avals(&eqn.program.symbols, value).ok_or(TypeFault::Unknown)
}

/// An extent as a number: 32 bits, or 64 in programs of 64 bits.
fn dim_as_value(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    match eqn.binder(0)?.as_array() {
        Some(array) if array.dtype.is_integer() && array.rank() == 0 => as_printed(eqn),
        _ => Ok(vec![Type::scalar(DType::Int32)]),
    }
}

/// Values, and the position of each along the sparse axes.
fn bcoo_fromdense(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let dense = eqn.array(0)?;
    let count = |name| usize::try_from(eqn.int(name)?).map_err(|_| TypeFault::Unreadable(name));
    let (batch, inner) = (count("n_batch")?, count("n_dense")?);
    let sparse = dense
        .rank()
        .checked_sub(batch)
        .and_then(|rest| rest.checked_sub(inner));
    let Some(sparse) = sparse else {
        return Err(TypeFault::operand(0, format!("{} has fewer axes", eqn.inputs[0])));
    };
    let nse = super::views::extent_of("nse", eqn.int("nse")?)?;
    let values = dense.shape[..batch]
        .iter()
        .chain([&nse])
        .chain(&dense.shape[batch + sparse..]);
    let values = with_shape(eqn.inputs[0], values.cloned().collect());
    let coordinates = Dim::Size(sparse as u64);
    let positions: Vec<Dim> = dense.shape[..batch]
        .iter()
        .chain([&nse, &coordinates])
        .cloned()
        .collect();
    Ok(vec![
        values,
        Type::Array(ArrayType::new(eqn.dtype("index_dtype")?, positions)),
    ])
}

/// A position for each element looked for.
fn search_sorted(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (sorted, query) = (eqn.array(0)?, eqn.array(1)?);
    if sorted.dtype != query.dtype {
        return Err(TypeFault::operand(
            1,
            format!("{} is looked for in {}", eqn.inputs[1], eqn.inputs[0]),
        ));
    }
    Ok(vec![with_dtype(eqn.inputs[1], DType::Int32)])
}

/// The positions of what is not zero, an output for each axis.
fn nonzero(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.array(0)?;
    let axes = eqn.axes("axes", operand.rank())?;
    let batch = super::views::without(&operand.shape, &axes);
    let shape: Vec<Dim> = batch
        .into_iter()
        .chain([super::views::extent_of("size", eqn.int("size")?)?])
        .collect();
    let positions = Type::Array(ArrayType::new(eqn.dtype("out_dtype")?, shape));
    Ok(vec![positions; axes.len()])
}

fn frexp(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    eqn.accepted(0)?;
    Ok(vec![
        eqn.inputs[0].clone(),
        with_dtype(eqn.inputs[0], DType::Int32),
    ])
}

fn ldexp(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (mantissa, exponent) = (eqn.accepted(0)?, eqn.array(1)?);
    let fitting = with_dtype(eqn.inputs[0], exponent.dtype);
    if !exponent.dtype.is_integer() || !types_agree(&fitting, eqn.inputs[1]) {
        return Err(TypeFault::operand_type(1, &fitting, eqn.inputs[1]));
    }
    Ok(vec![Type::Array(mantissa.clone())])
}

fn verdict(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    eqn.array(0)?;
    Ok(vec![Type::scalar(DType::Bool)])
}

fn largest(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![Type::scalar(eqn.array(0)?.dtype)])
}
