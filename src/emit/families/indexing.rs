//! Gathers and scatters.

use super::super::equation::{Equation, Outcome, boolean, ints, one, plain};
use super::super::fault::Fault;
use super::super::python::{Expr, Statement};
use super::{Row, own};
use crate::schema::params::{GatherDimensionNumbers, ScatterDimensionNumbers};

const SCATTER: &[&str] = &[
    "dimension_numbers",
    "indices_are_sorted",
    "mode",
    "unique_indices",
    "update_consts",
    // The function of a scatter that combines is the one that its name says.
    "update_jaxpr",
];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("gather", gather).reads(&[
        "dimension_numbers", "fill_value", "indices_are_sorted", "mode", "slice_sizes", "unique_indices",
    ]),
    own("scatter", |equation| scatter(equation, "lax.scatter")).reads(SCATTER),
    own("scatter-add", |equation| scatter(equation, "lax.scatter_add")).reads(SCATTER),
    own("scatter-max", |equation| scatter(equation, "lax.scatter_max")).reads(SCATTER),
    own("scatter-min", |equation| scatter(equation, "lax.scatter_min")).reads(SCATTER),
    own("scatter-mul", |equation| scatter(equation, "lax.scatter_mul")).reads(SCATTER),
    own("scatter-sub", |equation| scatter(equation, "lax.scatter_sub")).reads(SCATTER),
];

/// `lax.GatherDimensionNumbers(…)`; fields that releases before 0.4.38 lack are left out where they are empty.
fn numbers(class: &str, fields: [(&'static str, Vec<usize>); 5]) -> Expr {
    let empty = Expr::call(class, []);
    let kept = fields
        .into_iter()
        .enumerate()
        .filter(|(at, (_, axes))| *at < 3 || !axes.is_empty());
    kept.fold(empty, |call, (_, (name, axes))| call.with(name, Expr::ints(axes)))
}

fn gather(equation: &mut Equation<'_, '_>) -> Outcome {
    let symbols = &equation.program().symbols;
    let numbers_of = equation.param("dimension_numbers");
    let axes = numbers_of.and_then(|value| GatherDimensionNumbers::read(symbols, value));
    let axes = axes.ok_or(Fault::Param("dimension_numbers"))?;
    let axes = numbers(
        "lax.GatherDimensionNumbers",
        [
            ("offset_dims", axes.offset_dims),
            ("collapsed_slice_dims", axes.collapsed_slice_dims),
            ("start_index_map", axes.start_index_map),
            ("operand_batching_dims", axes.operand_batching_dims),
            ("start_indices_batching_dims", axes.start_indices_batching_dims),
        ],
    );
    let mut call = Expr::call("lax.gather", equation.operands()?)
        .with("dimension_numbers", axes)
        .with("slice_sizes", equation.read("slice_sizes", ints)?);
    call = options(equation, call)?;
    if equation.given("fill_value").is_some() {
        call = call.with("fill_value", equation.read("fill_value", plain)?);
    }
    Ok(one(call))
}

/// What gathers and scatters have in common.
fn options(equation: &Equation<'_, '_>, mut call: Expr) -> Result<Expr, Fault> {
    for name in ["indices_are_sorted", "unique_indices"] {
        if equation.flag(name) {
            call = call.with(name, equation.read(name, boolean)?);
        }
    }
    if equation.given("mode").is_some() {
        call = call.with("mode", mode(equation)?);
    }
    Ok(call)
}

/// Older releases print the number of the mode.
fn mode(equation: &Equation<'_, '_>) -> Result<Expr, Fault> {
    match equation.int("mode") {
        Ok(0) => Ok(Expr::atom("lax.GatherScatterMode.CLIP")),
        Ok(1) => Ok(Expr::atom("lax.GatherScatterMode.FILL_OR_DROP")),
        Ok(2) => Ok(Expr::atom("lax.GatherScatterMode.PROMISE_IN_BOUNDS")),
        _ => equation.read("mode", plain),
    }
}

fn scatter(equation: &mut Equation<'_, '_>, function: &str) -> Outcome {
    let applied = equation
        .given("update_jaxpr")
        .is_some_and(|value| !value.jaxprs().is_empty());
    let applied = if function == "lax.scatter" && applied {
        Some(applied_function(equation)?)
    } else {
        None
    };
    let symbols = &equation.program().symbols;
    let numbers_of = equation.param("dimension_numbers");
    let axes = numbers_of.and_then(|value| ScatterDimensionNumbers::read(symbols, value));
    let axes = axes.ok_or(Fault::Param("dimension_numbers"))?;
    let axes = numbers(
        "lax.ScatterDimensionNumbers",
        [
            ("update_window_dims", axes.update_window_dims),
            ("inserted_window_dims", axes.inserted_window_dims),
            ("scatter_dims_to_operand_dims", axes.scatter_dims_to_operand_dims),
            ("operand_batching_dims", axes.operand_batching_dims),
            (
                "scatter_indices_batching_dims",
                axes.scatter_indices_batching_dims,
            ),
        ],
    );
    let call = match applied {
        Some(applied) => {
            let updates = Expr::ints(equation.shape(2)?);
            let operands = [equation.operand(0)?, equation.operand(1)?, Expr::Atom(applied)];
            Expr::call("lax.scatter_apply", operands)
                .with("dimension_numbers", axes)
                .with("update_shape", updates)
        }
        None => Expr::call(function, equation.operands()?).with("dimension_numbers", axes),
    };
    Ok(one(options(equation, call)?))
}

/// What a scatter applies to elements, in a jaxpr that takes an update besides, and does not read it.
fn applied_function(equation: &mut Equation<'_, '_>) -> Result<String, Fault> {
    let block = equation.jaxpr(&["update_jaxpr"])?.block();
    let writer = &mut *equation.writer;
    let code = &writer.program.blocks[block];
    let [element, update] = code.inputs.as_slice() else {
        return Err(Fault::Param("update_jaxpr"));
    };
    let operands = code.eqns.iter().flat_map(|&eqn| writer.program.inputs(eqn));
    if operands
        .chain(&code.outputs)
        .any(|atom| atom.value() == Some(*update))
    {
        return Err(Fault::Other(
            "a scatter whose function reads the updates is not written".to_owned(),
        ));
    }
    let name = writer.names.fresh("apply");
    writer.open(block)?;
    let parameters = writer.parameters(std::slice::from_ref(element));
    let result = writer.body(block).into_iter().next();
    writer.push(Statement::Return(result.ok_or(Fault::Param("update_jaxpr"))?));
    let body = writer.close();
    writer.put_function(&name, parameters, body);
    Ok(name)
}
