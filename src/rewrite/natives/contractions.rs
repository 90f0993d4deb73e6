//! What rules about products of arrays ask and compute: which sums run over which rows, and the products themselves
//! before they are added.

use super::sums::like;
use super::{Binding, ConditionRow, FunctionRow, Kind, Question, Value};
use crate::analysis::is_in_loop;
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, Dim, Type};
use crate::schema::params::{DotDimensionNumbers, indices, int_tuple};

/// The most products that a rule may write out where `dot_general` adds them as it goes.
const FEW: u64 = 1 << 20;

pub(super) const FEW_PRODUCTS: ConditionRow = ConditionRow {
    name: "few_products",
    arguments: &[Kind::Value],
    doc: "the dot_general g adds no more than 2²⁰ products, so that they may all stand in memory",
    ask: |q| {
        let (numbers, lhs) = contraction(q)?;
        let result = q.graph.type_of(q.node(0)?)?.shape()?;
        let contracted = numbers.lhs_contracting.iter().map(|&axis| lhs.get(axis)?.size());
        let extents = result.iter().map(Dim::size).chain(contracted);
        let count = extents
            .collect::<Option<Vec<u64>>>()?
            .into_iter()
            .try_fold(1u64, u64::checked_mul)?;
        Some(count <= FEW)
    },
};

pub(super) const IN_LOOP: ConditionRow = ConditionRow {
    name: "in_loop",
    arguments: &[Kind::Value],
    doc: "x is computed from what a step of a loop is given, which exponent lifting follows from step to step",
    ask: |q| Some(is_in_loop(q.graph, q.node(0)?)),
};

pub(super) const SUMS_ROWS: ConditionRow = ConditionRow {
    name: "sums_rows",
    arguments: &[Kind::Chain, Kind::Param, Kind::Value, Kind::Chain, Kind::Param],
    doc: "?B puts the sums of x over $A where dot_general[$D] of ?E(x) and something puts what it adds from there",
    ask: |q| sums(q, true),
};

pub(super) const SUMS_COLUMNS: ConditionRow = ConditionRow {
    name: "sums_columns",
    arguments: &[Kind::Chain, Kind::Param, Kind::Value, Kind::Chain, Kind::Param],
    doc: "as sums_rows, with ?E(x) as the second operand of the dot_general",
    ask: |q| sums(q, false),
};

pub(super) const SCALAR: ConditionRow = ConditionRow {
    name: "scalar",
    arguments: &[Kind::Value],
    doc: "s has no dimensions",
    ask: |q| Some(q.graph.type_of(q.node(0)?)?.shape()?.is_empty()),
};

pub(super) const SQUARES_ITSELF: ConditionRow = ConditionRow {
    name: "squares_itself",
    arguments: &[Kind::Value],
    doc: "the dot_general g adds squares: each element of its operand is multiplied by itself",
    ask: |q| {
        let (numbers, lhs) = contraction(q)?;
        let alike =
            numbers.lhs_contracting == numbers.rhs_contracting && numbers.lhs_batch == numbers.rhs_batch;
        Some(alike && numbers.lhs_free(lhs.len()).is_empty() && !numbers.lhs_contracting.is_empty())
    },
};

/// What the `dot_general` that is asked about contracts, and the shape of its first operand.
fn contraction(q: &Question<'_, '_>) -> Option<(DotDimensionNumbers, Vec<Dim>)> {
    let (eqn, site) = q.graph.equation_of(q.node(0)?, "dot_general")?;
    let numbers = q.graph.program.param(eqn, "dimension_numbers")?;
    let numbers = DotDimensionNumbers::read(&q.graph.program.symbols, numbers)?;
    let lhs = q.graph.type_of(q.graph.operand(eqn, site, 0)?)?.shape()?;
    Some((numbers, lhs.to_vec()))
}

