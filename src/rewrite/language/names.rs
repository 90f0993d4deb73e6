//! The names of one `match` with its `where` and its `rewrite`: what each stands for, and who reads it.

use super::clauses::Clause;
use super::suggest::near;
use crate::rewrite::RuleError;
use crate::rewrite::natives::Kind;
use crate::rewrite::pattern::Slot;
use crate::span::Span;

/// A name and what it stands for.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) slot: Slot,
    /// How often `match` names it.
    pub(super) matched: usize,
    /// Whether `where` asks for it.
    pub(super) asked: bool,
    /// Whether `rewrite` reads it.
    pub(super) read: bool,
}

/// All names, in the order in which they were bound, which is that of their slots.
pub(super) struct Names<'c, 'e> {
    pub(super) list: Vec<Named>,
    pub(super) errors: &'e mut Vec<RuleError>,
    /// The clause that is being looked at.
    pub(super) clause: &'c Clause,
}

/// Slots are numbered with a byte.
const MOST: usize = 250;

impl Names<'_, '_> {
    /// Where a part of the clause stands in the file.
    pub(super) fn span(&self, at: &str) -> Span {
        let start = self.clause.start + Span::of(&self.clause.text, at).start as usize;
        Span::new(start, start + at.len())
    }

    /// Notes what is wrong at a part of the clause.
    pub(super) fn error(&mut self, at: &str, message: impl Into<String>, help: impl Into<String>) {
        let error = RuleError::new(self.span(at), message).help(help);
        self.errors.push(error);
    }

    /// The name, if it is bound.
    pub(super) fn get(&self, name: &str) -> Option<&Named> {
        self.list.iter().find(|named| named.name == name)
    }

    /// Binds a name, or finds it bound to the same kind of thing.
    pub(super) fn bind(&mut self, name: &str, kind: Kind) -> Option<Slot> {
        let span = self.span(name);
        if let Some(named) = self.list.iter_mut().find(|named| named.name == name) {
            named.matched += 1;
            let (slot, bound, first) = (named.slot, named.kind, named.span);
            return self.agree(name, kind, bound, first).then_some(slot);
        }
        if self.list.len() == MOST {
            self.error(
                name,
                format!("there are more than {MOST} names"),
                "no formula is that long: make it several rules",
            );
        }
        if self.list.len() >= MOST {
            return None;
        }
        let slot = Slot(self.list.len() as u8);
        let name = name.to_owned();
        self.list.push(Named {
            name,
            kind,
            span,
            slot,
            matched: 1,
            asked: false,
            read: false,
        });
        Some(slot)
    }

    /// Binds a name that must not be bound yet.
    pub(super) fn bind_new(&mut self, name: &str, kind: Kind, help: &str) -> Option<Slot> {
        if let Some(first) = self.get(name).map(|named| named.span) {
            // Patterns are read from the root on, so that the place met first may be the second one of the text.
            let ((first, ()), (second, ())) = in_order((first, ()), (self.span(name), ()));
            let error = RuleError::new(second, format!("`{name}` is bound already"));
            self.errors
                .push(error.related(first, "bound first here").help(help));
            return None;
        }
        self.bind(name, kind)
    }

    /// Looks up a name that `where` asks for.
    pub(super) fn ask(&mut self, name: &str, kind: Kind) -> Option<Slot> {
        self.known(name, kind, |named| named.asked = true)
    }

    /// Looks up a name that `rewrite` reads.
    pub(super) fn read(&mut self, name: &str, kind: Kind) -> Option<Slot> {
        self.known(name, kind, |named| named.read = true)
    }

    fn known(&mut self, name: &str, kind: Kind, note: fn(&mut Named)) -> Option<Slot> {
        let Some(named) = self.list.iter_mut().find(|named| named.name == name) else {
            let names: Vec<&str> = self
                .list
                .iter()
                .filter(|named| named.kind == kind)
                .map(|named| named.name.as_str())
                .collect();
            let help = match (near(name, &names), names.is_empty()) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, true) => format!("it should be {}, and none is bound above", kind.word()),
                (None, false) => format!("bound above are {}", names.join(", ")),
            };
            self.error(name, format!("`{name}` is bound nowhere above"), help);
            return None;
        };
        note(named);
        let (slot, bound, first) = (named.slot, named.kind, named.span);
        self.agree(name, kind, bound, first).then_some(slot)
    }

    /// Whether a name stands for the same kind of thing as where it was bound.
    fn agree(&mut self, name: &str, kind: Kind, bound: Kind, first: Span) -> bool {
        if kind != bound {
            let here = self.span(name);
            let (first, second) = in_order((first, bound), (here, kind));
            let error = RuleError::new(second.0, format!("`{name}` is used here as {}", second.1.word()));
            let error = error.related(first.0, format!("and is used here as {}", first.1.word()));
            self.errors
                .push(error.help("a name stands for one thing: rename one of them"));
        }
        kind == bound
    }
}

/// A place, and what stands there.
type At<T> = (Span, T);

/// Two places in the order of the text.
fn in_order<T>(one: At<T>, other: At<T>) -> (At<T>, At<T>) {
    if one.0 <= other.0 {
        (one, other)
    } else {
        (other, one)
    }
}
