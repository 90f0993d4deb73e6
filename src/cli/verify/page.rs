//! The report of `verify` as one page that needs nothing else: difference, derivation, table, plots.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use similar::{ChangeTag, TextDiff};

use super::{plot, rung, spelled};
use crate::cli::single::Single;
use crate::verify::{Failure, Point, Report};

/// More failures than this are counted only.
const MOST: usize = 20;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #cf222e; --faint: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 small { font-weight: normal; }
pre { overflow-x: auto; padding: .75rem; background: var(--faint); font-size: 13px; line-height: 1.4; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
ins { text-decoration: none; background: #2da44e33; } del { text-decoration: none; background: #cf222e33; }
.improved { color: var(--good); } .regressed { color: var(--bad); }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
.before { fill: var(--bad); } .after { fill: var(--good); }
";

/// One rule of a derivation.
pub(super) struct Step {
    pub(super) rule: String,
    /// What goes wrong without it.
    pub(super) why: String,
    pub(super) identity: String,
    /// The program with this rule and those before it.
    pub(super) text: String,
}

/// What the page shows.
pub(super) struct Page<'a> {
    pub(super) original: &'a Single,
    pub(super) rewritten: &'a Single,
    /// Empty if the user gave both programs.
    pub(super) steps: Vec<Step>,
    pub(super) report: &'a Report,
    pub(super) points: &'a [Point],
}

impl Page<'_> {
    pub(super) fn html(&self) -> String {
        let verdict = spelled(self.report.verdict());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "jaxpeep: " (self.original.name) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (self.original.name) " " small class=(verdict) { (verdict) } }
                    p {
                        "Compared at " (self.report.errors.len()) " points with the true values"
                        @if self.report.undecided > 0 {
                            "; " (self.report.undecided) " more were left out, where no precision tells what is true"
                        }
                        "."
                    }
                    h2 { "Numbers" } (self.table())
                    (self.failures())
                    h2 { "Errors" } (plot::errors(self.report, self.points))
                    h2 { "Difference" } (difference(&self.original.text, &self.rewritten.text))
                    (self.derivation())
                }
            }
        };
        page.into_string()
    }

    fn table(&self) -> Markup {
        html! {
            table {
                tr {
                    th { "output" } th { "verdict" } th { "elements" }
                    th { "not finite before" } th { "after" } th { "truly" }
                    th { "worst ulps before" } th { "after" }
                    th { "correct bits before" } th { "after" } th { "truth" }
                }
                @for (index, output) in self.report.outputs.iter().enumerate() {
                    tr {
                        td { (index) } td class=(spelled(output.verdict)) { (spelled(output.verdict)) }
                        td { (output.elements) }
                        td { (output.nonfinite_before) } td { (output.nonfinite_after) } td { (output.nonfinite_truth) }
                        td { (format!("{:.3e}", output.max_ulps_before)) } td { (format!("{:.3e}", output.max_ulps_after)) }
                        td { (format!("{:.1}", output.bits_before)) } td { (format!("{:.1}", output.bits_after)) }
                        td { (rung(output.oracle)) }
                    }
                }
            }
        }
    }

    fn failures(&self) -> Markup {
        let failures = &self.report.failures;
        html! {
            @if !failures.is_empty() {
                h2 class="regressed" { "What regressed" }
                table {
                    tr { th { "point" } th { "output" } th { "element" } th { "before" } th { "after" } th { "truly" } }
                    @for Failure { point, output, element, before, after, truth, .. } in failures.iter().take(MOST) {
                        tr { td { (point) } td { (output) } td { (element) } td { (before) } td { (after) } td { (truth) } }
                    }
                }
                @if failures.len() > MOST { p { "and " (failures.len() - MOST) " more" } }
            }
        }
    }

    fn derivation(&self) -> Markup {
        let befores = std::iter::once(self.original.text.as_str())
            .chain(self.steps.iter().map(|step| step.text.as_str()));
        html! {
            @if !self.steps.is_empty() {
                h2 { "Derivation" }
                @for (number, (step, before)) in self.steps.iter().zip(befores).enumerate() {
                    h3 { (number + 1) ". " code { (step.rule) } }
                    p { (step.why) }
                    @if !step.identity.is_empty() { p { code { (step.identity) } } }
                    (difference(before, &step.text))
                }
            }
        }
    }
}

/// Two texts, with the lines marked that only one of them has.
fn difference(old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_lines(old.trim_end(), new.trim_end());
    html! {
        pre {
            @for change in diff.iter_all_changes() {
                @let line = change.value().trim_end_matches('\n');
                @match change.tag() {
                    ChangeTag::Delete => del { "- " (line) },
                    ChangeTag::Insert => ins { "+ " (line) },
                    ChangeTag::Equal => span { "  " (line) },
                }
                "\n"
            }
        }
    }
}
