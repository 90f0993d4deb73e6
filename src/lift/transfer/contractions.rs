//! `dot_general`: `Σᵢ aᵢ·e^{sᵢ}·bᵢₖ·e^{tᵢₖ}`.

use super::sums::summed;
use super::{Here, sums};
use crate::ir::{Dim, TypeId};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::value::Lift;
use crate::schema::params::DotDimensionNumbers;

/// Elements that a contraction may be written out over where its scales cannot be taken apart.
const SMALL: u64 = 4096;

/// One operand.
struct Side {
    lift: Lift,
    ty: TypeId,
    batch: Vec<usize>,
    contracting: Vec<usize>,
    free: Vec<usize>,
    /// Terms that are the same all along what is contracted.
    outer: Form,
    /// Terms that vary along what is contracted.
    inner: Form,
}

impl Side {
    /// For dimensions `batch, own free, contracting` of a joint space the dimensions of the operand.
    fn place(&self, batch: usize, free_before: usize, free_after: usize) -> Vec<Option<usize>> {
        let own = |dims: &[usize]| dims.iter().map(|&dim| Some(dim)).collect::<Vec<_>>();
        debug_assert_eq!(batch, self.batch.len());
        [
            own(&self.batch),
            vec![None; free_before],
            own(&self.free),
            vec![None; free_after],
        ]
        .concat()
    }
}

/// What is constant along the contraction comes before it. A part that varies only along what both operands have
/// may stand with either, and joins the one that varies anyway, where it may cancel; then each operand is shifted by
/// its maximum over the contraction.
pub(super) fn dot_general(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [mut left, mut right] = sides(lifter, here)?;
    let (s, t) = (
        left.outer.plus(&left.inner, 1.0),
        right.outer.plus(&right.inner, 1.0),
    );
    if !left.inner.is_zero() || !right.inner.is_zero() {
        lifter.contractions.insert(here.node, here.clone().into());
    }
    let in_loops = !s.is_zero() && !t.is_zero() && lifter.meet_in_loops(&s, &t);
    let won = join_shared(lifter, &mut left, &mut right) || in_loops;
    let product = if is_better_apart(lifter, here, &left, &right) {
        apart(lifter, here, &left, &right)?
    } else {
        together(lifter, here, &left, &right)?
    };
    Some(Lift {
        merit: product.merit.winning(won),
        ..product
    })
}

fn sides(lifter: &Lifter<'_>, here: &Here) -> Option<[Side; 2]> {
    let numbers = lifter.program.param(here.eqn, "dimension_numbers")?;
    let numbers = DotDimensionNumbers::read(&lifter.program.symbols, numbers)?;
    let rank = |lifter: &Lifter<'_>, index: usize| Some(lifter.shape(here.operands.get(index)?.node).len());
    let (left_free, right_free) = (
        numbers.lhs_free(rank(lifter, 0)?),
        numbers.rhs_free(rank(lifter, 1)?),
    );
    let left = side(
        lifter,
        here,
        0,
        numbers.lhs_batch,
        numbers.lhs_contracting,
        left_free,
    )?;
    let right = side(
        lifter,
        here,
        1,
        numbers.rhs_batch,
        numbers.rhs_contracting,
        right_free,
    )?;
    Some([left, right])
}

fn side(
    lifter: &Lifter<'_>,
    here: &Here,
    index: usize,
    batch: Vec<usize>,
    contracting: Vec<usize>,
    free: Vec<usize>,
) -> Option<Side> {
    let operand = here.operands.get(index)?;
    let ty = lifter.nodes.ty(operand.node);
    // A contraction that also converts would have to convert the scales.
    if lifter.array(ty)?.dtype != lifter.array(here.ty)?.dtype {
        return None;
    }
    let lift = match &operand.lift {
        Some(lift) => (**lift).clone(),
        None => lifter.plain(operand.node),
    };
    let (outer, inner) = lift
        .scale
        .partition(|node| lifter.is_constant_along(node, &contracting));
    Some(Side {
        lift,
        ty,
        batch,
        contracting,
        free,
        outer,
        inner,
    })
}

