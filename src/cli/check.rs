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
use super::baseline::Knowledge;
use super::input::{self, Input, usage};
use super::output::Terminal;
use super::settings::Settings;
use super::verify::judged;
use super::{Exit, Run, Stop};
use crate::hazards::Assumptions;
use crate::improve::improve;
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
    let files = input::each(&gathered.inputs, terminal, |input| {
        check(input, &settings, &assumptions, args.verify)
    });
    let fail_on = args.fail_on.map(super::args::FailOn::severity);
    let mut report = Report {
        files,
        wrong: gathered.wrong,
        known: 0,
        fail_on: fail_on.unwrap_or(settings.fail_on),
    };
    if let Some(path) = &args.write_baseline {
        text::show_errors(&report, terminal);
        write_baseline(path, &report, terminal)?;
        return Ok(if report.broken() > 0 {
            Exit::Bad
        } else {
            Exit::Clean
        });
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
    if report.broken() > 0 {
        Exit::Bad
    } else if report.findings().any(|(_, finding)| report.fails(finding)) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

fn check(input: &Input, settings: &Settings, assumptions: &Assumptions, verify: bool) -> CheckedFile {
    let loaded = input::read(input)
        .map_err(|wrong| Broken {
            text: String::new(),
            diagnostics: vec![wrong],
        })
        .and_then(|bytes| load(&input.name, &bytes));
    let mut file = CheckedFile {
        name: input.name.clone(),
        path: input.path.clone(),
        text: String::new(),
        findings: Vec::new(),
        allowed: Vec::new(),
        errors: Vec::new(),
    };
    match loaded {
        Ok(mut loaded) => {
            for finding in findings(&mut loaded, settings, assumptions, verify) {
                match settings.allows(&finding) {
                    Some(reason) => file.allowed.push((finding, reason.to_owned())),
                    None => file.findings.push(finding),
                }
            }
            file.text = loaded.text;
        }
        Err(broken) => {
            file.text = broken.text;
            file.errors = broken.diagnostics;
        }
    }
    file
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

fn write_baseline(path: &Path, report: &Report, terminal: &Terminal) -> Result<(), Stop> {
    let mut knowledge = Knowledge::empty(path);
    for (file, finding) in report.findings() {
        knowledge.add(file.path.as_deref(), finding);
    }
    knowledge.write(path)?;
    let count = report.findings().count();
    terminal.say(&format!("{}: {count} findings written\n", path.display()));
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
            "{}: {} findings no longer occur\n",
            path.display(),
            knowledge.left()
        ));
    }
    Ok(())
}
