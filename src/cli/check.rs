//! `jaxpeep check`: what would be rewritten and what may break, for continuous integration.

mod data;
mod finding;
mod github;
mod hazards;
mod junit;
mod report;
mod sarif;
mod text;

pub(super) use finding::{Class, Finding};
pub(super) use report::Frequency;

use std::path::Path;

use super::args::{CheckArgs, CheckFormat};
use super::baseline::{self, Knowledge};
use super::input::{self, Input, usage};
use super::output::Terminal;
use super::report::counted;
use super::settings::{Settings, worst};
use super::verify::judged;
use super::{Exit, Run, Stop, bug};
use crate::hazards::Assumptions;
use crate::improve::improve;
use crate::ir::Program;
use crate::load::{Broken, Loaded, load};
use report::{CheckedFile, Report};

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Run {
    if args.statistics && !matches!(args.format, CheckFormat::Text | CheckFormat::Json) {
        let error = usage("`--statistics` goes with `--format text`");
        return Err(error.help("`--format json` holds the counts in any case").into());
    }
    let settings = Settings::new(&args.improve, terminal)?;
    let assumptions = hazards::assumptions(&args.range, &args.assume)?;
    let gathered = input::gather(&args.files.files);
    let target = baseline::target(args, settings.baseline.as_deref())?;
    let answers = input::each(&gathered.inputs, terminal, |input| {
        check(input, &settings, &assumptions, args.verify)
    });
    let answers = gathered.inputs.iter().zip(answers);
    let files = answers.map(|(input, answer)| answer.unwrap_or_else(|broken| unusable(input, broken)));
    let fail_on = args.fail_on.map(super::args::FailOn::severity);
    let mut report = Report {
        files: files.collect(),
        wrong: gathered.wrong,
        known: 0,
        fail_on: fail_on.unwrap_or(settings.fail_on),
    };
    settings.tell_unused(terminal);
    if report.broken() == 0 {
        report.wrong = hazards::strangers(&assumptions, &report.inputs());
    }
    if let Some(path) = target {
        text::show_errors(&report, terminal);
        write_baseline(path, &report, terminal)?;
        return Ok(wrong(&report));
    }
    if let Some(path) = args.baseline.as_ref().or(settings.baseline.as_ref()) {
        leave_out_known(path, &mut report, terminal)?;
    }
    if let Some(folder) = &args.witness {
        for file in &mut report.files {
            hazards::save(folder, &file.name, &mut file.findings)?;
        }
    }
    match args.format {
        CheckFormat::Text => text::show(&report, args.statistics, terminal)?,
        CheckFormat::Json => Terminal::print_raw(data::document(&report).as_bytes())?,
        CheckFormat::Sarif => {
            Terminal::print_raw(sarif::document(&report, &settings.rules).as_bytes())?;
        }
        CheckFormat::Github => Terminal::print_raw(github::annotations(&report).as_bytes())?,
        CheckFormat::Junit => Terminal::print_raw(junit::document(&report).as_bytes())?,
    }
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    match wrong(report) {
        Exit::Clean if report.findings().any(|(_, finding)| report.fails(finding)) => Exit::Findings,
        wrong => wrong,
    }
}

/// What the exit code is for what cannot be used.
fn wrong(report: &Report) -> Exit {
    let files = report.files.iter().filter(|file| !file.errors.is_empty());
    let files = files.map(|file| bug::exit(&file.errors));
    worst(files.chain(report.wrong.iter().map(|_| Exit::Bad)))
}

/// A file that cannot be checked.
fn unusable(input: &Input, broken: Broken) -> CheckedFile {
    CheckedFile {
        errors: broken.diagnostics,
        ..CheckedFile::new(input, broken.text)
    }
}

fn check(
    input: &Input,
    settings: &Settings,
    assumptions: &Assumptions,
    verify: bool,
) -> Result<CheckedFile, Broken> {
    let bytes = input::read(input)?;
    let mut loaded = load(&input.name, &bytes)?;
    let programs = loaded.units.iter().map(|unit| &unit.program);
    if let Some(wrong) = hazards::contradiction(assumptions, programs.clone()) {
        return Err(wrong.into());
    }
    let inputs = programs.flat_map(names_of_inputs).collect();
    let found = findings(&mut loaded, settings, assumptions, verify);
    let mut file = CheckedFile {
        inputs,
        ..CheckedFile::new(input, loaded.text)
    };
    for finding in found {
        match settings.allows(&finding) {
            Some(reason) => file.allowed.push((finding, reason.to_owned())),
            None => file.findings.push(finding),
        }
    }
    Ok(file)
}

fn names_of_inputs(program: &Program) -> Vec<String> {
    let inputs = program.blocks[program.main()].inputs.iter();
    inputs.map(|&value| program.name(value)).collect()
}

/// In the order of the text, and for one place in the order in which rules were applied.
fn findings(
    loaded: &mut Loaded,
    settings: &Settings,
    assumptions: &Assumptions,
    verify: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for unit in &mut loaded.units {
        let original = unit.program.clone();
        let outcome = improve(&mut unit.program, &settings.rules, &settings.options);
        if verify && !outcome.rewrites.is_empty() {
            let judged = judged(&original, &unit.program, settings);
            findings.extend(
                judged
                    .regressed
                    .then(|| Finding::regression(unit.span, judged.message)),
            );
        }
        findings.extend(outcome.rewrites.into_iter().map(Finding::rewrite));
        findings.extend(outcome.pending.into_iter().map(Finding::pending));
        findings.extend(hazards::of(&original, &unit.program, assumptions, settings));
    }
    findings.sort_by_key(|finding| finding.span.start);
    findings
}

/// Writes all findings, or nothing where some could not be looked for: what is known of them would be lost.
fn write_baseline(path: &Path, report: &Report, terminal: &Terminal) -> Result<(), Stop> {
    let (name, broken) = (path.display(), report.broken());
    if broken > 0 {
        terminal.say(&format!(
            "{name}: not written, because {broken} could not be checked\n"
        ));
        return Ok(());
    }
    let mut knowledge = Knowledge::empty(path);
    for (file, finding) in report.findings() {
        knowledge.add(file.path.as_deref(), finding);
    }
    knowledge.write(path)?;
    let count = counted(report.findings().count(), "finding");
    terminal.say(&format!("{name}: {count} written\n"));
    Ok(())
}

/// Takes known findings out and counts them.
fn leave_out_known(path: &Path, report: &mut Report, terminal: &Terminal) -> Result<(), Stop> {
    let mut knowledge = Knowledge::read(path)?;
    for file in &mut report.files {
        let before = file.findings.len();
        file.findings
            .retain(|finding| !knowledge.take(file.path.as_deref(), finding));
        report.known += before - file.findings.len();
    }
    if terminal.is_verbose() && knowledge.left() > 0 {
        terminal.say(&format!(
            "{}: no longer there: {}\n",
            path.display(),
            counted(knowledge.left(), "finding")
        ));
    }
    Ok(())
}
