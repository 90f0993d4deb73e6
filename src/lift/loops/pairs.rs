//! The two halves of a value that goes through a loop, and the equations that take them.
//!
//! [`SCALE`] and [`MANTISSA`] stand in a program only while it is tried out: the lifting puts formulas in their
//! place. Where it cannot, they stay, which says that the value is not to be held in halves.

use crate::ir::{Atom, DType, Format, TypeId};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::transfer::Here;
use crate::lift::value::{Lift, Merit};
use crate::schema::params::int_tuple;

/// The scale of a value.
pub(in crate::lift) const SCALE: &str = "scale of";
/// The mantissa of a value.
pub(in crate::lift) const MANTISSA: &str = "mantissa of";

/// How a value is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lift) struct Halves {
    /// The dimensions along which there is one scale.
    pub(in crate::lift) axes: Vec<usize>,
    /// What stands beside the scale.
    pub(in crate::lift) mantissa: Mantissa,
}

/// The mantissa of a value that goes through a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lift) enum Mantissa {
    /// There is none: the scale is the logarithm.
    Absent,
    /// At most 1 in size, because each step divides by the largest.
    Normalised,
    /// As it comes. A carry to which each step only adds grows no faster than the number of steps, and its scale is
    /// then the largest exponent so far, which is not rounded as a logarithm is (online softmax: Milakov and
    /// Gimelshein, 2018, algorithm 3).
    Sum,
    /// At most 1 in size, beside a scale that is a whole number: such scales are added without rounding, as
    /// the exponents of floating-point numbers are.
    Whole,
}

/// Takes the scale: the logarithm where there is no mantissa; else the scale with that of the mantissa.
pub(in crate::lift) fn scale(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (producer, lift) = lifter.observed(here)?;
    let Halves { axes, mantissa } = &producer.halves;
    let full = lifter.nodes.ty(here.operands.first()?.node);
    let form = lift.scale.mapped(|node| lifter.without(node, axes, here.ty));
    let scale = match mantissa {
        Mantissa::Whole if !is_whole(lifter, &lift) => whole_scale(lifter, &lift, axes, [full, here.ty])?,
        _ => lifter.sum(&form, here.ty)?,
    };
    let size = match mantissa {
        Mantissa::Absent => Some(lift.mant),
        Mantissa::Sum | Mantissa::Whole => None,
        Mantissa::Normalised if is_small(lifter, &lift) => None,
        Mantissa::Normalised => Some(size(lifter, &lift, axes, [full, here.ty])?),
    };
    let logarithm = match size.map(|size| (size, lifter.as_number(size))) {
        None => lifter.number(0.0, here.ty),
        Some((_, Some(number))) => lifter.number(number.ln(), here.ty),
        Some((size, None)) => lifter.op("log", &[size], here.ty)?,
    };
    let sum = lifter.add(logarithm, scale, here.ty)?;
    Some(half(lifter.spread(sum, here.ty)))
}

/// Takes the mantissa.
pub(in crate::lift) fn mantissa(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (producer, lift) = lifter.observed(here)?;
    let as_it_comes = match producer.halves.mantissa {
        Mantissa::Whole => is_whole(lifter, &lift),
        Mantissa::Sum => true,
        _ => is_small(lifter, &lift),
    };
    if as_it_comes {
        return Some(half(lifter.spread(lift.mant, here.ty)));
    }
    let axes = &producer.halves.axes;
    let types = [here.ty, lifter.reduced(here.ty, axes)?];
    let mant = if producer.halves.mantissa == Mantissa::Whole {
        let scale = whole_scale(lifter, &lift, axes, types)?;
        let scale = lifter.spread_over(scale, axes, here.ty);
        let rest = lift.scale.plus(&Form::of(scale, 1.0), -1.0);
        let rest = lifter.exponential(&rest, here.ty)?;
        lifter.mul(lift.mant, rest, here.ty)?
    } else {
        let size = size(lifter, &lift, axes, types)?;
        let size = lifter.spread_over(size, axes, here.ty);
        lifter.div(lift.mant, size, here.ty)?
    };
    Some(half(lifter.spread(mant, here.ty)))
}

