//! Contractions: `dot_general`, its ragged kin, and convolutions.

use super::elementwise::result;
use super::views::padded;
use super::windows::windowed;
use crate::ir::{ArrayType, DType, Dim, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params::{ConvDimensionNumbers, DotDimensionNumbers};
use crate::schema::primitive::{Arity, Primitive, param};
use crate::schema::shape::{agree, any_extent};
use crate::schema::typed_eqn::{TypedEqn, as_printed};
use crate::schema::version::Version;

const NUMBERS: &str = "dimension_numbers";

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    Primitive::new("dot_general", Arity::Exactly(2), dot_general).params(&[
        param(NUMBERS),
        param("out_sharding").unless("None").since(Version::V0_4_38),
        param("precision").unless("None"),
        param("preferred_element_type").unless("None"),
    ]),
    Primitive::new("ragged_dot", Arity::Exactly(3), ragged_dot)
        .params(&[param("group_offset").unless("None"), param("precision"), param("preferred_element_type")]),
    Primitive::new("ragged_dot_general", Arity::Exactly(3), as_printed).params(&[
        param("group_offset"),
        param("precision"),
        param("preferred_element_type"),
        param("ragged_dot_dimension_numbers"),
    ]).since(Version::V0_5_3),
    Primitive::new("conv_general_dilated", Arity::Exactly(2), conv_general_dilated).params(&[
        param("batch_group_count").or("1"),
        param(NUMBERS),
        param("feature_group_count").or("1"),
        param("lhs_dilation"),
        param("out_sharding").or("None").since(Version::V0_7),
        param("padding"),
        param("precision").or("None"),
        param("preferred_element_type").or("None"),
        param("rhs_dilation"),
        param("window_strides"),
    ]),
];