/// Moves the terms that vary only along what both operands have to one of them; whether parts of them cancel.
fn join_shared(lifter: &mut Lifter<'_>, left: &mut Side, right: &mut Side) -> bool {
    let (shared, own) = left
        .inner
        .partition(|node| lifter.is_constant_along(node, &left.free));
    let (right_shared, right_own) = right
        .inner
        .partition(|node| lifter.is_constant_along(node, &right.free));
    let to_right = own.is_zero() || !right_own.is_zero();
    let (from, to, moved) = if to_right {
        (&*left, &*right, &shared)
    } else {
        (&*right, &*left, &right_shared)
    };
    if moved.is_zero() {
        return false;
    }
    let rank = lifter.array(to.ty).map_or(0, |array| array.shape.len());
    let mut map = vec![None; rank];
    for (dims, from_dims) in [(&to.batch, &from.batch), (&to.contracting, &from.contracting)] {
        for (&dim, &from) in dims.iter().zip(from_dims) {
            map[dim] = Some(from);
        }
    }
    let there = moved.mapped(|node| lifter.view(node, &map, to.ty));
    let (sum, won) = lifter.combine(&to.inner, &there);
    let contracting = to.contracting.clone();
    let (outer, inner) = sum.partition(|node| lifter.is_constant_along(node, &contracting));
    let (from, to) = if to_right { (left, right) } else { (right, left) };
    from.inner = if to_right { own } else { right_own };
    to.inner = inner;
    to.outer = to.outer.plus(&outer, 1.0);
    won
}

/// Whether the products should be formed before anything is summed: where both scales vary along the contraction
/// and beyond, or where a zero of one operand hides a large exponent of the other. That must not take more room than
/// the operands do, unless that is little.
fn is_better_apart(lifter: &mut Lifter<'_>, here: &Here, left: &Side, right: &Side) -> bool {
    // Without a sum it is a product element by element, in which a quotient is seen to be one.
    if left.contracting.is_empty() {
        return true;
    }
    let both = !left.inner.is_zero() && !right.inner.is_zero();
    let mut hidden = false;
    for (side, other) in [(left, right), (right, left)] {
        hidden |= here.asked.is_relative() && !lifter.stays_in_range(&side.inner) && !other.lift.nonzero;
    }
    if !both && !hidden {
        return false;
    }
    joint_is_small(lifter, left, right)
}

/// Whether the products before they are summed take no more room than the operands do, or little.
fn joint_is_small(lifter: &Lifter<'_>, left: &Side, right: &Side) -> bool {
    let extent = |side: &Side, dims: &[usize]| -> Option<u64> {
        let shape = &lifter.array(side.ty)?.shape;
        dims.iter().map(|&dim| shape.get(dim)?.size()).product()
    };
    let all = |side: &Side| {
        Some(extent(side, &side.batch)? * extent(side, &side.contracting)? * extent(side, &side.free)?)
    };
    let joint = |own: &Side, other: &Side| all(own)?.checked_mul(extent(other, &other.free)?);
    match (joint(left, right), all(left), all(right)) {
        (Some(joint), Some(left), Some(right)) => joint <= left.max(right).max(SMALL),
        _ => false,
    }
}

/// The product element by element, then its sum.
fn apart(lifter: &mut Lifter<'_>, here: &Here, left: &Side, right: &Side) -> Option<Lift> {
    let Summands {
        product, axes, full, ..
    } = products(lifter, here, left, right)?;
    if axes.is_empty() {
        return Some(product);
    }
    summed(lifter, here, &product, &axes, full)
}

/// What a sum is taken over.
pub(in crate::lift) struct Summands {
    /// The addends, in the dimensions of the sum and then those that are summed.
    pub(in crate::lift) product: Lift,
    /// The mantissas that are multiplied.
    pub(in crate::lift) mants: [NodeId; 2],
    /// The dimensions that are summed.
    pub(in crate::lift) axes: Vec<usize>,
    /// The type of the addends.
    pub(in crate::lift) full: TypeId,
}

