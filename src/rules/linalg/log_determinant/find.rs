//! Recognizes a determinant by what is computed.

use super::outside;
use super::polynomial::is_expansion;
use crate::analysis::{Definition, Graph, Node, SiteId, transparent_body};
use crate::ir::{Atom, DType, Dim, EqnId, ParamValue, Type};

/// A determinant and what it is of.
pub(super) struct Determinant {
    /// The matrix, or the batch of them.
    pub(super) matrix: Atom,
    /// The determinant as it is computed, if that is right to a few roundings wherever it is in range: what is
    /// multiplied out is, what is put together from logarithms is not.
    pub(super) exact: Option<Atom>,
}

/// How many equations are looked at between a determinant and its factorization.
const STEPS: usize = 64;

/// The determinant that a node computes.
pub(super) fn determinant(graph: &Graph<'_>, node: Node) -> Option<Determinant> {
    let found = of_pivots(graph, node)
        .map(|matrix| Determinant { matrix, exact: None })
        .or_else(|| {
            let matrix = of_name(graph, node).or_else(|| outside(graph, is_expansion(graph, node)?))?;
            Some(Determinant {
                matrix,
                exact: Some(node.atom),
            })
        })?;
    fits(graph, node, found.matrix).then_some(found)
}

/// Whether the type of a node is that of the determinant of a matrix.
fn fits(graph: &Graph<'_>, node: Node, matrix: Atom) -> bool {
    let Some(Type::Array(matrix)) = graph.program.atom_type(matrix) else {
        return false;
    };
    let sizes = matrix.sizes().unwrap_or_default();
    let Some((&[rows, columns], batch)) = sizes
        .split_last_chunk::<2>()
        .map(|(batch, square)| (square, batch.len()))
    else {
        return false;
    };
    let shape = graph.type_of(node).and_then(Type::shape);
    rows == columns
        && rows > 0
        && matches!(matrix.dtype, DType::Float32 | DType::Float64)
        && shape == Some::<&[Dim]>(&matrix.shape[..batch])
}

/// `s·exp(Σ log |uᵢᵢ|)` with the factors of the matrix, and a sign `s` made from the same factorization.
fn of_pivots(graph: &Graph<'_>, node: Node) -> Option<Atom> {
    let (eqn, site) = graph.equation_of(node, "mul")?;
    let operand = |index| graph.operand(eqn, site, index);
    [(0, 1), (1, 0)].into_iter().find_map(|(sign, magnitude)| {
        let (exp, site) = graph.equation_of(operand(magnitude)?, "exp")?;
        let pivots = log_of_pivots(graph, graph.operand(exp, site, 0)?)?;
        let lu = factorization(graph, pivots)?;
        let same = factorization(graph, operand(sign)?)? == lu;
        let (eqn, site) = lu;
        same.then(|| outside(graph, graph.operand(eqn, site, 0)?))?
    })
}

/// The operand of `abs` in `Σ log |d|`, also where a zero on the diagonal chooses −inf instead.
fn log_of_pivots(graph: &Graph<'_>, node: Node) -> Option<Node> {
    let mut node = node;
    if let Some((eqn, site)) = graph.equation_of(node, "select_n") {
        let cases = [1, 2].map(|index| graph.operand(eqn, site, index));
        let is_limit = |case: &Node| graph.constant(*case) == Some(f64::NEG_INFINITY);
        let [one, other] = [cases[0]?, cases[1]?];
        node = match (is_limit(&one), is_limit(&other)) {
            (true, false) => other,
            (false, true) => one,
            _ => return None,
        };
    }
    ["reduce_sum", "log", "abs"]
        .into_iter()
        .try_fold(node, |node, primitive| {
            let (eqn, site) = graph.equation_of(node, primitive)?;
            graph.operand(eqn, site, 0)
        })
}

/// The one factorization that a node is made from, with nothing else but numbers that the text knows.
fn factorization(graph: &Graph<'_>, node: Node) -> Option<(EqnId, SiteId)> {
    let mut seen = vec![graph.resolve(node)];
    let mut found = None;
    let mut at = 0;
    while let Some(&node) = seen.get(at) {
        at += 1;
        if at > STEPS {
            return None;
        }
        if node.atom.literal().is_some() {
            continue;
        }
        let (eqn, site) = graph.equation(node)?;
        if graph.program.primitive(eqn) == "lu" {
            if found.is_some_and(|found| found != (eqn, site)) {
                return None;
            }
            found = Some((eqn, site));
            continue;
        }
        for index in 0..graph.program.inputs(eqn).len() {
            let operand = graph.resolve(graph.operand(eqn, site, index)?);
            if !seen.contains(&operand) {
                seen.push(operand);
            }
        }
    }
    found
}

/// JAX's own formula for small matrices, which eliminates with a pivot from 0.11 on; its name says what it is.
fn of_name(graph: &Graph<'_>, node: Node) -> Option<Atom> {
    let Definition::Call(mut call, _) = graph.definition(node.atom.value()?) else {
        return None;
    };
    let mut site = node.site;
    // jit[det] around custom_jvp_call[_det_2x2].
    for _ in 0..4 {
        let named = matches!(graph.program.param(call, "name"), Some(ParamValue::Text(name))
            if matches!(graph.program.symbols.text(*name), "_det_2x2" | "_det_3x3"));
        if named {
            return outside(graph, graph.operand(call, site, 0)?);
        }
        let body = transparent_body(graph.program, call)?;
        let &[inner] = &graph.program.blocks[body].eqns[..] else {
            return None;
        };
        site = graph.enter(site, call)?;
        call = inner;
    }
    None
}
