//! Reductions over windows.

use super::super::equation::{Equation, Outcome, int_tuples, ints, one};
use super::super::fault::Fault;
use super::super::python::Expr;
use super::reductions::monoid;
use super::{Parameter, Row, call, keyword, own};
use crate::ir::{ParamValue, Program};

const WINDOW: &[Parameter] = &[
    keyword("window_dimensions", ints),
    keyword("window_strides", ints),
    keyword("padding", int_tuples),
    keyword("base_dilation", ints),
    keyword("window_dilation", ints),
];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("reduce_window_max", |equation| reduce_window(equation, "max")).arguments(WINDOW),
    own("reduce_window_min", |equation| reduce_window(equation, "min")).arguments(WINDOW),
    own("reduce_window_sum", |equation| reduce_window(equation, "sum")).arguments(WINDOW),
    own("reduce_window", reduce_window_by).arguments(WINDOW).reads(&["consts", "jaxpr"]),
    call("select_and_scatter_add", "lax.select_and_scatter_add_p.bind").arguments(&[
        keyword("select_prim", comparison),
        keyword("window_dimensions", ints),
        keyword("window_strides", ints),
        keyword("padding", int_tuples),
    ]),
    call("select_and_gather_add", "lax.select_and_gather_add_p.bind").arguments(&[
        keyword("select_prim", comparison),
        keyword("window_dimensions", ints),
        keyword("window_strides", ints),
        keyword("padding", int_tuples),
        keyword("base_dilation", ints),
        keyword("window_dilation", ints),
    ]),
];

/// `ge` is the primitive `lax.ge_p`.
fn comparison(program: &Program, value: &ParamValue) -> Option<Expr> {
    match value {
        ParamValue::Text(text) => {
            let name = program.symbols.text(*text);
            ["ge", "le", "gt", "lt"]
                .contains(&name)
                .then(|| Expr::Atom(format!("lax.{name}_p")))
        }
        _ => None,
    }
}

fn reduce_window(equation: &mut Equation<'_, '_>, name: &str) -> Outcome {
    let (function, start) = monoid(name, equation.dtype(0)?)?;
    let first = vec![equation.operand(0)?, start, Expr::atom(function)];
    windowed(equation, first)
}

fn windowed(equation: &mut Equation<'_, '_>, first: Vec<Expr>) -> Outcome {
    let mut call = Expr::call("lax.reduce_window", first);
    for parameter in WINDOW {
        call = call.with(parameter.param, equation.read(parameter.param, parameter.view)?);
    }
    Ok(one(call))
}

/// By a jaxpr of two scalars.
fn reduce_window_by(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    let jaxpr = equation.jaxpr(&["jaxpr"])?;
    if operands.len() != 2 {
        return Err(Fault::Other("it reduces several arrays".to_owned()));
    }
    let writer = &mut *equation.writer;
    let name = writer.names.fresh("combine");
    writer.open(jaxpr.block())?;
    let inputs = &writer.program.blocks[jaxpr.block()].inputs;
    let parameters = writer.parameters(inputs);
    let results = writer.body(jaxpr.block());
    let result = results.into_iter().next().ok_or(Fault::Param("jaxpr"))?;
    writer.push(super::super::python::Statement::Return(result));
    let body = writer.close();
    writer.put_function(&name, parameters, body);
    let mut first = operands;
    first.push(Expr::Atom(name));
    windowed(equation, first)
}
