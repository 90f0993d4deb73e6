//! Products over sums: `(a·eˢ + b·eᵗ)·eᵘ = a·e^{s + u} + b·e^{t + u}`, where that keeps every exponential in range.
//!
//! The gradient of a quotient is such a sum: one addend has divided by what underflows, the other has not, and then
//! both are multiplied by it. No scale that they share undoes that, because each addend has one of its own. A contraction is
//! a sum as well.

use std::rc::Rc;

use super::Lifter;
use super::form::Form;
use super::nodes::NodeId;
use super::transfer::contractions::{Summands, summands};
use super::transfer::{Addends, Here, Row};
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
    /// Notes that what the equation computes is `a + b`; if it `subtracts`, `b` is already negated. The sum, if something of
    /// it cancels that would leave nothing but rounding errors, and what is left does not.
    pub(super) fn sum_of_addends(
        &mut self,
        here: &Here,
        [a, b]: [&Lift; 2],
        subtracts: bool,
    ) -> Option<Lift> {
        let mut left = self.addends_of(here, 0).unwrap_or_else(|| Addend::only(a));
        let mut right = match self.addends_of(here, 1) {
            Some(seen) if subtracts => self.negated(&seen, here.ty)?,
            Some(seen) => seen,
            None => Addend::only(b),
        };
        // What stays in range is one addend to what does not.
        match [&left, &right].map(|addends| self.all_in_range(addends)) {
            [true, false] => left = Addend::only(a),
            [false, true] => right = Addend::only(b),
            _ => {}
        }
        let mut addends = [left, right].concat();
        if addends.len() > ADDENDS || addends.iter().all(|addend| addend.scale.is_zero()) {
            return None;
        }
        let completes = self.collect(&mut addends, here.ty);
        self.addends.insert(here.node, addends.clone().into());
        let is_below_zero = |addend: &Addend| self.as_number(addend.mant).map(|number| number < 0.0);
        let mut signs = addends.iter().map(is_below_zero);
        let first = signs.next().flatten();
        let merit = a.merit.with(b.merit);
        if !(completes && merit.won) || first.is_none() || signs.any(|sign| sign != first) {
            return None;
        }
        self.total_in_range(&addends, merit, here.ty)
    }

    /// Notes that what the equation computes is `eˢ − 1`.
    pub(super) fn note_expm1(&mut self, here: &Here, exponential: &Lift, minus_one: &Lift) {
        let addends = [Addend::only(exponential), Addend::only(minus_one)].concat();
        self.addends.insert(here.node, addends.into());
    }

    /// Whether an expression is known to be a sum.
    pub(super) fn is_of_addends(&self, node: NodeId) -> bool {
        !self.addends.is_empty() && self.addends.contains_key(&self.unviewed(node).0)
    }

    /// Notes that what is held in the place of `node` is the sum that `node` is, if it is one.
    pub(super) fn keep_addends(&mut self, node: NodeId, held: NodeId) {
        if let Some(addends) = self.seen_addends(node) {
            self.addends.insert(held, addends.into());
        }
    }

    /// Notes that what the equation computes is a sum, if an operand is one and `row` does the same to each addend.
    pub(super) fn note_each_addend(&mut self, row: &Row, here: &Here) -> Option<()> {
        let Addends::Each { operand, beside } = row.addends else {
            return None;
        };
        let addends = self.seen_addends(here.operands.get(operand)?.node)?;
        if let Some(beside) = beside
            && self.as_number(here.operands.get(beside)?.node) != Some(0.0)
        {
            return None;
        }
        let mut one = here.clone();
        let mut found = Vec::new();
        for Addend { mant, scale } in addends {
            let addend = Lift {
                scale,
                ..self.plain(mant)
            };
            one.operands[operand].lift = Some(Rc::new(addend));
            found.extend(Addend::only(&(row.transfer)(self, &one)?));
        }
        self.addends.insert(here.node, found.into());
        Some(())
    }

    /// The product of `factor` and an operand that is a sum, multiplied out, if an exponential of either may leave
    /// the range of numbers and none of the products does.
    pub(super) fn distributed(&mut self, here: &Here, sum: usize, factor: &Lift) -> Option<Lift> {
        // A logarithm would be asked to tell apart what then underflows, and `expm1` has digits that a difference loses.
        let is_faint = here.lift(self, sum)?.merit.faint;
        if is_faint || here.asked.small || factor.scale.is_zero() {
            return None;
        }
        let addends = self.addends_of(here, sum)?;
        let mut leaves_range = !self.stays_in_range(&factor.scale);
        for addend in &addends {
            leaves_range |= !self.stays_in_range(&addend.scale);
        }
        if !leaves_range {
            return None;
        }
        let products = self.multiplied_out(&addends, factor, here.ty)?;
        let total = self.total_in_range(&products, Merit::default().winning(true), here.ty)?;
        self.addends.insert(here.node, products.into());
        Some(total)
    }

    /// The product of `factor` and an operand that is a contraction, with the factor taken into the contraction, if the
    /// products stay in range where they are not zero: `Σᵢ (bᵢₖ·e^{−mᵢ})·e^{yₖ} = Σᵢ bᵢₖ·e^{yₖ − mᵢ}`, as in the gradient of
    /// logarithms of weighted sums of exponentials, in which zeros among the weights hide exponents from the maxima `mᵢ`.
    pub(super) fn before_contracting(&mut self, here: &Here, sum: usize, factor: &Lift) -> Option<Lift> {
        if factor.scale.is_zero() || here.asked.is_relative() {
            return None;
        }
        let node = self.aligned(here.operands.get(sum)?.node, here.ty);
        let (base, map) = self.unviewed(node);
        let contraction = self.contractions.get(&base)?.clone();
        let summands = summands(self, &contraction)?;
        // The dimensions of this product, and then those that are summed.
        let contracted = &self.array(summands.full)?.shape[summands.axes.first().copied()?..];
        let shape = [self.shape(here.node).clone(), contracted.to_vec()].concat();
        let ty = self.reshaped(here.ty, &shape)?;
        let axes: Vec<usize> = (map.len()..shape.len()).collect();
        let products = self.products_with(&summands, factor, &map, ty)?;
        let total = self.total(products, &axes, ty, here.ty)?;
        Some(Lift {
            merit: Merit::default().winning(true),
            ..self.plain(total)
        })
    }

    /// What a contraction sums, each times `factor`, if all of that stays in range where it is not zero. `map` is the view on
    /// the contraction, `ty` the type of the products.
    fn products_with(
        &mut self,
        summands: &Summands,
        factor: &Lift,
        map: &[Option<usize>],
        ty: TypeId,
    ) -> Option<NodeId> {
        let summed = summands.axes.iter().map(|&axis| Some(axis));
        let within: Vec<Option<usize>> = map.iter().copied().chain(summed).collect();
        let around: Vec<Option<usize>> = (0..map.len())
            .map(Some)
            .chain(summands.axes.iter().map(|_| None))
            .collect();
        let scale = summands.product.scale.mapped(|node| self.view(node, &within, ty));
        let by = factor.scale.mapped(|node| self.view(node, &around, ty));
        let scale = self.scales_added(&scale, &by).0;
        if !(self.is_never_above_one(&scale) || self.is_covered(&scale)) {
            return None;
        }
        let mask = self.view(summands.product.mant, &within, ty);
        let exponent = self.sum(&scale, ty)?;
        let exponent = self.clipped(mask, exponent, ty)?;
        let exponential = self.op("exp", &[exponent], ty)?;
        // As the program does, the quotient that one mantissa is before it meets the other.
        let [quotient, weight] = summands.mants.map(|mant| self.view(mant, &within, ty));
        let factor = self.view(factor.mant, &around, ty);
        let weight = self.times(weight, factor, ty)?;
        let weighted = self.mul(weight, exponential, ty)?;
        self.mul(quotient, weighted, ty)
    }

    /// The sum of addends, if all of them stay in range.
    fn total_in_range(&mut self, addends: &[Addend], merit: Merit, ty: TypeId) -> Option<Lift> {
        if !self.all_in_range(addends) {
            return None;
        }
        let mut total = self.number(0.0, ty);
        for addend in addends {
            let addend = Lift {
                scale: addend.scale.clone(),
                ..self.plain(addend.mant)
            };
            let term = self.written_out(&addend, ty)?;
            total = self.difference_or_sum(total, term, ty)?;
        }
        Some(Lift {
            merit,
            ..self.plain(total)
        })
    }

    fn all_in_range(&mut self, addends: &[Addend]) -> bool {
        addends.iter().all(|addend| self.stays_in_range(&addend.scale))
    }

    /// Adds up addends of equal scale, and `c·eˢ − c·eˢ·logistic x = c·eˢ·logistic(−x)`, until no two are left to be; whether
    /// there were any of the latter.
    fn collect(&mut self, addends: &mut Vec<Addend>, ty: TypeId) -> bool {
        let mut cancels = false;
        let mut at = 0;
        while at < addends.len() {
            let found =
                (0..at).find_map(|one| Some((one, self.collected([&addends[one], &addends[at]], ty)?)));
            let Some((one, (sum, is_complement))) = found else {
                at += 1;
                continue;
            };
            cancels |= is_complement;
            addends.remove(at);
            addends[one] = sum;
            at = one;
        }
        addends.retain(|addend| self.as_number(addend.mant) != Some(0.0));
        cancels
    }

    /// The sum of two addends as one, and whether one of them was a logistic function that the other one completes.
    fn collected(&mut self, [a, b]: [&Addend; 2], ty: TypeId) -> Option<(Addend, bool)> {
        if a.scale == b.scale {
            let mant = self.difference_or_sum(a.mant, b.mant, ty)?;
            let scale = a.scale.clone();
            return Some((Addend { mant, scale }, false));
        }
        if self.neg(b.mant, ty)? != a.mant {
            return None;
        }
        [(a, b), (b, a)].into_iter().find_map(|(whole, part)| {
            let rest = self.complement(&part.scale.plus(&whole.scale, -1.0), ty)?;
            let (mant, scale) = (whole.mant, whole.scale.plus(&rest, 1.0));
            Some((Addend { mant, scale }, true))
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

    /// Notes that what the equation computes is a sum, if it divides one.
    pub(super) fn divide_addends(&mut self, here: &Here, divisor: &Lift) -> Option<()> {
        let mut quotients = self.addends_of(here, 0)?;
        for addend in &mut quotients {
            addend.mant = self.over(addend.mant, divisor.mant, here.ty)?;
            addend.scale = self.scales_added(&addend.scale, &divisor.scale.times(-1.0)).0;
        }
        self.addends.insert(here.node, quotients.into());
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
        let mut products = addends.iter().map(product).collect::<Option<Vec<_>>>()?;
        self.collect(&mut products, ty);
        Some(products)
    }

    /// The addends of an operand, in the shape of the result.
    fn addends_of(&mut self, here: &Here, operand: usize) -> Option<Vec<Addend>> {
        let node = self.aligned(here.operands.get(operand)?.node, here.ty);
        self.seen_addends(node)
    }

    /// The addends of an expression, in its own shape.
    fn seen_addends(&mut self, node: NodeId) -> Option<Vec<Addend>> {
        let (base, map) = self.unviewed(node);
        let (addends, ty) = (self.addends.get(&base)?.clone(), self.nodes.ty(node));
        let mut view = |node| self.view(node, &map, ty);
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
