//! Findings that are known, so that only new ones are reported.
//!
//! Print-outs are regenerated, and then lines and variables change. A finding is known by its rule and its
//! Python line, or, where the print-out carries none, its equation with the variables renamed in order.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::Stop;
use super::input::read_file;
use super::json::{Baseline, Known, SCHEMA, document};
use super::output::write_file;
use crate::diagnostics::Diagnostic;
use crate::improve::Finding;
use crate::span::Span;
use crate::syntax;

/// How often each finding is known.
pub(super) struct Knowledge {
    folder: PathBuf,
    counts: BTreeMap<(String, String, String), usize>,
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
                "write it anew with `jaxpeep check --write-baseline {name}`"
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
                .entry((known.file, known.rule, known.place))
                .or_default() += known.count;
        }
        Ok(knowledge)
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, file: Option<&Path>, finding: &Finding) {
        *self.counts.entry(self.key(file, finding)).or_default() += 1;
    }

    /// Whether a finding is known; each entry covers as many findings as there were.
    pub(super) fn take(&mut self, file: Option<&Path>, finding: &Finding) -> bool {
        let key = self.key(file, finding);
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
        let findings = self.counts.iter().map(|((file, rule, place), &count)| Known {
            file: file.clone(),
            rule: rule.clone(),
            place: place.clone(),
            count,
        });
        let baseline = Baseline {
            schema: SCHEMA,
            findings: findings.collect(),
        };
        write_file(path, document(&baseline).as_bytes())
    }

    fn key(&self, file: Option<&Path>, finding: &Finding) -> (String, String, String) {
        let file = file.map_or_else(|| "-".to_owned(), |file| relative(file, &self.folder));
        let place = match &finding.source {
            Some(source) => python_line(source),
            None => anonymous(&finding.equation),
        };
        (file, finding.rule.clone(), place)
    }
}

fn folder(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// The path seen from `folder`, with `/` on every system.
fn relative(file: &Path, folder: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let seen = absolute.strip_prefix(folder).unwrap_or(&absolute);
    let parts: Vec<_> = seen
        .components()
        .map(|part| match part {
            Component::RootDir => String::new(),
            part => part.as_os_str().to_string_lossy().into_owned(),
        })
        .collect();
    parts.join("/")
}

/// `train.py:7:24 (loss)` without its column, which moves when the line is reformatted.
fn python_line(source: &str) -> String {
    let (place, function) = source.split_once(' ').unwrap_or((source, ""));
    let mut parts: Vec<&str> = place.split(':').collect();
    let numbers = parts
        .iter()
        .rev()
        .take_while(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        .count();
    parts.truncate(parts.len() - numbers.saturating_sub(1));
    let place = parts.join(":");
    if function.is_empty() {
        place
    } else {
        format!("{place} {function}")
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
    fn columns_of_python_lines_do_not_matter() {
        assert_eq!(python_line("train.py:7:24 (loss)"), "train.py:7 (loss)");
        assert_eq!(python_line("C:/x/train.py:7"), "C:/x/train.py:7");
        assert_eq!(python_line("train.py"), "train.py");
    }
}
