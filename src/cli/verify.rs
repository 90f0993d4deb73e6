//! `jaxpeep verify`: numbers before and after a rewrite, beside the true ones.

mod judged;
mod page;
mod plot;
mod reproduce;
mod table;

use serde::Serialize;

pub(super) use judged::{Judged, judged};

use super::args::{ListFormat, VerifyArgs};
use super::arrays::number;
use super::input::usage;
use super::json::{SCHEMA, document};
use super::output::{Terminal, write_file};
use super::settings::Settings;
use super::single::Single;
use super::{Exit, Run, Stop, cases};
use crate::improve::improve;
use crate::ir::Program;
use crate::oracle::Rung;
use crate::print::print;
use crate::verify::{Failure, OutputReport, Point, Report, Sampling, Strictness, Verdict, points, verify};

/// Runs the command.
pub(super) fn run(args: &VerifyArgs, terminal: &Terminal) -> Run {
    let settings = Settings::new(&args.improve, terminal)?;
    let original = Single::read(&args.original, terminal)?;
    let rewritten = match &args.rewritten {
        Some(path) => Single::read(path, terminal)?,
        None => improved(&original, &settings),
    };
    if let Some(message) = differing(&original.program, &rewritten.program) {
        let names = format!("`{}` and `{}`", original.name, rewritten.name);
        return Err(usage(format!("{names} cannot be compared: {message}"))
            .help("the rewritten program takes and gives arrays of the original's types, in its order")
            .into());
    }
    let sampling = Sampling {
        samples: args
            .samples
            .or(settings.verify.samples)
            .unwrap_or(Sampling::SAMPLES),
        seed: args.seed.or(settings.verify.seed).unwrap_or_default(),
    };
    if sampling.samples == 0 && args.inputs.is_none() {
        let error = usage("there is nothing to compare: no points are drawn with 0 samples");
        return Err(error
            .help("give `--samples` or `[verify] samples` a number above 0")
            .into());
    }
    let points = chosen(args, &original, sampling, terminal)?;
    let progress = terminal.progress(points.len());
    let judge = Strictness::default();
    let judged = verify(&original.program, &rewritten.program, &points, &judge, || {
        progress.advance();
    });
    let report = judged.map_err(|wrong| {
        let program = if wrong.in_rewritten { &rewritten } else { &original };
        program.tell(&wrong.error, &wrong.point, terminal)
    })?;
    if let Some(path) = &args.report {
        let page = page::Page {
            args,
            sampling,
            original: &original,
            rewritten: &rewritten,
            steps: derivation(args, &original, &settings),
            report: &report,
            points: &points,
        };
        write_file(path, page.html().as_bytes())?;
        terminal.say(&format!("{}: written\n", path.display()));
    }
    let text = match args.format {
        ListFormat::Json => document(&Verification::new(&report, sampling)),
        ListFormat::Text => table::text(args, &report, &points, sampling),
    };
    terminal.print(&text)?;
    Ok(Exit::findings_if(report.verdict() == Verdict::Regressed))
}

/// What `rewrite` gives.
fn improved(original: &Single, settings: &Settings) -> Single {
    let mut program = original.program.clone();
    improve(&mut program, &settings.rules, &settings.options);
    Single {
        name: format!("{}, rewritten", original.name),
        text: print(&program),
        program,
    }
}

/// What `rewrite` does, rule by rule: the rule, why, and the program with this rule and those before it.
fn derivation(args: &VerifyArgs, original: &Single, settings: &Settings) -> Vec<page::Step> {
    if args.rewritten.is_some() {
        return Vec::new();
    }
    let outcome = improve(&mut original.program.clone(), &settings.rules, &settings.options);
    let mut steps: Vec<page::Step> = Vec::new();
    let mut options = settings.options.clone();
    options.only.clear();
    let rules = outcome.rewrites.iter().flat_map(|finding| {
        let first = (&finding.rule, finding.summary.clone());
        std::iter::once(first).chain(finding.then.iter().map(|rule| (rule, String::new())))
    });
    for (rule, summary) in rules {
        if options.only.contains(rule) {
            continue;
        }
        options.only.push(rule.clone());
        let mut program = original.program.clone();
        improve(&mut program, &settings.rules, &options);
        let info = settings.rules.infos().iter().find(|info| info.name == *rule);
        steps.push(page::Step {
            rule: rule.clone(),
            why: info.map_or(summary, |info| info.summary.clone()),
            identity: info.map(|info| info.identity.clone()).unwrap_or_default(),
            source: info.map(|info| info.source.clone()).unwrap_or_default(),
            text: print(&program),
        });
    }
    steps
}

