//! How large the errors of a rule's examples are, before and after: the evidence that `explain` shows.

use std::collections::BTreeMap;

use super::{Applied, Thoroughness, Trial, both, retyped};
use crate::interp::reachable;
use crate::ir::DType;
use crate::rules::measured::{Measured, Worst, digest};
use crate::rules::{RuleInfo, RuleSet};
use crate::verify::{Point, Report, Sampling, Strictness};

/// The points at which rules are measured: the numbers are data of the project, so nobody chooses.
pub(crate) const SAMPLING: Sampling = Sampling { samples: 4, seed: 0 };

/// Examples beyond these are further spellings of the same formula.
const EXAMPLES: usize = 4;

/// The dtypes that rules are measured in, beside the one in which an example is written.
const DTYPES: [DType; 2] = [DType::Float32, DType::Bfloat16];

/// Measures one rule of a set, with all rules of the set loaded.
pub fn measure(rules: &RuleSet, info: &RuleInfo) -> Measured {
    let thoroughness = Thoroughness {
        sampling: SAMPLING,
        examples: EXAMPLES,
        strictness: Strictness::DEFAULT,
    };
    let mut measured = Measured::default();
    for example in info.fires.iter().take(EXAMPLES) {
        let texts = retyped(&example.jaxpr);
        // An example that mixes dtypes is about them, and stays as it is.
        let is_mixed = texts.len() == 1;
        for (dtype, text) in texts {
            if !is_mixed && !DTYPES.contains(&dtype) && text != example.jaxpr {
                continue;
            }
            let Some(Applied {
                original,
                rewritten,
                names,
            }) = both(rules, info, &text)
            else {
                continue;
            };
            measured
                .with
                .extend(names.into_iter().filter(|name| *name != info.name));
            let count = || (reachable(&original).len(), reachable(&rewritten).len());
            measured.equations = Some(measured.equations.unwrap_or_else(count));
            let title = &example.title;
            let trial = Trial {
                info,
                title,
                dtype,
                original,
                rewritten,
                thoroughness: &thoroughness,
            };
            let column = if is_mixed { "mixed" } else { dtype.short_name() };
            let Ok(points) = trial.points() else { continue };
            if let Ok(report) = trial.report(&points) {
                let rows = measured.ulps.entry(column.to_owned()).or_default();
                add(rows, &points, &report);
            }
        }
    }
    measured.with.sort();
    measured.with.dedup();
    measured.digest = digest(info, &measured.with, rules);
    measured
}

/// Adds the errors of a report by kinds of inputs, in the order in which points are drawn.
fn add(rows: &mut Vec<Worst>, points: &[Point], report: &Report) {
    let kinds: BTreeMap<&str, &str> = points
        .iter()
        .map(|point| (point.label.as_str(), kind(point)))
        .collect();
    for errors in &report.errors {
        let Some(kind) = kinds.get(errors.point.as_str()) else {
            continue;
        };
        let (before, after) = (rounded(errors.before()), rounded(errors.after()));
        match rows.iter_mut().find(|row| row.0 == *kind) {
            Some(row) => (row.1, row.2) = (row.1.max(before), row.2.max(after)),
            None => rows.push(((*kind).to_owned(), before, after)),
        }
    }
}

/// The stratum, or the clause of the rule.
fn kind(point: &Point) -> &str {
    let clause = point.label.split(' ').next().unwrap_or_default();
    point.stratum.map_or(clause, |stratum| stratum.name())
}

/// Two digits: the last ones depend on the machine's library.
fn rounded(ulps: f64) -> f64 {
    format!("{ulps:.1e}").parse().unwrap_or(ulps)
}
