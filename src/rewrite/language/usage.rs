//! Whether everything that a rule names serves it.

use super::lines::LineText;
use super::names::Names;
use crate::rewrite::RuleError;
use crate::rewrite::natives::Kind;
use crate::rewrite::pattern::{Pattern, PatternId, PatternNode, Slot};

/// What is bound and never used is a mistake, and a chain left out is a wrong result: elements would stay where
/// they are that the chain moves.
///
/// `lines` are those of `match`, and the clause looked at last is `rewrite`.
pub(super) fn check_used(names: &mut Names<'_, '_>, lines: &[LineText<'_>], pattern: &Pattern) {
    let mut kept = vec![false; names.list.len()];
    keep(names, pattern, 0, false, &mut kept);
    let rewrite_starts = names.clause.start;
    for (named, kept) in names.list.iter().zip(kept) {
        let name = &named.name;
        let used = kept || named.asked || named.read || named.matched > 1 || name.starts_with('_');
        // Lines of a `match` that are not read have been named already.
        if used || lines.iter().any(|line| line.name == *name) {
            continue;
        }
        let (message, help) = match named.kind {
            _ if named.span.start as usize >= rewrite_starts => (
                format!("`{name}` is read by no line below it"),
                "leave the line out, or read it".to_owned(),
            ),
            Kind::Chain => (
                format!("`{name}` is matched and not applied again, so that its movements would be lost"),
                format!("apply it in `rewrite`, as in `?{name}(x)`, or say in `where` what it must be"),
            ),
            Kind::Param | Kind::Constant => (
                format!("`{name}` is bound and never used"),
                "leave it out, or say what it is for".to_owned(),
            ),
            Kind::Value | Kind::Number => (
                format!("`{name}` is matched and never used"),
                format!("if it does not matter, call it `_{name}`"),
            ),
        };
        names.errors.push(RuleError::new(named.span, message).help(help));
    }
}

/// Marks what stands below a value that `rewrite` reads: it is kept with that value.
fn keep(names: &Names<'_, '_>, pattern: &Pattern, at: PatternId, below: bool, kept: &mut [bool]) {
    let mut mark = |slot: Slot| kept[usize::from(slot.0)] |= below;
    match &pattern.nodes[at] {
        PatternNode::Any(slot) | PatternNode::Constant(slot) => mark(*slot),
        PatternNode::Number(_) => {}
        PatternNode::Chain { slot, inner, .. } => {
            mark(*slot);
            keep(names, pattern, *inner, below, kept);
        }
        PatternNode::Eqn { slot, operands, .. } => {
            let below = below || names.list[usize::from(slot.0)].read;
            for &operand in operands {
                keep(names, pattern, operand, below, kept);
            }
        }
    }
}
