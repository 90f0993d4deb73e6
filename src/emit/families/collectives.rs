//! Collectives: over axes that a map names, or, where `vmap` has run, over axes of the array itself.

use super::super::equation::{Equation, Outcome, boolean, int, one, plain, sequence};
use super::super::fault::Fault;
use super::super::python::Expr;
use super::reductions::monoid;
use super::{Row, call, keyword, own, positional};
use crate::ir::ParamValue;
use crate::schema::params;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    call("all_gather", "lax.all_gather").arguments(&[
        positional("axis_name", names),
        keyword("axis_index_groups", plain),
        keyword("tiled", boolean),
    ]).reads(&["all_gather_dimension", "axis_size"]),
    call("axis_index", "lax.axis_index").arguments(&[positional("axis_name", names)]),
    own("pmax", |equation| across(equation, "max", "lax.pmax")).reads(&["axes"]),
    own("pmin", |equation| across(equation, "min", "lax.pmin")).reads(&["axes"]),
    call("ppermute", "lax.ppermute").arguments(&[positional("axis_name", names), positional("perm", plain)]),
    own("psum", |equation| across(equation, "sum", "lax.psum")).reads(&["axes"]),
    own("psum2", |equation| across(equation, "sum", "lax.psum")).reads(&["axes"]),
    own("psum_invariant", |equation| across(equation, "sum", "lax.psum")).reads(&["axes"]),
];

/// `"x"`, `("x", "y")`.
fn names(program: &crate::ir::Program, value: &ParamValue) -> Option<Expr> {
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
            None => named.push(names(program, axis).ok_or(Fault::Param("axes"))?),
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
        }
        reduced.push(value);
    }
    Ok(match <[Expr; 1]>::try_from(reduced) {
        Ok([value]) => one(value),
        Err(values) => sequence(Expr::Tuple(values)),
    })
}
