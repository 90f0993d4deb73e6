//! How the operands and outputs of an equation meet the inputs and results of the jaxprs in its parameters.

use super::families::primitive;
use super::fault::TypeFault;
use super::typed_eqn::{TypedEqn, binder_types, operand_types};
use crate::ir::{BlockId, EqnId, Program};

/// A jaxpr that an equation runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The jaxpr.
    pub block: BlockId,
    /// Where each of its inputs comes from: operands of the equation.
    pub inputs: Vec<Port>,
    /// Where each of its results goes: outputs of the equation.
    pub outputs: Vec<Port>,
}

/// What an input or a result of a [`Body`] has to do with an operand or an output of the equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Port {
    /// It is that operand or output.
    Whole(usize),
    /// It is a part of it that has not got this axis: a row of a scan.
    Row(usize, usize),
    /// It is a scalar of the same element type.
    Element(usize),
    /// It is a reference to it.
    Reference(usize),
    /// It is the part of it that one device holds.
    Shard(usize),
    /// It is something of the primitive's own: a loop's counter or condition.
    Inner,
}

impl Port {
    /// The operand or output, if it is one.
    pub(crate) fn index(self) -> Option<usize> {
        match self {
            Self::Whole(index)
            | Self::Row(index, _)
            | Self::Element(index)
            | Self::Reference(index)
            | Self::Shard(index) => Some(index),
            Self::Inner => None,
        }
    }
}

/// The part of a row that finds the bodies.
pub(super) type BodiesOf = fn(&TypedEqn<'_>) -> Result<Vec<Body>, TypeFault>;

/// The jaxprs that an equation runs, in the order of its parameters; empty for a primitive without any, and
/// `None` when the primitive or its parameters are not known.
pub(crate) fn bodies(program: &Program, eqn: EqnId) -> Option<Vec<Body>> {
    let primitive = primitive(program.primitive(eqn))?;
    let Some(find) = primitive.bodies else {
        return Some(Vec::new());
    };
    let (inputs, outputs) = (operand_types(program, eqn), binder_types(program, eqn));
    find(&TypedEqn {
        program,
        primitive,
        params: program.params(eqn),
        inputs: &inputs,
        printed: Some(&outputs),
    })
    .ok()
}
