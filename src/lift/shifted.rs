//! Exponents of the program from which somebody has taken a maximum already, which nobody shifts again.

use std::cell::Cell;

use super::Lifter;
use super::form::Form;
use super::nodes::NodeId;
use crate::analysis::Reach;

impl Lifter<'_> {
    /// Whether `exp` of an exponent of the program is never above 1: `y − m` with an `m` that bounds `y`.
    ///
    /// Nobody shifts such an exponent again, so that what is already stable stays as it is.
    pub(super) fn is_shifted(&mut self, node: NodeId) -> bool {
        let (base, _) = self.unviewed(node);
        if let Some(&known) = self.shifted.get(&base) {
            return known;
        }
        let found = self.shifted_within(base, Reach::new(&Cell::new(Reach::STEPS)));
        self.shifted.insert(base, found);
        found
    }

    fn shifted_within(&self, node: NodeId, reach: Reach<'_>) -> bool {
        let Some(reach) = reach.on() else {
            return false;
        };
        let (node, _) = self.unviewed(node);
        // The logistic function is never above 1.
        if self.logistics.contains_key(&node) {
            return true;
        }
        let Some((primitive, inputs)) = self.operation(node) else {
            return false;
        };
        match (primitive, inputs) {
            ("sub", &[_, m]) => self.bounds_within(m, reach),
            ("add" | "add_any", &[a, b]) => {
                let undone = |node: NodeId| {
                    let (node, _) = self.unviewed(node);
                    matches!(self.operands_of(node, "neg"), Some(&[m]) if self.bounds_within(m, reach))
                };
                let both = self.shifted_within(a, reach) && self.shifted_within(b, reach);
                both || undone(a) || undone(b) || self.is_below_whole(node)
            }
            ("select_n" | "neg" | "mul" | "div", _) if self.is_negated_magnitude(node, reach) => true,
            ("select_n", &[_, a, b]) => {
                let is_number = |node: NodeId| self.as_number(node).is_some_and(|c| c <= 0.0);
                let is_small = |node: NodeId| is_number(node) || self.shifted_within(node, reach);
                is_small(a) && is_small(b) && !(is_number(a) && is_number(b))
            }
            ("min", &[a, b]) => self.shifted_within(a, reach) || self.shifted_within(b, reach),
            ("mul", &[a, b]) => {
                let positive = |node: NodeId| self.as_number(node).is_some_and(|c| c > 0.0);
                (positive(a) && self.shifted_within(b, reach))
                    || (positive(b) && self.shifted_within(a, reach))
            }
            ("div", &[a, b]) => self.as_number(b).is_some_and(|c| c > 0.0) && self.shifted_within(a, reach),
            ("neg", &[a]) => {
                let (a, _) = self.unviewed(a);
                // −max(x, 0), as this pass writes it.
                matches!(self.operands_of(a, "stop_gradient"), Some(&[m]) if self.bounds_within(m, reach))
            }
            ("stop_gradient" | "copy" | "slice" | "convert_element_type" | "pvary" | "gather", &[a, ..]) => {
                self.shifted_within(a, reach)
            }
            _ => false,
        }
    }

    /// Whether an expression is `−|x|`, also as the rules write it, or a positive multiple.
    fn is_negated_magnitude(&self, node: NodeId, reach: Reach<'_>) -> bool {
        let Some(reach) = reach.on() else {
            return false;
        };
        let (node, _) = self.unviewed(node);
        let Some((primitive, inputs)) = self.operation(node) else {
            return false;
        };
        let magnitude = |node: NodeId| self.operands_of(self.unviewed(node).0, "abs").is_some();
        let scaled = |factor: NodeId, node: NodeId| match self.as_number(factor) {
            Some(c) if c > 0.0 => self.is_negated_magnitude(node, reach),
            Some(c) if c < 0.0 => magnitude(node),
            _ => false,
        };
        match (primitive, inputs) {
            ("neg", &[a]) => magnitude(a),
            ("select_n", &[mask, x, negated]) => {
                self.operands_of(negated, "neg") == Some(&[x])
                    && self
                        .operands_of(mask, "gt")
                        .is_some_and(|of| of[0] == x && self.as_number(of[1]) == Some(0.0))
            }
            ("mul", &[a, b]) => scaled(a, b) || scaled(b, a),
            ("div", &[a, b]) => scaled(b, a),
            _ => false,
        }
    }

    /// Whether all terms of a scale may be far below zero at once: no maximum among them is 0 somewhere.
    pub(super) fn sinks(&self, form: &Form) -> bool {
        let steps = Cell::new(Reach::STEPS);
        !form.is_zero()
            && form
                .terms()
                .iter()
                .all(|&(node, c)| c > 0.0 && self.is_negated_magnitude(node, Reach::new(&steps)))
    }

    /// Whether an expression comes from a maximum, or from a logarithm.
    fn bounds_within(&self, node: NodeId, reach: Reach<'_>) -> bool {
        let Some(reach) = reach.on() else {
            return false;
        };
        let (node, _) = self.unviewed(node);
        let Some((primitive, inputs)) = self.operation(node) else {
            return false;
        };
        match (primitive, inputs) {
            ("reduce_max" | "max" | "pmax" | "cummax" | "reduce_window_max" | "log", _) => true,
            ("stop_gradient" | "copy" | "convert_element_type" | "pvary" | "ceil", &[a]) => {
                self.bounds_within(a, reach)
            }
            ("select_n", &[_, a, b]) | ("add" | "mul", &[a, b]) => {
                self.bounds_within(a, reach) || self.bounds_within(b, reach)
            }
            _ => false,
        }
    }
}
