//! The JSON that commands print: a contract. The chapter JSON of README names every field; `tests/it/json.rs`
//! compares that with what commands print.
//!
//! Fields may be added, none removed, and they keep their order. `schema` changes only if a field changes its
//! meaning.

use serde::{Deserialize, Serialize};

use super::check::{Class, Frequency};
use crate::diagnostics::{Diagnostic, Severity, Source};
use crate::improve::{Finding, Pending};
use crate::load::Broken;
use crate::span::Span;

/// The version of all shapes here.
pub(super) const SCHEMA: u32 = 1;

/// `rules list --format json`.
#[derive(Serialize)]
pub(super) struct Rules<'a> {
    pub(super) schema: u32,
    /// In the order in which they are loaded.
    pub(super) rules: Vec<Rule<'a>>,
}

/// One rule of [`Rules`].
#[derive(Serialize)]
pub(super) struct Rule<'a> {
    pub(super) name: &'a str,
    pub(super) family: &'a str,
    /// `idiom`, `expose`, `composite`, `simple` or `late`.
    pub(super) phase: &'a str,
    /// `exact`, `refines` or `approximate`.
    pub(super) safety: &'a str,
    /// What goes wrong without it.
    pub(super) summary: &'a str,
    pub(super) identity: &'a str,
    pub(super) source: &'a str,
}

/// `rewrite --format json`.
#[derive(Serialize)]
pub(super) struct Rewrites<'a> {
    pub(super) schema: u32,
    /// The files that could be used, in the order of the arguments.
    pub(super) files: Vec<RewrittenFile<'a>>,
    /// What is wrong with the others.
    pub(super) errors: Vec<Error>,
    /// How often each rule was applied, the most frequent first.
    pub(super) statistics: Vec<RuleFrequency<'a>>,
}

/// How often a rule was applied, over all files.
#[derive(Serialize)]
pub(super) struct RuleFrequency<'a> {
    pub(super) rule: &'a str,
    /// Places where it was the first to be applied.
    pub(super) count: usize,
    /// Places where it went on with what another rule had put there.
    pub(super) then: usize,
    /// Places where it matches and was not applied.
    pub(super) pending: usize,
    /// What goes wrong without it.
    pub(super) summary: &'a str,
}

impl<'a> RuleFrequency<'a> {
    /// A rule that was applied nowhere so far.
    pub(super) fn new(rule: &'a str, summary: &'a str) -> Self {
        Self {
            rule,
            count: 0,
            then: 0,
            pending: 0,
            summary,
        }
    }
}

/// One file of [`Rewrites`].
#[derive(Serialize)]
pub(super) struct RewrittenFile<'a> {
    pub(super) file: &'a str,
    /// The JAX release whose spelling is used, if it was asked for or the text shows one.
    pub(super) dialect: Option<String>,
    /// Rules applied.
    pub(super) rewrites: Vec<Place<'a>>,
    /// Rules that match and were not applied.
    pub(super) pending: Vec<PendingPlace<'a>>,
    /// The whole new text.
    pub(super) output: &'a str,
    /// With `--verify`, how the numbers compare, for each print-out that changed; null where they cannot be computed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) verdicts: Vec<Option<&'static str>>,
    /// The module that `--emit python` asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) python: Option<&'a str>,
    /// What the module leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) losses: Option<Vec<Loss<'a>>>,
    /// With `--live`: where the jaxprs stand whose constvars the module's function takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) constants: Option<&'a [String]>,
}

/// Something that a module leaves out.
#[derive(Serialize)]
pub(super) struct Loss<'a> {
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) what: &'a str,
}

impl<'a> Loss<'a> {
    pub(super) fn new(loss: &'a crate::emit::Loss, span: Span, source: &Source<'_>) -> Self {
        let (line, column) = line_and_column(span, source);
        Self {
            line,
            column,
            what: &loss.what,
        }
    }
}

/// A rule and where it matches.
#[derive(Serialize)]
pub(super) struct Place<'a> {
    pub(super) rule: &'a str,
    /// From 1; null where the equation is not in the text.
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    /// The equation on one line.
    pub(super) equation: &'a str,
    /// The Python line, if the print-out carries it.
    pub(super) source: Option<&'a str>,
    /// The calls and loops around the equation, outermost first.
    pub(super) scope: &'a [String],
    /// What goes wrong without the rule.
    pub(super) summary: &'a str,
    /// Rules that went on with what it put there.
    pub(super) then: &'a [String],
    /// What to know of this application.
    pub(super) note: Option<&'a str>,
}

