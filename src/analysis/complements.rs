//! What a node leaves of 1, as it is used near by: divided by, under a root or a logarithm, or in a derivative.

use super::graph::{Graph, Node};
use super::surroundings::{factors, nearby, sums};
use super::views::movement;
use crate::ir::{EqnId, ParamValue};

/// Whether a sum `l + l·t` reads the node, or `l − l·t`: with `t = tanh x` it is a factor of the derivative.
pub(crate) fn is_differentiated(graph: &Graph<'_>, node: Node) -> bool {
    factors(graph, node).any(|(product, factor)| {
        let added_to = |sum: Node| {
            let sum = graph.equation(sum).map(|(sum, _)| graph.program.inputs(sum));
            sum.is_some_and(|addends| addends.contains(&factor.atom))
        };
        sums(graph, product).any(added_to)
    })
}

/// Whether a quotient, a root or a logarithm near by is taken of what the node or its square leaves of 1.
pub(crate) fn is_inverted(graph: &Graph<'_>, node: Node) -> bool {
    /// A complement is scaled, moved and guarded before it is divided by, no more.
    const DEPTH: u32 = 6;
    nearby(graph, node).any(|eqn| {
        let index = match graph.program.primitive(eqn) {
            "div" => 1,
            "integer_pow" if power(graph, eqn).is_none_or(|power| power > 0) => return false,
            "log" | "log1p" | "rsqrt" | "integer_pow" | "pow" => 0,
            _ => return false,
        };
        let atom = graph.program.inputs(eqn).get(index);
        atom.is_some_and(|&atom| is_complement(graph, node.beside(atom), node, DEPTH))
    })
}

/// Whether a node is made from `1 ± t`, `t − 1` or `1 − t²`.
fn is_complement(graph: &Graph<'_>, node: Node, t: Node, depth: u32) -> bool {
    let (Some((eqn, site)), Some(depth)) = (graph.equation(node), depth.checked_sub(1)) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let within = |index| operand(index).is_some_and(|node| is_complement(graph, node, t, depth));
    let is_one = |index| {
        operand(index)
            .and_then(|node| graph.constant(node))
            .is_some_and(|one| one.abs() == 1.0)
    };
    let is_power = |index| operand(index).is_some_and(|node| is_power_of(graph, node, t));
    match graph.program.primitive(eqn) {
        "sub" | "add" if is_one(0) => is_power(1) || within(1),
        "sub" | "add" if is_one(1) => is_power(0) || within(0),
        "mul" | "add" | "max" => within(0) || within(1),
        "neg" | "log1p" => is_power(0) || within(0),
        "sqrt" | "div" | "integer_pow" => within(0),
        _ => movement(graph.program, eqn).is_some() && within(0),
    }
}

/// Whether a node is `t`, `t²`, or one of them with the other sign.
fn is_power_of(graph: &Graph<'_>, node: Node, t: Node) -> bool {
    if graph.congruent(node, t) {
        return true;
    }
    let Some((eqn, site)) = graph.equation(node) else {
        return false;
    };
    let is_t = |index| {
        let operand = graph.operand(eqn, site, index);
        operand.is_some_and(|operand| graph.congruent(operand, t))
    };
    match graph.program.primitive(eqn) {
        "neg" => graph.operand(eqn, site, 0).is_some_and(|operand| {
            graph.equation_of(operand, "neg").is_none() && is_power_of(graph, operand, t)
        }),
        "square" => is_t(0),
        "integer_pow" => power(graph, eqn) == Some(2) && is_t(0),
        "mul" => is_t(0) && is_t(1),
        _ => false,
    }
}

fn power(graph: &Graph<'_>, eqn: EqnId) -> Option<i64> {
    match graph.program.param(eqn, "y") {
        Some(&ParamValue::Int(power)) => Some(power),
        _ => None,
    }
}
