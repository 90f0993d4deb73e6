//! The two halves of a value that goes through a loop, and what is known of them while a program is lifted.
//!
//! [`SCALE`] and [`MANTISSA`] stand in a program only while it is tried out: the lifting puts formulas in their
//! place. Where it cannot, they stay, which says that the value is not to be held in halves.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{Atom, DType, EqnId, Format, TypeId, ValueId};
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
}

/// An equation that takes one half.
#[derive(Clone, Debug)]
pub(in crate::lift) struct Producer {
    /// The index of the slot.
    pub(in crate::lift) slot: usize,
    /// How the value is held, in the dimensions of the operand.
    pub(in crate::lift) halves: Halves,
    /// Whether a value that has no scale may be held in halves as well, because others in its place have one.
    pub(in crate::lift) may_be_plain: bool,
    /// The dimensions before those of the slot: one, where rows are stacked.
    pub(in crate::lift) leading: usize,
}

/// The scale of a value that goes through a loop.
#[derive(Clone, Copy, Debug)]
pub(in crate::lift) struct LoopScale {
    /// The index of the loop.
    pub(in crate::lift) group: usize,
    /// Whether the value is divided by others that grow, as the cotangents of a logarithm are.
    pub(in crate::lift) falls: bool,
    /// Whether the value is a power of `1 / Σ eˢ` that one step made for another loop.
    pub(in crate::lift) shrinks: bool,
}

/// What was seen of a slot.
#[expect(
    clippy::struct_excessive_bools,
    reason = "six facts that do not depend on one another"
)]
#[derive(Clone, Debug, Default)]
pub(in crate::lift) struct Seen {
    /// Whether a value came without a scale.
    pub(in crate::lift) plain: bool,
    /// Whether one came with a scale.
    pub(in crate::lift) lifted: bool,
    /// Dimensions along which a scale varied.
    pub(in crate::lift) varying: FxHashSet<usize>,
    /// Whether a value may be negative.
    pub(in crate::lift) signed: bool,
    /// Whether a scale fell.
    pub(in crate::lift) falls: bool,
    /// Whether a scale was made of nothing but maxima that are taken away.
    pub(in crate::lift) shrinks: bool,
    /// Whether there was a mantissa that is no number.
    pub(in crate::lift) has_mantissa: bool,
}

/// What is known of loops that were opened, and what is seen of them.
#[derive(Debug, Default)]
pub(in crate::lift) struct Knowledge {
    /// The equations that take halves.
    pub(in crate::lift) producers: FxHashMap<EqnId, Producer>,
    /// Scales inside and outside of loops.
    pub(in crate::lift) scales: FxHashMap<ValueId, LoopScale>,
    /// Mantissas that are at most 1 in size.
    pub(in crate::lift) mantissas: FxHashSet<ValueId>,
    /// For each slot what was seen.
    pub(in crate::lift) seen: Vec<Seen>,
    /// For each slot the loop.
    pub(in crate::lift) groups: Vec<usize>,
    /// Loops whose scales reached a logarithm, or a quotient that goes into another loop, as in a backward pass.
    pub(in crate::lift) gained: FxHashSet<usize>,
    /// Loops whose scales met one that undoes them.
    pub(in crate::lift) met: FxHashSet<usize>,
    /// Loops the scales of which go into one another, or are added.
    pub(in crate::lift) links: Vec<(usize, usize)>,
}

