//! Findings that are known, so that only new ones are reported.
//!
//! Print-outs are regenerated, and then lines and variables change. A finding is known by its rule and its
//! Python function, or, where the print-out carries none, its equation with the variables renamed in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Stop;
use super::args::CheckArgs;
use super::check::Finding;
use super::input::{read_file, usage};
use super::json::{Baseline, Known, SCHEMA, document};
use super::output::write_file;
use super::python_line::{PythonLine, reached_from};
use crate::diagnostics::Diagnostic;
use crate::span::Span;
use crate::syntax;

/// Where `--write-baseline` writes: to the file that it names, or to the baseline that is in force.
pub(super) fn target<'a>(
    args: &'a CheckArgs,
    configured: Option<&'a Path>,
) -> Result<Option<&'a Path>, Stop> {
    let Some(named) = &args.write_baseline else {
        return Ok(None);
    };
    let path = match (named.as_deref(), args.baseline.as_deref()) {
        (Some(new), Some(old)) if new != old => {
            let files = format!("`{}` and `{}`", old.display(), new.display());
            let error = usage(format!(
                "`--baseline` and `--write-baseline` name two files, {files}"
            ));
            return Err(error
                .help("`--write-baseline` alone, behind the inputs, writes to the file of `--baseline`")
                .into());
        }
        (Some(path), _) | (None, Some(path)) => path,
        (None, None) => configured.ok_or_else(|| {
            usage("`--write-baseline` does not say where to write")
                .help("give it a file, or say `--baseline FILE` too")
        })?,
    };
    refuse_what_is_no_baseline(path)?;
    Ok(Some(path))
}

/// A file that holds something else was not meant: it may be an input that stands behind the flag.
fn refuse_what_is_no_baseline(path: &Path) -> Result<(), Diagnostic> {
    // Nothing is lost in a device, and an empty file has just been made for this.
    if !path.is_file() {
        return Ok(());
    }
    let bytes = read_file(path)?;
    if bytes.iter().all(u8::is_ascii_whitespace) || serde_json::from_slice::<Baseline>(&bytes).is_ok() {
        return Ok(());
    }
    let message = format!("`{}` is not a baseline, and is not overwritten", path.display());
    Err(Diagnostic::error("jaxpeep::baseline::other_file", message)
        .help("name another file, or move it away; behind a `--write-baseline` without a file of its own there are no inputs"))
}

/// How often each finding is known.
pub(super) struct Knowledge {
    folder: PathBuf,
    counts: BTreeMap<Key, usize>,
}

/// What stays the same of a finding when its print-out is made anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The print-out, seen from the folder of the baseline; `-` for standard input.
    pub(super) file: String,
    pub(super) rule: String,
    /// The Python file and function, or the equation with its variables renamed to a, b, c.
    pub(super) place: String,
}

impl Key {
    /// The key of a finding, seen from `folder`; files above it are reached by `..`.
    pub(super) fn new(file: Option<&Path>, finding: &Finding, folder: &Path) -> Self {
        let absolute = |file: &Path| std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let seen = |file| reached_from(folder, &absolute(file).to_string_lossy());
        let line = finding.source.as_deref().and_then(PythonLine::parse);
        Self {
            file: file.map_or_else(|| "-".to_owned(), seen),
            rule: finding.rule.clone(),
            place: match line {
                Some(line) => python_place(&line, &reached_from(folder, line.file)),
                None => anonymous(&finding.equation),
            },
        }
    }
}

impl Knowledge {
    /// Nothing is known; places will be relative to the folder of `path`.
    pub(super) fn empty(path: &Path) -> Self {
        Self {
            folder: folder(path),
            counts: BTreeMap::new(),
        }
    }

    /// Reads a baseline.
    pub(super) fn read(path: &Path) -> Result<Self, Stop> {
        let name = path.display();
        let bytes = read_file(path)
            .map_err(|error| error.help(format!("write one with `jaxpeep check --write-baseline {name}`")))?;
        let wrong = |message: String| {
            Diagnostic::error("jaxpeep::baseline::broken", message).help(format!(
                "restore it, or remove it and write it anew with `jaxpeep check --write-baseline {name}`"
            ))
        };
        let baseline: Baseline = serde_json::from_slice(&bytes)
            .map_err(|error| wrong(format!("`{name}` is not a baseline: {error}")))?;
        if baseline.schema != SCHEMA {
            let schema = baseline.schema;
            return Err(wrong(format!(
                "`{name}` has schema {schema}, and this jaxpeep reads {SCHEMA}"
            ))
            .into());
        }
        let mut knowledge = Self::empty(path);
        for known in baseline.findings {
            *knowledge
                .counts
                .entry(Key {
                    file: known.file,
                    rule: known.rule,
                    place: known.place,
                })
                .or_default() += known.count;
        }
        Ok(knowledge)
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, file: Option<&Path>, finding: &Finding) {
        let key = Key::new(file, finding, &self.folder);
        *self.counts.entry(key).or_default() += 1;
    }

