//! Views and pieces of arrays: broadcasts, reshapes, slices, padding, joins.

use super::super::equation::{Equation, Outcome, boolean, int, int_tuples, ints, one, sequence};
use super::super::fault::Fault;
use super::super::literal;
use super::super::python::Expr;
use super::{Row, call, keyword, own, positional};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("broadcast_in_dim", broadcast_in_dim).reads(&["broadcast_dimensions", "shape"]),
    own("concatenate", concatenate).reads(&["dimension"]),
    own("dynamic_slice", dynamic_slice).reads(&["slice_sizes"]),
    own("dynamic_update_slice", dynamic_update_slice),
    own("empty", empty).reads(&["dtype", "memory_space", "shape"]),
    own("empty2", empty).reads(&["dtype", "memory_space", "shape"]),
    call("expand_dims", "lax.expand_dims").arguments(&[positional("dimensions", ints)]),
    own("iota", iota).reads(&["dimension", "dtype", "shape"]),
    call("pad", "lax.pad").arguments(&[positional("padding_config", int_tuples)]),
    call("reshape", "lax.reshape").arguments(&[positional("new_sizes", ints), keyword("dimensions", ints)]),
    call("rev", "lax.rev").arguments(&[positional("dimensions", ints)]),
    call("slice", "lax.slice").arguments(&[
        positional("start_indices", ints),
        positional("limit_indices", ints),
        keyword("strides", ints),
    ]),
    own("sort", sort).reads(&["dimension", "is_stable", "num_keys"]),
    own("split", split).reads(&["axis", "sizes"]),
    call("squeeze", "lax.squeeze").arguments(&[positional("dimensions", ints)]),
    own("stack", stack).reads(&["axis"]),
    call("tile", "jnp.tile").arguments(&[positional("reps", ints)]),
    own("top_k", top_k).reads(&["axis", "is_stable", "k"]),
    call("transpose", "lax.transpose").arguments(&[positional("permutation", ints)]),
    own("unstack", unstack).reads(&["axis"]),
    own("approx_top_k", approx_top_k).reads(&[
        "aggregate_to_topk", "is_max_k", "k", "recall_target", "reduction_dimension",
        "reduction_input_size_override",
    ]),
];

/// Releases from 0.9 on leave the shape to the binder, and empty axes out.
fn broadcast_in_dim(equation: &mut Equation<'_, '_>) -> Outcome {
    if equation.atoms().len() > 1 {
        return Err(Fault::Other("it takes extents as operands".to_owned()));
    }
    let (operand, shape) = (equation.operand(0)?, Expr::ints(equation.out_shape(0)?));
    let axes = match equation.param("broadcast_dimensions") {
        Some(_) => equation.ints("broadcast_dimensions")?,
        None => Vec::new(),
    };
    if equation.atom(0)?.literal().is_some() {
        return Ok(one(Expr::call("lax.full", [shape, operand])));
    }
    Ok(one(Expr::call(
        "lax.broadcast_in_dim",
        [operand, shape, Expr::ints(axes)],
    )))
}

fn concatenate(equation: &mut Equation<'_, '_>) -> Outcome {
    let (operands, axis) = (equation.operands()?, equation.read("dimension", int)?);
    Ok(one(Expr::call("lax.concatenate", [Expr::Tuple(operands), axis])))
}

/// Operands from `from` on, as a tuple.
fn starts(equation: &mut Equation<'_, '_>, from: usize) -> Result<Expr, Fault> {
    Ok(Expr::Tuple(equation.operands()?.into_iter().skip(from).collect()))
}

fn dynamic_slice(equation: &mut Equation<'_, '_>) -> Outcome {
    let sizes = equation.read("slice_sizes", ints)?;
    let arguments = [equation.operand(0)?, starts(equation, 1)?, sizes];
    Ok(one(Expr::call("lax.dynamic_slice", arguments)))
}

