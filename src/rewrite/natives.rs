//! What rules may ask and compute beyond their own lines: one row a condition, one row a function.
//!
//! The language has no arithmetic, no loops and no recursion; a rule that needs more than is here is written in
//! Rust.

mod contractions;
mod masks;
mod scalar;
mod sums;

use super::matcher::{Binding, Bindings};
use super::pattern::{Argument, Condition, Slot};
use crate::analysis::{
    Graph, IndexMap, Link, Node, Range, has_exponential, is_at_most_one, is_exponential_sum, is_float,
    is_shifted, is_taken_off, range_of,
};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, Dim, ParamValue, Type};
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
    /// A value or a constant.
    Number,
}

impl Kind {
    /// The word for messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Value => "a value such as `x`",
            Self::Constant => "a constant such as `#n`",
            Self::Chain => "a chain such as `?B`",
            Self::Param => "a parameter such as `$A`",
            Self::Number => "a value such as `x` or a constant such as `#n`",
        }
    }

    /// Whether an argument of the kind `found` will do.
    pub(super) fn accepts(self, found: Self) -> bool {
        self == found || self == Self::Number && matches!(found, Self::Value | Self::Constant)
    }
}

type Ask = fn(&Question<'_, '_>) -> Option<bool>;

/// A condition at one match.
struct Question<'a, 'p> {
    graph: &'a Graph<'p>,
    bindings: &'a Bindings,
    arguments: &'a [Argument],
}

