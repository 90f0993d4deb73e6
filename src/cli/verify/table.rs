//! The report of `verify` for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{reproduce, rung, spelled};
use crate::cli::args::VerifyArgs;
use crate::cli::arrays::Array;
use crate::cli::report::counted;
use crate::verify::{Failure, OutputReport, Point, Report, Sampling, Verdict};

/// More failures than this are counted only.
const MOST: usize = 3;

/// A table with a row an output, then what regressed and how to see it again.
pub(super) fn text(args: &VerifyArgs, report: &Report, points: &[Point], sampling: Sampling) -> String {
    let mut out = table(report);
    let (verdict, style) = (report.verdict(), style(report.verdict()));
    // Writing to a string never fails.
    let _ = write!(
        out,
        "\n{style}{}{style:#} at {}",
        spelled(verdict),
        counted(points.len(), "point")
    );
    let _ = match args.inputs {
        Some(_) => writeln!(out),
        None => writeln!(out, " (seed {})", sampling.seed),
    };
    if report.undecided > 0 {
        let _ = writeln!(
            out,
            "{} not judged: the truth hangs on what no precision tells apart, or takes too long",
            counted(report.undecided, "point")
        );
    }
    if let Some(first) = report.skipped.first() {
        let _ = writeln!(
            out,
            "{} skipped, where the program has no result ({first})",
            counted(report.skipped.len(), "point")
        );
    }
    for failure in report.failures.iter().take(MOST) {
        tell(&mut out, args, failure, points, sampling);
    }
    if report.failures.len() > MOST {
        let _ = writeln!(out, "\nand {} more", report.failures.len() - MOST);
    }
    out
}

/// A row an output, each in the colour of its verdict, below the names of the columns.
fn table(report: &Report) -> String {
    let outputs = report.outputs.iter().enumerate();
    let header = (HEADER.map(str::to_owned), Style::new().bold());
    let rows: Vec<([String; 7], Style)> = std::iter::once(header)
        .chain(outputs.map(|(index, output)| (row(index, output), style(output.verdict))))
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|(cells, _)| cells[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |(cells, style): &([String; 7], Style)| {
        let cells = cells.iter().zip(widths);
        let line: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{style}{}{style:#}\n", line.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

const HEADER: [&str; 7] = [
    "output",
    "verdict",
    "elements",
    "inf/nan was, is, truly",
    "worst ulps was, is",
    "bits was, is",
    "truth",
];

fn row(index: usize, output: &OutputReport) -> [String; 7] {
    [
        index.to_string(),
        spelled(output.verdict).to_owned(),
        output.elements.to_string(),
        format!(
            "{}, {}, {}",
            output.nonfinite_before, output.nonfinite_after, output.nonfinite_truth
        ),
        format!(
            "{}, {}",
            ulps(output.max_ulps_before),
            ulps(output.max_ulps_after)
        ),
        format!("{:.1}, {:.1}", output.bits_before, output.bits_after),
        rung(output.oracle),
    ]
}

pub(super) fn ulps(error: f64) -> String {
    match error {
        error if error >= 1e4 => format!("{error:.1e}"),
        error => format!("{error:.1}"),
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Improved => AnsiColor::Green.on_default(),
        Verdict::Equal => Style::new(),
        Verdict::Regressed => AnsiColor::Red.on_default(),
    }
}

/// An element that regressed, the inputs, and the command that shows it again.
fn tell(out: &mut String, args: &VerifyArgs, failure: &Failure, points: &[Point], sampling: Sampling) {
    let Failure {
        point,
        output,
        element,
        before,
        after,
        truth,
        ..
    } = failure;
    let _ = writeln!(
        out,
        "\nat {point}, element {element} of output {output} is {after}; it was {before} and is truly {truth}"
    );
    let inputs = points
        .iter()
        .find(|known| known.label == *point)
        .map(|point| &point.inputs.inputs);
    for (index, input) in inputs.into_iter().flatten().enumerate() {
        let (dtype, shape, values) = (input.dtype.short_name(), &input.shape, Array::new(input).words());
        let _ = writeln!(out, "    input {index} {dtype}{shape:?} {values}");
    }
    let command = reproduce::command(args, sampling, Some(point));
    let _ = writeln!(out, "    {command}");
}
