//! What is done at one equation.

use std::collections::VecDeque;

use super::{Applied, Driver, Place, Refusal};
use crate::analysis::{Graph, SiteId, Spine, transparent_body};
use crate::edit::inline;
use crate::ir::{Atom, BlockId, EqnId, Params, Program, ValueId};
use crate::rewrite::Safety;
use crate::rewrite::matcher::Bindings;
use crate::rewrite::pattern::{Phase, RuleBody, SPINE, Variant};
use crate::rewrite::replace::{build, call_in_the_way};

/// A variable, and what is read in its place.
pub(super) type Substitution = (ValueId, Atom);

/// What is going on in one block in one phase.
pub(super) struct Work {
    block: BlockId,
    phase: Phase,
    /// Equations to look at.
    pub(super) queue: VecDeque<EqnId>,
    pub(super) fuel: usize,
    /// How many open roots of bodies may yet be tried: calls of one long body must not each try all of it.
    tries: usize,
    /// Whether anything was replaced.
    pub(super) changed: bool,
    pub(super) substitutions: Vec<Substitution>,
    /// Whether a match may go on beyond the block's inputs, at a call.
    pub(super) is_unfolded: bool,
    /// Roots whose pattern goes on beyond the block's inputs.
    pub(super) open: Vec<EqnId>,
    /// What matched and was not applied.
    pub(super) refused: Vec<Refusal>,
}

impl Work {
    pub(super) fn new(block: BlockId, phase: Phase, queue: VecDeque<EqnId>, fuel: usize) -> Self {
        Self {
            block,
            phase,
            queue,
            fuel,
            tries: 100_000 + 64 * fuel,
            changed: false,
            substitutions: Vec::new(),
            is_unfolded: false,
            open: Vec::new(),
            refused: Vec::new(),
        }
    }
}

/// A rule that matches.
enum Found<'r> {
    Native(usize),
    Variant {
        rule: usize,
        variant: &'r Variant,
        bindings: Bindings,
        /// A call that has to be inlined first.
        call: Option<EqnId>,
    },
}

const APPROXIMATE: &str = "it changes values where nothing was wrong; `--allow approximate` applies it";
const INSIDE_CUSTOM: &str =
    "what it needs is computed inside a call with a derivative of its own, which would be lost";

impl<'r> Driver<'r> {
    /// Tries the rules of one equation; a call tries the open roots of its body.
    pub(super) fn visit(&mut self, program: &mut Program, work: &mut Work, eqn: EqnId) {
        let mut tried = 0;
        while let Some(found) = self.find(program, work, eqn, &mut tried) {
            if self.act(program, work, eqn, found) {
                return;
            }
        }
        let calls = !self.calls.callees(work.block).is_empty();
        if calls && self.open_root_matches(program, work, eqn) {
            self.inline(program, work, eqn);
        }
    }

