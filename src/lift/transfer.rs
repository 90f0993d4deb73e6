//! What each primitive does to `mant·exp(scale)`: one row a primitive.

mod arithmetic;
mod collectives;
pub(super) mod contractions;
mod cumulative;
mod moves;
mod scatter;
mod signs;
mod sums;

use std::rc::Rc;

use super::Lifter;
use super::ask::Asked;
use super::loops::pairs;
use super::nodes::NodeId;
use super::value::Lift;
use crate::ir::{EqnId, TypeId};

/// An operand of an equation.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    /// What it holds.
    pub(super) node: NodeId,
    /// The same as mantissa and scale, if it is held so.
    pub(super) lift: Option<Rc<Lift>>,
}

/// The equation that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Here {
    /// The equation.
    pub(super) eqn: EqnId,
    /// What the program computes.
    pub(super) node: NodeId,
    /// The type of its result.
    pub(super) ty: TypeId,
    /// Its operands.
    pub(super) operands: Vec<Operand>,
    /// What is asked of the result's size.
    pub(super) asked: Asked,
}

/// The mantissa and scale of a result; `None` if it is only known as what the program computes.
pub(super) type Transfer = fn(&mut Lifter<'_>, &Here) -> Option<Lift>;

/// What is known of one primitive.
#[derive(Debug)]
pub(super) struct Row {
    name: &'static str,
    /// Whether it makes a scale where there was none.
    pub(super) is_source: bool,
    /// Whether its result holds the elements of its operands elsewhere.
    pub(super) is_move: bool,
    /// Whether its result is a mask.
    pub(super) is_comparison: bool,
    /// What becomes of the addends that an operand is the sum of.
    pub(super) addends: Addends,
    /// The mantissa and scale of its result.
    pub(super) transfer: Transfer,
}

/// What a primitive does to the addends of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addends {
    /// Nobody knows them any more.
    Ends,
    /// The row itself says what they are.
    Follows,
    /// It does the same to each addend of one operand, if the operand `beside` it, on which the addends are put, is zero.
    Each { operand: usize, beside: Option<usize> },
}

const fn of(name: &'static str, transfer: Transfer) -> Row {
    Row {
        name,
        is_source: false,
        is_move: false,
        is_comparison: false,
        addends: Addends::Ends,
        transfer,
    }
}

const fn source(name: &'static str, transfer: Transfer) -> Row {
    Row {
        is_source: true,
        ..of(name, transfer)
    }
}

const fn moving(name: &'static str, transfer: Transfer) -> Row {
    Row {
        is_move: true,
        ..on_each(name, 0, None, transfer)
    }
}

const fn adding(name: &'static str, transfer: Transfer) -> Row {
    Row {
        addends: Addends::Follows,
        ..of(name, transfer)
    }
}

const fn on_each(name: &'static str, operand: usize, beside: Option<usize>, transfer: Transfer) -> Row {
    Row {
        addends: Addends::Each { operand, beside },
        ..of(name, transfer)
    }
}

const fn comparing(name: &'static str, transfer: Transfer) -> Row {
    Row {
        is_comparison: true,
        ..of(name, transfer)
    }
}

/// All rows. A primitive that has none writes its operands out.
const ROWS: &[Row] = &[
    source("exp", arithmetic::exp),
    source("exp2", arithmetic::exp2),
    source("expm1", sums::expm1),
    source("logistic", arithmetic::logistic),
    source("pow", arithmetic::pow),
    source(pairs::SCALE, pairs::scale),
    source(pairs::MANTISSA, pairs::mantissa),
    adding("mul", arithmetic::mul),
    adding("div", arithmetic::div),
    on_each("neg", 0, None, arithmetic::neg),
    of("abs", arithmetic::abs),
    of("integer_pow", arithmetic::integer_pow),
    of("square", arithmetic::square),
    of("sqrt", arithmetic::sqrt),
    of("rsqrt", arithmetic::rsqrt),
    of("log", arithmetic::log),
    of("log2", arithmetic::log2),
    of("log1p", arithmetic::log1p),
    of("max", arithmetic::extremum),
    of("min", arithmetic::extremum),
    adding("add", sums::add),
    adding("add_any", sums::add),
    adding("sub", sums::sub),
    of("sign", signs::sign),
    comparing("eq", signs::equality),
    comparing("lt", signs::comparison),
    comparing("le", signs::comparison),
    comparing("gt", signs::comparison),
    comparing("ge", signs::comparison),
    of("reduce_sum", sums::reduce_sum),
    of("reduce_prod", sums::reduce_prod),
    of("cumsum", cumulative::cumsum),
    of("cumprod", cumulative::cumprod),
    of("dot_general", contractions::dot_general),
    on_each("scatter", 2, Some(0), scatter::scatter),
    on_each("scatter-add", 2, Some(0), scatter::scatter),
    on_each("dynamic_update_slice", 1, Some(0), scatter::dynamic_update_slice),
    of("psum", collectives::psum),
    of("psum_invariant", collectives::psum),
    of("pvary", collectives::pvary),
    of("select_n", moves::select),
    moving("broadcast_in_dim", moves::view),
    moving("transpose", moves::view),
    moving("squeeze", moves::view),
    moving("expand_dims", moves::view),
    moving("reshape", moves::view),
    moving("copy", moves::moved),
    moving("copy_p", moves::moved),
    moving("stop_gradient", moves::moved),
    moving("slice", moves::moved),
    moving("rev", moves::reversed),
    moving("gather", moves::moved),
    moving("dynamic_slice", moves::moved),
    on_each("convert_element_type", 0, None, moves::converted),
    Row {
        is_move: true,
        ..of("concatenate", moves::concatenate)
    },
    Row {
        is_move: true,
        ..on_each("pad", 0, Some(1), moves::pad)
    },
];

/// The row of a primitive.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

impl Here {
    /// An operand as mantissa and scale in the shape of the result.
    pub(super) fn lift(&self, lifter: &mut Lifter<'_>, index: usize) -> Option<Lift> {
        let operand = self.operands.get(index)?;
        let lift = match &operand.lift {
            Some(lift) => (**lift).clone(),
            None => lifter.plain(operand.node),
        };
        Some(lifter.aligned_lift(&lift, self.ty))
    }
}
