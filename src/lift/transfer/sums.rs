//! Sums. Where scales differ, the larger one comes first: `a·eˢ + b·eᵗ = (a·e^{s−m} + b·e^{t−m})·eᵐ`, `m = max(s, t)`.

use super::Here;
use super::scatter::is_put_back;
use crate::ir::{DType, TypeId};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::NodeId;
use crate::lift::value::{Lift, Merit};
use crate::schema::params::{axes, int_tuple};

/// `a·eˢ + b·eᵗ`.
pub(super) fn add(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    if let Some(sum) = lifter.sum_of_addends(here, [&a, &b], false) {
        return Some(sum);
    }
    for (one, exponential) in [(&a, &b), (&b, &a)] {
        if let Some(sum) = lifter.one_plus_exponential(one, exponential, here.ty) {
            return Some(sum);
        }
    }
    sum_of(lifter, here, &a, &b)
}

/// `a·eˢ − b·eᵗ`.
pub(super) fn sub(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    let b = Lift {
        mant: lifter.neg(b.mant, here.ty)?,
        positive: false,
        ..b
    };
    if let Some(sum) = lifter.sum_of_addends(here, [&a, &b], true) {
        return Some(sum);
    }
    sum_of(lifter, here, &a, &b)
}

/// `eˣ − 1 = ±(1 − e^{−|x|})·e^{max(x, 0)}`. What stays in range is held as it is, and so is what was chosen to.
pub(super) fn expm1(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let x = lifter.aligned(here.operands.first()?.node, here.ty);
    let is_chosen = lifter.operands_of(x, "select_n").is_some();
    if lifter.as_number(x).is_some() || is_chosen || lifter.stays_in_range(&Form::of(x, 1.0)) {
        return None;
    }
    let exponential = lifter.exponential_of(x, 1.0, here.ty);
    let minus_one = lifter.number(-1.0, here.ty);
    let minus_one = lifter.plain(minus_one);
    lifter.note_expm1(here, &exponential, &minus_one);
    let lift = sum_of(lifter, here, &exponential, &minus_one)?;
    let merit = Merit {
        faint: true,
        ..lift.merit
    };
    Some(Lift { merit, ..lift })
}

fn sum_of(lifter: &mut Lifter<'_>, here: &Here, a: &Lift, b: &Lift) -> Option<Lift> {
    let ty = here.ty;
    let is_zero = |lifter: &Lifter<'_>, lift: &Lift| lifter.as_number(lift.mant) == Some(0.0);
    if is_zero(lifter, a) {
        return Some(b.clone());
    }
    if is_zero(lifter, b) {
        return Some(a.clone());
    }
    // What stays in range is written out as it is, so that what somebody has shifted is not shifted again.
    let sinks = here.asked.small && lifter.sinks(&a.scale) && lifter.sinks(&b.scale);
    let in_range = !sinks && lifter.stays_in_range(&a.scale) && lifter.stays_in_range(&b.scale);
    let (s, t) = alike(lifter, &a.scale, &b.scale, !in_range);
    let merit = a.merit.with(b.merit);
    let positive = a.positive && b.positive;
    let common = s.common(&t);
    let (rest_s, rest_t) = (s.plus(&common, -1.0), t.plus(&common, -1.0));
    if rest_s.is_zero() && rest_t.is_zero() {
        let mant = lifter.difference_or_sum(a.mant, b.mant, ty)?;
        return Some(lifter.summed_up(mant, positive, common, merit));
    }
    let opposite = lifter.neg(b.mant, ty)? == a.mant;
    if opposite {
        for (whole, [rest, logistic]) in [(a, [&rest_s, &rest_t]), (b, [&rest_t, &rest_s])] {
            if rest.is_zero()
                && let Some(complement) = lifter.complement(logistic, ty)
            {
                return Some(Lift {
                    scale: common.plus(&complement, 1.0),
                    merit,
                    ..whole.clone()
                });
            }
        }
    }
    if !(opposite || sinks) && lifter.stays_in_range(&rest_s) && lifter.stays_in_range(&rest_t) {
        let mant = written_sum(lifter, [a, b], [&rest_s, &rest_t], ty)?;
        return Some(lifter.summed_up(mant, positive, common, merit));
    }
    // What they have in common may be what keeps them in range.
    if in_range && !opposite {
        let mant = written_sum(lifter, [a, b], [&s, &t], ty)?;
        return Some(lifter.summed_up(mant, positive, Form::default(), merit));
    }
    let (s, t, common) = if in_range {
        (s, t, Form::default())
    } else {
        (rest_s, rest_t, common)
    };
    let (mant, m) = shifted_sum(lifter, [a, b], [s, t], opposite, ty)?;
    Some(lifter.summed_up(mant, positive, common.plus(&Form::of(m, 1.0), 1.0), merit))
}

