//! Hazards as findings, and what the command line says of inputs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::finding::{Class, Finding, Witnessed};
use crate::cli::input::usage;
use crate::cli::output::write_file;
use crate::cli::settings::Settings;
use crate::cli::{Stop, npz};
use crate::diagnostics::{Diagnostic, Severity, similar};
use crate::hazards::{Assumption, Assumptions, Certainty, Hazard, Kind, Word, find};
use crate::ir::Program;
use crate::schema::infer_literal_types;

/// So many names of inputs are listed.
const MOST_NAMES: usize = 20;

/// Hazards of `original` that `improved`, which `rewrite` makes of it, still has.
pub(super) fn of(
    original: &Program,
    improved: &Program,
    assumptions: &Assumptions,
    settings: &Settings,
) -> Vec<Finding> {
    let wanted = |kind: &Kind| settings.options.wants(kind.name());
    if !Kind::all().any(|kind| wanted(&kind)) {
        return Vec::new();
    }
    let (mut original, mut improved) = (original.clone(), improved.clone());
    infer_literal_types(&mut original);
    infer_literal_types(&mut improved);
    find(&original, &improved, assumptions)
        .into_iter()
        .filter(|hazard| wanted(&hazard.kind))
        .map(finding)
        .collect()
}

fn finding(hazard: Hazard) -> Finding {
    let (class, severity) = match hazard.certainty {
        Certainty::Definite => (Class::Definite, Severity::Warning),
        Certainty::Witnessed => (Class::Witnessed, Severity::Warning),
        Certainty::Possible => (Class::Possible, Severity::Note),
    };
    let mut help = hazard.kind.help().to_owned();
    if let Some(witness) = &hazard.witness {
        // Writing to a string cannot fail.
        let _ = write!(help, "\nit happens with {}", witness.text);
    }
    Finding {
        rule: hazard.kind.name().to_owned(),
        class,
        severity,
        span: hazard.span,
        equation: hazard.equation,
        source: hazard.source,
        scope: hazard.scope,
        message: hazard.message,
        help,
        witness: hazard.witness.map(|witness| Witnessed {
            inputs: witness.inputs.inputs,
            text: witness.text,
            file: None,
        }),
    }
}

/// Reads `--range NAME=LOW:HIGH` and `--assume NAME=WORD`.
pub(super) fn assumptions(ranges: &[String], words: &[String]) -> Result<Assumptions, Stop> {
    let ranges = ranges.iter().map(|text| range(text));
    let words = words.iter().map(|text| word(text));
    let all: Result<Vec<Assumption>, Diagnostic> = ranges.chain(words).collect();
    let all = all?;
    let mut seen: Vec<&str> = Vec::new();
    for said in all.iter().filter(|said| matches!(said.word, Word::Between(..))) {
        if seen.contains(&said.name.as_str()) {
            let error = usage(format!("there is more than one `--range` for `{}`", said.name));
            return Err(error.help("give the one that is meant").into());
        }
        seen.push(&said.name);
    }
    Ok(Assumptions(all))
}

/// What is said of inputs and true of no number that one of these programs takes.
pub(super) fn contradiction<'p>(
    assumptions: &Assumptions,
    mut programs: impl Iterator<Item = &'p Program>,
) -> Option<Diagnostic> {
    let (name, why) = programs.find_map(|program| assumptions.contradiction(program))?;
    let error = usage(format!(
        "the `--range` and `--assume` of `{name}` exclude each other: {why}"
    ));
    Some(error.help("leave one of them out"))
}

/// What is said of inputs that no program has; `inputs` are those that there are.
pub(super) fn strangers(assumptions: &Assumptions, inputs: &[&str]) -> Vec<Diagnostic> {
    let mut strangers: Vec<&str> = assumptions.0.iter().map(|said| said.name.as_str()).collect();
    strangers.retain(|name| *name != "*" && !inputs.contains(name));
    strangers.dedup();
    let one = |name: &str| {
        let error = usage(format!(
            "`--range` or `--assume` names `{name}`, and no input is called so"
        ));
        let mut known = inputs.to_vec();
        known.sort_unstable();
        known.dedup();
        known.truncate(MOST_NAMES);
        error.help(match similar(name, inputs.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "there are no inputs".to_owned(),
            None => format!("inputs are called {}", known.join(", ")),
        })
    };
    strangers.into_iter().map(one).collect()
}

fn range(text: &str) -> Result<Assumption, Diagnostic> {
    let wrong = |why: &str| {
        usage(format!("`--range {text}`: {why}"))
            .help("write it as in `--range a=-50:50`; `*` stands for all inputs")
    };
    let (name, ends) = named(text).ok_or_else(|| wrong("there is no name"))?;
    let (low, high) = ends.split_once(':').ok_or_else(|| wrong("there is no `:`"))?;
    let number = |end: &str| {
        let number: Option<f64> = end.trim().parse().ok();
        let number = number
            .filter(|number| !number.is_nan())
            .ok_or_else(|| wrong(&format!("`{end}` is no number")))?;
        // `1e400` is not meant to be what `inf` says.
        if number.is_infinite() && end.contains(|c: char| c.is_ascii_digit()) {
            return Err(wrong(&format!("`{end}` is beyond all doubles; `inf` has no end")));
        }
        Ok(number)
    };
    let (low, high) = (number(low)?, number(high)?);
    if low > high {
        return Err(wrong("its ends are crossed"));
    }
    Ok(Assumption {
        name,
        word: Word::Between(low, high),
    })
}

fn word(text: &str) -> Result<Assumption, Diagnostic> {
    let known = Word::NAMES.map(|(name, _)| name);
    let wrong = |why: String| usage(format!("`--assume {text}`: {why}"));
    let (name, said) = named(text).ok_or_else(|| {
        wrong("there is no name".to_owned())
            .help("write it as in `--assume a=positive`; `*` stands for all inputs")
    })?;
    let word = Word::NAMES.into_iter().find(|(name, _)| *name == said);
    let (_, word) = word.ok_or_else(|| {
        let help = match similar(said, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", known.join(", ")),
        };
        wrong(format!("`{said}` is no word for an input")).help(help)
    })?;
    Ok(Assumption { name, word })
}

/// `a` and `…` of `a=…`.
fn named(text: &str) -> Option<(String, &str)> {
    let (name, said) = text.split_once('=')?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name.to_owned(), said.trim()))
}

/// Writes the inputs of witnessed findings into `folder`, a file each, and notes where.
pub(super) fn save(folder: &Path, name: &str, findings: &mut [Finding]) -> Result<(), Stop> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let stem: String = Path::new(name)
        .with_extension("")
        .to_string_lossy()
        .chars()
        .map(plain)
        .collect();
    for (number, finding) in findings.iter_mut().enumerate() {
        let Some(witness) = &mut finding.witness else {
            continue;
        };
        let file = format!("{}-{number}-{}.npz", stem.trim_matches('-'), finding.rule);
        let path: PathBuf = folder.join(file);
        let arrays = witness.inputs.iter().enumerate();
        let bytes = npz::write(arrays.map(|(index, tensor)| (format!("arg{index}"), tensor)));
        let bytes = bytes.map_err(|error| {
            Diagnostic::error(
                "jaxpeep::output::npz",
                format!("`{}` cannot be made: {error}", path.display()),
            )
        })?;
        write_file(&path, &bytes)?;
        witness.file = Some(path.display().to_string());
    }
    Ok(())
}
