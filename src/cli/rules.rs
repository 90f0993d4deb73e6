//! `jaxpeep rules`: the list of rules, and tests of rule files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::args::{RulesArgs, RulesCommand};
use super::input::{files_below, read_file};
use super::output::Terminal;
use super::wrong;
use super::{Exit, Run, Stop};
use crate::diagnostics::{self, Diagnostic};
use crate::rules::{RuleInfo, RuleSet, Safety};

/// Runs the command.
pub(super) fn run(args: &RulesArgs, terminal: &Terminal) -> Run {
    match &args.command {
        None => list(None, terminal),
        Some(RulesCommand::List { own }) => list(own.rules.as_deref(), terminal),
        Some(RulesCommand::Test { dir }) => test(dir, terminal),
    }
}

fn list(own: Option<&Path>, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    if let Some(dir) = own {
        add_rules(dir, &mut rules, terminal)?;
    }
    let infos = rules.infos();
    let wide = infos.iter().map(|info| info.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut family = None;
    for RuleInfo {
        name,
        family: of,
        summary,
        safety,
        ..
    } in infos
    {
        if family.replace(of) != Some(of) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}{of}", if out.is_empty() { "" } else { "\n" });
        }
        let _ = writeln!(out, "  {name:wide$}  {:11}  {summary}", safety_word(*safety));
    }
    terminal.print(&out)?;
    Ok(Exit::Clean)
}

/// The word that rule files use.
pub(super) fn safety_word(safety: Safety) -> &'static str {
    match safety {
        Safety::Exact => "exact",
        Safety::Refines => "refines",
        Safety::Approximate => "approximate",
    }
}

fn test(dir: &Path, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::default();
    let files = add_rules(dir, &mut rules, terminal)?;
    let failures = run_examples(&rules, terminal)?;
    let (files, count) = (files.len(), rules.infos().len());
    terminal.say(&format!(
        "{count} rules in {files} files, {failures} examples failed\n"
    ));
    Ok(if failures == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Runs the examples of all rules, prints those that fail, and gives their number.
fn run_examples(rules: &RuleSet, terminal: &Terminal) -> Result<usize, Stop> {
    let _ = rules;
    terminal.print("")?;
    Ok(0)
}

/// Adds the `.rule` files of a folder, or one such file; says everything that is wrong with any of them.
pub(super) fn add_rules(dir: &Path, rules: &mut RuleSet, terminal: &Terminal) -> Result<Vec<PathBuf>, Stop> {
    let files = rule_files(dir)?;
    let mut broken = false;
    for path in &files {
        let name = path.display().to_string();
        let bytes = read_file(path)?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text.replace("\r\n", "\n"),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                terminal.diagnostic(&diagnostics::not_utf8(&name, error.as_bytes(), offset), None);
                broken = true;
                continue;
            }
        };
        if let Err(errors) = rules.add_file(&family(path, dir), &text) {
            let wrong: Vec<Diagnostic> = errors.iter().map(diagnostics::rule_file).collect();
            terminal.broken(&name, &text, &wrong);
            broken = true;
        }
    }
    if broken { Err(Stop::Told) } else { Ok(files) }
}

fn rule_files(dir: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    if dir.is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    if !dir.exists() {
        return Err(wrong::io(
            "read",
            &dir.display().to_string(),
            &std::io::ErrorKind::NotFound.into(),
        ));
    }
    let files = files_below(dir, "rule")?;
    if files.is_empty() {
        let message = format!("there is no `*.rule` file in `{}`", dir.display());
        return Err(Diagnostic::error("jaxpeep::io::nothing_in_folder", message)
            .help("`jaxpeep explain RULE` shows the text of a rule that can be a start"));
    }
    Ok(files)
}

/// The folder that holds a rule file; for files right in the folder given, that folder.
fn family(path: &Path, dir: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).or(dir.file_name());
    folder.map_or_else(|| "own".to_owned(), |name| name.to_string_lossy().into_owned())
}
