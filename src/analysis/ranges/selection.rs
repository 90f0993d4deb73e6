//! `select_n` and what a predicate says of the values that it compares: a guard keeps its branch from what it
//! excludes.

use super::operation::Operation;
use super::table::{Row, one};
use super::{Range, Ranges};
use crate::analysis::Node;

pub(super) const ROWS: &[Row] = &[one("select_n", select)];

/// Equations that a fact is carried through on the way into a branch.
const CARRIED: u32 = 5;

fn select(op: &Operation<'_, '_>) -> Range {
    let predicate = op.operand(0);
    let cases = op.operands.len().saturating_sub(1);
    let possible = (0..cases).filter(|&case| {
        // The last case is taken for every index beyond it.
        #[expect(clippy::cast_precision_loss, reason = "cases are few")]
        let index = case as f64;
        predicate.low <= index && index <= predicate.high
    });
    possible
        .map(|case| in_case(op, case, cases))
        .reduce(Range::join)
        .unwrap_or(Range::ANYTHING)
}

/// The range of one case at the places where it is chosen.
fn in_case(op: &Operation<'_, '_>, case: usize, cases: usize) -> Range {
    let range = op.operand(case + 1);
    let (Some(predicate), Some(node), 2) = (op.node(0), op.node(case + 1), cases) else {
        return range;
    };
    let mut facts = Vec::new();
    op.ranges.facts(predicate, case == 1, &mut facts, 4);
    range.meet(op.ranges.range_where(node, &facts, CARRIED))
}

impl Ranges<'_, '_> {
    /// What follows from a predicate that holds, or does not, for the values that it is made of.
    pub(super) fn facts(&self, predicate: Node, holds: bool, facts: &mut Vec<(Node, Range)>, depth: u32) {
        let Some((eqn, site)) = self.graph.equation(predicate).filter(|_| depth > 0) else {
            return;
        };
        let operand = |index| self.graph.operand(eqn, site, index);
        let (Some(a), b) = (operand(0), operand(1)) else {
            return;
        };
        let primitive = self.graph.program.primitive(eqn);
        match (primitive, b) {
            ("lt" | "lt_to", Some(b)) => self.ordered(a, b, true, holds, facts),
            ("le" | "le_to", Some(b)) => self.ordered(a, b, false, holds, facts),
            ("gt", Some(b)) => self.ordered(b, a, true, holds, facts),
            ("ge", Some(b)) => self.ordered(b, a, false, holds, facts),
            ("eq", Some(b)) => self.equality(a, b, holds, facts),
            ("ne", Some(b)) => self.equality(a, b, !holds, facts),
            ("not", None) => self.facts(a, !holds, facts, depth - 1),
            ("and", Some(b)) if holds => {
                self.facts(a, true, facts, depth - 1);
                self.facts(b, true, facts, depth - 1);
            }
            ("or", Some(b)) if !holds => {
                self.facts(a, false, facts, depth - 1);
                self.facts(b, false, facts, depth - 1);
            }
            ("is_finite", None) => self.finiteness(a, holds, facts),
            _ => {}
        }
    }

    /// `a < b` or `a ≤ b` holds, or does not: then the opposite holds, or one of them is NaN.
    fn ordered(&self, a: Node, b: Node, strictly: bool, holds: bool, facts: &mut Vec<(Node, Range)>) {
        let (of_a, of_b) = (self.range(a), self.range(b));
        let (below, above) = if holds { (a, b) } else { (b, a) };
        let (of_below, of_above) = if holds { (of_a, of_b) } else { (of_b, of_a) };
        let strictly = strictly == holds;
        let no_zero = |range: Range, end: f64| {
            if strictly && end == 0.0 {
                range.nonzero()
            } else {
                range
            }
        };
        if holds || !of_above.nan {
            let fact = no_zero(Range::between(f64::NEG_INFINITY, of_above.high), of_above.high);
            facts.push((below, fact.or_nan(!holds)));
        }
        if holds || !of_below.nan {
            let fact = no_zero(Range::between(of_below.low, f64::INFINITY), of_below.low);
            facts.push((above, fact.or_nan(!holds)));
        }
    }

    fn equality(&self, a: Node, b: Node, equal: bool, facts: &mut Vec<(Node, Range)>) {
        if self.graph.congruent(a, b) {
            // Only NaN differs from itself.
            let numbers = Range::between(f64::NEG_INFINITY, f64::INFINITY);
            facts.push((a, if equal { numbers } else { Range::ONLY_NAN }));
            return;
        }
        for (one, other) in [(a, self.range(b)), (b, self.range(a))] {
            if equal {
                facts.push((one, Range { nan: false, ..other }));
            } else if other.constant() == Some(0.0) {
                facts.push((one, Range::ANYTHING.nonzero()));
            } else if other.constant().is_some_and(f64::is_infinite) {
                let (low, high) = if other.low > 0.0 {
                    (f64::NEG_INFINITY, f64::MAX)
                } else {
                    (f64::MIN, f64::INFINITY)
                };
                facts.push((one, Range::between(low, high).or_nan(true)));
            }
        }
    }

    fn finiteness(&self, x: Node, holds: bool, facts: &mut Vec<(Node, Range)>) {
        if holds {
            facts.push((x, Range::between(f64::MIN, f64::MAX)));
        } else if self.range(x).is_finite() {
            facts.push((x, Range::NOTHING));
        }
    }
}
