//! Equations: lists of them, their binders and operands, and how to go on behind one that is broken.

use super::ast::{Equation, Operand, ParamList, Reference, Slice};
use super::error::{Fault, Parse, Unexpected, fail};
use super::indexer::{self, reference_equation};
use super::lexical::{balanced, blank, expect, inline_blank, is_literal_word, primitive, ty, variable, word};
use super::listing::{State, binder, fault};
use super::parameter::param_list;

/// equations := [ equation { ( blank ";" blank | { " " } [ comment ] "\n" ?margin? ) equation } ?gap? ]
pub(super) fn equations<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Vec<Equation<'a>>> {
    let mut read = Vec::new();
    let mut rest = blank(state, input);
    let base = state.column(rest);
    while !at_in(rest) {
        if rest.is_empty() {
            return fail(rest, Unexpected::Truncated);
        }
        if rest.starts_with(['}', ')', '(']) {
            return missing_in(rest, read.last(), &state.ast.operands);
        }
        match equation(state, rest, base) {
            Ok((after, equation)) => {
                read.push(equation);
                rest = after;
            }
            Err(error) => {
                let Some(fault) = fault(&error) else { break };
                if matches!(fault.kind, Unexpected::TooDeep | Unexpected::Truncated) {
                    return Err(nom::Err::Failure(fault));
                }
                rest = next_equation(rest, base);
                if rest.is_empty() && !fault.at.trim_end().contains(['\n', '}']) {
                    return fail(rest, Unexpected::Truncated);
                }
                state.lost |= rest.is_empty();
                state.report(fault);
            }
        }
        rest = blank(state, rest);
        rest = blank(state, rest.strip_prefix(';').unwrap_or(rest));
    }
    Ok((rest, read))
}

/// The jaxpr closes without results, or its results without `in`. `in b` has been read as an equation.
fn missing_in<'a, T>(input: &'a str, last: Option<&Equation<'a>>, operands: &[Operand<'a>]) -> Parse<'a, T> {
    let word = last.filter(|last| last.primitive == "in" && last.outputs.len == 0);
    match word.and_then(|last| operands.get(last.inputs.indices().start)) {
        Some(result) => fail(result.text, Unexpected::ResultsStart),
        None => fail(input, Unexpected::In),
    }
}

/// Whether the results follow; a variable may be called `in` too.
fn at_in(input: &str) -> bool {
    input
        .strip_prefix("in")
        .is_some_and(|rest| rest.trim_start_matches([' ', '\n']).starts_with('('))
}

/// Skips a broken equation: to the next line that is indented no deeper than `base`, or the next `;`.
fn next_equation(input: &str, base: usize) -> &str {
    let line_end = input.find('\n').unwrap_or(input.len());
    let line = &input[..line_end];
    let results = line.find(" in (").map(|at| at + 1);
    if let Some(stop) = line.find("; ").into_iter().chain(results).min() {
        return &input[stop..];
    }
    let lines = input.match_indices('\n').map(|(at, _)| &input[at + 1..]);
    for line in lines {
        let text = line.trim_start_matches(' ');
        let closes = text.starts_with(']') || text.starts_with(')');
        if line.len() - text.len() <= base && !text.is_empty() && !text.starts_with('\n') && !closes {
            return text;
        }
    }
    &input[input.len()..]
}

/// equation := [ [ outputs ?gap? ] "= " ] primitive [ param_list ] operands
///     | reference_equation
fn equation<'a>(state: &mut State<'a>, input: &'a str, base: usize) -> Parse<'a, Equation<'a>> {
    if indexer::starts_reference(input) {
        return reference_equation(state, input, Slice::default());
    }
    let (rest, outputs) = outputs(state, input, base)?;
    if rest.starts_with("<-") || rest.starts_with("+=") || rest.starts_with(", ") {
        return reference_equation(state, input, outputs);
    }
    let rest = match rest.strip_prefix('=') {
        Some(after) => {
            state.ast.bare_equals |= outputs.len == 0;
            let rest = blank(state, after);
            // The name of a primitive carries no type, so this is the next equation.
            if variable(rest).is_some_and(|(after, _)| after.starts_with(':')) {
                return fail(after, Unexpected::Primitive);
            }
            rest
        }
        None if outputs.len == 0 => rest,
        None => return fail(rest, Unexpected::Equals),
    };
    if rest.starts_with("...") {
        return fail(rest, Unexpected::Elided);
    }
    let (rest, primitive) = primitive(rest)?;
    let (rest, params) = match rest.strip_prefix('[') {
        Some(inside) => param_list(state, inside)?,
        None => (rest, ParamList::Absent),
    };
    if !rest.is_empty() && !rest.starts_with([' ', '\n', ';', '#']) {
        return fail(rest, Unexpected::SpaceBeforeOperands);
    }
    let (rest, inputs) = match operands(state, rest, base) {
        Err(error) if outputs.len == 0 => return Err(error.map(untyped_binder)),
        read => read?,
    };
    let span = state.between(input, rest);
    Ok((
        rest,
        Equation {
            outputs,
            primitive,
            params,
            inputs,
            reference: None,
            span,
        },
    ))
}

