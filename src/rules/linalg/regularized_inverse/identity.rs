//! Identities, multiples of them, and matrices to which one was added.

use std::cell::Cell;

use super::outside::Outside;
use crate::analysis::{Graph, Link, Movement, Node, SiteId, movement};
use crate::ir::{Atom, DType, EqnId, Type};
use crate::schema::params::int;

/// The most equations that one question looks at; a matrix that takes more is neither an identity nor has a ridge.
const FUEL: u32 = 256;

/// A place that is looked at, with what its callers hand over.
pub(super) struct Look<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) outside: &'a Outside,
    fuel: Cell<u32>,
}

/// A matrix that is zero where two dimensions differ, and has one number where they do not.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Diagonal {
    dims: (usize, usize),
    scale: Scale,
}

/// The number on the diagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    /// A number that the text knows.
    Constant(f64),
    /// A number that the program computes.
    Computed,
}

impl<'a> Look<'a> {
    /// A look at one block.
    pub(super) fn new(graph: &'a Graph<'a>, outside: &'a Outside) -> Self {
        Self {
            graph,
            outside,
            fuel: Cell::new(0),
        }
    }

    /// Whether a node is an identity in its last two dimensions.
    pub(super) fn is_identity(&self, node: Node) -> bool {
        self.fuel.set(FUEL);
        let Some(found) = self.diagonal(node) else {
            return false;
        };
        found.scale == Scale::Constant(1.0) && self.are_last(node, found.dims)
    }

    /// Whether a positive multiple of the identity was added to a matrix.
    pub(super) fn has_ridge(&self, matrix: Node) -> bool {
        self.fuel.set(FUEL);
        self.ridged(matrix) == Some(true)
    }

    fn spend(&self) -> Option<()> {
        self.fuel.set(self.fuel.get().checked_sub(1)?);
        Some(())
    }

    fn are_last(&self, node: Node, (one, other): (usize, usize)) -> bool {
        let rank = self
            .graph
            .type_of(node)
            .and_then(Type::shape)
            .map_or(0, <[_]>::len);
        one.min(other) + 2 == rank && one.max(other) + 1 == rank
    }

    /// What `ask` says of an input for every caller, if all agree.
    fn agreed<T: PartialEq>(&self, input: Node, ask: impl Fn(Node) -> Option<T>) -> Option<T> {
        let Atom::Value(value) = input.atom else {
            return None;
        };
        let mut found = None;
        for &atom in self.outside.operands(value) {
            let answer = ask(Node {
                atom,
                site: SiteId::ROOT,
            })?;
            if found.as_ref().is_some_and(|found| *found != answer) {
                return None;
            }
            found = Some(answer);
        }
        found
    }

    /// `node` as `c·I`.
    fn diagonal(&self, node: Node) -> Option<Diagonal> {
        self.spend()?;
        let node = self.graph.resolve(node);
        let Some((eqn, site)) = self.graph.equation(node) else {
            return self.agreed(node, |operand| self.diagonal(operand));
        };
        let operand = |index| self.graph.operand(eqn, site, index);
        match self.graph.program.primitive(eqn) {
            "convert_element_type" if self.dtype(operand(0)?) == Some(DType::Bool) => Some(Diagonal {
                dims: self.equal_indices(operand(0)?)?,
                scale: Scale::Constant(1.0),
            }),
            "convert_element_type" | "stop_gradient" | "optimization_barrier" => self.diagonal(operand(0)?),
            "select_n" => self.selected(&[operand(0)?, operand(1)?, operand(2)?]),
            "mul" => self
                .scaled(operand(0)?, operand(1)?, |c, s| c * s)
                .or_else(|| self.scaled(operand(1)?, operand(0)?, |c, s| c * s)),
            "div" => self.scaled(operand(0)?, operand(1)?, |c, s| c / s),
            _ => {
                let inner = self.diagonal(self.view(eqn, site)?)?;
                let dims = (
                    self.through(eqn, site, inner.dims.0)?,
                    self.through(eqn, site, inner.dims.1)?,
                );
                Some(Diagonal { dims, ..inner })
            }
        }
    }

