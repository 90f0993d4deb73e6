//! The row of the primitive table.

use super::bodies::BodiesOf;
use super::fault::TypeFault;
use super::typed_eqn::TypedEqn;
use super::version::{Version, VersionRange};
use crate::ir::{DType, DTypeClass, Type};

/// The rule that gives the types of an equation's outputs.
pub(super) type Rule = fn(&TypedEqn<'_>) -> Result<Vec<Type>, TypeFault>;

/// One row: everything that holds for all equations of a primitive.
#[derive(Debug)]
pub struct Primitive {
    /// As it is printed.
    pub name: &'static str,
    /// How many operands it takes.
    pub arity: Arity,
    /// Its parameters.
    pub params: &'static [ParamSpec],
    /// Whether equations of it may be dropped, repeated and moved.
    pub purity: Purity,
    /// How operands combine.
    pub operands: Operands,
    /// How it moves the elements of its first operand, if it does nothing else to them.
    pub moves: Option<Moves>,
    /// The element types that it is defined on, where the rule looks at them.
    pub accepts: DTypes,
    /// The element type of the result, where the rule looks at it.
    pub gives: ElementType,
    /// The releases that print it.
    pub releases: VersionRange,
    pub(super) rule: Rule,
    pub(super) bodies: Option<BodiesOf>,
}

/// How many operands a primitive takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// This many.
    Exactly(usize),
    /// This many or more.
    AtLeast(usize),
}

impl Arity {
    /// Whether a primitive of this arity takes `count` operands.
    pub fn allows(self, count: usize) -> bool {
        match self {
            Self::Exactly(arity) => count == arity,
            Self::AtLeast(least) => count >= least,
        }
    }
}

/// Whether equations may be dropped, repeated and moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purity {
    /// Operands and parameters alone decide the outputs, and nothing else happens.
    Pure,
    /// As pure as the jaxprs in its parameters.
    Bodies,
    /// Pure, but all devices must take part in it: it may not move into or out of a branch.
    Collective,
    /// Each evaluation may give other numbers.
    Random,
    /// It reads or writes a reference, prints, calls back into Python, or stops the program.
    Effect,
}

/// How the operands combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operands {
    /// An element of the output depends on the elements at its own place alone; an operand of rank 0, or of
    /// extent 1 along an axis, stands for all elements along it.
    Elementwise,
    /// In a way of its own.
    Free,
}

/// How elements move that stay the numbers they are.
///
/// A conversion is not among these because it rounds, and `stop_gradient` because a derivative sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moves {
    /// Each stays at its place: a copy, or news about the devices that hold it.
    Nowhere,
    /// All of them go on, in dimensions that are added, dropped, split, joined, exchanged or repeated.
    Dimensions,
    /// Each for itself: some are left out, repeated, or turned around within a dimension.
    Elements,
}

/// The element type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// That of the operands.
    Same,
    /// That of the parts of the operands: `f32` for `c64`.
    RealPart,
    /// Always this one.
    Always(DType),
}

/// A set of kinds of element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DTypes(u8);

impl DTypes {
    /// `bool`.
    pub const BOOL: Self = Self(1);
    /// Integers of either sign.
    pub const INT: Self = Self(2);
    /// Real floating-point numbers.
    pub const FLOAT: Self = Self(4);
    /// Complex numbers.
    pub const COMPLEX: Self = Self(8);
    /// Real and complex floating-point numbers.
    pub const INEXACT: Self = Self::FLOAT.or(Self::COMPLEX);
    /// Everything that one can add.
    pub const NUMBER: Self = Self::INT.or(Self::INEXACT);
    /// What bitwise operations work on.
    pub const BITS: Self = Self::BOOL.or(Self::INT);
    /// Every element type, `float0` too.
    pub const ANY: Self = Self(u8::MAX);

    /// Both sets together.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `dtype` is in the set.
    pub fn contains(self, dtype: DType) -> bool {
        let bit = match dtype.class() {
            DTypeClass::Bool => Self::BOOL.0,
            DTypeClass::Signed | DTypeClass::Unsigned => Self::INT.0,
            DTypeClass::Float => Self::FLOAT.0,
            DTypeClass::Complex => Self::COMPLEX.0,
            DTypeClass::Float0 => 1 << 7,
        };
        self.0 & bit != 0
    }
}

/// A parameter and the releases that print it. A parameter whose printing changed has a row for each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamSpec {
    /// Its name.
    pub name: &'static str,
    /// The first release that prints it this way.
    pub since: Option<Version>,
    /// The last release that prints it this way.
    pub until: Option<Version>,
    /// What a new equation prints when nothing is given for it.
    pub default: Option<&'static str>,
    /// Whether it is left out when it is the default.
    pub optional: bool,
}

/// A parameter that is always printed and has no default.
pub(super) const fn param(name: &'static str) -> ParamSpec {
    ParamSpec {
        name,
        since: None,
        until: None,
        default: None,
        optional: false,
    }
}

impl ParamSpec {
    /// Whether `version` prints it this way.
    pub fn exists_in(&self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version <= until)
    }

    pub(super) const fn since(mut self, version: Version) -> Self {
        self.since = Some(version);
        self
    }

    pub(super) const fn until(mut self, version: Version) -> Self {
        self.until = Some(version);
        self
    }

    /// Printed as `text` unless something else is given.
    pub(super) const fn or(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    /// Printed only when it is not `text`.
    pub(super) const fn unless(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self.optional = true;
        self
    }
}

impl Primitive {
    /// A pure primitive of all releases without parameters.
    pub(super) const fn new(name: &'static str, arity: Arity, rule: Rule) -> Self {
        Self {
            name,
            arity,
            params: &[],
            purity: Purity::Pure,
            operands: Operands::Free,
            moves: None,
            accepts: DTypes::ANY,
            gives: ElementType::Same,
            releases: VersionRange::ALL,
            rule,
            bodies: None,
        }
    }

    pub(super) const fn params(mut self, params: &'static [ParamSpec]) -> Self {
        self.params = params;
        self
    }

    pub(super) const fn purity(mut self, purity: Purity) -> Self {
        self.purity = purity;
        self
    }

    pub(super) const fn elementwise(mut self) -> Self {
        self.operands = Operands::Elementwise;
        self
    }

    pub(super) const fn moves(mut self, moves: Moves) -> Self {
        self.moves = Some(moves);
        self
    }

    pub(super) const fn on(mut self, accepts: DTypes) -> Self {
        self.accepts = accepts;
        self
    }

    pub(super) const fn gives(mut self, gives: ElementType) -> Self {
        self.gives = gives;
        self
    }

    pub(super) const fn since(mut self, version: Version) -> Self {
        self.releases.since = version;
        self
    }

    pub(super) const fn until(mut self, version: Version) -> Self {
        self.releases.until = version;
        self
    }

    pub(super) const fn bodies(mut self, bodies: BodiesOf) -> Self {
        self.bodies = Some(bodies);
        self.purity = Purity::Bodies;
        self
    }
}