    /// The next rule that matches at `root`; `tried` counts the candidates that have been tried.
    fn find(
        &mut self,
        program: &Program,
        work: &mut Work,
        root: EqnId,
        tried: &mut usize,
    ) -> Option<Found<'r>> {
        let candidates = self.candidates.in_phase(program.eqns[root].primitive, work.phase);
        let graph = Graph::new(program, &self.definitions);
        let mut room = [Spine::Anything; SPINE];
        let mut spine: Option<&[Spine]> = None;
        let mut heads = None;
        let untried = candidates.get(*tried..)?;
        for candidate in untried {
            *tried += 1;
            let rule = candidate.rule;
            let Some(ready) = &candidate.ready else {
                return Some(Found::Native(rule));
            };
            if spine.is_none() {
                spine = Some(graph.spine(root, SiteId::ROOT, &mut room));
                // Only where a pattern wants to go on does it matter that the block ends.
                graph.take_blocked();
            }
            if !spine.is_some_and(|spine| ready.fits(spine)) {
                continue;
            }
            // Where calls may hand something over, the search itself has to find out how far a match could go.
            if !work.is_unfolded
                && !ready.fits_heads(*heads.get_or_insert_with(|| graph.heads(root, SiteId::ROOT)))
            {
                continue;
            }
            if let Some(bindings) = ready.matches(&graph, &mut self.room, root, SiteId::ROOT) {
                let variant = ready.variant;
                let call = call_in_the_way(&graph, variant, &bindings);
                return Some(Found::Variant {
                    rule,
                    variant,
                    bindings,
                    call,
                });
            }
        }
        if graph.take_blocked() && work.is_unfolded {
            work.open.push(root);
        }
        None
    }

    /// Applies what was found; `false` if it cannot be applied, so that others may be tried.
    fn act(&mut self, program: &mut Program, work: &mut Work, root: EqnId, found: Found<'_>) -> bool {
        let (rule, variant, bindings, call) = match found {
            Found::Native(rule) => return self.try_native(program, work, rule, root),
            Found::Variant {
                rule,
                variant,
                bindings,
                call,
            } => (rule, variant, bindings, call),
        };
        if !self.may_apply(rule) {
            self.refuse(work, rule, root, APPROXIMATE);
            return false;
        }
        if let Some(call) = call {
            if keeps_derivative(program, call) {
                self.refuse(work, rule, root, INSIDE_CUSTOM);
                return false;
            }
            let inlined = self.inline(program, work, call);
            if inlined {
                work.queue.push_front(root);
            }
            return inlined;
        }
        let root_type = program.values[program.outputs(root)[0]].ty;
        match build(
            program,
            &mut self.memo,
            self.options.version,
            variant,
            &bindings,
            root_type,
        ) {
            Ok(replacement) => {
                self.commit(program, work, root, &replacement.eqns, replacement.result);
                let root = self.origin(root);
                self.applied.push(Applied {
                    rule,
                    block: work.block,
                    root,
                    note: None,
                });
                true
            }
            Err(reason) => {
                self.refuse(work, rule, root, &reason.to_string());
                false
            }
        }
    }

    /// Whether a root in the body of `call` matches once what the call hands over is seen.
    fn open_root_matches(&mut self, program: &Program, work: &mut Work, call: EqnId) -> bool {
        let Some(body) = self.open_body(program, call) else {
            return false;
        };
        let graph = Graph::new(program, &self.definitions);
        let Some(site) = graph.enter(SiteId::ROOT, call) else {
            return false;
        };
        let open = self.states.open(body);
        let tries = open.len().min(work.tries);
        work.tries -= tries;
        let mut room = std::mem::take(&mut self.room);
        let found = open[..tries].iter().any(|&root| {
            let (mut spine, heads) = ([Spine::Anything; SPINE], graph.heads(root, site));
            let spine = graph.spine(root, site, &mut spine);
            let candidates = self.candidates.in_any_phase(program.eqns[root].primitive).iter();
            let mut ready = candidates
                .filter(|candidate| self.may_apply(candidate.rule))
                .flat_map(|it| &it.ready);
            ready.any(|ready| {
                let fits = ready.fits(spine) && ready.fits_heads(heads);
                fits && ready.matches(&graph, &mut room, root, site).is_some()
            })
        });
        self.room = room;
        found
    }

    fn may_apply(&self, rule: usize) -> bool {
        self.options.approximate || self.rules[rule].safety != Safety::Approximate
    }

    fn try_native(&mut self, program: &mut Program, work: &mut Work, rule: usize, root: EqnId) -> bool {
        let RuleBody::Native(name) = &self.rules[rule].body else {
            return false;
        };
        let Some(native) = self.natives.iter().find(|native| native.name() == name) else {
            return false;
        };
        if !self.may_apply(rule) {
            return false;
        }
        let place = Place {
            block: work.block,
            root,
            version: self.options.version,
        };
        let Some(edit) = native.apply(program, &self.definitions, &place) else {
            return false;
        };
        self.put(program, work, root, &edit.eqns);
        let root = self.origin(root);
        self.applied.push(Applied {
            rule,
            block: work.block,
            root,
            note: edit.note,
        });
        true
    }

    fn refuse(&self, work: &mut Work, rule: usize, root: EqnId, reason: &str) {
        let root = self.origin(root);
        work.refused.push(Refusal {
            rule,
            block: work.block,
            root,
            reason: reason.to_owned(),
        });
    }

    /// Lets `result` take the place of the root's output.
    fn commit(&mut self, program: &mut Program, work: &mut Work, root: EqnId, eqns: &[EqnId], result: Atom) {
        let output = program.outputs(root)[0];
        let makes_result =
            |&&eqn: &&EqnId| program.outputs(eqn).first().map(|&value| Atom::Value(value)) == Some(result);
        match eqns.iter().rev().find(makes_result) {
            Some(&last) => {
                // The last equation binds the root's variable, so that no reader of it changes.
                let place = program.eqns[last].outputs.start as usize;
                program.results[place] = output;
            }
            None => {
                work.substitutions.push((output, result));
                self.alias(program, output, result);
            }
        }
        self.put(program, work, root, eqns);
    }

    /// Lets the matcher see through a substitution at once; readers are rewritten when the block is rebuilt.
    fn alias(&mut self, program: &mut Program, output: ValueId, result: Atom) {
        let copy = program.symbols.intern("copy");
        let params = program.params.intern(Params::default());
        let eqn = program.add_eqn(copy, params, &[result], &[output]);
        self.definitions.define(program, eqn);
        self.definitions.substitute(output, result);
    }

    fn put(&mut self, program: &mut Program, work: &mut Work, root: EqnId, eqns: &[EqnId]) {
        let origin = self.origin(root);
        let notes = program.notes.get(&origin).copied();
        for &eqn in eqns {
            self.note_origin(eqn, origin);
            if let Some(notes) = notes {
                program.notes.insert(eqn, notes);
            }
            self.definitions.define(program, eqn);
        }
        for &eqn in eqns.iter().rev() {
            work.queue.push_front(eqn);
        }
        work.fuel = work.fuel.saturating_sub(eqns.len().max(1));
        work.changed = true;
        self.replacements.insert(root, eqns);
    }

    /// Puts a body in the place of a call; `false` if too much has been copied already.
    fn inline(&mut self, program: &mut Program, work: &mut Work, call: EqnId) -> bool {
        let Some(body) = transparent_body(program, call) else {
            return false;
        };
        let size = program.blocks[body].eqns.len();
        let Some(copies_left) = self.copies_left.checked_sub(size) else {
            return false;
        };
        self.copies_left = copies_left;
        let inlined = inline(program, &mut self.definitions, call, body);
        for &(output, atom) in &inlined.substitutions {
            self.alias(program, output, atom);
        }
        work.substitutions.extend(inlined.substitutions);
        work.queue.extend(&inlined.eqns);
        work.fuel = work.fuel.saturating_sub(1);
        work.changed = true;
        self.replacements.insert(call, &inlined.eqns);
        self.states.copied(work.block, size);
        self.calls.copied(body, work.block);
        true
    }
}

/// Whether a call has a derivative that the text does not carry, so that its body must stay where it is.
pub(super) fn keeps_derivative(program: &Program, call: EqnId) -> bool {
    program.primitive(call).starts_with("custom_")
}
