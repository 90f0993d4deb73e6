//! What stands in the place of what.

use crate::ir::{EqnId, Id as _, Range32};

/// The equations that took the place of others, in tables as long as the program.
#[derive(Debug, Default)]
pub(super) struct Replacements {
    /// For each equation one more than the index of its range; 0 for one that stands.
    numbers: Vec<u32>,
    ranges: Vec<Range32>,
    eqns: Vec<EqnId>,
}

impl Replacements {
    /// Whether something stands in the place of `eqn`.
    pub(super) fn contains(&self, eqn: EqnId) -> bool {
        self.range(eqn).is_some()
    }

    /// Puts equations in the place of `eqn`.
    pub(super) fn insert(&mut self, eqn: EqnId, eqns: &[EqnId]) {
        if self.numbers.len() <= eqn.index() {
            self.numbers.resize(eqn.index() + 1, 0);
        }
        self.ranges.push(Range32 {
            start: self.eqns.len() as u32,
            len: eqns.len() as u32,
        });
        self.eqns.extend_from_slice(eqns);
        self.numbers[eqn.index()] = self.ranges.len() as u32;
    }

    /// The equations of a block with those that were replaced left out and their replacements put in.
    pub(super) fn in_order(&self, old: Vec<EqnId>) -> Vec<EqnId> {
        let mut order = Vec::with_capacity(old.len() + old.len() / 4);
        let mut stack: Vec<EqnId> = Vec::new();
        for eqn in old {
            stack.push(eqn);
            while let Some(eqn) = stack.pop() {
                match self.range(eqn) {
                    Some(range) => stack.extend(self.eqns[range.indices()].iter().rev()),
                    None => order.push(eqn),
                }
            }
        }
        order
    }

    fn range(&self, eqn: EqnId) -> Option<Range32> {
        let number = self.numbers.get(eqn.index())?.checked_sub(1)?;
        Some(self.ranges[number as usize])
    }
}
