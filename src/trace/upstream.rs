//! What an operand is computed from, through calls, loops and branches; the nearest first.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{Atom, EqnId, Program, ValueId};
use crate::schema::bodies;

/// Where the values of a program come from.
pub(super) struct Upstream<'p> {
    program: &'p Program,
    /// The equation that binds a variable.
    bound: FxHashMap<ValueId, EqnId>,
    /// What a variable is another name of: the result of a body, or an operand of the equation that runs it.
    same: FxHashMap<ValueId, Vec<Atom>>,
}

/// What something is computed from.
#[derive(Default)]
pub(super) struct Found {
    /// Equations.
    pub(super) eqns: Vec<EqnId>,
    /// Inputs, constvars and literals.
    pub(super) leaves: Vec<Atom>,
}

/// Equations that one question looks at.
const MOST: usize = 400;

impl<'p> Upstream<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let mut bound = FxHashMap::default();
        let mut same: FxHashMap<ValueId, Vec<Atom>> = FxHashMap::default();
        for (_, block) in program.blocks.iter() {
            for &eqn in &block.eqns {
                let (inputs, outputs) = (program.inputs(eqn), program.outputs(eqn));
                bound.extend(outputs.iter().map(|&value| (value, eqn)));
                for body in bodies(program, eqn).unwrap_or_default() {
                    let code = &program.blocks[body.block];
                    for (&value, port) in code.inputs.iter().zip(&body.inputs) {
                        let operand = port.index().and_then(|index| inputs.get(index));
                        same.entry(value).or_default().extend(operand);
                    }
                    for (&atom, port) in code.outputs.iter().zip(&body.outputs) {
                        if let Some(&value) = port.index().and_then(|index| outputs.get(index)) {
                            same.entry(value).or_default().push(atom);
                        }
                    }
                }
            }
        }
        Self { program, bound, same }
    }

    /// What `atoms` are computed from. Beyond equations that `stops`, and beyond a number of them, nothing is looked
    /// for.
    pub(super) fn of(&self, atoms: &[Atom], stops: impl Fn(EqnId) -> bool) -> Found {
        let mut found = Found::default();
        let mut seen = FxHashSet::default();
        let mut queue: VecDeque<Atom> = atoms.iter().copied().collect();
        while let Some(atom) = queue.pop_front() {
            if !seen.insert(atom) {
                continue;
            }
            let Some(value) = atom.value() else {
                found.leaves.push(atom);
                continue;
            };
            if let Some(atoms) = self.same.get(&value) {
                queue.extend(atoms);
            } else if let Some(&eqn) = self.bound.get(&value) {
                if found.eqns.len() == MOST {
                    break;
                }
                found.eqns.push(eqn);
                if !stops(eqn) {
                    queue.extend(self.program.inputs(eqn));
                }
            } else {
                found.leaves.push(atom);
            }
        }
        found
    }
}