/// `a·eˢ + b·eᵗ` as it stands.
fn written_sum(
    lifter: &mut Lifter<'_>,
    [a, b]: [&Lift; 2],
    [s, t]: [&Form; 2],
    ty: TypeId,
) -> Option<NodeId> {
    let (left, right) = (lifter.exponential(s, ty)?, lifter.exponential(t, ty)?);
    let (left, right) = (lifter.mul(a.mant, left, ty)?, lifter.mul(b.mant, right, ty)?);
    lifter.difference_or_sum(left, right, ty)
}

/// `a·e^{s−m} + b·e^{t−m}` and `m = max(s, t)`.
fn shifted_sum(
    lifter: &mut Lifter<'_>,
    [a, b]: [&Lift; 2],
    [s, t]: [Form; 2],
    opposite: bool,
    ty: TypeId,
) -> Option<(NodeId, NodeId)> {
    let (hides_a, hides_b) = (!a.nonzero, !b.nonzero);
    let left = lifter.effective(a, &s, hides_a, ty)?;
    let right = lifter.effective(b, &t, hides_b, ty)?;
    let larger = lifter.max(left, right, ty)?;
    let covers = [s, t];
    let m = lifter.shift(larger, covers.to_vec(), &[], hides_a || hides_b, ty)?;
    let one = shifted(lifter, a, &covers[0], m, hides_a, ty)?;
    let other = shifted(lifter, b, &covers[1], m, hides_b, ty)?;
    if opposite {
        let mant = difference(lifter, a.mant, [left, right], larger, [one, other], ty)?;
        return Some((mant, m));
    }
    Some((lifter.difference_or_sum(one, other, ty)?, m))
}

/// `c·e^{s−m} − c·e^{t−m}` with `m = max(s, t)`, which is `±c·(1 − e^{−|s − t|})`: `expm1` does not cancel where `s` and
/// `t` are close. Where the maximum is not finite the terms are subtracted as they are.
///
/// The derivative is that of the terms, in which `m` is constant, as it is in what they are multiplied by again; so
/// only the value of the difference is corrected.
fn difference(
    lifter: &mut Lifter<'_>,
    c: NodeId,
    [s, t]: [NodeId; 2],
    larger: NodeId,
    [one, other]: [NodeId; 2],
    ty: TypeId,
) -> Option<NodeId> {
    let apart = lifter.sub(s, t, ty)?;
    let magnitude = lifter.op("abs", &[apart], ty)?;
    let negated = lifter.neg(magnitude, ty)?;
    let complement = lifter.op("expm1", &[negated], ty)?;
    let sign = lifter.op("sign", &[apart], ty)?;
    let close = lifter.mul(sign, complement, ty)?;
    let factor = lifter.neg(c, ty)?;
    let close = lifter.mul(factor, close, ty)?;
    let plain = lifter.difference_or_sum(one, other, ty)?;
    let mask = lifter.retyped(ty, DType::Bool)?;
    let finite = lifter.op("is_finite", &[larger], mask)?;
    let correction = lifter.op("sub", &[close, plain], ty)?;
    let zero = lifter.number(0.0, ty);
    let correction = lifter.select(finite, zero, correction, ty)?;
    let correction = lifter.op("stop_gradient", &[correction], ty)?;
    lifter.op("add", &[plain, correction], ty)
}