impl<'a> Question<'a, '_> {
    fn slot(&self, index: usize) -> Option<Slot> {
        match self.arguments.get(index)? {
            Argument::Slot(slot) => Some(*slot),
            Argument::Number(_) => None,
        }
    }

    fn node(&self, index: usize) -> Option<Node> {
        self.bindings.node(self.slot(index)?)
    }

    fn chain(&self, index: usize) -> Option<&'a [Link]> {
        self.bindings.chain(self.slot(index)?)
    }

    fn constant(&self, index: usize) -> Option<f64> {
        match self.arguments.get(index)? {
            Argument::Slot(slot) => self.bindings.constant(*slot),
            Argument::Number(number) => Some(*number),
        }
    }

    fn axes(&self, index: usize) -> Option<Vec<usize>> {
        let program = self.graph.program;
        match self.bindings.get(self.slot(index)?) {
            Binding::Param(eqn, key) => indices(&program.symbols, program.params(*eqn).get(*key)?),
            _ => None,
        }
    }

    /// What numbers a value may hold, or the one that a constant is.
    fn range(&self, index: usize) -> Option<Range> {
        let constant = self.constant(index).map(Range::exactly);
        constant.or_else(|| Some(range_of(self.graph, self.node(index)?)))
    }
}

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
        ask: |q| Some(is_float(q.graph, q.node(0)?)),
    },
    ConditionRow {
        name: "shifted",
        arguments: &[Kind::Value],
        doc: "x is y − m with a maximum m of y, so that exp x does not overflow",
        ask: |q| Some(is_shifted(q.graph, q.node(0)?)),
    },
    ConditionRow {
        name: "taken_off",
        arguments: &[Kind::Value, Kind::Value],
        doc: "c was subtracted from the exponents of the exponentials that l is the logarithm of a sum of",
        ask: |q| Some(is_taken_off(q.graph, q.node(0)?, q.node(1)?)),
    },
    ConditionRow {
        name: "exponential",
        arguments: &[Kind::Value],
        doc: "s is a sum of exponentials that are not shifted, or one of them",
        ask: |q| Some(is_exponential_sum(q.graph, q.node(0)?)),
    },
    ConditionRow {
        name: "positive",
        arguments: &[Kind::Number],
        doc: "no element is zero or below, nor infinite if it is a constant; of a value, one may be nan",
        ask: |q| {
            let is_value = q.constant(0).is_none();
            Some(q.range(0)?).map(|range| range.is_positive() && (is_value || range.is_finite()))
        },
    },
    ConditionRow {
        name: "nonnegative",
        arguments: &[Kind::Number],
        doc: "no element is below zero; one may be nan",
        ask: |q| Some(q.range(0)?.is_nonnegative()),
    },
    ConditionRow {
        name: "finite",
        arguments: &[Kind::Number],
        doc: "no element can be nan or infinite, whatever the inputs are",
        ask: |q| Some(q.range(0)?.is_finite()),
    },
    ConditionRow {
        name: "integral",
        arguments: &[Kind::Number],
        doc: "every finite element is an integer",
        ask: |q| Some(q.range(0)?.integral),
    },
    ConditionRow {
        name: "at_most",
        arguments: &[Kind::Number, Kind::Constant],
        doc: "no element is above the constant, such as 1.0; one may be nan",
        ask: |q| Some(q.range(0)?.high <= q.constant(1)?),
    },
    ConditionRow {
        name: "at_least",
        arguments: &[Kind::Number, Kind::Constant],
        doc: "no element is below the constant, such as -1.0; one may be nan",
        ask: |q| Some(q.range(0)?.low >= q.constant(1)?),
    },
    ConditionRow {
        name: "undoes_exp",
        arguments: &[Kind::Value],
        doc: "s is made of exponentials that are not shifted by sums, products and masks, so that log of it pays",
        ask: |q| Some(has_exponential(q.graph, q.node(0)?)),
    },
    ConditionRow {
        name: "negation",
        arguments: &[Kind::Value],
        doc: "x is made by neg",
        ask: |q| Some(q.graph.equation_of(q.node(0)?, "neg").is_some()),
    },
    ConditionRow {
        name: "at_most_one",
        arguments: &[Kind::Value],
        doc: "e is the exponential of what is never above zero, such as −|x|, so that it does not overflow",
        ask: |q| Some(is_at_most_one(q.graph, q.node(0)?)),
    },
    scalar::ONE,
    scalar::NONZERO,
    scalar::FIXED,
    scalar::CHOSEN,
    scalar::GUARDED,
    scalar::COMPENSATED,
    scalar::ONE_REGIME,
    scalar::SELECTED,
    scalar::SCALES_EXPONENTIAL,
    scalar::CLIPPED,
    scalar::DIVIDES,
    scalar::DISCRETE,
    scalar::MERGED,
    scalar::MULTIPLIED,
    scalar::DIFFERENTIATED,
    scalar::INVERTED,
    scalar::NEGATES,
    scalar::NORMALIZED,
    scalar::EVEN,
    scalar::INVERSE,
    scalar::INVERSE_OF_POWER,
    scalar::VECTOR,
    ConditionRow {
        name: "in_place",
        arguments: &[Kind::Chain],
        doc: "the chain leaves every element where it is: it may convert, and no more",
        ask: |q| in_place(q.graph, q.chain(0)?),
    },
    ConditionRow {
        name: "keeps_dims",
        arguments: &[Kind::Chain, Kind::Value, Kind::Param],
        doc: "the chain puts what was reduced over the axes back, each kept dimension of x where it was",
        ask: |q| q.graph.puts_back(q.chain(0)?, q.node(1)?, &q.axes(2)?),
    },
    ConditionRow {
        name: "keep_dims",
        arguments: &[Kind::Chain, Kind::Chain, Kind::Value, Kind::Param],
        doc: "as keeps_dims, of the first chain behind the second",
        ask: |q| {
            let chain = [q.chain(0)?, q.chain(1)?].concat();
            q.graph.puts_back(&chain, q.node(2)?, &q.axes(3)?)
        },
    },
    ConditionRow {
        name: "same_type",
        arguments: &[Kind::Value, Kind::Value],
        doc: "both have the same dtype and shape",
        ask: |q| Some(q.graph.type_of(q.node(0)?)? == q.graph.type_of(q.node(1)?)?),
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
    contractions::IN_LOOP,
    contractions::SUMS_ROWS,
    contractions::SUMS_COLUMNS,
    contractions::SCALAR,
    contractions::SQUARES_ITSELF,
    masks::SINGULAR,
    masks::MEETS_SINGULAR,
    masks::GUARDS,
    masks::COMPARES,
    sums::ABOVE_ONE,
    sums::ALIKE,
];

/// Whether a condition holds, or its negation where it is negated; neither does if the answer is not known.
pub(super) fn condition_holds(graph: &Graph<'_>, condition: &Condition, bindings: &Bindings) -> bool {
    let answer = (CONDITIONS[condition.native].ask)(&Question {
        graph,
        bindings,
        arguments: &condition.arguments,
    });
    answer.is_some_and(|holds| holds != condition.negated)
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
    scalar::SQUARE_ROOT_OF,
    scalar::SUM_OF,
    scalar::NUMBER,
    scalar::HIDES_ONE,
    scalar::ERFC_TAIL,
    scalar::STIRLING,
    scalar::LARGEST_EXPONENT,
    sums::SCALE,
    sums::SCALE_DOWN,
    sums::SCALE_FOR,
    sums::LIKE,
    contractions::LEFT,
    contractions::RIGHT,
    contractions::SUM_PRODUCTS,
    contractions::CONTRACT,
    contractions::LARGEST_PRODUCT,
    sums::SMALLEST_NORMAL,
    sums::SPREAD_BACK,
];

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
