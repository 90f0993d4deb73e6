//! Scales made into numbers: their sums, their exponentials, and the shifts that keep these in range.

use std::f64::consts::LN_2;

use super::Lifter;
use super::bound::Shift;
use super::form::Form;
use super::nodes::NodeId;
use super::value::Lift;
use crate::ir::{DType, Format, TypeId};
use crate::schema::params::int_tuple;

impl Lifter<'_> {
    /// The sum that a scale stands for. Maxima are taken from what they bound before anything else is added, so
    /// that large exponents cancel where their difference is exact.
    pub(super) fn sum(&mut self, form: &Form, ty: TypeId) -> Option<NodeId> {
        if form.is_zero() {
            return Some(self.number(0.0, ty));
        }
        if let Some((c, form)) = form.factor().filter(|(c, _)| *c != 1.0) {
            let (c, sum) = (self.number(c, ty), self.sum(&form, ty)?);
            return self.mul(c, sum, ty);
        }
        // Whole numbers are added without rounding, and what is left of them is as small as the sum.
        let (whole, mut rest) = form.partition(|node| self.is_whole(node));
        let mut total = None;
        if !whole.is_zero() {
            total = Some(self.terms(None, &whole, ty)?);
        }
        while let Some(((shift, c), cover)) = self.covered(&rest, true).filter(|(_, cover)| !cover.is_zero())
        {
            rest = rest.plus(&cover, -1.0);
            rest.add_term(shift, c);
            let bounded = self.terms(None, &cover.times(c.recip()), ty)?;
            let difference = self.sub(bounded, shift, ty)?;
            let c = self.number(c, ty);
            let part = self.mul(c, difference, ty)?;
            total = Some(match total {
                Some(total) => self.add(total, part, ty)?,
                None => part,
            });
        }
        self.terms(total, &rest, ty)
    }

    /// Adds terms to a sum, those with a positive coefficient first.
    fn terms(&mut self, total: Option<NodeId>, form: &Form, ty: TypeId) -> Option<NodeId> {
        let mut total = total;
        let (added, taken): (Vec<_>, Vec<_>) = form.terms().iter().partition(|term| term.1 > 0.0);
        for (node, c) in added.into_iter().chain(taken) {
            let magnitude = self.number(c.abs(), ty);
            let term = self.mul(magnitude, node, ty)?;
            total = Some(match total {
                Some(total) if c > 0.0 => self.add(total, term, ty)?,
                Some(total) => self.sub(total, term, ty)?,
                None if c > 0.0 => term,
                None => self.neg(term, ty)?,
            });
        }
        Some(total.unwrap_or(self.number(0.0, ty)))
    }

    /// The sum with maxima as they are, −inf where a maximum is over nothing but zero mantissas.
    pub(super) fn raw_sum(&mut self, form: &Form, ty: TypeId) -> Option<NodeId> {
        let raw = self.raw(form, ty);
        self.sum(&raw, ty)
    }

    /// A scale whose sum is `sum`, with a maximum of it taken away.
    pub(super) fn below(&mut self, form: &Form, sum: NodeId, m: NodeId, ty: TypeId) -> Option<NodeId> {
        if !self.has_whole(form) {
            return self.sub(sum, m, ty);
        }
        let raw = self.raw(form, ty).plus(&Form::of(m, 1.0), -1.0);
        self.sum(&raw, ty)
    }

    fn raw(&mut self, form: &Form, ty: TypeId) -> Form {
        let mut raw = Form::default();
        for &(node, c) in form.terms() {
            let (base, map) = self.unviewed(node);
            let node = match self.shifts.get(&base) {
                Some(shift) if c > 0.0 => self.view(shift.raw, &map, ty),
                _ => node,
            };
            raw.add_term(node, c);
        }
        raw
    }

    /// `exp` of a scale.
    pub(super) fn exponential(&mut self, form: &Form, ty: TypeId) -> Option<NodeId> {
        if form.is_zero() {
            return Some(self.number(1.0, ty));
        }
        if let Some(product) = self.product_of_logistics(form, ty) {
            return Some(product);
        }
        // 2ˣ = exp(x·log 2), and the product would round.
        if let Some((_, halves)) = form.factor().filter(|(c, _)| *c == LN_2) {
            let sum = self.sum(&halves, ty)?;
            return self.op("exp2", &[sum], ty);
        }
        let sum = self.sum(form, ty)?;
        self.op("exp", &[sum], ty)
    }

    /// A lifted value as one expression, if that is better than what the program computes.
    pub(super) fn better(&mut self, lift: &Lift, ty: TypeId) -> Option<NodeId> {
        let harmless = !lift.merit.loose || self.is_bounded(&lift.scale);
        if lift.merit.won && harmless {
            self.written_out(lift, ty)
        } else {
            None
        }
    }

    /// `mant·exp(scale)` as one expression.
    pub(super) fn written_out(&mut self, lift: &Lift, ty: TypeId) -> Option<NodeId> {
        if lift.scale.is_zero() {
            return Some(lift.mant);
        }
        // What the mantissa divides by may be small: a quotient that overflows would meet an exponential of zero.
        let (mant, divisor) = match self.fraction(lift.mant, ty) {
            Some((numerator, divisor)) => (numerator, Some(divisor)),
            None => (lift.mant, None),
        };
        // 0·exp(large) is 0, and not the NaN of 0·inf.
        let nonzero = lift.nonzero || self.as_number(mant).is_some_and(|number| number != 0.0);
        let exponential = if nonzero || self.is_never_above_one(&lift.scale) {
            self.exponential(&lift.scale, ty)?
        } else {
            let sum = self.sum(&lift.scale, ty)?;
            let sum = self.clipped(mant, sum, ty)?;
            self.op("exp", &[sum], ty)?
        };
        let product = self.mul(mant, exponential, ty)?;
        match divisor {
            Some(divisor) => self.div(product, divisor, ty),
            None => Some(product),
        }
    }

    /// The logarithm of a lifted value.
    pub(super) fn logarithm(&mut self, lift: &Lift, ty: TypeId) -> Option<NodeId> {
        let scale = self.sum(&lift.scale, ty)?;
        // What is masked has no say, though it be infinite or NaN.
        if let Some((mask, number)) = self.masked_number(lift.mant).filter(|&(_, number)| number > 0.0) {
            let (nothing, number) = (self.number(f64::NEG_INFINITY, ty), self.number(number.ln(), ty));
            let logarithm = self.add(number, scale, ty)?;
            return self.select(mask, nothing, logarithm, ty);
        }
        let logarithm = match self.as_number(lift.mant) {
            Some(mant) if mant > 0.0 => self.number(mant.ln(), ty),
            _ => self.op("log", &[lift.mant], ty)?,
        };
        self.add(logarithm, scale, ty)
    }

    /// A scale where the mantissa is not zero, −inf elsewhere.
    pub(super) fn where_not_zero(&mut self, mant: NodeId, scale: NodeId, ty: TypeId) -> Option<NodeId> {
        let mask = self.is_not_zero(mant, ty)?;
        let nothing = self.number(f64::NEG_INFINITY, ty);
        self.select(mask, nothing, scale, ty)
    }

    /// An exponent whose `exp` does not overflow where the mantissa beside it is zero: 0 times that is 0, and has the
    /// derivative that 0 times any other number has.
    pub(super) fn clipped(&mut self, mant: NodeId, exponent: NodeId, ty: TypeId) -> Option<NodeId> {
        // What is masked may be NaN, which no minimum takes away.
        if let Some((mask, _)) = self.masked_number(mant) {
            let zero = self.number(0.0, ty);
            return self.select(mask, zero, exponent, ty);
        }
        let largest = Format::of(self.array(ty)?.dtype)?.exponent?;
        let largest = self.number(largest, ty);
        let small = self.op("min", &[exponent, largest], ty)?;
        let mask = self.is_not_zero(mant, ty)?;
        self.select(mask, small, exponent, ty)
    }

    /// A scale as a number; if zeros hide, −inf where the mantissa is zero, which then has no say in a maximum.
    pub(super) fn effective(&mut self, lift: &Lift, scale: &Form, hides: bool, ty: TypeId) -> Option<NodeId> {
        let sum = self.raw_sum(scale, ty)?;
        if hides {
            self.where_not_zero(lift.mant, sum, ty)
        } else {
            Some(sum)
        }
    }

    /// The maximum of a scale over axes, made a shift: `(c, m)` for a scale of `c·(scale/c)`.
    pub(super) fn shift_over(
        &mut self,
        scale: NodeId,
        cover: &Form,
        axes: &[usize],
        masked: bool,
        ty: TypeId,
    ) -> Option<NodeId> {
        if cover.only() == Some((scale, 1.0))
            && let Some(shift) = self.shift_under_view(scale, axes, masked, ty)
        {
            return Some(shift);
        }
        let maximum = self.maximum_over(scale, axes, ty)?;
        self.shift(maximum, vec![cover.clone()], axes, masked, ty)
    }

    /// The maximum over axes; that of a transposed array is that of the array.
    pub(super) fn maximum_over(&mut self, node: NodeId, axes: &[usize], ty: TypeId) -> Option<NodeId> {
        let (base, map) = self.unviewed(node);
        if let (true, Some(whole)) = (base != node, self.permutation(&map, base)) {
            let mut own_axes: Vec<usize> = axes.iter().map(|&axis| whole[axis]).collect();
            own_axes.sort_unstable();
            let reduced = self.reduced(self.nodes.ty(base), &own_axes)?;
            let maximum = self.maximum_over(base, &own_axes, reduced)?;
            let map = after_reduction(&map, axes, &own_axes);
            return Some(self.view(maximum, &map, ty));
        }
        self.op_with("reduce_max", &[("axes", int_tuple(axes))], &[node], ty)
    }

    /// The dimensions of `base` in the order in which a view has them, if it has each of them once and no others.
    fn permutation(&self, map: &[Option<usize>], base: NodeId) -> Option<Vec<usize>> {
        let dims: Vec<usize> = map.iter().copied().collect::<Option<_>>()?;
        let is_whole = dims.len() == self.shape(base).len();
        is_whole.then_some(dims)
    }

    /// The same for a view that repeats elements: the maximum of what is viewed, which may have been taken already.
    fn shift_under_view(
        &mut self,
        scale: NodeId,
        axes: &[usize],
        masked: bool,
        ty: TypeId,
    ) -> Option<NodeId> {
        let (base, map) = self.unviewed(scale);
        let mut own_axes: Vec<usize> = axes.iter().filter_map(|&axis| map[axis]).collect();
        own_axes.sort_unstable();
        let rank = self.shape(base).len();
        let once = (0..rank).all(|dim| map.iter().flatten().filter(|&&from| from == dim).count() == 1);
        let repeats = map.iter().any(Option::is_none);
        if !repeats || own_axes.is_empty() || !once {
            return None;
        }
        let reduced = self.reduced(self.nodes.ty(base), &own_axes)?;
        let shift = self.shift_over(base, &Form::of(base, 1.0), &own_axes, masked, reduced)?;
        let map = after_reduction(&map, axes, &own_axes);
        Some(self.view(shift, &map, ty))
    }

    /// Notes that an exponent is nowhere below a scale.
    pub(super) fn note_bound(&mut self, exponent: NodeId, scale: &Form) {
        self.shifts.entry(exponent).or_insert(Shift {
            covers: vec![scale.clone()],
            masked: false,
            axes: Vec::new(),
            raw: exponent,
        });
    }

    /// A maximum made a shift: 0 where it is not finite, and without a derivative, because the shift cancels.
    pub(super) fn shift(
        &mut self,
        maximum: NodeId,
        covers: Vec<Form>,
        axes: &[usize],
        masked: bool,
        ty: TypeId,
    ) -> Option<NodeId> {
        let whole = covers.iter().any(|cover| self.has_whole(cover));
        let maximum = if whole {
            self.rounded_up(maximum, ty)?
        } else {
            maximum
        };
        let shift = self.finite(maximum, ty)?;
        let raw = self.op("stop_gradient", &[maximum], ty)?;
        if whole {
            self.whole.extend([shift, raw]);
        }
        self.shifts.entry(shift).or_insert(Shift {
            covers,
            masked,
            axes: axes.to_vec(),
            raw,
        });
        Some(shift)
    }

    /// An exponent where it is finite, 0 elsewhere, without a derivative.
    pub(super) fn finite(&mut self, exponent: NodeId, ty: TypeId) -> Option<NodeId> {
        let mask = self.retyped(ty, DType::Bool)?;
        let finite = self.op("is_finite", &[exponent], mask)?;
        let zero = self.number(0.0, ty);
        let guarded = self.select(finite, zero, exponent, ty)?;
        self.op("stop_gradient", &[guarded], ty)
    }
}

/// The view on what is reduced over `own_axes` that gives what the view on the whole gives when it is reduced over `axes`.
fn after_reduction(map: &[Option<usize>], axes: &[usize], own_axes: &[usize]) -> Vec<Option<usize>> {
    let position = |dim: usize| dim - own_axes.iter().filter(|&&axis| axis < dim).count();
    let kept = (0..map.len()).filter(|dim| !axes.contains(dim));
    kept.map(|dim| map[dim].map(position)).collect()
}
