//! Which values are held as they are after all: those that have no scale, that somebody reads, or whose exponents would be
//! rounded where they gain nothing by it.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::knowledge::Knowledge;
use super::pairs::Mantissa;
use super::slots::{Place, Slot};
use super::{Opened, Plan};
use crate::ir::{EqnId, Program};

/// Closes slots by index; whether there were any.
fn close(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, closes: impl Fn(usize) -> bool) -> bool {
    let before = plans.len();
    plans.retain(|slot, _| !closes(opened.slots[slot]));
    plans.len() < before
}

/// Closes slots whose values have no scale.
pub(super) fn plain(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
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

/// Closes backward passes that are given sums of cotangents in halves: scales of such sums are wrong by another factor for
/// each element.
pub(super) fn what_sums(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let sums: FxHashSet<EqnId> = plans
        .iter()
        .filter(|(slot, plan)| plan.trend.falls && matches!(slot.place, Place::Row(_)))
        .map(|(slot, _)| slot.eqn)
        .collect();
    let closing: FxHashSet<usize> = plans
        .keys()
        .filter(|slot| sums.contains(&slot.eqn))
        .map(|slot| opened.slots[slot])
        .collect();
    close(plans, opened, |index| closing.contains(&index))
}

/// Closes slots whose values somebody reads as they are.
pub(super) fn what_stays(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, trial: &Program) -> bool {
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
pub(super) fn adds_up(slot: &Slot, plan: &Plan) -> bool {
    matches!(slot.place, Place::Carry(_)) && !matches!(plan.halves.mantissa, Mantissa::Sum | Mantissa::Whole)
}

/// Closes carries whose exponents add up in loops that reach no logarithm themselves and would gain if they did not add
/// up: what such a loop stacks or is given may be held in halves all the same, and a carry that it multiplies by ratios
/// of these, as a backward pass does, is as well a number.
pub(super) fn what_adds_up(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> bool {
    let Knowledge {
        met, groups, gained, ..
    } = &opened.knowledge;
    let closing: FxHashSet<usize> = plans
        .iter()
        .filter(|(slot, plan)| exponentials && adds_up(slot, plan))
        .map(|(slot, _)| opened.slots[slot])
        .filter(|&index| met.contains(&groups[index]) && !gained.contains(&groups[index]))
        .collect();
    close(plans, opened, |index| closing.contains(&index))
}

/// Closes the loops that gain nothing, nor any whose scales they exchange.
pub(super) fn what_gains_nothing(
    plans: &mut BTreeMap<Slot, Plan>,
    opened: &Opened,
    exponentials: bool,
) -> bool {
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
pub(super) fn gaining(plans: &BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> FxHashSet<usize> {
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
