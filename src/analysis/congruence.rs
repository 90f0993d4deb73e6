//! Whether two values are equal because they are computed alike.
//!
//! JAX shares nothing: `jnp.exp(x) / jnp.sum(jnp.exp(x))` prints two `exp a`. The answer is found by comparing
//! definitions on demand instead of numbering all values, because what is asked for lies close together; a
//! comparison that grows too large answers no, which costs a rewrite and never makes one wrong.

use super::graph::{Graph, Node};
use crate::ir::{Atom, EqnId, Literal};
use crate::schema::{Purity, primitive};

/// The most pairs of values that one comparison looks at.
const FUEL: u32 = 128;

impl Graph<'_> {
    /// Whether two nodes hold equal values of the same type.
    pub fn congruent(&self, a: Node, b: Node) -> bool {
        let mut fuel = FUEL;
        self.congruent_within(a, b, &mut fuel)
    }

    fn congruent_within(&self, a: Node, b: Node, fuel: &mut u32) -> bool {
        let (a, b) = (self.resolve(a), self.resolve(b));
        if a == b {
            return true;
        }
        let Some(left) = fuel.checked_sub(1) else {
            return false;
        };
        *fuel = left;
        if let (Atom::Literal(a), Atom::Literal(b)) = (a.atom, b.atom) {
            let (a, b): (&Literal, &Literal) = (&self.program.literals[a], &self.program.literals[b]);
            return a.value == b.value && a.ty == b.ty;
        }
        let (Some((eqn_a, site_a)), Some((eqn_b, site_b))) = (self.equation(a), self.equation(b)) else {
            return false;
        };
        let program = self.program;
        let (left, right) = (program.eqns[eqn_a], program.eqns[eqn_b]);
        let alike = left.primitive == right.primitive
            && left.params == right.params
            && left.inputs.len == right.inputs.len
            && self.type_of(a) == self.type_of(b)
            && output_index(self, a, eqn_a) == output_index(self, b, eqn_b)
            && is_pure(self, eqn_a);
        alike
            && (0..left.inputs.len as usize).all(|index| {
                match (
                    self.operand(eqn_a, site_a, index),
                    self.operand(eqn_b, site_b, index),
                ) {
                    (Some(a), Some(b)) => self.congruent_within(a, b, fuel),
                    _ => false,
                }
            })
    }
}

/// Whether one of two nodes is the other one with the other sign, bit for bit: `−x` and `x`, `2x` and `−2x`, `x/3` and
/// `x/−3`, `x − y` and `y − x`.
pub(crate) fn is_negation_of(graph: &Graph<'_>, a: Node, b: Node) -> bool {
    let operand = |node: Node, primitive: &str, index| {
        let (eqn, site) = graph.equation_of(node, primitive)?;
        graph.operand(eqn, site, index)
    };
    let negates = |a, b| operand(a, "neg", 0).is_some_and(|inner| graph.congruent(inner, b));
    let both = |primitive| {
        let pair = |node| operand(node, primitive, 0).zip(operand(node, primitive, 1));
        pair(a).zip(pair(b))
    };
    let opposite = |a, b| {
        let constants = graph.constant(a).zip(graph.constant(b));
        constants.is_some_and(|(a, b)| a == -b)
    };
    negates(a, b)
        || negates(b, a)
        || both("mul").is_some_and(|((c, x), (d, y))| {
            (opposite(c, d) && graph.congruent(x, y)) || (opposite(x, y) && graph.congruent(c, d))
        })
        || both("div").is_some_and(|((x, c), (y, d))| opposite(c, d) && graph.congruent(x, y))
        || both("sub").is_some_and(|((p, q), (r, s))| graph.congruent(p, s) && graph.congruent(q, r))
}

fn output_index(graph: &Graph<'_>, node: Node, eqn: EqnId) -> Option<usize> {
    let node = graph.resolve(node);
    graph
        .program
        .outputs(eqn)
        .iter()
        .position(|&output| node.atom == Atom::Value(output))
}

fn is_pure(graph: &Graph<'_>, eqn: EqnId) -> bool {
    primitive(graph.program.primitive(eqn)).is_some_and(|row| row.purity == Purity::Pure)
}