/// `b f32[3] = exp a` reads as a primitive `b` until its type: then it is the colon that is missing.
fn untyped_binder(fault: Fault<'_>) -> Fault<'_> {
    let is_type = fault.kind == Unexpected::Operand
        && ty(fault.at).is_ok_and(|(after, text)| text.contains('[') && after.starts_with(" = "));
    let kind = if is_type {
        Unexpected::BinderColon
    } else {
        fault.kind
    };
    Fault { kind, ..fault }
}

/// outputs := variable ":" ty { ?gap? variable ":" ty } | variable { ?gap? variable }
///
/// The binders before `=`. None are read where the equation starts with its primitive.
fn outputs<'a>(state: &mut State<'a>, input: &'a str, base: usize) -> Parse<'a, Slice> {
    let start = state.ast.binders.len();
    let mut rest = input;
    let typed = variable(input).is_some_and(|(after, _)| after.starts_with(':'));
    if !typed && !untyped_outputs(state, input, base) {
        return Ok((input, Slice::default()));
    }
    while !rest.starts_with(['=', ',']) && !rest.starts_with("<-") {
        // A primitive here means that the equals sign was forgotten.
        if typed && variable(rest).is_none_or(|(after, _)| !after.starts_with(':')) {
            return fail(rest, Unexpected::Equals);
        }
        let (after, binder) = binder(rest)?;
        state.ast.binders.push(binder);
        rest = blank(state, after);
    }
    Ok((rest, state.binders_since(start)))
}

/// Whether names and `=` follow: binders under `print_shapes=False`, or ` = prim` (JAX ≤ 0.4.13).
fn untyped_outputs<'a>(state: &State<'a>, input: &'a str, base: usize) -> bool {
    let mut rest = input;
    loop {
        if rest.starts_with("= ") || rest.starts_with("<- ") {
            return true;
        }
        match variable(rest) {
            Some((after, _)) if after.starts_with(", ") => return true,
            Some((after, _)) if after.starts_with([' ', '\n']) => {
                rest = after.trim_start_matches([' ', '\n']);
                let newline = after[..after.len() - rest.len()].contains('\n');
                // A line that is not indented deeper is another equation, and this one is a lone primitive. So is
                // one that starts with `=`, which JAX ≤ 0.4.13 prints behind one blank more.
                if newline && (rest.starts_with('=') || state.column(rest) <= base) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// operands := { ?gap? operand }
///
/// They stand on the equation's line or on lines indented deeper than `base`.
fn operands<'a>(state: &mut State<'a>, input: &'a str, base: usize) -> Parse<'a, Slice> {
    let start = state.ast.operands.len() as u32;
    let mut rest = inline_blank(state, input);
    loop {
        if rest.is_empty() || rest.starts_with(';') || at_in(rest) {
            break;
        }
        if rest.starts_with('\n') {
            let next = blank(state, rest);
            if next.is_empty() || next.starts_with([';', '=']) || state.column(next) <= base || at_in(next) {
                break;
            }
            rest = next;
        }
        if rest.starts_with([']', '}', ')']) {
            break;
        }
        let (after, read) = operand(rest)?;
        if !after.is_empty() && !after.starts_with([' ', '\n', ';', '#']) {
            return fail(after, Unexpected::EquationEnd);
        }
        state.ast.operands.push(read);
        rest = inline_blank(state, after);
    }
    Ok((
        rest,
        Slice {
            start,
            len: state.ast.operands.len() as u32 - start,
        },
    ))
}

pub(super) fn push_operands<'a>(state: &mut State<'a>, read: Vec<Operand<'a>>) -> Slice {
    let start = state.ast.operands.len() as u32;
    let len = read.len() as u32;
    state.ast.operands.extend(read);
    Slice { start, len }
}

/// operand := variable | literal
pub(super) fn operand(input: &str) -> Parse<'_, Operand<'_>> {
    match word(input) {
        Some((rest, text)) if !rest.starts_with(':') && !rest.starts_with('.') => match variable(text) {
            Some(("", _)) => Ok((
                rest,
                Operand {
                    text,
                    ty: None,
                    literal: false,
                },
            )),
            _ if is_literal_word(text) => Ok((
                rest,
                Operand {
                    text,
                    ty: None,
                    literal: true,
                },
            )),
            _ => fail(input, Unexpected::Operand),
        },
        Some((rest, text)) if rest.starts_with(':') && !is_literal_word(text) => {
            fail(input, Unexpected::TypedVariable)
        }
        _ => literal(input),
    }
}

/// literal := ?number? [ ":" ty ]
fn literal(input: &str) -> Parse<'_, Operand<'_>> {
    let end = literal_end(input);
    let text = &input[..end];
    if text == "..." {
        return fail(input, Unexpected::Elided);
    }
    if text.is_empty()
        || !(text.starts_with(|c: char| c.is_ascii_digit() || "-([".contains(c)) || word(text).is_some())
    {
        return fail(input, Unexpected::Operand);
    }
    let (rest, _) = match input[end..].strip_prefix(':') {
        None => {
            return Ok((
                &input[end..],
                Operand {
                    text,
                    ty: None,
                    literal: true,
                },
            ));
        }
        Some(_) => expect(&input[end..], ":", Unexpected::Type)?,
    };
    let (rest, ty) = ty(rest)?;
    Ok((
        rest,
        Operand {
            text,
            ty: Some(ty),
            literal: true,
        },
    ))
}

/// A number goes on to white space, `;`, `,`, `:` or a closing bracket that it did not open.
fn literal_end(input: &str) -> usize {
    let bytes = input.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => match balanced(&input[at..]) {
                Some(length) => at += length,
                None => return at,
            },
            b' ' | b'\n' | b';' | b',' | b':' | b'#' | b')' | b']' | b'}' => break,
            _ => at += 1,
        }
    }
    at
}

/// A reference equation as the tree holds it.
pub(super) fn reference<'a>(
    state: &mut State<'a>,
    span_start: &'a str,
    rest: &'a str,
    outputs: Slice,
    primitive: &'static str,
    inputs: Vec<Operand<'a>>,
    indices: &'a str,
) -> Equation<'a> {
    let span = state.between(span_start, rest);
    let inputs = push_operands(state, inputs);
    let reference = Some(Reference { indices });
    Equation {
        outputs,
        primitive,
        params: ParamList::Absent,
        inputs,
        reference,
        span,
    }
}