    /// `select_n(row = column, 0, c)`.
    fn selected(&self, [which, off, on]: &[Node; 3]) -> Option<Diagonal> {
        let dims = self.on_diagonal(*which)?;
        if self.graph.constant(*off) != Some(0.0) {
            return None;
        }
        let exact = self.equal_indices(*which).is_some();
        let scale = self.scale(*on, dims)?;
        Some(Diagonal {
            dims,
            scale: if exact { scale } else { Scale::Computed },
        })
    }

    fn scaled(&self, matrix: Node, by: Node, combine: fn(f64, f64) -> f64) -> Option<Diagonal> {
        let found = self.diagonal(matrix)?;
        let scale = match (found.scale, self.scale(by, found.dims)?) {
            (Scale::Constant(one), Scale::Constant(other)) => Scale::Constant(combine(one, other)),
            _ => Scale::Computed,
        };
        Some(Diagonal { scale, ..found })
    }

    /// What a factor is if it is the same all over a matrix.
    fn scale(&self, node: Node, dims: (usize, usize)) -> Option<Scale> {
        if let Some(constant) = self.graph.constant(node) {
            return Some(Scale::Constant(constant));
        }
        let mut chain = Vec::new();
        let mut node = self.graph.resolve(node);
        while let Some((eqn, site)) = self.graph.equation(node) {
            let Some(inner) = self.view(eqn, site).filter(|_| self.spend().is_some()) else {
                break;
            };
            chain.push(Link { eqn, site });
            node = self.graph.resolve(inner);
        }
        let rank = self.graph.type_of(node)?.shape()?.len();
        let map = self.graph.index_map(&chain, rank)?.0;
        let runs = |dim: usize| map.get(dim).copied().flatten().is_some();
        (rank == 0 || !(runs(dims.0) || runs(dims.1))).then_some(Scale::Computed)
    }

    /// The two dimensions that a mask compares: it is true exactly where their indices are equal.
    fn equal_indices(&self, mask: Node) -> Option<(usize, usize)> {
        self.spend()?;
        let mask = self.graph.resolve(mask);
        let Some((eqn, site)) = self.graph.equation(mask) else {
            return self.agreed(mask, |operand| self.equal_indices(operand));
        };
        if self.graph.program.primitive(eqn) == "eq" {
            let one = self.index(self.graph.operand(eqn, site, 0)?)?;
            let other = self.index(self.graph.operand(eqn, site, 1)?)?;
            return (one != other).then_some((one.min(other), one.max(other)));
        }
        let (one, other) = self.equal_indices(self.view(eqn, site)?)?;
        Some((self.through(eqn, site, one)?, self.through(eqn, site, other)?))
    }

    /// The two dimensions whose indices are equal wherever a mask is true.
    fn on_diagonal(&self, mask: Node) -> Option<(usize, usize)> {
        self.spend()?;
        match self.graph.equation_of(mask, "and") {
            Some((eqn, site)) => [0, 1]
                .into_iter()
                .find_map(|index| self.on_diagonal(self.graph.operand(eqn, site, index)?)),
            None => self.equal_indices(mask),
        }
    }

    /// The dimension along which every element is its own index.
    fn index(&self, node: Node) -> Option<usize> {
        self.spend()?;
        let node = self.graph.resolve(node);
        let Some((eqn, site)) = self.graph.equation(node) else {
            return self.agreed(node, |operand| self.index(operand));
        };
        let program = self.graph.program;
        let operand = |index| self.graph.operand(eqn, site, index);
        let is_zero = |index| operand(index).and_then(|node| self.graph.constant(node)) == Some(0.0);
        match program.primitive(eqn) {
            "iota" => usize::try_from(int(&program.symbols, program.param(eqn, "dimension")?)?).ok(),
            "add" | "sub" if is_zero(1) => self.index(operand(0)?),
            "add" if is_zero(0) => self.index(operand(1)?),
            "convert_element_type" => self.index(operand(0)?),
            _ => self.through(eqn, site, self.index(self.view(eqn, site)?)?),
        }
    }

