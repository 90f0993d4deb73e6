//! From the bytes of a file to checked programs, or to everything that is wrong with them.
//!
//! The one way in for every command: decode, clean, parse, lower, check types. Nothing here reads files.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::diagnostics::{self, Diagnostic};
use crate::ir::{Program, ValueId};
use crate::lower::{LowerError, LowerErrorKind, lower};
use crate::schema::{self, Place, TypeDisagreement, Version};
use crate::span::Span;
use crate::syntax::{self, Foreign, SyntaxError, Unexpected};

/// More type errors than this are not looked into: each takes a walk through the tree to find its place.
const MOST_TYPES: usize = 64;

/// A file whose programs are sound.
#[derive(Debug)]
pub struct Loaded {
    /// The text that spans point into: without colours, with `\n` line ends.
    pub text: String,
    /// Whether all lines of the file end in `\r\n`.
    pub crlf: bool,
    /// The print-outs, in order.
    pub units: Vec<Unit>,
}

/// One print-out of a file.
#[derive(Debug)]
pub struct Unit {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub program: Program,
}

/// A file that cannot be used.
#[derive(Debug)]
pub struct Broken {
    /// The text that the diagnostics point into, if the bytes are a text.
    pub text: String,
    /// Everything that is wrong, in the order of the text; at least one.
    pub diagnostics: Vec<Diagnostic>,
}

/// A fault of a file as a whole, which points at no place in it.
impl From<Diagnostic> for Broken {
    fn from(diagnostic: Diagnostic) -> Self {
        broken(String::new(), vec![diagnostic])
    }
}

/// Reads the bytes of the file called `name`.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn load(name: &str, bytes: &[u8]) -> Result<Loaded, Broken> {
    let raw = match std::str::from_utf8(bytes) {
        Ok(raw) => raw,
        Err(error) => {
            let diagnostic = diagnostics::not_utf8(name, bytes, error.valid_up_to());
            return Err(broken(String::new(), vec![diagnostic]));
        }
    };
    if raw.contains('\0') {
        let diagnostic = diagnostics::not_utf8(name, bytes, 0);
        return Err(broken(String::new(), vec![diagnostic]));
    }
    let text = syntax::clean(raw);
    if text.trim().is_empty() {
        return Err(broken(String::new(), vec![diagnostics::empty_file(name)]));
    }
    match programs(&text) {
        Ok(units) => Ok(Loaded {
            crlf: has_crlf(raw),
            units,
            text: text.into_owned(),
        }),
        Err(diagnostics) => Err(broken(text.into_owned(), diagnostics)),
    }
}

impl Loaded {
    /// The file with each print-out replaced by the text given for it; what stands between them stays.
    pub fn assemble(&self, texts: &[Cow<'_, str>]) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (unit, text) in self.units.iter().zip(texts) {
            let before = &self.text[done..unit.span.start as usize];
            // A new text starts at the margin, as its further lines do, and not where the old one was indented to.
            let margin = before.trim_end_matches([' ', '\t']);
            let is_indented = margin.is_empty() && done == 0 || margin.ends_with('\n');
            let is_new = &**text != unit.span.text(&self.text);
            out.push_str(if is_indented && is_new { margin } else { before });
            out.push_str(text.trim_end_matches('\n'));
            done = unit.span.end as usize;
        }
        out.push_str(&self.text[done..]);
        if !out.ends_with('\n') && texts.iter().any(|text| text.ends_with('\n')) {
            out.push('\n');
        }
        out
    }

    /// The newest JAX release that may have printed all of the file.
    pub fn dialect(&self) -> Option<Version> {
        let newest = self.units.iter().map(|unit| schema::detect(&unit.program).until);
        newest.min()
    }

