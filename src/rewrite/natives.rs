//! What rules may ask and compute beyond their own lines: one row a condition, one row a function.
//!
//! The language has no arithmetic, no loops and no recursion; a rule that needs more than is here is written in
//! Rust.

mod contractions;
mod masks;
mod scalar;
mod sums;

use super::matcher::{Binding, Bindings};
use super::pattern::{Condition, Slot};
use crate::analysis::{
    Graph, IndexMap, Link, Node, has_exponential, is_at_most_one, is_exponential_sum, is_float, is_shifted,
};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, DType, Dim, ParamValue, Program, Type};
use crate::schema::params::indices;

/// What an argument of a native must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value: `x`.
    Value,
    /// A constant: `#n`.
    Constant,
    /// A chain: `?B`.
    Chain,
    /// A parameter: `$A`.
    Param,
}

impl Kind {
    /// The word for messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Value => "a value such as `x`",
            Self::Constant => "a constant such as `#n`",
            Self::Chain => "a chain such as `?B`",
            Self::Param => "a parameter such as `$A`",
        }
    }
}

type Ask = fn(&Graph<'_>, &Bindings, &[Slot]) -> Option<bool>;

/// A condition that a `where` clause may state.
pub(super) struct ConditionRow {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [Kind],
    pub(super) doc: &'static str,
    ask: Ask,
}

/// Every condition.
pub(super) const CONDITIONS: &[ConditionRow] = &[
    ConditionRow {
        name: "float",
        arguments: &[Kind::Value],
        doc: "x holds real floating-point numbers",
        ask: |graph, bindings, slots| Some(is_float(graph, bindings.node(slots[0])?)),
    },
    ConditionRow {
        name: "shifted",
        arguments: &[Kind::Value],
        doc: "x is y − m with a maximum m of y, so that exp x does not overflow",
        ask: |graph, bindings, slots| Some(is_shifted(graph, bindings.node(slots[0])?)),
    },
    ConditionRow {
        name: "exponential",
        arguments: &[Kind::Value],
        doc: "s is a sum of exponentials that are not shifted, or one of them",
        ask: |graph, bindings, slots| Some(is_exponential_sum(graph, bindings.node(slots[0])?)),
    },
    ConditionRow {
        name: "positive",
        arguments: &[Kind::Constant],
        doc: "the constant is above zero and finite",
        ask: |_, bindings, slots| {
            bindings
                .constant(slots[0])
                .map(|value| value > 0.0 && value.is_finite())
        },
    },
    ConditionRow {
        name: "undoes_exp",
        arguments: &[Kind::Value],
        doc: "s is made of exponentials that are not shifted by sums, products and masks, so that log of it pays",
        ask: |graph, bindings, slots| Some(has_exponential(graph, bindings.node(slots[0])?)),
    },
    ConditionRow {
        name: "negation",
        arguments: &[Kind::Value],
        doc: "x is made by neg",
        ask: |graph, bindings, slots| Some(graph.equation_of(bindings.node(slots[0])?, "neg").is_some()),
    },
    ConditionRow {
        name: "at_most_one",
        arguments: &[Kind::Value],
        doc: "e is the exponential of what is never above zero, such as −|x|, so that it does not overflow",
        ask: |graph, bindings, slots| Some(is_at_most_one(graph, bindings.node(slots[0])?)),
    },
    ConditionRow {
        name: "one",
        arguments: &[Kind::Constant],
        doc: "the constant is exactly 1 in its dtype",
        ask: |_, bindings, slots| {
            bindings
                .constant(slots[0])
                .map(|value| value.to_bits() == 1f64.to_bits())
        },
    },
    scalar::NONZERO,
    scalar::FIXED,
    scalar::CHOSEN,
    scalar::GUARDED,
    scalar::COMPENSATED,
    scalar::ONE_REGIME,
    scalar::SELECTED,
    scalar::NORMALIZED,
    scalar::EVEN,
    scalar::VECTOR,
    ConditionRow {
        name: "in_place",
        arguments: &[Kind::Chain],
        doc: "the chain leaves every element where it is: it may convert, and no more",
        ask: |graph, bindings, slots| in_place(graph, bindings.chain(slots[0])?),
    },
    ConditionRow {
        name: "keeps_dims",
        arguments: &[Kind::Chain, Kind::Value, Kind::Param],
        doc: "the chain puts what was reduced over the axes back, each kept dimension of x where it was",
        ask: |graph, bindings, slots| {
            keeps_dims(
                graph,
                bindings.chain(slots[0])?,
                bindings.node(slots[1])?,
                &axes(graph, bindings, slots[2])?,
            )
        },
    },
    ConditionRow {
        name: "keep_dims",
        arguments: &[Kind::Chain, Kind::Chain, Kind::Value, Kind::Param],
        doc: "as keeps_dims, of the first chain behind the second",
        ask: |graph, bindings, slots| {
            let chain = [bindings.chain(slots[0])?, bindings.chain(slots[1])?].concat();
            keeps_dims(
                graph,
                &chain,
                bindings.node(slots[2])?,
                &axes(graph, bindings, slots[3])?,
            )
        },
    },
    ConditionRow {
        name: "same_type",
        arguments: &[Kind::Value, Kind::Value],
        doc: "both have the same dtype and shape",
        ask: |graph, bindings, slots| {
            Some(graph.type_of(bindings.node(slots[0])?)? == graph.type_of(bindings.node(slots[1])?)?)
        },
    },
    sums::COUNTS,
    sums::COUNTS_INVERSE,
    sums::REDUCES,
    sums::HALF,
    sums::ACCUMULATED,
    sums::SCALED,
    sums::MAGNITUDE,
    sums::FRACTION,
    contractions::FEW_PRODUCTS,
    contractions::SUMS_ROWS,
    contractions::SUMS_COLUMNS,
    contractions::SCALAR,
    masks::SINGULAR,
    masks::GUARDS,
    masks::COMPARES,
    sums::ABOVE_ONE,
    sums::ALIKE,
];

/// Whether a condition holds, or its negation where it is negated; neither does if the answer is not known.
pub(super) fn condition_holds(graph: &Graph<'_>, condition: &Condition, bindings: &Bindings) -> bool {
    let answer = (CONDITIONS[condition.native].ask)(graph, bindings, &condition.arguments);
    answer.is_some_and(|holds| holds != condition.negated)
}

fn axes(graph: &Graph<'_>, bindings: &Bindings, slot: Slot) -> Option<Vec<usize>> {
    match bindings.get(slot) {
        Binding::Param(eqn, key) => indices(&graph.program.symbols, graph.program.params(*eqn).get(*key)?),
        _ => None,
    }
}

fn in_place(graph: &Graph<'_>, chain: &[Link]) -> Option<bool> {
    let Some(inner) = chain.last() else {
        return Some(true);
    };
    let rank = graph
        .type_of(graph.operand(inner.eqn, inner.site, 0)?)?
        .shape()?
        .len();
    Some(graph.index_map(chain, rank)? == IndexMap::identity(rank))
}

/// A statement about the index map, never about shapes: on a square matrix a test of shapes is wrong.
fn keeps_dims(graph: &Graph<'_>, chain: &[Link], x: Node, axes: &[usize]) -> Option<bool> {
    let rank = graph.type_of(x)?.shape()?.len();
    let kept: Vec<usize> = (0..rank).filter(|dim| !axes.contains(dim)).collect();
    if kept.is_empty() {
        return Some(true);
    }
    let map = graph.index_map(chain, kept.len())?.0;
    if map.len() != rank {
        return Some(false);
    }
    Some(map.iter().enumerate().all(|(dim, &from)| {
        let extent_one = graph
            .type_of(x)
            .and_then(Type::shape)
            .is_some_and(|shape| shape[dim] == Dim::Size(1));
        match kept.iter().position(|&kept| kept == dim) {
            Some(at) => from == Some(at) || (from.is_none() && extent_one),
            None => from.is_none(),
        }
    }))
}

/// What an argument of a function is when a replacement is built.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Atom(Atom),
    Constant(f64),
    Axes(Vec<usize>),
    Integer(i64),
    Param(ParamValue),
}