pub(super) const LEFT: FunctionRow = FunctionRow {
    name: "left",
    arguments: &[Kind::Value, Kind::Value, Kind::Param],
    doc: "the first factor of each product that dot_general[$D] of x and y adds",
    compute: |builder, arguments| match arguments {
        [Value::Atom(x), Value::Atom(y), Value::Param(numbers)] => {
            let numbers = DotDimensionNumbers::read(&builder.program.symbols, numbers);
            factors(builder, *x, *y, &numbers.ok_or(CannotBuild::Argument)?, true).map(Value::Atom)
        }
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const RIGHT: FunctionRow = FunctionRow {
    name: "right",
    arguments: &[Kind::Value, Kind::Value, Kind::Param],
    doc: "the second factor of each product that dot_general[$D] of x and y adds",
    compute: |builder, arguments| match arguments {
        [Value::Atom(x), Value::Atom(y), Value::Param(numbers)] => {
            let numbers = DotDimensionNumbers::read(&builder.program.symbols, numbers);
            factors(builder, *x, *y, &numbers.ok_or(CannotBuild::Argument)?, false).map(Value::Atom)
        }
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SUM_PRODUCTS: FunctionRow = FunctionRow {
    name: "sum_products",
    arguments: &[Kind::Value, Kind::Value],
    doc: "p, of the shape of left and right, added up as in the dot_general g",
    compute: |builder, arguments| match arguments {
        [Value::Atom(p), Value::Atom(g)] => sum_products(builder, *p, *g).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const CONTRACT: FunctionRow = FunctionRow {
    name: "contract",
    arguments: &[Kind::Value, Kind::Param],
    doc: "p, of the shape of left and right, added up as dot_general[$D] does",
    compute: |builder, arguments| match arguments {
        [Value::Atom(p), Value::Param(numbers)] => {
            let numbers = DotDimensionNumbers::read(&builder.program.symbols, numbers);
            let contracted = numbers.ok_or(CannotBuild::Argument)?.lhs_contracting.len();
            let rank = shape_of(builder, *p)?.len();
            let first = rank.checked_sub(contracted).ok_or(CannotBuild::Argument)?;
            reduce_from(builder, "reduce_sum", *p, first).map(Value::Atom)
        }
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const LARGEST_PRODUCT: FunctionRow = FunctionRow {
    name: "largest_product",
    arguments: &[Kind::Value, Kind::Value],
    doc: "the maximum of p, of the shape of left and right, over what the dot_general g adds up",
    compute: |builder, arguments| match arguments {
        [Value::Atom(p), Value::Atom(g)] => over_products(builder, "reduce_max", *p, *g).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

/// Whether a chain puts sums over `axes` of `x` at the places of the result of a `dot_general` to which the same
/// elements of `x`, moved by another chain, contribute.
fn sums(q: &Question<'_, '_>, left: bool) -> Option<bool> {
    let graph = q.graph;
    let (chain, x, moved) = (q.chain(0)?, q.node(2)?, q.chain(3)?);
    let param = |index| match q.bindings.get(q.slot(index)?) {
        Binding::Param(eqn, key) => graph.program.params(*eqn).get(*key),
        _ => None,
    };
    let symbols = &graph.program.symbols;
    let axes = indices(symbols, param(1)?)?;
    let numbers = DotDimensionNumbers::read(symbols, param(4)?)?;
    let shape = graph.type_of(x)?.shape()?;
    let kept: Vec<usize> = (0..shape.len()).filter(|dim| !axes.contains(dim)).collect();
    // For each dimension of the operand the one of x.
    let operand = graph.index_map(moved, shape.len())?.0;
    let (contracting, batch, free) = if left {
        (
            &numbers.lhs_contracting,
            &numbers.lhs_batch,
            numbers.lhs_free(operand.len()),
        )
    } else {
        (
            &numbers.rhs_contracting,
            &numbers.rhs_batch,
            numbers.rhs_free(operand.len()),
        )
    };
    let mut contracted: Vec<usize> = contracting.iter().filter_map(|&dim| operand[dim]).collect();
    contracted.sort_unstable();
    if contracted.len() != contracting.len() || contracted != axes {
        return Some(false);
    }
    let places = graph.index_map(chain, kept.len())?.0;
    let rank = places.len();
    let first_free = if left {
        batch.len()
    } else {
        rank.checked_sub(free.len())?
    };
    Some((0..rank).all(|place| {
        let here = match place.checked_sub(first_free).and_then(|place| free.get(place)) {
            Some(&dim) => operand[dim],
            None => batch.get(place).and_then(|&dim| operand[dim]),
        };
        let wanted = here.and_then(|dim| kept.iter().position(|&kept| kept == dim));
        let is_one = here.is_some_and(|dim| shape[dim] == Dim::Size(1));
        places[place] == wanted || (places[place].is_none() && is_one)
    }))
}

fn shape_of(builder: &Builder<'_>, atom: Atom) -> Result<Vec<Dim>, CannotBuild> {
    let shape = builder.program.atom_type(atom).and_then(Type::shape);
    shape.map(<[Dim]>::to_vec).ok_or(CannotBuild::Argument)
}

/// One factor of each product, with the dimensions of the result and behind them those that are contracted.
fn factors(
    builder: &mut Builder<'_>,
    x: Atom,
    y: Atom,
    numbers: &DotDimensionNumbers,
    left: bool,
) -> Result<Atom, CannotBuild> {
    let (lhs, rhs) = (shape_of(builder, x)?, shape_of(builder, y)?);
    let (lhs_free, rhs_free) = (numbers.lhs_free(lhs.len()), numbers.rhs_free(rhs.len()));
    let extents =
        |shape: &[Dim], dims: &[usize]| -> Vec<Dim> { dims.iter().map(|&dim| shape[dim].clone()).collect() };
    let target = [
        extents(&lhs, &numbers.lhs_batch),
        extents(&lhs, &lhs_free),
        extents(&rhs, &rhs_free),
        extents(&lhs, &numbers.lhs_contracting),
    ]
    .concat();
    let batch = numbers.lhs_batch.len();
    let contracted = batch + lhs_free.len() + rhs_free.len();
    let (factor, parts) = if left {
        let parts = [
            (&numbers.lhs_batch, 0),
            (&lhs_free, batch),
            (&numbers.lhs_contracting, contracted),
        ];
        (x, parts)
    } else {
        let first = batch + lhs_free.len();
        let parts = [
            (&numbers.rhs_batch, 0),
            (&rhs_free, first),
            (&numbers.rhs_contracting, contracted),
        ];
        (y, parts)
    };
    // In the order of the target, since JAX wants the dimensions of a broadcast to ascend.
    let permutation: Vec<usize> = parts.iter().flat_map(|(dims, _)| dims.iter().copied()).collect();
    let places: Vec<usize> = parts
        .iter()
        .flat_map(|(dims, first)| *first..first + dims.len())
        .collect();
    let factor = if permutation.is_sorted() {
        factor
    } else {
        builder.apply(
            "transpose",
            &[("permutation", int_tuple(&permutation))],
            &[factor],
        )?
    };
    builder.broadcast(factor, &places, target)
}

fn sum_products(builder: &mut Builder<'_>, p: Atom, g: Atom) -> Result<Atom, CannotBuild> {
    let p = like(builder, p, g)?;
    over_products(builder, "reduce_sum", p, g)
}

/// Reduces what has the shape of [`factors`] over the dimensions that are contracted.
fn over_products(builder: &mut Builder<'_>, reduction: &str, p: Atom, g: Atom) -> Result<Atom, CannotBuild> {
    let first = shape_of(builder, g)?.len();
    reduce_from(builder, reduction, p, first)
}

/// Reduces over all dimensions from `first` on.
fn reduce_from(
    builder: &mut Builder<'_>,
    reduction: &str,
    p: Atom,
    first: usize,
) -> Result<Atom, CannotBuild> {
    let rank = shape_of(builder, p)?.len();
    let axes: Vec<usize> = (first..rank).collect();
    builder.reduce(reduction, &axes, p)
}
