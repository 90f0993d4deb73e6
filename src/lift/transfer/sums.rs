//! Sums. Where scales differ, the larger one comes first: `a·eˢ + b·eᵗ = (a·e^{s−m} + b·e^{t−m})·eᵐ`, `m = max(s, t)`.

use super::Here;
use super::arithmetic::one_minus_logistic;
use crate::ir::TypeId;
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::NodeId;
use crate::lift::value::Lift;
use crate::schema::params::{axes, int_tuple};

/// `a·eˢ + b·eᵗ`.
pub(super) fn add(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    sum_of(lifter, &a, &b, here.ty)
}

/// `a·eˢ − b·eᵗ`, and `1 − logistic x`.
pub(super) fn sub(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    if lifter.as_number(a.mant) == Some(1.0)
        && a.scale.is_zero()
        && let Some(complement) = one_minus_logistic(lifter, here, &b)
    {
        return Some(complement);
    }
    let b = Lift {
        mant: lifter.neg(b.mant, here.ty)?,
        positive: false,
        ..b
    };
    sum_of(lifter, &a, &b, here.ty)
}

fn sum_of(lifter: &mut Lifter<'_>, a: &Lift, b: &Lift, ty: TypeId) -> Option<Lift> {
    let is_zero = |lifter: &Lifter<'_>, lift: &Lift| lifter.as_number(lift.mant) == Some(0.0);
    if is_zero(lifter, a) {
        return Some(b.clone());
    }
    if is_zero(lifter, b) {
        return Some(a.clone());
    }
    let (s, t) = match a.scale == b.scale {
        true => (a.scale.clone(), b.scale.clone()),
        false => alike(lifter, &a.scale, &b.scale),
    };
    let won = a.won || b.won;
    let positive = a.positive && b.positive;
    let common = s.common(&t);
    let (s, t) = (s.plus(&common, -1.0), t.plus(&common, -1.0));
    let (left, right, shift) = if s.is_zero() && t.is_zero() {
        (a.mant, b.mant, Form::default())
    } else if lifter.stays_in_range(&s) && lifter.stays_in_range(&t) {
        let (left, right) = (lifter.exponential(&s, ty)?, lifter.exponential(&t, ty)?);
        (
            lifter.mul(a.mant, left, ty)?,
            lifter.mul(b.mant, right, ty)?,
            Form::default(),
        )
    } else {
        let (left, right) = (lifter.effective(a, &s, ty)?, lifter.effective(b, &t, ty)?);
        let larger = lifter.max(left, right, ty)?;
        let m = lifter.shift(larger, vec![s, t], &[], ty)?;
        let left = shifted(lifter, a.mant, left, m, ty)?;
        let right = shifted(lifter, b.mant, right, m, ty)?;
        (left, right, Form::of(m, 1.0))
    };
    Some(Lift {
        mant: difference_or_sum(lifter, left, right, ty)?,
        nonzero: positive,
        positive,
        scale: common.plus(&shift, 1.0),
        won,
    })
}

/// `a + b`, printed as a difference where `b` is `−c`.
fn difference_or_sum(lifter: &mut Lifter<'_>, a: NodeId, b: NodeId, ty: TypeId) -> Option<NodeId> {
    match lifter.operands_of(b, "neg") {
        Some(&[inner]) => lifter.sub(a, inner, ty),
        _ => lifter.add(a, b, ty),
    }
}

/// Two scales with their terms taken apart, if they then have something in common.
fn alike(lifter: &mut Lifter<'_>, s: &Form, t: &Form) -> (Form, Form) {
    if s.common(t).is_zero() {
        let (left, right) = (lifter.expanded(s), lifter.expanded(t));
        if !left.common(&right).is_zero() {
            return (left, right);
        }
    }
    (s.clone(), t.clone())
}

/// `mant·exp(scale − m)`.
fn shifted(lifter: &mut Lifter<'_>, mant: NodeId, scale: NodeId, m: NodeId, ty: TypeId) -> Option<NodeId> {
    let difference = lifter.sub(scale, m, ty)?;
    let exponential = lifter.op("exp", &[difference], ty)?;
    lifter.mul(mant, exponential, ty)
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
    let (constant, varying) = lift.scale.partition(|node| lifter.is_constant_along(node, &axes));
    let (mant, shift) = summand(lifter, &lift, &constant, &varying, &axes, full, here.ty)?;
    let mut scale = shift;
    for &(node, c) in constant.terms() {
        let node = lifter.without(node, &axes, here.ty);
        scale.add_term(node, c);
    }
    Some(Lift {
        mant: total(lifter, mant, &axes, full, here.ty)?,
        nonzero: lift.positive,
        positive: lift.positive,
        scale,
        won: lift.won,
    })
}

/// The mantissas to sum, and the shift that was taken out of them.
fn summand(
    lifter: &mut Lifter<'_>,
    lift: &Lift,
    constant: &Form,
    varying: &Form,
    axes: &[usize],
    full: TypeId,
    ty: TypeId,
) -> Option<(NodeId, Form)> {
    if varying.is_zero() {
        return Some((lift.mant, Form::default()));
    }
    if lifter.stays_in_range(varying) {
        let exponential = lifter.exponential(varying, full)?;
        return Some((lifter.mul(lift.mant, exponential, full)?, Form::default()));
    }
    // A maximum that divides already bounds the terms whatever their mantissas are.
    for &(node, c) in constant.terms().iter().filter(|term| term.1 < 0.0) {
        let (base, _) = lifter.unviewed(node);
        let mut bounded = varying.clone();
        bounded.add_term(node, c.max(-1.0));
        if lifter.shifts.contains_key(&base) && lifter.is_bounded(&bounded) {
            let exponential = lifter.exponential(&bounded, full)?;
            let mant = lifter.mul(lift.mant, exponential, full)?;
            let node = lifter.without(node, axes, ty);
            return Some((mant, Form::of(node, -c.max(-1.0))));
        }
    }
    let (c, cover) = match varying.factor() {
        Some((c, cover)) => (c, cover),
        None => (1.0, varying.clone()),
    };
    let scale = lifter.effective(lift, &cover, full)?;
    let m = lifter.shift_over(scale, &cover, axes, ty)?;
    let spread = lifter.spread_over(m, axes, full);
    let difference = lifter.sub(scale, spread, full)?;
    let exponential = lifter.exponential(&Form::of(difference, c), full)?;
    Some((lifter.mul(lift.mant, exponential, full)?, Form::of(m, c)))
}

/// The sum of mantissas over axes.
fn total(lifter: &mut Lifter<'_>, mant: NodeId, axes: &[usize], full: TypeId, ty: TypeId) -> Option<NodeId> {
    let extents = lifter.array(full)?;
    let count = axes
        .iter()
        .map(|&axis| extents.shape.get(axis)?.size())
        .product::<Option<u64>>();
    if let (Some(number), Some(count)) = (lifter.as_number(mant), count) {
        return Some(lifter.number(number * count as f64, ty));
    }
    let mant = lifter.spread(mant, full);
    lifter.op_with("reduce_sum", &[("axes", int_tuple(axes))], &[mant], ty)
}
