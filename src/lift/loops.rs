//! Values that go through `scan` and `while`, held as a mantissa and a scale.
//!
//! A value `c` that goes into a loop or comes out of it (a constant, a carry, a row, a stacked result) is *opened*:
//! the loop is given `m` and `s` with `c = m·exp(s)` instead, the body joins them and splits what it hands on. Over
//! the real numbers this changes nothing, whatever `s` is. The lifting then follows scales through the body and
//! behind the loop, and puts formulas in the place of the splits:
//!
//! | held as | joined | split of `x = mant·exp(scale)` |
//! |---|---|---|
//! | a logarithm, if `c > 0` | `exp(s)` | `s = log mant + scale` |
//! | a pair, one scale for each element or one along some axes | `m·exp(s)` | `n = max abs mant` over these axes, `m = mant/n`, `s = log n + scale` |
//! | a sum, if each step only adds to the carry `c`, and what is not carried | `m·exp(s)` | `m = mant`, `s = scale`, the largest exponent so far |
//!
//! so that mantissas of pairs never exceed 1: the body renormalises in each step, as in Rabiner's forward algorithm, and a
//! carry whose elements have exponents of their own is the logarithm, as in the forward algorithm in log space. `n` has
//! no derivative, because it cancels, and 0 and ∞ are not divided by, so that `m = 0` stays 0, with any scale.
//!
//! A step mixes the elements of a carry along an axis by contracting or summing over it; there one scale serves, as long
//! as the exponents that the step adds do not vary along it. Elements that never meet keep their own scales.
//!
//! All values are opened at first. Then those are closed again that have no scale, or that somebody still reads as they are, until
//! nothing is left to close. What remains is kept if it gains: a scale reached a logarithm, or met one that undoes it
//! (in a quotient, or in the product of a forward and a backward pass). Otherwise the program stays as it came.

mod open;
pub(super) mod pairs;
mod slots;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Lifted, blocks_with_exponentials, lift_with};
use crate::edit::{Known, Memo, name_new};
use crate::ir::{BlockId, EqnId, Id as _, Program};
use crate::schema::Version;
use open::Opener;
use pairs::{Halves, Knowledge, Mantissa};
use slots::{Loop, Place, Slot, candidates, shared_bodies};

/// Each round closes something or finds how a value is to be held. Programs take five, the gradient of a gated cell 13.
const ROUNDS: usize = 24;

/// How a slot is held in the next attempt.
#[derive(Clone, Debug)]
struct Plan {
    halves: Halves,
    falls: bool,
    shrinks: bool,
    /// Whether a value may be negative, so that there is no logarithm.
    signed: bool,
}

impl Plan {
    /// Elements that have scales of their own need no mantissas, unless they may be negative or are sums.
    fn choose_mantissa(&mut self) {
        let halves = &mut self.halves;
        if halves.mantissa != Mantissa::Sum {
            let is_logarithm = halves.axes.is_empty() && !self.signed;
            halves.mantissa = if is_logarithm {
                Mantissa::Absent
            } else {
                Mantissa::Normalised
            };
        }
    }
}

/// Slots in order, and what is known of them while they are open.
pub(super) struct Opened {
    slots: BTreeMap<Slot, usize>,
    plans: Vec<Plan>,
    loops: FxHashSet<EqnId>,
    /// Equations that must go, each with its slot.
    made: Vec<(EqnId, usize)>,
    /// Equations that make values of their halves.
    joins: Vec<EqnId>,
    knowledge: Knowledge,
}

impl Opened {
    fn new(plans: &BTreeMap<Slot, Plan>) -> Self {
        let mut groups: FxHashMap<EqnId, usize> = FxHashMap::default();
        let mut knowledge = Knowledge::default();
        for slot in plans.keys() {
            let next = groups.len();
            knowledge.groups.push(*groups.entry(slot.eqn).or_insert(next));
            knowledge.seen.push(pairs::Seen::default());
        }
        Self {
            slots: plans.keys().copied().zip(0..).collect(),
            plans: plans.values().cloned().collect(),
            loops: plans.keys().map(|slot| slot.eqn).collect(),
            made: Vec::new(),
            joins: Vec::new(),
            knowledge,
        }
    }

    fn has_slots(&self, eqn: EqnId) -> bool {
        self.loops.contains(&eqn)
    }

    fn slot(&self, slot: Slot) -> Option<(usize, &Halves)> {
        let &index = self.slots.get(&slot)?;
        Some((index, &self.plans[index].halves))
    }

    fn plan(&self, slot: usize) -> &Plan {
        &self.plans[slot]
    }
}

/// Whether a loop carries what may be held as halves.
pub(super) fn may_open(program: &Program) -> bool {
    !candidates(program).is_empty()
}

