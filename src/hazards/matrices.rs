//! Matrices that the caller hands over: whether they can be solved is up to the caller, as a logarithm's domain is.

use crate::analysis::ranges::Visit;
use crate::analysis::{Graph, Node, movement};

/// Equations that are walked back.
const STEPS: usize = 64;

/// Whether the matrices of a solver are inputs of the program, or linear in one: factorised, symmetrised, masked, or
/// with a ridge.
pub(super) fn given(visit: &Visit<'_, '_>) -> bool {
    let operands = visit.operands.len();
    let nodes = (0..operands).filter_map(|index| visit.graph.operand(visit.eqn, visit.site, index));
    // What is solved for may be computed; of a solver with jaxprs it comes last.
    let mut open: Vec<Node> = nodes
        .take((operands - usize::from(operands > 1)).max(1))
        .collect();
    for _ in 0..STEPS {
        let Some(node) = open.pop() else { return true };
        match factors(visit.graph, node) {
            Some(nodes) => open.extend(nodes),
            None => return false,
        }
    }
    false
}

/// What a matrix is linear in; `None` if it is computed otherwise.
fn factors(graph: &Graph<'_>, node: Node) -> Option<Vec<Node>> {
    let Some((eqn, site)) = graph.equation(node) else {
        return Some(Vec::new());
    };
    let operand = |index| graph.operand(eqn, site, index);
    let constant = |index| operand(index).is_some_and(|node| graph.constant(node).is_some());
    let program = graph.program;
    match program.primitive(eqn) {
        "add" | "sub" => Some([0, 1].into_iter().filter_map(operand).collect()),
        "mul" if constant(0) => Some(vec![operand(1)?]),
        "mul" | "div" if constant(1) => Some(vec![operand(0)?]),
        "select_n" => Some([1, 2].into_iter().filter_map(operand).collect()),
        "lu" | "cholesky" | "lu_pivots_to_permutation" | "neg" | "stop_gradient" | "iota" | "eq" | "ge" => {
            Some(operand(0).into_iter().collect())
        }
        _ if movement(program, eqn).is_some() => Some(vec![operand(0)?]),
        // Numbers that hang on no input are those of a ridge or a mask.
        _ if program.inputs(eqn).is_empty() => Some(Vec::new()),
        "convert_element_type" => Some(vec![operand(0)?]),
        _ => None,
    }
}