/// A rule that was not applied.
#[derive(Serialize)]
pub(super) struct PendingPlace<'a> {
    #[serde(flatten)]
    pub(super) place: Place<'a>,
    /// Why not, and what would apply it.
    pub(super) reason: &'a str,
}

/// `check --format json`.
#[derive(Serialize)]
pub(super) struct Checks<'a> {
    pub(super) schema: u32,
    pub(super) findings: Vec<CheckFinding<'a>>,
    /// What is wrong with files that cannot be checked.
    pub(super) errors: Vec<Error>,
    /// How often each rule was found, the most frequent first.
    pub(super) statistics: Vec<Frequency<'a>>,
}

/// One finding of [`Checks`].
#[derive(Serialize)]
pub(super) struct CheckFinding<'a> {
    pub(super) file: &'a str,
    pub(super) rule: &'a str,
    pub(super) severity: Severity,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) equation: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) scope: &'a [String],
    pub(super) message: &'a str,
    pub(super) help: &'a str,
    pub(super) class: Class,
    pub(super) witness: Option<CheckWitness<'a>>,
}

/// The input on which a hazard happens.
#[derive(Serialize)]
pub(super) struct CheckWitness<'a> {
    /// For people: `a = [89, 0]`.
    pub(super) inputs: &'a str,
    /// The archive that `--witness` made, with `arg0`, `arg1`, ….
    pub(super) file: Option<&'a str>,
}

/// Something wrong with a file.
#[derive(Serialize)]
pub(super) struct Error {
    /// Null for a fault of the arguments.
    pub(super) file: Option<String>,
    pub(super) code: String,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// What `eval`, `verify` and `trace` answer with `--format json` where they have no answer.
#[derive(Serialize)]
struct Failure {
    schema: u32,
    errors: Vec<Error>,
}

/// The document of a command that failed.
pub(super) fn failure(errors: Vec<Error>) -> String {
    document(&Failure {
        schema: SCHEMA,
        errors,
    })
}

/// The file of `check --baseline`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Baseline {
    pub(super) schema: u32,
    /// Sorted, so that a change of the file reads well in a diff.
    pub(super) findings: Vec<Known>,
}

/// A finding that is known. Its line number is left out, because regenerated print-outs move.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Known {
    /// Relative to the baseline's folder.
    pub(super) file: String,
    pub(super) rule: String,
    /// The Python file and function, or the equation with its variables renamed to a, b, c.
    pub(super) place: String,
    /// How many of them.
    pub(super) count: usize,
}

impl<'a> Place<'a> {
    pub(super) fn new(finding: &'a Finding, source: &Source<'_>) -> Self {
        let (line, column) = line_and_column(finding.span, source);
        Self {
            rule: &finding.rule,
            line,
            column,
            equation: &finding.equation,
            source: finding.source.as_deref(),
            scope: &finding.scope,
            summary: &finding.summary,
            then: &finding.then,
            note: finding.note.as_deref(),
        }
    }
}

impl<'a> PendingPlace<'a> {
    pub(super) fn new(pending: &'a Pending, source: &Source<'_>) -> Self {
        Self {
            place: Place::new(&pending.finding, source),
            reason: &pending.reason,
        }
    }
}

impl Error {
    pub(super) fn new(file: Option<&str>, diagnostic: &Diagnostic, source: Option<&Source<'_>>) -> Self {
        let label = diagnostic.labels.first();
        let position = label
            .zip(source)
            .map(|(label, source)| source.position(label.span));
        Self {
            file: file.map(str::to_owned),
            code: diagnostic.code.to_string(),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

/// What is wrong with a file.
pub(super) fn broken(name: &str, broken: &Broken) -> Vec<Error> {
    let source = Source::new(name, &broken.text);
    let all = broken.diagnostics.iter();
    all.map(|diagnostic| Error::new(Some(name), diagnostic, Some(&source)))
        .collect()
}

/// Where a span starts; nothing for the empty span of an equation that is not in the text.
pub(super) fn line_and_column(span: Span, source: &Source<'_>) -> (Option<u32>, Option<u32>) {
    if span.is_empty() {
        return (None, None);
    }
    let position = source.position(span);
    (Some(position.line), Some(position.column))
}

/// One JSON document, indented, with a newline.
pub(super) fn document(value: &impl Serialize) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(mut text) => {
            text.push('\n');
            text
        }
        // Strings, numbers and lists always serialize.
        Err(error) => unreachable!("{error}"),
    }
}