/// What a contraction sums, if that takes little room.
pub(in crate::lift) fn summands(lifter: &mut Lifter<'_>, here: &Here) -> Option<Summands> {
    let [left, right] = sides(lifter, here)?;
    joint_is_small(lifter, &left, &right).then(|| products(lifter, here, &left, &right))?
}

/// The product element by element.
fn products(lifter: &mut Lifter<'_>, here: &Here, left: &Side, right: &Side) -> Option<Summands> {
    let array = lifter.array(left.ty)?.shape.clone();
    let mut shape: Vec<Dim> = lifter.array(here.ty)?.shape.to_vec();
    let axes: Vec<usize> = (shape.len()..shape.len() + left.contracting.len()).collect();
    shape.extend(left.contracting.iter().map(|&dim| array[dim].clone()));
    let full = lifter.reshaped(here.ty, &shape)?;
    let mut mants = Vec::new();
    let mut scale = Form::default();
    for (side, before, after) in [(left, 0, right.free.len()), (right, left.free.len(), 0)] {
        let contracting = side.contracting.iter().map(|&dim| Some(dim));
        let map: Vec<Option<usize>> = side
            .place(left.batch.len(), before, after)
            .into_iter()
            .chain(contracting)
            .collect();
        mants.push(lifter.view(side.lift.mant, &map, full));
        let own = side.outer.plus(&side.inner, 1.0);
        scale = scale.plus(&own.mapped(|node| lifter.view(node, &map, full)), 1.0);
    }
    let product = Lift {
        mant: lifter.mul(mants[0], mants[1], full)?,
        nonzero: left.lift.nonzero && right.lift.nonzero,
        positive: left.lift.positive && right.lift.positive,
        scale,
        merit: left.lift.merit.with(right.lift.merit),
    };
    Some(Summands {
        product,
        mants: [mants[0], mants[1]],
        axes,
        full,
    })
}

/// Each operand shifted, then the contraction of the mantissas.
fn together(lifter: &mut Lifter<'_>, here: &Here, left: &Side, right: &Side) -> Option<Lift> {
    let mut scale = Form::default();
    let mut mants: Vec<NodeId> = Vec::new();
    let mut merit = left.lift.merit.with(right.lift.merit);
    for (side, other, before, after) in [
        (left, right, 0, right.free.len()),
        (right, left, left.free.len(), 0),
    ] {
        let kept: Vec<Dim> = {
            let shape = &lifter.array(side.ty)?.shape;
            let dims = (0..shape.len()).filter(|dim| !side.contracting.contains(dim));
            dims.map(|dim| shape[dim].clone()).collect()
        };
        let reduced = lifter.reshaped(side.ty, &kept)?;
        let (mant, shift, loose) = sums::summand(
            lifter,
            here,
            &side.lift,
            [&side.outer, &side.inner],
            &side.contracting,
            [side.ty, reduced],
        )?;
        // A zero of the other operand hides exponents as well.
        let hidden = !shift.is_zero() && !other.lift.nonzero;
        merit = merit.loosened(loose || hidden);
        mants.push(lifter.spread(mant, side.ty));
        let position = |dim: usize| dim - side.contracting.iter().filter(|&&other| other < dim).count();
        let map: Vec<Option<usize>> = side
            .place(left.batch.len(), before, after)
            .into_iter()
            .map(|dim| dim.map(position))
            .collect();
        let outer = side
            .outer
            .mapped(|node| lifter.without(node, &side.contracting, reduced));
        let own = outer.plus(&shift, 1.0);
        scale = scale.plus(&own.mapped(|node| lifter.view(node, &map, here.ty)), 1.0);
    }
    let equation = lifter.program.eqns[here.eqn];
    let kind = Kind::Op {
        primitive: equation.primitive,
        params: equation.params,
        inputs: mants.into(),
    };
    let mant = lifter.nodes.intern(kind, here.ty);
    let positive = left.lift.positive && right.lift.positive;
    Some(lifter.summed_up(mant, positive, scale, merit))
}
