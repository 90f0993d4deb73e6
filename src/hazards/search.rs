//! Looks for inputs on which suspects break.

use rustc_hash::FxHashMap;

use super::accuracy::{self, Losses};
use super::cost::Cost;
use super::judge::Judge;
use super::samples::Sampler;
use super::suspects::Suspect;
use super::{Kind, Witness, shrink};
use crate::analysis::ranges::Range;
use crate::interp::Inputs;
use crate::ir::{EqnId, Program, ValueId, inner_constvars};

/// Simple inputs on which suspects break, for those for which one was found.
pub(super) fn witnesses(
    original: &Program,
    improved: &Program,
    inputs: &[(ValueId, Range)],
    suspects: &[Suspect],
) -> FxHashMap<(EqnId, Kind), Witness> {
    let mut found = FxHashMap::default();
    // The text does not say what constvars hold.
    let closed = improved.blocks[improved.main()].consts.is_empty() && inner_constvars(improved).is_empty();
    let cost = Cost::of(improved).filter(|cost| closed && cost.runs() > 0);
    let sampler = Sampler::new(improved, inputs);
    let (Some(cost), Some(mut sampler)) = (cost, sampler) else {
        return found;
    };
    let judge = Judge::new(original, improved, &cost);
    breaking(&judge, &cost, suspects, &mut sampler, &mut found);
    cost.refill();
    Losses::new(&judge, &cost).witnesses(suspects, &mut sampler, &mut found);
    found
}

/// Adds simple inputs on which suspects give NaN or infinities, or wrap.
fn breaking(
    judge: &Judge<'_>,
    cost: &Cost,
    suspects: &[Suspect],
    sampler: &mut Sampler,
    found: &mut FxHashMap<(EqnId, Kind), Witness>,
) {
    let mut open: Vec<(EqnId, Kind)> = suspects
        .iter()
        .filter(|suspect| suspect.kind != Kind::VanishedEpsilon && !accuracy::finds(suspect.kind))
        .map(|suspect| (suspect.eqn, suspect.kind))
        .collect();
    for round in 0..cost.runs() {
        if open.is_empty() {
            break;
        }
        let sample = sampler.sample(round as usize);
        let Some(broken) = judge.witnessed(&sample, |event| open.contains(event)) else {
            // One input that never ends a loop says nothing of the others.
            if cost.has_loops() && cost.left() > 0 {
                continue;
            }
            break;
        };
        for event in broken {
            let Some(at) = open.iter().position(|&suspect| suspect == event) else {
                continue;
            };
            open.remove(at);
            let happens = |inputs: &Inputs| {
                judge
                    .witnessed(inputs, |other| *other == event)
                    .is_some_and(|events| events.contains(&event))
            };
            let simple = shrink::simplest(&happens, sampler, sample.clone(), cost.runs());
            let text = shrink::text(judge.improved, &simple);
            found.insert(event, Witness { inputs: simple, text });
        }
    }
}
