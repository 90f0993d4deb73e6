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
    Ok(Assumptions(all?))
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
        number
            .filter(|number| !number.is_nan())
            .ok_or_else(|| wrong(&format!("`{end}` is no number")))
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