/// Two scales with their terms taken apart, if that shows that they are equal or, with `partly`, what they share.
fn alike(lifter: &mut Lifter<'_>, s: &Form, t: &Form, partly: bool) -> (Form, Form) {
    let (left, right) = (lifter.expanded(s), lifter.expanded(t));
    if left == right || (partly && s.common(t).is_zero() && !left.common(&right).is_zero()) {
        return (left, right);
    }
    (s.clone(), t.clone())
}

/// `mant·exp(scale − m)`. If zeros hide scales, the maximum knows nothing of them.
pub(super) fn shifted(
    lifter: &mut Lifter<'_>,
    lift: &Lift,
    scale: &Form,
    m: NodeId,
    hides: bool,
    ty: TypeId,
) -> Option<NodeId> {
    let sum = lifter.raw_sum(scale, ty)?;
    let mut exponent = lifter.below(scale, sum, m, ty)?;
    if hides {
        exponent = lifter.clipped(lift.mant, exponent, ty)?;
    }
    let exponential = lifter.op("exp", &[exponent], ty)?;
    lifter.mul(lift.mant, exponential, ty)
}

/// `Σ m·eˢ`: what is constant along the axes comes before the sum, and so does the largest of the rest.
pub(super) fn reduce_sum(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let axes = axes(lifter.program, here.eqn)?;
    let operand = here.operands.first()?;
    let lift = operand.lift.clone()?;
    let full = lifter.nodes.ty(operand.node);
    if axes.is_empty() {
        return Some((*lift).clone());
    }
    summed(lifter, here, &lift, &axes, full)
}

/// A lifted value summed over axes.
pub(super) fn summed(
    lifter: &mut Lifter<'_>,
    here: &Here,
    lift: &Lift,
    axes: &[usize],
    full: TypeId,
) -> Option<Lift> {
    let ty = here.ty;
    // As large as the result, and no larger.
    if lifter.is_balanced(&lift.scale) && !lifter.has_power_of_divisor(&lift.scale) {
        let mant = lifter.written_out(lift, full)?;
        let mant = lifter.total(mant, axes, full, ty)?;
        return Some(lifter.summed_up(mant, lift.positive, Form::default(), lift.merit));
    }
    let (constant, varying) = lift.scale.partition(|node| lifter.is_constant_along(node, axes));
    let (mant, shift, loose) = summand(lifter, here, lift, [&constant, &varying], axes, [full, ty])?;
    let constant = constant.mapped(|node| lifter.without(node, axes, ty));
    let scale = shift.plus(&constant, 1.0);
    let mant = lifter.total(mant, axes, full, ty)?;
    Some(lifter.summed_up(mant, lift.positive, scale, lift.merit.loosened(loose)))
}

