//! The pipeline: what `rewrite`, `check` and `verify` do to a program.
//!
//! Rules run in phases until nothing changes, dead equations are swept, and what was done is reported. Nothing
//! here reads or writes files.

use crate::ir::Program;
use crate::rules::RuleSet;

/// What to do about inverses of matrices that have none in working precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Regularize {
    /// Add a ridge to a matrix only if its computed inverse has no correct digits.
    #[default]
    Guarded,
    /// Add a ridge to every matrix that is inverted.
    Always,
    /// Leave inverses alone.
    Off,
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names of the only rules to apply; empty for all.
    pub only: Vec<String>,
    /// Names of rules not to apply.
    pub skip: Vec<String>,
    /// What to do about inverses.
    pub regularize: Regularize,
    /// The ridge relative to the largest absolute entry; `None` for the mode's default.
    pub ridge: Option<f64>,
    /// Whether rules that change values where nothing was wrong may be applied.
    pub approximate: bool,
    /// The JAX release whose spelling new equations use; `None` for the one that the text shows.
    pub dialect: Option<String>,
}

/// What was done to one program.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rules applied, in the order of the lines that they replaced.
    pub rewrites: Vec<Finding>,
    /// Rules that match and were not applied.
    pub pending: Vec<Pending>,
}

/// A rule that matches somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// The rule's one-line reason: what goes wrong without it.
    pub summary: String,
    /// Where the equation stands that the rule replaces; empty for one that another rule made.
    pub span: crate::span::Span,
    /// That equation as printed, on one line.
    pub equation: String,
    /// The user's line: `train.py:7:24 (loss)`.
    pub source: Option<String>,
    /// The calls and loops around the equation, outermost first: `jit:loss`, `scan`.
    pub scope: Vec<String>,
    /// What the reader should know of this application, such as what it costs.
    pub note: Option<String>,
}

/// A rule that matches and was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The rule and the place.
    pub finding: Finding,
    /// Why it was not applied, and the flag that would apply it.
    pub reason: String,
}

/// Improves a program in place.
pub fn improve(program: &mut Program, rules: &RuleSet, options: &Options) -> Outcome {
    let _ = (program, rules, options);
    Outcome::default()
}
