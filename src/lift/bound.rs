//! What is known of the size of scales: which are never above zero, and which come from the same exponents.

use super::Lifter;
use super::form::Form;
use super::nodes::{Kind, NodeId};
use super::transfer;

/// A shift that was introduced: a maximum of scales, with 0 in the place of what is not finite.
#[derive(Clone, Debug)]
pub(super) struct Shift {
    /// The scales that it bounds.
    pub(super) covers: Vec<Form>,
    /// Whether it only bounds them where a mantissa is not zero.
    pub(super) masked: bool,
    /// The dimensions of these that it was taken over.
    pub(super) axes: Vec<usize>,
    /// The maximum as it is, −inf where all mantissas are zero, and without a derivative.
    pub(super) raw: NodeId,
}

impl Lifter<'_> {
    /// An expression without the view on it, and the dimensions that each of its own runs over.
    pub(super) fn unviewed(&self, node: NodeId) -> (NodeId, Vec<Option<usize>>) {
        match self.nodes.kind(node) {
            Kind::View { base, map } => (*base, map.iter().map(|dim| dim.map(usize::from)).collect()),
            _ => (node, (0..self.shape(node).len()).map(Some).collect()),
        }
    }

    /// Whether a scale can be written out without leaving the range of numbers at the upper end.
    pub(super) fn stays_in_range(&mut self, form: &Form) -> bool {
        form.is_zero() || self.is_bounded(form)
    }

    /// Whether `exp` of a scale is never above 1, or as large as the result where the mantissa is not zero.
    pub(super) fn is_bounded(&mut self, form: &Form) -> bool {
        self.is_never_above_one(form) || self.is_balanced(form)
    }

    /// Whether `exp` of a scale is never above 1, whatever the mantissa is.
    pub(super) fn is_never_above_one(&mut self, form: &Form) -> bool {
        /// Maxima of maxima are replaced by what they are taken of this often.
        const DEPTH: u32 = 3;
        self.bounded_within(form, DEPTH)
    }

    fn bounded_within(&mut self, form: &Form, depth: u32) -> bool {
        let terms = self.without_covered(form).terms().to_vec();
        let bounded = terms
            .into_iter()
            .all(|(node, c)| c > 0.0 && self.is_shifted(node));
        bounded
            || depth.checked_sub(1).is_some_and(|depth| {
                self.bounded_by_parts(form, depth)
                    || self.bounded_by_smaller(form, depth)
                    || self.bounded_by_larger(form, depth)
            })
    }

    /// What is left of a scale if each maximum that it takes away undoes what it was taken over.
    fn without_covered(&self, form: &Form) -> Form {
        /// Scales have few terms, and each round takes one away.
        const ROUNDS: usize = 16;
        let mut rest = form.clone();
        for _ in 0..ROUNDS {
            let Some((shift, cover)) = self.covered(&rest, false) else {
                break;
            };
            rest = rest.plus(&cover, -1.0);
            rest.add_term(shift.0, shift.1);
        }
        rest
    }

    /// Whether a scale is a difference of what a maximum was taken over and that maximum, even if it was taken only
    /// where some mantissa is not zero.
    pub(super) fn is_covered(&self, form: &Form) -> bool {
        self.covered(form, true).is_some_and(|(shift, cover)| {
            let mut rest = form.plus(&cover, -1.0);
            rest.add_term(shift.0, shift.1);
            rest.is_zero()
        })
    }

    /// Whether a scale is bounded whichever of its terms a maximum among them equals.
    fn bounded_by_parts(&mut self, form: &Form, depth: u32) -> bool {
        let maximum = form.terms().iter().find_map(|&(node, c)| {
            let (base, map) = self.unviewed(node);
            let shift = self
                .shifts
                .get(&base)
                .filter(|shift| c > 0.0 && shift.axes.is_empty() && !shift.masked)?;
            Some((node, c, map, shift.covers.clone()))
        });
        let Some((node, c, map, covers)) = maximum else {
            return false;
        };
        let ty = self.nodes.ty(node);
        covers.iter().all(|cover| {
            let mut part = form.clone();
            part.add_term(node, -c);
            for &(term, by) in cover.terms() {
                let term = self.view(term, &map, ty);
                part.add_term(term, c * by);
            }
            self.bounded_within(&part, depth)
        })
    }

    /// Whether a scale is bounded if a maximum that it takes away is replaced by another one below it.
    fn bounded_by_smaller(&mut self, form: &Form, depth: u32) -> bool {
        let negative = form.terms().iter().filter(|term| term.1 < 0.0);
        let mut smaller = Vec::new();
        for &(node, c) in negative {
            let (base, map) = self.unviewed(node);
            let shift = self
                .shifts
                .get(&base)
                .filter(|shift| shift.axes.is_empty() && !shift.masked);
            for (cover, by) in shift
                .into_iter()
                .flat_map(|shift| shift.covers.iter().filter_map(Form::only))
            {
                if by > 0.0 && self.shifts.contains_key(&self.unviewed(cover).0) {
                    smaller.push((node, c, cover, by, map.clone()));
                }
            }
        }
        smaller.into_iter().any(|(node, c, cover, by, map)| {
            let cover = self.view(cover, &map, self.nodes.ty(node));
            let mut lower = form.clone();
            lower.add_term(node, -c);
            lower.add_term(cover, c * by);
            self.bounded_within(&lower, depth)
        })
    }

    /// Whether a scale is bounded if a maximum over axes is replaced by what is larger: `max (x − n) ≤ −m` where `n` was taken
    /// over `x + m`, and `m` is the same along these axes.
    fn bounded_by_larger(&mut self, form: &Form, depth: u32) -> bool {
        let mut larger = Vec::new();
        for &(node, c) in form.terms().iter().filter(|term| term.1 > 0.0) {
            let (base, map) = self.unviewed(node);
            let shift = self.shifts.get(&base);
            if let Some(shift) = shift.filter(|shift| !shift.axes.is_empty() && !shift.masked) {
                larger.push((node, c, map, shift.clone()));
            }
        }
        larger.into_iter().any(|(node, c, map, shift)| {
            let (reduced, ty) = (self.nodes.ty(self.unviewed(node).0), self.nodes.ty(node));
            shift.covers.iter().all(|cover| {
                self.larger(cover).into_iter().any(|rest| {
                    let varies = |term: &(NodeId, f64)| !self.is_constant_along(term.0, &shift.axes);
                    if rest.terms().iter().any(varies) {
                        return false;
                    }
                    let rest = rest.mapped(|term| {
                        let term = self.without(term, &shift.axes, reduced);
                        self.view(term, &map, ty)
                    });
                    let mut upper = form.plus(&rest, c);
                    upper.add_term(node, -c);
                    self.bounded_within(&upper, depth)
                })
            })
        })
    }

    /// Scales that are nowhere below `form`: it has a maximum taken away, and they what that was taken over.
    fn larger(&mut self, form: &Form) -> Vec<Form> {
        let mut found = vec![self.without_covered(form)];
        for &(node, c) in form.terms().iter().filter(|term| term.1 < 0.0) {
            let (base, map) = self.unviewed(node);
            let Some(shift) = self.shifts.get(&base).filter(|shift| !shift.masked).cloned() else {
                continue;
            };
            for cover in &shift.covers {
                if let Some(seen) = self.seen_with(form, &shift, cover, &map) {
                    let mut larger = form.plus(&seen, c);
                    larger.add_term(node, -c);
                    found.push(larger);
                }
            }
        }
        found
    }

    /// What a maximum was taken over, if `form` has one of its terms, in the dimensions of `form`, in which the maximum is
    /// seen through `map`.
    fn seen_with(&mut self, form: &Form, shift: &Shift, cover: &Form, map: &[Option<usize>]) -> Option<Form> {
        let (term, wanted) = form.terms().iter().find_map(|&(term, c)| {
            let fits = |wanted: &&(NodeId, f64)| {
                c * wanted.1 > 0.0 && self.is_seen_through(term, wanted.0, &shift.axes, map)
            };
            Some((term, cover.terms().iter().find(fits)?.0))
        })?;
        let (term_map, wanted_map) = (self.unviewed(term).1, self.unviewed(wanted).1);
        let kept: Vec<usize> = (0..wanted_map.len())
            .filter(|dim| !shift.axes.contains(dim))
            .collect();
        let dims: Vec<Option<usize>> = map
            .iter()
            .zip(&term_map)
            .map(|(at, from)| match at {
                Some(at) => kept.get(*at).copied(),
                None => shift
                    .axes
                    .iter()
                    .copied()
                    .find(|&dim| from.is_some() && wanted_map[dim] == *from),
            })
            .collect();
        let ty = self.nodes.ty(term);
        cover.try_mapped(|node| {
            let (base, own) = self.unviewed(node);
            let seen = |(dim, from): (usize, &Option<usize>)| from.is_none() || dims.contains(&Some(dim));
            let is_seen = own.iter().enumerate().all(seen);
            let map: Vec<Option<usize>> = dims.iter().map(|dim| dim.and_then(|dim| own[dim])).collect();
            is_seen.then(|| self.view(base, &map, ty))
        })
    }

    /// A shift with a negative coefficient in `form` and the terms that it undoes: `((m, c), c·E)` with `m ≥ E`.
    ///
    /// With `masked`, those count too that hold only where some mantissa is not zero.
    pub(super) fn covered(&self, form: &Form, masked: bool) -> Option<((NodeId, f64), Form)> {
        let mut empty = None;
        for &(node, c) in form.terms().iter().filter(|term| term.1 < 0.0) {
            let (base, map) = self.unviewed(node);
            let Some(shift) = self.shifts.get(&base).filter(|shift| masked || !shift.masked) else {
                continue;
            };
            for cover in &shift.covers {
                if cover.is_zero() {
                    empty = Some(((node, -c), Form::default()));
                } else if let Some(found) = self.seen_in(form, shift, cover, &map) {
                    let most = found
                        .iter()
                        .zip(cover.terms())
                        .map(|(term, wanted)| form.coefficient(*term) / wanted.1)
                        .fold(-c, f64::min);
                    let mut undone = Form::default();
                    for (term, wanted) in found.iter().zip(cover.terms()) {
                        undone.add_term(*term, most * wanted.1);
                    }
                    return Some(((node, most), undone));
                }
            }
        }
        empty
    }

    /// The terms of `form` that are those of `cover`, seen as the shift is seen through `map`.
    fn seen_in(
        &self,
        form: &Form,
        shift: &Shift,
        cover: &Form,
        map: &[Option<usize>],
    ) -> Option<Vec<NodeId>> {
        cover
            .terms()
            .iter()
            .map(|&(wanted, sign)| {
                let fits = |&&(term, c): &&(NodeId, f64)| {
                    c * sign > 0.0 && self.is_seen_through(term, wanted, &shift.axes, map)
                };
                form.terms().iter().find(fits).map(|term| term.0)
            })
            .collect()
    }

    /// Whether `term` is `wanted` with the dimensions that a maximum over `axes` keeps moved along `map`.
    fn is_seen_through(&self, term: NodeId, wanted: NodeId, axes: &[usize], map: &[Option<usize>]) -> bool {
        let ((base, term_map), (wanted_base, wanted_map)) = (self.unviewed(term), self.unviewed(wanted));
        if base != wanted_base || term_map.len() != map.len() {
            return false;
        }
        let kept: Vec<usize> = (0..wanted_map.len()).filter(|dim| !axes.contains(dim)).collect();
        let reduced: Vec<usize> = axes
            .iter()
            .filter_map(|&dim| wanted_map.get(dim).copied().flatten())
            .collect();
        let along = |(dim, &from): (usize, &Option<usize>)| match map[dim] {
            Some(at) => kept.get(at).is_some_and(|&at| wanted_map[at] == from),
            None => from.is_none_or(|from| reduced.contains(&from)),
        };
        term_map.iter().enumerate().all(along)
    }

    /// Whether a shift bounds exponents among which is one of `others`, directly or through further shifts.
    pub(super) fn is_related(&self, shift: NodeId, others: &Form) -> bool {
        /// What is looked for lies close; a no costs a repair and never makes one wrong.
        const FUEL: usize = 64;
        let others = others
            .terms()
            .iter()
            .map(|term| self.unviewed(term.0).0)
            .collect();
        let others = self.behind(others, FUEL);
        let own = self.behind(vec![self.unviewed(shift).0], FUEL);
        own.iter().any(|node| others.contains(node))
    }

    /// Exponents with those that their maxima were taken over and those that were moved, as far as `fuel` goes.
    fn behind(&self, exponents: Vec<NodeId>, fuel: usize) -> Vec<NodeId> {
        self.reached(exponents, fuel, |node| {
            let covers = self.shifts.get(&node).map_or(&[][..], |shift| &shift.covers);
            let covered = covers.iter().flat_map(Form::terms).map(|term| term.0);
            covered.chain(self.moved_from(node).iter().copied()).collect()
        })
    }

    /// Whether an expression is computed from one of `sources`, as far as a short search sees.
    pub(super) fn comes_from(&self, node: NodeId, sources: &[NodeId]) -> bool {
        /// A mask lies close to what it is computed from.
        const FUEL: usize = 32;
        let reached = self.reached(vec![self.unviewed(node).0], FUEL, |node| {
            self.nodes.inputs(node).to_vec()
        });
        reached.iter().any(|node| sources.contains(node))
    }

    /// Expressions with those before them, without views, as far as `fuel` goes.
    fn reached(&self, from: Vec<NodeId>, fuel: usize, before: impl Fn(NodeId) -> Vec<NodeId>) -> Vec<NodeId> {
        let mut found = from;
        let mut at = 0;
        while let Some(node) = found.get(at).copied().filter(|_| found.len() < fuel) {
            at += 1;
            for before in before(node) {
                let (base, _) = self.unviewed(before);
                if !found.contains(&base) {
                    found.push(base);
                }
            }
        }
        found
    }

    /// Where the elements of an expression come from, if they were moved.
    fn moved_from(&self, node: NodeId) -> &[NodeId] {
        match self.nodes.kind(node) {
            Kind::Op {
                primitive, inputs, ..
            } if transfer::row(self.program.symbols.text(*primitive)).is_some_and(|row| row.is_move) => {
                inputs
            }
            _ => &[],
        }
    }
}
