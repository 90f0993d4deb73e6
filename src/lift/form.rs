//! Scales: linear combinations of expressions, kept symbolic so that what cancels does so exactly.

use super::nodes::NodeId;

/// `Σ cᵢ·xᵢ` over distinct expressions of one shape, in the order of their ids; the empty one is zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form(Vec<(NodeId, f64)>);

impl Form {
    /// `c·x`.
    pub(super) fn of(node: NodeId, coefficient: f64) -> Self {
        Self(vec![(node, coefficient)])
    }

    /// Whether it is zero.
    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Terms in order.
    pub(super) fn terms(&self) -> &[(NodeId, f64)] {
        &self.0
    }

    /// The only term, if there is one.
    pub(super) fn only(&self) -> Option<(NodeId, f64)> {
        match self.0[..] {
            [term] => Some(term),
            _ => None,
        }
    }

    /// The coefficient of an expression; 0 for one that does not occur.
    pub(super) fn coefficient(&self, node: NodeId) -> f64 {
        match self.0.binary_search_by_key(&node, |term| term.0) {
            Ok(at) => self.0[at].1,
            Err(_) => 0.0,
        }
    }

    /// Adds `c·x`.
    pub(super) fn add_term(&mut self, node: NodeId, coefficient: f64) {
        match self.0.binary_search_by_key(&node, |term| term.0) {
            Ok(at) => {
                self.0[at].1 += coefficient;
                if self.0[at].1 == 0.0 {
                    self.0.remove(at);
                }
            }
            Err(at) if coefficient != 0.0 => self.0.insert(at, (node, coefficient)),
            Err(_) => {}
        }
    }

    /// `self + c·other`.
    #[must_use]
    pub(super) fn plus(&self, other: &Self, coefficient: f64) -> Self {
        let mut sum = self.clone();
        for &(node, c) in &other.0 {
            sum.add_term(node, c * coefficient);
        }
        sum
    }

    /// `c·self`.
    #[must_use]
    pub(super) fn times(&self, coefficient: f64) -> Self {
        Self::default().plus(self, coefficient)
    }

    /// `Σ cᵢ·f(xᵢ)`.
    pub(super) fn mapped(&self, mut f: impl FnMut(NodeId) -> NodeId) -> Self {
        let mut form = Self::default();
        for &(node, c) in &self.0 {
            form.add_term(f(node), c);
        }
        form
    }

    /// `Σ cᵢ·f(xᵢ)`, if all `f(xᵢ)` can be made.
    pub(super) fn try_mapped(&self, mut f: impl FnMut(NodeId) -> Option<NodeId>) -> Option<Self> {
        let mut form = Self::default();
        for &(node, c) in &self.0 {
            form.add_term(f(node)?, c);
        }
        Some(form)
    }

    /// The terms that two combinations share with the same coefficient.
    pub(super) fn common(&self, other: &Self) -> Self {
        let shared = |&&(node, c): &&(NodeId, f64)| other.coefficient(node) == c;
        Self(self.0.iter().filter(shared).copied().collect())
    }

    /// Whether a term of one undoes at least a part of a term of the other in their sum.
    pub(super) fn cancels(&self, other: &Self) -> bool {
        self.0.iter().any(|&(node, c)| c * other.coefficient(node) < 0.0)
    }

    /// The terms for which `keep` holds, and the others.
    pub(super) fn partition(&self, mut keep: impl FnMut(NodeId) -> bool) -> (Self, Self) {
        let (kept, rest) = self.0.iter().partition(|term| keep(term.0));
        (Self(kept), Self(rest))
    }

    /// `(c, f)` with `self = c·f` and all coefficients of `f` 1 or −1, where there is such a positive `c`.
    pub(super) fn factor(&self) -> Option<(f64, Self)> {
        let magnitude = self.0.first()?.1.abs();
        let alike = self.0.iter().all(|term| term.1.abs() == magnitude);
        alike.then(|| {
            let signs = self.0.iter().map(|&(node, c)| (node, c.signum()));
            (magnitude, Self(signs.collect()))
        })
    }
}
