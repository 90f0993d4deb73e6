//! What is won: the variables that are to be computed another way, because somebody reads them as they are.

use rustc_hash::FxHashSet;

use super::Lifter;
use super::nodes::NodeId;
use crate::ir::{Atom, BlockId, EqnId, ValueId};
use crate::schema::{self, Purity};

/// A variable, and the expression that is to be computed in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The index of its equation in the block.
    pub(super) index: usize,
    /// The variable.
    pub(super) value: ValueId,
    /// What it is to hold.
    pub(super) node: NodeId,
}

/// The variables to compute another way, in the order of their equations.
///
/// Goes back from the results of the block and from equations that do more than compute. An equation whose
/// operands are only read as mantissas and scales needs none of them.
pub(super) fn wanted(lifter: &mut Lifter<'_>, block: BlockId) -> Vec<Wanted> {
    if lifter.improved.is_empty() && lifter.lifts.values().all(|lift| !lift.merit.won) {
        return Vec::new();
    }
    let mut demand = Demand {
        needed: FxHashSet::default(),
        seen: FxHashSet::default(),
    };
    let found = lifter.program.blocks[block].clone();
    demand.atoms(&found.outputs);
    let mut wanted = Vec::new();
    for (index, &eqn) in found.eqns.iter().enumerate().rev() {
        let mut kept = has_effect(lifter, eqn);
        for value in lifter.program.outputs(eqn).to_vec() {
            if !demand.needed.contains(&value) {
                continue;
            }
            match better(lifter, value) {
                Some(node) => {
                    demand.leaves(lifter, node, index as u32 + 1);
                    wanted.push(Wanted { index, value, node });
                }
                None => kept = true,
            }
        }
        if kept {
            demand.atoms(lifter.program.inputs(eqn));
        }
    }
    wanted.reverse();
    wanted
}

/// The expression that is better than what the program computes for a variable.
fn better(lifter: &mut Lifter<'_>, value: ValueId) -> Option<NodeId> {
    if let Some(&node) = lifter.improved.get(&value) {
        return Some(node);
    }
    let lift = lifter.lifts.get(&value)?.clone();
    let ty = lifter.program.values[value].ty;
    lifter.better(&lift, ty)
}

fn has_effect(lifter: &Lifter<'_>, eqn: EqnId) -> bool {
    let row = schema::primitive(lifter.program.primitive(eqn));
    row.is_none_or(|row| !matches!(row.purity, Purity::Pure | Purity::Bodies | Purity::Collective))
}

struct Demand {
    needed: FxHashSet<ValueId>,
    seen: FxHashSet<NodeId>,
}

impl Demand {
    fn atoms(&mut self, atoms: &[Atom]) {
        self.needed.extend(atoms.iter().filter_map(|atom| atom.value()));
    }

    /// The variables that the equations of an expression will read.
    fn leaves(&mut self, lifter: &Lifter<'_>, node: NodeId, position: u32) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            match lifter.nodes.home(node).filter(|home| home.position < position) {
                Some(home) => self.atoms(&[home.atom]),
                None if self.seen.insert(node) => stack.extend(lifter.nodes.inputs(node)),
                None => {}
            }
        }
    }
}