impl Lifter<'_> {
    /// The scales of loops that an exponent has, with their signs.
    fn loop_scales_in(&self, form: &Form) -> Vec<(LoopScale, f64)> {
        /// Scales lie close to where they are used.
        const FUEL: usize = 64;
        let mut found = Vec::new();
        if self.loops.scales.is_empty() {
            return found;
        }
        let mut stack: Vec<(NodeId, f64)> = form.terms().to_vec();
        let mut seen = FxHashSet::default();
        while let Some((node, sign)) = stack.pop() {
            let (base, _) = self.unviewed(node);
            if !seen.insert(base) || seen.len() > FUEL {
                continue;
            }
            match self.nodes.kind(base) {
                Kind::Bound(Atom::Value(value)) => {
                    found.extend(self.loops.scales.get(value).map(|&scale| (scale, sign)));
                }
                Kind::Op {
                    primitive, inputs, ..
                } => match (self.program.symbols.text(*primitive), &inputs[..]) {
                    ("sub", &[a, b]) => stack.extend([(a, sign), (b, -sign)]),
                    ("neg", &[a]) => stack.push((a, -sign)),
                    ("select_n", &[_, a, b]) => stack.extend([(a, sign), (b, sign)]),
                    ("exp" | "exp2" | "log" | "log1p" | "is_finite", _) => {}
                    (_, inputs) => stack.extend(inputs.iter().map(|&input| (input, sign))),
                },
                _ => {}
            }
        }
        found
    }

    /// Whether scales that are added come from a loop, so that their exponentials are to be taken of the sum.
    ///
    /// If one of them undoes the other, something is gained in both loops.
    pub(in crate::lift) fn meet_in_loops(&mut self, a: &Form, b: &Form) -> bool {
        if self.loops.scales.is_empty() {
            return false;
        }
        let (left, right) = (self.loop_scales_in(a), self.loop_scales_in(b));
        for (one, sign) in &left {
            for (other, other_sign) in &right {
                self.loops.links.push((one.group, other.group));
                let alike = sign * other_sign > 0.0;
                if (one.falls == other.falls) != alike || (alike && one.shrinks != other.shrinks) {
                    self.loops.met.extend([one.group, other.group]);
                }
            }
        }
        !left.is_empty() || !right.is_empty()
    }

    /// Notes that a logarithm was taken of a value with this scale.
    pub(in crate::lift) fn reaches_logarithm(&mut self, scale: &Form) {
        for (scale, _) in self.loop_scales_in(scale) {
            self.loops.gained.insert(scale.group);
        }
    }

    /// Whether a scale is the sum of one that grows with a loop and one that falls with it, as in the product of a
    /// forward and a backward value. It is as large as the result, and no larger.
    pub(in crate::lift) fn is_balanced(&mut self, form: &Form) -> bool {
        if self.loops.scales.is_empty() {
            return false;
        }
        let rises = |(scale, sign): &(LoopScale, f64)| scale.falls == (*sign < 0.0);
        let scales = self.loop_scales_in(form);
        scales.iter().any(rises) && !scales.iter().all(rises)
    }

    /// The operand of an equation that takes a half, if it is to be held in halves.
    fn observed(&mut self, here: &Here) -> Option<(Producer, Lift)> {
        let producer = self.loops.producers.get(&here.eqn)?.clone();
        let operand = here.operands.first()?;
        let group = self.loops.groups[producer.slot];
        let without_mantissa = producer.halves.mantissa == Mantissa::Absent;
        let Some(lift) = operand.lift.clone() else {
            let number = self.as_number(operand.node);
            let seen = &mut self.loops.seen[producer.slot];
            seen.plain = true;
            seen.signed |= number.is_none_or(|number| number.is_nan() || number < 0.0);
            // A literal of an old release has no type of its own.
            let may_be_plain = producer.may_be_plain && !(without_mantissa && seen.signed);
            let node = number.map_or(operand.node, |number| self.number(number, here.ty));
            return may_be_plain.then(|| (producer, self.plain(node)));
        };
        let scales = self.loop_scales_in(&lift.scale);
        for (scale, _) in &scales {
            self.loops.links.push((scale.group, group));
        }
        let falling = scales.iter().filter(|(scale, sign)| scale.falls == (*sign > 0.0));
        let falling = falling.count();
        for (scale, sign) in &scales {
            // A quotient by what grows goes into another loop.
            if *sign < 0.0 && scale.group != group {
                self.loops.gained.insert(scale.group);
            }
        }
        let varying: Vec<usize> = {
            let varies = |&&axis: &&usize| {
                let mut terms = lift.scale.terms().iter();
                terms.any(|term| !self.is_constant_along(term.0, &[axis]))
            };
            producer.halves.axes.iter().filter(varies).copied().collect()
        };
        let shrinks = !lift.scale.is_zero() && lift.scale.terms().iter().all(|&term| self.shrinks(term));
        let has_mantissa = self.as_number(lift.mant).is_none();
        let seen = &mut self.loops.seen[producer.slot];
        seen.lifted = true;
        seen.has_mantissa |= has_mantissa;
        seen.signed |= !lift.positive;
        seen.shrinks |= shrinks;
        seen.falls |= falling > 0 && falling == scales.len();
        seen.varying
            .extend(varying.iter().map(|axis| axis - producer.leading));
        let usable = !lift.merit.loose && varying.is_empty() && (lift.positive || !without_mantissa);
        usable.then(|| (producer, (*lift).clone()))
    }

    /// Whether a term of a scale takes a maximum away, or comes from a loop that was given such a scale.
    fn shrinks(&self, (node, c): (NodeId, f64)) -> bool {
        let (base, _) = self.unviewed(node);
        match self.nodes.kind(base) {
            Kind::Bound(Atom::Value(value)) => {
                let scale = self.loops.scales.get(value);
                scale.is_some_and(|scale| scale.shrinks && c > 0.0)
            }
            _ => c < 0.0 && self.shifts.contains_key(&base),
        }
    }
}

