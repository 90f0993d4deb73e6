//! What is known of values that go through loops in halves, and what is seen of them while a program is lifted.
//!
//! Nothing here makes equations, and nothing decides what is kept.

use rustc_hash::{FxHashMap, FxHashSet};

use super::pairs::{Halves, Mantissa};
use crate::ir::{Atom, EqnId, ValueId};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::transfer::Here;
use crate::lift::value::Lift;

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

/// How the scale of a value goes from step to step.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not depend on one another"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::lift) struct Trend {
    /// Whether the value is divided by others that grow, as the cotangents of a logarithm are.
    pub(in crate::lift) falls: bool,
    /// Whether the value is a power of `1 / Σ eˢ` that one step made for another loop.
    pub(in crate::lift) shrinks: bool,
    /// Whether it is a whole number.
    pub(in crate::lift) whole: bool,
    /// Whether exponents add up in it.
    pub(in crate::lift) accumulates: bool,
}

/// The scale of a value that goes through a loop.
#[derive(Clone, Copy, Debug)]
pub(in crate::lift) struct LoopScale {
    /// The index of the loop.
    pub(in crate::lift) group: usize,
    /// Whether it is that of a result, and not of what the body is given.
    pub(in crate::lift) is_result: bool,
    /// Whether it is that of an operand that every step sees as it is.
    pub(in crate::lift) is_constant: bool,
    /// How it goes on.
    pub(in crate::lift) trend: Trend,
}

/// What was seen of a slot.
#[expect(
    clippy::struct_excessive_bools,
    reason = "eight facts that do not depend on one another"
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
    /// Whether a scale was no whole number.
    pub(in crate::lift) rounds: bool,
    /// Whether a scale came from one in which exponents add up.
    pub(in crate::lift) accumulates: bool,
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
    /// Loops of which scales met each other behind them.
    pub(in crate::lift) met_behind: FxHashSet<usize>,
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
                if (one.trend.falls == other.trend.falls) != alike
                    || (alike && one.trend.shrinks != other.trend.shrinks)
                {
                    self.loops.met.extend([one.group, other.group]);
                    if one.is_result && other.is_result {
                        self.loops.met_behind.extend([one.group, other.group]);
                    }
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
    /// forward and a backward value. It is as large as the result, and no larger, unless what falls did so in all the
    /// steps up to this one, and what grows is of this step only, or of none.
    pub(in crate::lift) fn is_balanced(&mut self, form: &Form) -> bool {
        if self.loops.scales.is_empty() {
            return false;
        }
        let rises = |(scale, sign): &(LoopScale, f64)| scale.trend.falls == (*sign < 0.0);
        let scales = self.loop_scales_in(form);
        let (rising, falling): (Vec<_>, Vec<_>) = scales.iter().partition(|scale| rises(scale));
        let accumulates = |(scale, _): &&(LoopScale, f64)| scale.trend.accumulates;
        let outgrown = falling.iter().any(accumulates) && !rising.iter().any(accumulates);
        let grows = rising.iter().any(|(scale, _)| !scale.is_constant);
        grows && !falling.is_empty() && !outgrown
    }

    /// Whether a scale has one of a power of what a single step divides by, and none that went through several steps: what
    /// a sum of such products is multiplied by undoes it.
    pub(in crate::lift) fn has_power_of_divisor(&self, form: &Form) -> bool {
        let scales = self.loop_scales_in(form);
        let any = |is: fn(&LoopScale) -> bool| scales.iter().any(|(scale, _)| is(scale));
        any(|scale| scale.trend.shrinks) && !any(|scale| scale.trend.accumulates)
    }

    /// The operand of an equation that takes a half, if it is to be held in halves.
    pub(super) fn observed(&mut self, here: &Here) -> Option<(Producer, Lift)> {
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
        let falls = !scales.is_empty()
            && scales
                .iter()
                .all(|(scale, sign)| scale.trend.falls == (*sign > 0.0));
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
        let rounds = lift.scale.terms().iter().any(|term| !self.is_whole(term.0));
        let seen = &mut self.loops.seen[producer.slot];
        seen.lifted = true;
        seen.has_mantissa |= has_mantissa;
        seen.signed |= !lift.positive;
        seen.shrinks |= shrinks;
        seen.rounds |= rounds;
        seen.accumulates |= scales.iter().any(|(scale, _)| scale.trend.accumulates);
        seen.falls |= falls;
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
                scale.is_some_and(|scale| scale.trend.shrinks && c > 0.0)
            }
            _ => c < 0.0 && self.shifts.contains_key(&base),
        }
    }
}
