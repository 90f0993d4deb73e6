//! The words in which rules are spoken of: whether one is safe, what it is shown on, what is wrong with its file.

use crate::span::Span;

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

impl Safety {
    /// The word that rule files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Refines => "refines",
            Self::Approximate => "approximate",
        }
    }
}

/// A jaxpr on which a rule fires, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the example shows; for one on which the rule declines, the reason.
    pub title: String,
    /// The jaxpr's text.
    pub jaxpr: String,
}

/// Something wrong with a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Where in the file.
    pub span: Span,
    /// A further place that matters, and what stands there.
    pub related: Option<(Span, String)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RuleError {
    /// A fault at a place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            related: None,
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place, and what stands there.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related = Some((span, text.into()));
        self
    }
}
