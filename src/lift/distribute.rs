//! Products over sums: `(a·eˢ + b·eᵗ)·eᵘ = a·e^{s + u} + b·e^{t + u}`, where that keeps every exponential in range.
//!
//! The gradient of a quotient is such a sum: one addend has divided by what underflows, the other has not, and then
//! both are multiplied by it. No scale that they share undoes that, because each addend has one of its own.

use super::Lifter;
use super::ask::Asked;
use super::form::Form;
use super::nodes::NodeId;
use super::transfer::Here;
use super::value::{Lift, Merit};
use crate::ir::TypeId;

/// Longer sums are not multiplied out.
const ADDENDS: usize = 8;

/// One addend of a sum: `mant·exp(scale)`.
#[derive(Clone, Debug)]
pub(super) struct Addend {
    mant: NodeId,
    scale: Form,
}

impl Addend {
    /// The one addend of what is no sum.
    fn only(lift: &Lift) -> Vec<Self> {
        vec![Self {
            mant: lift.mant,
            scale: lift.scale.clone(),
        }]
    }
}

impl Lifter<'_> {
    /// Notes that what the equation computes is `a + b`; if it `subtracts`, `b` is already negated.
    pub(super) fn note_addends(&mut self, here: &Here, [a, b]: [&Lift; 2], subtracts: bool) -> Option<()> {
        let mut addends = self.addends_of(here, 0).unwrap_or_else(|| Addend::only(a));
        addends.extend(match self.addends_of(here, 1) {
            Some(seen) if subtracts => self.negated(&seen, here.ty)?,
            Some(seen) => seen,
            None => Addend::only(b),
        });
        if addends.len() <= ADDENDS && addends.iter().any(|addend| !addend.scale.is_zero()) {
            self.addends.insert(here.node, addends.into());
        }
        Some(())
    }

    /// Notes that what the equation computes is the negative of a sum, if its operand is a sum.
    pub(super) fn negate_addends(&mut self, here: &Here) -> Option<()> {
        if let Some(addends) = self.addends_of(here, 0) {
            let addends = self.negated(&addends, here.ty)?;
            self.addends.insert(here.node, addends.into());
        }
        Some(())
    }

    /// The product of `factor` and an operand that is a sum, multiplied out, if an exponential of either may leave
    /// the range of numbers and none of the products does.
    pub(super) fn distributed(&mut self, here: &Here, sum: usize, factor: &Lift) -> Option<Lift> {
        // A logarithm would be asked to tell apart what then underflows.
        if here.asked >= Asked::Divisor || factor.scale.is_zero() {
            return None;
        }
        let addends = self.addends_of(here, sum)?;
        let mut leaves_range = !self.stays_in_range(&factor.scale);
        for addend in &addends {
            leaves_range |= !self.stays_in_range(&addend.scale);
        }
        let products = self.multiplied_out(&addends, factor, here.ty)?;
        if !leaves_range || !products.iter().all(|product| self.stays_in_range(&product.scale)) {
            return None;
        }
        let mut total = self.number(0.0, here.ty);
        for product in products {
            let product = Lift {
                scale: product.scale,
                ..self.plain(product.mant)
            };
            let term = self.written_out(&product, here.ty)?;
            total = self.difference_or_sum(total, term, here.ty)?;
        }
        Some(Lift {
            merit: Merit::default().winning(true),
            ..self.plain(total)
        })
    }

    /// Notes that what the equation computes is a sum, if an operand is one: a later factor may bring the addends in range.
    pub(super) fn multiply_addends(&mut self, here: &Here, [a, b]: [&Lift; 2]) -> Option<()> {
        let (left, right) = (self.addends_of(here, 0), self.addends_of(here, 1));
        let addends = match (left, right) {
            (Some(addends), None) => self.multiplied_out(&addends, b, here.ty)?,
            (None, Some(addends)) => self.multiplied_out(&addends, a, here.ty)?,
            _ => return None,
        };
        self.addends.insert(here.node, addends.into());
        Some(())
    }

    /// Each addend times `factor`.
    fn multiplied_out(&mut self, addends: &[Addend], factor: &Lift, ty: TypeId) -> Option<Vec<Addend>> {
        let product = |addend: &Addend| {
            Some(Addend {
                mant: self.times(addend.mant, factor.mant, ty)?,
                scale: self.scales_added(&addend.scale, &factor.scale).0,
            })
        };
        addends.iter().map(product).collect()
    }

    /// The addends of an operand, in the shape of the result.
    fn addends_of(&mut self, here: &Here, operand: usize) -> Option<Vec<Addend>> {
        let node = self.aligned(here.operands.get(operand)?.node, here.ty);
        let (base, map) = self.unviewed(node);
        let addends = self.addends.get(&base)?.clone();
        let mut view = |node| self.view(node, &map, here.ty);
        let seen = addends.iter().map(|addend| Addend {
            mant: view(addend.mant),
            scale: addend.scale.mapped(&mut view),
        });
        Some(seen.collect())
    }

    fn negated(&mut self, addends: &[Addend], ty: TypeId) -> Option<Vec<Addend>> {
        let negated = |addend: &Addend| {
            Some(Addend {
                mant: self.neg(addend.mant, ty)?,
                scale: addend.scale.clone(),
            })
        };
        addends.iter().map(negated).collect()
    }
}
