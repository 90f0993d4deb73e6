//! Which blocks are entered from which.

use super::graph::transparent_body;
use crate::ir::{BlockId, EqnId, Id as _, ParamValue, ParamsId, Program};

/// The calls, loops and branches of a program.
#[derive(Debug)]
pub(crate) struct Calls {
    /// For each block those that its equations enter.
    callees: Vec<Vec<BlockId>>,
    /// For each block the first equation of the text that enters it, and the block where that stands.
    callers: Vec<Option<(BlockId, EqnId)>>,
    /// For each block whether a transparent call enters it.
    unfolded: Vec<bool>,
    /// All blocks, those that are entered before those that enter them.
    inner_first: Vec<BlockId>,
}

impl Calls {
    /// Reads all blocks.
    pub(crate) fn of(program: &Program) -> Self {
        let mut callees = vec![Vec::new(); program.blocks.len()];
        let mut callers = vec![None; program.blocks.len()];
        let mut unfolded = vec![false; program.blocks.len()];
        let bodies = bodies_by_params(program);
        for (id, block) in program.blocks.iter() {
            for &eqn in &block.eqns {
                let bodies = &bodies[program.eqns[eqn].params.index()];
                if let Some(body) = bodies.first().and_then(|_| transparent_body(program, eqn)) {
                    unfolded[body.index()] = true;
                }
                for &body in bodies {
                    callers[body.index()].get_or_insert((id, eqn));
                    if callees[id.index()].last() != Some(&body) {
                        callees[id.index()].push(body);
                    }
                }
            }
        }
        let inner_first = inner_first(&callees);
        for callees in &mut callees {
            callees.sort_unstable();
            callees.dedup();
        }
        Self {
            callees,
            callers,
            unfolded,
            inner_first,
        }
    }

    /// The blocks that the equations of `block` enter, each once.
    pub(crate) fn callees(&self, block: BlockId) -> &[BlockId] {
        &self.callees[block.index()]
    }

    /// The first equation of the text that enters `block`, and the block where it stands; `None` for a main jaxpr.
    pub(crate) fn caller(&self, block: BlockId) -> Option<(BlockId, EqnId)> {
        self.callers[block.index()]
    }

    /// The equations through which a block is entered, outermost first: `jit:loss`, `scan`.
    pub(crate) fn scope(&self, program: &Program, block: BlockId) -> Vec<String> {
        let mut path = Vec::new();
        let mut block = block;
        while let Some((caller, eqn)) = self.caller(block) {
            path.push(scope_name(program, eqn));
            block = caller;
        }
        path.reverse();
        path
    }

    /// Whether a transparent call enters `block`, so that what is handed over may be seen from inside.
    pub(crate) fn is_unfolded(&self, block: BlockId) -> bool {
        self.unfolded[block.index()]
    }

    /// All blocks, those that are entered before those that enter them.
    pub(crate) fn inner_first(&self) -> &[BlockId] {
        &self.inner_first
    }

    /// Takes from a later reading what it knows of blocks that were made since.
    pub(crate) fn extend(&mut self, later: Self) {
        let known = self.callees.len();
        self.callees.extend(later.callees.into_iter().skip(known));
        self.callers.extend(later.callers.into_iter().skip(known));
        self.unfolded.extend(later.unfolded.into_iter().skip(known));
        self.inner_first = later.inner_first;
    }

    /// Notes that the equations of `body` were copied into `block`.
    pub(crate) fn copied(&mut self, body: BlockId, block: BlockId) {
        for callee in self.callees[body.index()].clone() {
            if let Err(at) = self.callees[block.index()].binary_search(&callee) {
                self.callees[block.index()].insert(at, callee);
            }
        }
    }
}

/// `jit:loss`, `scan`.
fn scope_name(program: &Program, eqn: EqnId) -> String {
    let primitive = program.primitive(eqn);
    match program.param(eqn, "name") {
        Some(ParamValue::Text(name)) => format!("{primitive}:{}", program.symbols.text(*name)),
        _ => primitive.to_owned(),
    }
}

/// The blocks in each set of parameters: many equations share one set, and few sets hold any.
fn bodies_by_params(program: &Program) -> Vec<Vec<BlockId>> {
    let bodies = |params: ParamsId| {
        program.params[params]
            .jaxprs()
            .map(|(_, jaxpr)| jaxpr.block())
            .collect()
    };
    (0..program.params.len())
        .map(|params| bodies(ParamsId::from_index(params)))
        .collect()
}

fn inner_first(callees: &[Vec<BlockId>]) -> Vec<BlockId> {
    // Lowering makes a block before those inside it, and a shared block may be called from an earlier one.
    let mut order = Vec::with_capacity(callees.len());
    let mut seen = vec![false; callees.len()];
    let mut stack = Vec::new();
    for root in (0..callees.len()).map(BlockId::from_index) {
        stack.push((root, false));
        while let Some((block, left)) = stack.pop() {
            if left {
                order.push(block);
                continue;
            }
            if std::mem::replace(&mut seen[block.index()], true) {
                continue;
            }
            stack.push((block, true));
            stack.extend(callees[block.index()].iter().map(|&callee| (callee, false)));
        }
    }
    order
}
