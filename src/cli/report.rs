//! What the user is told about a file that was rewritten, and differences.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::json::line_and_column;
use crate::diagnostics::Source;
use crate::improve::{Finding, Outcome};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();

/// What was done to a file and why, and what was left and why.
pub(super) fn outcome(name: &str, outcomes: &[&Outcome], source: &Source<'_>) -> String {
    let mut out = String::new();
    for finding in outcomes.iter().flat_map(|outcome| &outcome.rewrites) {
        one(&mut out, name, finding, source, GREEN, "");
    }
    for pending in outcomes.iter().flat_map(|outcome| &outcome.pending) {
        one(&mut out, name, &pending.finding, source, YELLOW, "not applied: ");
        let _ = writeln!(out, "    {YELLOW}{}{YELLOW:#}", pending.reason);
    }
    out
}

fn one(out: &mut String, name: &str, finding: &Finding, source: &Source<'_>, style: Style, prefix: &str) {
    let place = match line_and_column(finding.span, source) {
        (Some(line), Some(column)) => format!("{name}:{line}:{column}"),
        _ => name.to_owned(),
    };
    let Finding {
        rule,
        summary,
        equation,
        ..
    } = finding;
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{BOLD}{place}{BOLD:#}: {prefix}{style}{rule}{style:#}: {summary}"
    );
    let _ = writeln!(out, "    {equation}");
    if !finding.then.is_empty() {
        let _ = writeln!(out, "    then {}", finding.then.join(", "));
    }
    if let Some(line) = &finding.source {
        let _ = writeln!(out, "    from {line}");
    }
    if !finding.scope.is_empty() {
        let _ = writeln!(out, "    inside {}", finding.scope.join(" > "));
    }
    if let Some(note) = &finding.note {
        let _ = writeln!(out, "    {note}");
    }
}

/// `1 finding`, `2 findings`
pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

/// `2 rewrites, 1 pending`
pub(super) fn counts(outcomes: &[&Outcome]) -> String {
    let rewrites: usize = outcomes.iter().map(|outcome| outcome.rewrites.len()).sum();
    let pending: usize = outcomes.iter().map(|outcome| outcome.pending.len()).sum();
    let done = match rewrites {
        0 => "nothing to rewrite".to_owned(),
        some => counted(some, "rewrite"),
    };
    match pending {
        0 => done,
        pending => format!("{done}, {pending} pending"),
    }
}

/// A unified diff with three lines of context; empty if the texts are the same.
pub(super) fn diff(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    let mut out = format!("{BOLD}--- {name}{BOLD:#}\n{BOLD}+++ {name}{BOLD:#}\n");
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(out, "{CYAN}{}{CYAN:#}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', RED),
                ChangeTag::Insert => ('+', GREEN),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = writeln!(out, "{style}{sign}{line}{style:#}");
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}
