//! Primitives that put arrays together and take them apart.

use super::views::{fixed, open, without};
use crate::ir::{Dim, Type};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::{Primitive, param};
use crate::schema::shape::{agree, any_extent, decorated, sum, types_agree, with_shape};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    open("concatenate", 1, concatenate).params(&[param("dimension")]),
    fixed("split", 1, split).params(&[param("axis"), param("sizes")]).since(Version::V0_4_38),
    open("stack", 1, stack).params(&[param("axis")]).since(Version::V0_10),
    fixed("unstack", 1, unstack).params(&[param("axis")]).since(Version::V0_12),
    fixed("tile", 1, tile).params(&[param("reps")]).since(Version::V0_9),
];

fn concatenate(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let first = eqn.shaped(0)?;
    let axis = eqn.axis("dimension", first.shape.len())?;
    let mut extents = Vec::with_capacity(eqn.inputs.len());
    for index in 0..eqn.inputs.len() {
        let part = eqn.shaped(index)?;
        let mut expected = first.shape.to_vec();
        expected[axis] = any_extent();
        let expected = with_shape(first.ty, expected);
        if !types_agree(&expected, part.ty) {
            let message = format!(
                "{} cannot be concatenated with {} along axis {axis}",
                part.ty, first.ty
            );
            return Err(TypeFault::operand(index, message));
        }
        extents.push(&part.shape[axis]);
    }
    let mut shape = first.shape.to_vec();
    if extents.len() > 1 {
        shape[axis] = sum(extents);
    }
    Ok(vec![decorated(
        with_shape(first.ty, shape),
        eqn.inputs.iter().copied(),
    )])
}

fn split(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let axis = eqn.axis("axis", operand.shape.len())?;
    let sizes = eqn.shape("sizes")?;
    let whole = sum(&sizes);
    if !agree(&whole, &operand.shape[axis]) {
        let message = format!(
            "`sizes` add up to {whole}, and axis {axis} of {} does not",
            operand.ty
        );
        return Err(TypeFault::parameter("sizes", message));
    }
    let part = |size: Dim| {
        let mut shape = operand.shape.to_vec();
        shape[axis] = size;
        with_shape(operand.ty, shape)
    };
    Ok(sizes.into_iter().map(part).collect())
}

fn stack(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let first = eqn.shaped(0)?;
    let axis = eqn.axis("axis", first.shape.len() + 1)?;
    for index in 1..eqn.inputs.len() {
        let part = eqn.shaped(index)?;
        if !types_agree(first.ty, part.ty) {
            return Err(TypeFault::operand_type(index, first.ty, part.ty));
        }
    }
    let mut shape = first.shape.to_vec();
    shape.insert(axis, Dim::Size(eqn.inputs.len() as u64));
    Ok(vec![decorated(
        with_shape(first.ty, shape),
        eqn.inputs.iter().copied(),
    )])
}

fn unstack(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    /// No print-out binds more variables than this in one equation; an extent may be any number.
    const MOST: u64 = 1 << 16;
    let operand = eqn.shaped(0)?;
    let axis = eqn.axis("axis", operand.shape.len())?;
    let size = operand.shape[axis]
        .size()
        .filter(|&size| size <= MOST)
        .ok_or(TypeFault::Unknown)?;
    let part = with_shape(operand.ty, without(operand.shape, &[axis]));
    Ok((0..size).map(|_| part.clone()).collect())
}

fn tile(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let reps = eqn.shape("reps")?;
    if reps.len() != operand.shape.len() {
        let message = format!("`reps` has {} numbers for {}", reps.len(), operand.ty);
        return Err(TypeFault::parameter("reps", message));
    }
    let product = |(dim, reps): (&Dim, &Dim)| match (dim.size(), reps.size()) {
        (Some(size), Some(reps)) => size.checked_mul(reps).map_or_else(any_extent, Dim::Size),
        _ => any_extent(),
    };
    let shape = operand.shape.iter().zip(&reps).map(product).collect();
    Ok(vec![with_shape(operand.ty, shape)])
}
