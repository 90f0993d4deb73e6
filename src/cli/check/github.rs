//! `check --format github`: the workflow commands that GitHub shows beside the lines of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write as _;

use super::report::{Place, Report};
use crate::diagnostics::{Severity, Source};

/// One command a finding or error.
pub(super) fn annotations(report: &Report) -> String {
    let mut out = String::new();
    for wrong in &report.wrong {
        command(&mut out, Severity::Error, None, &wrong.code, &[&wrong.message]);
    }
    for file in &report.files {
        let source = Source::new(&file.name, &file.text);
        for error in &file.errors {
            let place = Place::of_error(error, file, &source);
            let lines = [error.message.as_str(), error.help.as_deref().unwrap_or_default()];
            command(&mut out, Severity::Error, Some(&place), &error.code, &lines);
        }
        for finding in &file.findings {
            let place = Place::of(finding, file, &source);
            let in_print_out = Place::in_print_out(finding, file, &source);
            let at = in_print_out
                .start
                .map_or_else(String::new, |(line, _)| format!(":{line}"));
            let equation = format!("{} ({}{at})", finding.equation, file.name);
            let lines = [&*finding.message, &*equation, &*finding.help];
            command(&mut out, finding.severity, Some(&place), &finding.rule, &lines);
        }
    }
    out
}

fn command(out: &mut String, severity: Severity, place: Option<&Place>, title: &str, lines: &[&str]) {
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = String::new();
    if let Some(place) = place {
        // Writing to a string cannot fail.
        let _ = write!(properties, "file={},", property(&place.file));
        if let Some((line, column)) = place.start {
            let _ = write!(properties, "line={line},col={column},");
        }
    }
    let lines: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
    let message = escape(&lines.join("\n"));
    let title = property(title);
    let _ = writeln!(out, "::{name} {properties}title={title}::{message}");
}

/// A command ends with its line.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property, what separates properties is escaped too.
fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
