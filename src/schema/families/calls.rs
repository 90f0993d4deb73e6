//! Primitives that run a jaxpr once: calls, derivative rules, linear solves, maps over devices.

use crate::ir::{Atom, BlockId, Dim, Listing, ParamValue, Program, Type, VarName};
use crate::schema::bodies::{Body, Port};
use crate::schema::fault::TypeFault;
use crate::schema::params;
use crate::schema::primitive::{Arity, ParamSpec, Primitive, param};
use crate::schema::shape::{any_extent, is_unknown, reference_content, types_agree, with_shape};
use crate::schema::site::Site;
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
fn callee(site: &Site<'_>) -> Result<BlockId, TypeFault> {
    ["jaxpr", "call_jaxpr", "fun_jaxpr"]
        .into_iter()
        .find_map(|name| site.block(name).ok())
        .ok_or(TypeFault::Unreadable("jaxpr"))
}

fn called(site: &Site<'_>) -> Result<Vec<Body>, TypeFault> {
    one_body(site, callee(site)?, Port::Whole)
}

/// A jaxpr whose inputs are the operands and whose results are the outputs, each through the same kind of port.
fn one_body(site: &Site<'_>, block: BlockId, port: fn(usize) -> Port) -> Result<Vec<Body>, TypeFault> {
    let results = site.program.blocks[block].outputs.len();
    Ok(vec![Body {
        block,
        inputs: (0..site.inputs.len()).map(port).collect(),
        outputs: (0..results).map(port).collect(),
    }])
}

/// Checks the operands against the jaxprs, and gives what the jaxprs give.
pub(super) fn call(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let find = site.primitive.bodies.ok_or(TypeFault::Unknown)?;
    run(site, &find(site)?, &any_extent())
}

