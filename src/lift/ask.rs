//! Which values are asked for their relative size: a logarithm or a quotient tells 1e-300 from 0, a sum does not.

use super::Lifter;
use super::loops::pairs;
use crate::analysis::transparent_body;
use crate::ir::{Atom, BlockId, EqnId, Id as _, ParamValue, Program};

impl Lifter<'_> {
    /// Goes back over a block from its results, which are asked for their relative size where `asked` says so.
    pub(super) fn ask(&mut self, block: BlockId, asked: &[bool]) {
        let Self {
            program, relative, ..
        } = self;
        let block = &program.blocks[block];
        let outputs = block.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
        for value in outputs.chain(&block.inputs) {
            relative[value.index()] = false;
        }
        for (value, _) in block.outputs.iter().zip(asked).filter(|(_, asked)| **asked) {
            if let Some(value) = value.value() {
                relative[value.index()] = true;
            }
        }
        for &eqn in block.eqns.iter().rev() {
            let passes = self
                .rows
                .get(program.eqns[eqn].primitive.index())
                .copied()
                .flatten();
            let is_asked = program.outputs(eqn).iter().any(|output| relative[output.index()]);
            let body = transparent_body(program, eqn);
            let all = body.is_some_and(|body| is_asked || self.dividing.get(body.index()) == Some(&true));
            for (index, atom) in program.inputs(eqn).iter().enumerate() {
                let Some(value) = atom.value() else { continue };
                let passes = passes.is_some() && is_asked && keeps_relative_size(program, eqn, index);
                relative[value.index()] |= all || passes || divides(program, eqn, index);
            }
        }
    }
}

/// For each block whether it takes logarithms or divides, itself or in calls that can be looked into.
pub(super) fn dividing_blocks(program: &Program) -> Vec<bool> {
    let mut found = vec![false; program.blocks.len()];
    for &block in crate::analysis::Calls::of(program).inner_first() {
        found[block.index()] = program.blocks[block].eqns.iter().any(|&eqn| {
            (0..program.inputs(eqn).len()).any(|index| divides(program, eqn, index))
                || transparent_body(program, eqn).is_some_and(|body| found[body.index()])
        });
    }
    found
}

/// Whether an equation takes the logarithm of an operand, or divides by it.
fn divides(program: &Program, eqn: EqnId, operand: usize) -> bool {
    match program.primitive(eqn) {
        "log" | "rsqrt" | pairs::SCALE | pairs::MANTISSA => true,
        "div" => operand == 1,
        "integer_pow" => matches!(program.param(eqn, "y"), Some(&ParamValue::Int(y)) if y < 0),
        _ => false,
    }
}

/// Whether the relative size of a result is a matter of that of an operand: not of an exponent, of which the absolute size
/// decides, and not of what a number is added to, as the epsilon below which nothing is to be told apart.
fn keeps_relative_size(program: &Program, eqn: EqnId, operand: usize) -> bool {
    match program.primitive(eqn) {
        "exp" | "exp2" | "logistic" => false,
        "pow" => operand == 0,
        "add" | "add_any" | "sub" => !program
            .inputs(eqn)
            .iter()
            .any(|&atom| is_nonzero_number(program, atom)),
        _ => true,
    }
}

fn is_nonzero_number(program: &Program, atom: Atom) -> bool {
    let number = |literal| program.literals[literal].value.as_f64();
    atom.literal()
        .and_then(number)
        .is_some_and(|number| number != 0.0)
}