/// Lifts what gains by going through loops in halves; new equations are spelled as `version` prints them.
pub fn lift_loops(program: &mut Program, version: Version) -> Vec<Lifted> {
    let mut plans = first_plans(program);
    let exponentials = blocks_with_exponentials(program).contains(&true);
    for _ in 0..ROUNDS {
        if plans.is_empty() {
            return Vec::new();
        }
        let mut trial = program.clone();
        let mut opened = Opened::new(&plans);
        let mut opener = Opener {
            program: &mut trial,
            memo: Memo::default(),
            version,
            opened: &mut opened,
        };
        let blocks = opener.program.blocks.len();
        let all_open = (0..blocks).all(|block| opener.block(BlockId::from_index(block)).is_ok());
        if !all_open {
            return Vec::new();
        }
        let lifted;
        (lifted, opened.knowledge) = lift_with(&mut trial, version, opened.knowledge);
        if closes_plain(&mut plans, &opened)
            || holds_otherwise(&mut plans, &opened)
            || holds_as_it_comes(&mut plans, &opened)
            || closes_what_rounds(&mut plans, &opened)
            || closes_what_stays(&mut plans, &opened, &trial)
            || closes_what_adds_up(&mut plans, &opened, exponentials)
            || closes_what_gains_nothing(&mut plans, &opened, exponentials)
        {
            continue;
        }
        name_new(&mut trial, &Known::of(program));
        let done = report(program, &opened, lifted);
        *program = trial;
        return done;
    }
    Vec::new()
}

fn first_plans(program: &Program) -> BTreeMap<Slot, Plan> {
    let shared = shared_bodies(program);
    let is_own = |slot: Slot| {
        Loop::read(program, slot.eqn).is_some_and(|shape| {
            !shared.contains(&shape.body)
                && shape
                    .condition
                    .is_none_or(|condition| !shared.contains(&condition))
        })
    };
    let plan = |axes: Vec<usize>, sums: bool| {
        let mut plan = Plan {
            halves: Halves {
                axes,
                mantissa: if sums { Mantissa::Sum } else { Mantissa::Normalised },
            },
            falls: false,
            shrinks: false,
            signed: false,
        };
        plan.choose_mantissa();
        plan
    };
    candidates(program)
        .into_iter()
        .filter(|candidate| is_own(candidate.slot))
        .map(|candidate| (candidate.slot, plan(candidate.axes, candidate.sums)))
        .collect()
}

/// Closes slots by index; whether there were any.
fn close(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, closes: impl Fn(usize) -> bool) -> bool {
    let before = plans.len();
    plans.retain(|slot, _| !closes(opened.slots[slot]));
    plans.len() < before
}

/// Closes slots whose values have no scale.
fn closes_plain(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let may_be_plain: FxHashSet<usize> = opened
        .knowledge
        .producers
        .values()
        .filter(|producer| producer.may_be_plain)
        .map(|producer| producer.slot)
        .collect();
    close(plans, opened, |index| {
        let seen = &opened.knowledge.seen[index];
        !seen.lifted || (seen.plain && !may_be_plain.contains(&index))
    })
}

/// Holds slots otherwise than was tried, where what was seen of them says so.
fn holds_otherwise(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let mut changed = false;
    for (slot, plan) in plans {
        let seen = &opened.knowledge.seen[opened.slots[slot]];
        if !seen.varying.is_empty() {
            plan.halves.axes.retain(|axis| !seen.varying.contains(axis));
            plan.choose_mantissa();
            changed = true;
        } else if plan.halves.mantissa == Mantissa::Absent && seen.signed {
            plan.signed = true;
            plan.choose_mantissa();
            changed = true;
        }
        let found = (plan.falls || seen.falls, plan.shrinks || seen.shrinks);
        changed |= found != (plan.falls, plan.shrinks);
        (plan.falls, plan.shrinks) = found;
    }
    changed
}

/// Holds what is not carried as it comes, if it has a mantissa: it does not grow from step to step, and what divides a
/// mantissa by its size, or takes its logarithm, rounds it.
fn holds_as_it_comes(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let mut changed = false;
    for (slot, plan) in plans {
        let is_carried = matches!(slot.place, Place::Carry(_));
        let seen = &opened.knowledge.seen[opened.slots[slot]];
        if !is_carried && seen.has_mantissa && plan.halves.mantissa != Mantissa::Sum {
            plan.halves.mantissa = Mantissa::Sum;
            changed = true;
        }
    }
    changed
}

