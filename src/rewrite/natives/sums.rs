//! What rules about sums ask and compute: how many elements were added, in which precision, and on which scale.

use super::{ConditionRow, FunctionRow, Kind, Value};
use crate::analysis::{Graph, Link, Node, accumulated, is_magnitude, is_scaled};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, DType, Format, ParamValue, Type, round_to};
use crate::schema::params::axes;

pub(super) const COUNTS: ConditionRow = ConditionRow {
    name: "counts",
    arguments: &[Kind::Constant, Kind::Value],
    doc: "the constant is the number of elements that were added for each element of the sum s",
    ask: |q| {
        let count = count(q.graph, q.node(1)?)?;
        Some(q.constant(0)? == count)
    },
};

pub(super) const COUNTS_INVERSE: ConditionRow = ConditionRow {
    name: "counts_inverse",
    arguments: &[Kind::Constant, Kind::Value],
    doc: "the constant is 1 / n, rounded, with the number n of elements that were added for each element of the sum s",
    ask: |q| {
        let inverse = 1.0 / count(q.graph, q.node(1)?)?;
        let constant = q.constant(0)?;
        let mut dtypes = DType::ARITHMETIC.into_iter();
        Some(dtypes.any(|dtype| round_to(inverse, dtype) == constant))
    },
};

pub(super) const REDUCES: ConditionRow = ConditionRow {
    name: "reduces",
    arguments: &[Kind::Value],
    doc: "s adds more than two elements for each of its own; two are added with one rounding in any precision",
    ask: |q| Some(count(q.graph, q.node(0)?)? > 2.0),
};

pub(super) const HALF: ConditionRow = ConditionRow {
    name: "half",
    arguments: &[Kind::Value],
    doc: "x is of float16 or bfloat16",
    ask: |q| Some(q.graph.type_of(q.node(0)?)?.dtype().is_some_and(DType::is_half)),
};

pub(super) const ACCUMULATED: ConditionRow = ConditionRow {
    name: "accumulated",
    arguments: &[Kind::Value],
    doc: "x is of float32 or float64, and a sum or made from sums without leaving that precision",
    ask: |q| Some(accumulated(q.graph, q.node(0)?)),
};

pub(super) const SCALED: ConditionRow = ConditionRow {
    name: "scaled",
    arguments: &[Kind::Value],
    doc: "x was divided by a maximum, a norm or a deviation, so that its square stays in range",
    ask: |q| Some(is_scaled(q.graph, q.node(0)?)),
};

pub(super) const MAGNITUDE: ConditionRow = ConditionRow {
    name: "magnitude",
    arguments: &[Kind::Value],
    doc: "n is made from a maximum or a square root",
    ask: |q| Some(is_magnitude(q.graph, q.node(0)?)),
};

pub(super) const FRACTION: ConditionRow = ConditionRow {
    name: "fraction",
    arguments: &[Kind::Constant],
    doc: "the constant is above 0 and below 1",
    ask: |q| {
        q.bindings
            .constant(q.slot(0)?)
            .map(|value| value > 0.0 && value < 1.0)
    },
};

pub(super) const ABOVE_ONE: ConditionRow = ConditionRow {
    name: "above_one",
    arguments: &[Kind::Constant],
    doc: "the constant is above 1 and finite",
    ask: |q| {
        q.bindings
            .constant(q.slot(0)?)
            .map(|value| value > 1.0 && value.is_finite())
    },
};

pub(super) const ALIKE: ConditionRow = ConditionRow {
    name: "alike",
    arguments: &[Kind::Chain, Kind::Chain],
    doc: "both chains put elements of arrays of one shape at the same places",
    ask: |q| {
        let (one, other) = (q.chain(0)?, q.chain(1)?);
        let rank = |chain: &[Link]| {
            let innermost = chain.last()?;
            let operand = q.graph.operand(innermost.eqn, innermost.site, 0)?;
            Some(q.graph.type_of(operand)?.shape()?.len())
        };
        let rank = rank(one).or_else(|| rank(other)).unwrap_or(0);
        Some(q.graph.index_map(one, rank)? == q.graph.index_map(other, rank)?)
    },
};

