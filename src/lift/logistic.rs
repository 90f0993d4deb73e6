//! Logarithms of `logistic x`, which are scales that know their `x`.

use super::Lifter;
use super::form::Form;
use super::nodes::NodeId;
use super::value::Lift;
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

    /// `1 + eˢ = 1/logistic(−s)`. In a loop that was opened it is a sum like any other: what is told of the scales of such a
    /// loop is told of maxima.
    pub(super) fn one_plus_exponential(
        &mut self,
        one: &Lift,
        exponential: &Lift,
        ty: TypeId,
    ) -> Option<Lift> {
        let is_one = |lift: &Lift| self.as_number(lift.mant) == Some(1.0);
        let fits = is_one(one) && one.scale.is_zero() && is_one(exponential);
        if !fits || !self.loops.groups.is_empty() || self.stays_in_range(&exponential.scale) {
            return None;
        }
        let x = self.sum(&exponential.scale.times(-1.0), ty)?;
        let logarithm = self.log_logistic(x, ty)?;
        Some(Lift {
            merit: exponential.merit,
            ..self.exponential_of(logarithm, -1.0, ty)
        })
    }

    /// The scale of `1 − eˢ = logistic(−x)`, if `s` is the logarithm of `logistic x`.
    pub(super) fn complement(&mut self, scale: &Form, ty: TypeId) -> Option<Form> {
        let (node, _) = scale.only().filter(|&(_, c)| c == 1.0)?;
        let x = self.logistic_argument(node)?;
        let negated = self.neg(x, ty)?;
        Some(Form::of(self.log_logistic(negated, ty)?, 1.0))
    }

    /// `exp` of a scale that is a sum of logarithms of `logistic x`: their product, which is below all of them and so
    /// underflows only where the result does.
    pub(super) fn product_of_logistics(&mut self, form: &Form, ty: TypeId) -> Option<NodeId> {
        let mut product = None;
        for &(node, c) in form.terms() {
            let x = self.logistic_argument(node)?;
            let factor = self.op("logistic", &[x], ty)?;
            let factor = match c {
                1.0 => factor,
                2.0 => self.mul(factor, factor, ty)?,
                _ => return None,
            };
            product = Some(match product {
                Some(product) => self.mul(product, factor, ty)?,
                None => factor,
            });
        }
        product
    }

    /// A scale with `log(logistic(−x))` in the place of `log(logistic x) − x`, as often as there is such a difference in it.
    pub(super) fn reflected(&mut self, form: &Form) -> Option<Form> {
        form.terms().to_vec().into_iter().find_map(|(node, c)| {
            let x = self.logistic_argument(node)?;
            let ty = self.nodes.ty(node);
            let parts = self.expanded(&Form::of(x, c));
            let undone = parts
                .terms()
                .iter()
                .map(|&(part, by)| -form.coefficient(part) / by);
            let share = undone.fold(1.0, f64::min);
            if share <= 0.0 || parts.is_zero() {
                return None;
            }
            let negated = self.neg(x, ty)?;
            let mut reflected = form.plus(&parts, share);
            reflected.add_term(node, -share * c);
            reflected.add_term(self.log_logistic(negated, ty)?, share * c);
            Some(reflected)
        })
    }
}
