//! Windows that slide over an array.

use super::contractions::dilations;
use super::reductions::reducer;
use super::views::padded;
use crate::ir::{Dim, Type};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::{Arity, DTypes, ParamSpec, Primitive, param};
use crate::schema::shape::{any_extent, decorated, types_agree, with_shape};
use crate::schema::typed_eqn::TypedEqn;

const WINDOW: &[ParamSpec] = &[
    param("base_dilation"),
    param("padding"),
    param("window_dilation"),
    param("window_dimensions"),
    param("window_strides"),
];

const fn window(name: &'static str, accepts: DTypes) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), reduce_window)
        .on(accepts)
        .params(WINDOW)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    window("reduce_window_sum", DTypes::NUMBER),
    window("reduce_window_max", DTypes::ANY),
    window("reduce_window_min", DTypes::ANY),
    Primitive::new("reduce_window", Arity::AtLeast(2), general_reduce_window).bodies(reducer).params(&[
        param("base_dilation"),
        param("consts").or("()"),
        param("jaxpr"),
        param("padding"),
        param("window_dilation"),
        param("window_dimensions"),
        param("window_strides"),
    ]),
    Primitive::new("select_and_scatter_add", Arity::Exactly(2), select_and_scatter_add).params(&[
        param("padding"),
        param("select_prim"),
        param("window_dimensions"),
        param("window_strides"),
    ]),
    Primitive::new("select_and_scatter", Arity::Exactly(3), select_and_scatter).params(&[
        param("padding"),
        param("scatter_consts"),
        param("scatter_jaxpr"),
        param("select_consts"),
        param("select_jaxpr"),
        param("window_dimensions"),
        param("window_strides"),
    ]),
    Primitive::new("select_and_gather_add", Arity::Exactly(2), select_and_gather_add).params(&[
        param("base_dilation"),
        param("padding"),
        param("select_prim"),
        param("window_dilation"),
        param("window_dimensions"),
        param("window_strides"),
    ]),
];

/// How many places a window has on an extent.
pub(super) fn windowed(extent: u64, window: u64, stride: u64) -> u64 {
    match extent.checked_sub(window) {
        Some(room) => room / stride.max(1) + 1,
        None => 0,
    }
}

/// The extents of `shape` under the window that the parameters describe.
fn places(eqn: &TypedEqn<'_>, shape: &[Dim]) -> Result<Vec<Dim>, TypeFault> {
    let rank = shape.len();
    let window = dilations(eqn, "window_dimensions", rank)?;
    let strides = dilations(eqn, "window_strides", rank)?;
    let base_dilation = dilations(eqn, "base_dilation", rank)?;
    let window_dilation = dilations(eqn, "window_dilation", rank)?;
    let padding = eqn.int_tuples("padding")?;
    if padding.len() != rank {
        return Err(TypeFault::parameter(
            "padding",
            format!("`padding` needs {rank} pairs"),
        ));
    }
    let mut extents = Vec::with_capacity(rank);
    for axis in 0..rank {
        let (Some(size), [low, high]) = (shape[axis].size(), &padding[axis][..]) else {
            extents.push(any_extent());
            continue;
        };
        let input = padded(size, *low, *high, base_dilation[axis] - 1);
        let window = padded(window[axis].unsigned_abs(), 0, 0, window_dilation[axis] - 1);
        extents.push(match (input, window) {
            (Some(input), Some(window)) => Dim::Size(windowed(input, window, strides[axis].unsigned_abs())),
            _ => return Err(TypeFault::parameter("padding", "the padded extent is negative")),
        });
    }
    Ok(extents)
}

fn reduce_window(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.accepted(0)?;
    Ok(vec![with_shape(eqn.inputs[0], places(eqn, &operand.shape)?)])
}

/// Operands, then as many initial values.
fn general_reduce_window(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    if !eqn.inputs.len().is_multiple_of(2) {
        return Err(TypeFault::equation(
            "reduce_window takes an initial value for each operand",
        ));
    }
    let half = eqn.inputs.len() / 2;
    let mut types = Vec::with_capacity(half);
    for index in 0..half {
        let operand = eqn.array(index)?;
        let start = eqn.operand(half + index)?;
        let scalar = with_shape(eqn.inputs[index], Vec::new());
        if !types_agree(&scalar, start) {
            return Err(TypeFault::operand_type(half + index, &scalar, start));
        }
        types.push(with_shape(eqn.inputs[index], places(eqn, &operand.shape)?));
    }
    super::calls::check(eqn, &reducer(eqn)?)?;
    Ok(types)
}

/// `source` has an element for each place of the window on `operand`, and goes back to where it was selected.
fn select_and_scatter_add(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    scattered(eqn, 0, 1)
}

fn select_and_scatter(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    scattered(eqn, 1, 0)
}

fn scattered(eqn: &TypedEqn<'_>, source: usize, operand: usize) -> Result<Vec<Type>, TypeFault> {
    let array = eqn.array(operand)?;
    let expected = with_shape(eqn.inputs[operand], places(eqn, &array.shape)?);
    let found = eqn.operand(source)?;
    if !types_agree(&expected, found) {
        return Err(TypeFault::operand_type(source, &expected, found));
    }
    Ok(vec![decorated(
        eqn.inputs[operand].clone(),
        eqn.inputs.iter().copied(),
    )])
}

fn select_and_gather_add(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (tangents, operand) = (eqn.operand(0)?, eqn.array(1)?);
    if !types_agree(tangents, eqn.inputs[1]) {
        return Err(TypeFault::operand_type(0, eqn.inputs[1], tangents));
    }
    Ok(vec![with_shape(tangents, places(eqn, &operand.shape)?)])
}
