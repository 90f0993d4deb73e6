//! Contractions: `dot_general`, its ragged kin, and convolutions.

use super::elementwise::result;
use super::views::padded;
use super::windows::windowed;
use crate::ir::{ArrayType, DType, Dim, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params::{ConvDimensionNumbers, DotDimensionNumbers};
use crate::schema::primitive::{Arity, Primitive, param};
use crate::schema::shape::{agree, any_extent};
use crate::schema::site::{Site, as_printed};
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
fn dot_general(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (site.array(0)?, site.array(1)?);
    let numbers = DotDimensionNumbers::read(&site.program.symbols, site.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    paired(site, lhs, rhs, &numbers.lhs_contracting, &numbers.rhs_contracting)?;
    paired(site, lhs, rhs, &numbers.lhs_batch, &numbers.rhs_batch)?;
    let fallback = common_dtype(site, lhs, rhs)?;
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
    Ok(vec![result(site, preferred(site, fallback)?, shape)])
}

/// The element type of the result: that of both operands, unless the equation asks for one.
fn preferred(site: &Site<'_>, fallback: Option<DType>) -> Result<DType, TypeFault> {
    match fallback {
        Some(dtype) => site.dtype_or("preferred_element_type", dtype),
        None => site.dtype("preferred_element_type"),
    }
}

/// Operands of two types go together only where the result's type is asked for, as with narrow floats.
fn common_dtype(site: &Site<'_>, lhs: &ArrayType, rhs: &ArrayType) -> Result<Option<DType>, TypeFault> {
    if lhs.dtype == rhs.dtype {
        return Ok(Some(lhs.dtype));
    }
    if lhs.dtype.class() == rhs.dtype.class() && site.dtype("preferred_element_type").is_ok() {
        return Ok(None);
    }
    let (name, left, right) = (site.primitive.name, lhs.dtype.long_name(), rhs.dtype.long_name());
    Err(TypeFault::operand(
        1,
        format!("{name} of {left} and {right} has no element type"),
    ))
}

/// Axes that stand for one another have one extent.
fn paired(
    site: &Site<'_>,
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
            let (left, right) = (site.inputs[0], site.inputs[1]);
            return Err(TypeFault::parameter(
                NUMBERS,
                format!("{left} or {right} has no such axis"),
            ));
        };
        if !agree(from, to) {
            let (lhs, rhs) = (site.inputs[0], site.inputs[1]);
            let message = format!("axis {left} of {lhs} is {from}, and axis {right} of {rhs} is {to}");
            return Err(TypeFault::operand(1, message));
        }
    }
    Ok(())
}

/// Rows of the left go by groups to one matrix each: `[m,k]`, `[g,k,n]`, `[g]` to `[m,n]`.
fn ragged_dot(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (site.array(0)?, site.array(1)?);
    let ([rows, _], [_, _, columns]) = (&*lhs.shape, &*rhs.shape) else {
        return Err(TypeFault::equation(
            "ragged_dot takes a matrix and a stack of matrices",
        ));
    };
    paired(site, lhs, rhs, &[1], &[1])?;
    let fallback = common_dtype(site, lhs, rhs)?;
    let shape = vec![rows.clone(), columns.clone()];
    Ok(vec![result(site, preferred(site, fallback)?, shape)])
}

fn conv_general_dilated(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let (lhs, rhs) = (site.array(0)?, site.array(1)?);
    let numbers = ConvDimensionNumbers::read(&site.program.symbols, site.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    for (index, array, spec) in [
        (0, lhs, &numbers.lhs_spec),
        (1, rhs, &numbers.rhs_spec),
        (0, lhs, &numbers.out_spec),
    ] {
        let in_range = spec.iter().all(|&axis| axis < array.rank());
        if array.rank() < 2 || spec.len() != array.rank() || !in_range {
            let message = format!("`{NUMBERS}` does not fit an operand of {}", site.inputs[index]);
            return Err(TypeFault::parameter(NUMBERS, message));
        }
    }
    let feature_groups = whole_number(site, "feature_group_count")?;
    let batch_groups = whole_number(site, "batch_group_count")?;
    let of = |array: &ArrayType, spec: &[usize], place: usize| array.shape[spec[place]].clone();
    let in_features = of(lhs, &numbers.lhs_spec, 1);
    let kernel_features = of(rhs, &numbers.rhs_spec, 1);
    if let (Some(input), Some(kernel)) = (in_features.size(), kernel_features.size())
        && kernel.checked_mul(feature_groups) != Some(input)
    {
        let message = format!("{input} features in {feature_groups} groups do not fit a kernel for {kernel}");
        return Err(TypeFault::operand(1, message));
    }
    let batch = of(lhs, &numbers.lhs_spec, 0);
    let mut shape = vec![any_extent(); lhs.rank()];
    shape[numbers.out_spec[0]] = match batch.size() {
        Some(size) if batch_groups != 1 => Dim::Size(size / batch_groups),
        _ => batch,
    };
    shape[numbers.out_spec[1]] = of(rhs, &numbers.rhs_spec, 0);
    let lhs_spatial: Vec<Dim> = numbers.lhs_spec[2..]
        .iter()
        .map(|&axis| lhs.shape[axis].clone())
        .collect();
    let rhs_spatial: Vec<Dim> = numbers.rhs_spec[2..]
        .iter()
        .map(|&axis| rhs.shape[axis].clone())
        .collect();
    for (place, extent) in spatial(site, &lhs_spatial, &rhs_spatial)?.into_iter().enumerate() {
        shape[numbers.out_spec[place + 2]] = extent;
    }
    let fallback = common_dtype(site, lhs, rhs)?;
    Ok(vec![result(site, preferred(site, fallback)?, shape)])
}

fn whole_number(site: &Site<'_>, name: &'static str) -> Result<u64, TypeFault> {
    let number = site.int(name)?;
    u64::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| TypeFault::parameter(name, format!("`{name}` is {number}")))
}

/// The spatial extents of a convolution: the dilated and padded input under the dilated kernel.
fn spatial(site: &Site<'_>, lhs: &[Dim], rhs: &[Dim]) -> Result<Vec<Dim>, TypeFault> {
    let base = dilations(site, "lhs_dilation", lhs.len())?;
    let window = dilations(site, "rhs_dilation", lhs.len())?;
    let strides = dilations(site, "window_strides", lhs.len())?;
    let padding = site.int_tuples("padding")?;
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
pub(super) fn dilations(site: &Site<'_>, name: &'static str, rank: usize) -> Result<Vec<i64>, TypeFault> {
    let numbers = match site.param(name) {
        None | Some(crate::ir::ParamValue::None) => vec![1; rank],
        Some(_) => site.ints(name)?,
    };
    if numbers.len() != rank || numbers.iter().any(|&number| number < 1) {
        return Err(TypeFault::parameter(
            name,
            format!("`{name}` needs {rank} positive numbers"),
        ));
    }
    Ok(numbers)
}
