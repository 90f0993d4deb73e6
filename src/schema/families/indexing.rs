//! Gathers, scatters, and slices at positions that are operands.

use super::elementwise::result;
use crate::ir::{ArrayType, Dim, ParamValue, Type};
use crate::schema::bodies::{Body, Port};
use crate::schema::fault::TypeFault;
use crate::schema::params::{GatherDimensionNumbers, ScatterDimensionNumbers};
use crate::schema::primitive::Moves::Elements;
use crate::schema::primitive::{Arity, ParamSpec, Primitive, Purity, param};
use crate::schema::shape::{agree, any_extent, decorated, types_agree, with_shape};
use crate::schema::typed_eqn::{Shaped, TypedEqn};

const NUMBERS: &str = "dimension_numbers";
const SCATTER: &[ParamSpec] = &[
    param(NUMBERS),
    param("indices_are_sorted").or("False"),
    param("mode"),
    param("unique_indices").or("False"),
    param("update_consts").or("()"),
    param("update_jaxpr").or("None"),
];

const fn scatter_row(name: &'static str) -> Primitive {
    Primitive::new(name, Arity::Exactly(3), scatter)
        .bodies(updates)
        .params(SCATTER)
        .purity(Purity::Pure)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    Primitive::new("gather", Arity::Exactly(2), gather).moves(Elements).params(&[
        param(NUMBERS),
        param("fill_value").or("None"),
        param("indices_are_sorted").or("False"),
        param("mode"),
        param("slice_sizes"),
        param("unique_indices").or("False"),
    ]),
    scatter_row("scatter"),
    scatter_row("scatter-add"),
    scatter_row("scatter-sub"),
    scatter_row("scatter-mul"),
    scatter_row("scatter-max"),
    scatter_row("scatter-min"),
    Primitive::new("dynamic_slice", Arity::AtLeast(1), dynamic_slice)
        .moves(Elements).params(&[param("slice_sizes")]),
    Primitive::new("dynamic_update_slice", Arity::AtLeast(2), dynamic_update_slice),
];

/// Positions must be integers.
fn integers<'a>(eqn: &TypedEqn<'a>, index: usize) -> Result<&'a ArrayType, TypeFault> {
    let array = eqn.array(index)?;
    if array.dtype.is_integer() {
        return Ok(array);
    }
    let message = format!(
        "positions are integers, and operand {index} is {}",
        eqn.inputs[index]
    );
    Err(TypeFault::operand(index, message))
}

/// The axes of the positions but the last, which holds the coordinates of one position.
fn position_axes<'a>(
    eqn: &TypedEqn<'a>,
    positions: &'a ArrayType,
    coordinates: usize,
) -> Result<&'a [Dim], TypeFault> {
    let Some((last, axes)) = positions.shape.split_last() else {
        return Err(TypeFault::operand(1, "positions need an axis of coordinates"));
    };
    if !agree(last, &Dim::Size(coordinates as u64)) {
        let message = format!(
            "positions have {coordinates} coordinates, and operand 1 is {}",
            eqn.inputs[1]
        );
        return Err(TypeFault::operand(1, message));
    }
    Ok(axes)
}

