//! The rules: one file each, its name, its reason, its matcher, its replacement and its tests in one place.

/// Whether a rule may change values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// The same value up to rounding, everywhere.
    Exact,
    /// The same value where the original was right; possibly right where it was not.
    Refines,
    /// Changes values where nothing was wrong; has to be asked for.
    Approximate,
}

/// A jaxpr on which a rule fires, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the example shows; for one on which the rule declines, the reason.
    pub title: String,
    /// The jaxpr's text.
    pub jaxpr: String,
}

/// What people read about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// `logsumexp`.
    pub name: String,
    /// The folder of the rule's file: `softmax`.
    pub family: String,
    /// What goes wrong without the rule, in one line.
    pub summary: String,
    /// The identity over the reals.
    pub identity: String,
    /// Where the formula comes from.
    pub source: String,
    /// Whether it may change values.
    pub safety: Safety,
    /// Its `match`, `where` and `rewrite` clauses, as written in the file.
    pub text: String,
    /// Jaxprs on which it fires.
    pub fires: Vec<Example>,
    /// Jaxprs on which it does not, with the reason.
    pub declines: Vec<Example>,
}

/// Something wrong with a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Where in the file.
    pub span: crate::span::Span,
    /// A further place that matters, and what stands there.
    pub related: Option<(crate::span::Span, String)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A set of rules, compiled.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    infos: Vec<RuleInfo>,
}

impl RuleSet {
    /// The rules that come with jaxpeep.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// Adds the rules of one `.rule` file of the user's.
    ///
    /// # Errors
    /// Everything that is wrong with the file; then none of its rules is added.
    pub fn add_file(&mut self, family: &str, text: &str) -> Result<(), Vec<RuleError>> {
        let _ = (family, text);
        Ok(())
    }

    /// All rules, by family and name.
    pub fn infos(&self) -> &[RuleInfo] {
        &self.infos
    }
}
