//! The report of `verify` as one page that needs nothing else: numbers, plots, difference, derivation.

mod difference;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{plot, reproduce, rung, spelled};
use crate::cli::args::VerifyArgs;
use crate::cli::arrays::{Array, number};
use crate::cli::single::Single;
use crate::verify::{Failure, OutputReport, Point, Report, Sampling, Verdict};
use difference::difference;

/// More failures than this are counted only.
const MOST_FAILURES: usize = 10;
/// More outputs than this have no plot.
const MOST_PLOTS: usize = 8;

const STYLE: &str = include_str!("page/style.css");

/// One rule of a derivation.
pub(super) struct Step {
    pub(super) rule: String,
    /// What goes wrong without it.
    pub(super) why: String,
    pub(super) identity: String,
    pub(super) source: String,
    /// The program with this rule and those before it.
    pub(super) text: String,
}

/// What the page shows.
pub(super) struct Page<'a> {
    pub(super) args: &'a VerifyArgs,
    pub(super) original: &'a Single,
    pub(super) rewritten: &'a Single,
    /// Empty if the user gave both programs.
    pub(super) steps: Vec<Step>,
    pub(super) report: &'a Report,
    pub(super) points: &'a [Point],
    pub(super) sampling: Sampling,
}

impl Page<'_> {
    pub(super) fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.original.name) ": " (spelled(self.report.verdict())) " (jaxpeep verify)" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.header())
                    (self.failures())
                    h2 { "Numbers" } (self.table())
                    (self.plots())
                    h2 { "Difference" } (difference(&self.original.text, &self.rewritten.text))
                    (self.derivation())
                    (self.footer())
                }
            }
        };
        page.into_string()
    }

    fn header(&self) -> Markup {
        let verdict = self.report.verdict();
        let compared = self.report.decided;
        let changed = |better: bool| {
            let moved = self.report.errors.iter().filter(|errors| {
                let (before, after) = (errors.before(), errors.after());
                if better { after < before } else { after > before }
            });
            moved.count()
        };
        html! {
            header {
                h1 { (self.original.name) }
                @if self.args.rewritten.is_some() { p class="faint" { "against " (self.rewritten.name) } }
                span class={ "verdict " (spelled(verdict)) } { (spelled(verdict)) }
                p {
                    @match verdict {
                        Verdict::Improved => { "No element became worse; the worst error shrank at " (changed(true)) " of " (compared) " points." }
                        Verdict::Equal => { "No element became better or worse by more than rounding, at " (compared) " points." }
                        Verdict::Regressed => {
                            "Elements became worse: the worst error grew at " (changed(false)) " and shrank at " (changed(true))
                            " of " (compared) " points."
                        }
                    }
                    @if self.report.undecided > 0 {
                        " " (self.report.undecided) " more were not judged: the truth hangs on what no precision tells apart, or takes too long."
                    }
                    @if !self.report.skipped.is_empty() {
                        " " (self.report.skipped.len()) " were skipped, where the program has no result."
                    }
                }
                @if !self.steps.is_empty() {
                    p class="faint" {
                        "Rules: "
                        @for (number, step) in self.steps.iter().enumerate() { @if number > 0 { ", " } code { (step.rule) } }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            div class="wide" {
                table {
                    thead {
                        tr {
                            th rowspan="2" { "output" } th class="left" rowspan="2" { "verdict" } th rowspan="2" { "elements" }
                            th class="group" colspan="3" { "inf or nan" }
                            th class="group" colspan="2" { "worst error, ulps" }
                            th class="group" colspan="2" { "correct bits, mean" }
                            th class="left" rowspan="2" { "truth" }
                        }
                        tr {
                            th { "before" } th { "after" } th { "truly" }
                            th { "before" } th { "after" } th { "before" } th { "after" }
                        }
                    }
                    tbody { @for (index, output) in self.report.outputs.iter().enumerate() { (row(index, output)) } }
                }
            }
            p class="faint" {
                "Elements over all points. An ulp is the distance of neighbouring numbers of the dtype around the true value; "
                "the worst error is that of the elements that are finite and should be. Truth is "
                code { "exact" } " where two arithmetics, one wider than the other, agreed."
            }
        }
    }

    fn failures(&self) -> Markup {
        let failures = &self.report.failures;
        html! {
            @if !failures.is_empty() {
                h2 class="regressed" { "What became worse" }
                @for failure in failures.iter().take(MOST_FAILURES) { (self.failure(failure)) }
                @if failures.len() > MOST_FAILURES { p { "and " (failures.len() - MOST_FAILURES) " more" } }
            }
        }
    }

    fn failure(&self, failure: &Failure) -> Markup {
        let Failure {
            point,
            output,
            element,
            before,
            after,
            truth,
            ..
        } = failure;
        let inputs = self.points.iter().find(|known| known.label == *point);
        let shown = |value: &f64| number(*value).to_string().replace('"', "");
        html! {
            div class="failure" {
                p {
                    "At " code { (point) } ", element " (element) " of output " (output) " was " code { (shown(before)) }
                    ", is " code { (shown(after)) } " and is truly " code { (shown(truth)) } "."
                }
                pre {
                    @for (index, input) in inputs.iter().flat_map(|point| &point.inputs.inputs).enumerate() {
                        span { "input " (index) ": " (input.dtype.short_name()) (format!("{:?}", input.shape)) " " (Array::new(input).words()) }
                    }
                }
                pre class="shell" { (reproduce::command(self.args, self.sampling, Some(point))) }
            }
        }
    }

    fn plots(&self) -> Markup {
        let outputs = self.report.outputs.len();
        html! {
            h2 { "Accuracy by kind of inputs" }
            (plot::key())
            div class="wide" { (plot::by_stratum(self.report, self.points)) }
            h2 { "Error against the size of the inputs" }
            (plot::key())
            @for (index, output) in self.report.outputs.iter().enumerate().take(MOST_PLOTS) {
                figure {
                    figcaption { "Output " (index) " (" (output.dtype.short_name()) ")" }
                    div class="wide" { (plot::against_inputs(self.report, self.points, index)) }
                }
            }
            @if outputs > MOST_PLOTS { p class="faint" { "The table has the other " (outputs - MOST_PLOTS) " outputs." } }
        }
    }

    fn derivation(&self) -> Markup {
        let befores = std::iter::once(self.original.text.as_str())
            .chain(self.steps.iter().map(|step| step.text.as_str()));
        html! {
            @if !self.steps.is_empty() {
                h2 { "Derivation" }
                @for (number, (step, before)) in self.steps.iter().zip(befores).enumerate() {
                    details class="step" open {
                        summary { h3 { (number + 1) ". " code { (step.rule) } } " " span class="faint" { (step.why) } }
                        @if !step.identity.is_empty() { p { (step.identity) } }
                        @if !step.source.is_empty() { p class="faint" { "Source: " (step.source) } }
                        @if *before == step.text { p { "With the rules before it, this one changes nothing more." } }
                        @else { (difference(before, &step.text)) }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            h2 { "Run it again" }
            pre class="shell" { (reproduce::command(self.args, self.sampling, None)) }
            p class="faint" { "jaxpeep " (env!("CARGO_PKG_VERSION")) }
        }
    }
}

fn row(index: usize, output: &OutputReport) -> Markup {
    let verdict = spelled(output.verdict);
    html! {
        tr {
            td { (index) " " span class="faint" { (output.dtype.short_name()) } }
            td class={ "left " (verdict) } { (verdict) }
            td { (output.elements) }
            td { (output.nonfinite_before) } td { (output.nonfinite_after) } td { (output.nonfinite_truth) }
            td { (super::table::ulps(output.max_ulps_before)) } td { (super::table::ulps(output.max_ulps_after)) }
            td { (format!("{:.1}", output.bits_before)) } td { (format!("{:.1}", output.bits_after)) }
            td class="left" { (rung(output.oracle)) }
        }
    }
}
