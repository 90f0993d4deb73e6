//! Maps over devices: a function runs on each of them, with its parts of the operands.
//!
//! The maps are written without the check that results are the same on all devices: it decides no number, and
//! releases differ in what they make of the casts that serve it.

use super::super::equation::{Equation, Outcome, plain, sequence};
use super::super::fault::Fault;
use super::super::python::{Expr, Statement, Target};
use super::collectives::axis_name;
use super::loops::branch_function;
use super::{Row, own};
use crate::schema::params::{self, Partition};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("shard_map", shard_map).reads(&[
        "auto", "check_rep", "check_vma", "in_names", "in_specs", "jaxpr", "manual_axes", "mesh",
        "newly_manual_axes", "out_names", "out_specs", "rewrite",
    ]),
    own("xla_pmap", pmap).reads(&[
        "axis_name", "axis_size", "call_jaxpr", "donated_invars", "global_axis_size", "in_axes",
        "is_explicit_global_axis_size", "name", "out_axes",
    ]),
];

/// Releases before 0.6 have the function under `jax.experimental`, and print names where later ones print specs.
fn shard_map(equation: &mut Equation<'_, '_>) -> Outcome {
    let is_old = equation.param("in_names").is_some();
    let (inputs, outputs) = if is_old {
        ("in_names", "out_names")
    } else {
        ("in_specs", "out_specs")
    };
    let (in_specs, out_specs) = (specs(equation, inputs)?, specs(equation, outputs)?);
    let symbols = &equation.program().symbols;
    let axes = equation
        .param("mesh")
        .and_then(|mesh| params::mesh_axes(symbols, mesh));
    let axes = axes.ok_or(Fault::Param("mesh"))?;
    let jaxpr = equation.jaxpr(&["jaxpr"])?;
    let function = branch_function(equation, jaxpr, "on_each_device")?;

    let count: usize = axes.iter().map(|(_, size)| size).product();
    let devices = [
        Expr::Atom(format!("jax.devices()[:{count}]")),
        Expr::ints(axes.iter().map(|(_, size)| size)),
    ];
    let names = axes.iter().map(|(name, _)| Expr::string(name)).collect();
    let mesh = [Expr::call("np.reshape", devices), Expr::Tuple(names)];
    let mesh = assigned(equation, "mesh", Expr::call("jax.sharding.Mesh", mesh));

    let called = if is_old { "shard_map" } else { "jax.shard_map" };
    let mut map = Expr::call(called, [function])
        .with("mesh", mesh)
        .with("in_specs", in_specs)
        .with("out_specs", out_specs);
    let manual = equation
        .given("newly_manual_axes")
        .or_else(|| equation.given("manual_axes"));
    let manual = manual.map(|names| params::axis_names(symbols, names));
    if let Some(manual) = manual.filter(|manual| manual.len() < axes.len()) {
        map = map.with("axis_names", set(&manual));
    }
    let auto = equation.given("auto");
    let auto = auto.map(|names| params::axis_names(symbols, names));
    if let Some(auto) = auto.filter(|auto| !auto.is_empty() && is_old) {
        map = map.with("auto", Expr::call("frozenset", [set(&auto)]));
    }
    let check = if is_old { "check_rep" } else { "check_vma" };
    called_on_operands(equation, map.with(check, Expr::boolean(false)))
}

/// Each device has its rows of the operands.
fn pmap(equation: &mut Equation<'_, '_>) -> Outcome {
    let jaxpr = equation.jaxpr(&["call_jaxpr"])?;
    let wanted = super::calls::name_of(equation, "on_each_device");
    let function = branch_function(equation, jaxpr, &wanted)?;
    let map = Expr::call("jax.pmap", [function])
        .with("axis_name", equation.read("axis_name", axis_name)?)
        .with("in_axes", equation.read("in_axes", plain)?)
        .with("out_axes", equation.read("out_axes", plain)?);
    called_on_operands(equation, map)
}

fn called_on_operands(equation: &mut Equation<'_, '_>, map: Expr) -> Outcome {
    let Expr::Atom(mapped) = assigned(equation, "mapped", map) else {
        return Err(Fault::Param("jaxpr"));
    };
    Ok(sequence(Expr::call(mapped, equation.operands()?)))
}

/// A variable that holds the value of an expression.
fn assigned(equation: &mut Equation<'_, '_>, wanted: &str, value: Expr) -> Expr {
    let name = equation.writer.names.fresh(wanted);
    equation
        .writer
        .push(Statement::Assign(Target::Name(name.clone()), value));
    Expr::Atom(name)
}

/// `{"x", "y"}`
fn set(names: &[String]) -> Expr {
    let names: Vec<String> = names
        .iter()
        .map(|name| super::super::layout::flat(&Expr::string(name)))
        .collect();
    Expr::Atom(format!("{{{}}}", names.join(", ")))
}

/// How operands or results lie on the mesh.
fn specs(equation: &Equation<'_, '_>, name: &'static str) -> Result<Expr, Fault> {
    let value = equation.param(name).ok_or(Fault::Param(name))?;
    let partitions = params::partitions(&equation.program().symbols, value).ok_or(Fault::Param(name))?;
    Ok(Expr::Tuple(partitions.iter().map(spec).collect()))
}

/// `PartitionSpec("x", None, ("y", "z"))`
fn spec(partition: &Partition) -> Expr {
    let rank = partition.iter().map(|(axis, _)| axis + 1).max().unwrap_or(0);
    let names_of = |axis: usize| {
        partition
            .iter()
            .find(|(cut, _)| *cut == axis)
            .map(|(_, names)| names)
    };
    let parts = (0..rank).map(|axis| match names_of(axis).map(Vec::as_slice) {
        None | Some([]) => Expr::atom("None"),
        Some([name]) => Expr::string(name),
        Some(names) => Expr::Tuple(names.iter().map(|name| Expr::string(name)).collect()),
    });
    Expr::call("jax.sharding.PartitionSpec", parts)
}
