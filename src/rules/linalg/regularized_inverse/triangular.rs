//! An inverse as `lu_solve` computes it: two triangular systems whose right side is a permuted identity.

use super::identity::Look;
use crate::analysis::{Node, SiteId};
use crate::ir::{Atom, EqnId, ParamValue};
use crate::schema::params::{GatherDimensionNumbers, boolean};

/// The `lu` of the matrix whose inverse `U⁻¹ L⁻¹ P` a node is, with the equation that solves last.
pub(super) fn factors(look: &Look<'_>, node: Node) -> Option<((EqnId, SiteId), EqnId)> {
    let (solve, site) = look.graph.equation_of(node, "triangular_solve")?;
    let (upper, right) = triangle(look, solve, site, false)?;
    let (inner, site) = look.graph.equation_of(right, "triangular_solve")?;
    let (lower, right) = triangle(look, inner, site, true)?;
    let lu = look.graph.equation_of(upper, "lu")?;
    let first = Atom::Value(*look.graph.program.outputs(lu.0).first()?);
    let permuted = upper == lower && upper.atom == first && permutes_identity(look, right, lu)?;
    permuted.then_some((lu, solve))
}

/// The matrix and the right side of a triangular system as it follows from `lu`.
fn triangle(look: &Look<'_>, solve: EqnId, site: SiteId, lower: bool) -> Option<(Node, Node)> {
    let is = |name, wanted| {
        let param: Option<&ParamValue> = look.graph.program.param(solve, name);
        param.and_then(boolean) == Some(wanted)
    };
    let fits =
        is("left_side", true) && is("lower", lower) && is("unit_diagonal", lower) && is("transpose_a", false);
    let operand = |index| {
        look.graph
            .operand(solve, site, index)
            .map(|node| look.graph.resolve(node))
    };
    fits.then_some((operand(0)?, operand(1)?))
}

/// Whether a node is the identity with its rows in the order of the factorization.
fn permutes_identity(look: &Look<'_>, node: Node, lu: (EqnId, SiteId)) -> Option<bool> {
    let program = look.graph.program;
    let (gather, site) = look.graph.equation_of(node, "gather")?;
    let numbers =
        GatherDimensionNumbers::read(&program.symbols, program.param(gather, "dimension_numbers")?)?;
    let rows = GatherDimensionNumbers {
        offset_dims: vec![1],
        collapsed_slice_dims: vec![0],
        start_index_map: vec![0],
        ..GatherDimensionNumbers::default()
    };
    let identity = look.is_identity(look.graph.operand(gather, site, 0)?);
    Some(numbers == rows && identity && is_permutation(look, look.graph.operand(gather, site, 1)?, lu)?)
}

/// Whether indices are the permutation of a factorization, made from its pivots or given beside them.
fn is_permutation(look: &Look<'_>, indices: Node, lu: (EqnId, SiteId)) -> Option<bool> {
    /// Indices that might be negative are counted from the end, and get a dimension of their own.
    const LONGEST: usize = 8;
    let mut node = look.graph.resolve(indices);
    for _ in 0..LONGEST {
        let (eqn, site) = look.graph.equation(node)?;
        let output = |index| {
            look.graph
                .program
                .outputs(lu.0)
                .get(index)
                .map(|&value| Atom::Value(value))
        };
        if (eqn, site) == lu {
            return Some(Some(node.atom) == output(2));
        }
        let operand = match look.graph.program.primitive(eqn) {
            "lu_pivots_to_permutation" => {
                let pivots = look.graph.resolve(look.graph.operand(eqn, site, 0)?);
                return Some(look.graph.equation(pivots) == Some(lu) && Some(pivots.atom) == output(1));
            }
            "select_n" => look.graph.operand(eqn, site, 1)?,
            _ => look.view(eqn, site)?,
        };
        node = look.graph.resolve(operand);
    }
    None
}
