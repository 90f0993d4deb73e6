//! Two texts as one, with the lines marked that only one of them has.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

/// Lines that are shown around those that differ.
const CONTEXT: usize = 3;

/// The places that differ, with a few lines around them.
pub(super) fn difference(old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_lines(old.trim_end(), new.trim_end());
    let groups = diff.grouped_ops(CONTEXT);
    let ends = |group: &[similar::DiffOp]| {
        let (first, last) = (group.first(), group.last());
        (
            first.map_or(0, |op| op.old_range().start),
            last.map_or(0, |op| op.old_range().end),
        )
    };
    let lines = old.trim_end().lines().count();
    let starts = groups.iter().map(|group| ends(group).0).chain([lines]);
    let previous = std::iter::once(0).chain(groups.iter().map(|group| ends(group).1));
    let gaps: Vec<usize> = starts
        .zip(previous)
        .map(|(start, end)| start.saturating_sub(end))
        .collect();
    html! {
        @if groups.is_empty() { p { "The two programs are the same." } }
        @else {
            pre {
                @for (group, skipped) in groups.iter().zip(&gaps) {
                    (gap(*skipped))
                    @for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                        @let line = change.value().trim_end_matches('\n');
                        @match change.tag() {
                            ChangeTag::Delete => del { "- " (line) },
                            ChangeTag::Insert => ins { "+ " (line) },
                            ChangeTag::Equal => span { "  " (line) },
                        }
                    }
                }
                (gap(gaps.last().copied().unwrap_or_default()))
            }
        }
    }
}

/// Says how many lines are left out.
fn gap(lines: usize) -> Markup {
    html! {
        @match lines {
            0 => {}
            1 => span class="gap" { "  … 1 line" }
            many => span class="gap" { "  … " (many) " lines" }
        }
    }
}
