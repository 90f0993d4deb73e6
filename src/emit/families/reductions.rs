//! Reductions along axes, and running ones.

use super::super::equation::{Equation, Outcome, boolean, int, ints, one, sequence};
use super::super::fault::Fault;
use super::super::literal::{dtype, scalar};
use super::super::python::{Expr, Statement};
use super::{Row, call, keyword, own};
use crate::ir::{DType, DTypeClass, LiteralValue};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("argmax", |equation| extreme(equation, "lax.argmax")).reads(&["axes", "index_dtype"]),
    own("argmin", |equation| extreme(equation, "lax.argmin")).reads(&["axes", "index_dtype"]),
    call("cumlogsumexp", "lax.cumlogsumexp").arguments(RUNNING),
    call("cummax", "lax.cummax").arguments(RUNNING),
    call("cummin", "lax.cummin").arguments(RUNNING),
    call("cumprod", "lax.cumprod").arguments(RUNNING),
    call("cumsum", "lax.cumsum").arguments(RUNNING),
    own("reduce", reduce).reads(&["computation", "dimensions", "jaxpr"]),
    own("reduce_and", |equation| reduction(equation, "and")).reads(AXES),
    own("reduce_max", |equation| reduction(equation, "max")).reads(AXES),
    own("reduce_min", |equation| reduction(equation, "min")).reads(AXES),
    own("reduce_or", |equation| reduction(equation, "or")).reads(AXES),
    own("reduce_prod", |equation| reduction(equation, "prod")).reads(AXES),
    own("reduce_sum", |equation| reduction(equation, "sum")).reads(AXES),
    own("reduce_xor", |equation| reduction(equation, "xor")).reads(AXES),
];

const AXES: &[&str] = &["axes"];
const RUNNING: &[super::Parameter] = &[keyword("axis", int), keyword("reverse", boolean)];

/// One row a monoid: how reductions are called, `numpy`'s function and `lax`'s, and what changes nothing.
const MONOIDS: &[(&str, &str, &str, Unit)] = &[
    ("sum", "jnp.sum", "lax.add", Unit::Number(0)),
    ("prod", "jnp.prod", "lax.mul", Unit::Number(1)),
    ("max", "jnp.max", "lax.max", Unit::Lowest),
    ("min", "jnp.min", "lax.min", Unit::Highest),
    ("and", "jnp.all", "lax.bitwise_and", Unit::AllBits),
    ("or", "jnp.any", "lax.bitwise_or", Unit::Number(0)),
    ("xor", "", "lax.bitwise_xor", Unit::Number(0)),
];

/// What a reduction starts from.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Number(i128),
    Lowest,
    Highest,
    AllBits,
}

/// The function of a monoid in `lax`, and the value that it starts from.
pub(super) fn monoid(name: &str, of: DType) -> Result<(&'static str, Expr), Fault> {
    let unknown = || Fault::Other(format!("it is not written for {}", of.short_name()));
    let (_, _, function, unit) = MONOIDS.iter().find(|row| row.0 == name).ok_or_else(unknown)?;
    let start = match unit {
        Unit::Number(number) if of == DType::Bool => scalar(of, LiteralValue::Bool(*number != 0)),
        Unit::Number(number) => scalar(of, LiteralValue::Int(*number)),
        Unit::Lowest => bound(of, false),
        Unit::Highest => bound(of, true),
        Unit::AllBits if of == DType::Bool => scalar(of, LiteralValue::Bool(true)),
        Unit::AllBits if of.class() == DTypeClass::Unsigned => bound(of, true),
        Unit::AllBits => scalar(of, LiteralValue::Int(-1)),
    };
    Ok((function, start.ok_or_else(unknown)?))
}