/// Why two programs cannot be compared.
fn differing(original: &Program, rewritten: &Program) -> Option<String> {
    let (old, new) = (
        &original.blocks[original.main()],
        &rewritten.blocks[rewritten.main()],
    );
    let types = |program: &Program, values: &[crate::ir::ValueId]| -> Vec<String> {
        values
            .iter()
            .map(|&value| program.type_of(value).to_string())
            .collect()
    };
    let pairs = [
        (
            "constvars",
            types(original, &old.consts),
            types(rewritten, &new.consts),
        ),
        (
            "inputs",
            types(original, &old.inputs),
            types(rewritten, &new.inputs),
        ),
    ];
    for (what, old, new) in pairs {
        if old != new {
            return Some(format!(
                "the {what} are `{}` and `{}`",
                old.join(" "),
                new.join(" ")
            ));
        }
    }
    let (old, new) = (old.outputs.len(), new.outputs.len());
    (old != new).then(|| format!("they have {old} and {new} outputs"))
}

/// The points to compare at: the user's own, or those of all strata.
fn chosen(
    args: &VerifyArgs,
    original: &Single,
    sampling: Sampling,
    terminal: &Terminal,
) -> Result<Vec<Point>, Stop> {
    let mut all = match &args.inputs {
        Some(path) => {
            let cases = cases::read(path, None, &original.program, terminal)?.into_iter();
            cases.map(|case| Point::given(case.label, case.inputs)).collect()
        }
        None => {
            points(&original.program, sampling).map_err(|error| original.tell(&error, "points", terminal))?
        }
    };
    if let Some(label) = &args.point {
        let labels: Vec<String> = all.iter().map(|point| point.label.clone()).collect();
        all.retain(|point| point.label == *label);
        if all.is_empty() {
            let near = crate::diagnostics::similar(label, labels.iter().map(String::as_str));
            let error = usage(format!("there is no point `{label}`"));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("points are called {}", listed(&labels)),
            };
            return Err(error.help(help).into());
        }
    }
    Ok(all)
}

/// The first labels, and how many more there are.
fn listed(labels: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = labels
        .iter()
        .take(MOST)
        .map(|label| format!("`{label}`"))
        .collect();
    let more = labels.len().saturating_sub(MOST);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

/// `verify --format json`.
#[derive(Serialize)]
pub(super) struct Verification {
    schema: u32,
    verdict: &'static str,
    seed: u64,
    points: usize,
    /// Points whose truth hangs on numbers that no precision tells apart, or takes too long to find.
    undecided: usize,
    /// Points at which the original cannot be evaluated.
    skipped: usize,
    outputs: Vec<Output>,
    failures: Vec<Failed>,
}

/// One output of [`Verification`]. Numbers of elements and errors are over all points.
#[derive(Serialize)]
struct Output {
    index: usize,
    verdict: &'static str,
    points: usize,
    elements: usize,
    nonfinite_before: usize,
    nonfinite_after: usize,
    nonfinite_truth: usize,
    max_ulps_before: f64,
    max_ulps_after: f64,
    bits_before: f64,
    bits_after: f64,
    oracle: String,
}

/// An element that regressed; `"nan"`, `"inf"` and `"-inf"` stand for what JSON has no number for.
#[derive(Serialize)]
struct Failed {
    point: String,
    output: usize,
    element: usize,
    before: serde_json::Value,
    after: serde_json::Value,
    truth: serde_json::Value,
}

impl Verification {
    pub(super) fn new(report: &Report, sampling: Sampling) -> Self {
        let decided = report.decided;
        let outputs = report.outputs.iter().enumerate();
        Self {
            schema: SCHEMA,
            verdict: spelled(report.verdict()),
            seed: sampling.seed,
            points: decided + report.undecided + report.skipped.len(),
            undecided: report.undecided,
            skipped: report.skipped.len(),
            outputs: outputs
                .map(|(index, output)| Output::new(index, decided, output))
                .collect(),
            failures: report.failures.iter().map(Failed::new).collect(),
        }
    }
}

impl Output {
    fn new(index: usize, points: usize, output: &OutputReport) -> Self {
        Self {
            index,
            verdict: spelled(output.verdict),
            points,
            elements: output.elements,
            nonfinite_before: output.nonfinite_before,
            nonfinite_after: output.nonfinite_after,
            nonfinite_truth: output.nonfinite_truth,
            max_ulps_before: output.max_ulps_before,
            max_ulps_after: output.max_ulps_after,
            bits_before: output.bits_before,
            bits_after: output.bits_after,
            oracle: rung(output.oracle),
        }
    }
}

impl Failed {
    fn new(failure: &Failure) -> Self {
        let Failure {
            point,
            output,
            element,
            ..
        } = failure;
        Self {
            point: point.clone(),
            output: *output,
            element: *element,
            before: number(failure.before),
            after: number(failure.after),
            truth: number(failure.truth),
        }
    }
}

/// `improved`, `equal` or `regressed`.
fn spelled(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Improved => "improved",
        Verdict::Equal => "equal",
        Verdict::Regressed => "regressed",
    }
}

/// `exact` where two arithmetics agreed, else the one that the budget ended on.
fn rung(rung: Option<Rung>) -> String {
    match rung {
        None => "exact".to_owned(),
        Some(Rung::F64) => "f64".to_owned(),
        Some(Rung::DoubleDouble) => "double-double".to_owned(),
        Some(Rung::Big(bits)) => format!("{bits} bits"),
    }
}
