//! `jaxpeep check`: what would be rewritten, for continuous integration.

use std::borrow::Cow;
use std::path::Path;

use super::args::{CheckArgs, CheckFormat};
use super::baseline::Knowledge;
use super::input::{self, Gathered, Input};
use super::output::Terminal;
use super::settings::{Settings, worst};
use super::{Exit, Run, Stop, json};
use crate::diagnostics::{Diagnostic, Label, Severity, Source};
use crate::improve::{Finding, improve};
use crate::load::{Broken, load};
use crate::span::Span;

/// What a warning says to do.
const APPLY: &str = "`jaxpeep rewrite` applies this rule";

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Run {
    let settings = Settings::new(&args.improve, terminal)?;
    let gathered = input::gather(&args.files.files);
    let mut files = input::each(&gathered.inputs, |input| check(input, &settings));
    let broken = files.iter().filter(|file| file.is_err()).count() + gathered.wrong.len();
    let exit = if broken > 0 { Exit::Bad } else { Exit::Clean };
    if let Some(path) = &args.write_baseline {
        report_errors(&gathered, &files, args.format, terminal);
        write_baseline(path, &gathered.inputs, &files, terminal)?;
        return Ok(exit);
    }
    let baseline = args.baseline.as_ref().or(settings.baseline.as_ref());
    let known = match baseline {
        Some(path) => leave_out_known(path, &gathered.inputs, &mut files, terminal)?,
        None => 0,
    };
    match args.format {
        CheckFormat::Json => Terminal::print_raw(document(&gathered, &files).as_bytes())?,
        CheckFormat::Text => {
            report_errors(&gathered, &files, args.format, terminal);
            report(&gathered.inputs, &files, terminal)?;
            terminal.say(&summary(&files, known, broken));
        }
    }
    let fail_on = args
        .fail_on
        .map_or(settings.fail_on, super::args::FailOn::severity);
    let found = files.iter().flatten().flat_map(|file| &file.problems);
    Ok(worst(
        found
            .filter(|problem| problem.severity >= fail_on)
            .map(|_| Exit::Findings)
            .chain([exit]),
    ))
}

/// What was found in one file, or why it cannot be checked.
type Answer = Result<Checked, Broken>;

struct Checked {
    text: String,
    problems: Vec<Problem>,
}

/// A finding and how bad it is.
struct Problem {
    severity: Severity,
    finding: Finding,
    help: String,
}

fn check(input: &Input, settings: &Settings) -> Answer {
    let bytes = input::read(input).map_err(|wrong| Broken {
        text: String::new(),
        diagnostics: vec![wrong],
    })?;
    let mut loaded = load(&input.name, &bytes)?;
    let mut problems = Vec::new();
    for unit in &mut loaded.units {
        let outcome = improve(&mut unit.program, &settings.rules, &settings.options);
        let applied = outcome.rewrites.into_iter().map(|finding| Problem {
            severity: Severity::Warning,
            finding,
            help: APPLY.to_owned(),
        });
        let pending = outcome.pending.into_iter().map(|pending| Problem {
            severity: Severity::Note,
            finding: pending.finding,
            help: pending.reason,
        });
        problems.extend(
            applied
                .chain(pending)
                .filter(|problem| !settings.allows(&problem.finding)),
        );
    }
    // In the order of the text, and for one place in the order in which rules were applied.
    problems.sort_by_key(|problem| problem.finding.span.start);
    Ok(Checked {
        text: loaded.text,
        problems,
    })
}

fn write_baseline(path: &Path, inputs: &[Input], files: &[Answer], terminal: &Terminal) -> Result<(), Stop> {
    let mut knowledge = Knowledge::empty(path);
    let mut count = 0;
    for (input, file) in inputs.iter().zip(files) {
        for problem in file.iter().flat_map(|file| &file.problems) {
            knowledge.add(input.path.as_deref(), &problem.finding);
            count += 1;
        }
    }
    knowledge.write(path)?;
    terminal.say(&format!("{}: {count} findings written\n", path.display()));
    Ok(())
}