/// The logarithm of a value, of the largest along the axes, rounded up to a whole number; 0 where it is not
/// finite. It has no derivative: the mantissa is multiplied by its exponential again.
fn whole_scale(
    lifter: &mut Lifter<'_>,
    lift: &Lift,
    axes: &[usize],
    [full, ty]: [TypeId; 2],
) -> Option<NodeId> {
    let least = Format::of(lifter.array(ty)?.dtype)?.least.ln();
    let logarithm = match lifter.as_number(lift.mant) {
        Some(number) => lifter.number(number.abs().ln().max(least), ty),
        None => {
            let size = largest(lifter, lift, axes, [full, ty])?;
            // The logarithm of 0 would leave no scale, and 0·exp(large) is NaN.
            let (logarithm, least) = (lifter.op("log", &[size], ty)?, lifter.number(least, ty));
            lifter.op("max", &[logarithm, least], ty)?
        }
    };
    let scale = lift.scale.mapped(|node| lifter.without(node, axes, ty));
    let scale = lifter.sum(&scale, ty)?;
    let whole = lifter.add(logarithm, scale, ty)?;
    lifter.made_whole(whole, ty)
}

/// A half as it is.
fn half(node: NodeId) -> Lift {
    Lift {
        mant: node,
        nonzero: false,
        positive: false,
        scale: Form::default(),
        merit: Merit::default().winning(true),
    }
}

/// The largest mantissa in size, and a number where that is zero or infinite. It has no derivative: whatever is
/// divided by it is multiplied by it again.
fn size(lifter: &mut Lifter<'_>, lift: &Lift, axes: &[usize], [full, ty]: [TypeId; 2]) -> Option<NodeId> {
    if let Some(number) = lifter.as_number(lift.mant) {
        let size = if number == 0.0 { 1.0 } else { number.abs() };
        return Some(lifter.number(size, ty));
    }
    let size = largest(lifter, lift, axes, [full, ty])?;
    // An infinite mantissa stays one, and says nothing of the scale of what is added to it.
    let mask = lifter.retyped(ty, DType::Bool)?;
    let finite = lifter.op("is_finite", &[size], mask)?;
    let one = lifter.number(1.0, ty);
    let size = lifter.select(finite, one, size, ty)?;
    let least = Format::of(lifter.array(ty)?.dtype)?.least;
    let least = lifter.number(least, ty);
    let size = lifter.op("max", &[size, least], ty)?;
    lifter.op("stop_gradient", &[size], ty)
}

/// The largest mantissa in size along axes.
fn largest(lifter: &mut Lifter<'_>, lift: &Lift, axes: &[usize], [full, ty]: [TypeId; 2]) -> Option<NodeId> {
    let size = if lift.positive {
        lift.mant
    } else {
        lifter.op("abs", &[lift.mant], full)?
    };
    if axes.is_empty() {
        return Some(size);
    }
    lifter.op_with("reduce_max", &[("axes", int_tuple(axes))], &[size], ty)
}

/// Whether a value is a mantissa that need not be divided by its size, and a scale that need not be rounded.
fn is_whole(lifter: &Lifter<'_>, lift: &Lift) -> bool {
    is_small(lifter, lift) && lift.scale.terms().iter().all(|term| lifter.is_whole(term.0))
}

/// Whether a mantissa need not be divided by its size: it is a number as it is, or comes divided from a loop.
fn is_small(lifter: &Lifter<'_>, lift: &Lift) -> bool {
    let comes_divided = match lifter.nodes.kind(lift.mant) {
        Kind::Bound(Atom::Value(value)) => lifter.loops.mantissas.contains(value),
        _ => false,
    };
    lift.scale.is_zero() || comes_divided
}
