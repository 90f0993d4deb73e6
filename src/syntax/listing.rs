//! Print-outs and jaxprs: everything around equations.

use super::ast::{Ast, Binder, Definition, Jaxpr, Listing, Operand, Slice};
use super::equation;
use super::error::{Fault, Parse, SyntaxError, Unexpected, fail};
use super::lexical::{blank, expect, inline_blank, ty, variable, word};
use super::{MAX_DEPTH, equation::operand};
use crate::span::Span;

/// What the productions share: the tree so far, and what was wrong so far.
pub(super) struct State<'a> {
    pub(super) source: &'a str,
    pub(super) ast: Ast<'a>,
    pub(super) errors: Vec<SyntaxError>,
    pub(super) comments: Vec<&'a str>,
    /// Whether recovery from an error already reported ran to the end of the text.
    pub(super) lost: bool,
    depth: usize,
}

impl<'a> State<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            ast: Ast::default(),
            errors: Vec::new(),
            comments: Vec::new(),
            lost: false,
            depth: 0,
        }
    }

    /// The span from where `start` begins to where `end` begins.
    pub(super) fn between(&self, start: &'a str, end: &'a str) -> Span {
        Span {
            start: Span::of(self.source, start).start,
            end: Span::of(self.source, end).start,
        }
    }

    /// The column, from 0, of the first character of `at`.
    pub(super) fn column(&self, at: &'a str) -> usize {
        let offset = Span::of(self.source, at).start as usize;
        let before = &self.source.as_bytes()[..offset];
        before.iter().rev().take_while(|&&byte| byte != b'\n').count()
    }

    pub(super) fn report(&mut self, fault: Fault<'a>) {
        if self.lost && fault.kind == Unexpected::Truncated {
            return;
        }
        let start = Span::of(self.source, fault.at).start as usize;
        let whole_line = matches!(
            fault.kind,
            Unexpected::NotAJaxpr | Unexpected::TextBefore | Unexpected::TextAfter
        );
        let ends: &[char] = if whole_line { &['\n'] } else { &[' ', '\n', ';'] };
        let length = fault
            .at
            .char_indices()
            .skip(1)
            .find(|(_, c)| ends.contains(c))
            .map_or(fault.at.len(), |(at, _)| at)
            .min(if whole_line { 80 } else { 40 });
        // What stands in front of a print-out in its line ends where that starts.
        let length = match fault.at.find(START) {
            Some(at) if whole_line && at > 0 => length.min(fault.at[..at].trim_end().len()),
            _ => length,
        };
        // What is missing at the end of a line has no width there, and a blank is as wide as it is.
        let length = match fault.at.as_bytes().first() {
            Some(b'\n') => 0,
            Some(b' ') => 1,
            _ => length,
        };
        let end = (start + length).min(self.source.len());
        let end = (end..self.source.len())
            .find(|&end| self.source.is_char_boundary(end))
            .unwrap_or(self.source.len());
        let opened = fault.opened.map(|opened| {
            let start = Span::of(self.source, opened).start as usize;
            Span::new(start, start + 1)
        });
        self.errors.push(SyntaxError {
            span: Span::new(start, end),
            kind: fault.kind,
            opened,
        });
    }

    /// Runs `production` one level deeper, unless that is too deep.
    pub(super) fn nested<T>(
        &mut self,
        input: &'a str,
        production: impl FnOnce(&mut Self, &'a str) -> Parse<'a, T>,
    ) -> Parse<'a, T> {
        if self.depth >= MAX_DEPTH {
            return fail(input, Unexpected::TooDeep);
        }
        self.depth += 1;
        let parsed = production(self, input);
        self.depth -= 1;
        parsed
    }

    pub(super) fn binders_since(&self, start: usize) -> Slice {
        Slice {
            start: start as u32,
            len: (self.ast.binders.len() - start) as u32,
        }
    }
}

/// The fault inside a nom error; productions here never ask for more input.
pub(super) fn fault<'a>(error: &nom::Err<Fault<'a>>) -> Option<Fault<'a>> {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => Some(*fault),
        nom::Err::Incomplete(_) => None,
    }
}

/// How a print-out without definitions starts.
const START: &str = "{ lambda ";

