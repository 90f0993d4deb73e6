//! Takes from `cond`s what nobody reads since later branches compute it again.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::join::{Joined, is_same_choice};
use crate::analysis::handed_over;
use crate::edit::{Builder, Memo, Uses, branches, drop_unread, reads, sweep, unread_outputs};
use crate::ir::{Atom, BlockId, EqnId, Id as _, Program, ValueId};
use crate::schema::Version;

/// Takes from the `cond`s that were joined what nobody reads any more.
pub(super) fn tidy(original: &Program, program: &mut Program, joined: &[Joined], version: Version) {
    let mut conds: BTreeMap<BlockId, FxHashSet<EqnId>> = BTreeMap::new();
    for joined in joined {
        let conds = conds.entry(joined.block).or_default();
        conds.extend(joined.earlier.iter().chain([&joined.cond]));
    }
    // Branches within branches come after these, and are done first.
    for (block, conds) in conds.into_iter().rev() {
        let is_new = block.index() >= original.blocks.len();
        // From the last to the first, because the last is given what the first hands on.
        let mut order = program.blocks[block].eqns.clone();
        order.retain(|eqn| conds.contains(eqn));
        for &cond in order.iter().rev() {
            hand_on_zeros(program, block, cond, joined, version);
            let read = reads(program, block);
            let mut unread = program.outputs(cond).to_vec();
            unread.retain(|result| !read.contains(result));
            if !is_new {
                let read_before = reads(original, block);
                unread.retain(|result| read_before.contains(result));
            }
            drop_unread(program, cond, &unread);
        }
        let mut uses = Uses::default();
        let unread_before = if is_new {
            Vec::new()
        } else {
            unread_outputs(original, block, &mut uses)
        };
        sweep(program, block, &unread_before, &mut uses);
    }
}

/// Lets branches hand on zeros, as those of JAX do, in the place of residuals that only other branches read.
fn hand_on_zeros(program: &mut Program, block: BlockId, cond: EqnId, joined: &[Joined], version: Version) {
    let mut memo = Memo::default();
    let mut uses = Uses::default();
    let repeated: FxHashSet<usize> = joined
        .iter()
        .filter(|joined| joined.earlier.contains(&cond))
        .map(|joined| joined.branch)
        .collect();
    let bodies = branches(program, cond).into_iter().enumerate();
    for (branch, body) in bodies.filter(|(branch, _)| repeated.contains(branch)) {
        let unread_before = unread_outputs(program, body, &mut uses);
        for (index, result) in program.outputs(cond).to_vec().into_iter().enumerate() {
            if is_read_in(program, block, cond, branch, result) {
                continue;
            }
            let mut builder = Builder::new(program, &mut memo, version);
            let Some(zeros) = zeros(&mut builder, result) else {
                continue;
            };
            let eqns = builder.eqns;
            program.blocks[body].eqns.extend(eqns);
            program.blocks[body].outputs[index] = zeros;
        }
        sweep(program, body, &unread_before, &mut uses);
    }
}

fn zeros(builder: &mut Builder<'_>, like: ValueId) -> Option<Atom> {
    let array = builder.program.type_of(like).as_array().cloned()?;
    let is_plain = array.dtype.is_float() && array.manual_axes.is_none();
    let zero = is_plain.then(|| builder.literal(0.0, array.dtype))?;
    builder.broadcast(zero, &[], array.shape.to_vec()).ok()
}

/// Whether anything but other branches reads a result of a `cond`, if that has chosen the branch of this index.
fn is_read_in(program: &Program, block: BlockId, cond: EqnId, branch: usize, result: ValueId) -> bool {
    let found = &program.blocks[block];
    let atom = Atom::Value(result);
    let mut eqns = found
        .eqns
        .iter()
        .filter(|&&eqn| program.inputs(eqn).contains(&atom));
    let reads_it = |&eqn: &EqnId| {
        if program.primitive(eqn) != "cond" || !is_same_choice(program, eqn, cond) {
            return true;
        }
        let body = branches(program, eqn)[branch];
        let read = reads(program, body);
        let inputs = program.blocks[body].inputs.iter().zip(handed_over(program, eqn));
        inputs
            .into_iter()
            .any(|(input, &operand)| operand == atom && read.contains(input))
    };
    found.outputs.contains(&atom) || eqns.any(reads_it)
}
