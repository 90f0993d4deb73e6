//! What is wrong with the text of a jaxpr. A message says what JAX prints at the place.

mod equation;
mod frame;

use equation::{binder, operand, param, reference};
use frame::{definition, frame, results, whole};

use super::Diagnostic;
use crate::span::Span;
use crate::syntax::{SyntaxError, Unexpected};

/// A fault that the parser found.
pub(crate) fn syntax(error: &SyntaxError, source: &str) -> Diagnostic {
    let here = Here::new(error, source);
    let words = words(error.kind, &here);
    let mut diagnostic = Diagnostic::error(words.code, words.message);
    let opened = error.opened.filter(|opened| opened.start != error.span.start);
    diagnostic = match (opened, words.bracket) {
        (Some(opened), Bracket::Blamed) => diagnostic
            .at(opened, "opened here and never closed")
            .at(error.span, words.label),
        (Some(opened), Bracket::Context) => diagnostic
            .at(error.span, words.label)
            .at(opened, "the jaxpr that starts here is still open"),
        _ => diagnostic.at(error.span, words.label),
    };
    diagnostic.help(words.help)
}

/// The text around a fault.
struct Here<'a> {
    source: &'a str,
    span: Span,
    /// What stands there, quoted: "`]`", or "the end of the text".
    found: String,
}

impl<'a> Here<'a> {
    fn new(error: &SyntaxError, source: &'a str) -> Self {
        let span = error.span;
        let rest = &source[span.start as usize..];
        let found = if rest.trim().is_empty() {
            "the end of the text".to_owned()
        } else if rest.starts_with('\n') {
            "the end of the line".to_owned()
        } else {
            match span.text(source).trim() {
                "" => "a blank".to_owned(),
                text => format!("`{text}`"),
            }
        };
        Self { source, span, found }
    }

    /// Whether `character` stands right before the fault.
    fn follows(&self, character: char) -> bool {
        self.source[..self.span.start as usize].ends_with(character)
    }

    /// The rest of the line from the fault on.
    fn line(&self) -> &'a str {
        let rest = &self.source[self.span.start as usize..];
        rest.lines().next().unwrap_or_default()
    }
}

/// The words for one kind of fault.
struct Words {
    code: &'static str,
    message: String,
    label: String,
    help: String,
    bracket: Bracket,
}

/// What the bracket that stays open has to do with a fault.
#[derive(Clone, Copy)]
enum Bracket {
    /// It is where the mistake is; what follows it only shows that it is one.
    Blamed,
    /// It helps to find out what is missing.
    Context,
    /// It is beside the point.
    Unsaid,
}

fn say(
    code: &'static str,
    message: impl Into<String>,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words {
        code,
        message: message.into(),
        label: label.into(),
        help: help.into(),
        bracket: Bracket::Unsaid,
    }
}

fn unclosed(
    code: &'static str,
    message: impl Into<String>,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words {
        bracket: Bracket::Blamed,
        ..say(code, message, label, help)
    }
}

/// The same words, with the bracket that is open.
fn within(words: Words) -> Words {
    Words {
        bracket: Bracket::Context,
        ..words
    }
}

fn words(kind: Unexpected, here: &Here<'_>) -> Words {
    use Unexpected as U;
    match kind {
        U::EmptyFile
        | U::NotAJaxpr
        | U::TextBefore
        | U::TextAfter
        | U::Truncated
        | U::TooDeep
        | U::Elided => whole(kind, here),
        U::JaxprStart | U::Lambda | U::ConstsEnd | U::InputsEnd | U::Let | U::In | U::JaxprEnd => {
            frame(kind, here)
        }
        U::ResultsStart | U::ResultsEnd | U::ResultsComma | U::SingleResultComma | U::EffectsEnd => {
            results(kind, here)
        }
        U::DefinitionName | U::DefinitionEquals | U::DefinitionIn | U::MainJaxpr => definition(kind, here),
        U::BinderName | U::BinderColon | U::Type | U::TypeEnd | U::Equals | U::Primitive => {
            binder(kind, here)
        }
        U::ParamKey | U::ParamEquals | U::ParamValue | U::ParamsEnd | U::QuoteEnd => param(kind, here),
        U::SpaceBeforeOperands | U::Operand | U::TypedVariable | U::EquationEnd => operand(kind, here),
        U::IndicesEnd | U::Reference => reference(kind, here),
    }
}