    /// Whether a ridge was added. Nothing is known of an input unless all callers agree.
    fn ridged(&self, matrix: Node) -> Option<bool> {
        self.spend()?;
        let matrix = self.graph.resolve(matrix);
        let Some((eqn, site)) = self.graph.equation(matrix) else {
            return self.agreed(matrix, |operand| self.ridged(operand));
        };
        let operand = |index| self.graph.operand(eqn, site, index);
        let ridged = |index| operand(index).and_then(|node| self.ridged(node)) == Some(true);
        let scalar = |index| {
            let rank = self.graph.type_of(matrix)?.shape()?.len();
            self.scale(operand(index)?, (rank.checked_sub(2)?, rank - 1))
        };
        Some(match self.graph.program.primitive(eqn) {
            "add" | "add_any" => [0, 1]
                .into_iter()
                .any(|index| ridged(index) || operand(index).is_some_and(|node| self.is_ridge(node))),
            "mul" => (ridged(0) && scalar(1).is_some()) || (ridged(1) && scalar(0).is_some()),
            "div" => ridged(0) && scalar(1).is_some(),
            "stop_gradient" | "optimization_barrier" => ridged(0),
            "select_n" => self.adds_on_diagonal(&[operand(0)?, operand(1)?, operand(2)?]) == Some(true),
            "scatter-add" | "scatter_add" => self.scatters_on_diagonal(eqn, site) == Some(true),
            _ => self.view(eqn, site).is_some() && ridged(0),
        })
    }

    fn is_ridge(&self, node: Node) -> bool {
        let above_zero = |scale| !matches!(scale, Scale::Constant(constant) if constant <= 0.0);
        self.diagonal(node)
            .is_some_and(|found| self.are_last(node, found.dims) && above_zero(found.scale))
    }

    /// `select_n(… & row = column, A, A + ε)`: what we write ourselves, and `jnp.where(eye, A + ε, A)`.
    fn adds_on_diagonal(&self, [which, off, on]: &[Node; 3]) -> Option<bool> {
        let dims = self.on_diagonal(*which)?;
        let (eqn, site) = self.graph.equation_of(*on, "add")?;
        let (one, other) = (
            self.graph.operand(eqn, site, 0)?,
            self.graph.operand(eqn, site, 1)?,
        );
        let adds = |matrix, ridge| self.graph.congruent(matrix, *off) && self.scale(ridge, dims).is_some();
        Some(adds(one, other) || adds(other, one))
    }

    /// `A.at[arange(n), arange(n)].add(c)`: both columns of the indices count the rows.
    fn scatters_on_diagonal(&self, eqn: EqnId, site: SiteId) -> Option<bool> {
        let rank = self
            .graph
            .type_of(self.graph.operand(eqn, site, 0)?)?
            .shape()?
            .len();
        let (columns, inner) = self
            .graph
            .equation_of(self.graph.operand(eqn, site, 1)?, "concatenate")?;
        let update = self
            .graph
            .operand(eqn, site, 2)
            .and_then(|node| self.graph.constant(node));
        let count = self.graph.program.inputs(columns).len();
        let counts = |index| {
            self.graph
                .operand(columns, inner, index)
                .is_some_and(|node| self.counts(node))
        };
        Some(rank == 2 && count == 2 && counts(0) && counts(1) && update.is_none_or(|number| number > 0.0))
    }

    /// Whether a node counts up from 0, through what JAX does to indices that might be negative.
    fn counts(&self, node: Node) -> bool {
        if self.spend().is_none() {
            return false;
        }
        if self.index(node).is_some() {
            return true;
        }
        let Some((eqn, site)) = self.graph.equation(node) else {
            return false;
        };
        match self.graph.program.primitive(eqn) {
            "select_n" => self
                .graph
                .operand(eqn, site, 1)
                .is_some_and(|node| self.counts(node)),
            _ => self.view(eqn, site).is_some_and(|node| self.counts(node)),
        }
    }

    /// The operand of an equation that only changes where elements stand.
    pub(super) fn view(&self, eqn: EqnId, site: SiteId) -> Option<Node> {
        let moves = movement(self.graph.program, eqn) == Some(Movement::View);
        self.graph.operand(eqn, site, 0).filter(|_| moves)
    }

    /// Where a dimension of the operand of a view is found in its result.
    fn through(&self, eqn: EqnId, site: SiteId, dim: usize) -> Option<usize> {
        let rank = self
            .graph
            .type_of(self.graph.operand(eqn, site, 0)?)?
            .shape()?
            .len();
        let map = self.graph.index_map(&[Link { eqn, site }], rank)?;
        map.0.iter().position(|&from| from == Some(dim))
    }

    fn dtype(&self, node: Node) -> Option<DType> {
        self.graph.type_of(node)?.dtype()
    }
}
