//! Scales that are whole numbers, so that adding them does not round.
//!
//! The product of a forward and a backward value is of ordinary size, and the exponents of both are large. Where these
//! are whole, as the exponents of floating-point numbers are, nothing is lost when they cancel.

use super::Lifter;
use super::form::Form;
use super::nodes::{Kind, NodeId};
use super::transfer;
use crate::analysis::before_rounding_up;
use crate::ir::{Atom, TypeId};

impl Lifter<'_> {
    /// An exponent rounded up; 0 where it is not finite. It has no derivative.
    pub(super) fn made_whole(&mut self, exponent: NodeId, ty: TypeId) -> Option<NodeId> {
        let whole = self.rounded_up(exponent, ty)?;
        let whole = self.finite(whole, ty)?;
        self.whole.insert(whole);
        Some(whole)
    }

    /// An exponent rounded up to a whole number.
    pub(super) fn rounded_up(&mut self, exponent: NodeId, ty: TypeId) -> Option<NodeId> {
        if self.is_whole(exponent) {
            return Some(exponent);
        }
        self.op("ceil", &[exponent], ty)
    }

    /// Whether a scale has terms that are whole numbers.
    pub(super) fn has_whole(&self, form: &Form) -> bool {
        form.terms().iter().any(|term| self.is_whole(term.0))
    }

    /// Whether an exponent of the program is one from which a maximum was taken that was rounded up, as this pass writes
    /// it: whole numbers are subtracted before the rest is added.
    pub(super) fn is_below_whole(&self, node: NodeId) -> bool {
        let operation = |node: NodeId| self.operation(self.unviewed(node).0);
        let below = |node: NodeId| matches!(operation(node), Some(("sub", &[_, m])) if self.is_rounded_up(m));
        match operation(node) {
            Some(("add", &[a, b])) => below(a) || below(b),
            _ => below(node),
        }
    }

    /// Whether an expression of the program is a maximum that was rounded up, as this pass writes it.
    fn is_rounded_up(&self, node: NodeId) -> bool {
        let operand_of = |node: NodeId, primitive: &str, index: usize| {
            let operands = self.operands_of(self.unviewed(node).0, primitive)?;
            operands.get(index).copied()
        };
        before_rounding_up(node, operand_of).is_some()
    }

    /// Whether an exponent is a whole number.
    pub(super) fn is_whole(&self, exponent: NodeId) -> bool {
        /// Exponents that were moved lie close to where they are used.
        const REACH: usize = 16;
        let mut node = exponent;
        for _ in 0..REACH {
            let (base, _) = self.unviewed(node);
            if self.whole.contains(&base) {
                return true;
            }
            node = match self.nodes.kind(base) {
                Kind::Bound(Atom::Value(value)) => {
                    return self
                        .loops
                        .scales
                        .get(value)
                        .is_some_and(|scale| scale.trend.whole);
                }
                Kind::Op {
                    primitive, inputs, ..
                } => {
                    let name = self.program.symbols.text(*primitive);
                    let moves = transfer::row(name).is_some_and(|row| row.is_move);
                    match &inputs[..] {
                        &[moved, ..] if moves || matches!(name, "reduce_max" | "stop_gradient") => moved,
                        _ => return false,
                    }
                }
                _ => return false,
            };
        }
        false
    }
}
