//! How values are held in the next attempt, by what was seen of them in this one: along which axes one scale serves, and
//! what stands beside it.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::close::{adds_up, gaining};
use super::knowledge::Knowledge;
use super::pairs::Mantissa;
use super::slots::{Place, Slot};
use super::{Opened, Plan};

/// Holds slots otherwise than was tried, where what was seen of them says so.
pub(super) fn otherwise(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
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
        let known = plan.trend;
        let is_product = matches!(slot.place, Place::Carry(_)) && plan.halves.mantissa != Mantissa::Sum;
        plan.trend.falls |= seen.falls;
        plan.trend.shrinks |= seen.shrinks;
        plan.trend.whole |= seen.lifted && !seen.rounds;
        plan.trend.accumulates |= seen.accumulates || (seen.lifted && is_product);
        changed |= known != plan.trend;
    }
    changed
}

/// Holds what is not carried as it comes, if it has a mantissa: it does not grow from step to step, and what divides a
/// mantissa by its size, or takes its logarithm, rounds it.
pub(super) fn as_it_comes(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
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

/// Holds scales as whole numbers where a forward and a backward pass meet, because their exponents are added.
///
/// The product of a forward and a backward value is of ordinary size, and the exponents of both are large. Each step would
/// round them; whole numbers are added as they are.
pub(super) fn whole_where_passes_meet(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened) -> bool {
    let Knowledge { groups, links, .. } = &opened.knowledge;
    let group = |slot: &Slot| groups[opened.slots[slot]];
    let groups_of = |holds: fn(&Slot, &Plan) -> bool| -> FxHashSet<usize> {
        let slots = plans.iter().filter(|(slot, plan)| holds(slot, plan));
        slots.map(|(slot, _)| group(slot)).collect()
    };
    let (falling, adding) = (groups_of(falls), groups_of(adds_up));
    let meet = |one: usize, other: usize| {
        one == other || links.contains(&(one, other)) || links.contains(&(other, one))
    };
    let rounds = |own: usize| {
        let mut met = falling.iter().filter(|&&other| meet(own, other));
        met.any(|other| adding.contains(&own) || adding.contains(other))
    };
    let mut changed = false;
    for (slot, plan) in plans {
        let is_rounded = matches!(plan.halves.mantissa, Mantissa::Absent | Mantissa::Normalised);
        if is_rounded && plan.trend.accumulates && rounds(group(slot)) {
            plan.halves.mantissa = Mantissa::Whole;
            changed = true;
        }
    }
    changed
}

/// Holds scales as whole numbers in loops that would gain behind them if exponents did not add up, and were not rounded: those
/// of a forward and a backward algorithm, the product of which is a posterior.
pub(super) fn whole_behind(plans: &mut BTreeMap<Slot, Plan>, opened: &Opened, exponentials: bool) -> bool {
    let Knowledge {
        met_behind, groups, ..
    } = &opened.knowledge;
    let gaining = gaining(plans, opened, exponentials);
    let mut changed = false;
    for (slot, plan) in plans {
        let group = groups[opened.slots[slot]];
        if exponentials && adds_up(slot, plan) && met_behind.contains(&group) && !gaining.contains(&group) {
            plan.halves.mantissa = Mantissa::Whole;
            changed = true;
        }
    }
    changed
}

/// Whether a value goes into a loop that is divided by others that grow.
fn falls(slot: &Slot, plan: &Plan) -> bool {
    plan.trend.falls && !matches!(slot.place, Place::Stacked(_))
}
