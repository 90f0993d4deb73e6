//! What is known of values: that they are floats, sums of exponentials, or already shifted by their maximum.

use std::cell::Cell;

use super::graph::{Graph, Node};
use super::reach::Reach;
use super::views::movement;
use crate::ir::Type;

/// Whether a node holds real floating-point numbers.
pub(crate) fn is_float(graph: &Graph<'_>, node: Node) -> bool {
    graph
        .type_of(node)
        .and_then(Type::dtype)
        .is_some_and(crate::ir::DType::is_float)
}

/// Whether a node is a sum of exponentials, or one of them: not negative, and `log` of it undoes an `exp`.
pub(crate) fn is_exponential_sum(graph: &Graph<'_>, node: Node) -> bool {
    exponential_sum(graph, node, Reach::new(&Cell::new(Reach::STEPS)))
}

fn exponential_sum(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let is_sum = |index| operand(index).is_some_and(|node| exponential_sum(graph, node, reach));
    let constant = |index| operand(index).and_then(|node| graph.constant(node));
    let positive = |index| constant(index).is_some_and(|value| value > 0.0);
    match graph.program.primitive(eqn) {
        "exp" => {
            let shifted = |x| shifted(graph, x, Reach::new(reach.steps));
            is_float(graph, node) && !operand(0).is_some_and(shifted)
        }
        "reduce_sum" => is_sum(0),
        "add" | "add_any" => (is_sum(0) && (is_sum(1) || positive(1))) || (positive(0) && is_sum(1)),
        "mul" => (is_sum(0) && positive(1)) || (positive(0) && is_sum(1)),
        "div" => is_sum(0) && positive(1),
        "select_n" => {
            let zero = |index| constant(index) == Some(0.0);
            (zero(1) && is_sum(2)) || (zero(2) && is_sum(1))
        }
        _ => movement(graph.program, eqn).is_some() && is_sum(0),
    }
}

/// Whether a node is the exponential of a value that is never above zero.
pub(crate) fn is_at_most_one(graph: &Graph<'_>, node: Node) -> bool {
    let exponent = graph
        .equation_of(node, "exp")
        .and_then(|(eqn, site)| graph.operand(eqn, site, 0));
    exponent.is_some_and(|x| is_shifted(graph, x) || is_negated_magnitude(graph, x))
}

/// `−|x|`, also written `where(x > 0, −x, x)`, `−x²`, and products of these with a constant of the right sign.
fn is_negated_magnitude(graph: &Graph<'_>, node: Node) -> bool {
    let Some((eqn, site)) = graph.equation(node) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let magnitude = |index| operand(index).is_some_and(|node| is_magnitude(graph, node));
    let negative = |index| {
        operand(index)
            .and_then(|node| graph.constant(node))
            .is_some_and(|c| c < 0.0)
    };
    match graph.program.primitive(eqn) {
        "neg" => magnitude(0),
        "mul" => (negative(0) && magnitude(1)) || (magnitude(0) && negative(1)),
        "div" => magnitude(0) && negative(1),
        "select_n" => is_reflected_above_zero(graph, [operand(0), operand(1), operand(2)]).unwrap_or(false),
        _ => false,
    }
}

/// Whether a choice is that of `−x` where `x > 0`, and of `x` elsewhere.
fn is_reflected_above_zero(graph: &Graph<'_>, [mask, below, above]: [Option<Node>; 3]) -> Option<bool> {
    let (mask, site) = graph.equation_of(mask?, "gt")?;
    let (compared, zero) = (graph.operand(mask, site, 0)?, graph.operand(mask, site, 1)?);
    let (negation, site) = graph.equation_of(above?, "neg")?;
    let negated = graph.operand(negation, site, 0)?;
    let x = below?;
    Some(graph.constant(zero) == Some(0.0) && has_sign_of(graph, x, compared) && graph.congruent(negated, x))
}

/// Whether a node is another one, or its product with a value that is never below zero.
fn has_sign_of(graph: &Graph<'_>, node: Node, other: Node) -> bool {
    let is_scaled = || {
        let (eqn, site) = graph.equation_of(node, "mul")?;
        let (a, b) = (graph.operand(eqn, site, 0)?, graph.operand(eqn, site, 1)?);
        let scales = |x, by| graph.congruent(x, other) && is_magnitude(graph, by);
        Some(scales(a, b) || scales(b, a))
    };
    graph.congruent(node, other) || is_scaled().unwrap_or(false)
}

