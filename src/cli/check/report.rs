//! What a run of `check` found: all that a format has to show, and where it has to point.

use std::path::PathBuf;

use super::finding::{Class, Finding};
use crate::cli::input::Input;
use crate::cli::python_line::{PythonLine, seen_from};
use crate::diagnostics::{Diagnostic, Severity, Source};

/// What a run found.
pub(super) struct Report {
    /// The files, in the order of the arguments.
    pub(super) files: Vec<CheckedFile>,
    /// What is wrong with the arguments.
    pub(super) wrong: Vec<Diagnostic>,
    /// How many findings the baseline lists.
    pub(super) known: usize,
    /// The least severity that fails the run.
    pub(super) fail_on: Severity,
}

/// What was found in one file, or why it cannot be checked.
pub(super) struct CheckedFile {
    /// What messages call it.
    pub(super) name: String,
    /// The file; `None` for standard input.
    pub(super) path: Option<PathBuf>,
    pub(super) text: String,
    /// In the order of the text.
    pub(super) findings: Vec<Finding>,
    /// Findings that the settings accept, each with the reason given there.
    pub(super) allowed: Vec<(Finding, String)>,
    /// What is wrong with it; a file with errors has no findings.
    pub(super) errors: Vec<Diagnostic>,
    /// The names of the inputs of its programs.
    pub(super) inputs: Vec<String>,
}

impl CheckedFile {
    /// A file in which nothing has been found yet.
    pub(super) fn new(input: &Input, text: String) -> Self {
        Self {
            name: input.name.clone(),
            path: input.path.clone(),
            text,
            findings: Vec::new(),
            allowed: Vec::new(),
            errors: Vec::new(),
            inputs: Vec::new(),
        }
    }
}

/// How often something was found.
#[derive(serde::Serialize)]
pub(in crate::cli) struct Frequency<'a> {
    pub(in crate::cli) rule: &'a str,
    pub(in crate::cli) class: Class,
    pub(in crate::cli) severity: Severity,
    pub(in crate::cli) count: usize,
    pub(in crate::cli) message: &'a str,
}

impl Report {
    /// All findings, each with its file.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&CheckedFile, &Finding)> {
        let of = |file| move |finding| (file, finding);
        self.files
            .iter()
            .flat_map(move |file| file.findings.iter().map(of(file)))
    }

    /// The names of all inputs of all programs.
    pub(super) fn inputs(&self) -> Vec<&str> {
        let names = self.files.iter().flat_map(|file| &file.inputs);
        names.map(String::as_str).collect()
    }

    /// Whether a finding fails the run.
    pub(super) fn fails(&self, finding: &Finding) -> bool {
        finding.severity >= self.fail_on
    }

    /// How many files or arguments cannot be used.
    pub(super) fn broken(&self) -> usize {
        self.files.iter().filter(|file| !file.errors.is_empty()).count() + self.wrong.len()
    }

    /// How often each rule was found, the most frequent first.
    pub(super) fn statistics(&self) -> Vec<Frequency<'_>> {
        let mut counts: Vec<Frequency<'_>> = Vec::new();
        for (_, finding) in self.findings() {
            let same = |count: &&mut Frequency<'_>| {
                (count.rule, count.class, count.severity) == (&finding.rule, finding.class, finding.severity)
            };
            match counts.iter_mut().find(same) {
                Some(count) => count.count += 1,
                None => counts.push(Frequency {
                    rule: &finding.rule,
                    class: finding.class,
                    severity: finding.severity,
                    count: 1,
                    message: &finding.message,
                }),
            }
        }
        counts.sort_by_key(|count| (std::cmp::Reverse(count.count), count.rule, count.class));
        counts
    }
}

/// Where a format points: at the user's Python line if the print-out names it, else into the print-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Seen from the working directory.
    pub(super) file: String,
    /// Line and column, from 1; nothing for an equation that another rule made.
    pub(super) start: Option<(u32, u32)>,
}

impl Place {
    /// Where a finding is shown.
    pub(super) fn of(finding: &Finding, file: &CheckedFile, source: &Source<'_>) -> Self {
        let line = finding.source.as_deref().and_then(PythonLine::parse);
        match line {
            Some(line) => Self {
                file: seen_from(&std::env::current_dir().unwrap_or_default(), line.file),
                start: Some((line.line, line.column)),
            },
            None => Self::in_print_out(finding, file, source),
        }
    }

    /// Where a finding stands in the print-out.
    pub(super) fn in_print_out(finding: &Finding, file: &CheckedFile, source: &Source<'_>) -> Self {
        let position = (!finding.span.is_empty()).then(|| source.position(finding.span));
        Self {
            file: file.name.clone(),
            start: position.map(|position| (position.line, position.column)),
        }
    }

    /// Where something wrong with a file stands.
    pub(super) fn of_error(error: &Diagnostic, file: &CheckedFile, source: &Source<'_>) -> Self {
        let position = error.labels.first().map(|label| source.position(label.span));
        Self {
            file: file.name.clone(),
            start: position.map(|position| (position.line, position.column)),
        }
    }
}
