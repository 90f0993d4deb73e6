//! Collectives: over axes that a map names, or, where `vmap` has run, over axes of the array itself.

use super::super::equation::{Equation, Outcome, boolean, int, one, plain, sequence};
use super::super::fault::Fault;
use super::super::python::Expr;
use super::elementwise::identity;
use super::reductions::monoid;
use super::{Parameter, Row, call, keyword, own, positional};
use crate::ir::ParamValue;
use crate::schema::params;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    call("all_gather", "lax.all_gather").arguments(GATHER).reads(&["axis_size"]),
    call("all_gather_invariant", "lax.all_gather").arguments(GATHER).reads(&["axis_size"]),
    own("all_to_all", all_to_all).reads(&["axis_index_groups", "axis_name", "concat_axis", "split_axis", "tiled"]),
    call("axis_index", "lax.axis_index").arguments(&[positional("axis_name", axis_name)]),
    own("axis_size", axis_size).reads(&["axis_name"]),
    own("pbroadcast", identity).reads(CAST),
    own("pmax", |equation| across(equation, "max", "lax.pmax")).reads(AXES),
    own("pmin", |equation| across(equation, "min", "lax.pmin")).reads(AXES),
    call("ppermute", "lax.ppermute").arguments(&[positional("axis_name", axis_name), positional("perm", plain)]),
    own("psum", |equation| across(equation, "sum", "lax.psum")).reads(AXES),
    own("psum2", |equation| across(equation, "sum", "lax.psum")).reads(AXES),
    own("psum_invariant", |equation| across(equation, "sum", "lax.psum")).reads(AXES),
    own("pvary", identity).reads(CAST),
    call("reduce_scatter", "lax.psum_scatter").arguments(&[
        positional("axis_name", axis_name),
        keyword("scatter_dimension", int),
        keyword("axis_index_groups", plain),
        keyword("tiled", boolean),
    ]).reads(&["axis_size"]),
];

const AXES: &[&str] = &["axes", "axis_index_groups"];

/// Casts between values that vary from device to device and those that do not.
const CAST: &[&str] = &["axes", "axis_index_groups", "axis_name"];

const GATHER: &[Parameter] = &[
    positional("axis_name", axis_name),
    keyword("axis_index_groups", plain),
    Parameter {
        keyword: Some("axis"),
        param: "all_gather_dimension",
        view: int,
    },
    keyword("tiled", boolean),
];

/// `"x"`, `("x", "y")`.
pub(super) fn axis_name(program: &crate::ir::Program, value: &ParamValue) -> Option<Expr> {
    match value {
        ParamValue::Text(text) => Some(Expr::string(program.symbols.text(*text))),
        value => plain(program, value),
    }
}

/// A reduction over axes that are numbers, then over those that are names.
fn across(equation: &mut Equation<'_, '_>, name: &str, function: &str) -> Outcome {
    let axes = equation
        .param("axes")
        .and_then(params::items)
        .ok_or(Fault::Param("axes"))?;
    let program = equation.program();
    let (mut numbers, mut named) = (Vec::new(), Vec::new());
    for axis in axes {
        match int(program, axis) {
            Some(number) => numbers.push(number),
            None => named.push(axis_name(program, axis).ok_or(Fault::Param("axes"))?),
        }
    }
    let mut reduced = Vec::new();
    for index in 0..equation.atoms().len() {
        let mut value = equation.operand(index)?;
        if !numbers.is_empty() {
            let (combine, start) = monoid(name, equation.dtype(index)?)?;
            let axes = Expr::Tuple(numbers.clone());
            value = Expr::call("lax.reduce", [value, start, Expr::atom(combine), axes]);
        }
        if !named.is_empty() {
            value = Expr::call(function, [value, Expr::Tuple(named.clone())]);
            if equation.given("axis_index_groups").is_some() {
                value = value.with("axis_index_groups", equation.read("axis_index_groups", plain)?);
            }
        }
        reduced.push(value);
    }
    Ok(match <[Expr; 1]>::try_from(reduced) {
        Ok([value]) => one(value),
        Err(values) => sequence(Expr::Tuple(values)),
    })
}

/// The primitive keeps the axis that is split; the function does so for tiles.
fn all_to_all(equation: &mut Equation<'_, '_>) -> Outcome {
    let arguments = [
        equation.operand(0)?,
        equation.read("axis_name", axis_name)?,
        equation.read("split_axis", int)?,
        equation.read("concat_axis", int)?,
    ];
    let mut call = Expr::call("lax.all_to_all", arguments);
    if equation.given("axis_index_groups").is_some() {
        call = call.with("axis_index_groups", equation.read("axis_index_groups", plain)?);
    }
    Ok(one(call.with("tiled", Expr::boolean(true))))
}

/// The sum of ones, which all releases have.
fn axis_size(equation: &mut Equation<'_, '_>) -> Outcome {
    let arguments = [Expr::atom("1"), equation.read("axis_name", axis_name)?];
    Ok(one(Expr::call("np.int32", [Expr::call("lax.psum", arguments)])))
}