/// A value that is never below zero by the equation that makes it.
fn is_magnitude(graph: &Graph<'_>, node: Node) -> bool {
    let Some((eqn, site)) = graph.equation(node) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    match graph.program.primitive(eqn) {
        "abs" | "square" | "exp" => true,
        "mul" => operand(0)
            .zip(operand(1))
            .is_some_and(|(a, b)| graph.congruent(a, b)),
        "integer_pow" => {
            matches!(graph.program.param(eqn, "y"), Some(crate::ir::ParamValue::Int(y)) if y % 2 == 0)
        }
        _ => false,
    }
}

/// Whether a node is `y − m` with an `m` that bounds `y`: a maximum, or a logarithm of a sum of exponentials.
///
/// The exponential of such a value does not overflow, so there is nothing to repair.
pub(crate) fn is_shifted(graph: &Graph<'_>, node: Node) -> bool {
    shifted(graph, node, Reach::new(&Cell::new(Reach::STEPS)))
}

fn shifted(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let bounds = |node| is_bound(graph, node, Reach::new(reach.steps));
    let shifted = |index| operand(index).is_some_and(|node| shifted(graph, node, reach));
    match graph.program.primitive(eqn) {
        "sub" => operand(1).is_some_and(bounds),
        "add" | "add_any" => {
            let negated = |index: usize| {
                let (eqn, site) = graph.equation_of(operand(index)?, "neg")?;
                graph.operand(eqn, site, 0)
            };
            let apart = |index: usize| {
                let (eqn, site) = graph.equation_of(operand(index)?, "sub")?;
                graph.operand(eqn, site, 1)
            };
            let is_rounded_up = |shift| is_rounded_up(graph, shift);
            [0, 1].into_iter().filter_map(negated).any(bounds)
                || [0, 1].into_iter().filter_map(apart).any(is_rounded_up)
        }
        "min" => shifted(0) || shifted(1),
        // A case that is not shifted is that of a mask: where it does not hold, the value is −inf or very small.
        "select_n" => {
            let small = |index| {
                operand(index)
                    .and_then(|node| graph.constant(node))
                    .is_some_and(|c| c < -1.0)
            };
            (small(1) || shifted(1)) && (small(2) || shifted(2)) && (shifted(1) || shifted(2))
        }
        _ => movement(graph.program, eqn).is_some() && shifted(0),
    }
}

/// Whether `shift` was taken off the exponents of the exponentials that `logarithm` is computed from, as in
/// `log Σ exp(y − c)` and in `log1p(exp(−|a − b|))` with the larger of `a` and `b`.
pub(crate) fn is_taken_off(graph: &Graph<'_>, shift: Node, logarithm: Node) -> bool {
    let shift = unmoved(graph, shift);
    taken_off(
        graph,
        shift,
        logarithm,
        false,
        Reach::new(&Cell::new(Reach::STEPS)),
    )
}

fn taken_off(graph: &Graph<'_>, shift: Node, node: Node, in_exponent: bool, reach: Reach<'_>) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let within = |index, in_exponent| {
        operand(index).is_some_and(|node| taken_off(graph, shift, node, in_exponent, reach))
    };
    match graph.program.primitive(eqn) {
        "exp" => within(0, true),
        "log" | "log1p" | "reduce_sum" | "neg" => within(0, in_exponent),
        "add" | "mul" | "min" => within(0, in_exponent) || within(1, in_exponent),
        "select_n" => within(1, in_exponent) || within(2, in_exponent),
        "sub" if in_exponent => operand(0).zip(operand(1)).is_some_and(|(x, y)| {
            graph.congruent(unmoved(graph, y), shift) || chooses_among(graph, shift, [x, y])
        }),
        _ => movement(graph.program, eqn).is_some() && within(0, in_exponent),
    }
}

