//! Primitives that work element by element, most of them `lax` functions of the same name.

use super::super::equation::{Equation, Outcome, dtype, int, one, sequence};
use super::super::fault::Fault;
use super::super::literal;
use super::super::python::Expr;
use super::{Row, call, own, positional};
use crate::ir::LiteralValue;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    call("abs", "lax.abs"),
    call("acos", "lax.acos"),
    call("acosh", "lax.acosh"),
    call("add", "lax.add"),
    call("add_any", "lax.add"),
    call("and", "lax.bitwise_and"),
    call("asin", "lax.asin"),
    call("asinh", "lax.asinh"),
    call("atan", "lax.atan"),
    call("atan2", "lax.atan2"),
    call("atanh", "lax.atanh"),
    call("bessel_i0e", "lax.bessel_i0e"),
    call("bessel_i1e", "lax.bessel_i1e"),
    call("bitcast_convert_type", "lax.bitcast_convert_type").arguments(&[positional("new_dtype", dtype)]),
    call("cbrt", "lax.cbrt"),
    call("ceil", "lax.ceil"),
    call("clamp", "lax.clamp"),
    call("clz", "lax.clz"),
    call("complex", "lax.complex"),
    call("conj", "lax.conj").reads(&["input_dtype"]),
    call("convert_element_type", "lax.convert_element_type")
        .arguments(&[positional("new_dtype", dtype)])
        .reads(&["weak_type"]),
    own("copy", identity),
    own("copy_p", identity),
    call("cos", "lax.cos"),
    call("cosh", "lax.cosh"),
    own("device_put", identity).reads(&["copy_semantics"]),
    call("digamma", "lax.digamma"),
    call("div", "lax.div"),
    call("eq", "lax.eq"),
    call("eq_to", "lax.eq_to_p.bind"),
    call("erf", "lax.erf"),
    call("erf_inv", "lax.erf_inv"),
    call("erfc", "lax.erfc"),
    call("exp", "lax.exp"),
    call("exp2", "lax.exp2"),
    call("expm1", "lax.expm1"),
    call("floor", "lax.floor"),
    call("ge", "lax.ge"),
    call("gt", "lax.gt"),
    call("igamma", "lax.igamma"),
    call("igamma_grad_a", "lax.igamma_grad_a"),
    call("igammac", "lax.igammac"),
    call("imag", "lax.imag"),
    call("integer_pow", "lax.integer_pow").arguments(&[positional("y", int)]),
    call("is_finite", "lax.is_finite"),
    call("le", "lax.le"),
    call("le_to", "lax.le_to_p.bind"),
    call("lgamma", "lax.lgamma"),
    call("log", "lax.log"),
    call("log1p", "lax.log1p"),
    call("log2", "jnp.log2"),
    call("logistic", "lax.logistic"),
    call("lt", "lax.lt"),
    call("lt_to", "lax.lt_to_p.bind"),
    call("max", "lax.max"),
    call("min", "lax.min"),
    call("mul", "lax.mul"),
    call("ne", "lax.ne"),
    call("neg", "lax.neg"),
    call("nextafter", "lax.nextafter"),
    call("not", "lax.bitwise_not"),
    own("one_minus_square", one_minus_square),
    own("optimization_barrier", optimization_barrier),
    call("or", "lax.bitwise_or"),
    own("polynomial", polynomial),
    call("polygamma", "lax.polygamma"),
    call("population_count", "lax.population_count"),
    call("pow", "lax.pow"),
    call("random_gamma_grad", "lax.random_gamma_grad"),
    call("real", "lax.real"),
    call("reduce_precision", "lax.reduce_precision")
        .arguments(&[positional("exponent_bits", int), positional("mantissa_bits", int)]),
    call("regularized_incomplete_beta", "lax.betainc"),
    call("rem", "lax.rem"),
    // The text does not say how: where the value is used decides.
    own("reshard", identity),
    own("round", round).reads(&["rounding_method"]),
    call("rsqrt", "lax.rsqrt"),
    call("select_n", "lax.select_n"),
    own("sharding_constraint", identity).reads(&["context_mesh"]),
    call("shift_left", "lax.shift_left"),
    call("shift_right_arithmetic", "lax.shift_right_arithmetic"),
    call("shift_right_logical", "lax.shift_right_logical"),
    call("sign", "lax.sign"),
    call("sin", "lax.sin"),
    call("sinh", "lax.sinh"),
    call("sqrt", "lax.sqrt"),
    call("square", "lax.square"),
    call("stop_gradient", "lax.stop_gradient"),
    call("sub", "lax.sub"),
    call("tan", "lax.tan"),
    call("tanh", "lax.tanh"),
    call("xor", "lax.bitwise_xor"),
    call("zeta", "lax.zeta"),
];

/// The operands as they are.
pub(super) fn identity(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    Ok(match <[Expr; 1]>::try_from(operands) {
        Ok([operand]) => one(operand),
        Err(operands) => sequence(Expr::Tuple(operands)),
    })
}

fn optimization_barrier(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    Ok(sequence(Expr::call(
        "lax.optimization_barrier",
        [Expr::Tuple(operands)],
    )))
}

/// 1 − x², in functions that releases before 0.12 have.
fn one_minus_square(equation: &mut Equation<'_, '_>) -> Outcome {
    let unit = literal::scalar(equation.dtype(0)?, LiteralValue::float(1.0));
    let unit = unit.ok_or_else(|| Fault::Other("it is not defined on truth values".to_owned()))?;
    let square = Expr::call("lax.square", [equation.operand(0)?]);
    Ok(one(Expr::call("lax.sub", [unit, square])))
}

/// Horner's rule: the first operand is the variable, the others are coefficients, the lowest degree first. Each may have
/// fewer dimensions than the result.
fn polynomial(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    let Some((x, [lower @ .., highest])) = operands.split_first() else {
        return Err(Fault::Other("it has no coefficients".to_owned()));
    };
    let step = |sum: Expr, coefficient: &Expr| {
        let product = Expr::call("jnp.multiply", [sum, x.clone()]);
        Expr::call("jnp.add", [product, coefficient.clone()])
    };
    let shape = Expr::ints(equation.out_shape(0)?);
    let dtype = literal::dtype(equation.out_dtype(0)?);
    let start = Expr::call("jnp.full", [shape, highest.clone(), dtype]);
    Ok(one(lower.iter().rev().fold(start, step)))
}

/// The method is printed as its number.
fn round(equation: &mut Equation<'_, '_>) -> Outcome {
    let method = match equation.text("rounding_method") {
        Some(text) if text.ends_with("TO_NEAREST_EVEN") => 1,
        Some(text) if text.ends_with("AWAY_FROM_ZERO") => 0,
        _ => equation.int("rounding_method")?,
    };
    let method = match method {
        0 => "lax.RoundingMethod.AWAY_FROM_ZERO",
        1 => "lax.RoundingMethod.TO_NEAREST_EVEN",
        _ => return Err(Fault::Param("rounding_method")),
    };
    Ok(one(Expr::call(
        "lax.round",
        [equation.operand(0)?, Expr::atom(method)],
    )))
}
