//! How often each rule was applied, over all files.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::json::RuleFrequency;
use crate::improve::Outcome;
use crate::rules::RuleSet;

/// A row for each rule that was applied or is pending, the most frequent first.
pub(super) fn frequencies<'a>(
    outcomes: impl Iterator<Item = &'a Outcome>,
    rules: &'a RuleSet,
) -> Vec<RuleFrequency<'a>> {
    let mut rows: BTreeMap<&str, RuleFrequency<'a>> = BTreeMap::new();
    let mut row = |name: &'a str, counts: for<'r> fn(&'r mut RuleFrequency<'a>) -> &'r mut usize| {
        let new = || RuleFrequency::new(name, summary(rules, name));
        *counts(rows.entry(name).or_insert_with(new)) += 1;
    };
    for outcome in outcomes {
        for finding in &outcome.rewrites {
            row(&finding.rule, |row| &mut row.count);
            finding
                .then
                .iter()
                .for_each(|name| row(name, |row| &mut row.then));
        }
        for pending in &outcome.pending {
            row(&pending.finding.rule, |row| &mut row.pending);
        }
    }
    let mut rows: Vec<RuleFrequency<'a>> = rows.into_values().collect();
    // The sort is stable, so that equally frequent rules stay in the order of their names.
    rows.sort_by_key(|row| Reverse((row.count, row.then, row.pending)));
    rows
}

fn summary<'a>(rules: &'a RuleSet, name: &str) -> &'a str {
    let info = rules.infos().iter().find(|info| info.name == name);
    info.map_or("", |info| &info.summary)
}

/// A line a rule: places where it was applied, places where it went on with what another rule had put there, places
/// where it was not applied, and what goes wrong without it.
pub(super) fn table(rows: &[RuleFrequency<'_>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads = ["REWRITES", "THEN", "PENDING"];
    let longest = rows.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{}  {}  {}  {:longest$}  WITHOUT IT",
        heads[0], heads[1], heads[2], "RULE"
    );
    for row in rows {
        let [count, then, pending] = [row.count, row.then, row.pending];
        let [a, b, c] = heads.map(str::len);
        let _ = writeln!(
            out,
            "{count:>a$}  {then:>b$}  {pending:>c$}  {:longest$}  {}",
            row.rule, row.summary
        );
    }
    out
}