/// Whether a node is a choice between two values.
fn chooses_among(graph: &Graph<'_>, node: Node, values: [Node; 2]) -> bool {
    graph.equation_of(node, "select_n").is_some_and(|(choice, site)| {
        [1, 2].into_iter().all(|index| {
            let case = graph.operand(choice, site, index);
            case.is_some_and(|case| values.iter().any(|&value| graph.congruent(case, value)))
        })
    })
}

/// What a node was before its elements were moved.
pub(super) fn unmoved(graph: &Graph<'_>, node: Node) -> Node {
    let mut node = graph.resolve(node);
    for _ in 0..Reach::DEPTH {
        match graph.moved(node) {
            Some(operand) => node = graph.resolve(operand),
            None => break,
        }
    }
    node
}

/// Whether a node is a maximum that exponent lifting rounded up to a whole number. It is taken from whole numbers
/// first, because that does not round, and bounds their sum with what is added then. What a program rounds up itself
/// bounds nothing.
fn is_rounded_up(graph: &Graph<'_>, node: Node) -> bool {
    let operand_of = |node: Node, primitive: &str, index: usize| {
        let (eqn, site) = graph.equation_of(unmoved(graph, node), primitive)?;
        graph.operand(eqn, site, index)
    };
    before_rounding_up(node, operand_of).is_some()
}

/// What exponent lifting rounded up to a whole number. The spelling stops gradients, and is 0 where the maximum is not
/// finite.
///
/// `operand_of` tells an operand of what is asked about, if that comes from an equation of the primitive, with what
/// moves elements left out: whoever asks has a way of its own to walk back.
pub(crate) fn before_rounding_up<N>(
    rounded: N,
    operand_of: impl Fn(N, &'static str, usize) -> Option<N>,
) -> Option<N> {
    const SPELLING: [(&str, usize); 3] = [("stop_gradient", 0), ("select_n", 2), ("ceil", 0)];
    SPELLING
        .into_iter()
        .try_fold(rounded, |node, (primitive, index)| {
            operand_of(node, primitive, index)
        })
}

/// Whether a node comes from a maximum or from a logarithm of exponentials.
fn is_bound(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let bound = |index| operand(index).is_some_and(|node| is_bound(graph, node, reach));
    match graph.program.primitive(eqn) {
        "reduce_max" | "max" | "pmax" | "cummax" | "reduce_window_max" | "scatter-max" => true,
        "log" => operand(0).is_some_and(|sum| sums_exponentials(graph, sum, reach)),
        "stop_gradient" | "ceil" => bound(0),
        "select_n" => bound(1) || bound(2),
        // max + log Σ exp(x − max): a logsumexp that somebody wrote out.
        "add" => bound(0) || bound(1),
        _ => movement(graph.program, eqn).is_some() && bound(0),
    }
}

/// Whether a node is made of exponentials that are not shifted, by sums, products and masks: of unknown sign, but
/// its logarithm undoes an `exp`.
pub(crate) fn has_exponential(graph: &Graph<'_>, node: Node) -> bool {
    let steps = Cell::new(Reach::STEPS);
    exponential_within(graph, node, Reach::new(&steps), &|graph, x| {
        !shifted(graph, x, Reach::new(&steps))
    })
}

/// As [`has_exponential`], whatever the exponents are.
fn sums_exponentials(graph: &Graph<'_>, node: Node, reach: Reach<'_>) -> bool {
    exponential_within(graph, node, reach, &|_, _| true)
}

fn exponential_within(
    graph: &Graph<'_>,
    node: Node,
    reach: Reach<'_>,
    accepts: &dyn Fn(&Graph<'_>, Node) -> bool,
) -> bool {
    let (Some((eqn, site)), Some(reach)) = (graph.equation(node), reach.on()) else {
        return false;
    };
    let operand = |index| graph.operand(eqn, site, index);
    let within = |index| operand(index).is_some_and(|node| exponential_within(graph, node, reach, accepts));
    match graph.program.primitive(eqn) {
        "exp" => is_float(graph, node) && operand(0).is_some_and(|x| accepts(graph, x)),
        "reduce_sum" | "div" => within(0),
        "add" | "add_any" | "mul" => within(0) || within(1),
        "select_n" => within(1) || within(2),
        _ => movement(graph.program, eqn).is_some() && within(0),
    }
}
