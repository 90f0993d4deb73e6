//! How far a question walks back: a bound on equations in a row, and on all that are looked at.

use std::cell::Cell;

/// How much further a walk back may go; a longer one answers no, which costs a rewrite and never makes one wrong.
#[derive(Clone, Copy)]
pub(crate) struct Reach<'s> {
    /// Equations in a row.
    depth: u32,
    /// Equations on all the ways that branch off: a value that is read twice is walked back from twice.
    pub(super) steps: &'s Cell<u32>,
}

impl<'s> Reach<'s> {
    /// Equations in a row that one question looks at.
    pub(crate) const DEPTH: u32 = 24;
    /// What one question may look at.
    pub(crate) const STEPS: u32 = 4096;

    /// The reach of a question that has just been asked.
    pub(crate) fn new(steps: &'s Cell<u32>) -> Self {
        Self {
            depth: Self::DEPTH,
            steps,
        }
    }

    /// What is left of it behind one more equation.
    pub(crate) fn on(self) -> Option<Self> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(Self {
            depth: self.depth.checked_sub(1)?,
            ..self
        })
    }
}
