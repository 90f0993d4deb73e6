//! What was measured of the rules that come with jaxpeep: a file beside them, which `jaxpeep rules measure` writes and
//! a test holds in step with the rules. Nothing is measured here.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use serde::Deserialize;

use super::{RuleInfo, RuleSet};

/// Errors and costs of one rule's examples, before and after.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Measured {
    /// Of what the numbers come from: the rule and those that work with it. Another digest makes them stale.
    pub digest: String,
    /// Other rules that are applied to the examples.
    #[serde(default)]
    pub with: Vec<String>,
    /// How many equations the first example has, and how many it is rewritten into.
    pub equations: Option<(usize, usize)>,
    /// The dtypes and, for each kind of inputs, the largest errors in all examples.
    #[serde(default)]
    pub ulps: BTreeMap<String, Vec<Worst>>,
}

/// A kind of inputs, and the largest error before and after, in units in the last place; infinite where NaN or an
/// infinity stands in the place of something else.
pub type Worst = (String, f64, f64);

/// The rules by name.
pub type Measurements = BTreeMap<String, Measured>;

const HEAD: &str = "\
# Written by `jaxpeep rules measure --update FILE`, which keeps what is not stale; not to be edited by hand.
# For each kind of inputs: the largest error before and after, in units in the last place.
";

impl Measured {
    /// The dtypes, in the order in which people look for them; `mixed` for examples of more than one.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let all = ["f32", "f64", "bf16", "f16", "mixed"];
        all.into_iter().filter(|dtype| self.ulps.contains_key(*dtype))
    }

    /// The largest errors of all kinds of inputs in a dtype.
    pub fn worst(&self, dtype: &str) -> Option<(f64, f64)> {
        let rows = self.ulps.get(dtype)?.iter();
        Some(rows.fold((0.0, 0.0), |(before, after), row| {
            (row.1.max(before), row.2.max(after))
        }))
    }

    /// Whether the rules are still those that were measured.
    pub fn is_of(&self, info: &RuleInfo, rules: &RuleSet) -> bool {
        self.digest == digest(info, &self.with, rules)
    }
}

/// Reads what [`written`] gives.
pub fn read(text: &str) -> Result<Measurements, toml::de::Error> {
    toml::from_str(text)
}

/// The file of measurements.
pub fn written(measurements: &Measurements) -> String {
    let mut text = HEAD.to_owned();
    for (name, measured) in measurements {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[{name}]\n{measured}");
    }
    text
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digest = {:?}", self.digest)?;
        if !self.with.is_empty() {
            writeln!(f, "with = {:?}", self.with)?;
        }
        if let Some((before, after)) = self.equations {
            writeln!(f, "equations = [{before}, {after}]")?;
        }
        for (dtype, rows) in &self.ulps {
            let rows = rows
                .iter()
                .map(|(kind, before, after)| format!("[{kind:?}, {before:?}, {after:?}]"));
            writeln!(f, "ulps.{dtype:?} = [{}]", rows.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

/// What was measured of the built-in rules.
///
/// # Panics
/// If the file cannot be read, which every test run would show.
pub fn builtin() -> &'static Measurements {
    static BUILTIN: LazyLock<Measurements> =
        LazyLock::new(|| read(include_str!("measured.toml")).unwrap_or_else(|error| panic!("{error}")));
    &BUILTIN
}

/// A number that changes with all that decides what is measured: clauses, examples and inputs of the rule and of those
/// that work with it. Prose does not count, and neither does code in Rust.
pub fn digest(info: &RuleInfo, with: &[String], rules: &RuleSet) -> String {
    let others = with.iter().map(|name| {
        let found = rules.infos().iter().find(|info| info.name == *name);
        found.map_or_else(|| name.clone(), |info| info.text.clone())
    });
    let examples = info.fires.iter().map(|example| example.jaxpr.clone());
    let clauses = info.witness.iter().chain(&info.preserve).map(ToString::to_string);
    let parts = [info.text.clone()]
        .into_iter()
        .chain(examples)
        .chain(clauses)
        .chain(others);
    // FNV-1a: what hashes of the standard library give may change with its releases.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.flat_map(|part| (part + "\0").into_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// An error as people read it: two digits, and an infinite one as a sign.
pub fn shown(ulps: f64) -> String {
    match ulps {
        ulps if ulps.is_infinite() => "∞".to_owned(),
        ulps if ulps < 100.0 => format!("{ulps}"),
        ulps if ulps < 1e4 => format!("{ulps:.0}"),
        ulps => format!("{ulps:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_read_as_they_were_written() {
        let rows = vec![
            ("ordinary".to_owned(), 1.5, 0.0),
            ("large".to_owned(), f64::INFINITY, 8.4e16),
        ];
        let measured = Measured {
            digest: "0123".to_owned(),
            with: vec!["log-exp".to_owned()],
            equations: Some((3, 11)),
            ulps: [("f32".to_owned(), rows)].into(),
        };
        let all: Measurements = [("logsumexp".to_owned(), measured)].into();
        assert_eq!(read(&written(&all)), Ok(all.clone()));
        assert_eq!(all["logsumexp"].worst("f32"), Some((f64::INFINITY, 8.4e16)));
    }

    #[test]
    fn the_digest_is_one_of_clauses_and_not_of_prose() {
        let rules = RuleSet::builtin();
        let info = &rules.infos()[0];
        let told = RuleInfo {
            summary: "another".to_owned(),
            ..info.clone()
        };
        let clauses = RuleInfo {
            text: info.text.clone() + " ",
            ..info.clone()
        };
        let of = |info: &RuleInfo| digest(info, &[], &rules);
        assert_eq!(of(info), of(&told));
        assert_ne!(of(info), of(&clauses));
        assert_ne!(of(info), digest(info, &["log-exp".to_owned()], &rules));
    }
}
