//! Diagnostics as text, with the lines that they are about.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::{Diagnostic, Label, Severity};
use crate::span::{LineIndex, Position, Span};

/// What line numbers and the frame take of the width.
const FRAME: usize = 12;

/// A text that diagnostics point into.
pub struct Source<'a> {
    name: &'a str,
    text: &'a str,
    lines: LineIndex<'a>,
}

impl<'a> Source<'a> {
    /// A text and what to call it.
    pub fn new(name: &'a str, text: &'a str) -> Self {
        Self {
            name,
            text,
            lines: LineIndex::new(text),
        }
    }

    /// What the text is called.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Where a span starts; a place at the end of the text is the end of its last line that is not empty.
    pub fn position(&self, span: Span) -> Position {
        self.lines.position(self.anchor(span).start)
    }

    /// The span as it can be shown: on one line, and not behind the last line.
    fn anchor(&self, span: Span) -> Span {
        let end = self.text.trim_end().len() as u32;
        let start = span.start.min(end);
        let line_end = self.text[start as usize..]
            .find('\n')
            .map_or(self.text.len(), |at| start as usize + at);
        Span {
            start,
            end: span.end.clamp(start, line_end as u32),
        }
    }
}

/// A diagnostic with colours, `width` columns wide.
pub(crate) fn render(diagnostic: &Diagnostic, source: Option<&Source<'_>>, width: usize) -> String {
    let styles = ThemeStyles::ansi();
    draw(diagnostic, source, width, styles)
}

/// A diagnostic without colours.
pub fn render_plain(diagnostic: &Diagnostic, source: Option<&Source<'_>>, width: usize) -> String {
    draw(diagnostic, source, width, ThemeStyles::none())
}

fn draw(diagnostic: &Diagnostic, source: Option<&Source<'_>>, width: usize, styles: ThemeStyles) -> String {
    let characters = ThemeCharacters::unicode();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(width)
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(1)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation);
    let excerpt = source
        .filter(|_| !diagnostic.labels.is_empty())
        .map(|source| Excerpt::new(source, diagnostic, width.saturating_sub(FRAME).max(FRAME)));
    let report = Report { diagnostic, excerpt };
    let mut out = String::new();
    match handler.render_report(&mut out, &report) {
        Ok(()) => out,
        // The message matters more than its frame.
        Err(fmt::Error) => format!("{}: {}\n", diagnostic.code, diagnostic.message),
    }
}

/// The lines of a source that a diagnostic needs, overlong ones cut.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    /// Offset of each line of `text`.
    starts: Vec<usize>,
    /// Number of the first line, from 0.
    first_line: usize,
    labels: Vec<Shown>,
    /// Longer lines are cut to a window around the place: a wrapped line would tear it from its marks.
    longest: usize,
}

/// A label in an excerpt.
#[derive(Clone, Debug)]
struct Shown {
    span: SourceSpan,
    text: String,
    /// Where it stands in the source itself.
    position: Position,
}

impl Excerpt {
    fn new(source: &Source<'_>, diagnostic: &Diagnostic, longest: usize) -> Self {
        let anchored: Vec<(Span, Position, &Label)> = diagnostic
            .labels
            .iter()
            .map(|label| {
                let span = source.anchor(label.span);
                (span, source.lines.position(span.start), label)
            })
            .collect();
        let lines = anchored
            .iter()
            .map(|&(_, position, _)| position.line as usize - 1);
        let first_line = lines.clone().min().unwrap_or(0).saturating_sub(1);
        let last_line = lines.max().unwrap_or(0) + 1;
        let shown = anchored.iter().map(|&(_, position, label)| Shown {
            span: SourceSpan::from(0..0),
            text: label.text.clone(),
            position,
        });
        let mut excerpt = Self {
            name: source.name.to_owned(),
            text: String::new(),
            starts: Vec::new(),
            first_line,
            labels: shown.collect(),
            longest,
        };
        let start = source.lines.line_start(first_line);
        for (number, line) in source.text[start..]
            .trim_end_matches('\n')
            .split('\n')
            .enumerate()
            .take(last_line - first_line + 1)
        {
            let here: Vec<(usize, usize, &Label)> = anchored
                .iter()
                .enumerate()
                .filter(|(_, (_, position, _))| position.line as usize == first_line + number + 1)
                .map(|(index, (_, position, label))| (index, position.column as usize - 1, *label))
                .collect();
            excerpt.push_line(source, line, &here);
        }
        excerpt
    }

    /// Adds a line and the labels that stand on it, each with its column.
    fn push_line(&mut self, source: &Source<'_>, line: &str, labels: &[(usize, usize, &Label)]) {
        let start = self.text.len();
        self.starts.push(start);
        let characters = line.chars().count();
        let first = labels.iter().map(|&(_, column, _)| column).min().unwrap_or(0);
        let cut = if characters > self.longest {
            first.saturating_sub(self.longest / 2)
        } else {
            0
        };
        let kept: String = line.chars().skip(cut).take(self.longest).collect();
        let lead = if cut > 0 { "…" } else { "" };
        self.text.push_str(lead);
        let kept_start = self.text.len();
        self.text.push_str(&kept);
        let kept_end = self.text.len();
        if cut + self.longest < characters {
            self.text.push('…');
        }
        self.text.push('\n');
        for &(index, column, label) in labels {
            let length = source.anchor(label.span).text(source.text).len();
            let before: usize = kept.chars().take(column - cut).map(char::len_utf8).sum();
            let from = (kept_start + before).min(kept_end);
            let to = (from + length).min(kept_end);
            self.labels[index].span = SourceSpan::from(from..to);
        }
    }
}

impl miette::SourceCode for Excerpt {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let line_of = |offset: usize| {
            self.starts
                .partition_point(|&start| start <= offset)
                .saturating_sub(1)
        };
        let (first, last) = (line_of(span.offset()), line_of(span.offset() + span.len()));
        // Without context lines the place of a label is asked for, and that is its place in the source.
        let label = self
            .labels
            .iter()
            .find(|label| before == 0 && after == 0 && label.span == *span);
        let column = label.map_or(0, |label| label.position.column as usize - 1);
        let first = first.saturating_sub(before);
        let start = self.starts[first];
        let end = self
            .starts
            .get(last + after + 1)
            .copied()
            .unwrap_or(self.text.len());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[start..end],
            SourceSpan::from(start..end),
            self.first_line + first,
            column,
            last - first + 1,
        )))
    }
}

/// A diagnostic as miette wants it.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        Some(Box::new(&self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.excerpt
            .as_ref()
            .map(|excerpt| excerpt as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        let labels = excerpt
            .labels
            .iter()
            .enumerate()
            .map(|(index, Shown { span, text, .. })| {
                let text = Some(text.clone()).filter(|text| !text.is_empty());
                if index == 0 {
                    LabeledSpan::new_primary_with_span(text, *span)
                } else {
                    LabeledSpan::new_with_span(text, *span)
                }
            });
        Some(Box::new(labels))
    }
}