/// file := blank listing { blank listing } blank
pub(super) fn file(state: &mut State<'_>) {
    let mut rest = blank(state, state.source);
    if rest.is_empty() {
        state.report(Fault::new(rest, Unexpected::EmptyFile));
        return;
    }
    while !rest.is_empty() {
        match listing(state, rest) {
            Ok((after, mut read)) => {
                let behind = own_comments(state, after);
                read.span.end = Span::of(state.source, behind).start;
                state.ast.listings.push(read);
                rest = blank(state, behind);
            }
            Err(error) => {
                let next = next_listing(rest);
                if let Some(fault) = fault(&error) {
                    // Text around the print-outs is one mistake, whatever its first words are.
                    let outside = fault.kind == Unexpected::JaxprStart && fault.at.len() == rest.len();
                    let kind = match (outside, state.errors.is_empty() && state.ast.listings.is_empty()) {
                        (true, true) if next.is_empty() && !starts_in_line(rest) => Unexpected::NotAJaxpr,
                        (true, true) => Unexpected::TextBefore,
                        (true, false) => Unexpected::TextAfter,
                        (false, _) => fault.kind,
                    };
                    state.report(Fault { kind, ..fault });
                }
                rest = next;
            }
        }
    }
}

/// Reads the comments that belong to a print-out: those on its last line, and below them where they are indented.
///
/// JAX puts comments at the ends of lines; where a line holds several equations, the further ones stand below.
fn own_comments<'a>(state: &mut State<'a>, input: &'a str) -> &'a str {
    let mut end = input;
    loop {
        let comments = state.comments.len();
        let below = end
            .strip_prefix('\n')
            .filter(|below| end.len() < input.len() && below.starts_with(' '));
        let rest = inline_blank(state, below.unwrap_or(end));
        if state.comments.len() == comments {
            return end;
        }
        end = rest;
    }
}

/// Where the next print-out starts, on a line of its own behind the first of `input`.
/// Whether a print-out starts somewhere in the first line, behind something else.
fn starts_in_line(input: &str) -> bool {
    input.lines().next().is_some_and(|line| line.contains(START))
}

fn next_listing(input: &str) -> &str {
    let starts = input.match_indices('\n').map(|(at, _)| &input[at + 1..]);
    starts
        .into_iter()
        .find(|line| line.starts_with(START) || definition_start(line))
        .unwrap_or(&input[input.len()..])
}

fn definition_start(input: &str) -> bool {
    input
        .strip_prefix("let ")
        .and_then(word)
        .is_some_and(|(after, _)| after.trim_start_matches([' ', '=']).starts_with('{'))
}

/// listing := { definition blank } jaxpr
pub(super) fn listing<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Listing<'a>> {
    let mut definitions = Vec::new();
    let mut rest = input;
    while definition_start(rest) || (rest.starts_with("let ") && !rest.contains("{ lambda ")) {
        let (after, read) = definition(state, rest)?;
        definitions.push(read);
        rest = blank(state, after);
    }
    if !definitions.is_empty() && rest.is_empty() {
        return fail(rest, Unexpected::MainJaxpr);
    }
    let (rest, main) = jaxpr(state, rest)?;
    let span = state.between(input, rest);
    Ok((
        rest,
        Listing {
            definitions,
            main,
            span,
        },
    ))
}

/// definition := "let " word " = " jaxpr blank "in"
fn definition<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Definition<'a>> {
    let (rest, _) = expect(input, "let ", Unexpected::Let)?;
    let Some((rest, name)) = word(rest) else {
        return fail(rest, Unexpected::DefinitionName);
    };
    let (rest, _) = expect(blank(state, rest), "=", Unexpected::DefinitionEquals)?;
    let start = blank(state, rest);
    let (rest, jaxpr) = jaxpr(state, start)?;
    let (rest, _) = expect(blank(state, rest), "in", Unexpected::DefinitionIn)?;
    Ok((rest, Definition { name, jaxpr }))
}

/// jaxpr := "{ lambda " binders ";" binders "." blank "let" ?gap? equations
///     "in" ?gap? results [ effects ] blank "}"
pub(super) fn jaxpr<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Jaxpr<'a>> {
    let parsed = state.nested(input, |state, input| {
        let (rest, _) = expect(input, "{", Unexpected::JaxprStart)?;
        let (rest, _) = expect(blank(state, rest), "lambda", Unexpected::Lambda)?;
        let (rest, consts) = binders(state, rest)?;
        let (rest, _) = expect(rest, ";", Unexpected::ConstsEnd)?;
        let (rest, inputs) = binders(state, rest)?;
        let (rest, _) = expect(rest, ".", Unexpected::InputsEnd)?;
        let (rest, _) = expect(blank(state, rest), "let", Unexpected::Let)?;
        let (rest, equations) = equation::equations(state, rest)?;
        let (rest, _) = expect(rest, "in", Unexpected::In)?;
        let rest = blank(state, rest);
        let (rest, outputs) = results(state, rest)?;
        let (rest, effects) = effects(rest)?;
        let (rest, _) = expect(blank(state, rest), "}", Unexpected::JaxprEnd)?;
        let span = state.between(input, rest);
        Ok((
            rest,
            Jaxpr {
                consts,
                inputs,
                equations,
                outputs,
                effects,
                span,
            },
        ))
    });
    let outermost = state.depth == 0;
    parsed.map_err(|error| error.map(|fault| inside(fault, input, outermost)))
}

