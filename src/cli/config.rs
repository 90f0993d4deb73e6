//! Settings: `jaxpeep.toml`, or `[tool.jaxpeep]` in `pyproject.toml`, found upward from the working directory and
//! checked key by key.

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

/// The files that hold settings, the one that wins first, and the table in which they stand there.
const FILES: [(&str, &[&str]); 2] = [("jaxpeep.toml", &[]), ("pyproject.toml", &["tool", "jaxpeep"])];

/// Every section, and every key in it.
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
    pub(super) verify: Verify,
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

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Verify {
    pub(super) samples: Option<u32>,
    pub(super) seed: Option<u64>,
}

/// `[[allow]]`: findings that somebody looked at and accepted.
#[derive(Debug, Deserialize)]
pub(super) struct Allowed {
    /// The rule.
    pub(super) rule: String,
    /// A pattern for the Python line: `model.py:*`. Without one, the rule is accepted everywhere.
    pub(super) source: Option<String>,
    /// Why.
    pub(super) reason: String,
}

/// Reads the nearest settings, if there are any.
pub(super) fn load(terminal: &Terminal) -> Result<Config, Stop> {
    let Ok(start) = std::env::current_dir() else {
        return Ok(Config::default());
    };
    for folder in start.ancestors() {
        for (name, table) in FILES {
            let path = folder.join(name);
            if path.is_file() {
                let shown = path.strip_prefix(&start).unwrap_or(&path).display().to_string();
                if let Some(config) = read(&path, &shown, table, terminal)? {
                    return Ok(config);
                }
            }
        }
    }
    Ok(Config::default())
}

/// The settings in a file; nothing if it has no table of them.
fn read(path: &Path, name: &str, table: &[&str], terminal: &Terminal) -> Result<Option<Config>, Stop> {
    let bytes = read_file(path)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            return Err(diagnostics::not_utf8(name, error.as_bytes(), offset).into());
        }
    };
    let config = parse(&text, table, path.parent().unwrap_or(path)).map_err(|wrong| {
        terminal.broken(name, &text, &wrong);
        Stop::Told
    })?;
    if config.is_some() && terminal.is_verbose() {
        terminal.say(&format!("settings: {name}\n"));
    }
    Ok(config)
}

fn parse(text: &str, table: &[&str], folder: &Path) -> Result<Option<Config>, Vec<Diagnostic>> {
    let whole = DeTable::parse(text).map_err(|error| vec![from_toml(&error)])?;
    let mut settings = whole;
    for name in table {
        let Some((_, inner)) = settings
            .into_inner()
            .into_iter()
            .find(|(key, _)| key.get_ref() == name)
        else {
            return Ok(None);
        };
        let span = inner.span();
        let DeValue::Table(inner) = inner.into_inner() else {
            return Ok(None);
        };
        settings = Spanned::new(span, inner);
    }
    let mut wrong = Vec::new();
    check_keys(settings.get_ref(), &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let deserializer = toml::Deserializer::from(settings);
    let mut config = Config::deserialize(deserializer).map_err(|error| vec![from_toml(&error)])?;
    let wrong = check_values(&config);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    folder.clone_into(&mut config.folder);
    Ok(Some(config))
}

fn check_values(config: &Config) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let mut say = |message: String, help: &str| {
        wrong.push(diagnostics::config(message, None, "", Some(help.to_owned())));
    };
    if let Some(ridge) = config.regularize.ridge
        && !(ridge > 0.0 && ridge.is_finite())
    {
        say(
            "`ridge` must be a number above 0".to_owned(),
            "such as `ridge = 1e-6`",
        );
    }
    if config.verify.samples == Some(0) {
        say(
            "`samples` must be above 0, or nothing is compared".to_owned(),
            "such as `samples = 16`",
        );
    }
    for allowed in &config.allow {
        if allowed.reason.trim().is_empty() {
            say(
                format!("the reason to allow `{}` is empty", allowed.rule),
                "say why it is safe, such as `reason = \"logits are clipped\"`",
            );
        }
    }
    wrong
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
        let config = parse(text, &[], Path::new("/p"))
            .expect("all keys are known")
            .expect("the whole file holds settings");
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
            &[],
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
        let read = |text| parse(text, &[], Path::new("/"));
        assert!(read("[[allow]]\nrule = 'a'\n").is_err());
        assert!(read("[[allow]]\nrule = 'a'\nreason = ' '\n").is_err());
        assert!(read("[[allow]]\nrule = 'a'\nreason = 'looked at'\n").is_ok());
    }

    #[test]
    fn a_table_of_a_larger_file_may_hold_the_settings() {
        let read = |text| parse(text, &["tool", "jaxpeep"], Path::new("/"));
        let config =
            read("[project]\nname = 'x'\n[tool.jaxpeep.check]\nfail-on = 'note'\n").expect("well formed");
        assert_eq!(config.expect("it is there").check.fail_on, Some(FailOn::Note));
        assert!(read("[project]\nname = 'x'\n").expect("well formed").is_none());
        let text = "[project]\n[tool.jaxpeep.chek]\n";
        let wrong = read(text).expect_err("a typo");
        assert_eq!(wrong[0].help.as_deref(), Some("did you mean `check`?"));
        assert_eq!(wrong[0].labels[0].span.text(text), "chek");
    }
}
