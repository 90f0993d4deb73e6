//! Signs: `m·eˢ` has that of `m`, also where the exponentials that `m` is the difference of have overflowed.

use super::Here;
use crate::lift::Lifter;
use crate::lift::nodes::NodeId;
use crate::lift::value::{Lift, Merit};

/// `sign(m·eˢ) = sign m`.
pub(super) fn sign(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let mant = mantissa(lifter, here, 0)?;
    let sign = lifter.op("sign", &[mant], here.ty)?;
    Some(known(lifter, sign))
}

/// `m·eˢ < 0` where `m < 0`, and the same for the other comparisons with zero.
pub(super) fn comparison(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let zero = |operand: usize| {
        let node = here.operands.get(operand)?.node;
        (lifter.as_number(node) == Some(0.0)).then_some(node)
    };
    let (left, right) = match (zero(0), zero(1)) {
        (None, Some(zero)) => (mantissa(lifter, here, 0)?, zero),
        (Some(zero), None) => (zero, mantissa(lifter, here, 1)?),
        _ => return None,
    };
    let primitive = lifter.program.primitive(here.eqn).to_owned();
    let holds = lifter.op(&primitive, &[left, right], here.ty)?;
    Some(known(lifter, holds))
}

/// The mantissa of an operand whose sign is its own, and whose scale may leave the range of numbers.
fn mantissa(lifter: &mut Lifter<'_>, here: &Here, operand: usize) -> Option<NodeId> {
    let lift = here.operands.get(operand)?.lift.clone()?;
    let is_difference = lifter.as_number(lift.mant).is_none() && !lift.positive && !lift.merit.loose;
    (is_difference && !lifter.stays_in_range(&lift.scale)).then_some(lift.mant)
}

fn known(lifter: &Lifter<'_>, node: NodeId) -> Lift {
    Lift {
        merit: Merit::default().winning(true),
        ..lifter.plain(node)
    }
}