/// The least value of a dtype, or the greatest.
fn bound(of: DType, greatest: bool) -> Option<Expr> {
    let value = match of.class() {
        DTypeClass::Bool => LiteralValue::Bool(greatest),
        DTypeClass::Float if greatest => LiteralValue::float(f64::INFINITY),
        DTypeClass::Float => LiteralValue::float(f64::NEG_INFINITY),
        DTypeClass::Signed if greatest => LiteralValue::Int((1 << (of.bits() - 1)) - 1),
        DTypeClass::Signed => LiteralValue::Int(-(1 << (of.bits() - 1))),
        DTypeClass::Unsigned if greatest => LiteralValue::Int((1 << of.bits()) - 1),
        DTypeClass::Unsigned => LiteralValue::Int(0),
        DTypeClass::Complex | DTypeClass::Float0 => return None,
    };
    scalar(of, value)
}

/// `jnp.sum` and its like where they keep the dtype and round as the primitive does; `lax.reduce` elsewhere.
fn reduction(equation: &mut Equation<'_, '_>, name: &str) -> Outcome {
    let (operand, axes, of) = (
        equation.operand(0)?,
        equation.read("axes", ints)?,
        equation.dtype(0)?,
    );
    let numpy = MONOIDS.iter().find(|row| row.0 == name).map_or("", |row| row.1);
    let wide = matches!(
        of,
        DType::Float32 | DType::Float64 | DType::Complex64 | DType::Complex128
    );
    let keeps = match name {
        "sum" | "prod" => wide,
        "and" | "or" => of == DType::Bool,
        "xor" => false,
        // numpy has no greatest element of nothing.
        _ => !of.is_complex() && !equation.shape(0)?.contains(&0),
    };
    if keeps || (of.is_complex() && !numpy.is_empty()) {
        return Ok(one(Expr::call(numpy, [operand]).with("axis", axes)));
    }
    let (function, start) = monoid(name, of)?;
    Ok(one(Expr::call(
        "lax.reduce",
        [operand, start, Expr::atom(function), axes],
    )))
}

/// `argmax` and `argmin`.
fn extreme(equation: &mut Equation<'_, '_>, function: &str) -> Outcome {
    let axes = equation.ints("axes")?;
    let [axis] = axes.as_slice() else {
        return Err(Fault::Param("axes"));
    };
    let arguments = [
        equation.operand(0)?,
        Expr::atom(axis.to_string()),
        dtype(equation.out_dtype(0)?),
    ];
    Ok(one(Expr::call(function, arguments)))
}

/// Operands, then as many values to start from; the jaxpr takes two elements of each.
fn reduce(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut operands = equation.operands()?;
    let starts = operands.split_off(operands.len() / 2);
    let function = combiner(equation, operands.len())?;
    let axes = equation.read("dimensions", ints)?;
    let arguments = [
        Expr::Tuple(operands),
        Expr::Tuple(starts),
        Expr::Atom(function),
        axes,
    ];
    Ok(sequence(Expr::call("lax.reduce", arguments)))
}

/// A function of two tuples, from a jaxpr that takes the elements of both.
fn combiner(equation: &mut Equation<'_, '_>, count: usize) -> Result<String, Fault> {
    let block = equation.jaxpr(&["jaxpr"])?.block();
    let writer = &mut *equation.writer;
    let inputs = &writer.program.blocks[block].inputs;
    if inputs.len() != 2 * count {
        return Err(Fault::Param("jaxpr"));
    }
    let name = writer.names.fresh("combine");
    writer.open(block)?;
    let parameters = vec!["left".to_owned(), "right".to_owned()];
    for (parameter, values) in parameters.iter().zip(inputs.chunks(count.max(1))) {
        let names = writer.locals(values);
        writer.push(Statement::Assign(
            super::super::python::Target::tuple(names),
            Expr::atom(parameter.as_str()),
        ));
    }
    let results = writer.body(block);
    writer.push(Statement::Return(Expr::Tuple(results)));
    let body = writer.close();
    writer.put_function(&name, parameters, body);
    Ok(name)
}