/// Batch axes, free axes of the left, free axes of the right.
fn dot_general(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (eqn.array(0)?, eqn.array(1)?);
    let numbers = DotDimensionNumbers::read(&eqn.program.symbols, eqn.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    paired(eqn, lhs, rhs, &numbers.lhs_contracting, &numbers.rhs_contracting)?;
    paired(eqn, lhs, rhs, &numbers.lhs_batch, &numbers.rhs_batch)?;
    let fallback = common_dtype(eqn, lhs, rhs)?;
    let batch = numbers.lhs_batch.iter().map(|&axis| lhs.shape[axis].clone());
    let left = numbers
        .lhs_free(lhs.rank())
        .into_iter()
        .map(|axis| lhs.shape[axis].clone());
    let right = numbers
        .rhs_free(rhs.rank())
        .into_iter()
        .map(|axis| rhs.shape[axis].clone());
    let shape = batch.chain(left).chain(right).collect();
    Ok(vec![result(eqn, preferred(eqn, fallback)?, shape)])
}

/// The element type of the result: that of both operands, unless the equation asks for one.
fn preferred(eqn: &TypedEqn<'_>, fallback: Option<DType>) -> Result<DType, TypeFault> {
    match fallback {
        Some(dtype) => eqn.dtype_or("preferred_element_type", dtype),
        None => eqn.dtype("preferred_element_type"),
    }
}

/// Operands of two types go together only where the result's type is asked for, as with narrow floats.
fn common_dtype(eqn: &TypedEqn<'_>, lhs: &ArrayType, rhs: &ArrayType) -> Result<Option<DType>, TypeFault> {
    if lhs.dtype == rhs.dtype {
        return Ok(Some(lhs.dtype));
    }
    if lhs.dtype.class() == rhs.dtype.class() && eqn.dtype("preferred_element_type").is_ok() {
        return Ok(None);
    }
    let (name, left, right) = (eqn.primitive.name, lhs.dtype.short_name(), rhs.dtype.short_name());
    Err(TypeFault::operand(
        1,
        format!("{name} of {left} and {right} has no element type"),
    ))
}

/// Axes that stand for one another have one extent.
fn paired(
    eqn: &TypedEqn<'_>,
    lhs: &ArrayType,
    rhs: &ArrayType,
    left: &[usize],
    right: &[usize],
) -> Result<(), TypeFault> {
    if left.len() != right.len() {
        return Err(TypeFault::parameter(
            NUMBERS,
            "as many axes of the left are needed as of the right",
        ));
    }
    for (&left, &right) in left.iter().zip(right) {
        let (Some(from), Some(to)) = (lhs.shape.get(left), rhs.shape.get(right)) else {
            let (left, right) = (eqn.inputs[0], eqn.inputs[1]);
            return Err(TypeFault::parameter(
                NUMBERS,
                format!("{left} or {right} has no such axis"),
            ));
        };
        if !agree(from, to) {
            let (lhs, rhs) = (eqn.inputs[0], eqn.inputs[1]);
            let message = format!("axis {left} of {lhs} is {from}, and axis {right} of {rhs} is {to}");
            return Err(TypeFault::operand(1, message));
        }
    }
    Ok(())
}

/// Rows of the left go by groups to one matrix each: `[m,k]`, `[g,k,n]`, `[g]` to `[m,n]`.
fn ragged_dot(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (eqn.array(0)?, eqn.array(1)?);
    let ([rows, _], [_, _, columns]) = (&*lhs.shape, &*rhs.shape) else {
        return Err(TypeFault::equation(
            "ragged_dot takes a matrix and a stack of matrices",
        ));
    };
    paired(eqn, lhs, rhs, &[1], &[1])?;
    let fallback = common_dtype(eqn, lhs, rhs)?;
    let shape = vec![rows.clone(), columns.clone()];
    Ok(vec![result(eqn, preferred(eqn, fallback)?, shape)])
}

fn conv_general_dilated(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (eqn.array(0)?, eqn.array(1)?);
    let numbers = specs(eqn, lhs, rhs)?;
    let extents = |array: &ArrayType, spec: &[usize]| -> Vec<Dim> {
        spec.iter().map(|&axis| array.shape[axis].clone()).collect()
    };
    let (input, kernel) = (extents(lhs, &numbers.lhs_spec), extents(rhs, &numbers.rhs_spec));
    let feature_groups = whole_number(eqn, "feature_group_count")?;
    if let (Some(features), Some(taken)) = (input[1].size(), kernel[1].size())
        && taken.checked_mul(feature_groups) != Some(features)
    {
        let message =
            format!("{features} features in {feature_groups} groups do not fit a kernel for {taken}");
        return Err(TypeFault::operand(1, message));
    }
    let mut output = vec![batch(eqn, &input[0])?, kernel[0].clone()];
    output.extend(spatial(eqn, &input[2..], &kernel[2..])?);
    let mut shape = vec![any_extent(); lhs.rank()];
    for (&axis, extent) in numbers.out_spec.iter().zip(output) {
        shape[axis] = extent;
    }
    let fallback = common_dtype(eqn, lhs, rhs)?;
    Ok(vec![result(eqn, preferred(eqn, fallback)?, shape)])
}

/// The dimension numbers, all of them axes of operands of one rank.
fn specs(eqn: &TypedEqn<'_>, lhs: &ArrayType, rhs: &ArrayType) -> Result<ConvDimensionNumbers, TypeFault> {
    let numbers = ConvDimensionNumbers::read(&eqn.program.symbols, eqn.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    let rank = lhs.rank();
    let fits = |spec: &Vec<usize>| spec.len() == rank && spec.iter().all(|&axis| axis < rank);
    let all = [&numbers.lhs_spec, &numbers.rhs_spec, &numbers.out_spec];
    if rank >= 2 && rhs.rank() == rank && all.into_iter().all(fits) {
        return Ok(numbers);
    }
    let message = format!("`{NUMBERS}` does not fit {} and {}", eqn.inputs[0], eqn.inputs[1]);
    Err(TypeFault::parameter(NUMBERS, message))
}

/// The batch of the result, which may be divided into groups.
fn batch(eqn: &TypedEqn<'_>, batch: &Dim) -> Result<Dim, TypeFault> {
    let groups = whole_number(eqn, "batch_group_count")?;
    match batch.size() {
        _ if groups == 1 => Ok(batch.clone()),
        Some(size) if size.is_multiple_of(groups) => Ok(Dim::Size(size / groups)),
        Some(size) => {
            let message = format!("a batch of {size} does not go into {groups} groups");
            Err(TypeFault::operand(0, message))
        }
        None => Ok(any_extent()),
    }
}

fn whole_number(eqn: &TypedEqn<'_>, name: &'static str) -> Result<u64, TypeFault> {
    let number = eqn.int(name)?;
    u64::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| TypeFault::parameter(name, format!("`{name}` is {number}")))
}

/// The spatial extents of a convolution: the dilated and padded input under the dilated kernel.
fn spatial(eqn: &TypedEqn<'_>, lhs: &[Dim], rhs: &[Dim]) -> Result<Vec<Dim>, TypeFault> {
    let base = dilations(eqn, "lhs_dilation", lhs.len())?;
    let window = dilations(eqn, "rhs_dilation", lhs.len())?;
    let strides = dilations(eqn, "window_strides", lhs.len())?;
    let padding = eqn.int_tuples("padding")?;
    if padding.len() != lhs.len() {
        return Err(TypeFault::parameter(
            "padding",
            "`padding` does not fit the number of axes",
        ));
    }
    let mut extents = Vec::with_capacity(lhs.len());
    for axis in 0..lhs.len() {
        let (Some(size), Some(kernel), [low, high]) =
            (lhs[axis].size(), rhs[axis].size(), &padding[axis][..])
        else {
            extents.push(any_extent());
            continue;
        };
        let input = padded(size, *low, *high, base[axis] - 1);
        let kernel = padded(kernel, 0, 0, window[axis] - 1);
        extents.push(match (input, kernel) {
            (Some(input), Some(kernel)) => Dim::Size(windowed(input, kernel, strides[axis].unsigned_abs())),
            _ => return Err(TypeFault::parameter("padding", "the padded extent is negative")),
        });
    }
    Ok(extents)
}

/// One positive number an axis; releases print `None` for all ones.
pub(super) fn dilations(eqn: &TypedEqn<'_>, name: &'static str, rank: usize) -> Result<Vec<i64>, TypeFault> {
    let numbers = match eqn.param(name) {
        None | Some(crate::ir::ParamValue::None) => vec![1; rank],
        Some(_) => eqn.ints(name)?,
    };
    if numbers.len() != rank || numbers.iter().any(|&number| number < 1) {
        return Err(TypeFault::parameter(
            name,
            format!("`{name}` needs {rank} positive numbers"),
        ));
    }
    Ok(numbers)
}
