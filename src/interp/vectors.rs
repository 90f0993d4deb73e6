//! Which results are eigenvectors or singular vectors, whose signs are arbitrary.

use crate::ir::{Atom, BlockId, EqnId, Program, ValueId};
use crate::schema::{Port, bodies, params};

/// Calls inside one another, deeper than any printed ones.
const DEEPEST: usize = 64;

/// For each output of a program, how many axes from the end the axis is along which a vector of arbitrary sign runs;
/// `None` for outputs that are no such vectors, as far as calls and what moves whole vectors can be followed.
pub(crate) fn vector_axes(program: &Program) -> Vec<Option<usize>> {
    let main = program.main();
    let outputs = program.blocks[main].outputs.iter();
    outputs.map(|&atom| axis(program, main, atom, DEEPEST)).collect()
}

fn axis(program: &Program, block: BlockId, atom: Atom, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let (eqn, index) = definition(program, block, atom.value()?)?;
    let operand = || axis(program, block, *program.inputs(eqn).first()?, depth);
    match program.primitive(eqn) {
        // Vectors stand in the columns of all but the right singular ones, which are conjugated rows.
        "eigh" => (index == 0).then_some(1),
        "svd" => [None, Some(1), Some(0)].get(index).copied().flatten(),
        "eig" => (index > 0).then_some(1),
        "copy" | "copy_p" | "stop_gradient" | "neg" | "slice" | "conj" => operand(),
        "transpose" => {
            let order = params::indices(&program.symbols, program.param(eqn, "permutation")?)?;
            let old = order.len().checked_sub(1)?.checked_sub(operand()?)?;
            let new = order.iter().position(|&axis| axis == old)?;
            Some(order.len() - 1 - new)
        }
        _ => {
            let found = bodies(program, eqn)?;
            let [body] = found.as_slice() else { return None };
            let result = body.outputs.iter().position(|&port| port == Port::Whole(index))?;
            axis(
                program,
                body.block,
                *program.blocks[body.block].outputs.get(result)?,
                depth,
            )
        }
    }
}

/// The equation of a block that binds a variable, and which of its outputs it is.
fn definition(program: &Program, block: BlockId, value: ValueId) -> Option<(EqnId, usize)> {
    program.blocks[block].eqns.iter().find_map(|&eqn| {
        let index = program.outputs(eqn).iter().position(|&output| output == value)?;
        Some((eqn, index))
    })
}
