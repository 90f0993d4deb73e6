//! Communication between devices, and placement of data on them.

use super::views::{identity, without};
use crate::ir::{ArrayType, DType, Dim, ParamValue, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params;
use crate::schema::primitive::Moves::Nowhere;
use crate::schema::primitive::{Arity, ParamSpec, Primitive, Purity, Rule, param};
use crate::schema::shape::{any_extent, with_shape, with_varying, without_varying};
use crate::schema::typed_eqn::{TypedEqn, as_printed};
use crate::schema::version::Version;

const fn collective(name: &'static str, rule: Rule) -> Primitive {
    Primitive::new(name, Arity::AtLeast(1), rule).purity(Purity::Collective)
}

const REDUCE: &[ParamSpec] = &[param("axes"), param("axis_index_groups").or("None")];
const ALL_GATHER: &[ParamSpec] = &[
    param("all_gather_dimension"),
    param("axis_index_groups").or("None"),
    param("axis_name"),
    param("axis_size"),
    param("tiled").or("False"),
];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    collective("psum", reduce_named).params(REDUCE),
    collective("psum2", reduce_named).params(REDUCE).until(Version::V0_5_3),
    collective("psum_invariant", reduce_named).since(Version::V0_6).params(&[
        param("axes"),
        param("axis_index_groups").or("None").until(Version::V0_7),
    ]),
    collective("pmax", reduce_named).params(REDUCE),
    collective("pmin", reduce_named).params(REDUCE),
    collective("unreduced_psum", reduce_named).params(REDUCE).since(Version::V0_8),
    collective("pbroadcast", identity).moves(Nowhere).params(REDUCE),
    collective("pvary", pvary).since(Version::V0_6).moves(Nowhere).params(&[
        param("axes"),
        param("axis_index_groups").or("None").until(Version::V0_7),
    ]),
    collective("ppermute", identity).params(&[param("axis_name"), param("perm")]),
    collective("all_gather", all_gather).params(ALL_GATHER),
    collective("all_gather_invariant", all_gather).params(ALL_GATHER).since(Version::V0_6),
    collective("reduce_scatter", reduce_scatter).params(&[
        param("axis_index_groups").or("None"),
        param("axis_name"),
        param("axis_size"),
        param("scatter_dimension"),
        param("tiled").or("False"),
    ]),
    collective("all_to_all", all_to_all).params(&[
        param("axis_index_groups").or("None"),
        param("axis_name"),
        param("concat_axis"),
        param("split_axis"),
        param("tiled").or("False"),
    ]),
    collective("ragged_all_to_all", as_printed)
        .params(&[param("axis_index_groups"), param("axis_name")]).since(Version::V0_5_3),
    Primitive::new("axis_index", Arity::Exactly(0), axis_index).params(&[param("axis_name")]),
    Primitive::new("axis_size", Arity::Exactly(0), axis_index).params(&[param("axis_name")]),
    Primitive::new("device_put", Arity::AtLeast(1), identity).params(&[
        param("copy_semantics").since(Version::V0_4_38),
        param("devices"),
        param("srcs"),
    ]),
    Primitive::new("sharding_constraint", Arity::Exactly(1), identity).params(&[
        param("context_mesh").since(Version::V0_5_3),
        param("layout").since(Version::V0_4_38),
        param("resource_env").until(Version::V0_4_38),
        param("sharding"),
        param("unconstrained_dims"),
    ]),
    Primitive::new("layout_constraint", Arity::Exactly(1), identity).params(&[param("layout")]),
    Primitive::new("mesh_cast", Arity::Exactly(1), identity).params(&[param("dst_sharding")]),
    Primitive::new("reshard", Arity::Exactly(1), identity).since(Version::V0_6),
    Primitive::new("shard_alike", Arity::Exactly(2), identity),
];

/// The axes that a parameter names: numbers of axes of the operands, and names of mesh axes.
fn named(eqn: &TypedEqn<'_>, name: &'static str) -> Result<(Vec<i64>, Vec<String>), TypeFault> {
    let symbols = &eqn.program.symbols;
    let value = eqn.value(name)?;
    let items = params::items(value).unwrap_or(std::slice::from_ref(value));
    let mut axes = (Vec::new(), Vec::new());
    for item in items {
        match item {
            ParamValue::Quoted(text) | ParamValue::Text(text) => {
                axes.1
                    .push(symbols.text(*text).trim_matches(['\'', '"']).to_owned());
            }
            item => axes
                .0
                .push(params::int(symbols, item).ok_or(TypeFault::Unreadable(name))?),
        }
    }
    Ok(axes)
}

