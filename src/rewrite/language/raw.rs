//! Clauses as they are cut out of the file, with their places.

use super::clauses::Clause;
use crate::span::Span;

/// A clause that has not been looked into.
pub(super) struct Raw<'a> {
    pub(super) keyword: &'a str,
    /// Offset of the keyword.
    pub(super) at: usize,
    /// What stands behind the keyword.
    pub(super) body: &'a str,
}

impl Raw<'_> {
    pub(super) fn keyword_span(&self) -> Span {
        Span::new(self.at, self.at + self.keyword.len())
    }

    /// Offset of the body.
    pub(super) fn start(&self) -> usize {
        self.at + self.keyword.len()
    }

    /// The body and where it stands, comments blanked out.
    pub(super) fn lines(&self) -> Clause {
        Clause {
            text: blank_comments(self.body),
            start: self.start(),
        }
    }

    /// The body without comments and white space around it, and its place; where it is empty, the keyword's.
    pub(super) fn words(&self) -> (String, Span) {
        let clause = self.lines();
        let words = clause.text.trim();
        if words.is_empty() {
            return (String::new(), self.keyword_span());
        }
        let start = clause.start + Span::of(&clause.text, words).start as usize;
        (words.to_owned(), Span::new(start, start + words.len()))
    }
}

/// Comments are blanked and not cut, so that offsets stay. A constant `#n` is no comment: no blank follows its `#`.
fn blank_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let ends_so = content.ends_with('#').then_some(content.len().saturating_sub(1));
        let at_margin = line.starts_with('#').then_some(0);
        let comment = at_margin
            .or_else(|| content.find("# "))
            .or_else(|| content.find("#\t"))
            .or(ends_so);
        let (code, comment) = line.split_at(comment.unwrap_or(line.len()));
        out.push_str(code);
        out.extend(comment.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    }
    out
}
