//! What can be seen near a value of what its author has taken care of (an edge that is guarded, a formula for one of
//! several ranges, a rounding error that is computed), and of what becomes of the value: what it is multiplied by,
//! bounded by, or divided into.

use std::cell::Cell;

use super::facts::has_exponential;
use super::graph::{Graph, Node, SiteId, handed_over, transparent_body};
use super::ranges::range_of;
use super::singular::{is_singular, origins};
use super::views::movement;
use crate::ir::{Atom, EqnId, Id as _, Type};

/// Whether a node is computed from nothing but numbers in the text: `sqrt 6.28`.
pub(crate) fn is_fixed(graph: &Graph<'_>, node: Node) -> bool {
    /// Nobody writes longer formulas of numbers.
    const STEPS: u32 = 16;
    fixed(graph, node, &Cell::new(STEPS), &|_| false)
}

/// Whether a node is computed from nothing but integers, masks and numbers in the text, so that nobody takes its
/// derivative: a count of elements.
pub(crate) fn is_discrete(graph: &Graph<'_>, node: Node) -> bool {
    /// Formulas of counts are short.
    const STEPS: u32 = 32;
    fixed(graph, node, &Cell::new(STEPS), &|node| {
        let dtype = graph.type_of(node).and_then(Type::dtype);
        dtype.is_some_and(|dtype| !dtype.is_float() && !dtype.is_complex())
    })
}

fn fixed(graph: &Graph<'_>, node: Node, steps: &Cell<u32>, also: &dyn Fn(Node) -> bool) -> bool {
    let node = graph.resolve(node);
    if node.atom.literal().is_some() || also(node) {
        return true;
    }
    let (Some((eqn, site)), Some(left)) = (graph.equation(node), steps.get().checked_sub(1)) else {
        return false;
    };
    steps.set(left);
    let operands = 0..graph.program.inputs(eqn).len();
    !operands.is_empty()
        && operands
            .filter_map(|index| graph.operand(eqn, site, index))
            .all(|operand| fixed(graph, operand, steps, also))
}

/// Whether a node comes from a choice, and since then was only moved and scaled.
pub(crate) fn is_chosen(graph: &Graph<'_>, node: Node) -> bool {
    comes_from(graph, node, &|eqn, _| graph.program.primitive(eqn) == "select_n")
}

/// Whether the edges of what is computed from a node have been taken care of: it comes from a choice, from a bound,
/// or from a sum with a constant, and since then was only moved and scaled.
pub(crate) fn is_guarded(graph: &Graph<'_>, node: Node) -> bool {
    comes_from(graph, node, &|eqn, site| match graph.program.primitive(eqn) {
        "select_n" | "clamp" => true,
        "max" | "min" | "add" => [0, 1].into_iter().any(|index| has_fixed(graph, eqn, site, index)),
        _ => false,
    })
}

fn has_fixed(graph: &Graph<'_>, eqn: EqnId, site: SiteId, index: usize) -> bool {
    graph
        .operand(eqn, site, index)
        .is_some_and(|node| is_fixed(graph, node))
}

/// Walks back over what moves a value and scales it, up to an equation that is wanted.
fn comes_from(graph: &Graph<'_>, node: Node, wanted: &dyn Fn(EqnId, SiteId) -> bool) -> bool {
    /// A guard stands right before what it guards.
    const DEPTH: usize = 8;
    let mut node = node;
    for _ in 0..DEPTH {
        let Some((eqn, site)) = graph.equation(node) else {
            return false;
        };
        if wanted(eqn, site) {
            return true;
        }
        let fixed = |index| has_fixed(graph, eqn, site, index);
        let through = match graph.program.primitive(eqn) {
            "mul" | "sub" if fixed(0) => Some(1),
            "mul" | "sub" | "div" if fixed(1) => Some(0),
            "neg" | "abs" | "stop_gradient" => Some(0),
            _ => movement(graph.program, eqn).map(|_| 0),
        };
        let Some(next) = through.and_then(|index| graph.operand(eqn, site, index)) else {
            return false;
        };
        node = next;
    }
    false
}

/// Whether a node is a quotient by a maximum, and so is not large: `a / max(|a|, |b|)`.
pub(crate) fn is_normalized(graph: &Graph<'_>, node: Node) -> bool {
    let divisor = graph
        .equation_of(node, "div")
        .and_then(|(eqn, site)| graph.operand(eqn, site, 1));
    divisor.is_some_and(|divisor| comes_from_maximum(graph, divisor, 6))
}

fn comes_from_maximum(graph: &Graph<'_>, node: Node, depth: u32) -> bool {
    let (Some((eqn, site)), Some(depth)) = (graph.equation(node), depth.checked_sub(1)) else {
        return false;
    };
    let is = |index| {
        let operand = graph.operand(eqn, site, index);
        operand.is_some_and(|operand| comes_from_maximum(graph, operand, depth))
    };
    match graph.program.primitive(eqn) {
        "max" | "reduce_max" => true,
        "select_n" => is(1) || is(2),
        "stop_gradient" => is(0),
        _ => movement(graph.program, eqn).is_some() && is(0),
    }
}

