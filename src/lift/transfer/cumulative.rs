//! Sums and products up to each place along an axis.

use super::Here;
use crate::ir::ParamValue;
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::NodeId;
use crate::lift::value::Lift;

/// `cumprod`: `(cumprod m)·e^{cumsum s}`.
pub(super) fn cumprod(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let sum = lifter.sum(&lift.scale, here.ty)?;
    let mant = match lifter.as_number(lift.mant) {
        Some(1.0) => lift.mant,
        _ => cumulative(lifter, here, "cumprod", lift.mant)?,
    };
    Some(Lift {
        mant,
        scale: Form::of(cumulative(lifter, here, "cumsum", sum)?, 1.0),
        ..lift
    })
}

/// `cumsum` of `c·eˢ` with one `c > 0` along the axis: `c·exp(cumlogsumexp s)`, which bounds `s`. A maximum that was taken
/// off keeps the whole sum from being small, and not the sums up to somewhere before it.
pub(super) fn cumsum(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let axis = match lifter.program.param(here.eqn, "axis") {
        Some(&ParamValue::Int(axis)) => usize::try_from(axis).ok()?,
        _ => return None,
    };
    let is_kept = !here.asked.small && lifter.stays_in_range(&lift.scale);
    if is_kept || lift.scale.is_zero() || !lifter.is_one_total_along(lift.mant, axis) {
        return None;
    }
    let sum = lifter.sum(&lift.scale, here.ty)?;
    let total = cumulative(lifter, here, "cumlogsumexp", sum)?;
    lifter.note_bound(total, &lift.scale);
    Some(Lift {
        scale: Form::of(total, 1.0),
        ..lift
    })
}

fn cumulative(lifter: &mut Lifter<'_>, here: &Here, name: &str, node: NodeId) -> Option<NodeId> {
    let param = |key| lifter.program.param(here.eqn, key).cloned();
    let (axis, reverse) = (
        param("axis")?,
        param("reverse").unwrap_or(ParamValue::Bool(false)),
    );
    let node = lifter.spread(node, here.ty);
    lifter.op_with(name, &[("axis", axis), ("reverse", reverse)], &[node], here.ty)
}
