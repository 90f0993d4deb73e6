//! Drops what a rewrite left without readers. What had none before stays: JAX printed it, and it is not ours.

use crate::ir::{Atom, BlockId, EqnId, Id as _, Program};
use crate::schema::{self, Purity};

/// How many readers each variable of a block has, by the variable's index.
pub(super) fn count_uses(program: &Program, eqns: &[EqnId], outputs: &[Atom], uses: &mut Vec<u32>) {
    uses.clear();
    uses.resize(program.values.len(), 0);
    let read = eqns.iter().flat_map(|&eqn| program.inputs(eqn)).chain(outputs);
    for value in read.filter_map(|atom| atom.value()) {
        uses[value.index()] += 1;
    }
}

/// Removes pure equations of `block` that were read in `before` and are read no more.
pub(super) fn sweep(program: &mut Program, block: BlockId, before: &[u32]) {
    let mut uses = Vec::new();
    count_uses(
        program,
        &program.blocks[block].eqns,
        &program.blocks[block].outputs,
        &mut uses,
    );
    let mut kept = Vec::with_capacity(program.blocks[block].eqns.len());
    for &eqn in program.blocks[block].eqns.iter().rev() {
        let outputs = program.outputs(eqn);
        let unread = outputs.iter().all(|value| uses[value.index()] == 0);
        // A variable that did not exist before belongs to a replacement.
        let was_read = outputs
            .iter()
            .any(|value| before.get(value.index()).is_none_or(|&count| count > 0));
        if unread && was_read && !outputs.is_empty() && is_pure(program, eqn) {
            for value in program.inputs(eqn).iter().filter_map(|atom| atom.value()) {
                uses[value.index()] -= 1;
            }
        } else {
            kept.push(eqn);
        }
    }
    kept.reverse();
    program.blocks[block].eqns = kept;
}

/// Whether nothing but its outputs would be missed; a call is as pure as its bodies.
pub(super) fn is_pure(program: &Program, eqn: EqnId) -> bool {
    match schema::primitive(program.primitive(eqn)).map(|row| row.purity) {
        Some(Purity::Pure) => true,
        Some(Purity::Bodies) => {
            program.params(eqn).listings().is_empty()
                && program.params(eqn).jaxprs().all(|(_, jaxpr)| {
                    program.blocks[jaxpr.block()]
                        .eqns
                        .iter()
                        .all(|&eqn| is_pure(program, eqn))
                })
        }
        _ => false,
    }
}

/// Replaces reads of variables throughout a block.
pub(super) fn substitute(program: &mut Program, block: BlockId, replaced: &[(crate::ir::ValueId, Atom)]) {
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
    let outputs = program.blocks[block]
        .outputs
        .iter()
        .map(|&atom| look_up(atom))
        .collect();
    program.blocks[block].outputs = outputs;
}