/// Equations before and behind one that are looked at; what belongs together stands close together.
const NEARBY: usize = 64;

/// The equations of the text around the one that a node comes from, in whatever jaxpr they stand.
pub(super) fn nearby(graph: &Graph<'_>, node: Node) -> impl Iterator<Item = EqnId> {
    let at = graph.equation(node).map(|(eqn, _)| eqn.index());
    let end = graph.program.eqns.len();
    at.into_iter()
        .flat_map(move |at| at.saturating_sub(NEARBY)..(at + NEARBY).min(end))
        .map(EqnId::from_index)
}

/// Whether 1 is taken off again from the node near by: `(1 + x) − 1` is what of x has been added in floating point,
/// and formulas that divide by it rely on the rounding of `1 + x`.
pub(crate) fn is_compensated(graph: &Graph<'_>, node: Node) -> bool {
    nearby(graph, node).any(|eqn| {
        let &[minuend, subtrahend] = graph.program.inputs(eqn) else {
            return false;
        };
        let [minuend, subtrahend] = [minuend, subtrahend].map(|atom| node.beside(atom));
        let one = match graph.program.primitive(eqn) {
            "sub" => 1.0,
            "add" => -1.0,
            _ => return false,
        };
        graph.constant(subtrahend) == Some(one) && graph.congruent(minuend, node)
    })
}

/// Whether a logarithm near by is taken of the node, perhaps moved before.
fn is_logged(graph: &Graph<'_>, node: Node) -> bool {
    nearby(graph, node).any(|eqn| {
        let operand = graph.program.inputs(eqn).first();
        let is_log = graph.program.primitive(eqn) == "log";
        operand
            .filter(|_| is_log)
            .is_some_and(|&atom| moved_from(graph, node.beside(atom), node))
    })
}

/// The products in which the node is a factor, with the other factor of each.
pub(super) fn factors(graph: &Graph<'_>, node: Node) -> impl Iterator<Item = (Node, Node)> {
    read_by(graph, node, &["mul"]).filter_map(move |(product, operands)| {
        let &[one, other] = operands else {
            return None;
        };
        let factor = if one == node.atom { other } else { one };
        Some((product, node.beside(factor)))
    })
}

/// The results of equations of these primitives that read the node, with their operands.
fn read_by<'g>(
    graph: &'g Graph<'_>,
    node: Node,
    primitives: &'static [&'static str],
) -> impl Iterator<Item = (Node, &'g [Atom])> {
    graph.readers(node).filter_map(move |eqn| {
        let program = graph.program;
        let &output = program.outputs(eqn).first()?;
        primitives
            .contains(&program.primitive(eqn))
            .then_some((node.beside(Atom::Value(output)), program.inputs(eqn)))
    })
}

/// Whether a product has the node as a factor, and the other one is more than a number.
pub(crate) fn is_multiplied(graph: &Graph<'_>, node: Node) -> bool {
    factors(graph, node).any(|(_, other)| !is_fixed(graph, other))
}

/// Whether a logarithm near by is taken of the node, or it is multiplied by an exponential, perhaps with something added.
pub(crate) fn is_merged(graph: &Graph<'_>, node: Node) -> bool {
    is_logged(graph, node)
        || scales_exponential(graph, node)
        || sums(graph, node).any(|sum| scales_exponential(graph, sum))
}

/// Whether the node is multiplied by an exponential.
pub(crate) fn scales_exponential(graph: &Graph<'_>, node: Node) -> bool {
    factors(graph, node).any(|(_, other)| has_exponential(graph, other))
}

/// Whether something is divided by the node.
pub(crate) fn is_divisor(graph: &Graph<'_>, node: Node) -> bool {
    read_by(graph, node, &["div"]).any(|(_, operands)| operands.get(1) == Some(&node.atom))
}

/// Whether the node goes into a product with a factor that may be infinite, or is divided by what may be zero, perhaps
/// with other factors between.
pub(crate) fn meets_singular(graph: &Graph<'_>, node: Node) -> bool {
    /// The factors of a chain rule stand close together.
    const DEPTH: u32 = 4;
    meets_singular_within(graph, node, DEPTH)
}

fn meets_singular_within(graph: &Graph<'_>, node: Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let further = |product: Node| meets_singular_within(graph, product, depth);
    factors(graph, node).any(|(product, other)| is_singular(graph, other) || further(product))
        || read_by(graph, node, &["div"]).any(|(quotient, operands)| {
            let divisor = operands.get(1).map(|&divisor| node.beside(divisor));
            operands[0] == node.atom
                && (divisor.is_some_and(|divisor| !range_of(graph, divisor).is_positive())
                    || further(quotient))
        })
        || read_by(graph, node, &["neg"]).any(|(negated, _)| further(negated))
}

