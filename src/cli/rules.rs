//! `jaxpeep rules`: the list of rules, a start for a new one, and tests of rule files.

mod measure;
mod refinements;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use super::args::{ListFormat, RulesArgs, RulesCommand};
use super::input::{files_below, read_file, usage};
use super::output::{Terminal, write_file};
use super::report::counted;
use super::{Exit, Run, Stop, json};
use crate::diagnostics::{self, Diagnostic, Source};
use crate::improve::{ExampleResult, run_examples};
use crate::load::load;
use crate::rules::{RuleInfo, RuleSet};

const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// Runs the command.
pub(super) fn run(args: &RulesArgs, terminal: &Terminal) -> Run {
    match &args.command {
        None => list(None, ListFormat::Text, terminal),
        Some(RulesCommand::List { own, format }) => list(own.rules.as_deref(), *format, terminal),
        Some(RulesCommand::Test { dir }) => test(dir, terminal),
        Some(RulesCommand::New { name }) => new(name, terminal),
        Some(RulesCommand::Measure { names, own, update }) => {
            measure::run(names, own.rules.as_deref(), update.as_deref(), terminal)
        }
    }
}

fn list(own: Option<&Path>, format: ListFormat, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    if let Some(dir) = own {
        add_rules(dir, &mut rules, terminal)?;
    }
    match format {
        ListFormat::Text => terminal.print(&table(rules.infos()))?,
        ListFormat::Json => terminal.print(&document(rules.infos()))?,
    }
    Ok(Exit::Clean)
}

