//! Which equations read a variable.
//!
//! Holds no order and forgets nothing: equations that have been replaced are still told.

use crate::ir::{Atom, EqnId, Id as _, Program, ValueId};

/// The readers of each variable of a program, as chains through one table.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// For each variable, the place of its newest reader.
    newest: Vec<Option<u32>>,
    /// Each reader, with the place of the one noted before it for the same variable.
    links: Vec<(EqnId, Option<u32>)>,
}

impl Readers {
    /// Notes that `eqn` reads its operands.
    pub(super) fn note(&mut self, program: &Program, eqn: EqnId) {
        self.newest
            .resize(self.newest.len().max(program.values.len()), None);
        for value in program.inputs(eqn).iter().filter_map(|atom| atom.value()) {
            self.link(value, eqn);
        }
    }

    /// Notes that what reads `from` will read `to` in its place.
    pub(super) fn substitute(&mut self, from: ValueId, to: Atom) {
        let Some(to) = to.value() else { return };
        let readers: Vec<EqnId> = self.of(from).collect();
        for eqn in readers {
            self.link(to, eqn);
        }
    }

    /// The equations that read `value`, the newest first.
    pub(super) fn of(&self, value: ValueId) -> impl Iterator<Item = EqnId> {
        let mut at = self.newest.get(value.index()).copied().flatten();
        std::iter::from_fn(move || {
            let &(eqn, before) = self.links.get(at? as usize)?;
            at = before;
            Some(eqn)
        })
    }

    fn link(&mut self, value: ValueId, eqn: EqnId) {
        if let Some(newest) = self.newest.get_mut(value.index()) {
            let place = self.links.len() as u32;
            self.links.push((eqn, newest.replace(place)));
        }
    }
}
