//! `jaxpeep explain`: the page of one rule.

use std::fmt::Write as _;

use anstyle::Style;

use super::args::ExplainArgs;
use super::output::Terminal;
use super::rules::{add_rules, safety_word};
use super::{Exit, Run};
use crate::diagnostics;
use crate::rules::{Example, RuleInfo, RuleSet, Safety};

const BOLD: Style = Style::new().bold();

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    if let Some(dir) = &args.own.rules {
        add_rules(dir, &mut rules, terminal)?;
    }
    let Some(info) = rules.infos().iter().find(|info| info.name == args.rule) else {
        let known = rules.infos().iter().map(|info| info.name.as_str());
        return Err(diagnostics::unknown_rule(&args.rule, None, known).into());
    };
    terminal.print(&page(info))?;
    Ok(Exit::Clean)
}

fn page(info: &RuleInfo) -> String {
    let RuleInfo {
        name,
        family,
        summary,
        identity,
        source,
        safety,
        text,
        ..
    } = info;
    let mut out = format!("{BOLD}{name}{BOLD:#} ({family})\n\n{summary}\n\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{BOLD}Identity{BOLD:#}  {identity}");
    let _ = writeln!(out, "{BOLD}Source{BOLD:#}    {source}");
    let _ = writeln!(
        out,
        "{BOLD}Safety{BOLD:#}    {}: {}",
        safety_word(*safety),
        promise(*safety)
    );
    let _ = writeln!(out, "\n{BOLD}Rule{BOLD:#}\n{}", indented(text));
    examples(&mut out, "Fires on", &info.fires);
    examples(&mut out, "Leaves alone", &info.declines);
    out
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

fn examples(out: &mut String, heading: &str, examples: &[Example]) {
    for Example { title, jaxpr } in examples {
        let _ = writeln!(out, "\n{BOLD}{heading}{BOLD:#}: {title}\n{}", indented(jaxpr));
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