/// Columns as wide as their widest entry; the summary comes last, so that lines may be cut.
fn table(infos: &[RuleInfo]) -> String {
    let head = ["NAME", "FAMILY", "PHASE", "SAFETY", "WITHOUT IT"].map(str::to_owned);
    let row = |info: &RuleInfo| {
        let RuleInfo {
            name,
            family,
            summary,
            safety,
            phase,
            ..
        } = info;
        [
            name.clone(),
            family.clone(),
            phase.word().to_owned(),
            safety.word().to_owned(),
            summary.clone(),
        ]
    };
    let rows: Vec<[String; 5]> = infos.iter().map(row).collect();
    let widths: Vec<usize> = (0..4)
        .map(|at| {
            rows.iter()
                .chain([&head])
                .map(|row| row[at].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (number, [name, family, phase, safety, summary]) in [&head].into_iter().chain(&rows).enumerate() {
        let [a, b, c, d] = [widths[0], widths[1], widths[2], widths[3]];
        let style = if number == 0 { BOLD } else { Style::new() };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{style}{name:a$}  {family:b$}  {phase:c$}  {safety:d$}  {summary}{style:#}"
        );
    }
    out
}

fn document(infos: &[RuleInfo]) -> String {
    let rules = infos.iter().map(|info| json::Rule {
        name: &info.name,
        family: &info.family,
        phase: info.phase.word(),
        safety: info.safety.word(),
        summary: &info.summary,
        identity: &info.identity,
        source: &info.source,
    });
    json::document(&json::Rules {
        schema: json::SCHEMA,
        rules: rules.collect(),
    })
}

/// Runs the examples of the rules of a folder, with the built-in rules loaded as they are when users run them.
fn test(dir: &Path, terminal: &Terminal) -> Run {
    let mut rules = RuleSet::builtin();
    let known = rules.infos().len();
    let files = add_rules(dir, &mut rules, terminal)?;
    let own: Vec<&RuleInfo> = rules.infos()[known..].iter().collect();
    if !examples_are_jaxprs(&own, terminal) {
        return Err(Stop::Told);
    }
    let results = run_examples(&rules, |info| own.iter().any(|own| own.name == info.name));
    let mut failed = results.iter().filter(|result| result.failure.is_some()).count();
    // Rules that do not do what their examples say are not compared.
    let sound = failed == 0;
    for info in &own {
        let mut text = lines(info, &results);
        if sound {
            let (compared, refuted) = refinements::refined(&rules, info);
            text += &compared;
            failed += usize::from(refuted);
        }
        terminal.print(&text)?;
    }
    Ok(tally(&own, files.len(), results.len(), failed, terminal))
}

/// Says how many there were and how many failed.
fn tally(own: &[&RuleInfo], files: usize, examples: usize, failed: usize, terminal: &Terminal) -> Exit {
    let counts = format!("{} in {}", counted(own.len(), "rule"), counted(files, "file"));
    terminal.say(&format!(
        "{counts}: {}, {failed} failed\n",
        counted(examples, "example")
    ));
    Exit::findings_if(failed > 0)
}

/// Says what is wrong with the jaxprs of examples. Such a file is broken; it does not merely fail.
fn examples_are_jaxprs(infos: &[&RuleInfo], terminal: &Terminal) -> bool {
    let mut sound = true;
    for info in infos {
        for example in info.fires.iter().chain(&info.declines) {
            let name = format!("{}, \"{}\"", info.name, example.title);
            if let Err(broken) = load(&name, example.jaxpr.as_bytes()) {
                terminal.broken(&name, &broken.text, &broken.diagnostics);
                sound = false;
            }
        }
    }
    sound
}

/// A line for each example of a rule, under its name.
fn lines(info: &RuleInfo, results: &[ExampleResult]) -> String {
    let mut out = format!("{BOLD}{}{BOLD:#}\n", info.name);
    for result in results.iter().filter(|result| result.rule == info.name) {
        let kind = if result.fires { "fires" } else { "declines" };
        let title = &result.title;
        // Writing to a string cannot fail.
        let _ = match &result.failure {
            None => writeln!(out, "  {GREEN}ok{GREEN:#}    {kind:8} {title}"),
            Some(failure) => writeln!(out, "  {RED}FAILS{RED:#} {kind:8} {title}\n        {failure}"),
        };
    }
    out
}

/// Writes a template that loads and passes its tests as it is.
fn new(name: &str, terminal: &Terminal) -> Run {
    let text = TEMPLATE.replace("NAME", name);
    let mut rules = RuleSet::builtin();
    if let Err(errors) = rules.add_file("own", &text) {
        let first = errors.first().map(diagnostics::rule_file);
        // A name with a blank or a slash in it is shown where the file would hold it.
        let source = Source::new("the new file", &text);
        terminal.diagnostic(
            &first.unwrap_or_else(|| usage(format!("`{name}` is not a name"))),
            Some(&source),
        );
        return Err(Stop::Told);
    }
    let path = PathBuf::from(format!("{name}.rule"));
    if path.exists() {
        return Err(usage(format!("there is a file `{}` already", path.display()))
            .help("give the rule another name, or move the file away")
            .into());
    }
    write_file(&path, text.as_bytes())?;
    terminal.say(&format!(
        "wrote {0}; `jaxpeep rules test {0}` runs its examples\n",
        path.display()
    ));
    Ok(Exit::Clean)
}

const TEMPLATE: &str = include_str!("rules/template.rule");

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
        if let Err(errors) = rules.add_file(&family(path), &text) {
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
        let message = format!("there is no `{}`", dir.display());
        return Err(Diagnostic::error("jaxpeep::io::not_found", message).help(
            "rules are looked for in this folder: `--rules`, or `dir` in `[rules]` of the settings, names it",
        ));
    }
    let files = files_below(dir, "rule")?;
    if files.is_empty() {
        let message = format!("there is no `*.rule` file in `{}`", dir.display());
        return Err(Diagnostic::error("jaxpeep::io::nothing_in_folder", message)
            .help("`jaxpeep rules new NAME` writes one to start from"));
    }
    Ok(files)
}

/// The folder that holds a rule file; for one in the folder where jaxpeep runs, `own`.
fn family(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name);
    folder.map_or_else(|| "own".to_owned(), |name| name.to_string_lossy().into_owned())
}
