//! Copies a jaxpr, so that one of the equations that share it has its own. Nothing in the copy is changed.

use rustc_hash::{FxHashMap, FxHashSet};

use super::inline::{keep_place, rename};
use crate::ir::{Atom, Block, BlockId, EqnId, Program, ValueId};

/// Jaxprs to which several equations refer, so that they cannot be changed for one of them.
pub(crate) fn shared_bodies(program: &Program) -> FxHashSet<BlockId> {
    let mut seen = FxHashSet::default();
    let mut shared = FxHashSet::default();
    for (_, block) in program.blocks.iter() {
        for &eqn in &block.eqns {
            for (_, jaxpr) in program.params(eqn).jaxprs() {
                if !seen.insert(jaxpr.block()) {
                    shared.insert(jaxpr.block());
                }
            }
        }
    }
    shared
}

/// A jaxpr with the equations of another and variables of its own. The jaxprs within it are not copied.
pub(crate) fn copy(program: &mut Program, block: BlockId) -> BlockId {
    let old = program.blocks[block].clone();
    let mut renamed = FxHashMap::default();
    let consts = bind(program, &mut renamed, &old.consts);
    let inputs = bind(program, &mut renamed, &old.inputs);
    let mut eqns = Vec::with_capacity(old.eqns.len());
    for &eqn in &old.eqns {
        let operands = program.inputs(eqn).iter();
        let operands: Vec<Atom> = operands.map(|&atom| rename(&renamed, atom)).collect();
        let results = program.outputs(eqn).to_vec();
        let results = bind(program, &mut renamed, &results);
        let equation = program.eqns[eqn];
        let copy = program.add_eqn(equation.primitive, equation.params, &operands, &results);
        keep_place(program, eqn, copy);
        eqns.push(copy);
    }
    let outputs = old.outputs.iter().map(|&atom| rename(&renamed, atom));
    let outputs = outputs.collect();
    program.blocks.push(Block {
        consts,
        inputs,
        eqns,
        outputs,
        ..old
    })
}

/// An equation like another, which binds the same variables: it is to stand in another jaxpr.
pub(crate) fn repeat(program: &mut Program, eqn: EqnId) -> EqnId {
    let (inputs, outputs) = (program.inputs(eqn).to_vec(), program.outputs(eqn).to_vec());
    let equation = program.eqns[eqn];
    let again = program.add_eqn(equation.primitive, equation.params, &inputs, &outputs);
    keep_place(program, eqn, again);
    again
}

fn bind(program: &mut Program, renamed: &mut FxHashMap<ValueId, Atom>, values: &[ValueId]) -> Vec<ValueId> {
    let mut copies = Vec::with_capacity(values.len());
    for &value in values {
        let (name, ty) = (program.values[value].name, program.values[value].ty);
        let copy = program.add_value(name, ty);
        renamed.insert(value, Atom::Value(copy));
        copies.push(copy);
    }
    copies
}
