//! Comparisons, and signs: `m·eˢ` has that of `m`, also where the exponentials that `m` is the difference of have
//! overflowed.

use super::{Here, Operand};
use crate::ir::DType;
use crate::lift::Lifter;
use crate::lift::nodes::NodeId;
use crate::lift::value::{Lift, Merit};

/// `sign(m·eˢ) = sign m`, which is 1 where `m` is positive and `s` finite, also where the exponential underflows.
pub(super) fn sign(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.operands.first()?.lift.clone()?;
    if lift.positive && !lifter.stays_in_range(&lift.scale) {
        let scale = lifter.sum(&lift.scale, here.ty)?;
        let mask = lifter.retyped(here.ty, DType::Bool)?;
        let finite = lifter.op("is_finite", &[scale], mask)?;
        // Of −∞, ∞ and NaN this is 0, 1 and NaN.
        let (zero, one) = (lifter.number(0.0, here.ty), lifter.number(1.0, here.ty));
        let bounded = lifter.op("min", &[scale, zero], here.ty)?;
        let special = lifter.op("exp", &[bounded], here.ty)?;
        let positive = lifter.select(finite, special, one, here.ty)?;
        return Some(known(lifter, positive));
    }
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

/// `x = max(x, c)` where `log x = max(log x, log c)`, and the same for `c` and for the smaller: the derivative of an
/// extremum asks so which of the two it is, and would take neither if only one of the sides were rounded otherwise.
pub(super) fn equality(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [a, b] = &here.operands[..] else { return None };
    let (extremum, other) = match (logarithm_of_extremum(lifter, a), logarithm_of_extremum(lifter, b)) {
        (Some(extremum), None) => (extremum, b),
        (None, Some(extremum)) => (extremum, a),
        _ => return None,
    };
    let ty = lifter.nodes.ty(extremum);
    let logarithm = match (lifter.as_number(other.node), &other.lift) {
        (Some(number), _) => lifter.number(number.ln(), ty),
        (None, Some(lift)) => lifter.logarithm(lift, ty)?,
        (None, None) => return None,
    };
    let is_of_it = |name| {
        let operands = lifter.operands_of(extremum, name);
        operands.is_some_and(|operands| operands.contains(&logarithm))
    };
    if !is_of_it("max") && !is_of_it("min") {
        return None;
    }
    let holds = lifter.op("eq", &[logarithm, extremum], here.ty)?;
    Some(known(lifter, holds))
}

/// The logarithm of an extremum, which is one itself.
fn logarithm_of_extremum(lifter: &Lifter<'_>, operand: &Operand) -> Option<NodeId> {
    let lift = operand.lift.as_ref()?;
    let (exponent, _) = lift.scale.only().filter(|&(_, c)| c == 1.0)?;
    let is = |name| lifter.operands_of(exponent, name).is_some();
    (lifter.as_number(lift.mant) == Some(1.0) && (is("max") || is("min"))).then_some(exponent)
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