    /// A text as the file would hold it, with its line ends.
    pub fn with_line_ends<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.crlf {
            Cow::Owned(text.replace('\n', "\r\n"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

fn broken(text: String, diagnostics: Vec<Diagnostic>) -> Broken {
    Broken { text, diagnostics }
}

fn has_crlf(raw: &str) -> bool {
    let newlines = raw.bytes().filter(|&byte| byte == b'\n').count();
    newlines > 0 && raw.matches("\r\n").count() == newlines
}

fn programs(text: &str) -> Result<Vec<Unit>, Vec<Diagnostic>> {
    let (ast, syntax_errors) = syntax::parse(text);
    if let Some(diagnostic) = foreign(text, &syntax_errors) {
        return Err(vec![diagnostic]);
    }
    let (programs, name_errors) = lower(text, &ast);
    let spoken = |error: &SyntaxError| (error.span, diagnostics::syntax(error, text));
    let mut found: Vec<(Span, Diagnostic)> = syntax_errors.iter().map(spoken).collect();
    for (listing, program) in ast.listings.iter().zip(&programs) {
        // Names that a broken equation would have bound are not the user's second mistake, nor are their types.
        let sound = !syntax_errors.iter().any(|error| covers(listing.span, error.span));
        let names = name_errors
            .iter()
            .filter(|error| covers(listing.span, error.span));
        // A definition that cannot be read is not missing.
        let mistaken = |error: &LowerError| match error.kind {
            LowerErrorKind::Params(_) => true,
            LowerErrorKind::UnknownDefinition { .. } => syntax_errors.is_empty(),
            _ => sound,
        };
        let names = first_of_each(names.filter(|error| mistaken(error)));
        if sound && names.is_empty() {
            let types = causes(program, schema::check(program))
                .into_iter()
                .take(MOST_TYPES);
            found.extend(types.map(|wrong| {
                let diagnostic = diagnostics::type_disagreement(&wrong, program, &ast, text);
                (program.span(wrong.eqn), diagnostic)
            }));
        }
        let spoken = names
            .iter()
            .map(|error| (error.span, diagnostics::name(error, text)));
        found.extend(spoken);
    }
    found.sort_by_key(|&(span, _)| span);
    if !found.is_empty() {
        return Err(found.into_iter().map(|(_, diagnostic)| diagnostic).collect());
    }
    let spans = ast.listings.iter().map(|listing| listing.span);
    let units = spans.zip(programs).map(|(span, program)| Unit { span, program });
    Ok(units.collect())
}

/// Leaves out repetitions: a definition that is missing is missed at each of its uses.
fn first_of_each<'e>(errors: impl Iterator<Item = &'e LowerError>) -> Vec<&'e LowerError> {
    let mut missing = FxHashSet::default();
    errors
        .filter(|error| match &error.kind {
            LowerErrorKind::UnknownDefinition { name, .. } => missing.insert(name.as_str()),
            _ => true,
        })
        .collect()
}

/// Leaves out what follows from another mistake: equations that read a variable whose type is wrong, and calls
/// whose body has a mistake of its own.
fn causes(program: &Program, found: Vec<TypeDisagreement>) -> Vec<TypeDisagreement> {
    let wrong_binders: FxHashSet<ValueId> = found
        .iter()
        .filter_map(|wrong| match wrong.place {
            Place::Output(index) => program.outputs(wrong.eqn).get(index).copied(),
            _ => None,
        })
        .collect();
    let spans: Vec<Span> = found
        .iter()
        .take(MOST_TYPES)
        .map(|wrong| program.span(wrong.eqn))
        .collect();
    let follows = |wrong: &TypeDisagreement| {
        let span = program.span(wrong.eqn);
        let mut inputs = program.inputs(wrong.eqn).iter().filter_map(|atom| atom.value());
        inputs.any(|value| wrong_binders.contains(&value))
            || spans.iter().any(|&other| other != span && covers(span, other))
    };
    // The first one of the innermost jaxpr follows from none, so something is always left.
    found.into_iter().filter(|wrong| !follows(wrong)).collect()
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// A file without any print-out that is something else.
fn foreign(text: &str, errors: &[SyntaxError]) -> Option<Diagnostic> {
    let [SyntaxError { kind, span, .. }] = errors else {
        return None;
    };
    let foreign = syntax::recognize(text)?;
    match (kind, foreign) {
        (Unexpected::NotAJaxpr, _) => Some(diagnostics::foreign(foreign, *span)),
        // JSON starts with a brace too.
        (Unexpected::Lambda | Unexpected::Truncated, Foreign::Json) => {
            Some(diagnostics::foreign(foreign, Span::new(0, 1)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str =
        "# first\n{ lambda ; a:f32[]. let  in (a,) }\n\n# second\n{ lambda ; a:f32[]. let  in (a,) }";

    #[test]
    fn what_stands_between_print_outs_stays() {
        let loaded = load("two", TWO.as_bytes()).expect("both are sound");
        assert_eq!(loaded.units.len(), 2);
        let same: Vec<Cow<'_, str>> = loaded
            .units
            .iter()
            .map(|unit| unit.span.text(&loaded.text).into())
            .collect();
        assert_eq!(loaded.assemble(&same), TWO);
        let other = [Cow::Borrowed("A\n"), Cow::Borrowed("B\n")];
        assert_eq!(loaded.assemble(&other), "# first\nA\n\n# second\nB\n");
    }

    #[test]
    fn a_new_text_starts_at_the_margin_and_an_old_one_where_it_stood() {
        let text = "  { lambda ; a:f32[]. let  in (a,) }\n# second\n    { lambda ; a:f32[]. let  in (a,) }\n";
        let loaded = load("two", text.as_bytes()).expect("both are sound");
        let old = |index: usize| Cow::Borrowed(loaded.units[index].span.text(&loaded.text));
        assert_eq!(loaded.assemble(&[old(0), old(1)]), text);
        let new = loaded.assemble(&["A\n".into(), "B\n".into()]);
        assert_eq!(new, "A\n# second\nB\n");
    }

    #[test]
    fn windows_line_ends_come_back() {
        let raw = TWO.replace('\n', "\r\n");
        let loaded = load("two", raw.as_bytes()).expect("both are sound");
        assert_eq!(loaded.with_line_ends(&loaded.text), raw);
    }
}
