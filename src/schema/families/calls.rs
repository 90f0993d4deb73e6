//! Primitives that run a jaxpr once: calls, derivative rules, linear solves, maps over devices.

use crate::ir::{Atom, BlockId, Dim, Listing, ParamValue, Program, Type, VarName};
use crate::schema::bodies::{Body, Port};
use crate::schema::fault::TypeFault;
use crate::schema::params;
use crate::schema::primitive::{Arity, ParamSpec, Primitive, param};
use crate::schema::shape::{any_extent, held_by, is_unknown, types_agree, with_shape};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

const fn call_row(name: &'static str, params: &'static [ParamSpec]) -> Primitive {
    Primitive::new(name, Arity::AtLeast(0), call)
        .bodies(called)
        .params(params)
}

const JIT: &[ParamSpec] = &[
    param("donated_invars").unless("None"),
    param("in_shardings").unless("None"),
    param("jaxpr"),
    param("keep_unused").unless("False"),
    param("name"),
    param("out_shardings").unless("None"),
];

const CALL: &[ParamSpec] = &[param("call_jaxpr")];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    call_row("pjit", JIT).until(Version::V0_6),
    call_row("jit", JIT).since(Version::V0_7),
    call_row("closed_call", CALL),
    call_row("core_call", CALL),
    call_row("core_closed_call", CALL),
    call_row("xla_call", CALL).until(Version::V0_4_13),
    call_row("named_call", CALL),
    call_row("remat2", &[param("differentiated"), param("jaxpr"), param("policy"), param("prevent_cse")]),
    call_row("checkpoint", &[param("differentiated"), param("jaxpr"), param("policy"), param("prevent_cse")]),
    call_row("composite", &[param("attributes"), param("jaxpr"), param("name"), param("version")]),
    call_row("custom_jvp_call", &[
        param("call_jaxpr"),
        param("jvp").since(Version::V0_6),
        param("jvp_jaxpr_fun").since(Version::V0_4_38).until(Version::V0_5_3),
        param("jvp_jaxpr_thunk").until(Version::V0_4_30),
        param("name").since(Version::V0_6),
        param("num_consts").or("0").until(Version::V0_5_3),
        param("num_consts").unless("0").since(Version::V0_6),
        param("symbolic_zeros"),
    ]),
    call_row("custom_vjp_call", &[
        param("bwd"),
        param("call_jaxpr"),
        param("fwd"),
        param("name"),
        param("num_consts").unless("0"),
        param("symbolic_zeros"),
    ]).since(Version::V0_6),
    call_row("custom_vjp_call_jaxpr", &[
        param("bwd"),
        param("fun_jaxpr"),
        param("fwd_jaxpr_thunk"),
        param("num_consts"),
        param("out_trees"),
        param("symbolic_zeros"),
    ]).until(Version::V0_5_3),
    call_row("custom_lin", &[]),
    Primitive::new("custom_linear_solve", Arity::AtLeast(0), custom_linear_solve).bodies(solvers)
        .params(&[param("const_lengths"), param("jaxprs")]),
    Primitive::new("xla_pmap", Arity::AtLeast(0), pmap).bodies(mapped).params(&[
        param("axis_name"),
        param("axis_size"),
        param("backend"),
        param("call_jaxpr"),
        param("devices"),
        param("donated_invars"),
        param("global_axis_size"),
        param("in_axes"),
        param("is_explicit_global_axis_size"),
        param("name"),
        param("out_axes"),
    ]).until(Version::V0_8),
    call_row("shard_map", &[
        param("auto").until(Version::V0_5_3),
        param("check_rep").until(Version::V0_5_3),
        param("check_vma").since(Version::V0_6),
        param("in_names").until(Version::V0_5_3),
        param("in_specs").since(Version::V0_6),
        param("jaxpr"),
        param("manual_axes").since(Version::V0_6).until(Version::V0_9),
        param("mesh"),
        param("newly_manual_axes").since(Version::V0_10),
        param("out_names").until(Version::V0_5_3),
        param("out_specs").since(Version::V0_6),
        param("rewrite").until(Version::V0_5_3),
    ]).bodies(sharded),
];

/// The block that a call runs, whichever parameter holds it.
fn callee(eqn: &TypedEqn<'_>) -> Result<BlockId, TypeFault> {
    ["jaxpr", "call_jaxpr", "fun_jaxpr"]
        .into_iter()
        .find_map(|name| eqn.block(name).ok())
        .ok_or(TypeFault::Unreadable("jaxpr"))
}

fn called(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    Ok(one_body(eqn, callee(eqn)?, Port::Whole))
}

/// A jaxpr whose inputs are the operands and whose results are the outputs, each through the same kind of port.
fn one_body(eqn: &TypedEqn<'_>, block: BlockId, port: fn(usize) -> Port) -> Vec<Body> {
    let results = eqn.program.blocks[block].outputs.len();
    vec![Body {
        block,
        inputs: (0..eqn.inputs.len()).map(port).collect(),
        outputs: (0..results).map(port).collect(),
    }]
}

