//! Random numbers and their keys.

use super::elementwise::{common_shape, result};
use crate::ir::{ArrayType, DType, Dim, ParamValue, Type};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::{Arity, DTypes, Primitive, Purity, param};
use crate::schema::shape::{agree, any_extent, shapes_agree, types_agree};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    Primitive::new("random_seed", Arity::Exactly(1), random_seed).params(&[param("impl")]),
    Primitive::new("random_wrap", Arity::Exactly(1), random_wrap).params(&[param("impl")]),
    Primitive::new("random_unwrap", Arity::Exactly(1), random_unwrap),
    Primitive::new("random_split", Arity::Exactly(1), random_split).params(&[param("shape")]),
    Primitive::new("random_fold_in", Arity::Exactly(2), random_fold_in),
    Primitive::new("random_clone", Arity::Exactly(1), key_same),
    Primitive::new("random_bits", Arity::Exactly(1), random_bits).params(&[param("bit_width"), param("shape")]),
    Primitive::new("random_gamma", Arity::Exactly(2), random_gamma).on(DTypes::FLOAT).params(&[param("log_space")]),
    Primitive::new("threefry2x32", Arity::Exactly(4), threefry2x32).on(DTypes::INT),
    Primitive::new("iota_2x32_shape", Arity::Exactly(0), iota_2x32_shape).params(&[param("shape")]),
    Primitive::new("rng_bit_generator", Arity::Exactly(1), rng_bit_generator).params(&[
        param("algorithm"),
        param("dtype"),
        param("out_sharding").or("None").since(Version::V0_6),
        param("shape"),
    ]),
    Primitive::new("rng_uniform", Arity::AtLeast(2), rng_uniform).params(&[param("shape")]).purity(Purity::Random),
];

/// Numbers of 32 bits in a key of the implementation.
fn key_size(implementation: &str) -> Dim {
    match implementation {
        "fry" | "threefry2x32" => Dim::Size(2),
        "rbg" | "unsafe_rbg" | "urbg" => Dim::Size(4),
        _ => any_extent(),
    }
}

fn key<'a>(eqn: &TypedEqn<'a>, index: usize) -> Result<(&'a str, &'a [Dim]), TypeFault> {
    match eqn.operand(index)? {
        Type::Key {
            implementation,
            shape,
        } => Ok((implementation, shape)),
        found => {
            let message = format!(
                "{} takes keys, and operand {index} is {found}",
                eqn.primitive.name
            );
            Err(TypeFault::operand(index, message))
        }
    }
}

fn keys(implementation: &str, shape: Vec<Dim>) -> Type {
    Type::Key {
        implementation: implementation.into(),
        shape: shape.into(),
    }
}

fn implementation<'a>(eqn: &TypedEqn<'a>) -> Result<&'a str, TypeFault> {
    match eqn.value("impl")? {
        ParamValue::Text(text) => Ok(eqn.program.symbols.text(*text)),
        _ => Err(TypeFault::Unreadable("impl")),
    }
}

fn random_seed(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let seeds = eqn.array(0)?;
    if !seeds.dtype.is_integer() {
        return Err(TypeFault::operand(
            0,
            format!("seeds are integers, and operand 0 is {}", eqn.inputs[0]),
        ));
    }
    Ok(vec![keys(implementation(eqn)?, seeds.shape.to_vec())])
}

/// The last axis is the numbers of one key.
fn random_wrap(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let data = eqn.array(0)?;
    let implementation = implementation(eqn)?;
    let size = key_size(implementation);
    match data.shape.split_last() {
        Some((last, shape)) if data.dtype == DType::Uint32 && agree(&size, last) => {
            Ok(vec![keys(implementation, shape.to_vec())])
        }
        _ => Err(TypeFault::operand(
            0,
            format!("no {implementation} key is made of {}", eqn.inputs[0]),
        )),
    }
}

fn random_unwrap(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (implementation, shape) = key(eqn, 0)?;
    let mut shape = shape.to_vec();
    shape.push(key_size(implementation));
    Ok(vec![Type::Array(ArrayType::new(DType::Uint32, shape))])
}

fn random_split(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (implementation, shape) = key(eqn, 0)?;
    let shape = shape.iter().cloned().chain(eqn.shape("shape")?);
    Ok(vec![keys(implementation, shape.collect())])
}

/// Keys and numbers go together element by element.
fn random_fold_in(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (implementation, _) = key(eqn, 0)?;
    let numbers = eqn.array(1)?;
    if numbers.dtype != DType::Uint32 {
        return Err(TypeFault::operand(
            1,
            format!("numbers to fold in are uint32, not {}", eqn.inputs[1]),
        ));
    }
    Ok(vec![keys(implementation, common_shape(eqn, 0..2)?)])
}

fn key_same(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (implementation, shape) = key(eqn, 0)?;
    Ok(vec![keys(implementation, shape.to_vec())])
}

fn random_bits(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (_, shape) = key(eqn, 0)?;
    let dtype = match eqn.int("bit_width")? {
        8 => DType::Uint8,
        16 => DType::Uint16,
        32 => DType::Uint32,
        64 => DType::Uint64,
        width => {
            return Err(TypeFault::parameter(
                "bit_width",
                format!("no random bits come {width} at once"),
            ));
        }
    };
    let shape: Vec<Dim> = shape.iter().cloned().chain(eqn.shape("shape")?).collect();
    Ok(vec![Type::Array(ArrayType::new(dtype, shape))])
}

/// A number for each shape parameter; a key is split over the axes that it has not got.
fn random_gamma(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (_, shape) = key(eqn, 0)?;
    let alpha = eqn.accepted(1)?;
    let leading = alpha.shape.get(..shape.len());
    if !leading.is_some_and(|leading| shapes_agree(shape, leading)) {
        return Err(TypeFault::operand(
            1,
            format!(
                "{} does not begin with the shape of {}",
                eqn.inputs[1], eqn.inputs[0]
            ),
        ));
    }
    Ok(vec![Type::Array(alpha.clone())])
}

/// Two halves of keys and two halves of counts.
fn threefry2x32(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    for index in 0..4 {
        if eqn.accepted(index)?.dtype != DType::Uint32 {
            return Err(TypeFault::operand(
                index,
                format!("threefry2x32 takes uint32, not {}", eqn.inputs[index]),
            ));
        }
    }
    let half = result(eqn, DType::Uint32, common_shape(eqn, 0..4)?);
    Ok(vec![half.clone(), half])
}

fn iota_2x32_shape(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let half = Type::Array(ArrayType::new(DType::Uint32, eqn.shape("shape")?));
    Ok(vec![half.clone(), half])
}

/// The next state, and the bits.
fn rng_bit_generator(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let state = eqn.array(0)?;
    if !matches!(state.dtype, DType::Uint32 | DType::Uint64) {
        return Err(TypeFault::operand(
            0,
            format!("no generator has a state of {}", eqn.inputs[0]),
        ));
    }
    let bits = ArrayType::new(eqn.dtype("dtype")?, eqn.shape("shape")?);
    Ok(vec![eqn.inputs[0].clone(), Type::Array(bits)])
}

fn rng_uniform(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (low, high) = (eqn.array(0)?, eqn.operand(1)?);
    if !types_agree(eqn.inputs[0], high) {
        return Err(TypeFault::operand_type(1, eqn.inputs[0], high));
    }
    let shape = eqn.shape("shape")?;
    Ok(vec![Type::Array(ArrayType::new(low.dtype, shape))])
}
