//! Whether two programs are the same but for ids, spans and the order in which things were interned.

use rustc_hash::FxHashMap;

use super::param::{IndexPart, JaxprRef, ParamValue};
use super::program::{Atom, BlockId, EqnId, ListingId, LiteralId, Program, ValueId};
use super::symbol::Symbol;

/// Whether two programs print alike and mean alike: same equations, names, types, literals and comments.
pub fn equal(left: &Program, right: &Program) -> bool {
    let mut comparison = Comparison {
        left,
        right,
        values: FxHashMap::default(),
        blocks: FxHashMap::default(),
    };
    match (left.root, right.root) {
        (Some(left), Some(right)) => comparison.listings(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

struct Comparison<'p> {
    left: &'p Program,
    right: &'p Program,
    /// What stands on the right for each variable and block met on the left.
    values: FxHashMap<ValueId, ValueId>,
    blocks: FxHashMap<BlockId, BlockId>,
}

impl Comparison<'_> {
    fn listings(&mut self, left: ListingId, right: ListingId) -> bool {
        let (left, right) = (&self.left.listings[left], &self.right.listings[right]);
        all(&left.definitions, &right.definitions, |&left, &right| {
            self.symbols(left.name, right.name) && self.blocks(left.block, right.block)
        }) && self.blocks(left.main, right.main)
    }

    /// A shared block is compared where it is met first, and must stand for the same block ever after.
    fn blocks(&mut self, left: BlockId, right: BlockId) -> bool {
        if let Some(&known) = self.blocks.get(&left) {
            return known == right;
        }
        self.blocks.insert(left, right);
        let (left, right) = (&self.left.blocks[left], &self.right.blocks[right]);
        all(&left.consts, &right.consts, |&left, &right| {
            self.bind(left, right)
        }) && all(&left.inputs, &right.inputs, |&left, &right| {
            self.bind(left, right)
        }) && all(&left.eqns, &right.eqns, |&left, &right| self.eqns(left, right))
            && all(&left.outputs, &right.outputs, |&left, &right| {
                self.atoms(left, right)
            })
            && self.optional_symbols(left.effects, right.effects)
    }

    fn eqns(&mut self, left: EqnId, right: EqnId) -> bool {
        let (l, r) = (self.left, self.right);
        l.primitive(left) == r.primitive(right)
            && self.notes(left, right)
            && all(l.inputs(left), r.inputs(right), |&left, &right| {
                self.atoms(left, right)
            })
            && all(&l.params(left).0, &r.params(right).0, |left, right| {
                self.symbols(left.0, right.0) && self.params(&left.1, &right.1)
            })
            && all(l.outputs(left), r.outputs(right), |&left, &right| {
                self.bind(left, right)
            })
    }

    fn notes(&self, left: EqnId, right: EqnId) -> bool {
        let left = self.left.notes.get(&left).copied().unwrap_or_default();
        let right = self.right.notes.get(&right).copied().unwrap_or_default();
        self.optional_symbols(left.source, right.source)
            && self.optional_symbols(left.name_stack, right.name_stack)
    }

    fn bind(&mut self, left: ValueId, right: ValueId) -> bool {
        self.values.insert(left, right);
        self.left.name(left) == self.right.name(right) && self.left.type_of(left) == self.right.type_of(right)
    }

    fn atoms(&self, left: Atom, right: Atom) -> bool {
        match (left, right) {
            (Atom::Literal(left), Atom::Literal(right)) => self.literals(left, right),
            // A read that the text does not resolve has no binder; its name is all there is to compare.
            (Atom::Value(left), Atom::Value(right)) => match self.values.get(&left) {
                Some(&bound) => bound == right,
                None => self.left.name(left) == self.right.name(right),
            },
            _ => false,
        }
    }

    fn literals(&self, left: LiteralId, right: LiteralId) -> bool {
        let (l, r) = (&self.left.literals[left], &self.right.literals[right]);
        self.symbols(l.text, r.text)
            && l.value == r.value
            && l.typed == r.typed
            && l.ty.map(|ty| &self.left.types[ty]) == r.ty.map(|ty| &self.right.types[ty])
    }

    fn params(&mut self, left: &ParamValue, right: &ParamValue) -> bool {
        use ParamValue as V;
        match (left, right) {
            (V::Float(left), V::Float(right))
            | (V::Text(left), V::Text(right))
            | (V::Quoted(left), V::Quoted(right)) => self.symbols(*left, *right),
            (V::Tuple(left), V::Tuple(right))
            | (V::List(left), V::List(right))
            | (V::Set(left), V::Set(right)) => all(left, right, |left, right| self.params(left, right)),
            (V::Dict(left), V::Dict(right)) => all(left, right, |left, right| {
                self.params(&left.0, &right.0) && self.params(&left.1, &right.1)
            }),
            (
                V::Call { name, arguments },
                V::Call {
                    name: n,
                    arguments: a,
                },
            ) => {
                self.symbols(*name, *n)
                    && all(arguments, a, |left, right| {
                        self.optional_symbols(left.keyword, right.keyword)
                            && self.params(&left.value, &right.value)
                    })
            }
            (V::Jaxpr(left), V::Jaxpr(right)) => self.jaxprs(*left, *right),
            (V::Jaxprs(left), V::Jaxprs(right)) => all(left, right, |&left, &right| self.jaxprs(left, right)),
            (V::Listing(left), V::Listing(right)) => self.listings(*left, *right),
            (V::Indexer(left), V::Indexer(right)) => all(left, right, |left, right| match (left, right) {
                (IndexPart::Text(left), IndexPart::Text(right)) => self.symbols(*left, *right),
                (left, right) => left == right,
            }),
            (V::None | V::Bool(_) | V::Int(_), _) => left == right,
            _ => false,
        }
    }

    fn jaxprs(&mut self, left: JaxprRef, right: JaxprRef) -> bool {
        let same_way = match (left, right) {
            (JaxprRef::Shared(left, _), JaxprRef::Shared(right, _)) => self.symbols(left, right),
            (JaxprRef::Inline(_), JaxprRef::Inline(_)) => true,
            _ => false,
        };
        same_way && self.blocks(left.block(), right.block())
    }

    fn symbols(&self, left: Symbol, right: Symbol) -> bool {
        self.left.symbols.text(left) == self.right.symbols.text(right)
    }

    fn optional_symbols(&self, left: Option<Symbol>, right: Option<Symbol>) -> bool {
        left.map(|left| self.left.symbols.text(left)) == right.map(|right| self.right.symbols.text(right))
    }
}

fn all<T, U>(left: &[T], right: &[U], mut same: impl FnMut(&T, &U) -> bool) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}
