//! `check --format json`.

use super::finding::Finding;
use super::report::Report;
use crate::cli::json::{self, CheckFinding, CheckWitness, Checks};
use crate::diagnostics::Source;

/// The document.
pub(super) fn document(report: &Report) -> String {
    let mut errors: Vec<json::Error> = report
        .wrong
        .iter()
        .map(|wrong| json::Error::new(None, wrong, None))
        .collect();
    let mut findings = Vec::new();
    for file in &report.files {
        let source = Source::new(&file.name, &file.text);
        let found = file.findings.iter();
        findings.extend(found.map(|finding| row(&file.name, finding, &source)));
        let wrong = file.errors.iter();
        errors.extend(wrong.map(|error| json::Error::new(Some(&file.name), error, Some(&source))));
    }
    json::document(&Checks {
        schema: json::SCHEMA,
        findings,
        errors,
        statistics: report.statistics(),
    })
}

fn row<'a>(file: &'a str, finding: &'a Finding, source: &Source<'_>) -> CheckFinding<'a> {
    let (line, column) = json::line_and_column(finding.span, source);
    CheckFinding {
        file,
        rule: &finding.rule,
        severity: finding.severity,
        line,
        column,
        equation: &finding.equation,
        source: finding.source.as_deref(),
        scope: &finding.scope,
        message: &finding.message,
        help: &finding.help,
        class: finding.class,
        witness: finding.witness.as_ref().map(|witness| CheckWitness {
            inputs: &witness.text,
            file: witness.file.as_deref(),
        }),
    }
}
