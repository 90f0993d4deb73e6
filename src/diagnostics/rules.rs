//! Rule files, names of rules, and settings.

use super::{Diagnostic, similar};
use crate::rules::RuleError;
use crate::span::Span;

/// Something wrong with a rule file.
pub fn rule_file(error: &RuleError) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("jaxpeep::rule::broken", &error.message).at(error.span, "here");
    if let Some((span, text)) = &error.related {
        diagnostic = diagnostic.at(*span, text);
    }
    diagnostic.help.clone_from(&error.help);
    diagnostic
}

/// A rule that there is not. `from` says where it was asked for: `--only`, or nothing for `explain`.
pub(crate) fn unknown_rule<'a>(
    name: &str,
    from: Option<&str>,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let message = match from {
        Some(from) => format!("there is no rule `{name}`, which `{from}` asks for"),
        None => format!("there is no rule `{name}`"),
    };
    let error = Diagnostic::error("jaxpeep::rule::unknown", message);
    match similar(name, known) {
        Some(near) => error.help(format!(
            "did you mean `{near}`? `jaxpeep rules list` lists all rules"
        )),
        None => error.help("`jaxpeep rules list` lists all rules"),
    }
}

/// Something wrong with `jaxpeep.toml`.
pub(crate) fn config(
    message: impl Into<String>,
    span: Option<Span>,
    label: &str,
    help: Option<String>,
) -> Diagnostic {
    let mut error = Diagnostic::error("jaxpeep::config::invalid", message);
    if let Some(span) = span {
        error = error.at(span, label);
    }
    error.help = help;
    error
}
