//! Drops what a rewrite left without readers. What had none before stays: JAX printed it, and it is not ours.

use rustc_hash::FxHashSet;

use crate::ir::{Atom, Block, BlockId, EqnId, Id as _, Program, ValueId};
use crate::schema::{self, Purity};

/// Counts the readers of the variables of one block at a time, in a table as long as the program.
#[derive(Debug, Default)]
pub(super) struct Uses {
    counts: Vec<u32>,
}

impl Uses {
    /// Counts the readers in a list of equations and results.
    fn count(&mut self, program: &Program, eqns: &[EqnId], outputs: &[Atom]) {
        self.counts.resize(program.values.len(), 0);
        for value in reads(program, eqns, outputs) {
            self.counts[value.index()] += 1;
        }
    }

    /// Takes a count back, which costs as much as counting and not as much as the program is long.
    fn clear(&mut self, program: &Program, eqns: &[EqnId], outputs: &[Atom]) {
        for value in reads(program, eqns, outputs) {
            self.counts[value.index()] = 0;
        }
    }
}

fn reads<'p>(program: &'p Program, eqns: &'p [EqnId], outputs: &'p [Atom]) -> impl Iterator<Item = ValueId> + 'p {
    eqns.iter().flat_map(|&eqn| program.inputs(eqn)).chain(outputs).filter_map(|atom| atom.value())
}

/// Outputs of equations of a block that nobody reads before anything is done to it.
pub(super) fn unread_outputs(program: &Program, block: BlockId, uses: &mut Uses) -> FxHashSet<ValueId> {
    let Block { eqns, outputs, .. } = &program.blocks[block];
    uses.count(program, eqns, outputs);
    let bound = eqns.iter().flat_map(|&eqn| program.outputs(eqn));
    let unread = bound.copied().filter(|value| uses.counts[value.index()] == 0).collect();
    uses.clear(program, eqns, outputs);
    unread
}

/// Removes pure equations of `block` none of whose outputs is read, unless none was `unread_before` either.
pub(super) fn sweep(program: &mut Program, block: BlockId, unread_before: &FxHashSet<ValueId>, uses: &mut Uses) {
    let Block { eqns, outputs: results, .. } = program.blocks[block].clone();
    uses.count(program, &eqns, &results);
    let mut kept = Vec::with_capacity(eqns.len());
    for &eqn in eqns.iter().rev() {
        let outputs = program.outputs(eqn);
        let unread = outputs.iter().all(|value| uses.counts[value.index()] == 0);
        let was_read = outputs.iter().any(|value| !unread_before.contains(value));
        if unread && was_read && is_pure(program, eqn) {
            for value in program.inputs(eqn).iter().filter_map(|atom| atom.value()) {
                uses.counts[value.index()] -= 1;
            }
        } else {
            kept.push(eqn);
        }
    }
    uses.clear(program, &eqns, &results);
    kept.reverse();
    program.blocks[block].eqns = kept;
}

/// Whether nothing but its outputs would be missed; a call is as pure as its bodies.
pub(super) fn is_pure(program: &Program, eqn: EqnId) -> bool {
    match schema::primitive(program.primitive(eqn)).map(|row| row.purity) {
        Some(Purity::Pure) => true,
        Some(Purity::Bodies) => {
            program.params(eqn).listings().is_empty()
                && program
                    .params(eqn)
                    .jaxprs()
                    .all(|(_, jaxpr)| program.blocks[jaxpr.block()].eqns.iter().all(|&eqn| is_pure(program, eqn)))
        }
        _ => false,
    }
}

/// Replaces reads of variables throughout a block.
pub(super) fn substitute(program: &mut Program, block: BlockId, replaced: &[(ValueId, Atom)]) {
    if replaced.is_empty() {
        return;
    }
    let table: rustc_hash::FxHashMap<_, _> = replaced.iter().copied().collect();
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
    let outputs = program.blocks[block].outputs.iter().map(|&atom| look_up(atom)).collect();
    program.blocks[block].outputs = outputs;
}
