//! Goes over a program, block by block and phase by phase, until no rule matches.
//!
//! An equation is looked at only by the rules whose root is its primitive. What replaces it is looked at again;
//! every block has fuel for as many replacements as it has equations and some, so that rules which undo each
//! other come to an end. One linear pass then rebuilds the order of the block's equations. A block that has not
//! changed since a phase last went over it, nor any block that it calls, is passed over.

mod replacements;
mod state;
mod visit;

use super::candidates::Candidates;
use super::matcher::Room;
use super::pattern::{Phase, Rule};
use crate::analysis::{Calls, Definitions, transparent_body};
use crate::edit::{Builder, CannotBuild, Known, Memo, Uses, name_new, substitute, sweep, unread_outputs};
use crate::ir::{Atom, BlockId, EqnId, Id as _, Program};
use crate::schema::Version;
use replacements::Replacements;
use state::{Left, States};
use visit::Work;

/// How the driver works.
#[derive(Clone, Debug)]
pub(crate) struct DriverOptions {
    /// The release whose spelling new equations use.
    pub version: Version,
    /// Whether approximate rules are applied.
    pub approximate: bool,
    /// The last phase that runs.
    pub through: Phase,
}

/// A rule was applied.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    /// Index of the rule.
    pub rule: usize,
    /// The block, as it was entered from the main jaxpr.
    pub block: BlockId,
    /// The equation of the text that was replaced, or in whose place the replaced one stood.
    pub root: EqnId,
    /// What the reader should know.
    pub note: Option<String>,
}

/// A rule matches and was not applied.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// Index of the rule.
    pub rule: usize,
    /// The block.
    pub block: BlockId,
    /// The equation.
    pub root: EqnId,
    /// Why.
    pub reason: String,
}

/// A rule written in Rust: looks at one equation and says what becomes of it.
pub trait NativeRule: Sync {
    /// The rule's name, that of its `.rule` file.
    fn name(&self) -> &'static str;
    /// Primitives that the rule starts from.
    fn roots(&self) -> &'static [&'static str];
    /// Builds equations that bind the root's outputs in its place; `None` if the rule does not match.
    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit>;
}

/// Where a native rule is tried.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The block. Until it is rebuilt it holds the equations that were replaced.
    pub block: BlockId,
    /// The equation.
    pub root: EqnId,
    /// The release whose spelling new equations use.
    pub version: Version,
}

/// What a native rule does.
pub struct NativeEdit {
    /// The equations that take the root's place; one of them binds its outputs.
    pub eqns: Vec<EqnId>,
    /// What the reader should know.
    pub note: Option<String>,
}

impl NativeEdit {
    /// The equations that `build` makes, the last of which binds the root's one output; `None` if they cannot be built
    /// or have another type.
    pub fn of_root(
        program: &mut Program,
        place: &Place,
        build: impl FnOnce(&mut Builder<'_>) -> Result<Atom, CannotBuild>,
    ) -> Option<Self> {
        let &[output] = program.outputs(place.root) else {
            return None;
        };
        let mut memo = Memo::default();
        let mut builder = Builder::new(program, &mut memo, place.version);
        let result = build(&mut builder).ok()?;
        if builder.type_of(result) != builder.type_of(Atom::Value(output)) {
            return None;
        }
        let eqns = builder.finish(result, output)?;
        Some(Self { eqns, note: None })
    }
}

/// Applies rules to one program.
pub(crate) struct Driver<'r> {
    rules: &'r [&'r Rule],
    natives: &'r [Box<dyn NativeRule>],
    options: DriverOptions,
    candidates: Candidates<'r>,
    calls: Calls,
    definitions: Definitions,
    states: States,
    replacements: Replacements,
    uses: Uses,
    memo: Memo,
    room: Room,
    /// What variables were called before anything was done.
    known: Known,
    /// Number of equations before anything was done.
    known_eqns: usize,
    /// For each new equation the one of the text whose place it took.
    origins: Vec<EqnId>,
    /// How many equations of bodies may yet be copied to where they are called.
    copies_left: usize,
    applied: Vec<Applied>,
}

/// What a driver leaves behind.
pub(crate) struct Done {
    /// What was done.
    pub applied: Vec<Applied>,
    /// What was not.
    pub refused: Vec<Refusal>,
    /// Which blocks were entered from which before anything was done.
    pub calls: Calls,
    /// Equations that were made, each with the one in whose place it stands.
    pub made: Vec<(EqnId, EqnId)>,
}

/// Rounds over all phases; each takes what the one before has uncovered.
const ROUNDS: usize = 8;