/// What a fault inside the jaxpr at `brace` means: where the text ends, it was cut off, whatever was due next.
fn inside<'a>(fault: Fault<'a>, brace: &'a str, outermost: bool) -> Fault<'a> {
    let ended = fault.at.trim_start_matches([' ', '\n']).is_empty();
    let kind = match fault.kind {
        Unexpected::TooDeep => Unexpected::TooDeep,
        Unexpected::JaxprEnd if outermost => Unexpected::JaxprEnd,
        _ if ended => Unexpected::Truncated,
        kind => kind,
    };
    let names_brace = matches!(
        kind,
        Unexpected::JaxprEnd | Unexpected::Truncated | Unexpected::In | Unexpected::ResultsEnd
    );
    let opened = fault.opened.or(names_brace.then_some(brace));
    Fault {
        kind,
        opened,
        ..fault
    }
}

/// effects := " : {" ?effects? "}"
fn effects(input: &str) -> Parse<'_, Option<&str>> {
    let Some(text) = input.strip_prefix(" : {") else {
        return Ok((input, None));
    };
    match text.find('}') {
        Some(end) => Ok((&text[end + 1..], Some(&text[..end]))),
        None => fail(text, Unexpected::EffectsEnd),
    }
}

/// binders := blank [ binder { ?gap? binder } blank ]
fn binders<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Slice> {
    let start = state.ast.binders.len();
    let mut rest = blank(state, input);
    while !rest.starts_with([';', '.']) && !rest.is_empty() {
        if at_let(rest, state.ast.binders[start..].last()) {
            return fail(rest, Unexpected::InputsEnd);
        }
        let (after, read) = binder(rest).map_err(|error| error.map(colonless))?;
        state.ast.binders.push(read);
        rest = blank(state, after);
    }
    if rest.is_empty() {
        return fail(rest, Unexpected::Truncated);
    }
    Ok((rest, state.binders_since(start)))
}

/// `b f32[3]` reads as two binders, of which the second is a type: it is the colon that is missing.
fn colonless(fault: Fault<'_>) -> Fault<'_> {
    let is_type = fault.kind == Unexpected::BinderName && ty(fault.at).is_ok_and(|(_, ty)| ty.contains('['));
    let kind = if is_type {
        Unexpected::BinderColon
    } else {
        fault.kind
    };
    Fault { kind, ..fault }
}

/// Whether the equations follow although no `.` ended the inputs; untyped variables may be called `let` too.
fn at_let(input: &str, last: Option<&Binder<'_>>) -> bool {
    let Some(rest) = input.strip_prefix("let") else {
        return false;
    };
    match last {
        Some(last) => last.ty.is_some() && rest.starts_with([' ', '\n']),
        None => rest.starts_with('\n') || rest.starts_with("  in ("),
    }
}

/// binder := variable [ ":" ty ]
pub(super) fn binder(input: &str) -> Parse<'_, Binder<'_>> {
    let Some((rest, name)) = variable(input) else {
        return fail(input, Unexpected::BinderName);
    };
    match rest.strip_prefix(':') {
        Some(rest) => {
            let (rest, ty) = ty(rest)?;
            Ok((rest, Binder { name, ty: Some(ty) }))
        }
        None if rest.starts_with([' ', '\n', ';', '.', ',', '#']) => Ok((rest, Binder { name, ty: None })),
        None => fail(rest, Unexpected::BinderName),
    }
}

/// results := "(" [ operand "," [ ?gap? operand { "," ?gap? operand } ] ] ")"
fn results<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Slice> {
    let (rest, _) = expect(input, "(", Unexpected::ResultsStart)?;
    let mut read: Vec<Operand<'a>> = Vec::new();
    let mut rest = blank(state, rest);
    let mut comma = true;
    while !rest.starts_with(')') {
        if rest.is_empty() || rest.starts_with('}') {
            return fail(rest, Unexpected::ResultsEnd);
        }
        if !comma {
            return fail(rest, Unexpected::ResultsComma);
        }
        let (after, operand) = operand(rest)?;
        read.push(operand);
        comma = after.starts_with(',');
        rest = blank(state, after.strip_prefix(',').unwrap_or(after));
    }
    if read.len() == 1 && !comma {
        return fail(rest, Unexpected::SingleResultComma);
    }
    Ok((&rest[1..], equation::push_operands(state, read)))
}
