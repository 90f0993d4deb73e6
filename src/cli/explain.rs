//! `jaxpeep explain`: the page of one rule.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::Style;

use super::args::ExplainArgs;
use super::output::Terminal;
use super::report;
use super::rules::add_rules;
use super::{Exit, Run};
use crate::diagnostics;
use crate::hazards::Kind;
use crate::improve::run_examples;
use crate::load::load;
use crate::print::print;
use crate::refinement::{SAMPLING, measure};
use crate::rewrite::Phase;
use crate::rules::measured::{self, Measured};
use crate::rules::{Example, RuleInfo, RuleSet, Safety};

const BOLD: Style = Style::new().bold();

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    if let Some(dir) = &args.own.rules {
        add_rules(dir, &mut rules, terminal)?;
    }
    if let Some(kind) = Kind::named(&args.rule) {
        terminal.print(&hazard_page(kind))?;
        return Ok(Exit::Clean);
    }
    let Some(info) = rules.infos().iter().find(|info| info.name == args.rule) else {
        let known = rules.infos().iter().map(|info| info.name.as_str());
        return Err(diagnostics::unknown_rule(&args.rule, None, known).into());
    };
    terminal.print(&page(info, &rules))?;
    Ok(Exit::Clean)
}

fn hazard_page(kind: Kind) -> String {
    let (name, page, help) = (kind.name(), kind.page(), kind.help());
    format!("{BOLD}{name}{BOLD:#}\n\n{page}\n\n{BOLD}What to do{BOLD:#}  {help}\n")
}

fn page(info: &RuleInfo, rules: &RuleSet) -> String {
    let RuleInfo {
        name,
        family,
        summary,
        identity,
        source,
        safety,
        phase,
        ..
    } = info;
    let mut out = format!("{BOLD}{name}{BOLD:#} ({family})\n\n{summary}\n\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{BOLD}Identity{BOLD:#}  {identity}");
    let _ = writeln!(out, "{BOLD}Source{BOLD:#}    {source}");
    let _ = writeln!(
        out,
        "{BOLD}Safety{BOLD:#}    {}: {}",
        safety.word(),
        promise(*safety)
    );
    let _ = writeln!(out, "{BOLD}Phase{BOLD:#}     {}: {}", phase.word(), place(*phase));
    titles(&mut out, "Fires on", &info.fires);
    titles(&mut out, "Declines", &info.declines);
    first_example(&mut out, info, rules);
    measurements(&mut out, info, rules);
    if info.text.is_empty() {
        let _ = writeln!(out, "\nThe rule is written in Rust.");
    } else {
        let _ = writeln!(out, "\n{BOLD}Rule{BOLD:#}\n{}", indented(&info.text));
    }
    inputs(&mut out, info);
    out
}

/// What the rule makes of its first example, with all rules at work.
fn first_example(out: &mut String, info: &RuleInfo, rules: &RuleSet) {
    let Some(example) = info.fires.first() else { return };
    // Loading has checked the file and not its examples, so that the rewriting may fail.
    let results = run_examples(rules, |other| other.name == info.name);
    let rewritten = results
        .into_iter()
        .find(|result| result.fires)
        .and_then(|result| result.rewritten);
    let _ = match rewritten {
        Some(new) => {
            let diff = report::diff(&example.title, &as_printed(&example.jaxpr), &new);
            writeln!(out, "\n{BOLD}Example{BOLD:#}\n{}", indented(&diff))
        }
        None => writeln!(out, "\n{BOLD}Example{BOLD:#}\n{}", indented(&example.jaxpr)),
    };
}

/// Errors before and after by kinds of inputs. What the project's own file does not hold is measured now.
fn measurements(out: &mut String, info: &RuleInfo, rules: &RuleSet) {
    let known = measured::builtin().get(&info.name);
    let known = known.filter(|measured| measured.is_of(info, rules));
    let measured = known.map_or_else(|| Cow::Owned(measure(rules, info)), Cow::Borrowed);
    let mut kinds: Vec<&str> = Vec::new();
    for row in measured.ulps.values().flatten() {
        if !kinds.contains(&row.0.as_str()) {
            kinds.push(&row.0);
        }
    }
    if kinds.is_empty() {
        let _ = writeln!(
            out,
            "\n{BOLD}Measured{BOLD:#}  nothing: the interpreter does not run its examples"
        );
        return;
    }
    let dtypes: Vec<&str> = measured.columns().collect();
    let _ = writeln!(
        out,
        "\n{BOLD}Measured{BOLD:#}  largest errors before and after, in units in the last place (seed {})",
        SAMPLING.seed
    );
    let mut line = |head: &str, cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>19}")).collect();
        let _ = writeln!(out, "    {head:12}  {}", cells.join("  "));
    };
    line(
        "inputs",
        &dtypes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    );
    for kind in kinds {
        let cells = dtypes.iter().map(|dtype| cell(&measured, dtype, kind));
        line(kind, &cells.collect::<Vec<_>>());
    }
    if let Some((before, after)) = measured.equations {
        let _ = writeln!(
            out,
            "\n{BOLD}Cost{BOLD:#}      the example has {before} equations before and {after} after"
        );
    }
    if !measured.with.is_empty() {
        let _ = writeln!(out, "\n{BOLD}Works with{BOLD:#}  {}", measured.with.join(", "));
    }
}

fn cell(measured: &Measured, dtype: &str, kind: &str) -> String {
    let row = measured.ulps[dtype].iter().find(|row| row.0 == kind);
    row.map_or_else(String::new, |(_, before, after)| {
        format!("{} → {}", measured::shown(*before), measured::shown(*after))
    })
}

/// The example laid out as the result is, so that the difference shows equations alone.
fn as_printed(jaxpr: &str) -> String {
    match load("example", jaxpr.as_bytes()) {
        Ok(loaded) => loaded.units.iter().map(|unit| print(&unit.program)).collect(),
        Err(_) => jaxpr.to_owned(),
    }
}

fn titles(out: &mut String, heading: &str, examples: &[Example]) {
    for (number, example) in examples.iter().enumerate() {
        let heading = if number == 0 {
            format!("\n{BOLD}{heading}{BOLD:#}  ")
        } else {
            " ".repeat(10)
        };
        let _ = writeln!(out, "{heading}{}", example.title);
    }
}

fn inputs(out: &mut String, info: &RuleInfo) {
    for (heading, inputs) in [
        ("Wrong without it", &info.witness),
        ("Stays as it is", &info.preserve),
    ] {
        for (number, inputs) in inputs.iter().enumerate() {
            let heading = if number == 0 {
                format!("\n{BOLD}{heading:16}{BOLD:#}")
            } else {
                " ".repeat(16)
            };
            let _ = writeln!(out, "{heading}  {inputs}");
        }
    }
}

fn place(phase: Phase) -> &'static str {
    match phase {
        Phase::Idiom => "replaces a whole formula before others take it apart",
        Phase::Expose => "takes formulas apart, so that the rules of the next phase see what they know",
        Phase::Composite => "replaces a whole formula",
        Phase::Simple => "replaces what is left of formulas",
        Phase::Late => "replaces what exponent lifting has left",
    }
}

fn promise(safety: Safety) -> &'static str {
    match safety {
        Safety::Exact => "the same value everywhere, up to rounding",
        Safety::Refines => "the same value where the original was right, and possibly right where it was not",
        Safety::Approximate => {
            "changes values where nothing was wrong; applied with `--allow approximate` only"
        }
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| format!("    {line}"))
        .collect();
    lines.join("\n")
}
