//! Other spellings of a difference with a number: programs print `1 - x` as `sub 1.0 x`, and `-x + 1` as `neg` and
//! `add`; they print `x - 1` as `sub x 1.0`, and `x + -1` as `add x -1.0`.

use crate::rewrite::pattern::{Pattern, PatternId, PatternNode, Slot, Variant};

/// The variant as it is written, and with each such difference spelled as a sum.
pub(super) fn spellings(variant: Variant) -> Vec<Variant> {
    let mut found = vec![variant];
    for id in 0..found[0].pattern.nodes.len() {
        let sums: Vec<Variant> = found.iter().filter_map(|variant| as_sum(variant, id)).collect();
        found.extend(sums);
    }
    found
}

/// The variant with the difference at `id` spelled as a sum; `None` if there is no difference with a number.
fn as_sum(variant: &Variant, id: PatternId) -> Option<Variant> {
    let PatternNode::Eqn {
        primitive, operands, ..
    } = &variant.pattern.nodes[id]
    else {
        return None;
    };
    let &[minuend, subtrahend] = operands.as_slice() else {
        return None;
    };
    if primitive != "sub" {
        return None;
    }
    let is_number = |at: PatternId| matches!(variant.pattern.nodes[at], PatternNode::Number(_));
    let mut sum = variant.clone();
    let pattern = &mut sum.pattern;
    if is_number(minuend) {
        let slot = Slot(u8::try_from(sum.slots).ok()?);
        sum.slots += 1;
        let negated = equation(slot, "neg", vec![subtrahend]);
        pattern.nodes.push(negated);
        spell_as_sum(pattern, id, [minuend, pattern.nodes.len() - 1]);
    } else if let PatternNode::Number(number) = pattern.nodes[subtrahend] {
        pattern.nodes[subtrahend] = PatternNode::Number(-number);
        spell_as_sum(pattern, id, [subtrahend, minuend]);
    } else {
        return None;
    }
    Some(sum)
}

fn spell_as_sum(pattern: &mut Pattern, id: PatternId, addends: [PatternId; 2]) {
    if let PatternNode::Eqn { slot, .. } = pattern.nodes[id] {
        pattern.nodes[id] = equation(slot, "add", addends.to_vec());
    }
}

fn equation(slot: Slot, primitive: &str, operands: Vec<PatternId>) -> PatternNode {
    PatternNode::Eqn {
        slot,
        primitive: primitive.to_owned(),
        params: Vec::new(),
        commutes: operands.len() == 2,
        operands,
    }
}
