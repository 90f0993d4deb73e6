//! Puts the body of one call where the call stands. The body itself is not changed: other calls may share it.

use rustc_hash::FxHashMap;

use crate::analysis::{Definitions, handed_over};
use crate::ir::{Atom, BlockId, EqnId, Program, ValueId, VarName};

/// Equations that take the place of a call, and what its outputs are where no equation takes them over.
pub(crate) struct Inlined {
    /// The equations, in order.
    pub eqns: Vec<EqnId>,
    /// Outputs of the call, and what is read in their place.
    pub substitutions: Vec<(ValueId, Atom)>,
}

/// Copies `body`, which must be the body of the transparent call `call`.
///
/// The equation that makes a result of the body binds the call's output, so that nobody who reads it changes.
/// A result that is an input or a literal, or that is returned twice, has no equation of its own; it is given
/// back as a substitution.
pub(crate) fn inline(
    program: &mut Program,
    definitions: &mut Definitions,
    call: EqnId,
    body: BlockId,
) -> Inlined {
    let block = program.blocks[body].clone();
    let arguments = handed_over(program, call).to_vec();
    let outputs = program.outputs(call).to_vec();
    let mut renamed: FxHashMap<ValueId, Atom> = block.inputs.iter().copied().zip(arguments).collect();
    let mut taken: FxHashMap<ValueId, ValueId> = FxHashMap::default();
    for (&output, &result) in outputs.iter().zip(&block.outputs) {
        if let Atom::Value(value) = result
            && !renamed.contains_key(&value)
        {
            taken.entry(value).or_insert(output);
        }
    }
    let mut eqns = Vec::with_capacity(block.eqns.len());
    for &eqn in &block.eqns {
        let inputs: Vec<Atom> = program
            .inputs(eqn)
            .iter()
            .map(|&atom| rename(&renamed, atom))
            .collect();
        let mut bound = Vec::new();
        for value in program.outputs(eqn).to_vec() {
            let ty = program.values[value].ty;
            let new = taken
                .get(&value)
                .copied()
                .unwrap_or_else(|| program.add_value(VarName::UNDERSCORE, ty));
            renamed.insert(value, Atom::Value(new));
            bound.push(new);
        }
        let equation = program.eqns[eqn];
        let copy = program.add_eqn(equation.primitive, equation.params, &inputs, &bound);
        keep_place(program, eqn, copy);
        definitions.define(program, copy);
        eqns.push(copy);
    }
    let substitutions = outputs
        .iter()
        .zip(&block.outputs)
        .filter_map(|(&output, &result)| {
            let atom = rename(&renamed, result);
            (atom != Atom::Value(output)).then_some((output, atom))
        })
        .collect();
    Inlined { eqns, substitutions }
}

pub(super) fn rename(renamed: &FxHashMap<ValueId, Atom>, atom: Atom) -> Atom {
    match atom {
        Atom::Value(value) => renamed.get(&value).copied().unwrap_or(atom),
        Atom::Literal(_) => atom,
    }
}

/// A copy stands in messages where its original does, and carries the same comments.
pub(super) fn keep_place(program: &mut Program, original: EqnId, copy: EqnId) {
    use crate::ir::Id as _;
    let span = program.span(original);
    program.spans.resize(copy.index(), crate::span::Span::default());
    program.spans.push(span);
    if let Some(&notes) = program.notes.get(&original) {
        program.notes.insert(copy, notes);
    }
}