/// The mantissas to sum, the shift that was taken out of them, and whether zero mantissas had a say in it.
pub(super) fn summand(
    lifter: &mut Lifter<'_>,
    here: &Here,
    lift: &Lift,
    [constant, varying]: [&Form; 2],
    axes: &[usize],
    [full, ty]: [TypeId; 2],
) -> Option<(NodeId, Form, bool)> {
    if varying.is_zero() {
        return Some((lift.mant, Form::default(), false));
    }
    let sinks = here.asked.small && lifter.sinks(varying);
    // Beside a power of a divisor, what balances has to balance with it.
    let in_range = if lifter.has_power_of_divisor(&lift.scale) {
        lifter.is_never_above_one(varying)
    } else {
        lifter.stays_in_range(varying)
    };
    if !sinks && in_range {
        let written = lifter.written_out(
            &Lift {
                scale: varying.clone(),
                ..lift.clone()
            },
            full,
        )?;
        return Some((written, Form::default(), false));
    }
    // A maximum that divides already bounds the terms whatever their mantissas are.
    for &(node, c) in constant.terms().iter().filter(|term| term.1 < 0.0) {
        let (base, _) = lifter.unviewed(node);
        let mut bounded = varying.clone();
        bounded.add_term(node, c.max(-1.0));
        if !lifter.shifts.contains_key(&base) {
            continue;
        }
        let is_bounded = lifter.is_bounded(&bounded);
        if is_bounded || lifter.is_covered(&bounded) {
            let exponential = if is_bounded || lift.nonzero {
                lifter.exponential(&bounded, full)?
            } else {
                // The maximum may know nothing of what a zero hides.
                let exponent = lifter.sum(&bounded, full)?;
                let exponent = lifter.clipped(lift.mant, exponent, full)?;
                lifter.op("exp", &[exponent], full)?
            };
            let mant = lifter.mul(lift.mant, exponential, full)?;
            let node = lifter.without(node, axes, ty);
            return Some((mant, Form::of(node, -c.max(-1.0)), false));
        }
    }
    let (c, cover) = match varying.factor() {
        Some((c, cover)) => (c, cover),
        None => (1.0, varying.clone()),
    };
    let hides = !lift.nonzero && (here.asked.is_relative() || is_put_back(lifter, lift.mant));
    let scale = lifter.effective(lift, &cover, hides, full)?;
    let m = lifter.shift_over(scale, &cover, axes, hides, ty)?;
    let spread = lifter.spread_over(m, axes, full);
    let masked = lifter.masked_number(lift.mant).filter(|_| hides);
    let difference = match masked {
        None if hides => {
            let scale = lifter.raw_sum(&cover, full)?;
            let difference = lifter.below(&cover, scale, spread, full)?;
            lifter.clipped(lift.mant, difference, full)?
        }
        Some(_) if lifter.has_whole(&cover) => {
            let difference = lifter.below(&cover, scale, spread, full)?;
            lifter.where_not_zero(lift.mant, difference, full)?
        }
        _ => lifter.below(&cover, scale, spread, full)?,
    };
    let exponential = lifter.exponential(&Form::of(difference, c), full)?;
    // Where a mask is zero the exponential is zero already.
    let mant = match masked {
        Some((_, number)) => lifter.number(number, full),
        None => lift.mant,
    };
    let loose = !hides && !lift.nonzero;
    Some((lifter.mul(mant, exponential, full)?, Form::of(m, c), loose))
}

/// `Π m·eˢ = (Π m)·e^{Σ s}`.
pub(super) fn reduce_prod(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let axes = axes(lifter.program, here.eqn)?;
    let operand = here.operands.first()?;
    let lift = operand.lift.clone()?;
    let full = lifter.nodes.ty(operand.node);
    let shape = lifter.shape(operand.node);
    let count = axes
        .iter()
        .map(|&axis| u32::try_from(shape.get(axis)?.size()?).ok())
        .product::<Option<u32>>()?;
    let mut scale = Form::default();
    for &(node, c) in lift.scale.terms() {
        if lifter.is_constant_along(node, &axes) {
            let node = lifter.without(node, &axes, here.ty);
            scale.add_term(node, c * f64::from(count));
        } else {
            let node = lifter.op_with("reduce_sum", &[("axes", int_tuple(&axes))], &[node], here.ty)?;
            scale.add_term(node, c);
        }
    }
    let mant = match lifter.as_number(lift.mant) {
        Some(number) => lifter.number(number.powi(i32::try_from(count).ok()?), here.ty),
        None => {
            let mant = lifter.spread(lift.mant, full);
            lifter.op_with("reduce_prod", &[("axes", int_tuple(&axes))], &[mant], here.ty)?
        }
    };
    Some(Lift {
        mant,
        scale,
        ..(*lift).clone()
    })
}
