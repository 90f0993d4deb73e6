//! A value held as `mant·exp(scale)`, and how two scales are added.

use super::Lifter;
use super::form::Form;
use super::nodes::{Kind, NodeId};
use crate::ir::TypeId;

/// `mant·exp(scale)`.
#[derive(Clone, Debug)]
pub(super) struct Lift {
    /// The mantissa, in the shape of the value.
    pub(super) mant: NodeId,
    /// Whether the mantissa is not zero wherever the scale, with its maxima as they are, is above −inf.
    pub(super) nonzero: bool,
    /// Whether it is above zero there.
    pub(super) positive: bool,
    /// The scale, in the shape of the value; zero for a value that is held as it is.
    pub(super) scale: Form,
    /// What speaks for and against writing it out.
    pub(super) merit: Merit,
}

/// What speaks for and against writing a lifted value out in the place of what the program computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Merit {
    /// Something is gained: scales cancelled, a logarithm was reached.
    pub(super) won: bool,
    /// A shift was taken over exponents some of which a zero may hide. That does no harm to what ends in range,
    /// and loses small numbers beside large exponents that are hidden otherwise.
    pub(super) loose: bool,
    /// It is held as mantissa and scale only for what may cancel: rules know its logarithm better.
    pub(super) faint: bool,
}

impl Merit {
    /// Of what is made of two values.
    #[must_use]
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            won: self.won || other.won,
            loose: self.loose || other.loose,
            faint: self.faint || other.faint,
        }
    }

    /// If something was `won`.
    #[must_use]
    pub(super) fn winning(self, won: bool) -> Self {
        Self {
            won: self.won || won,
            ..self
        }
    }

    /// If a shift was `loose`.
    #[must_use]
    pub(super) fn loosened(self, loose: bool) -> Self {
        Self {
            loose: self.loose || loose,
            ..self
        }
    }
}

