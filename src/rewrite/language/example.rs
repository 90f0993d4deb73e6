//! Jaxprs in a rule file: `fires "title" { … }` and `declines "reason" { … }`.

use crate::rewrite::{Example, RuleError};
use crate::span::Span;

/// Reads what stands behind the keyword, which starts at `start` of the file.
///
/// example := ( "fires" | "declines" ) ?space? '"' ?title? '"' ?space? ?jaxpr?
pub(super) fn example(text: &str, start: usize) -> Result<Example, RuleError> {
    let place = |part: &str| {
        let at = start + Span::of(text, part).start as usize;
        Span::new(at, at + part.lines().next().unwrap_or("").len())
    };
    let wrong = |part: &str, message: &str| {
        let help = "write `fires \"what it shows\" { lambda ; a:f32[3]. let … in (b,) }`";
        RuleError::new(place(part), message).help(help)
    };
    let content = text.trim_start();
    let Some(rest) = content.strip_prefix('"') else {
        return Err(wrong(
            content,
            "a title in quotes comes first: what the example shows, or why the rule declines",
        ));
    };
    let Some((title, jaxpr)) = rest.split_once('"').filter(|(title, _)| !title.contains('\n')) else {
        return Err(wrong(content, "the title does not end on its line"));
    };
    if title.trim().is_empty() {
        return Err(wrong(content, "the title says nothing"));
    }
    let jaxpr = jaxpr.trim();
    if !jaxpr.starts_with(['{', 'l']) {
        return Err(wrong(
            if jaxpr.is_empty() { content } else { jaxpr },
            "a jaxpr follows the title",
        ));
    }
    if Braces::of(text).is_open() {
        return Err(wrong(jaxpr, "the jaxpr is not closed before the next clause"));
    }
    let indented = &text[Span::of(text, jaxpr).start as usize..];
    Ok(Example {
        title: title.to_owned(),
        jaxpr: dedent(indented),
    })
}

/// How many braces are open behind an example's title.
#[derive(Clone, Copy, Default)]
pub(super) struct Braces(usize);

impl Braces {
    /// The braces of the text behind `fires` or `declines`.
    pub(super) fn of(text: &str) -> Self {
        let jaxpr = text.splitn(3, '"').nth(2).unwrap_or("");
        Self(jaxpr.bytes().fold(0, |depth, byte| match byte {
            b'{' => depth + 1,
            b'}' => depth.saturating_sub(1),
            _ => depth,
        }))
    }

    /// Whether a line at the margin still belongs to the jaxpr.
    pub(super) fn is_open(self) -> bool {
        self.0 > 0
    }
}

/// A jaxpr in a rule file is indented as a whole; as a print-out it starts at the margin.
fn dedent(text: &str) -> String {
    let mut lines = text.trim_end().lines();
    let first = lines.next().unwrap_or("");
    let rest: Vec<&str> = lines.collect();
    let margin = rest
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len());
    let margin = margin.min().unwrap_or(0).saturating_sub(2);
    let mut out = first.to_owned();
    for line in rest {
        out.push('\n');
        out.push_str(line.get(margin..).unwrap_or(line.trim_start()));
    }
    out.push('\n');
    out
}