/// Checks the operands against the jaxprs, and gives what the jaxprs give.
pub(super) fn call(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let find = eqn.primitive.bodies.ok_or(TypeFault::Unknown)?;
    run(eqn, &find(eqn)?, &any_extent())
}

/// As [`call`]; `extent` is that of the axis which rows have not got.
pub(super) fn run(eqn: &TypedEqn<'_>, bodies: &[Body], extent: &Dim) -> Result<Vec<Type>, TypeFault> {
    check_rows(eqn, bodies, extent)?;
    check(eqn, bodies)?;
    let mut outputs: Vec<Type> = Vec::new();
    for body in bodies {
        let results = &eqn.program.blocks[body.block].outputs;
        for (&result, &port) in results.iter().zip(&body.outputs) {
            let Some(index) = port.index() else { continue };
            if outputs.len() <= index {
                outputs.resize(index + 1, Type::Untyped);
            }
            // Jaxprs name their dropped results `_`, and which `_` a result is may be anybody's guess.
            let dropped = result
                .value()
                .is_some_and(|value| eqn.program.values[value].name == VarName::UNDERSCORE);
            let ty = if dropped {
                Type::Untyped
            } else {
                outside(type_of(eqn.program, result), port, extent)
            };
            if is_unknown(&outputs[index]) {
                outputs[index] = ty;
            } else if !types_agree(&outputs[index], &ty) {
                let name = eqn.primitive.name;
                let message = format!("one jaxpr of {name} gives {}, another {ty}", outputs[index]);
                return Err(TypeFault::equation(message));
            }
        }
    }
    Ok(outputs)
}

pub(super) fn type_of(program: &Program, atom: Atom) -> &Type {
    program.atom_type(atom).unwrap_or(&Type::Untyped)
}

/// Checks that operands fit the inputs of the jaxprs, and that the jaxprs have as many results as they need.
pub(super) fn check(eqn: &TypedEqn<'_>, bodies: &[Body]) -> Result<(), TypeFault> {
    for body in bodies {
        let block = &eqn.program.blocks[body.block];
        for (ports, found, what) in [
            (&body.inputs, block.inputs.len(), "inputs"),
            (&body.outputs, block.outputs.len(), "results"),
        ] {
            if ports.len() != found {
                let (name, wanted) = (eqn.primitive.name, ports.len());
                let message = format!("{name} needs a jaxpr of {wanted} {what}, and it has {found}");
                return Err(TypeFault::equation(message));
            }
        }
        for (&input, &port) in block.inputs.iter().zip(&body.inputs) {
            let inner = eqn.program.type_of(input);
            let Some(index) = port.index() else { continue };
            let outer = eqn.inputs.get(index).copied().unwrap_or(&Type::Untyped);
            if !fits(eqn, outer, inner, port) {
                let message = format!("operand {index} is {outer}, and the jaxpr takes {inner}");
                return Err(TypeFault::operand(index, message));
            }
        }
    }
    Ok(())
}

/// Operands that are taken row by row have as many rows as there are iterations.
fn check_rows(eqn: &TypedEqn<'_>, bodies: &[Body], extent: &Dim) -> Result<(), TypeFault> {
    for port in bodies.iter().flat_map(|body| &body.inputs) {
        let Port::Row(index, axis) = *port else { continue };
        let Some(ty) = eqn.inputs.get(index) else {
            continue;
        };
        let rows = ty.shape().map(|shape| shape.get(axis));
        if rows.is_some_and(|rows| rows.is_none_or(|rows| !crate::schema::shape::agree(rows, extent))) {
            let message = format!("operand {index} is {ty}, which has not {extent} rows along axis {axis}");
            return Err(TypeFault::operand(index, message));
        }
    }
    Ok(())
}

fn fits(eqn: &TypedEqn<'_>, outer: &Type, inner: &Type, port: Port) -> bool {
    if is_unknown(outer) || is_unknown(inner) {
        return true;
    }
    match port {
        Port::Whole(_) => types_agree(outer, inner),
        Port::Row(_, axis) => outer.shape().is_some_and(|shape| {
            axis < shape.len()
                && types_agree(&with_shape(outer, super::views::without(shape, &[axis])), inner)
        }),
        Port::Element(_) => types_agree(&with_shape(outer, Vec::new()), inner),
        Port::Reference(_) => held_by(inner).is_none_or(|inner| types_agree(outer, &inner)),
        Port::Shard(_) => is_shard(eqn, outer, inner),
        Port::Inner => true,
    }
}

/// What the caller sees of a result.
fn outside(inner: &Type, port: Port, extent: &Dim) -> Type {
    match (port, inner.shape()) {
        (Port::Row(_, axis), Some(shape)) if axis <= shape.len() => {
            let mut shape = shape.to_vec();
            shape.insert(axis, extent.clone());
            with_shape(inner, shape)
        }
        (Port::Shard(_), Some(shape)) => with_shape(inner, vec![any_extent(); shape.len()]),
        (Port::Whole(_), _) => inner.clone(),
        _ => Type::Untyped,
    }
}

