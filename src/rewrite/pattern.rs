//! Compiled rules: patterns and replacements over numbered slots.

use crate::analysis::may_move;
use crate::rewrite::Safety;

/// When a rule is tried. A rule of a later phase is not tried before nothing of an earlier one matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Recognizes whole formulas that would be taken apart.
    Idiom,
    /// Takes logarithms and quotients apart, so that the next phase sees what it knows.
    Expose,
    /// Replaces whole formulas.
    #[default]
    Composite,
    /// Replaces what is left of them.
    Simple,
    /// Waits for exponent lifting, which follows exponentials further than a pattern does and may use them up.
    Late,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 5] = [
        Self::Idiom,
        Self::Expose,
        Self::Composite,
        Self::Simple,
        Self::Late,
    ];

    /// The word that rule files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idiom => "idiom",
            Self::Expose => "expose",
            Self::Composite => "composite",
            Self::Simple => "simple",
            Self::Late => "late",
        }
    }
}

/// A slot that a match fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub u8);

/// A rule, compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What goes wrong without it.
    pub summary: String,
    /// Whether it may change values.
    pub safety: Safety,
    /// When it is tried.
    pub phase: Phase,
    /// What it does.
    pub body: RuleBody,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleBody {
    /// Patterns with their replacements, tried in order.
    Variants(Vec<Variant>),
    /// Written in Rust, under this name.
    Native(String),
}

/// One pattern and its replacement.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What is looked for.
    pub pattern: Pattern,
    /// What must hold besides.
    pub conditions: Vec<Condition>,
    /// The replacement, line by line; the last line takes the root's place.
    pub steps: Vec<Step>,
    /// Number of slots.
    pub slots: usize,
}

/// The primitives that may compute a square: a `square` in a pattern stands for all of them, since `jnp.square(x)`
/// prints `square x`, `x ** 2` prints `integer_pow[y=2] x`, `x * x` prints `mul x x` and `x ** 2.0` prints
/// `pow x 2.0`.
pub(super) const SQUARES: [&str; 4] = ["square", "integer_pow", "mul", "pow"];

/// How many primitives a [`Pattern::spine`] holds at most, the root's included.
pub(super) const SPINE: usize = 4;

impl Pattern {
    /// The primitives that a match must have from the root on along first operands, chains left out.
    ///
    /// It ends where the pattern says nothing of the first operand, where operands may change places, before an
    /// equation that may be looked through as a part of a chain, and before a square, which has several spellings.
    pub fn spine(&self) -> Vec<&str> {
        let mut spine = Vec::new();
        let mut at = Some(0);
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            at = match node {
                PatternNode::Eqn {
                    primitive,
                    operands,
                    commutes,
                    ..
                } if spine.is_empty()
                    || (spine.len() < SPINE && !may_move(primitive) && primitive != SQUARES[0]) =>
                {
                    spine.push(primitive.as_str());
                    operands.first().copied().filter(|_| !commutes)
                }
                PatternNode::Chain { inner, .. } => Some(*inner),
                _ => None,
            };
        }
        spine
    }
}

/// A tree of equations from the root on. Index 0 is the root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// Nodes, in no order but that the root comes first.
    pub nodes: Vec<PatternNode>,
}

/// Index of a [`PatternNode`].
pub(super) type PatternId = usize;

/// A node of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternNode {
    /// An equation, with the slot of its output.
    Eqn {
        /// Slot of the output.
        slot: Slot,
        /// Name of the primitive.
        primitive: String,
        /// Parameters that matter.
        params: Vec<(String, ParamPattern)>,
        /// Operands.
        operands: Vec<PatternId>,
        /// Whether two operands match in either order.
        commutes: bool,
    },
    /// Any value; the same value wherever the slot stands.
    Any(Slot),
    /// A constant of this value, rounded to its dtype.
    Number(f64),
    /// Any constant.
    Constant(Slot),
    /// Zero or more equations that only move elements, then the inner pattern.
    Chain {
        /// Slot of the chain.
        slot: Slot,
        /// Whether slices and gathers may be in it.
        moves: bool,
        /// What it starts from.
        inner: PatternId,
    },
}

/// What a parameter must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamPattern {
    /// Anything, kept in a slot.
    Bind(Slot),
    /// A value that prints so.
    Text(String),
}

/// `not shifted(x, $A)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Index into the table of conditions.
    pub native: usize,
    /// What it asks about.
    pub arguments: Vec<Argument>,
    /// Whether it must not hold.
    pub negated: bool,
}

/// What a condition asks about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// What a slot holds.
    Slot(Slot),
    /// A number of the rule's own.
    Number(f64),
}

/// One line of a replacement.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where its value goes.
    pub slot: Slot,
    /// What it computes.
    pub value: StepValue,
}

/// What a line of a replacement computes.
#[derive(Clone, Debug, PartialEq)]
pub enum StepValue {
    /// An equation.
    Eqn {
        /// Name of the primitive.
        primitive: String,
        /// Parameters that the rule gives.
        params: Vec<(String, ParamPattern)>,
        /// Operands.
        operands: Vec<Expr>,
    },
    /// A value without an equation of its own.
    Expr(Expr),
}

/// An operand in a replacement.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// What a slot holds.
    Slot(Slot),
    /// A number, of the dtype of the other operands.
    Number(f64),
    /// The equations of a chain once more, on another value.
    Chain(Slot, Box<Expr>),
    /// A native function.
    Native {
        /// Index into the table of functions.
        native: usize,
        /// Arguments.
        arguments: Vec<Expr>,
    },
}
