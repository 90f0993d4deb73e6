//! Diagnostics: what is wrong, where, and what to do about it, in words.
//!
//! One constructor a diagnostic. Only this module and `cli` know miette; everything that finds faults returns
//! them as data. Nothing here decides whether something is a fault, and nothing is written to a terminal.

mod files;
mod names;
mod render;
mod rules;
mod syntax;
mod types;

pub(crate) use files::{empty_file, foreign, not_utf8};
pub(crate) use names::name;
pub(crate) use render::render;
pub use render::{Source, render_plain};
pub use rules::rule_file;
pub(crate) use rules::{config, unknown_rule};
pub(crate) use syntax::syntax;
pub(crate) use types::type_disagreement;

use std::borrow::Cow;

use crate::span::Span;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The program computes something else than meant, on some inputs.
    Warning,
    /// The input cannot be used.
    Error,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `jaxpeep::syntax::unclosed_jaxpr`: what tools and searches go by.
    pub code: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Places in the source, the one that is wrong first. None for a fault of a file as a whole.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

/// A place, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say about it; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// An error without places and advice.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How a user gets a text that can be read.
const GOOD_DUMP: &str = "print the jaxpr with `print(jax.make_jaxpr(f)(*args))` and redirect it to a file: \
                         `python dump.py > f.jaxpr`";

/// The name closest to `name`, if one is close enough to be meant.
pub(crate) fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + name.chars().count() / 4;
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= allowed || (name.len() > 2 && candidate.contains(name)))
        .min()
        .map(|(_, candidate)| candidate)
}
