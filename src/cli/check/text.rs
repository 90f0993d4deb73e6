//! `check --format text`: findings with the lines that they are about.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::finding::Finding;
use super::report::Report;
use crate::cli::Stop;
use crate::cli::output::Terminal;
use crate::cli::report::counted;
use crate::diagnostics::{Diagnostic, Label, Severity, Source};
use crate::span::Span;

/// Shows findings on standard output, and on standard error what is wrong and how much was found.
pub(super) fn show(report: &Report, statistics: bool, terminal: &Terminal) -> Result<(), Stop> {
    show_errors(report, terminal);
    if statistics {
        terminal.print(&table(report))?;
    } else {
        for file in &report.files {
            let source = Source::new(&file.name, &file.text);
            for finding in &file.findings {
                let diagnostic = diagnostic(finding, &file.text);
                terminal.print(&terminal.rendered(&diagnostic, Some(&source)))?;
            }
        }
    }
    if terminal.is_verbose() {
        for (finding, reason) in report.files.iter().flat_map(|file| &file.allowed) {
            terminal.say(&format!(
                "allowed: {}: {}: {reason}\n",
                finding.rule, finding.equation
            ));
        }
    }
    terminal.say(&summary(report));
    Ok(())
}

/// Shows on standard error what is wrong with the arguments and with files.
pub(super) fn show_errors(report: &Report, terminal: &Terminal) {
    for wrong in &report.wrong {
        terminal.diagnostic(wrong, None);
    }
    for file in report.files.iter().filter(|file| !file.errors.is_empty()) {
        terminal.broken(&file.name, &file.text, &file.errors);
    }
}

fn diagnostic(finding: &Finding, text: &str) -> Diagnostic {
    let mut label = match &finding.source {
        Some(source) => format!("from {source}"),
        None => String::new(),
    };
    if !finding.scope.is_empty() {
        label += if label.is_empty() { "inside " } else { ", inside " };
        label += &finding.scope.join(" > ");
    }
    let in_text = !finding.span.is_empty();
    let help = if in_text {
        finding.help.clone()
    } else {
        format!("{}\nin `{}`", finding.help, finding.equation)
    };
    Diagnostic {
        code: Cow::Owned(format!("jaxpeep::rule::{}", finding.rule)),
        severity: finding.severity,
        message: finding.message.clone(),
        labels: in_text
            .then_some(Label {
                span: without_comment(finding.span, text),
                text: label,
            })
            .into_iter()
            .collect(),
        help: Some(help),
    }
}

/// The first line of an equation without the comment behind it.
fn without_comment(span: Span, text: &str) -> Span {
    let line = span.text(text).lines().next().unwrap_or_default();
    let equation = line.split(" # ").next().unwrap_or_default().trim_end();
    let start = span.start as usize;
    Span::new(start, start + equation.len())
}

/// A line a rule: how often, how bad, what goes wrong.
fn table(report: &Report) -> String {
    let counts = report.statistics();
    let number = |count: usize| count.to_string().len();
    let widest = counts.iter().map(|row| number(row.count)).max().unwrap_or(0);
    let longest = counts.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    let mut out = String::new();
    for row in &counts {
        let severity = match row.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:>widest$}  {:longest$}  {severity:7}  {}",
            row.count, row.rule, row.message
        );
    }
    out
}

/// `2 findings in 3 files, 1 known`
fn summary(report: &Report) -> String {
    let unless_zero = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    let allowed = report.files.iter().map(|file| file.allowed.len()).sum();
    format!(
        "{} in {}{}{}{}\n",
        counted(report.findings().count(), "finding"),
        counted(report.files.len(), "file"),
        unless_zero(report.known, "known"),
        unless_zero(allowed, "allowed"),
        unless_zero(report.broken(), "could not be checked")
    )
}