impl<'r> Driver<'r> {
    /// A driver for `program`.
    pub(crate) fn new(
        program: &mut Program,
        rules: &'r [&'r Rule],
        natives: &'r [Box<dyn NativeRule>],
        options: DriverOptions,
    ) -> Self {
        /// Bodies that are called twice by bodies that are called twice would double with each level.
        const COPIES: usize = 16;
        let candidates = Candidates::of(program, rules, natives);
        Self {
            rules,
            natives,
            options,
            candidates,
            calls: Calls::of(program),
            definitions: Definitions::of(program),
            states: States::of(program),
            replacements: Replacements::default(),
            uses: Uses::default(),
            memo: Memo::default(),
            room: Room::default(),
            known: Known::of(program),
            known_eqns: program.eqns.len(),
            origins: Vec::new(),
            copies_left: COPIES * program.eqns.len() + 10_000,
            applied: Vec::new(),
        }
    }

    /// Runs all phases until nothing changes.
    pub(crate) fn run(mut self, program: &mut Program) -> Done {
        for _ in 0..ROUNDS {
            let before = self.applied.len();
            let through = self.options.through;
            for phase in Phase::ALL.into_iter().filter(|phase| *phase <= through) {
                for at in 0..self.calls.inner_first().len() {
                    self.block(program, self.calls.inner_first()[at], phase);
                }
            }
            if self.applied.len() == before {
                break;
            }
        }
        name_new(program, &self.known);
        let refused = self.states.refusals(self.calls.inner_first());
        let made = (self.known_eqns..).map(EqnId::from_index).zip(self.origins);
        Done {
            applied: self.applied,
            refused,
            calls: self.calls,
            made: made.filter(|(eqn, origin)| eqn != origin).collect(),
        }
    }

    fn block(&mut self, program: &mut Program, block: BlockId, phase: Phase) {
        if self.states.pass_over(&self.calls, block, phase) {
            return;
        }
        let at = self.states.now();
        let seen_open = self.states.open_callees(&self.calls, block, phase).collect();
        let queue = self.roots(program, block, phase).collect();
        let mut work = Work::new(block, phase, queue, self.states.fuel(block));
        work.is_unfolded = self.calls.is_unfolded(block);
        let visited = !work.queue.is_empty();
        while let Some(eqn) = work.queue.pop_front() {
            if work.fuel == 0 {
                break;
            }
            if !self.replacements.contains(eqn) {
                self.visit(program, &mut work, eqn);
            }
        }
        work.open.retain(|&root| !self.replacements.contains(root));
        work.open.sort_unstable();
        work.open.dedup();
        let left = Left {
            open: work.open,
            refused: work.refused,
            seen_open,
        };
        self.states.visited(block, phase, at, visited.then_some(left));
        if work.changed {
            self.rebuild(program, block, &work.substitutions);
            self.states.changed(block);
        }
    }

    /// The equations of a block that a phase has to look at.
    fn roots(&self, program: &Program, block: BlockId, phase: Phase) -> impl Iterator<Item = EqnId> {
        let calls_open = self
            .states
            .open_callees(&self.calls, block, phase)
            .next()
            .is_some();
        program.blocks[block].eqns.iter().copied().filter(move |&eqn| {
            self.candidates.any_in_phase(program.eqns[eqn].primitive, phase)
                || (calls_open && self.open_body(program, eqn).is_some())
        })
    }

    /// The body of a call, if it holds roots that may match with what the call hands over.
    fn open_body(&self, program: &Program, eqn: EqnId) -> Option<BlockId> {
        let body = transparent_body(program, eqn)?;
        (!self.states.open(body).is_empty() && !visit::keeps_derivative(program, eqn)).then_some(body)
    }

    /// Puts the new equations into the block's order and drops what nobody reads any more.
    fn rebuild(&mut self, program: &mut Program, block: BlockId, substitutions: &[visit::Substitution]) {
        let unread_before = unread_outputs(program, block, &mut self.uses);
        let old = std::mem::take(&mut program.blocks[block].eqns);
        program.blocks[block].eqns = self.replacements.in_order(old);
        substitute(program, block, substitutions);
        sweep(program, block, &unread_before, &mut self.uses);
    }

    /// The equation of the text in whose place `eqn` stands.
    fn origin(&self, eqn: EqnId) -> EqnId {
        let new = eqn.index().checked_sub(self.known_eqns);
        new.and_then(|new| self.origins.get(new).copied()).unwrap_or(eqn)
    }

    fn note_origin(&mut self, eqn: EqnId, origin: EqnId) {
        let Some(new) = eqn.index().checked_sub(self.known_eqns) else {
            return;
        };
        while self.origins.len() <= new {
            self.origins
                .push(EqnId::from_index(self.known_eqns + self.origins.len()));
        }
        self.origins[new] = origin;
    }
}