/// A device holds a part of each axis, and the parts together are as many as devices.
fn is_shard(eqn: &TypedEqn<'_>, whole: &Type, part: &Type) -> bool {
    let (Some(outer), Some(inner)) = (whole.shape(), part.shape()) else {
        return types_agree(whole, part);
    };
    let devices = devices(eqn);
    let divides = |(outer, inner): (&Dim, &Dim)| match (outer.size(), inner.size()) {
        (Some(0), Some(inner)) => inner == 0,
        (Some(outer), Some(inner)) => {
            let parts = outer.checked_div(inner).filter(|parts| parts * inner == outer);
            parts.is_some_and(|parts| devices.is_none_or(|devices| devices.is_multiple_of(parts)))
        }
        _ => true,
    };
    let scalars = types_agree(&with_shape(whole, Vec::new()), &with_shape(part, Vec::new()));
    scalars && outer.len() == inner.len() && outer.iter().zip(inner).all(divides)
}

/// The number of devices of the mesh.
fn devices(eqn: &TypedEqn<'_>) -> Option<u64> {
    let axes = params::mesh_axes(&eqn.program.symbols, eqn.param("mesh")?)?;
    let sizes = axes.iter().map(|(_, size)| *size as u64);
    let total = sizes.fold(Some(1u64), |total, size| total?.checked_mul(size))?;
    (total > 0).then_some(total)
}

fn sharded(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    Ok(one_body(eqn, eqn.block("jaxpr")?, Port::Shard))
}

fn pmap(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let extent = super::views::extent_of("axis_size", eqn.int("axis_size")?)?;
    run(eqn, &mapped(eqn)?, &extent)
}

/// Operands are mapped over the axes of `in_axes`, results over those of `out_axes`.
fn mapped(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    Ok(vec![Body {
        block: eqn.block("call_jaxpr")?,
        inputs: mapped_ports(eqn, "in_axes")?,
        outputs: mapped_ports(eqn, "out_axes")?,
    }])
}

fn mapped_ports(eqn: &TypedEqn<'_>, name: &'static str) -> Result<Vec<Port>, TypeFault> {
    let axes = params::items(eqn.value(name)?).ok_or(TypeFault::Unreadable(name))?;
    let port = |(index, mapped): (usize, &ParamValue)| match mapped {
        ParamValue::None => Ok(Port::Whole(index)),
        number => params::int(&eqn.program.symbols, number)
            .and_then(|number| usize::try_from(number).ok())
            .map(|axis| Port::Row(index, axis))
            .ok_or(TypeFault::Unreadable(name)),
    };
    axes.iter().enumerate().map(port).collect()
}

/// The solution is of the type of the right-hand side, which stands behind the constants of the four jaxprs.
fn custom_linear_solve(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let constants: usize = constant_counts(eqn)?.into_iter().sum();
    let right_hand_side = &eqn.inputs[constants..];
    let solved = run(eqn, &solvers(eqn)?, &any_extent())?;
    for (place, (found, expected)) in solved.iter().zip(right_hand_side).enumerate() {
        if !types_agree(found, expected) {
            let message = format!("the jaxprs give {found} for a right-hand side of {expected}");
            return Err(TypeFault::operand(constants + place, message));
        }
    }
    Ok(right_hand_side.iter().map(|&ty| ty.clone()).collect())
}

const SOLVERS: [&str; 4] = ["matvec", "vecmat", "solve", "transpose_solve"];

/// How many of the operands, of which there are as many at least, are constants of each jaxpr.
fn constant_counts(eqn: &TypedEqn<'_>) -> Result<[usize; 4], TypeFault> {
    const NAME: &str = "const_lengths";
    let symbols = &eqn.program.symbols;
    let value = eqn.value(NAME)?;
    let mut counts = [0; 4];
    let mut left = eqn.inputs.len();
    for (count, solver) in counts.iter_mut().zip(SOLVERS) {
        *count = params::argument(symbols, value, solver)
            .and_then(|count| usize::try_from(params::int(symbols, count)?).ok())
            .ok_or(TypeFault::Unreadable(NAME))?;
        left = left
            .checked_sub(*count)
            .ok_or_else(|| TypeFault::parameter(NAME, "there are fewer operands than constants"))?;
    }
    Ok(counts)
}

/// Each jaxpr takes its own constants and something of the type of the solution.
fn solvers(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let counts = constant_counts(eqn)?;
    let constants: usize = counts.iter().sum();
    let jaxprs = eqn.value("jaxprs")?;
    let unknowns = || (constants..eqn.inputs.len()).map(Port::Whole);
    let mut bodies = Vec::new();
    let mut first = 0;
    for (count, solver) in counts.into_iter().zip(SOLVERS) {
        let own = (first..first + count).map(Port::Whole);
        first += count;
        let Some(&ParamValue::Listing(listing)) = params::argument(&eqn.program.symbols, jaxprs, solver)
        else {
            continue;
        };
        let Listing { main, .. } = eqn.program.listings[listing];
        let gives = eqn.inputs.len().saturating_sub(constants);
        bodies.push(Body {
            block: main,
            inputs: own.chain(unknowns()).collect(),
            outputs: (0..gives).map(Port::Whole).collect(),
        });
    }
    Ok(bodies)
}
