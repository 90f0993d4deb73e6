//! Parameters of equations: Python values as far as their `str()` can be understood, text where it cannot.

use super::program::{BlockId, ListingId};
use super::symbol::Symbol;

/// The parameters of an equation, in printed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(pub Box<[(Symbol, ParamValue)]>);

/// One value. Printing gives back the characters that were read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ParamValue {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, with the text that JAX printed for it.
    Float(Symbol),
    /// Text that stands without quotes: names, dtypes, enum paths, function reprs, and whatever is not understood.
    Text(Symbol),
    /// A quoted string inside a tuple, quotes included.
    Quoted(Symbol),
    /// `(1, 2)`.
    Tuple(Box<[ParamValue]>),
    /// `[1, 2]`.
    List(Box<[ParamValue]>),
    /// `{'x', 'y'}` and the argument of `frozenset(…)`.
    Set(Box<[ParamValue]>),
    /// `{'x': 1}`.
    Dict(Box<[(ParamValue, ParamValue)]>),
    /// `GatherDimensionNumbers(offset_dims=(0,), …)`, `np.int64(2)`.
    Call {
        /// Dotted name before the parenthesis.
        name: Symbol,
        /// Arguments in order.
        arguments: Box<[CallArgument]>,
    },
    /// One jaxpr, laid out by the printer.
    Jaxpr(JaxprRef),
    /// A tuple of jaxprs, laid out by the printer without commas.
    Jaxprs(Box<[JaxprRef]>),
    /// A jaxpr inside another value, printed by `str()` as a print-out of its own.
    Listing(ListingId),
    /// The indices and transforms of a reference equation: `[b,0]`, `{reshape([2, 3])}[0]`.
    Indexer(Box<[IndexPart]>),
}

/// An argument of a [`ParamValue::Call`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallArgument {
    /// `offset_dims` in `offset_dims=(0,)`.
    pub keyword: Option<Symbol>,
    /// The value.
    pub value: ParamValue,
}

/// A jaxpr in a parameter: written out in place, or the name of a shared definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JaxprRef {
    /// Written out.
    Inline(BlockId),
    /// `jaxpr=_where`: the definition's name and what it names.
    Shared(Symbol, BlockId),
}

impl JaxprRef {
    /// The jaxpr itself.
    pub fn block(self) -> BlockId {
        match self {
            Self::Inline(block) | Self::Shared(_, block) => block,
        }
    }
}

/// A piece of the indices of a reference equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexPart {
    /// Text as it stands.
    Text(Symbol),
    /// A variable: the equation's next operand behind the reference and the stored value.
    Operand,
}

impl Params {
    /// The value of the parameter `key`.
    pub fn get(&self, key: Symbol) -> Option<&ParamValue> {
        self.0
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// All parameters in printed order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Symbol, &ParamValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The jaxprs that the printer lays out, with the name of the parameter that holds each.
    pub fn jaxprs(&self) -> impl Iterator<Item = (Symbol, JaxprRef)> {
        self.iter()
            .flat_map(|(name, value)| value.jaxprs().iter().map(move |&jaxpr| (name, jaxpr)))
    }

    /// The print-outs inside values printed by `str()`.
    pub fn listings(&self) -> Vec<ListingId> {
        let mut found = Vec::new();
        for (_, value) in self.iter() {
            value.collect_listings(&mut found);
        }
        found
    }
}

impl ParamValue {
    /// The jaxprs that the printer lays out.
    pub fn jaxprs(&self) -> &[JaxprRef] {
        match self {
            Self::Jaxpr(jaxpr) => std::slice::from_ref(jaxpr),
            Self::Jaxprs(jaxprs) => jaxprs,
            _ => &[],
        }
    }

    /// The print-outs inside this value, where it is printed by `str()`.
    pub fn listings(&self) -> Vec<ListingId> {
        let mut found = Vec::new();
        self.collect_listings(&mut found);
        found
    }

    fn collect_listings(&self, found: &mut Vec<ListingId>) {
        match self {
            Self::Listing(listing) => found.push(*listing),
            Self::Tuple(items) | Self::List(items) | Self::Set(items) => {
                items.iter().for_each(|item| item.collect_listings(found));
            }
            Self::Dict(items) => items.iter().for_each(|(_, item)| item.collect_listings(found)),
            Self::Call { arguments, .. } => {
                arguments
                    .iter()
                    .for_each(|argument| argument.value.collect_listings(found));
            }
            _ => {}
        }
    }
}
