//! One thing that happened to a number: an equation that made it infinite or NaN, or passed it on.

use std::rc::Rc;

use super::seen::Extent;
use crate::interp::Pass;
use crate::ir::EqnId;

/// Where an equation ran: the equations around it, outermost first, each with the reason its jaxpr ran.
pub(crate) type Place = Rc<[(EqnId, Option<Pass>)]>;

/// What a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Birth {
    /// It is infinite or NaN, out of operands that are not, or NaN out of infinities that were given.
    Origin,
    /// It became zero although the exact result is not.
    Lost,
    /// It is infinite or NaN because an input or a literal is.
    Given,
    /// It has from an operand what is wrong with it.
    Carried,
}

/// An equation in the history of a number.
#[derive(Clone, Debug)]
pub struct Step {
    /// The equation.
    pub eqn: EqnId,
    /// Where it ran.
    pub place: Place,
    /// What it did.
    pub birth: Birth,
    /// Which of its outputs.
    pub output: usize,
    /// The element that is followed.
    pub index: Vec<usize>,
    /// What it became.
    pub value: f64,
    /// What it was made of.
    pub operands: Vec<Operand>,
}

/// An operand of a [`Step`].
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// The element that went into the result.
    Element(f64),
    /// The array, where more than one element did.
    Array(Extent),
}

/// A [`Step`] as it is recorded.
pub(super) struct Link {
    pub(super) step: Step,
    /// The link before it, if any. For an origin, that is what made its operands what they are.
    pub(super) parent: Option<usize>,
    /// The link with which this history starts to be infinite or NaN: itself for an origin.
    pub(super) root: usize,
    /// For an origin: the ranges of all operands.
    pub(super) extents: Rc<[Extent]>,
    /// How many elements it stands for.
    pub(super) elements: usize,
}
