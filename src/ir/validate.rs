//! What holds for every program between passes: each variable is bound once, before it is read, in its own block.

use super::program::{Atom, BlockId, EqnId, Program, ValueId};
use rustc_hash::FxHashSet;

use super::id::Id;

/// A broken invariant; always a bug in jaxpeep, never in the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIr {
    /// A variable is bound twice in a block.
    #[error("{name} is bound twice in {block:?}")]
    BoundTwice {
        /// The block.
        block: BlockId,
        /// Its printed name.
        name: String,
    },
    /// A variable is read before it is bound, or outside its block.
    #[error("{reader:?} of {block:?} reads {name}, which is not bound there")]
    NotBound {
        /// The block.
        block: BlockId,
        /// The equation, or `None` for the block's results.
        reader: Option<EqnId>,
        /// Its printed name.
        name: String,
    },
}

/// Checks all blocks; an empty answer means that the program is sound.
pub fn validate(program: &Program) -> Vec<InvalidIr> {
    let unresolved: FxHashSet<ValueId> = program.unresolved.iter().copied().collect();
    let mut faults = Vec::new();
    // Marks are per block: a value belongs to exactly one, so one table serves all of them.
    let mut bound_in = vec![u32::MAX; program.values.len()];
    for (id, block) in program.blocks.iter() {
        bind(
            program,
            id,
            block.consts.iter().chain(&block.inputs),
            &mut bound_in,
            &mut faults,
        );
        for &eqn in &block.eqns {
            check_reads(
                program,
                id,
                Some(eqn),
                program.inputs(eqn),
                &bound_in,
                &unresolved,
                &mut faults,
            );
            bind(
                program,
                id,
                program.outputs(eqn).iter(),
                &mut bound_in,
                &mut faults,
            );
        }
        check_reads(
            program,
            id,
            None,
            &block.outputs,
            &bound_in,
            &unresolved,
            &mut faults,
        );
    }
    faults
}

fn bind<'a>(
    program: &Program,
    block: BlockId,
    values: impl Iterator<Item = &'a ValueId>,
    bound_in: &mut [u32],
    faults: &mut Vec<InvalidIr>,
) {
    for &value in values {
        if bound_in[value.index()] != u32::MAX {
            faults.push(InvalidIr::BoundTwice {
                block,
                name: program.name(value),
            });
        }
        bound_in[value.index()] = block.index() as u32;
    }
}

fn check_reads(
    program: &Program,
    block: BlockId,
    reader: Option<EqnId>,
    atoms: &[Atom],
    bound_in: &[u32],
    unresolved: &FxHashSet<ValueId>,
    faults: &mut Vec<InvalidIr>,
) {
    for value in atoms.iter().filter_map(|atom| atom.value()) {
        if bound_in[value.index()] != block.index() as u32 && !unresolved.contains(&value) {
            faults.push(InvalidIr::NotBound {
                block,
                reader,
                name: program.name(value),
            });
        }
    }
}
