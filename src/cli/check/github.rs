//! `check --format github`: the workflow commands that GitHub shows beside the lines of a pull request.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write as _;

use super::finding::Finding;
use super::report::{Place, Report};
use crate::diagnostics::{Severity, Source};

/// Equations that one annotation names; more say nothing new of their line.
const MOST_EQUATIONS: usize = 3;

/// One command an error, and one a rule and line: a line of Python is often in several print-outs, a loss and its
/// gradient, and GitHub shows ten warnings a step.
pub(super) fn annotations(report: &Report) -> String {
    let mut out = String::new();
    for wrong in &report.wrong {
        command(&mut out, Severity::Error, None, &wrong.code, &[&wrong.message]);
    }
    let mut notes: Vec<Note<'_>> = Vec::new();
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
            let same = |note: &&mut Note<'_>| {
                let own = (finding.severity, &finding.rule, &finding.message);
                note.place == place
                    && (note.finding.severity, &note.finding.rule, &note.finding.message) == own
            };
            match notes.iter_mut().find(same) {
                Some(note) => note.equations.push(equation),
                None => notes.push(Note {
                    finding,
                    place,
                    equations: vec![equation],
                }),
            }
        }
    }
    for note in notes {
        note.write(&mut out);
    }
    out
}

/// What is told of one place.
struct Note<'a> {
    /// The first finding there.
    finding: &'a Finding,
    place: Place,
    /// The equations of all of them.
    equations: Vec<String>,
}

impl Note<'_> {
    fn write(&self, out: &mut String) {
        let finding = self.finding;
        let more = self.equations.len().saturating_sub(MOST_EQUATIONS);
        let more = match more {
            0 => String::new(),
            1 => "and 1 more equation".to_owned(),
            more => format!("and {more} more equations"),
        };
        let equations = self.equations.iter().take(MOST_EQUATIONS).map(String::as_str);
        let mut lines = vec![finding.message.as_str()];
        lines.extend(equations);
        lines.extend([more.as_str(), finding.help.as_str()]);
        command(out, finding.severity, Some(&self.place), &finding.rule, &lines);
    }
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
