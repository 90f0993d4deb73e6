//! Which variable a name stands for, one pair of braces at a time.

use rustc_hash::FxHashMap;

use crate::ir::{ValueId, VarName};

/// Look-up by name. Names that JAX counts are numbers close to one another, so a table serves nearly all of them.
#[derive(Default)]
pub(super) struct Names {
    /// The variable by the number of its name, and the scope that binds it.
    table: Vec<Option<(Scope, ValueId)>>,
    /// How long the table may get: a text of one line may well call a variable `zzzzzz`.
    limit: usize,
    others: FxHashMap<(Scope, VarName), ValueId>,
    /// Entries of the table that scopes still open have overwritten.
    hidden: Vec<(usize, Option<(Scope, ValueId)>)>,
    scopes: u32,
}

/// One pair of braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    number: u32,
    /// Length of [`Names::hidden`] when the scope was opened.
    hidden: u32,
}

impl Names {
    /// An empty look-up for a text of about `binders` binders.
    pub(super) fn new(binders: usize) -> Self {
        Self {
            limit: 3 * binders + 1024,
            ..Self::default()
        }
    }

    /// Opens a pair of braces, in which nothing is bound.
    pub(super) fn open(&mut self) -> Scope {
        self.scopes += 1;
        Scope {
            number: self.scopes,
            hidden: self.hidden.len() as u32,
        }
    }

    /// Leaves the pair of braces opened last.
    pub(super) fn close(&mut self, scope: Scope) {
        for (index, entry) in self.hidden.drain(scope.hidden as usize..).rev() {
            self.table[index] = entry;
        }
    }

    /// Binds a name; returns what it was bound to in the same braces.
    pub(super) fn bind(&mut self, scope: Scope, name: VarName, value: ValueId) -> Option<ValueId> {
        let Some(index) = self.index(name) else {
            return self.others.insert((scope, name), value);
        };
        if index >= self.table.len() {
            self.table
                .resize((index + 1).next_power_of_two().min(self.limit), None);
        }
        let before = self.table[index].replace((scope, value));
        match before {
            Some((bound_in, before)) if bound_in == scope => return Some(before),
            Some(_) => self.hidden.push((index, before)),
            // Nothing needs to be put back: no other scope's number is on the entry.
            None => {}
        }
        None
    }

    /// The variable that a name stands for in the given braces.
    pub(super) fn get(&self, scope: Scope, name: VarName) -> Option<ValueId> {
        match self.index(name) {
            Some(index) => match self.table.get(index) {
                Some(&Some((bound_in, value))) if bound_in == scope => Some(value),
                _ => None,
            },
            None => self.others.get(&(scope, name)).copied(),
        }
    }

    fn index(&self, name: VarName) -> Option<usize> {
        name.number().filter(|&number| number < self.limit)
    }
}