pub(super) const SMALLEST_NORMAL: FunctionRow = FunctionRow {
    name: "smallest_normal",
    arguments: &[Kind::Value],
    doc: "the smallest number of the dtype of x that has all its digits",
    compute: |builder, arguments| match arguments {
        [Value::Atom(x)] => {
            let dtype = builder.program.atom_type(*x).and_then(Type::dtype);
            let format = dtype.and_then(Format::arithmetic_of);
            Ok(Value::Constant(format.ok_or(CannotBuild::Argument)?.least))
        }
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SPREAD_BACK: FunctionRow = FunctionRow {
    name: "spread_back",
    arguments: &[Kind::Value, Kind::Value, Kind::Param],
    doc: "c, which was reduced from x over the axes, repeated along these axes",
    compute: |builder, arguments| match arguments {
        [Value::Atom(c), Value::Atom(x), Value::Axes(axes)] => {
            let shape = builder
                .program
                .atom_type(*x)
                .and_then(Type::shape)
                .ok_or(CannotBuild::Argument)?
                .to_vec();
            let kept: Vec<usize> = (0..shape.len()).filter(|dim| !axes.contains(dim)).collect();
            builder.broadcast(*c, &kept, shape).map(Value::Atom)
        }
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SCALE: FunctionRow = FunctionRow {
    name: "scale",
    arguments: &[Kind::Value],
    doc: "a power of two that brings m to where squares and their sums are safe; 1 if m is there already",
    compute: |builder, arguments| match arguments {
        [Value::Atom(m)] => scale(builder, *m, 2.0, false).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SCALE_DOWN: FunctionRow = FunctionRow {
    name: "scale_down",
    arguments: &[Kind::Value],
    doc: "as scale, but never below 1: for sums to which a constant is added",
    compute: |builder, arguments| match arguments {
        [Value::Atom(m)] => scale(builder, *m, 2.0, true).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SCALE_FOR: FunctionRow = FunctionRow {
    name: "scale_for",
    arguments: &[Kind::Value, Kind::Constant],
    doc: "a power of two that brings m to where powers to the constant and their sums are safe; 1 if m is there already",
    compute: |builder, arguments| match arguments {
        [Value::Atom(m), Value::Constant(power)] => scale(builder, *m, *power, false).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const LIKE: FunctionRow = FunctionRow {
    name: "like",
    arguments: &[Kind::Value, Kind::Value],
    doc: "y, converted to the dtype of x",
    compute: |builder, arguments| match arguments {
        [Value::Atom(y), Value::Atom(x)] => like(builder, *y, *x).map(Value::Atom),
        _ => Err(CannotBuild::Argument),
    },
};

/// How many elements `reduce_sum` adds for each element of `sum`.
fn count(graph: &Graph<'_>, sum: Node) -> Option<f64> {
    let (eqn, site) = graph.equation_of(sum, "reduce_sum")?;
    let shape = graph.type_of(graph.operand(eqn, site, 0)?)?.shape()?;
    let extents = axes(graph.program, eqn)?
        .into_iter()
        .map(|axis| shape.get(axis)?.size());
    extents
        .map(|extent| u32::try_from(extent?).ok().map(f64::from))
        .product()
}

/// `p / clamp(lo, p, hi)` with the power of two `p` nearest to `m`.
///
/// `raised` is the power to which the quotients are raised, before they are added. Dividing by it rounds nothing, so
/// that what was in range keeps every bit. A NaN stays one; an infinity is clamped, so that what it divides stays
/// infinite; and 0 is clamped, so that 0 stays 0.
fn scale(builder: &mut Builder<'_>, m: Atom, raised: f64, down: bool) -> Result<Atom, CannotBuild> {
    let dtype = builder
        .program
        .atom_type(m)
        .and_then(Type::dtype)
        .ok_or(CannotBuild::Argument)?;
    let format = Format::of(dtype).ok_or(CannotBuild::Argument)?;
    let safe = format.safe_exponent.ok_or(CannotBuild::Argument)?;
    let safe = (2.0 * safe / raised).floor();
    let [smallest, largest, low, high] = [
        if down { -safe } else { format.least_exponent.into() },
        format.largest_exponent().into(),
        -safe,
        safe,
    ]
    .map(|exponent| builder.literal(exponent.exp2(), dtype));
    let stopped = builder.apply("stop_gradient", &[], &[m])?;
    let given = [
        ("exponent_bits", ParamValue::Int(format.exponent_bits().into())),
        ("mantissa_bits", ParamValue::Int(0)),
    ];
    let power = builder.apply("reduce_precision", &given, &[stopped])?;
    let power = builder.apply("clamp", &[], &[smallest, power, largest])?;
    let safe = builder.apply("clamp", &[], &[low, power, high])?;
    builder.apply("div", &[], &[power, safe])
}

pub(super) fn like(builder: &mut Builder<'_>, y: Atom, x: Atom) -> Result<Atom, CannotBuild> {
    let dtype = |atom| builder.program.atom_type(atom).and_then(Type::dtype);
    let (from, to) = dtype(y).zip(dtype(x)).ok_or(CannotBuild::Argument)?;
    if from == to {
        return Ok(y);
    }
    builder.convert(y, to)
}