/// Takes known findings out and gives their number.
fn leave_out_known(
    path: &Path,
    inputs: &[Input],
    files: &mut [Answer],
    terminal: &Terminal,
) -> Result<usize, Stop> {
    let mut knowledge = Knowledge::read(path)?;
    let mut known = 0;
    for (input, file) in inputs.iter().zip(files) {
        if let Ok(file) = file {
            let before = file.problems.len();
            file.problems
                .retain(|problem| !knowledge.take(input.path.as_deref(), &problem.finding));
            known += before - file.problems.len();
        }
    }
    if terminal.is_verbose() && knowledge.left() > 0 {
        terminal.say(&format!(
            "{}: {} findings no longer occur\n",
            path.display(),
            knowledge.left()
        ));
    }
    Ok(known)
}

fn report_errors(gathered: &Gathered, files: &[Answer], format: CheckFormat, terminal: &Terminal) {
    if format != CheckFormat::Text {
        return;
    }
    gathered
        .wrong
        .iter()
        .for_each(|wrong| terminal.diagnostic(wrong, None));
    for (input, file) in gathered.inputs.iter().zip(files) {
        if let Err(Broken { text, diagnostics }) = file {
            terminal.broken(&input.name, text, diagnostics);
        }
    }
}

fn report(inputs: &[Input], files: &[Answer], terminal: &Terminal) -> Result<(), Stop> {
    for (input, file) in inputs.iter().zip(files) {
        let Ok(file) = file else { continue };
        let source = Source::new(&input.name, &file.text);
        for problem in &file.problems {
            terminal.print(&terminal.rendered(&diagnostic(problem, &file.text), Some(&source)))?;
        }
    }
    Ok(())
}

fn diagnostic(problem: &Problem, text: &str) -> Diagnostic {
    let Problem {
        severity,
        finding,
        help,
    } = problem;
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
        help.clone()
    } else {
        format!("{help}\nin `{}`", finding.equation)
    };
    Diagnostic {
        code: Cow::Owned(format!("jaxpeep::rule::{}", finding.rule)),
        severity: *severity,
        message: finding.summary.clone(),
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

/// `2 findings in 3 files (1 known)`
fn summary(files: &[Answer], known: usize, broken: usize) -> String {
    let found: usize = files.iter().flatten().map(|file| file.problems.len()).sum();
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    };
    let unless_zero = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    format!(
        "{} in {}{}{}\n",
        plural(found, "finding"),
        plural(files.len(), "file"),
        unless_zero(known, "known"),
        unless_zero(broken, "could not be checked")
    )
}

fn document(gathered: &Gathered, files: &[Answer]) -> String {
    let mut errors: Vec<json::Error> = gathered
        .wrong
        .iter()
        .map(|wrong| json::Error::new(None, wrong, None))
        .collect();
    let mut findings = Vec::new();
    for (input, file) in gathered.inputs.iter().zip(files) {
        match file {
            Ok(file) => {
                let source = Source::new(&input.name, &file.text);
                findings.extend(
                    file.problems
                        .iter()
                        .map(|problem| json_finding(&input.name, problem, &source)),
                );
            }
            Err(broken) => errors.extend(json::broken(&input.name, broken)),
        }
    }
    json::document(&json::Checks {
        schema: json::SCHEMA,
        findings,
        errors,
    })
}

fn json_finding<'a>(file: &'a str, problem: &'a Problem, source: &Source<'_>) -> json::CheckFinding<'a> {
    let Problem {
        severity,
        finding,
        help,
    } = problem;
    let (line, column) = json::line_and_column(finding.span, source);
    json::CheckFinding {
        file,
        rule: &finding.rule,
        severity: *severity,
        line,
        column,
        equation: &finding.equation,
        source: finding.source.as_deref(),
        scope: &finding.scope,
        message: &finding.summary,
        help,
    }
}
