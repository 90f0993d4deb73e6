//! Other spellings of a difference with a number: programs print `1 - x` as `sub 1.0 x`, and `-x + 1` as `neg` and
//! `add`; they print `x - 1` as `sub x 1.0`, and `x + -1` as `add x -1.0`.

use super::compile::COMMUTATIVE;
use crate::rewrite::pattern::{PatternId, PatternNode, Slot, Variant};

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
        slot,
        primitive,
        operands,
        ..
    } = &variant.pattern.nodes[id]
    else {
        return None;
    };
    let ("sub", &[minuend, subtrahend]) = (primitive.as_str(), operands.as_slice()) else {
        return None;
    };
    let mut sum = variant.clone();
    let nodes = &mut sum.pattern.nodes;
    let addends = match (&nodes[minuend], &nodes[subtrahend]) {
        (PatternNode::Number(_), _) => {
            let negated = Slot(u8::try_from(sum.slots).ok()?);
            sum.slots += 1;
            nodes.push(equation(negated, "neg", vec![subtrahend]));
            vec![minuend, nodes.len() - 1]
        }
        (_, &PatternNode::Number(number)) => {
            nodes[subtrahend] = PatternNode::Number(-number);
            vec![subtrahend, minuend]
        }
        _ => return None,
    };
    nodes[id] = equation(*slot, "add", addends);
    Some(sum)
}

fn equation(slot: Slot, primitive: &str, operands: Vec<PatternId>) -> PatternNode {
    PatternNode::Eqn {
        slot,
        primitive: primitive.to_owned(),
        params: Vec::new(),
        commutes: COMMUTATIVE.contains(&primitive),
        operands,
    }
}
