//! What `rules test` says about rules compared with the truth.

use std::fmt::Write as _;

use super::{GREEN, RED};
use crate::refinement::{Refinement, Thoroughness, refinement};
use crate::rules::{RuleInfo, RuleSet, Safety};
use crate::verify::{Sampling, Strictness};

/// All examples, at a few points of each stratum.
const THOROUGHNESS: Thoroughness = Thoroughness {
    sampling: Sampling { samples: 4, seed: 0 },
    examples: usize::MAX,
    strictness: Strictness::BRIEF,
};

/// Compares a rule with the truth: a line or more, and whether it is refuted.
pub(super) fn refined(rules: &RuleSet, info: &RuleInfo) -> (String, bool) {
    let found = refinement(rules, info, &THOROUGHNESS);
    (lines(info, &found), is_refuted(info, &found))
}

/// An approximate rule says itself that values change; what it says of single inputs holds all the same.
fn is_refuted(info: &RuleInfo, found: &Refinement) -> bool {
    let is_worse = !found.refuted.is_empty() && info.safety != Safety::Approximate;
    is_worse || !found.changed.is_empty() || !found.unshown.is_empty()
}

fn lines(info: &RuleInfo, found: &Refinement) -> String {
    let mut text = String::new();
    let dtypes: Vec<&str> = found.dtypes.iter().map(|dtype| dtype.short_name()).collect();
    let extent = format!("{} points in {}", found.points, dtypes.join(", "));
    let _ = match (found.refuted.first(), info.safety) {
        (None, _) if found.points > 0 => writeln!(text, "  {GREEN}ok{GREEN:#}    refines  {extent}"),
        (None, _) => writeln!(text, "  note  refines  nothing could be compared"),
        (Some(worst), Safety::Approximate) => writeln!(text, "  note  approximate, as it says: {worst}"),
        (Some(worst), _) => writeln!(
            text,
            "  {RED}FAILS{RED:#} refines  {worst}\n        \
             if such inputs do not matter, declare `safety approximate`"
        ),
    };
    if let Some(change) = found.changed.first() {
        let (word, help) = if info.safety == Safety::Exact {
            ("exact", "declare `safety refines` if the rule repairs values")
        } else {
            ("preserve", "an input that the rule repairs belongs in `witness`")
        };
        let _ = writeln!(text, "  {RED}FAILS{RED:#} {word:8} {change}\n        {help}");
    }
    for witness in &found.unshown {
        let _ = writeln!(
            text,
            "  {RED}FAILS{RED:#} witness  {witness}: no example is better on it"
        );
    }
    for skipped in &found.skipped {
        let _ = writeln!(text, "  note  {skipped}");
    }
    text
}
