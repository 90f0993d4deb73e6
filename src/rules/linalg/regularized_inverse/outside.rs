//! What the inputs of a jaxpr are to those who call it.
//!
//! In the gradient of a loop JAX computes an identity once outside and hands it in, and a ridge is often added
//! before a function is called. The answer is for every call at once, since they share the jaxpr.

use rustc_hash::FxHashMap;

use crate::ir::{Atom, BlockId, EqnId, ParamValue, Params, ParamsId, Program, ValueId};
use crate::schema::params::ScanShape;
use crate::schema::{self, Port};

/// For inputs that are the same throughout a jaxpr, the operands of its callers, one each.
///
/// They are read before anything is rewritten. A rewrite keeps the values of operands, so what was found stays true.
#[derive(Default)]
pub(super) struct Outside(FxHashMap<ValueId, Vec<Atom>>);

/// The equations that run `block`, also those that were replaced.
pub(super) fn callers(program: &Program, block: BlockId) -> impl Iterator<Item = EqnId> {
    let runs = |params: &Params| params.jaxprs().any(|(_, jaxpr)| jaxpr.block() == block);
    let params: Vec<ParamsId> = program
        .params
        .iter()
        .filter(|(_, params)| runs(params))
        .map(|(id, _)| id)
        .collect();
    program
        .eqns
        .iter()
        .filter(move |(_, eqn)| params.contains(&eqn.params))
        .map(|(id, _)| id)
}

impl Outside {
    /// Reads all equations.
    pub(super) fn of(program: &Program) -> Self {
        let mut outside = Self::default();
        for (_, block) in program.blocks.iter() {
            for &eqn in &block.eqns {
                outside.add(program, eqn);
            }
        }
        outside
    }

    /// What the callers hand over as this input; empty if that is not known.
    pub(super) fn operands(&self, input: ValueId) -> &[Atom] {
        self.0.get(&input).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, program: &Program, eqn: EqnId) {
        if program.params(eqn).jaxprs().next().is_none() {
            return;
        }
        for body in schema::bodies(program, eqn).unwrap_or_default() {
            for (&input, &port) in program.blocks[body.block].inputs.iter().zip(&body.inputs) {
                match port {
                    Port::Whole(index) if stays(program, eqn, index) => {
                        self.0
                            .entry(input)
                            .or_default()
                            .extend(program.inputs(eqn).get(index));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Whether an operand is the same in all iterations.
fn stays(program: &Program, eqn: EqnId, operand: usize) -> bool {
    let count = |name: &str| match program.param(eqn, name) {
        Some(&ParamValue::Int(count)) => usize::try_from(count).ok(),
        _ => None,
    };
    match program.primitive(eqn) {
        "scan" => {
            let (inputs, outputs) = (program.inputs(eqn).len(), program.outputs(eqn).len());
            ScanShape::read(program, program.params(eqn), inputs, outputs)
                .is_some_and(|shape| operand < shape.consts)
        }
        "while" => count("cond_nconsts")
            .zip(count("body_nconsts"))
            .is_some_and(|(one, other)| operand < one + other),
        _ => true,
    }
}