/// Sums and differences in which the node is one of the terms.
pub(super) fn sums(graph: &Graph<'_>, node: Node) -> impl Iterator<Item = Node> {
    read_by(graph, node, &["add", "add_any", "sub"]).map(|(sum, _)| sum)
}

/// Whether a node is another one, moved.
fn moved_from(graph: &Graph<'_>, node: Node, source: Node) -> bool {
    /// Longer chains do not occur between a value and its logarithm.
    const LONGEST: usize = 8;
    let source = graph.resolve(source);
    let mut node = graph.resolve(node);
    for _ in 0..LONGEST {
        if node == source {
            return true;
        }
        let Some(operand) = graph.moved(node) else {
            return false;
        };
        node = graph.resolve(operand);
    }
    false
}

/// Whether the node is computed from what a step of a loop is given.
pub(crate) fn is_in_loop(graph: &Graph<'_>, node: Node) -> bool {
    let is_given = |value| graph.is_given_to_step(value);
    let mut origins = origins(graph, node).into_iter();
    origins.any(|node| node.atom.value().is_some_and(is_given))
}

/// Whether a choice takes the node as one of its cases.
pub(crate) fn is_selected(graph: &Graph<'_>, node: Node) -> bool {
    is_case(graph, node, |_, _| true)
}

/// Whether a bound is put on the node, by an extremum or in the body of a call such as that of `jnp.clip`.
pub(crate) fn is_clipped(graph: &Graph<'_>, node: Node) -> bool {
    let program = graph.program;
    let clips = |eqn: EqnId| ["max", "min", "clamp"].contains(&program.primitive(eqn));
    graph.readers(node).any(|eqn| {
        let body = transparent_body(program, eqn).map(|body| &program.blocks[body]);
        let clips_inside = body.is_some_and(|body| {
            let given = body.inputs.iter().zip(handed_over(program, eqn));
            let own = given.filter(|&(_, &atom)| atom == node.atom);
            let own: Vec<Atom> = own.map(|(&input, _)| Atom::Value(input)).collect();
            let reads = |&inside: &EqnId| program.inputs(inside).iter().any(|atom| own.contains(atom));
            body.eqns.iter().any(|inside| clips(*inside) && reads(inside))
        });
        clips(eqn) || clips_inside
    })
}

/// Whether the node is the formula for one range among several: a choice compares something with a constant, and
/// takes the node or another value that is computed.
pub(crate) fn is_one_regime(graph: &Graph<'_>, node: Node) -> bool {
    is_case(graph, node, |predicate, cases| {
        let computed = |case: &Option<Node>| case.is_some_and(|case| !is_fixed(graph, case));
        cases.iter().all(computed) && compares_with_constant(graph, predicate)
    })
}

fn compares_with_constant(graph: &Graph<'_>, predicate: Node) -> bool {
    let Some((eqn, site)) = graph.equation(predicate) else {
        return false;
    };
    let mut operands = [0, 1]
        .into_iter()
        .filter_map(|index| graph.operand(eqn, site, index));
    matches!(graph.program.primitive(eqn), "lt" | "le" | "gt" | "ge")
        && operands.any(|operand| is_fixed(graph, operand))
}

/// Whether a `select_n` reads the node as a case, and `accepts` its predicate and its cases. `jnp.where`
/// prints a call of one; cases that its body makes itself are not known.
fn is_case(graph: &Graph<'_>, node: Node, accepts: impl Fn(Node, &[Option<Node>]) -> bool) -> bool {
    let program = graph.program;
    graph.readers(node).any(|eqn| {
        let inputs = program.inputs(eqn);
        let choice = |operands: &[Option<Node>]| match operands {
            [Some(predicate), cases @ ..] => cases.contains(&Some(node)) && accepts(*predicate, cases),
            _ => false,
        };
        let Some(body) = transparent_body(program, eqn) else {
            let operands: Vec<_> = inputs.iter().map(|&atom| Some(node.beside(atom))).collect();
            return program.primitive(eqn) == "select_n" && choice(&operands);
        };
        let block = &program.blocks[body];
        let outside = |inner: &Atom| {
            let index = block
                .inputs
                .iter()
                .position(|&input| Atom::Value(input) == *inner)?;
            handed_over(program, eqn)
                .get(index)
                .map(|&atom| node.beside(atom))
        };
        let mut choices = block
            .eqns
            .iter()
            .filter(|&&inside| program.primitive(inside) == "select_n");
        choices.any(|&inside| {
            let operands: Vec<_> = program.inputs(inside).iter().map(outside).collect();
            choice(&operands)
        })
    })
}
