//! Names for variables of new equations.

use crate::ir::{Id as _, Program, VarName, VarNames};

/// Names the variables of new equations in the order of the text; until now they were called `_`.
///
/// `known` is the number of variables that the program had before equations were added.
pub fn name_new(program: &mut Program, known: usize) {
    if program.values.len() == known {
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
            if value.index() >= known && values[*value].name == VarName::UNDERSCORE {
                values[*value].name = names.fresh();
            }
        }
    }
}
