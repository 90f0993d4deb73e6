//! What `rules test` says about rules compared with the truth.

use std::fmt::Write as _;

use super::{BOLD, GREEN, RED};
use crate::refinement::{Refinement, Thoroughness, refinement};
use crate::rules::{RuleInfo, RuleSet, Safety};
use crate::verify::{Sampling, Strictness};

/// All examples, at a few points of each stratum.
const THOROUGHNESS: Thoroughness = Thoroughness {
    sampling: Sampling { samples: 4, seed: 0 },
    examples: usize::MAX,
    strictness: Strictness::BRIEF,
};

/// Compares rules with the truth: a line or more for each, and how many are refuted.
pub(super) fn refinements(rules: &RuleSet, infos: &[&RuleInfo]) -> (String, usize) {
    let mut text = String::new();
    let mut refuted = 0;
    for info in infos {
        let found = refinement(rules, info, &THOROUGHNESS);
        refuted += usize::from(is_refuted(info, &found));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{BOLD}{}{BOLD:#}", info.name);
        text.push_str(&lines(info, &found));
    }
    (text, refuted)
}

/// An approximate rule says itself that values change.
fn is_refuted(info: &RuleInfo, found: &Refinement) -> bool {
    !found.refuted.is_empty() && info.safety != Safety::Approximate
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
