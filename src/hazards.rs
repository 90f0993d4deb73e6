//! Where a program breaks on inputs that nobody has tried yet: what `check` finds without any.
//!
//! The program is run on the ranges of its inputs ([`suspects`]); where a primitive may leave its domain, overflow
//! or wrap there, concrete inputs are looked for that make it do so and that spoil an output ([`search`]), run in
//! the reference interpreter and made as simple as possible. One row of [`table`] a primitive says what can break.
//! Nothing here knows rewrites or writes files.

mod accuracy;
mod assume;
mod cost;
mod judge;
mod kind;
mod locate;
mod matrices;
mod random;
mod samples;
mod search;
mod shrink;
mod suspects;
mod table;
mod wide;
mod wrapping;

pub use assume::{Assumption, Assumptions, Word};
pub use kind::Kind;

use rustc_hash::FxHashMap;

use crate::analysis::{Calls, Definitions};
use crate::interp::Inputs;
use crate::ir::{BlockId, EqnId, Program};
use crate::span::Span;

/// How sure a hazard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It happens on every input.
    Definite,
    /// It happens on the input that is given.
    Witnessed,
    /// The ranges do not rule it out.
    Possible,
}

/// A place where a program breaks.
#[derive(Clone, Debug)]
pub struct Hazard {
    /// What breaks.
    pub kind: Kind,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where the equation stands; empty for one that a rewrite made.
    pub span: Span,
    /// The equation as printed, on one line.
    pub equation: String,
    /// The user's line: `train.py:7:24 (loss)`.
    pub source: Option<String>,
    /// The calls and loops around the equation, outermost first.
    pub scope: Vec<String>,
    /// What goes wrong, in one line.
    pub message: String,
    /// An input on which it does.
    pub witness: Option<Witness>,
}

/// An input that makes a program break.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The values.
    pub inputs: Inputs,
    /// The same for people: `a = [89, 0]`.
    pub text: String,
}

/// Looks for hazards of `program` that are left in `improved`, which may be the same.
///
/// Literals of both must have types. A witness breaks both, and what breaks on it is told of the equations of
/// `program` where `improved` has others in their place.
pub fn find(program: &Program, improved: &Program, assumptions: &Assumptions) -> Vec<Hazard> {
    let definitions = Definitions::of(improved);
    let inputs = assume::inputs(improved, &definitions, assumptions);
    let suspects = suspects::find(improved, &definitions, &inputs);
    if suspects.is_empty() {
        return Vec::new();
    }
    let mut found = search::witnesses(program, improved, &inputs, &suspects);
    let places = Places::of(improved);
    let hazards = suspects.into_iter().map(|suspect| {
        let witness = found.remove(&(suspect.eqn, suspect.kind));
        places.hazard(improved, suspect, witness)
    });
    let mut hazards = locate::in_text(program, hazards.flatten().collect());
    hazards.sort_by_key(|hazard| (hazard.span, hazard.kind));
    hazards
}

/// Where equations stand.
struct Places {
    calls: Calls,
    blocks: FxHashMap<EqnId, BlockId>,
}

impl Places {
    fn of(program: &Program) -> Self {
        let equations = program.blocks.iter();
        Self {
            calls: Calls::of(program),
            blocks: equations
                .flat_map(|(id, block)| block.eqns.iter().map(move |&eqn| (eqn, id)))
                .collect(),
        }
    }

    /// What is told of a suspect; nothing of one that only an input could have told from noise.
    fn hazard(
        &self,
        program: &Program,
        suspect: suspects::Suspect,
        witness: Option<Witness>,
    ) -> Option<Hazard> {
        let certainty = match (&witness, suspect.certain) {
            (_, true) => Certainty::Definite,
            (Some(_), false) => Certainty::Witnessed,
            (None, false) if suspect.telling => Certainty::Possible,
            (None, false) => return None,
        };
        Some(self.at(program, suspect.eqn, suspect.kind, certainty, witness))
    }

    /// A hazard of an equation.
    fn at(
        &self,
        program: &Program,
        eqn: EqnId,
        kind: Kind,
        certainty: Certainty,
        witness: Option<Witness>,
    ) -> Hazard {
        let notes = program.notes.get(&eqn).copied().unwrap_or_default();
        let block = self.blocks.get(&eqn);
        Hazard {
            kind,
            certainty,
            span: program.span(eqn),
            equation: crate::print::equation(program, eqn),
            source: notes.source_text(&program.symbols),
            scope: block.map_or_else(Vec::new, |&block| self.calls.scope(program, block)),
            message: kind.message(program.primitive(eqn), certainty),
            witness,
        }
    }
}