/// As [`call`]; `extent` is that of the axis which rows have not got.
pub(super) fn run(site: &Site<'_>, bodies: &[Body], extent: &Dim) -> Result<Vec<Type>, TypeFault> {
    check_rows(site, bodies, extent)?;
    check(site, bodies)?;
    let mut outputs: Vec<Type> = Vec::new();
    for body in bodies {
        let results = &site.program.blocks[body.block].outputs;
        for (&result, &port) in results.iter().zip(&body.outputs) {
            let Some(index) = port.index() else { continue };
            if outputs.len() <= index {
                outputs.resize(index + 1, Type::Untyped);
            }
            // Jaxprs name their dropped results `_`, and which `_` a result is may be anybody's guess.
            let dropped = result
                .value()
                .is_some_and(|value| site.program.values[value].name == VarName::UNDERSCORE);
            let ty = if dropped {
                Type::Untyped
            } else {
                outside(type_of(site.program, result), port, extent)
            };
            if is_unknown(&outputs[index]) {
                outputs[index] = ty;
            } else if !types_agree(&outputs[index], &ty) {
                let name = site.primitive.name;
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
pub(super) fn check(site: &Site<'_>, bodies: &[Body]) -> Result<(), TypeFault> {
    for body in bodies {
        let block = &site.program.blocks[body.block];
        for (ports, found, what) in [
            (&body.inputs, block.inputs.len(), "inputs"),
            (&body.outputs, block.outputs.len(), "results"),
        ] {
            if ports.len() != found {
                let (name, wanted) = (site.primitive.name, ports.len());
                let message = format!("{name} needs a jaxpr of {wanted} {what}, and it has {found}");
                return Err(TypeFault::equation(message));
            }
        }
        for (&input, &port) in block.inputs.iter().zip(&body.inputs) {
            let inner = site.program.type_of(input);
            let Some(index) = port.index() else { continue };
            let outer = site.inputs.get(index).copied().unwrap_or(&Type::Untyped);
            if !fits(site, outer, inner, port) {
                let message = format!("operand {index} is {outer}, and the jaxpr takes {inner}");
                return Err(TypeFault::operand(index, message));
            }
        }
    }
    Ok(())
}

/// Operands that are taken row by row have as many rows as there are iterations.
fn check_rows(site: &Site<'_>, bodies: &[Body], extent: &Dim) -> Result<(), TypeFault> {
    for port in bodies.iter().flat_map(|body| &body.inputs) {
        let Port::Row(index, axis) = *port else { continue };
        let Some(ty) = site.inputs.get(index) else {
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

fn fits(site: &Site<'_>, outer: &Type, inner: &Type, port: Port) -> bool {
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
        Port::Reference(_) => content(inner).is_none_or(|inner| types_agree(outer, &inner)),
        Port::Shard(_) => is_shard(site, outer, inner),
        Port::Inner => true,
    }
}

/// What a reference holds, if it can be read.
pub(super) fn content(ty: &Type) -> Option<Type> {
    match ty {
        Type::Reference { content, .. } => reference_content(content),
        _ => None,
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
fn is_shard(site: &Site<'_>, whole: &Type, part: &Type) -> bool {
    let (Some(outer), Some(inner)) = (whole.shape(), part.shape()) else {
        return types_agree(whole, part);
    };
    let devices = devices(site);
    let divides = |(outer, inner): (&Dim, &Dim)| match (outer.size(), inner.size()) {
        (Some(outer), Some(inner)) if inner > 0 => {
            outer % inner == 0 && devices.is_none_or(|devices| devices % (outer / inner) == 0)
        }
        (Some(outer), Some(_)) => outer == 0,
        _ => true,
    };
    let scalars = types_agree(&with_shape(whole, Vec::new()), &with_shape(part, Vec::new()));
    scalars && outer.len() == inner.len() && outer.iter().zip(inner).all(divides)
}

/// The number of devices of `mesh=Mesh('x': 2, 'y': 4, axis_types=(…))`.
fn devices(site: &Site<'_>) -> Option<u64> {
    let ParamValue::Text(text) = site.param("mesh")? else {
        return None;
    };
    let inside = site.program.symbols.text(*text).split_once("Mesh(")?.1;
    let mut total: u64 = 1;
    for axis in inside.split("': ").skip(1) {
        let digits = axis
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(axis.len());
        total = total.checked_mul(axis[..digits].parse().ok()?)?;
    }
    (total > 0).then_some(total)
}

fn sharded(site: &Site<'_>) -> Result<Vec<Body>, TypeFault> {
    one_body(site, site.block("jaxpr")?, Port::Shard)
}

fn pmap(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let extent = super::views::extent_of("axis_size", site.int("axis_size")?)?;
    run(site, &mapped(site)?, &extent)
}

/// Operands are mapped over the axes of `in_axes`, results over those of `out_axes`.
fn mapped(site: &Site<'_>) -> Result<Vec<Body>, TypeFault> {
    Ok(vec![Body {
        block: site.block("call_jaxpr")?,
        inputs: mapped_ports(site, "in_axes")?,
        outputs: mapped_ports(site, "out_axes")?,
    }])
}

fn mapped_ports(site: &Site<'_>, name: &'static str) -> Result<Vec<Port>, TypeFault> {
    let axes = params::items(site.value(name)?).ok_or(TypeFault::Unreadable(name))?;
    let port = |(index, axis): (usize, &ParamValue)| match axis {
        ParamValue::None => Ok(Port::Whole(index)),
        axis => params::int(&site.program.symbols, axis)
            .and_then(|axis| usize::try_from(axis).ok())
            .map(|axis| Port::Row(index, axis))
            .ok_or(TypeFault::Unreadable(name)),
    };
    axes.iter().enumerate().map(port).collect()
}

/// The solution is of the type of the right-hand side, which stands behind the constants of the four jaxprs.
fn custom_linear_solve(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    check(site, &solvers(site)?)?;
    let constants: usize = constant_counts(site)?.into_iter().sum();
    let rest = site.inputs.get(constants..);
    let rest =
        rest.ok_or_else(|| TypeFault::equation("there are fewer operands than `const_lengths` counts"))?;
    Ok(rest.iter().map(|&ty| ty.clone()).collect())
}

const SOLVERS: [&str; 4] = ["matvec", "vecmat", "solve", "transpose_solve"];

fn constant_counts(site: &Site<'_>) -> Result<[usize; 4], TypeFault> {
    const NAME: &str = "const_lengths";
    /// More operands than any equation has; it keeps the sum of the counts small.
    const MOST: usize = 1 << 24;
    let symbols = &site.program.symbols;
    let value = site.value(NAME)?;
    let mut counts = [0; 4];
    for (count, solver) in counts.iter_mut().zip(SOLVERS) {
        *count = params::argument(symbols, value, solver)
            .and_then(|count| usize::try_from(params::int(symbols, count)?).ok())
            .filter(|&count| count <= MOST)
            .ok_or(TypeFault::Unreadable(NAME))?;
    }
    Ok(counts)
}

/// Each jaxpr takes its own constants and something of the type of the solution.
fn solvers(site: &Site<'_>) -> Result<Vec<Body>, TypeFault> {
    let counts = constant_counts(site)?;
    let constants: usize = counts.iter().sum();
    let jaxprs = site.value("jaxprs")?;
    let unknowns = || (constants..site.inputs.len()).map(Port::Whole);
    let mut bodies = Vec::new();
    let mut first = 0;
    for (count, solver) in counts.into_iter().zip(SOLVERS) {
        let own = (first..first + count).map(Port::Whole);
        first += count;
        let Some(&ParamValue::Listing(listing)) = params::argument(&site.program.symbols, jaxprs, solver)
        else {
            continue;
        };
        let Listing { main, .. } = site.program.listings[listing];
        let gives = site.inputs.len().saturating_sub(constants);
        bodies.push(Body {
            block: main,
            inputs: own.chain(unknowns()).collect(),
            outputs: (0..gives).map(Port::Whole).collect(),
        });
    }
    Ok(bodies)
}
