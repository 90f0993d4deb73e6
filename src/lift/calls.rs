//! Loops and branches in the bodies of calls: what they hand on reaches a logarithm, or what reads residuals, behind the call
//! only where the body stands in the place of the call.

use rustc_hash::FxHashSet;

use crate::analysis::{Calls, Definitions, transparent_body};
use crate::edit::{inline, substitute};
use crate::ir::{BlockId, EqnId, Program};

/// Calls that are nothing but calls: others say something of derivatives, of memory or of devices.
const PLAIN: [&str; 5] = ["jit", "pjit", "closed_call", "core_call", "xla_call"];

/// Puts the bodies of calls that hold any of these equations in the place of the calls; whether there were any.
pub(super) fn inline_holding(program: &mut Program, held: &FxHashSet<EqnId>) -> bool {
    let mut definitions = Definitions::of(program);
    let mut holding: FxHashSet<BlockId> = FxHashSet::default();
    let mut found = false;
    for &block in Calls::of(program).inner_first() {
        let holds = program.blocks[block].eqns.iter().any(|eqn| held.contains(eqn));
        let inlined = inline_calls(program, &mut definitions, block, |_, _, body| {
            holding.contains(&body)
        });
        found |= inlined;
        if holds || inlined {
            holding.insert(block);
        }
    }
    found
}

/// Puts the bodies of calls with several results in the place of the calls in one block: a call that stays for one of them
/// reads the operands of all. The definitions are read if there are such calls.
pub(super) fn inline_residuals(program: &mut Program, definitions: &mut Option<Definitions>, block: BlockId) {
    let calls = |program: &Program, eqn: EqnId| program.outputs(eqn).len() > 1 && is_plain(program, eqn);
    if program.blocks[block].eqns.iter().any(|&eqn| calls(program, eqn)) {
        let definitions = definitions.get_or_insert_with(|| Definitions::of(program));
        inline_calls(program, definitions, block, |program, eqn, _| calls(program, eqn));
    }
}

fn is_plain(program: &Program, eqn: EqnId) -> bool {
    PLAIN.contains(&program.primitive(eqn))
}

/// Puts the bodies of those plain calls that are `wanted` in the place of the calls; whether there were any.
fn inline_calls(
    program: &mut Program,
    definitions: &mut Definitions,
    block: BlockId,
    wanted: impl Fn(&Program, EqnId, BlockId) -> bool,
) -> bool {
    let mut order = Vec::new();
    let mut substitutions = Vec::new();
    let mut found = false;
    for eqn in program.blocks[block].eqns.clone() {
        let body = transparent_body(program, eqn).filter(|_| is_plain(program, eqn));
        match body.filter(|&body| wanted(program, eqn, body)) {
            Some(body) => {
                let inlined = inline(program, definitions, eqn, body);
                order.extend(inlined.eqns);
                substitutions.extend(inlined.substitutions);
                found = true;
            }
            None => order.push(eqn),
        }
    }
    program.blocks[block].eqns = order;
    substitute(program, block, &substitutions);
    found
}
