//! Gives a `cond` other branches, and takes from it what nobody reads.

use super::sweep::{Uses, reads, sweep, unread_outputs};
use crate::ir::{Atom, BlockId, EqnId, JaxprRef, ParamValue, Program, ValueId};

/// The branches of a `cond`.
pub(crate) fn branches(program: &Program, cond: EqnId) -> Vec<BlockId> {
    program
        .params(cond)
        .jaxprs()
        .map(|(_, jaxpr)| jaxpr.block())
        .collect()
}

/// Lets a `cond` choose among other branches, to which it hands `operands`. Branches that it has already keep their names.
pub(crate) fn set_branches(program: &mut Program, cond: EqnId, branches: &[BlockId], operands: &[Atom]) {
    let mut params = program.params(cond).clone();
    let known: Vec<JaxprRef> = params.jaxprs().map(|(_, jaxpr)| jaxpr).collect();
    let reference = |&block: &BlockId| {
        let known = known.iter().copied().find(|jaxpr| jaxpr.block() == block);
        known.unwrap_or(JaxprRef::Inline(block))
    };
    for (key, value) in &mut params.0 {
        match program.symbols.text(*key) {
            "branches" => {
                *value = ParamValue::Jaxprs(branches.iter().map(reference).collect());
            }
            "linear" => *value = ParamValue::Tuple(vec![ParamValue::Bool(false); operands.len()].into()),
            _ => {}
        }
    }
    program.eqns[cond].params = program.params.intern(params);
    let index = program.inputs(cond)[0];
    program.set_inputs(cond, &[&[index], operands].concat());
}

/// Takes the results in `unread` from a `cond`, and then the operands that no branch reads any more. No other equation may
/// refer to its branches.
pub(crate) fn drop_unread(program: &mut Program, cond: EqnId, unread: &[ValueId]) {
    let bodies = branches(program, cond);
    let results = program.outputs(cond).to_vec();
    let mut uses = Uses::default();
    for &body in &bodies {
        let unread_before = unread_outputs(program, body, &mut uses);
        let outputs = program.blocks[body].outputs.iter().zip(&results);
        let outputs = outputs.filter(|(_, result)| !unread.contains(result));
        let outputs = outputs.map(|(&output, _)| output).collect();
        program.blocks[body].outputs = outputs;
        sweep(program, body, &unread_before, &mut uses);
    }
    let results: Vec<ValueId> = results
        .into_iter()
        .filter(|result| !unread.contains(result))
        .collect();
    program.set_outputs(cond, &results);
    drop_operands(program, cond, &bodies);
}

fn drop_operands(program: &mut Program, cond: EqnId, bodies: &[BlockId]) {
    let operands = program.inputs(cond)[1..].to_vec();
    let mut is_read = vec![false; operands.len()];
    for &body in bodies {
        let read = reads(program, body);
        let inputs = program.blocks[body].inputs.iter();
        for (is_read, input) in is_read.iter_mut().zip(inputs) {
            *is_read |= read.contains(input);
        }
    }
    for &body in bodies {
        let mut kept = is_read.iter();
        program.blocks[body]
            .inputs
            .retain(|_| kept.next().copied().unwrap_or(true));
    }
    let operands: Vec<Atom> = operands
        .into_iter()
        .zip(is_read)
        .filter_map(|(operand, is_read)| is_read.then_some(operand))
        .collect();
    set_branches(program, cond, bodies, &operands);
}
