//! Primitives that stand for whole functions of JAX's, and those of libraries.

use super::super::equation::{Equation, Outcome, int, one, sequence};
use super::super::fault::Fault;
use super::super::literal;
use super::super::python::Expr;
use super::super::writer::{Given, Shape};
use super::calls::over_leading_axes;
use super::{Row, call, own};
use crate::ir::{DType, LiteralValue};
use crate::schema::params;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("CustomRoot", custom_root).reads(&["has_aux", "solve_jaxpr"]).lossy(),
    call("Frexp", "jnp.frexp").reads(&["x_aval"]),
    call("Ldexp", "jnp.ldexp").reads(&["x1_aval", "x2_aval"]),
    own("Nonzero", nonzero).reads(&["axes", "out_dtype", "size"]),
    own("SearchSorted", search_sorted).reads(&["batch_dims", "dimension", "method", "side"]),
    own("check", check).reads(&["debug", "err_tree"]).lossy(),
    own("iota_2x32_shape", counts).reads(&["shape"]),
    call("unvmap_all", "jnp.all"),
    call("unvmap_any", "jnp.any"),
    call("unvmap_max", "jnp.max"),
];

/// The solver takes its constants and the guess, which come first.
fn custom_root(equation: &mut Equation<'_, '_>) -> Outcome {
    let jaxpr = equation.jaxpr(&["solve_jaxpr"])?;
    let count = equation.program().blocks[jaxpr.block()].inputs.len();
    let operands = equation.operands()?.into_iter().take(count).collect();
    let what = "the derivative of the root; derivatives are those of the solver".to_owned();
    equation.writer.lose(equation.eqn, what);
    let function = equation.writer.function(jaxpr, "solve", None)?;
    let operands = equation.writer.with_consts(jaxpr, false, operands)?;
    Ok(sequence(Expr::call(function, operands)))
}

/// What is checked raises an error in Python, whose message the text does not carry.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a row's function may fail, and this one does not"
)]
fn check(equation: &mut Equation<'_, '_>) -> Outcome {
    equation
        .writer
        .lose(equation.eqn, "a check that raises an error".to_owned());
    Ok(Given {
        expr: Expr::atom("None"),
        shape: Shape::Absent,
    })
}

/// The place of each element of the second operand in the first, which is sorted along its last axis.
fn search_sorted(equation: &mut Equation<'_, '_>) -> Outcome {
    let (axis, batch) = (equation.index("dimension")?, equation.index("batch_dims")?);
    if axis != batch || equation.shape(0)?.len() != batch + 1 {
        return Err(Fault::Other(
            "it searches along an axis that is not the last one".to_owned(),
        ));
    }
    let side = equation.text("side").ok_or(Fault::Param("side"))?.to_owned();
    let method = equation.text("method").map(str::to_owned);
    let operands = equation.operands()?;
    let found = over_leading_axes(equation, operands, &["values", "query"], batch, |operands| {
        let call = Expr::call("jnp.searchsorted", operands).with("side", Expr::string(&side));
        match &method {
            Some(method) => call.with("method", Expr::string(method)),
            None => call,
        }
    });
    Ok(one(found))
}

/// The places of the first elements that are not zero, one output an axis.
fn nonzero(equation: &mut Equation<'_, '_>) -> Outcome {
    let (rank, axes) = (equation.shape(0)?.len(), equation.ints("axes")?);
    let batch = rank.checked_sub(axes.len()).ok_or(Fault::Param("axes"))?;
    let is_last = (batch..rank)
        .zip(&axes)
        .all(|(wanted, &axis)| i64::try_from(wanted) == Ok(axis));
    let size = equation.read("size", int)?;
    let fills = equation.atoms().len() - 1;
    if !is_last || (batch > 0 && fills > 0) {
        return Err(Fault::Param("axes"));
    }
    let operands = equation.operands()?;
    let found = over_leading_axes(equation, operands, &["values"], batch, |mut operands| {
        let fills = operands.split_off(1);
        let call = Expr::call("jnp.nonzero", operands).with("size", size.clone());
        if fills.is_empty() {
            call
        } else {
            call.with("fill_value", Expr::Tuple(fills))
        }
    });
    Ok(sequence(found))
}

/// The number of each place in row-major order, in two halves.
fn counts(equation: &mut Equation<'_, '_>) -> Outcome {
    let shape = equation
        .param("shape")
        .and_then(|value| params::ints(&equation.program().symbols, value));
    let shape = shape.ok_or(Fault::Param("shape"))?;
    let count: i64 = shape.iter().product();
    if u32::try_from(count).is_err() {
        return Err(Fault::Other("it counts further than 32 bits do".to_owned()));
    }
    let dtype = literal::dtype(DType::Uint32);
    let zero = literal::scalar(DType::Uint32, LiteralValue::Int(0)).ok_or(Fault::Param("shape"))?;
    let low = Expr::call("lax.iota", [dtype, Expr::atom(count.to_string())]);
    Ok(sequence(Expr::Tuple(vec![
        Expr::call("lax.full", [Expr::ints(&shape), zero]),
        Expr::call("lax.reshape", [low, Expr::ints(&shape)]),
    ])))
}
