//! Expressions: what a block computes and what it could compute instead, each of them once.
//!
//! Two nodes with the same id hold the same values. A node that the block computes knows the variable; the others
//! cost nothing until somebody asks for their equations.

use rustc_hash::FxHashMap;

use crate::ir::{Atom, ParamsId, Symbol, TypeId};

/// An expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(u32);

/// For each dimension of a view the dimension of its base that it runs over; none along which it is constant.
pub(super) type ViewMap = Box<[Option<u8>]>;

/// What an expression is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A variable, or a literal that is no number, into which nobody looks.
    Bound(Atom),
    /// The bits of a number that stands for an array of any shape.
    Number(u64),
    /// The elements of another expression, moved and repeated.
    View {
        /// The other expression; never itself a view.
        base: NodeId,
        /// Where the elements come from.
        map: ViewMap,
    },
    /// What a primitive makes of other expressions.
    Op {
        /// The primitive.
        primitive: Symbol,
        /// Its parameters.
        params: ParamsId,
        /// Its operands.
        inputs: Box<[NodeId]>,
    },
}

/// A variable that holds an expression, and the position in the block from which on it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home {
    /// The variable or literal.
    pub(super) atom: Atom,
    /// One more than the index of its equation; 0 for inputs and literals.
    pub(super) position: u32,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    ty: TypeId,
    home: Option<Home>,
}

/// The expressions of one block.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    entries: Vec<Entry>,
    ids: FxHashMap<(Kind, TypeId), NodeId>,
}

impl Nodes {
    /// The expression of that kind and type.
    pub(super) fn intern(&mut self, kind: Kind, ty: TypeId) -> NodeId {
        let next = NodeId(self.entries.len() as u32);
        let Self { entries, ids } = self;
        *ids.entry((kind, ty)).or_insert_with_key(|(kind, ty)| {
            let home = match kind {
                Kind::Bound(atom) => Some(Home {
                    atom: *atom,
                    position: 0,
                }),
                _ => None,
            };
            entries.push(Entry {
                kind: kind.clone(),
                ty: *ty,
                home,
            });
            next
        })
    }

    /// What an expression is made of.
    pub(super) fn kind(&self, node: NodeId) -> &Kind {
        &self.entries[node.0 as usize].kind
    }

    /// The type of an expression; of a number that of one element.
    pub(super) fn ty(&self, node: NodeId) -> TypeId {
        self.entries[node.0 as usize].ty
    }

    /// The variable that holds an expression first.
    pub(super) fn home(&self, node: NodeId) -> Option<Home> {
        self.entries[node.0 as usize].home
    }

    /// Notes which variable holds an expression, unless an earlier one is known. A number has no variable: it is written
    /// as it is, in any shape.
    pub(super) fn settle(&mut self, node: NodeId, home: Home) {
        if matches!(self.kind(node), Kind::Number(_)) {
            return;
        }
        let known = &mut self.entries[node.0 as usize].home;
        if known.is_none_or(|known| home.position < known.position) {
            *known = Some(home);
        }
    }

    /// Notes which equation binds a variable.
    pub(super) fn place(&mut self, node: NodeId, home: Home) {
        self.entries[node.0 as usize].home = Some(home);
    }

    /// The operands of an expression, and the base of a view.
    pub(super) fn inputs(&self, node: NodeId) -> &[NodeId] {
        match self.kind(node) {
            Kind::Op { inputs, .. } => inputs,
            Kind::View { base, .. } => std::slice::from_ref(base),
            Kind::Bound(_) | Kind::Number(_) => &[],
        }
    }
}
