//! JAX's pretty printer (`jax/_src/pretty_printer.py`), fed with a stream instead of a tree.
//!
//! A group goes on one line if it fits into what is left of 80 columns, looked at alone; otherwise its own
//! breaks become newlines. The tokens of a group are held back until that is known, which takes at most a line's
//! worth of them, so a program of a million equations is printed in constant memory beside its text.
//!
//! Two departures from Wadler's printer are JAX's own: what follows a group does not count when it is asked
//! whether the group fits, and a newline inside a text counts as one column like any other character.

use crate::ir::CommentStyle;

/// Columns of a line.
const WIDTH: usize = 80;

/// Collects a document and lays it out as it comes.
pub(super) struct Layout {
    out: Lines,
    /// Whether the innermost open group that is decided is laid out flat.
    modes: Vec<bool>,
    /// Tokens from the start of the outermost undecided group on.
    held: Held,
    /// Columns of characters or of UTF-8 bytes.
    measure: Measure,
    indent: usize,
}

/// How wide a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// In characters: the Python printer of releases before 0.6.
    Characters,
    /// In UTF-8 bytes: the C++ printer since.
    Bytes,
}

#[derive(Clone, Copy)]
enum Token {
    /// Length of the text in [`Held::text`].
    Text(usize),
    /// Index into [`Held::annotations`].
    Annotation(usize),
    /// The text of a break when flat, and its indentation when not.
    Break(&'static str, usize),
    Begin,
    End,
}

#[derive(Default)]
struct Held {
    tokens: Vec<Token>,
    text: String,
    annotations: Vec<String>,
    /// Flat width of all tokens, while the first group is undecided.
    width: usize,
    depth: usize,
    /// Whether a break has been seen behind an annotation of the first group, and a further annotation behind it.
    annotated: bool,
    broken_after: bool,
    dense: bool,
}

impl Layout {
    pub(super) fn new(measure: Measure, comments: CommentStyle) -> Self {
        Self {
            out: Lines {
                comments,
                ..Lines::default()
            },
            modes: Vec::new(),
            held: Held::default(),
            measure,
            indent: 0,
        }
    }

    /// A text that is never broken.
    pub(super) fn text(&mut self, text: &str) {
        let width = self.measure.of(text);
        if self.held.tokens.is_empty() {
            self.out.text(text, width);
        } else {
            self.held.text.push_str(text);
            self.held.tokens.push(Token::Text(text.len()));
            self.held.width += width;
            self.decide();
        }
    }

    /// Whether nothing waits for a decision, so that [`Self::flat_group`] may be asked.
    pub(super) fn decided(&self) -> bool {
        self.held.tokens.is_empty()
    }

    /// A group given as the text that it is on one line; printed, and `true`, if it goes on one line here.
    ///
    /// Saves holding back the tokens of what nearly always fits; the caller gives the group itself if it does not.
    pub(super) fn flat_group(&mut self, text: &str) -> bool {
        let width = self.measure.of(text);
        let flat = self.modes.last() == Some(&true) || self.out.column + width <= WIDTH;
        if flat && self.decided() {
            self.out.text(text, width);
        }
        flat && self.decided()
    }

    /// A comment for the end of the line.
    pub(super) fn annotation(&mut self, text: &str) {
        if self.held.tokens.is_empty() {
            self.out.annotations.push(text.to_owned());
            return;
        }
        self.held
            .tokens
            .push(Token::Annotation(self.held.annotations.len()));
        self.held.annotations.push(text.to_owned());
        self.held.dense |= self.held.annotated && self.held.broken_after && !self.out.comments.flat;
        self.held.annotated = true;
        self.decide();
    }

    /// A place where the line may break; `flat` is printed where it does not.
    pub(super) fn brk(&mut self, flat: &'static str) {
        if self.held.tokens.is_empty() {
            match self.modes.last() {
                Some(true) => self.out.text(flat, flat.len()),
                _ => self.out.newline(self.indent),
            }
        } else {
            self.held.tokens.push(Token::Break(flat, self.indent));
            self.held.width += flat.len();
            self.held.broken_after = true;
            self.decide();
        }
    }

    /// Indents the breaks up to the matching [`Self::dedent`] by `columns` more.
    pub(super) fn indent(&mut self, columns: usize) {
        self.indent += columns;
    }

    /// Ends [`Self::indent`].
    pub(super) fn dedent(&mut self, columns: usize) {
        self.indent -= columns;
    }

    /// The laid-out text.
    pub(super) fn finish(mut self) -> String {
        debug_assert!(self.held.tokens.is_empty(), "every group has been closed");
        self.out.finish()
    }

    /// Opens a group, which goes on one line if it fits.
    pub(super) fn begin_group(&mut self) {
        if self.held.tokens.is_empty() && self.modes.last() == Some(&true) {
            self.modes.push(true);
        } else {
            self.held.tokens.push(Token::Begin);
            self.held.depth += 1;
        }
    }

    /// Closes the innermost group.
    pub(super) fn end_group(&mut self) {
        if self.held.tokens.is_empty() {
            self.modes.pop();
            return;
        }
        self.held.tokens.push(Token::End);
        self.held.depth -= 1;
        self.decide();
    }

