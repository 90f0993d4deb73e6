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
//! | a pair with a whole scale, if forward and backward values meet | `m·exp(s)` | `s = ⌈log max abs mant + scale⌉`, `m = mant·exp(scale − s)` |
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

mod close;
mod hold;
pub(super) mod knowledge;
mod open;
pub(super) mod pairs;
mod slots;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Lifted, blocks_with_exponentials, calls, lift_with};
use crate::edit::{Known, Memo, name_new, shared_bodies};
use crate::ir::{BlockId, EqnId, Id as _, Program};
use crate::schema::Version;
use knowledge::{Knowledge, Seen, Trend};
use open::Opener;
use pairs::{Halves, Mantissa};
use slots::{Loop, Slot, candidates};

/// Each round closes something or finds how a value is to be held. Programs take five, the gradient of a gated cell 13.
const ROUNDS: usize = 24;

/// How a slot is held in the next attempt.
#[derive(Clone, Debug)]
struct Plan {
    halves: Halves,
    trend: Trend,
    /// Whether a value may be negative, so that there is no logarithm.
    signed: bool,
}

impl Plan {
    /// Elements that have scales of their own need no mantissas, unless they may be negative or are sums.
    fn choose_mantissa(&mut self) {
        let halves = &mut self.halves;
        if !matches!(halves.mantissa, Mantissa::Sum | Mantissa::Whole) {
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
            knowledge.seen.push(Seen::default());
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

/// The blocks that run in loops which may be opened.
pub(super) fn blocks_in_loops(program: &Program) -> FxHashSet<BlockId> {
    let bodies = |eqn: EqnId| program.params(eqn).jaxprs().map(|(_, jaxpr)| jaxpr.block());
    let mut open: Vec<BlockId> = candidates(program)
        .iter()
        .flat_map(|candidate| bodies(candidate.slot.eqn))
        .collect();
    let mut found = FxHashSet::default();
    while let Some(block) = open.pop() {
        if found.insert(block) {
            open.extend(program.blocks[block].eqns.iter().flat_map(|&eqn| bodies(eqn)));
        }
    }
    found
}

/// Lifts what gains by going through loops in halves; new equations are spelled as `version` prints them.
///
/// Calls that hold loops are left as they are, if anything gains so.
pub fn lift_loops(program: &mut Program, version: Version) -> Vec<Lifted> {
    let done = lift_open(program, version);
    if !done.is_empty() {
        return done;
    }
    let loops = candidates(program)
        .iter()
        .map(|candidate| candidate.slot.eqn)
        .collect();
    let mut trial = program.clone();
    if !calls::inline_holding(&mut trial, &loops) {
        return Vec::new();
    }
    name_new(&mut trial, &Known::of(program));
    let done = lift_open(&mut trial, version);
    if !done.is_empty() {
        *program = trial;
    }
    done
}

fn lift_open(program: &mut Program, version: Version) -> Vec<Lifted> {
    let mut plans = first_plans(program);
    let exponentials = blocks_with_exponentials(program).contains(&true);
    for _ in 0..ROUNDS {
        if plans.is_empty() {
            return Vec::new();
        }
        let mut trial = program.clone();
        let mut opened = Opened::new(&plans);
        let mut opener = Opener {
            shared: shared_bodies(&trial),
            program: &mut trial,
            memo: Memo::default(),
            definitions: None,
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
        if close::plain(&mut plans, &opened)
            || hold::otherwise(&mut plans, &opened)
            || hold::as_it_comes(&mut plans, &opened)
            || hold::whole_where_passes_meet(&mut plans, &opened)
            || close::what_sums(&mut plans, &opened)
            || close::what_stays(&mut plans, &opened, &trial)
            || hold::whole_behind(&mut plans, &opened, exponentials)
            || close::what_adds_up(&mut plans, &opened, exponentials)
            || close::what_gains_nothing(&mut plans, &opened, exponentials)
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
    // A copy of a body that holds loops would hold the same loops again.
    let shared = shared_bodies(program);
    let holds_loops = |body: BlockId| {
        let mut eqns = program.blocks[body].eqns.iter();
        eqns.any(|&eqn| Loop::read(program, eqn).is_some())
    };
    let is_own = |slot: Slot| {
        Loop::read(program, slot.eqn)
            .is_some_and(|shape| !shared.contains(&shape.body) || !holds_loops(shape.body))
    };
    let plan = |axes: Vec<usize>, sums: bool| {
        let mut plan = Plan {
            halves: Halves {
                axes,
                mantissa: if sums { Mantissa::Sum } else { Mantissa::Normalised },
            },
            trend: Trend::default(),
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
