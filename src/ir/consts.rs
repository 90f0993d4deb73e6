//! The jaxprs whose constvars no equation supplies.

use rustc_hash::FxHashSet;

use super::{BlockId, Program, ValueId};

/// The constvars of jaxprs inside whose values no equation supplies: a list a jaxpr, in the order of
/// `inner_consts`.
pub(crate) fn inner_constvars(program: &Program) -> Vec<Vec<ValueId>> {
    let blocks = blocks_with_consts(program).into_iter();
    blocks.map(|block| program.blocks[block].consts.clone()).collect()
}

/// Nested jaxprs that have constvars, each once, in the order in which recorded values list them: depth first,
/// the parameters of an equation by name.
pub(crate) fn blocks_with_consts(program: &Program) -> Vec<BlockId> {
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    let mut stack = vec![program.main()];
    while let Some(block) = stack.pop() {
        let mut inside = Vec::new();
        for &eqn in &program.blocks[block].eqns {
            let mut jaxprs: Vec<_> = program.params(eqn).jaxprs().collect();
            jaxprs.sort_by_key(|&(name, _)| program.symbols.text(name));
            for (_, jaxpr) in jaxprs {
                let block = jaxpr.block();
                if !seen.insert(block) {
                    continue;
                }
                if !program.blocks[block].consts.is_empty() {
                    found.push(block);
                }
                inside.push(block);
            }
        }
        stack.extend(inside.into_iter().rev());
    }
    found
}
