//! Relations between two values: one is the maximum of the other, or its sum.

use super::Ranges;
use crate::analysis::views::movement;
use crate::analysis::{Link, Movement, Node};
use crate::schema::params;

/// How a value bounds another from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// Where the bound is infinite another number stands, as in `where(is_finite(m), m, 0)`.
    pub(super) guarded: bool,
    /// Whether it is the greatest element, and not merely above all.
    pub(super) attained: bool,
}

/// Equations between a reduction and where its result is used.
const LONGEST: usize = 12;

/// Whether `m` bounds `x` from above, element by element: a maximum of it, put back along the axes it was taken over.
pub(super) fn upper_bound(ranges: &Ranges<'_, '_>, m: Node, x: Node) -> Option<Bound> {
    let graph = ranges.graph;
    let mut bound = Bound {
        guarded: false,
        attained: true,
    };
    let mut chain: Vec<Link> = Vec::new();
    let mut node = m;
    for _ in 0..LONGEST {
        let (eqn, site) = graph.equation(node)?;
        let operand = |index| graph.operand(eqn, site, index);
        match graph.program.primitive(eqn) {
            "reduce_max" => {
                let axes = params::axes(graph.program, eqn)?;
                let whole = operand(0)?;
                let bounds = graph.congruent(whole, x) && graph.puts_back(&chain, whole, &axes) == Some(true);
                return bounds.then_some(bound);
            }
            "max" => {
                let (a, b) = (operand(0)?, operand(1)?);
                let nothing = |node| ranges.range(node).constant() == Some(f64::NEG_INFINITY);
                if chain.is_empty() && (graph.congruent(a, x) || graph.congruent(b, x)) {
                    bound.attained = false;
                    return Some(bound);
                }
                // A maximum with an initial value.
                node = if graph.equation(a).is_some() && ranges_reduce(ranges, a) {
                    a
                } else {
                    b
                };
                bound.attained &= nothing(a) || nothing(b);
            }
            "stop_gradient" => node = operand(0)?,
            "select_n" => {
                // select_n(is_finite m, c, m)
                let (finite, site) = graph.equation_of(operand(0)?, "is_finite")?;
                let asked = graph.operand(finite, site, 0)?;
                node = operand(2).filter(|&m| graph.congruent(m, asked))?;
                bound.guarded = true;
            }
            _ if movement(graph.program, eqn) == Some(Movement::View) && keeps_numbers(ranges, eqn) => {
                chain.push(Link { eqn, site });
                node = operand(0)?;
            }
            _ => return None,
        }
    }
    None
}

/// Whether a node is a maximum over axes, seen through views.
fn ranges_reduce(ranges: &Ranges<'_, '_>, node: Node) -> bool {
    let mut node = node;
    for _ in 0..LONGEST {
        match ranges.graph.equation(node) {
            Some((eqn, _)) if ranges.graph.program.primitive(eqn) == "reduce_max" => return true,
            Some((eqn, site)) if movement(ranges.graph.program, eqn) == Some(Movement::View) => {
                match ranges.graph.operand(eqn, site, 0) {
                    Some(operand) => node = operand,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
    false
}

/// A conversion may round a maximum to below what it bounds.
fn keeps_numbers(ranges: &Ranges<'_, '_>, eqn: crate::ir::EqnId) -> bool {
    ranges.graph.program.primitive(eqn) != "convert_element_type"
}

/// Whether `total` is the sum of `e` over some axes, put back along them.
pub(super) fn is_total(ranges: &Ranges<'_, '_>, total: Node, e: Node) -> bool {
    let graph = ranges.graph;
    let mut chain: Vec<Link> = Vec::new();
    let mut node = total;
    for _ in 0..LONGEST {
        let Some((eqn, site)) = graph.equation(node) else {
            return false;
        };
        let Some(operand) = graph.operand(eqn, site, 0) else {
            return false;
        };
        if graph.program.primitive(eqn) == "reduce_sum" {
            let axes = params::axes(graph.program, eqn).unwrap_or_default();
            return graph.congruent(operand, e) && graph.puts_back(&chain, operand, &axes) == Some(true);
        }
        if movement(graph.program, eqn) != Some(Movement::View) || !keeps_numbers(ranges, eqn) {
            return false;
        }
        chain.push(Link { eqn, site });
        node = operand;
    }
    false
}

/// Whether along `axes` some element of `e` is 1 and all are finite: `exp(x − max x)` of finite `x`.
pub(super) fn attains_one(ranges: &Ranges<'_, '_>, e: Node, axes: &[usize]) -> bool {
    let graph = ranges.graph;
    let shifted = || {
        let (exp, site) = graph.equation_of(e, "exp")?;
        let (sub, site) = graph.equation_of(graph.operand(exp, site, 0)?, "sub")?;
        let (x, m) = (graph.operand(sub, site, 0)?, graph.operand(sub, site, 1)?);
        let over = reduced_axes(ranges, m)?;
        let bound = upper_bound(ranges, m, x)?;
        let finite = !ranges.range(x).may_be_infinite();
        Some(bound.attained && finite && over.iter().all(|axis| axes.contains(axis)))
    };
    shifted() == Some(true)
}

/// The axes of the maximum that a bound is made of.
fn reduced_axes(ranges: &Ranges<'_, '_>, m: Node) -> Option<Vec<usize>> {
    let graph = ranges.graph;
    let mut node = m;
    for _ in 0..LONGEST {
        let (eqn, site) = graph.equation(node)?;
        let operand = |index| graph.operand(eqn, site, index);
        node = match graph.program.primitive(eqn) {
            "reduce_max" => return params::axes(graph.program, eqn),
            "select_n" => operand(2)?,
            "max" if ranges_reduce(ranges, operand(0)?) => operand(0)?,
            "max" => operand(1)?,
            _ => operand(0)?,
        };
    }
    None
}
