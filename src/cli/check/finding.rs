//! What `check` reports, whichever analysis found it. The formats, baselines and settings know nothing else.

use serde::Serialize;

use crate::diagnostics::Severity;
use crate::improve::{self, Pending};
use crate::interp::Tensor;
use crate::span::Span;

/// Something found in a program.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) struct Finding {
    /// What found it: the name that `explain`, `--skip` and `[[allow]]` know.
    pub(in crate::cli) rule: String,
    /// How sure it is.
    pub(in crate::cli) class: Class,
    /// How bad it is: what `--fail-on` goes by.
    pub(in crate::cli) severity: Severity,
    /// Where the equation stands; empty for one that a rewrite made.
    pub(in crate::cli) span: Span,
    /// The equation as printed, on one line.
    pub(in crate::cli) equation: String,
    /// The user's line: `train.py:7:24 (loss)`.
    pub(in crate::cli) source: Option<String>,
    /// The calls and loops around the equation, outermost first.
    pub(in crate::cli) scope: Vec<String>,
    /// What goes wrong, in one line.
    pub(in crate::cli) message: String,
    /// What to do.
    pub(in crate::cli) help: String,
    /// The input on which it happens.
    pub(in crate::cli) witness: Option<Witnessed>,
}

/// An input on which a hazard happens.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) struct Witnessed {
    /// The values.
    pub(super) inputs: Vec<Tensor>,
    /// The same for people: `a = [89, 0]`.
    pub(super) text: String,
    /// The file that `--witness` made.
    pub(super) file: Option<String>,
}

/// What kind of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum Class {
    /// A rule that `rewrite` applies.
    Rewrite,
    /// A rule that matches and that `rewrite` does not apply.
    Pending,
    /// A hazard on every input.
    Definite,
    /// A hazard on an input that was found.
    Witnessed,
    /// A hazard that the ranges of the inputs do not rule out.
    Possible,
}

impl Finding {
    /// A rule that would be applied.
    pub(super) fn rewrite(found: improve::Finding) -> Self {
        let help = "`jaxpeep rewrite` applies this rule".to_owned();
        Self::of_rule(found, Class::Rewrite, Severity::Warning, help)
    }

    /// A rule that matches and is not applied.
    pub(super) fn pending(pending: Pending) -> Self {
        Self::of_rule(pending.finding, Class::Pending, Severity::Note, pending.reason)
    }

    /// A program that `rewrite` would make worse somewhere.
    pub(super) fn regression(span: Span, message: String) -> Self {
        Self {
            rule: "verify".to_owned(),
            class: Class::Rewrite,
            severity: Severity::Error,
            span,
            equation: String::new(),
            source: None,
            scope: Vec::new(),
            message,
            witness: None,
            help: "`jaxpeep verify` shows the numbers; `--skip RULE` leaves a rule out".to_owned(),
        }
    }

    fn of_rule(found: improve::Finding, class: Class, severity: Severity, help: String) -> Self {
        Self {
            rule: found.rule,
            class,
            severity,
            span: found.span,
            equation: found.equation,
            source: found.source,
            scope: found.scope,
            message: found.summary,
            help,
            witness: None,
        }
    }
}