type Compute = fn(&mut Builder<'_>, &[Value]) -> Result<Value, CannotBuild>;

/// A function that a replacement may call.
pub(super) struct FunctionRow {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [Kind],
    pub(super) doc: &'static str,
    pub(super) compute: Compute,
}

/// Every function.
pub(super) const FUNCTIONS: &[FunctionRow] = &[
    FunctionRow {
        name: "keepdims",
        arguments: &[Kind::Value, Kind::Value, Kind::Param],
        doc: "c, which was reduced from x over the axes, with these axes put back as extent 1",
        compute: |builder, arguments| match arguments {
            [Value::Atom(c), Value::Atom(x), Value::Axes(axes)] => {
                put_back(builder, *c, *x, axes).map(Value::Atom)
            }
            _ => Err(CannotBuild::Argument),
        },
    },
    FunctionRow {
        name: "spread",
        arguments: &[Kind::Value, Kind::Value],
        doc: "w, broadcast to the shape of y as an elementwise primitive would",
        compute: |builder, arguments| match arguments {
            [Value::Atom(w), Value::Atom(y)] => spread(builder, *w, *y).map(Value::Atom),
            _ => Err(CannotBuild::Argument),
        },
    },
    FunctionRow {
        name: "log_of",
        arguments: &[Kind::Constant],
        doc: "the logarithm of a constant, rounded once",
        compute: |_, arguments| match arguments {
            [Value::Constant(value)] if *value > 0.0 => Ok(Value::Constant(value.ln())),
            _ => Err(CannotBuild::Argument),
        },
    },
    scalar::NEGATED,
    scalar::SUM_OF,
    scalar::NUMBER,
    scalar::HIDES_ONE,
    scalar::ERFC_TAIL,
    scalar::STIRLING,
    FunctionRow {
        name: "largest_exponent",
        arguments: &[Kind::Value],
        doc: "the largest integer whose exponential is well inside the dtype of x",
        compute: |builder, arguments| match arguments {
            [Value::Atom(x)] => largest_exponent(builder.program, *x).map(Value::Constant),
            _ => Err(CannotBuild::Argument),
        },
    },
    sums::SCALE,
    sums::SCALE_DOWN,
    sums::LIKE,
    contractions::LEFT,
    contractions::RIGHT,
    contractions::SUM_PRODUCTS,
    sums::SMALLEST_NORMAL,
    sums::SPREAD_BACK,
];

/// Below the logarithm of the largest number, with room for a weight and a sum.
fn largest_exponent(program: &Program, x: Atom) -> Result<f64, CannotBuild> {
    match program.atom_type(x).and_then(Type::dtype) {
        Some(DType::Float16) => Ok(8.0),
        Some(DType::Float32 | DType::Bfloat16) => Ok(80.0),
        Some(DType::Float64) => Ok(700.0),
        _ => Err(CannotBuild::Argument),
    }
}

fn spread(builder: &mut Builder<'_>, w: Atom, y: Atom) -> Result<Atom, CannotBuild> {
    let rank = builder
        .program
        .atom_type(w)
        .and_then(Type::shape)
        .map_or(0, <[Dim]>::len);
    let shape = builder
        .program
        .atom_type(y)
        .and_then(Type::shape)
        .ok_or(CannotBuild::Argument)?
        .to_vec();
    builder.broadcast(w, &(0..rank).collect::<Vec<_>>(), shape)
}

/// A scalar needs no dimensions: it stands for all elements as it is.
fn put_back(builder: &mut Builder<'_>, c: Atom, x: Atom, axes: &[usize]) -> Result<Atom, CannotBuild> {
    let shape = |builder: &Builder<'_>, atom| {
        builder
            .program
            .atom_type(atom)
            .and_then(Type::shape)
            .map(<[Dim]>::to_vec)
            .ok_or(CannotBuild::Argument)
    };
    let (from, full) = (shape(builder, c)?, shape(builder, x)?);
    if from.is_empty() {
        return Ok(c);
    }
    let kept: Vec<usize> = (0..full.len()).filter(|dim| !axes.contains(dim)).collect();
    let target: Vec<Dim> = full
        .iter()
        .enumerate()
        .map(|(dim, extent)| {
            if axes.contains(&dim) {
                Dim::Size(1)
            } else {
                extent.clone()
            }
        })
        .collect();
    builder.broadcast(c, &kept, target)
}

/// A tuple of integers as a parameter.
pub(super) fn int_tuple(values: &[usize]) -> ParamValue {
    ParamValue::Tuple(
        values
            .iter()
            .map(|&value| ParamValue::Int(value as i64))
            .collect(),
    )
}