    /// Whether a finding is known; each entry covers as many findings as there were.
    pub(super) fn take(&mut self, file: Option<&Path>, finding: &Finding) -> bool {
        let key = Key::new(file, finding, &self.folder);
        match self.counts.get_mut(&key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// How many entries no finding has taken.
    pub(super) fn left(&self) -> usize {
        self.counts.values().sum()
    }

    /// Writes all of it.
    pub(super) fn write(&self, path: &Path) -> Result<(), Diagnostic> {
        let findings = self.counts.iter().map(|(key, &count)| Known {
            file: key.file.clone(),
            rule: key.rule.clone(),
            place: key.place.clone(),
            count,
        });
        let baseline = Baseline {
            schema: SCHEMA,
            findings: findings.collect(),
        };
        write_file(path, document(&baseline).as_bytes())
    }
}

fn folder(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// `train.py (loss)`: the number of the line changes with every line above it, the function stays.
fn python_place(line: &PythonLine<'_>, file: &str) -> String {
    match line.function {
        Some(function) => format!("{file} ({function})"),
        None => format!("{file}:{}", line.line),
    }
}

/// An equation with its variables renamed to a, b, c in the order in which they are met.
fn anonymous(equation: &str) -> String {
    let wrapped = format!("{{ lambda ; . let {equation} in () }}");
    let (ast, errors) = syntax::parse(&wrapped);
    let [listing] = ast.listings.as_slice() else {
        return equation.to_owned();
    };
    if !errors.is_empty() {
        return equation.to_owned();
    }
    let mut places: Vec<Span> = Vec::new();
    for equation in &listing.main.equations {
        let outputs = ast.binders[equation.outputs.indices()]
            .iter()
            .map(|binder| binder.name);
        let inputs = ast.operands[equation.inputs.indices()]
            .iter()
            .filter(|operand| !operand.literal);
        places.extend(
            outputs
                .chain(inputs.map(|operand| operand.text))
                .map(|name| Span::of(&wrapped, name)),
        );
    }
    places.sort();
    let mut names: Vec<&str> = Vec::new();
    let mut out = String::new();
    let (prefix, suffix) = ("{ lambda ; . let ".len(), " in () }".len());
    let mut done = prefix;
    for place in places {
        let name = place.text(&wrapped);
        let index = names.iter().position(|&known| known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        out.push_str(&wrapped[done..place.start as usize]);
        out.push_str(&letters(index));
        done = place.end as usize;
    }
    out.push_str(&wrapped[done..wrapped.len() - suffix]);
    out
}

/// a … z, then a1 … z1.
fn letters(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_do_not_matter() {
        assert_eq!(anonymous("d:f32[] = log c"), "a:f32[] = log b");
        assert_eq!(anonymous("d:f32[] = log c"), anonymous("ba:f32[] = log zz"));
        assert_eq!(anonymous("d:f32[] = add c c"), "a:f32[] = add b b");
        assert_ne!(anonymous("d:f32[] = add c c"), anonymous("d:f32[] = add c b"));
        assert_eq!(
            anonymous("d:f32[3] = jit[name=f jaxpr={…}] c 1.0:f32[]"),
            "a:f32[3] = jit[name=f jaxpr={…}] b 1.0:f32[]"
        );
        assert_eq!(anonymous("not an equation ("), "not an equation (");
    }

    #[test]
    fn the_number_of_a_python_line_does_not_matter() {
        let place = |source| {
            let line = PythonLine::parse(source).expect("a line");
            python_place(&line, &reached_from(Path::new("/project"), line.file))
        };
        assert_eq!(place("/project/train.py:7:24 (loss)"), "train.py (loss)");
        assert_eq!(place("/project/train.py:9:2 (loss)"), "train.py (loss)");
        assert_eq!(place("train.py:7"), "train.py:7");
    }
}
