//! Where a masked value can still spoil a gradient: factors that may be infinite, and masks that know of them.

use super::facts::unmoved;
use super::graph::{Graph, Node};
use super::views::movement;
use crate::ir::ParamValue;

/// How far a factor is walked back.
const REACH: u32 = 8;
/// How many equations are looked at for what a mask and a factor have in common.
const STEPS: usize = 24;

/// Whether a node is a product with a factor that is infinite or NaN for some arguments, such as `1 / x` or `exp x`.
pub(crate) fn is_singular(graph: &Graph<'_>, node: Node) -> bool {
    singular_within(graph, node, REACH)
}

fn singular_within(graph: &Graph<'_>, node: Node, reach: u32) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.checked_sub(1)) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let within = |index| operand(index).is_some_and(|node| singular_within(graph, node, reach));
    let varies = |index| operand(index).is_some_and(|node| graph.constant(node).is_none());
    match graph.program.primitive(eqn) {
        "exp" | "exp2" | "expm1" | "log" | "log1p" | "rsqrt" | "pow" | "sinh" | "cosh" | "tan" | "atanh"
        | "acosh" | "lgamma" | "digamma" | "erf_inv" => true,
        "integer_pow" => matches!(graph.program.param(eqn, "y"), Some(ParamValue::Int(y)) if *y < 0),
        "div" => varies(1) || within(0),
        "mul" => within(0) || within(1),
        "neg" => within(0),
        _ => movement(graph.program, eqn).is_some() && within(0),
    }
}

/// Whether a mask and a value are computed from something that they have in common, and that is no constant. What the same
/// mask has chosen before the value was computed from it counts for nothing: it is there already what keeps the value well.
pub(crate) fn guards(graph: &Graph<'_>, mask: Node, value: Node) -> bool {
    let mask = unmoved(graph, mask);
    let is_chosen_by_it = |node| {
        let chosen = graph.equation_of(node, "select_n");
        let predicate = chosen.and_then(|(eqn, site)| graph.operand(eqn, site, 0));
        predicate.is_some_and(|predicate| graph.congruent(unmoved(graph, predicate), mask))
    };
    let of_mask = origins(graph, mask);
    let of_value = origins_until(graph, value, is_chosen_by_it);
    of_mask.iter().any(|node| of_value.contains(node))
}

/// Whether a mask compares a value, or its absolute value, with something; also as a part of a larger condition.
pub(crate) fn compares(graph: &Graph<'_>, mask: Node, value: Node) -> bool {
    compares_within(graph, mask, value, REACH)
}

fn compares_within(graph: &Graph<'_>, mask: Node, value: Node, reach: u32) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(mask), reach.checked_sub(1)) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let within = |index| operand(index).is_some_and(|node| compares_within(graph, node, value, reach));
    match graph.program.primitive(eqn) {
        "gt" | "ge" | "lt" | "le" | "ne" | "eq" => [0, 1].into_iter().filter_map(operand).any(|node| {
            let magnitude = graph
                .equation_of(node, "abs")
                .and_then(|(eqn, site)| graph.operand(eqn, site, 0));
            graph.congruent(node, value) || magnitude.is_some_and(|node| graph.congruent(node, value))
        }),
        "and" | "or" => within(0) || within(1),
        "not" => within(0),
        _ => movement(graph.program, eqn).is_some() && within(0),
    }
}

/// Values that a node is computed from, itself included, as far as one looks.
pub(super) fn origins(graph: &Graph<'_>, node: Node) -> Vec<Node> {
    origins_until(graph, node, |_| false)
}

/// The same, without what those are computed from at which to stop.
fn origins_until(graph: &Graph<'_>, node: Node, stops: impl Fn(Node) -> bool) -> Vec<Node> {
    let mut origins = vec![graph.resolve(node)];
    let mut at = 0;
    while let Some(&node) = origins.get(at) {
        at += 1;
        let Some((eqn, site)) = graph.equation(node).filter(|_| !stops(node)) else {
            continue;
        };
        if at > STEPS {
            break;
        }
        for index in 0..graph.program.inputs(eqn).len() {
            let operand = graph
                .operand(eqn, site, index)
                .map(|operand| graph.resolve(operand));
            let varies =
                |operand: &Node| operand.atom.value().is_some() && graph.constant(*operand).is_none();
            origins.extend(
                operand
                    .filter(varies)
                    .filter(|operand| !origins.contains(operand)),
            );
        }
    }
    origins
}
