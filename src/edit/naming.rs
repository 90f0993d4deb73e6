//! Names for variables of new equations.

use rustc_hash::FxHashSet;

use crate::ir::{Id as _, Program, ValueId, VarName, VarNames};

/// What a program calls its variables before equations are added to it.
#[derive(Debug)]
pub(crate) struct Known {
    values: usize,
    /// Variables called `_` that are read: JAX prints some so, and they keep the name.
    read: FxHashSet<ValueId>,
}

impl Known {
    /// Of a program as it is.
    pub(crate) fn of(program: &Program) -> Self {
        Self {
            values: program.values.len(),
            read: read_underscores(program),
        }
    }
}

/// Names the variables of new equations in the order of the text, and those that were called `_` because nobody read
/// them; until now all of them were called `_`.
///
/// `known` is what the program was before equations were added.
pub(crate) fn name_new(program: &mut Program, known: &Known) {
    let mut read = read_underscores(program);
    read.retain(|value| !known.read.contains(value));
    let known = known.values;
    if program.values.len() == known && read.is_empty() {
        return;
    }
    let mut names = VarNames::default();
    for (_, value) in program.values.iter().take(known) {
        names.skip_past(value.name);
    }
    let Program {
        blocks,
        eqns,
        results,
        values,
        ..
    } = program;
    for (_, block) in blocks.iter() {
        let bound = block
            .eqns
            .iter()
            .flat_map(|&eqn| &results[eqns[eqn].outputs.indices()]);
        for value in block.inputs.iter().chain(bound) {
            let nameless = values[*value].name == VarName::UNDERSCORE;
            if nameless && (value.index() >= known || read.contains(value)) {
                values[*value].name = names.fresh();
            }
        }
    }
}

/// Variables called `_` that are read after all.
fn read_underscores(program: &Program) -> FxHashSet<ValueId> {
    let blocks = program.blocks.iter();
    let operands = blocks.flat_map(|(_, block)| {
        let inputs = block.eqns.iter().flat_map(|&eqn| program.inputs(eqn));
        inputs.chain(&block.outputs)
    });
    let values = operands.filter_map(|atom| atom.value());
    values
        .filter(|&value| program.values[value].name == VarName::UNDERSCORE)
        .collect()
}