fn dynamic_update_slice(equation: &mut Equation<'_, '_>) -> Outcome {
    let arguments = [equation.operand(0)?, equation.operand(1)?, starts(equation, 2)?];
    Ok(one(Expr::call("lax.dynamic_update_slice", arguments)))
}

/// An array whose elements nobody reads.
fn empty(equation: &mut Equation<'_, '_>) -> Outcome {
    let shape = Expr::ints(equation.out_shape(0)?);
    Ok(one(Expr::call(
        "jnp.empty",
        [shape, literal::dtype(equation.out_dtype(0)?)],
    )))
}

fn iota(equation: &mut Equation<'_, '_>) -> Outcome {
    let (shape, dtype) = (equation.out_shape(0)?, literal::dtype(equation.out_dtype(0)?));
    if let [extent] = shape.as_slice() {
        return Ok(one(Expr::call(
            "lax.iota",
            [dtype, Expr::atom(extent.to_string())],
        )));
    }
    let arguments = [dtype, Expr::ints(shape), equation.read("dimension", int)?];
    Ok(one(Expr::call("lax.broadcasted_iota", arguments)))
}

/// Several arrays are sorted together, by the first of them.
fn sort(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    let single = operands.len() == 1;
    let operand = if single {
        operands.into_iter().next()
    } else {
        Some(Expr::Tuple(operands))
    };
    let sorted = Expr::call("lax.sort", operand)
        .with("dimension", equation.read("dimension", int)?)
        .with("is_stable", equation.read("is_stable", boolean)?)
        .with("num_keys", equation.read("num_keys", int)?);
    Ok(if single { one(sorted) } else { sequence(sorted) })
}

fn split(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut end = 0;
    let ends = equation.ints("sizes")?.into_iter().map(|size| {
        end += size;
        end
    });
    let mut ends: Vec<i64> = ends.collect();
    ends.pop();
    let ends = Expr::List(ends.into_iter().map(|end| Expr::atom(end.to_string())).collect());
    let parts = Expr::call("jnp.split", [equation.operand(0)?, ends]);
    Ok(sequence(parts.with("axis", equation.read("axis", int)?)))
}

/// The parameter `axis`, or the first one.
fn axis(equation: &Equation<'_, '_>) -> Result<Expr, Fault> {
    match equation.given("axis") {
        Some(_) => equation.read("axis", int),
        None => Ok(Expr::atom("0")),
    }
}

fn stack(equation: &mut Equation<'_, '_>) -> Outcome {
    let parts = Expr::Tuple(equation.operands()?);
    Ok(one(Expr::call("jnp.stack", [parts]).with("axis", axis(equation)?)))
}

fn unstack(equation: &mut Equation<'_, '_>) -> Outcome {
    let whole = equation.operand(0)?;
    Ok(sequence(
        Expr::call("jnp.unstack", [whole]).with("axis", axis(equation)?),
    ))
}

/// Releases before 0.8 know the last axis only, and print none.
fn top_k(equation: &mut Equation<'_, '_>) -> Outcome {
    let found = Expr::call("lax.top_k", [equation.operand(0)?, equation.read("k", int)?]);
    let last = i64::try_from(equation.shape(0)?.len()).unwrap_or_default() - 1;
    let axis = equation.given("axis").map(|_| equation.int("axis")).transpose()?;
    Ok(sequence(match axis {
        Some(axis) if axis != last && axis != -1 => found.with("axis", Expr::atom(axis.to_string())),
        _ => found,
    }))
}

fn approx_top_k(equation: &mut Equation<'_, '_>) -> Outcome {
    let largest = equation.flag("is_max_k");
    let function = if largest {
        "lax.approx_max_k"
    } else {
        "lax.approx_min_k"
    };
    let mut found = Expr::call(function, [equation.operand(0)?, equation.read("k", int)?]);
    for name in [
        "reduction_dimension",
        "recall_target",
        "reduction_input_size_override",
        "aggregate_to_topk",
    ] {
        found = found.with(name, equation.read(name, super::super::equation::plain)?);
    }
    Ok(sequence(found))
}