    /// Lets go of what is held as soon as the first group is known to fit or not to.
    fn decide(&mut self) {
        let room = WIDTH.checked_sub(self.out.column);
        if room.is_none_or(|room| self.held.width > room) || self.held.dense {
            self.break_first();
        } else if self.held.depth == 0 {
            self.flatten();
        }
    }

    fn flatten(&mut self) {
        let mut at = 0;
        for token in &self.held.tokens {
            match *token {
                Token::Text(length) => {
                    let text = &self.held.text[at..at + length];
                    self.out.text(text, self.measure.of(text));
                    at += length;
                }
                Token::Annotation(index) => self
                    .out
                    .annotations
                    .push(std::mem::take(&mut self.held.annotations[index])),
                Token::Break(flat, _) => self.out.text(flat, flat.len()),
                Token::Begin | Token::End => {}
            }
        }
        self.held.clear();
    }

    /// Breaks the first group, and feeds what was held inside it once more.
    fn break_first(&mut self) {
        let held = std::mem::take(&mut self.held);
        let indent = self.indent;
        self.modes.push(false);
        let mut at = 0;
        for token in &held.tokens[1..] {
            match *token {
                Token::Text(length) => {
                    self.text(&held.text[at..at + length]);
                    at += length;
                }
                Token::Annotation(index) => self.annotation(&held.annotations[index]),
                Token::Break(flat, indent) => {
                    self.indent = indent;
                    self.brk(flat);
                }
                Token::Begin => self.begin_group(),
                Token::End => self.end_group(),
            }
        }
        self.indent = indent;
    }
}

impl Held {
    fn clear(&mut self) {
        self.tokens.clear();
        self.text.clear();
        self.annotations.clear();
        self.width = 0;
        self.depth = 0;
        (self.annotated, self.broken_after, self.dense) = (false, false, false);
    }
}

impl Measure {
    fn of(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// The lines so far. Comments are aligned behind the widest line, so they wait until all lines are known.
#[derive(Default)]
struct Lines {
    out: String,
    column: usize,
    annotations: Vec<String>,
    comments: CommentStyle,
    /// Offsets of the ends of annotated lines, their widths, and their comments.
    annotated: Vec<(usize, usize, Vec<String>)>,
    widest: usize,
}

impl Lines {
    fn text(&mut self, text: &str, width: usize) {
        self.out.push_str(text);
        self.column += width;
    }

    fn newline(&mut self, indent: usize) {
        self.end_line();
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn end_line(&mut self) {
        self.widest = self.widest.max(self.column);
        if !self.annotations.is_empty() {
            self.annotated
                .push((self.out.len(), self.column, std::mem::take(&mut self.annotations)));
        }
    }

    fn finish(&mut self) -> String {
        self.end_line();
        if self.annotated.is_empty() {
            return std::mem::take(&mut self.out);
        }
        let mut aligned = String::with_capacity(self.out.len() * 2);
        let mut done = 0;
        for (end, width, comments) in &self.annotated {
            aligned.push_str(&self.out[done..*end]);
            done = *end;
            let mut width = *width;
            for comment in comments {
                if width == usize::MAX {
                    aligned.push_str(if self.comments.joined { "" } else { "\n" });
                    width = 0;
                }
                aligned.extend(std::iter::repeat_n(' ', self.widest - width));
                aligned.push_str(" # ");
                aligned.push_str(comment);
                width = usize::MAX;
            }
        }
        aligned.push_str(&self.out[done..]);
        aligned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(body: impl FnOnce(&mut Layout)) -> String {
        let mut layout = Layout::new(Measure::Characters, CommentStyle::default());
        body(&mut layout);
        layout.finish()
    }

    #[test]
    fn a_group_that_fits_exactly_stays_flat_and_one_column_more_breaks_it() {
        for (columns, expected) in [(78, ' '), (79, '\n')] {
            let text = laid_out(|out| {
                out.begin_group();
                out.text("a");
                out.brk(" ");
                out.text(&"b".repeat(columns));
                out.end_group();
            });
            assert_eq!(text.chars().nth(1), Some(expected), "{columns}");
        }
    }

    #[test]
    fn what_follows_a_group_does_not_break_it() {
        let text = laid_out(|out| {
            out.begin_group();
            out.brk(" ");
            out.end_group();
            out.text(&"c".repeat(100));
        });
        assert_eq!(text, format!(" {}", "c".repeat(100)));
    }

    #[test]
    fn a_broken_group_decides_its_inner_groups_anew() {
        let text = laid_out(|out| {
            out.begin_group();
            out.indent(2);
            out.text("(");
            out.brk("");
            out.begin_group();
            out.text("x");
            out.brk(" ");
            out.text("y");
            out.end_group();
            out.brk(" ");
            out.text(&"z".repeat(90));
            out.dedent(2);
            out.end_group();
        });
        assert_eq!(text, format!("(\n  x y\n  {}", "z".repeat(90)));
    }
}
