//! Hazards of equations that a rewrite made, told of the equations of the file.
//!
//! Nobody can look up an equation that no file holds, and the rewrite is told at its own place already. A witness
//! breaks the program as it is in the file as well: there, the equation that breaks on it is what the reader has to
//! look at. What only ranges say of a made equation says nothing about the file.

use super::cost::Cost;
use super::judge::Judge;
use super::{Certainty, Hazard, Kind, Places};
use crate::ir::{EqnId, Program};

/// The hazards, each with a place in the text if it has one there, and each place and kind once.
pub(super) fn in_text(original: &Program, hazards: Vec<Hazard>) -> Vec<Hazard> {
    let is_made = |hazard: &Hazard| hazard.span.is_empty();
    let (made, mut told): (Vec<Hazard>, Vec<Hazard>) = hazards.into_iter().partition(is_made);
    if made.is_empty() {
        return told;
    }
    let places = Places::of(original);
    let cost = Cost::of(original);
    let judge = cost.as_ref().map(|cost| Judge::new(original, original, cost));
    for hazard in made {
        let new = match hazard.certainty {
            Certainty::Definite => hazard,
            Certainty::Possible => continue,
            Certainty::Witnessed => {
                let broken = judge.as_ref().and_then(|judge| broken(judge, &hazard));
                match broken {
                    Some((eqn, kind)) => places.at(original, eqn, kind, Certainty::Witnessed, hazard.witness),
                    None => hazard,
                }
            }
        };
        add(&mut told, new);
    }
    told
}

/// What breaks in the program of the file on the witness of a hazard: the same if anything does, else the first.
fn broken(judge: &Judge<'_>, hazard: &Hazard) -> Option<(EqnId, Kind)> {
    let events = judge.witnessed(&hazard.witness.as_ref()?.inputs, |_| true)?;
    let loud = || events.iter().filter(|event| !event.1.is_silent());
    let same = loud().find(|event| event.1 == hazard.kind);
    same.or_else(|| loud().next()).copied()
}

/// Adds a hazard; one that is told of the same place already is told with an input if there is one.
fn add(told: &mut Vec<Hazard>, new: Hazard) {
    let same = |old: &&mut Hazard| !new.span.is_empty() && (old.span, old.kind) == (new.span, new.kind);
    match told.iter_mut().find(same) {
        Some(old) if new.certainty < old.certainty => *old = new,
        Some(_) => {}
        None => told.push(new),
    }
}
