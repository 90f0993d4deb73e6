//! Sums over devices: `Σ_d a_d·e^{s_d} = (Σ_d a_d·e^{s_d − m})·e^m`, where `m` is the maximum of `s_d` over devices.
//!
//! `psum2`, which JAX 0.4 prints, has no row: beside it JAX refuses the `pmax` that the maximum takes.

use super::Here;
use super::moves::again;
use super::sums::shifted;
use crate::ir::{ParamValue, TypeId};
use crate::lift::Lifter;
use crate::lift::bound::Shift;
use crate::lift::form::Form;
use crate::lift::nodes::NodeId;
use crate::lift::value::Lift;

/// The sum over the devices along mesh axes.
pub(super) fn psum(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [operand] = &here.operands[..] else {
        return None;
    };
    let lift = operand.lift.clone()?;
    let axes = lifter.program.param(here.eqn, "axes")?.clone();
    let (full, ty) = (lifter.nodes.ty(operand.node), here.ty);
    if !names_only(&axes) || has_groups(lifter, here) {
        return None;
    }
    let (mant, shift, loose) = if lifter.stays_in_range(&lift.scale) {
        let exponential = lifter.exponential(&lift.scale, full)?;
        (lifter.mul(lift.mant, exponential, full)?, Form::default(), false)
    } else {
        let hides = here.asked.is_relative() && !lift.nonzero;
        let scale = lifter.effective(&lift, &lift.scale, hides, full)?;
        // JAX has no derivative of `pmax`.
        let fixed = match lifter.operands_of(lifter.unviewed(scale).0, "stop_gradient") {
            Some(_) => scale,
            None => lifter.op("stop_gradient", &[scale], full)?,
        };
        let maximum = lifter.op_with("pmax", &[("axes", axes)], &[fixed], ty)?;
        let m = lifter.shift(maximum, vec![lift.scale.clone()], &[], hides, ty)?;
        let varying = varying(lifter, here, m, full)?;
        let mant = shifted(lifter, &lift, &lift.scale, varying, hides, full)?;
        (mant, Form::of(m, 1.0), !hides && !lift.nonzero)
    };
    let mant = lifter.spread(mant, full);
    let mant = again(lifter, here, mant)?;
    Some(lifter.summed_up(mant, lift.positive, shift, lift.merit.loosened(loose)))
}

/// What is the same on all devices, taken to vary: the same mantissa and scale.
pub(super) fn pvary(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [operand] = &here.operands[..] else {
        return None;
    };
    let lift = operand.lift.clone()?;
    Some(Lift {
        mant: varying(lifter, here, lift.mant, here.ty)?,
        scale: lift
            .scale
            .try_mapped(|node| varying(lifter, here, node, here.ty))?,
        ..(*lift).clone()
    })
}

/// An expression as one that varies as `ty` does; views are varied behind the view. A shift stays known as one, and
/// so does a sum of what is above zero.
fn varying(lifter: &mut Lifter<'_>, here: &Here, node: NodeId, ty: TypeId) -> Option<NodeId> {
    if lifter.as_number(node).is_some() {
        return Some(node);
    }
    let (base, map) = lifter.unviewed(node);
    let varied = varying_base(lifter, here, base, ty)?;
    if let Some(shift) = lifter.shifts.get(&base).cloned() {
        let raw = varying_base(lifter, here, shift.raw, ty)?;
        lifter.shifts.entry(varied).or_insert(Shift { raw, ..shift });
    }
    if lifter.totals.contains(&base) {
        lifter.totals.insert(varied);
    }
    Some(lifter.view(varied, &map, ty))
}

fn varying_base(lifter: &mut Lifter<'_>, here: &Here, node: NodeId, ty: TypeId) -> Option<NodeId> {
    let own = lifter.nodes.ty(node);
    let target = lifter.reshaped(ty, &lifter.shape(node))?;
    if own == target {
        return Some(node);
    }
    let axes = lifter.program.param(here.eqn, "axes")?.clone();
    lifter.op_with("pvary", &[("axes", axes)], &[node], target)
}

/// Whether all axes are those of a mesh; where `vmap` has run, some are dimensions of the array.
fn names_only(axes: &ParamValue) -> bool {
    let is_name = |item: &ParamValue| !matches!(item, ParamValue::Int(_));
    matches!(axes, ParamValue::Tuple(items) if items.iter().all(is_name))
}

fn has_groups(lifter: &Lifter<'_>, here: &Here) -> bool {
    let groups = lifter.program.param(here.eqn, "axis_index_groups");
    groups.is_some_and(|groups| !matches!(groups, ParamValue::None))
}
