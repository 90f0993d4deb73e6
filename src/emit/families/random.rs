//! Random numbers.

use super::super::equation::{Equation, Outcome, dtype, ints, one, plain, sequence};
use super::super::fault::Fault;
use super::super::literal;
use super::super::python::Expr;
use super::calls::over_leading_axes;
use super::{Row, call, keyword, own, positional};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("random_bits", random_bits).reads(&["bit_width", "shape"]),
    call("random_clone", "jax.random.clone"),
    own("random_fold_in", random_fold_in),
    call("random_gamma", "primitives.random_gamma_p.bind").arguments(&[keyword("log_space", plain)]),
    own("random_seed", random_seed).reads(&["impl"]),
    own("random_split", random_split).reads(&["shape"]),
    call("random_unwrap", "jax.random.key_data"),
    own("random_wrap", random_wrap).reads(&["impl"]),
    own("rng_bit_generator", rng_bit_generator).reads(&["algorithm", "dtype", "shape"]),
    call("rng_uniform", "lax.rng_uniform").arguments(&[positional("shape", ints)]),
    call("threefry2x32", "jax.extend.random.threefry2x32_p.bind"),
];

/// The name of a generator in functions, by the tag that types print.
fn implementation(equation: &Equation<'_, '_>) -> Result<Expr, Fault> {
    const NAMES: [(&str, &str); 3] = [("fry", "threefry2x32"), ("rbg", "rbg"), ("urbg", "unsafe_rbg")];
    let tag = equation.text("impl").ok_or(Fault::Param("impl"))?;
    let name = NAMES
        .iter()
        .find(|row| row.0 == tag || row.1 == tag)
        .ok_or(Fault::Param("impl"))?;
    Ok(Expr::string(name.1))
}

fn random_seed(equation: &mut Equation<'_, '_>) -> Outcome {
    let implementation = implementation(equation)?;
    let seed = equation.operand(0)?;
    mapped(
        equation,
        "jax.random.key",
        vec![seed],
        &[("impl", implementation)],
    )
}

fn random_wrap(equation: &mut Equation<'_, '_>) -> Outcome {
    let implementation = implementation(equation)?;
    let data = equation.operand(0)?;
    Ok(one(
        Expr::call("jax.random.wrap_key_data", [data]).with("impl", implementation)
    ))
}

fn random_bits(equation: &mut Equation<'_, '_>) -> Outcome {
    let shape = equation.read("shape", ints)?;
    let dtype = literal::dtype(equation.out_dtype(0)?);
    let key = equation.operand(0)?;
    mapped(
        equation,
        "jax.random.bits",
        vec![key],
        &[("shape", shape), ("dtype", dtype)],
    )
}

fn random_split(equation: &mut Equation<'_, '_>) -> Outcome {
    let shape = equation.ints("shape")?;
    let shape = match shape.as_slice() {
        [count] => Expr::atom(count.to_string()),
        shape => Expr::ints(shape),
    };
    let key = equation.operand(0)?;
    mapped(equation, "jax.random.split", vec![key], &[("num", shape)])
}

fn random_fold_in(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    mapped(equation, "jax.random.fold_in", operands, &[])
}

/// A function of one key, or of one seed, over all axes of the operands.
fn mapped(
    equation: &mut Equation<'_, '_>,
    function: &str,
    operands: Vec<Expr>,
    keywords: &[(&'static str, Expr)],
) -> Outcome {
    let axes = equation.shape(0)?.len();
    let with = |call: Expr| {
        keywords
            .iter()
            .fold(call, |call, (keyword, value)| call.with(*keyword, value.clone()))
    };
    let parameters = ["key", "data"];
    let parameters = &parameters[..operands.len().min(parameters.len())];
    let call = |operands| with(Expr::call(function, operands));
    Ok(one(over_leading_axes(equation, operands, parameters, axes, call)))
}

fn rng_bit_generator(equation: &mut Equation<'_, '_>) -> Outcome {
    let (key, shape) = (equation.operand(0)?, equation.read("shape", ints)?);
    let algorithm = equation.text("algorithm").map_or("RNG_DEFAULT", |text| text);
    let algorithm = algorithm.rsplit('.').next().unwrap_or_default();
    if !["RNG_DEFAULT", "RNG_THREE_FRY", "RNG_PHILOX"].contains(&algorithm) {
        return Err(Fault::Param("algorithm"));
    }
    let call = Expr::call("lax.rng_bit_generator", [key, shape])
        .with("dtype", equation.read("dtype", dtype)?)
        .with(
            "algorithm",
            Expr::Atom(format!("lax.RandomAlgorithm.{algorithm}")),
        );
    Ok(sequence(call))
}