impl Lifter<'_> {
    /// A value held as it is.
    pub(super) fn plain(&self, node: NodeId) -> Lift {
        let number = self.as_number(node);
        Lift {
            mant: node,
            nonzero: number.is_some_and(|c| c != 0.0),
            positive: number.is_some_and(|c| c > 0.0),
            scale: Form::default(),
            merit: Merit::default(),
        }
    }

    /// `exp x` times `mant`, which is a positive number.
    pub(super) fn exponential_of(&mut self, x: NodeId, coefficient: f64, ty: TypeId) -> Lift {
        Lift {
            mant: self.number(1.0, ty),
            nonzero: true,
            positive: true,
            scale: Form::of(x, coefficient),
            merit: Merit::default(),
        }
    }

    /// A sum of mantissas with what they have in common: above zero if all of them are.
    pub(super) fn summed_up(&mut self, mant: NodeId, positive: bool, scale: Form, merit: Merit) -> Lift {
        if positive {
            self.totals.insert(mant);
        }
        Lift {
            mant,
            nonzero: positive,
            positive,
            scale,
            merit,
        }
    }

    /// A lifted operand brought to the shape of `ty`.
    pub(super) fn aligned_lift(&mut self, lift: &Lift, ty: TypeId) -> Lift {
        Lift {
            mant: self.aligned(lift.mant, ty),
            scale: lift.scale.mapped(|node| self.aligned(node, ty)),
            ..lift.clone()
        }
    }

    /// The scale of a product: `a + b`, and whether something is won by adding them.
    ///
    /// It is, if parts of them cancel, or if a large exponent meets the maximum by which the other side divides.
    pub(super) fn combine(&mut self, a: &Form, b: &Form) -> (Form, bool) {
        if a.is_zero() || b.is_zero() {
            return (a.plus(b, 1.0), false);
        }
        let in_loops = self.meet_in_loops(a, b);
        let (sum, cancels) = self.scales_added(a, b);
        let won = cancels || in_loops || self.meets_its_maximum(a, b) || self.meets_its_maximum(b, a);
        (sum, won)
    }

    /// `a + b`, with terms taken apart where that makes parts of them cancel, and whether it does.
    pub(super) fn scales_added(&mut self, a: &Form, b: &Form) -> (Form, bool) {
        let sum = a.plus(b, 1.0);
        if a.cancels(b) {
            return (self.reflected(&sum).unwrap_or(sum), true);
        }
        let (left, right) = (self.expanded(a), self.expanded(b));
        let apart = left.plus(&right, 1.0);
        if let Some(reflected) = self.reflected(&apart) {
            return (reflected, true);
        }
        if left.cancels(&right) {
            return (apart, true);
        }
        (sum, false)
    }

    /// Whether `divisor` takes away a maximum, or exponents that those of `dividend` are related to, or holds a maximum
    /// that was taken over what takes these away. Of what a maximum was taken does not matter: a sum that was shifted by
    /// it is of ordinary size, and the difference of the exponents as large as the result.
    fn meets_its_maximum(&self, dividend: &Form, divisor: &Form) -> bool {
        let grows = dividend.terms().iter().any(|term| term.1 > 0.0);
        let divides = |&(node, c): &(NodeId, f64)| {
            if c < 0.0 {
                return self.shifts.contains_key(&self.unviewed(node).0) || self.is_related(node, dividend);
            }
            let covers = self.shifts.get(&self.unviewed(node).0).map(|shift| &shift.covers);
            let mut terms = covers.into_iter().flatten().flat_map(Form::terms);
            terms.any(|&(node, c)| c < 0.0 && self.is_related(node, dividend))
        };
        grows && divisor.terms().iter().any(divides)
    }

    /// A scale with sums, differences and multiples among its terms taken apart.
    pub(super) fn expanded(&mut self, form: &Form) -> Form {
        let mut sum = Form::default();
        for &(node, c) in form.terms() {
            let parts = self.split(node);
            sum = sum.plus(&parts, c);
        }
        sum
    }

    /// The parts of one exponent.
    fn split(&mut self, node: NodeId) -> Form {
        /// Exponents are short formulas; a longer one is left in larger parts.
        const PARTS: usize = 16;
        if let Some(known) = self.splits.get(&node) {
            return known.clone();
        }
        let mut form = Form::default();
        let mut stack = vec![(node, 1.0)];
        let mut left = PARTS;
        while let Some((node, c)) = stack.pop() {
            match left.checked_sub(1).and_then(|_| self.parts(node)) {
                Some(parts) => {
                    left -= 1;
                    stack.extend(parts.into_iter().map(|(part, by)| (part, c * by)));
                }
                None => form.add_term(node, c),
            }
        }
        self.splits.insert(node, form.clone());
        form
    }

    /// What one exponent is the sum of, if it is one; a maximum and the logarithm of `logistic x` stay whole.
    fn parts(&mut self, node: NodeId) -> Option<Vec<(NodeId, f64)>> {
        let (base, map) = self.unviewed(node);
        if self.logistics.contains_key(&base) {
            return None;
        }
        let Kind::Op {
            primitive, inputs, ..
        } = self.nodes.kind(base)
        else {
            return None;
        };
        let (name, inputs) = (self.program.symbols.text(*primitive), inputs.to_vec());
        let parts = match (name, &inputs[..]) {
            ("add" | "add_any", &[a, b]) => vec![(a, 1.0), (b, 1.0)],
            ("sub", &[a, b]) => vec![(a, 1.0), (b, -1.0)],
            ("neg", &[a]) => vec![(a, -1.0)],
            ("mul", &[a, b]) => match (self.as_number(a), self.as_number(b)) {
                (Some(c), None) => vec![(b, c)],
                (None, Some(c)) => vec![(a, c)],
                _ => return None,
            },
            ("div", &[a, b]) => vec![(a, self.as_number(b).filter(|&c| c != 0.0)?.recip())],
            _ => return None,
        };
        // A number among the terms is a factor that need not be taken out.
        if parts.iter().any(|&(part, _)| self.as_number(part).is_some()) {
            return None;
        }
        let (base_ty, ty) = (self.nodes.ty(base), self.nodes.ty(node));
        let seen = |lifter: &mut Self, part| {
            let part = lifter.aligned(part, base_ty);
            lifter.view(part, &map, ty)
        };
        Some(parts.into_iter().map(|(part, c)| (seen(self, part), c)).collect())
    }
}
