//! `jaxpeep rules measure`: errors of rules before and after, and what they cost.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::super::input::{read_file, usage};
use super::super::output::{Terminal, write_file};
use super::super::{Exit, Run, Stop};
use super::{BOLD, add_rules};
use crate::diagnostics;
use crate::interp::{self, evaluate};
use crate::ir::Program;
use crate::refinement::{SAMPLING, first_example, measure};
use crate::rules::measured::{Measured, Measurements, read, shown, written};
use crate::rules::{RuleInfo, RuleSet};
use crate::verify::{Sampling, Stratum, points};

/// Runs the command.
pub(super) fn run(names: &[String], own: Option<&Path>, update: Option<&Path>, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    if let Some(dir) = own {
        add_rules(dir, &mut rules, terminal)?;
    }
    let infos = chosen(names, &rules)?;
    match update {
        Some(path) => renew(path, &infos, !names.is_empty(), &rules, terminal),
        None => {
            terminal.print(&table(&infos, &rules))?;
            Ok(Exit::Clean)
        }
    }
}

/// The rules of these names, or all.
fn chosen<'r>(names: &[String], rules: &'r RuleSet) -> Result<Vec<&'r RuleInfo>, Stop> {
    let known = || rules.infos().iter().map(|info| info.name.as_str());
    if let Some(name) = names
        .iter()
        .find(|name| known().all(|known| known != name.as_str()))
    {
        return Err(diagnostics::unknown_rule(name, None, known()).into());
    }
    let wanted = |info: &&RuleInfo| names.is_empty() || names.contains(&info.name);
    Ok(rules.infos().iter().filter(wanted).collect())
}

/// Measures what is stale in a file, and what is asked for by name; entries of rules that are no more go.
fn renew(path: &Path, infos: &[&RuleInfo], named: bool, rules: &RuleSet, terminal: &Terminal) -> Run {
    let name = path.display().to_string();
    let bytes = if path.exists() {
        read_file(path)?
    } else {
        Vec::new()
    };
    let mut known = read(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        usage(format!(
            "`{name}` is no file of measurements: {}",
            error.message()
        ))
    })?;
    let is_current = |info: &RuleInfo, known: &Measurements| {
        known
            .get(&info.name)
            .is_some_and(|measured| measured.is_of(info, rules))
    };
    let mut count = 0;
    for info in infos {
        if named || !is_current(info, &known) {
            terminal.say(&format!("measuring {}\n", info.name));
            known.insert(info.name.clone(), measure(rules, info));
            count += 1;
        }
    }
    known.retain(|name, _| rules.infos().iter().any(|info| info.name == *name));
    write_file(path, written(&known).as_bytes())?;
    terminal.say(&format!("{}: {count} measured, {} in all\n", name, known.len()));
    Ok(Exit::Clean)
}

/// A line a rule.
fn table(infos: &[&RuleInfo], rules: &RuleSet) -> String {
    let width = infos.iter().map(|info| info.name.len()).max().unwrap_or(0).max(4);
    let mut out = format!(
        "Largest errors in units in the last place, before and after, at {} points of each of {} kinds, seed {}; \
         equations and time of the first example\n{BOLD}{:width$}  {:>17}  {:>17}  {:>17}  {:>17}  {:>9}  {:>5}{BOLD:#}\n",
        SAMPLING.samples,
        Stratum::ALL.len(),
        SAMPLING.seed,
        "RULE",
        "F32",
        "BF16",
        "F16",
        "MIXED",
        "EQUATIONS",
        "TIME"
    );
    for info in infos {
        let measured = measure(rules, info);
        let errors = ["f32", "bf16", "f16", "mixed"].map(|dtype| pair(&measured, dtype));
        let [f32, bf16, f16, mixed] = errors;
        let equations = measured
            .equations
            .map(|(before, after)| format!("{before} → {after}"));
        let time = time_ratio(rules, info).map(|ratio| format!("×{ratio:.1}"));
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:width$}  {f32:>17}  {bf16:>17}  {f16:>17}  {mixed:>17}  {:>9}  {:>5}",
            info.name,
            equations.unwrap_or_default(),
            time.unwrap_or_default()
        );
    }
    out
}

fn pair(measured: &Measured, dtype: &str) -> String {
    let worst = measured.worst(dtype);
    worst.map_or_else(String::new, |(before, after)| {
        format!("{} → {}", shown(before), shown(after))
    })
}

/// How much longer the reference interpreter takes for the first example once it is rewritten.
fn time_ratio(rules: &RuleSet, info: &RuleInfo) -> Option<f64> {
    let (before, after) = first_example(rules, info)?;
    Some(time(&after)?.as_secs_f64() / time(&before)?.as_secs_f64())
}

/// The median time of many runs at one ordinary point.
fn time(program: &Program) -> Option<Duration> {
    const RUNS: usize = 101;
    let drawn = points(program, Sampling { samples: 1, seed: 0 }).ok()?;
    let point = drawn.first()?;
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        evaluate(program, &point.inputs, interp::Options::default()).ok()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.get(RUNS / 2).copied()
}
