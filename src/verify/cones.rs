//! Parts of a program: what some of its outputs hang on, so that the truth of the others need not be worked out.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{Program, ValueId, blocks_with_consts};
use crate::schema::{Purity, primitive};

/// The parts of a program that were asked for, each made once.
pub(super) struct Cones<'p> {
    program: &'p Program,
    can_be_cut: bool,
    known: Mutex<FxHashMap<Vec<bool>, Arc<Program>>>,
}

impl<'p> Cones<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let mut equations = program.blocks.iter().flat_map(|(_, block)| &block.eqns);
        let is_plain = equations.all(|&eqn| {
            let purity = primitive(program.primitive(eqn)).map(|row| row.purity);
            matches!(
                purity,
                Some(Purity::Pure | Purity::Bodies | Purity::Collective | Purity::Random)
            )
        });
        // Constvars of jaxprs inside are given in the order in which a walk of the whole program meets them.
        let can_be_cut = is_plain && blocks_with_consts(program).is_empty();
        Self {
            program,
            can_be_cut,
            known: Mutex::default(),
        }
    }

    /// The program with these of its outputs only, in their order.
    pub(super) fn of(&self, wanted: &[bool]) -> Arc<Program> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cone = known.entry(wanted.to_vec()).or_insert_with(|| {
            let cut = cut(self.program, wanted, self.can_be_cut);
            Arc::new(cut)
        });
        Arc::clone(cone)
    }
}

fn cut(program: &Program, wanted: &[bool], drops_equations: bool) -> Program {
    let mut cone = program.clone();
    let main = cone.main();
    let block = &mut cone.blocks[main];
    let outputs = std::mem::take(&mut block.outputs).into_iter().zip(wanted);
    block.outputs = outputs
        .filter_map(|(output, &wanted)| wanted.then_some(output))
        .collect();
    if !drops_equations {
        return cone;
    }
    let mut needed: FxHashSet<ValueId> = block.outputs.iter().filter_map(|atom| atom.value()).collect();
    let mut kept = Vec::new();
    for &eqn in program.blocks[main].eqns.iter().rev() {
        if program.outputs(eqn).iter().any(|value| needed.contains(value)) {
            needed.extend(program.inputs(eqn).iter().filter_map(|atom| atom.value()));
            kept.push(eqn);
        }
    }
    kept.reverse();
    cone.blocks[main].eqns = kept;
    cone
}
