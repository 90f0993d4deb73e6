//! Drops what a rewrite left without readers. What had none before stays: JAX printed it, and it is not ours.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{Atom, Block, BlockId, EqnId, Id as _, JaxprRef, Program, ValueId};
use crate::schema::{self, Purity};

/// Counts the readers of the variables of one block at a time, in a table as long as the program.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    counts: Vec<u32>,
}

impl Uses {
    /// Counts the readers in a list of equations and results.
    fn count(&mut self, program: &Program, eqns: &[EqnId], outputs: &[Atom]) {
        self.counts.resize(program.values.len(), 0);
        each_read(program, eqns, outputs, |value| self.counts[value.index()] += 1);
    }

    /// Takes a count back, which costs as much as counting and not as much as the program is long.
    fn clear(&mut self, program: &Program, eqns: &[EqnId], outputs: &[Atom]) {
        each_read(program, eqns, outputs, |value| self.counts[value.index()] = 0);
    }
}

fn each_read(program: &Program, eqns: &[EqnId], outputs: &[Atom], mut read: impl FnMut(ValueId)) {
    for &eqn in eqns {
        for atom in program.inputs(eqn) {
            atom.value().into_iter().for_each(&mut read);
        }
    }
    outputs.iter().filter_map(|atom| atom.value()).for_each(&mut read);
}

/// The variables that a block reads.
pub(crate) fn reads(program: &Program, block: BlockId) -> FxHashSet<ValueId> {
    let Block { eqns, outputs, .. } = &program.blocks[block];
    let mut read = FxHashSet::default();
    each_read(program, eqns, outputs, |value| {
        read.insert(value);
    });
    read
}

/// Outputs of equations of a block that nobody reads before anything is done to it, in order.
pub(crate) fn unread_outputs(program: &Program, block: BlockId, uses: &mut Uses) -> Vec<ValueId> {
    let Block { eqns, outputs, .. } = &program.blocks[block];
    uses.count(program, eqns, outputs);
    let mut unread: Vec<ValueId> = Vec::new();
    for &eqn in eqns {
        unread.extend(
            program
                .outputs(eqn)
                .iter()
                .filter(|value| uses.counts[value.index()] == 0),
        );
    }
    uses.clear(program, eqns, outputs);
    unread.sort_unstable();
    unread
}

/// Removes pure equations of `block` none of whose outputs is read, unless none was `unread_before` either.
pub(crate) fn sweep(program: &mut Program, block: BlockId, unread_before: &[ValueId], uses: &mut Uses) {
    let eqns = std::mem::take(&mut program.blocks[block].eqns);
    let results = &program.blocks[block].outputs;
    uses.count(program, &eqns, results);
    let mut purity = Purities::default();
    let mut kept = Vec::with_capacity(eqns.len());
    for &eqn in eqns.iter().rev() {
        let outputs = program.outputs(eqn);
        let unread = outputs.iter().all(|value| uses.counts[value.index()] == 0);
        let was_read = || {
            outputs
                .iter()
                .any(|value| unread_before.binary_search(value).is_err())
        };
        if unread && was_read() && purity.is_pure(program, eqn) {
            for value in program.inputs(eqn).iter().filter_map(|atom| atom.value()) {
                uses.counts[value.index()] -= 1;
            }
        } else {
            kept.push(eqn);
        }
    }
    uses.clear(program, &eqns, results);
    kept.reverse();
    program.blocks[block].eqns = kept;
}

/// What is known of the purity of bodies, which are looked at once however often they are called.
#[derive(Debug, Default)]
pub(crate) struct Purities(FxHashMap<BlockId, bool>);

impl Purities {
    /// Whether nothing but its outputs would be missed; a call is as pure as its bodies.
    pub(crate) fn is_pure(&mut self, program: &Program, eqn: EqnId) -> bool {
        match schema::primitive(program.primitive(eqn)).map(|row| row.purity) {
            Some(Purity::Pure) => true,
            Some(Purity::Bodies) => {
                let params = program.params(eqn);
                params.listings().is_empty()
                    && params
                        .jaxprs()
                        .all(|(_, jaxpr)| self.is_pure_body(program, jaxpr.block()))
            }
            _ => false,
        }
    }

    fn is_pure_body(&mut self, program: &Program, body: BlockId) -> bool {
        if let Some(&known) = self.0.get(&body) {
            return known;
        }
        let pure = program.blocks[body]
            .eqns
            .iter()
            .all(|&eqn| self.is_pure(program, eqn));
        self.0.insert(body, pure);
        pure
    }
}

/// Replaces reads of variables throughout a block.
pub(crate) fn substitute(program: &mut Program, block: BlockId, replaced: &[(ValueId, Atom)]) {
    if replaced.is_empty() {
        return;
    }
    let table: FxHashMap<_, _> = replaced.iter().copied().collect();
    // A substitute may itself have been substituted later.
    let look_up = |atom: Atom| {
        let mut atom = atom;
        for _ in 0..=table.len() {
            match atom.value().and_then(|value| table.get(&value)) {
                Some(&next) => atom = next,
                None => break,
            }
        }
        atom
    };
    let eqns = std::mem::take(&mut program.blocks[block].eqns);
    for &eqn in &eqns {
        for operand in program.eqns[eqn].inputs.indices() {
            program.operands[operand] = look_up(program.operands[operand]);
        }
    }
    program.blocks[block].eqns = eqns;
    let outputs = program.blocks[block]
        .outputs
        .iter()
        .map(|&atom| look_up(atom))
        .collect();
    program.blocks[block].outputs = outputs;
}

/// Removes the definitions of the outermost print-out to which no equation refers any more.
pub(crate) fn sweep_definitions(program: &mut Program, before: &Program) {
    let defining = program
        .root
        .filter(|&root| !program.listings[root].definitions.is_empty());
    let Some(root) = defining else { return };
    let read_before = named(before);
    let read = named(program);
    program.listings[root]
        .definitions
        .retain(|definition| read.contains(&definition.block) || !read_before.contains(&definition.block));
}

/// The jaxprs to which equations of a program refer by name.
fn named(program: &Program) -> FxHashSet<BlockId> {
    let mut named = FxHashSet::default();
    let mut seen = FxHashSet::default();
    let mut stack: Vec<BlockId> = program.root.iter().map(|_| program.main()).collect();
    while let Some(block) = stack.pop() {
        if !seen.insert(block) {
            continue;
        }
        for &eqn in &program.blocks[block].eqns {
            for (_, jaxpr) in program.params(eqn).jaxprs() {
                stack.push(jaxpr.block());
                if let JaxprRef::Shared(..) = jaxpr {
                    named.insert(jaxpr.block());
                }
            }
        }
    }
    named
}