/// Reduces over devices, and over axes of the operands if there are numbers among `axes`.
fn reduce_named(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (numbers, names) = named(eqn, "axes")?;
    let mut types = Vec::with_capacity(eqn.inputs.len());
    for index in 0..eqn.inputs.len() {
        let operand = eqn.shaped(index)?;
        let axes = crate::schema::typed_eqn::distinct_axes("axes", &numbers, operand.shape.len())?;
        types.push(without_varying(
            with_shape(operand.ty, without(operand.shape, &axes)),
            &names,
        ));
    }
    Ok(types)
}

/// The same values, from here on taken to differ between devices.
fn pvary(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (_, names) = named(eqn, "axes")?;
    let vary = |&ty: &&Type| with_varying(ty.clone(), &names);
    Ok(eqn.inputs.iter().map(vary).collect())
}

fn axis_size(eqn: &TypedEqn<'_>) -> Result<u64, TypeFault> {
    let size = eqn.int("axis_size")?;
    let size = u64::try_from(size).ok().filter(|&size| size > 0);
    size.ok_or_else(|| TypeFault::parameter("axis_size", "an axis has at least one device"))
}

/// Tiled, the parts of all devices stand one after the other; otherwise along a new axis.
fn all_gather(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    const NAME: &str = "all_gather_dimension";
    let (size, tiled) = (axis_size(eqn)?, eqn.boolean("tiled")?);
    let mut types = Vec::with_capacity(eqn.inputs.len());
    for index in 0..eqn.inputs.len() {
        let operand = eqn.shaped(index)?;
        let mut shape = operand.shape.to_vec();
        let axis = eqn.axis(NAME, shape.len() + usize::from(!tiled))?;
        if tiled {
            let extent = shape[axis].size().and_then(|extent| extent.checked_mul(size));
            shape[axis] = extent.map_or_else(any_extent, Dim::Size);
        } else {
            shape.insert(axis, Dim::Size(size));
        }
        types.push(with_shape(operand.ty, shape));
    }
    Ok(types)
}

/// Tiled, a device keeps its part of the axis; otherwise the axis goes away.
fn reduce_scatter(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    const NAME: &str = "scatter_dimension";
    let (size, tiled) = (axis_size(eqn)?, eqn.boolean("tiled")?);
    let operand = eqn.shaped(0)?;
    let mut shape = operand.shape.to_vec();
    let axis = eqn.axis(NAME, shape.len())?;
    let fits = |extent: u64| {
        if tiled {
            extent.is_multiple_of(size)
        } else {
            extent == size
        }
    };
    if shape[axis].size().is_some_and(|extent| !fits(extent)) {
        let message = format!(
            "axis {axis} of {} cannot be scattered over {size} devices",
            operand.ty
        );
        return Err(TypeFault::operand(0, message));
    }
    if tiled {
        shape[axis] = shape[axis]
            .size()
            .map_or_else(any_extent, |extent| Dim::Size(extent / size));
    } else {
        shape.remove(axis);
    }
    Ok(vec![with_shape(operand.ty, shape)])
}

/// Tiled, one axis is divided by the number of devices and another multiplied, and the number is not printed.
fn all_to_all(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let tiled = eqn.boolean("tiled")?;
    let mut types = Vec::with_capacity(eqn.inputs.len());
    for index in 0..eqn.inputs.len() {
        let operand = eqn.shaped(index)?;
        let mut shape = operand.shape.to_vec();
        let split = eqn.axis("split_axis", shape.len())?;
        let concat = eqn.axis("concat_axis", shape.len())?;
        if !tiled {
            let devices = shape.remove(split);
            shape.insert(concat, devices);
        } else if split != concat {
            shape[split] = any_extent();
            shape[concat] = any_extent();
        }
        types.push(with_shape(operand.ty, shape));
    }
    Ok(types)
}

fn axis_index(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let (_, names) = named(eqn, "axis_name")?;
    let mut ty = Type::Array(ArrayType::new(DType::Int32, []));
    // Only a binder tells whether the release writes varying axes into types.
    if eqn
        .binder(0)
        .ok()
        .and_then(Type::as_array)
        .is_some_and(|printed| printed.manual_axes.is_some())
    {
        ty = with_varying(ty, &names);
    }
    Ok(vec![ty])
}
