//! Recognizes a determinant that is multiplied out: its polynomial in the entries is worked out and compared.

use std::collections::BTreeMap;

use crate::analysis::{Graph, Node};
use crate::ir::{Dim, Type};
use crate::schema::params::indices;

/// For each product of entries, sorted, how often it is added.
type Polynomial = BTreeMap<Vec<(usize, usize)>, i64>;

/// The most equations of an expansion: one of a 3×3 matrix has 17 and the entries.
const STEPS: u32 = 96;
/// The most products in between.
const TERMS: usize = 24;

/// The matrix whose determinant a node computes by multiplying out.
pub(super) fn is_expansion(graph: &Graph<'_>, node: Node) -> Option<Node> {
    if !matches!(graph.program.primitive(graph.equation(node)?.0), "sub" | "add") {
        return None;
    }
    let mut expansion = Expansion {
        graph,
        matrix: None,
        steps: STEPS,
    };
    let polynomial = expansion.polynomial(node)?;
    let matrix = expansion.matrix?;
    let order = graph.type_of(matrix)?.shape()?.last().and_then(Dim::size)?;
    let wanted = match order {
        2 => leibniz(&[(&[0, 1], 1), (&[1, 0], -1)]),
        3 => leibniz(&[
            (&[0, 1, 2], 1),
            (&[1, 2, 0], 1),
            (&[2, 0, 1], 1),
            (&[2, 1, 0], -1),
            (&[0, 2, 1], -1),
            (&[1, 0, 2], -1),
        ]),
        _ => return None,
    };
    (polynomial == wanted).then_some(matrix)
}

fn leibniz(permutations: &[(&[usize], i64)]) -> Polynomial {
    permutations
        .iter()
        .map(|(columns, sign)| (columns.iter().copied().enumerate().collect(), *sign))
        .collect()
}

struct Expansion<'g, 'p> {
    graph: &'g Graph<'p>,
    matrix: Option<Node>,
    steps: u32,
}

impl Expansion<'_, '_> {
    fn polynomial(&mut self, node: Node) -> Option<Polynomial> {
        self.steps = self.steps.checked_sub(1)?;
        let (eqn, site) = self.graph.equation(node)?;
        let operand = |index| self.graph.operand(eqn, site, index);
        let (one, other) = (operand(0)?, operand(1));
        match self.graph.program.primitive(eqn) {
            "neg" => Some(scaled(self.polynomial(one)?, -1)),
            "add" => Some(sum(self.polynomial(one)?, self.polynomial(other?)?)),
            "sub" => {
                let left = self.polynomial(one)?;
                Some(sum(left, scaled(self.polynomial(other?)?, -1)))
            }
            "mul" => {
                let (left, right) = (self.polynomial(one)?, self.polynomial(other?)?);
                (left.len() * right.len() <= TERMS).then(|| product(&left, &right))
            }
            "squeeze" | "reshape" => {
                let entry = self.entry(one)?;
                Some(Polynomial::from([(vec![entry], 1)]))
            }
            _ => None,
        }
    }

    /// The entry that a slice takes out of each matrix of the batch.
    fn entry(&mut self, node: Node) -> Option<(usize, usize)> {
        let (eqn, site) = self.graph.equation_of(node, "slice")?;
        let matrix = self.graph.resolve(self.graph.operand(eqn, site, 0)?);
        if *self.matrix.get_or_insert(matrix) != matrix {
            return None;
        }
        let program = self.graph.program;
        let read = |name| indices(&program.symbols, program.param(eqn, name)?);
        let (from, to) = (read("start_indices")?, read("limit_indices")?);
        let shape = self.graph.type_of(matrix).and_then(Type::shape)?;
        let batch = shape.len().checked_sub(2)?;
        let whole = (0..batch).all(|dim| from[dim] == 0 && Some(to[dim] as u64) == shape[dim].size());
        let single = (batch..shape.len()).all(|dim| to[dim] == from[dim] + 1);
        (whole && single).then(|| (from[batch], from[batch + 1]))
    }
}

fn scaled(polynomial: Polynomial, by: i64) -> Polynomial {
    polynomial
        .into_iter()
        .map(|(product, count)| (product, count * by))
        .collect()
}

fn sum(mut left: Polynomial, right: Polynomial) -> Polynomial {
    for (product, count) in right {
        *left.entry(product).or_default() += count;
    }
    left.retain(|_, count| *count != 0);
    left
}

fn product(left: &Polynomial, right: &Polynomial) -> Polynomial {
    let mut all = Polynomial::new();
    for (one, times) in left {
        for (other, more) in right {
            let mut product = [&one[..], other].concat();
            product.sort_unstable();
            *all.entry(product).or_default() += times * more;
        }
    }
    all
}