/// Takes the scale: the logarithm where there is no mantissa; else the scale with that of the mantissa.
pub(in crate::lift) fn scale(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (producer, lift) = lifter.observed(here)?;
    let Halves { axes, mantissa } = &producer.halves;
    let full = lifter.nodes.ty(here.operands.first()?.node);
    let form = lift.scale.mapped(|node| lifter.without(node, axes, here.ty));
    let scale = lifter.sum(&form, here.ty)?;
    let size = match mantissa {
        Mantissa::Absent => Some(lift.mant),
        Mantissa::Sum => None,
        Mantissa::Normalised if is_small(lifter, &lift) => None,
        Mantissa::Normalised => Some(size(lifter, &lift, axes, full, here.ty)?),
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
    if producer.halves.mantissa == Mantissa::Sum || is_small(lifter, &lift) {
        return Some(half(lifter.spread(lift.mant, here.ty)));
    }
    let axes = &producer.halves.axes;
    let reduced = lifter.reduced(here.ty, axes)?;
    let size = size(lifter, &lift, axes, here.ty, reduced)?;
    let size = lifter.spread_over(size, axes, here.ty);
    let mant = lifter.div(lift.mant, size, here.ty)?;
    Some(half(lifter.spread(mant, here.ty)))
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
fn size(lifter: &mut Lifter<'_>, lift: &Lift, axes: &[usize], full: TypeId, ty: TypeId) -> Option<NodeId> {
    if let Some(number) = lifter.as_number(lift.mant) {
        let size = if number == 0.0 { 1.0 } else { number.abs() };
        return Some(lifter.number(size, ty));
    }
    let mut size = lift.mant;
    if !lift.positive {
        size = lifter.op("abs", &[size], full)?;
    }
    if !axes.is_empty() {
        size = lifter.op_with("reduce_max", &[("axes", int_tuple(axes))], &[size], ty)?;
    }
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

/// Whether a mantissa need not be divided by its size: it is a number as it is, or comes divided from a loop.
fn is_small(lifter: &Lifter<'_>, lift: &Lift) -> bool {
    let comes_divided = match lifter.nodes.kind(lift.mant) {
        Kind::Bound(Atom::Value(value)) => lifter.loops.mantissas.contains(value),
        _ => false,
    };
    lift.scale.is_zero() || comes_divided
}
