//! Logarithms of `logistic x`, which are scales that know their `x`.

use super::Lifter;
use super::form::Form;
use super::nodes::NodeId;
use crate::ir::{DType, TypeId};

impl Lifter<'_> {
    /// `log(logistic x) = min(x, 0) − log1p(exp(−|x|))`, with both chosen by sign, so that there is no kink at 0.
    pub(super) fn log_logistic(&mut self, x: NodeId, ty: TypeId) -> Option<NodeId> {
        let (zero, mask) = (self.number(0.0, ty), self.retyped(ty, DType::Bool)?);
        let above = self.op("gt", &[x, zero], mask)?;
        let negated = self.neg(x, ty)?;
        let small = self.select(above, x, negated, ty)?;
        let smaller = self.select(above, x, zero, ty)?;
        let small = self.op("exp", &[small], ty)?;
        let small = self.op("log1p", &[small], ty)?;
        let logarithm = self.sub(smaller, small, ty)?;
        self.logistics.insert(logarithm, x);
        Some(logarithm)
    }

    /// The `x` of an exponent that is `log(logistic x)`.
    pub(super) fn logistic_argument(&mut self, exponent: NodeId) -> Option<NodeId> {
        let (base, map) = self.unviewed(exponent);
        let &x = self.logistics.get(&base)?;
        Some(self.view(x, &map, self.nodes.ty(exponent)))
    }

    /// A scale with `log(logistic(−x))` in the place of `log(logistic x) − x`, if there is such a difference in it.
    pub(super) fn reflected(&mut self, form: &Form) -> Option<Form> {
        form.terms().to_vec().into_iter().find_map(|(node, c)| {
            let x = self.logistic_argument(node)?;
            let ty = self.nodes.ty(node);
            let parts = self.expanded(&Form::of(x, c));
            let undone = |&(part, by): &(NodeId, f64)| form.coefficient(part) / by <= -1.0;
            if !parts.terms().iter().all(undone) {
                return None;
            }
            let negated = self.neg(x, ty)?;
            let mut reflected = form.plus(&parts, 1.0);
            reflected.add_term(node, -c);
            reflected.add_term(self.log_logistic(negated, ty)?, c);
            Some(reflected)
        })
    }
}
