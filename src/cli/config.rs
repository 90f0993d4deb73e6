//! `jaxpeep.toml`: found upward from the working directory, and checked key by key.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Stop;
use super::args::{FailOn, RegularizeMode};
use super::input::read_file;
use super::output::Terminal;
use crate::diagnostics::{self, Diagnostic, similar};
use crate::span::Span;

/// The name of the file.
const NAME: &str = "jaxpeep.toml";

/// Every section, and every key in it. `[verify]` belongs to a command that reads its own settings.
const SECTIONS: [(&str, &[&str]); 5] = [
    ("allow", &["rule", "source", "reason"]),
    ("check", &["fail-on", "baseline"]),
    ("regularize", &["mode", "ridge"]),
    ("rules", &["only", "skip", "dir"]),
    ("verify", &["samples", "seed"]),
];

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub(super) rules: Rules,
    pub(super) check: Check,
    pub(super) regularize: Regularize,
    pub(super) allow: Vec<Allowed>,
    /// Where the file is: paths in it are relative to that folder.
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rules {
    pub(super) only: Vec<String>,
    pub(super) skip: Vec<String>,
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Check {
    pub(super) fail_on: Option<FailOn>,
    pub(super) baseline: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Regularize {
    pub(super) mode: Option<RegularizeMode>,
    pub(super) ridge: Option<f64>,
}

/// `[[allow]]`: findings that somebody looked at and accepted.
#[derive(Debug, Deserialize)]
pub(super) struct Allowed {
    /// The rule.
    pub(super) rule: String,
    /// A pattern for the Python line: `model.py:*`. Without one, the rule is accepted everywhere.
    pub(super) source: Option<String>,
    /// Why. Nothing reads it, so it is asked for here.
    #[serde(rename = "reason")]
    _reason: String,
}

/// Reads the nearest `jaxpeep.toml`, if there is one.
pub(super) fn load(terminal: &Terminal) -> Result<Config, Stop> {
    let Ok(start) = std::env::current_dir() else {
        return Ok(Config::default());
    };
    let Some(path) = start
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|path| path.is_file())
    else {
        return Ok(Config::default());
    };
    let name = path.strip_prefix(&start).unwrap_or(&path).display().to_string();
    let bytes = read_file(&path)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            return Err(diagnostics::not_utf8(&name, error.as_bytes(), offset).into());
        }
    };
    if terminal.is_verbose() {
        terminal.say(&format!("settings: {name}\n"));
    }
    parse(&text, path.parent().unwrap_or(&start)).map_err(|wrong| {
        terminal.broken(&name, &text, &wrong);
        Stop::Told
    })
}

fn parse(text: &str, folder: &Path) -> Result<Config, Vec<Diagnostic>> {
    let table = DeTable::parse(text).map_err(|error| vec![from_toml(&error)])?;
    let mut wrong = Vec::new();
    check_keys(table.get_ref(), &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut config: Config = toml::from_str(text).map_err(|error| vec![from_toml(&error)])?;
    if config
        .regularize
        .ridge
        .is_some_and(|ridge| !(ridge > 0.0 && ridge.is_finite()))
    {
        let message = "`ridge` must be a number above 0";
        return Err(vec![diagnostics::config(
            message,
            None,
            "",
            Some("such as `ridge = 1e-6`".to_owned()),
        )]);
    }
    folder.clone_into(&mut config.folder);
    Ok(config)
}

fn from_toml(error: &toml::de::Error) -> Diagnostic {
    let span = error.span().map(|range| Span::new(range.start, range.end));
    diagnostics::config(error.message(), span, "here", None)
}

fn check_keys(table: &DeTable<'_>, wrong: &mut Vec<Diagnostic>) {
    let names = SECTIONS.map(|(name, _)| name);
    for (section, value) in table {
        let Some((name, keys)) = SECTIONS
            .iter()
            .find(|(name, _)| *name == section.get_ref().as_ref())
        else {
            wrong.push(unknown("section", section, &names));
            continue;
        };
        let tables: Vec<&DeTable<'_>> = match value.get_ref() {
            DeValue::Table(table) => vec![table],
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| item.get_ref().as_table())
                .collect(),
            _ => Vec::new(),
        };
        for key in tables.into_iter().flat_map(|table| table.keys()) {
            if !keys.contains(&key.get_ref().as_ref()) {
                wrong.push(unknown(&format!("key in [{name}]"), key, keys));
            }
        }
    }
    wrong.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span));
}

fn unknown(what: &str, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) -> Diagnostic {
    let name = key.get_ref().as_ref();
    let span = Span::new(key.span().start, key.span().end);
    let help = match similar(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    diagnostics::config(
        format!("unknown {what}: `{name}`"),
        Some(span),
        "not known",
        Some(help),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_settings_are_read() {
        let text = "[rules]\nonly = ['a']\nskip = ['b']\ndir = 'own'\n[check]\nfail-on = 'note'\nbaseline = 'b.json'\n\
                    [regularize]\nmode = 'always'\nridge = 1e-3\n[verify]\nseed = 3\n\
                    [[allow]]\nrule = 'a'\nsource = 'm.py:*'\nreason = 'looked at'\n";
        let config = parse(text, Path::new("/p")).expect("all keys are known");
        assert_eq!(config.rules.only, ["a"]);
        assert_eq!(config.rules.dir.as_deref(), Some(Path::new("own")));
        assert_eq!(config.check.fail_on, Some(FailOn::Note));
        assert_eq!(config.regularize.mode, Some(RegularizeMode::Always));
        assert_eq!(config.allow[0].source.as_deref(), Some("m.py:*"));
    }

    #[test]
    fn every_unknown_key_is_named_with_a_near_one() {
        let wrong = parse(
            "[rules]\nonyl = []\n[cheque]\n[[allow]]\nsauce = ''\n",
            Path::new("/"),
        )
        .expect_err("typos");
        let messages: Vec<&str> = wrong
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "unknown key in [rules]: `onyl`",
                "unknown section: `cheque`",
                "unknown key in [allow]: `sauce`"
            ]
        );
        assert_eq!(wrong[0].help.as_deref(), Some("did you mean `only`?"));
    }

    #[test]
    fn a_reason_is_asked_for() {
        assert!(parse("[[allow]]\nrule = 'a'\n", Path::new("/")).is_err());
    }
}