fn gather(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let positions = integers(eqn, 1)?;
    let numbers = GatherDimensionNumbers::read(&eqn.program.symbols, eqn.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    let sizes = slice_sizes(eqn, operand)?;
    let mut around = position_axes(eqn, positions, numbers.start_index_map.len())?.iter();
    let dropped = |axis: &usize| {
        numbers.collapsed_slice_dims.contains(axis) || numbers.operand_batching_dims.contains(axis)
    };
    if let Some(axis) =
        (0..sizes.len()).find(|axis| dropped(axis) && sizes[*axis].size().is_some_and(|size| size > 1))
    {
        return Err(TypeFault::parameter(
            "slice_sizes",
            format!("axis {axis} is dropped, and its slice is not 1"),
        ));
    }
    let mut window = (0..sizes.len())
        .filter(|axis| !dropped(axis))
        .map(|axis| &sizes[axis]);
    if numbers.offset_dims.len() != window.clone().count() {
        return Err(TypeFault::parameter(
            NUMBERS,
            "`offset_dims` does not fit `slice_sizes`",
        ));
    }
    let rank = numbers.offset_dims.len() + around.len();
    if numbers.offset_dims.iter().any(|&axis| axis >= rank) {
        return Err(TypeFault::parameter(
            NUMBERS,
            format!("`offset_dims` needs axes of a result of rank {rank}"),
        ));
    }
    let shape = (0..rank).map(|axis| {
        let next = if numbers.offset_dims.contains(&axis) {
            window.next()
        } else {
            around.next()
        };
        next.cloned().unwrap_or_else(any_extent)
    });
    let shape = shape.collect();
    Ok(vec![decorated(
        with_shape(operand.ty, shape),
        eqn.inputs.iter().copied(),
    )])
}

/// A slice of the operand is at most as large as the operand.
fn slice_sizes(eqn: &TypedEqn<'_>, operand: Shaped<'_>) -> Result<Vec<Dim>, TypeFault> {
    const NAME: &str = "slice_sizes";
    let sizes = eqn.shape(NAME)?;
    let fits = |(size, dim): (&Dim, &Dim)| match (size.size(), dim.size()) {
        (Some(size), Some(extent)) => size <= extent,
        _ => true,
    };
    if sizes.len() != operand.shape.len() || !sizes.iter().zip(operand.shape).all(fits) {
        return Err(TypeFault::parameter(
            NAME,
            format!("`{NAME}` does not fit an operand of {}", operand.ty),
        ));
    }
    Ok(sizes)
}

fn scatter(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.array(0)?;
    let positions = integers(eqn, 1)?;
    let update = eqn.array(2)?;
    let numbers = ScatterDimensionNumbers::read(&eqn.program.symbols, eqn.value(NUMBERS)?)
        .ok_or(TypeFault::Unreadable(NUMBERS))?;
    let around = position_axes(eqn, positions, numbers.scatter_dims_to_operand_dims.len())?;
    let window: Vec<&Dim> = operand
        .shape
        .iter()
        .enumerate()
        .filter(|(axis, _)| {
            !numbers.inserted_window_dims.contains(axis) && !numbers.operand_batching_dims.contains(axis)
        })
        .map(|(_, dim)| dim)
        .collect();
    let fits = update.rank() == around.len() + numbers.update_window_dims.len()
        && numbers.update_window_dims.len() == window.len()
        && update_fits(update, &numbers.update_window_dims, around, &window);
    if update.dtype != operand.dtype || !fits {
        let message = format!(
            "updates of {} do not fit an operand of {} at positions of {}",
            eqn.inputs[2], eqn.inputs[0], eqn.inputs[1]
        );
        return Err(TypeFault::operand(2, message));
    }
    if let Ok(bodies) = updates(eqn) {
        super::calls::check(eqn, &bodies)?;
    }
    Ok(vec![result(eqn, operand.dtype, operand.shape.to_vec())])
}

/// Window axes are at most as large as the operand's, the other axes are those of the positions.
fn update_fits(update: &ArrayType, window_axes: &[usize], around: &[Dim], window: &[&Dim]) -> bool {
    let (mut around, mut window) = (around.iter(), window.iter());
    update.shape.iter().enumerate().all(|(axis, dim)| {
        if window_axes.contains(&axis) {
            window
                .next()
                .is_some_and(|whole| match (dim.size(), whole.size()) {
                    (Some(size), Some(whole)) => size <= whole,
                    _ => true,
                })
        } else {
            around.next().is_some_and(|extent| agree(dim, extent))
        }
    })
}

/// The jaxpr that combines an element with its update; most releases print none.
fn updates(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    if eqn.param("update_jaxpr") == Some(&ParamValue::None) {
        return Ok(Vec::new());
    }
    Ok(vec![Body {
        block: eqn.block("update_jaxpr")?,
        inputs: vec![Port::Element(0), Port::Element(2)],
        outputs: vec![Port::Element(0)],
    }])
}

/// The positions are scalars, one an axis.
fn start_indices(eqn: &TypedEqn<'_>, first: usize, rank: usize) -> Result<(), TypeFault> {
    let found = eqn.inputs.len() - first;
    if found != rank {
        let message = format!("{} needs {rank} positions, and has {found}", eqn.primitive.name);
        return Err(TypeFault::equation(message));
    }
    for index in first..eqn.inputs.len() {
        if integers(eqn, index)?.rank() != 0 {
            return Err(TypeFault::operand(
                index,
                format!("operand {index} must be a scalar"),
            ));
        }
    }
    Ok(())
}

fn dynamic_slice(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.shaped(0)?;
    let shape = slice_sizes(eqn, operand)?;
    start_indices(eqn, 1, shape.len())?;
    Ok(vec![decorated(
        with_shape(operand.ty, shape),
        eqn.inputs.iter().copied(),
    )])
}

fn dynamic_update_slice(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (operand, update) = (eqn.shaped(0)?, eqn.shaped(1)?);
    let fits = |(size, whole): (&Dim, &Dim)| match (size.size(), whole.size()) {
        (Some(size), Some(whole)) => size <= whole,
        _ => true,
    };
    let same_elements = types_agree(
        &with_shape(operand.ty, Vec::new()),
        &with_shape(update.ty, Vec::new()),
    );
    if !same_elements
        || update.shape.len() != operand.shape.len()
        || !update.shape.iter().zip(operand.shape).all(fits)
    {
        let message = format!(
            "an update of {} does not fit an operand of {}",
            update.ty, operand.ty
        );
        return Err(TypeFault::operand(1, message));
    }
    start_indices(eqn, 2, operand.shape.len())?;
    Ok(vec![decorated(operand.ty.clone(), eqn.inputs.iter().copied())])
}
