//! What sums were made of: the precision in which they were added, and the scale of what was squared.

use std::cell::Cell;

use super::graph::{Graph, Node};
use super::reach::Reach;
use super::views::movement;
use crate::ir::{DType, Type};

/// Movements in a row that are looked through.
const LONGEST: u32 = 24;

/// Whether a node is of float32 or float64, and a sum or made from sums without leaving that precision.
pub(crate) fn accumulated(graph: &Graph<'_>, node: Node) -> bool {
    accumulated_within(graph, node, Reach::new(&Cell::new(Reach::STEPS)))
}

fn accumulated_within(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    let dtype = graph.type_of(node).and_then(Type::dtype);
    let (true, Some((eqn, site)), Some(reach)) = (
        matches!(dtype, Some(DType::Float32 | DType::Float64)),
        graph.equation(node),
        reach.on(),
    ) else {
        return false;
    };
    let operand = |index| {
        graph
            .operand(eqn, site, index)
            .is_some_and(|node| accumulated_within(graph, node, reach))
    };
    match graph.program.primitive(eqn) {
        "reduce_sum" | "cumsum" | "dot_general" => true,
        "div" | "sqrt" | "rsqrt" | "log" => operand(0),
        "mul" | "sub" | "add" => operand(0) || operand(1),
        _ => movement(graph.program, eqn).is_some() && operand(0),
    }
}

/// Whether a node is `y / m` with an `m` made from a maximum, a norm or a deviation, so that its square stays in
/// range. Behind a mask it may be zero instead.
pub(crate) fn is_scaled(graph: &Graph<'_>, node: Node) -> bool {
    let mut node = node;
    for _ in 0..LONGEST {
        let Some((eqn, site)) = graph.equation(node) else {
            return false;
        };
        let operand = |index| graph.operand(eqn, site, index);
        let next = match graph.program.primitive(eqn) {
            "div" => return operand(1).is_some_and(|divisor| is_magnitude(graph, divisor)),
            "select_n" => {
                let is_zero = |node| graph.constant(node) == Some(0.0);
                match (operand(1), operand(2)) {
                    (Some(zero), other) | (other, Some(zero)) if is_zero(zero) => other,
                    _ => None,
                }
            }
            _ => operand(0).filter(|_| movement(graph.program, eqn).is_some()),
        };
        let Some(operand) = next else {
            return false;
        };
        node = operand;
    }
    false
}

/// Whether a node is made from a maximum or a square root.
pub(crate) fn is_magnitude(graph: &Graph<'_>, node: Node) -> bool {
    magnitude_within(graph, node, Reach::new(&Cell::new(Reach::STEPS)))
}

fn magnitude_within(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| {
        graph
            .operand(eqn, site, index)
            .is_some_and(|node| magnitude_within(graph, node, reach))
    };
    match graph.program.primitive(eqn) {
        "reduce_max" | "max" | "sqrt" => true,
        "div" | "stop_gradient" | "reduce_precision" => operand(0),
        "clamp" => operand(1),
        "select_n" => operand(1) || operand(2),
        "add" | "mul" => operand(0) || operand(1),
        _ => movement(graph.program, eqn).is_some() && operand(0),
    }
}