/// Closes backward passes in which exponents would be added that were rounded with each step.
///
/// The product of a forward and a backward value is of ordinary size, and the exponents of both are large. Where one
/// scale serves all elements their sum is wrong by one factor for all of them, which is as small as the rounding of the
/// inputs makes it; logarithms, and scales of sums of cotangents, are wrong by another factor for each element.
fn closes_what_rounds(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let falls = |slot: &Slot, plan: &Plan| plan.falls && !matches!(slot.place, Place::Stacked(_));
    let falling: FxHashSet<EqnId> = plans
        .iter()
        .filter(|(slot, plan)| falls(slot, plan))
        .map(|(slot, _)| slot.eqn)
        .collect();
    let group = |slot: &Slot| opened.knowledge.groups[opened.slots[slot]];
    let meet = |slot: &Slot, other: &Slot| {
        let (one, other) = (group(slot), group(other));
        one == other
            || opened.knowledge.links.contains(&(one, other))
            || opened.knowledge.links.contains(&(other, one))
    };
    let adding: FxHashSet<usize> = plans
        .iter()
        .filter(|(slot, plan)| adds_up(slot, plan))
        .map(|(slot, _)| group(slot))
        .collect();
    let adds = |slot: &Slot| adding.contains(&group(slot));
    let rounds = |slot: &Slot| {
        falling.contains(&slot.eqn)
            && plans.iter().any(|(other, plan)| {
                let sums = other.eqn == slot.eqn && plan.falls && matches!(other.place, Place::Row(_));
                let is_logarithm = plan.halves.mantissa == Mantissa::Absent;
                sums || (is_logarithm && meet(slot, other) && (adds(slot) || adds(other)))
            })
    };
    let closing: FxHashSet<usize> = plans
        .keys()
        .filter(|slot| rounds(slot))
        .map(|slot| opened.slots[slot])
        .collect();
    close(plans, opened, |index| closing.contains(&index))
}

/// Closes slots whose values somebody reads as they are.
fn closes_what_stays(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, trial: &Program) -> bool {
    let present: FxHashSet<EqnId> = trial
        .blocks
        .iter()
        .flat_map(|(_, block)| block.eqns.iter().copied())
        .collect();
    let stay: FxHashSet<usize> = opened
        .made
        .iter()
        .filter(|(eqn, _)| present.contains(eqn))
        .map(|(_, slot)| *slot)
        .collect();
    close(plans, opened, |index| stay.contains(&index))
}

/// Whether exponents are added in a carry from step to step, and rounded with each.
fn adds_up(slot: &Slot, plan: &Plan) -> bool {
    matches!(slot.place, Place::Carry(_)) && plan.halves.mantissa != Mantissa::Sum
}

/// Closes carries whose exponents add up in loops that would gain if they did not: what such a loop stacks or is given
/// may be held in halves all the same, and a carry that it multiplies by ratios of these is as well a number.
fn closes_what_adds_up(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> bool {
    let Knowledge { met, groups, .. } = &opened.knowledge;
    let gaining = gaining(plans, opened, exponentials);
    let closing: FxHashSet<usize> = plans
        .iter()
        .filter(|(slot, plan)| exponentials && adds_up(slot, plan))
        .map(|(slot, _)| opened.slots[slot])
        .filter(|&index| met.contains(&groups[index]) && !gaining.contains(&groups[index]))
        .collect();
    close(plans, opened, |index| closing.contains(&index))
}

/// Closes the loops that gain nothing, nor any whose scales they exchange.
fn closes_what_gains_nothing(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> bool {
    let gaining = gaining(plans, opened, exponentials);
    close(plans, opened, |index| {
        !gaining.contains(&opened.knowledge.groups[index])
    })
}

/// The loops that gain something, or exchange scales with one that does.
///
/// A quotient is as wrong as the exponents of both sides are rounded. The largest exponent so far is not rounded; those
/// that add up from step to step are, and a program that divides by such values (an iteration of Newton's or
/// Sinkhorn's) is as often made worse as better.
fn gaining(plans: &BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> FxHashSet<usize> {
    let Knowledge {
        gained,
        met,
        links,
        groups,
        ..
    } = &opened.knowledge;
    let rounded: FxHashSet<usize> = plans
        .iter()
        .filter(|(slot, plan)| adds_up(slot, plan))
        .map(|(slot, _)| groups[opened.slots[slot]])
        .collect();
    let mut gained = gained.clone();
    if exponentials {
        gained.extend(met.iter().filter(|group| !rounded.contains(group)));
    }
    loop {
        let before = gained.len();
        for &(one, other) in links {
            if gained.contains(&one) || gained.contains(&other) {
                gained.extend([one, other]);
            }
        }
        if gained.len() == before {
            return gained;
        }
    }
}

/// What was done, with the loops in the place of what was made for them.
fn report(program: &Program, opened: &Opened, lifted: Vec<Lifted>) -> Vec<Lifted> {
    let made = opened
        .made
        .iter()
        .map(|(eqn, _)| *eqn)
        .chain(opened.joins.iter().copied());
    let made: Vec<EqnId> = made.collect();
    let mut done = Vec::new();
    for (block, found) in program.blocks.iter() {
        for &eqn in found.eqns.iter().filter(|&&eqn| opened.has_slots(eqn)) {
            done.push(Lifted {
                block,
                root: eqn,
                eqns: Vec::new(),
            });
        }
    }
    // What is written in the place of the halves belongs to the loop.
    let mut of_loops = Vec::new();
    for lifted in lifted {
        if lifted.root.index() < program.eqns.len() {
            done.push(lifted);
        } else {
            of_loops.extend(lifted.eqns);
        }
    }
    if let Some(first) = done.first_mut() {
        first.eqns.extend(made);
        first.eqns.extend(of_loops);
    }
    done
}
