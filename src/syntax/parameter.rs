//! Parameter lists: where each value ends, which for unquoted text is a matter of the layout.

use super::ast::{JaxprRef, Param, ParamList, Value};
use super::error::{Fault, Parse, Unexpected, fail, unclosed};
use super::lexical::{angled, balanced, blank, opens_quote, quoted, word};
use super::listing::{State, jaxpr};
use super::value;

/// param_list := "[" [ ?gap? ] [ param { ?gap? param } [ ?gap? ] ] "]"
///
/// The opening bracket has been read.
pub(super) fn param_list<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, ParamList<'a>> {
    if let Some(length) = plain(input) {
        return Ok((&input[length + 1..], ParamList::Text(&input[..length])));
    }
    let (rest, read) = params(state, input)?;
    match rest.strip_prefix(']') {
        Some(rest) => Ok((rest, ParamList::Parsed(read))),
        None => fail(rest, Unexpected::ParamsEnd),
    }
}

/// Length up to the closing bracket of a list without jaxprs, quotes, reprs and comments: nearly all lists.
fn plain(input: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in input.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b']' if depth == 0 => return Some(at),
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'{' | b'}' | b'\'' | b'"' | b'<' | b'#' => return None,
            _ => {}
        }
    }
    None
}

/// Takes apart the text of a [`ParamList::Text`], which must be a slice of `source`.
///
/// # Errors
/// The first thing in it that is not `key=value`.
pub(crate) fn parameters<'a>(source: &'a str, text: &'a str) -> Result<Vec<Param<'a>>, super::SyntaxError> {
    let mut state = State::new(source);
    // The closing bracket stands right behind the text and ends the last value.
    let start = crate::span::Span::of(source, text).start as usize;
    match params(&mut state, &source[start..=start + text.len()]) {
        Ok((_, read)) => Ok(read),
        Err(error) => {
            if let Some(fault) = super::listing::fault(&error) {
                state.report(fault);
            }
            let span = crate::span::Span::of(source, text);
            Err(state.errors.pop().unwrap_or(super::SyntaxError {
                span,
                kind: Unexpected::ParamsEnd,
                opened: None,
            }))
        }
    }
}

/// Where values end.
#[derive(Clone, Copy)]
enum Layout {
    /// All on one line: at a blank and a key, or at the bracket.
    Flat,
    /// One to a line: where a line starts with exactly this indentation and a key, or closes the list.
    Broken(usize),
}

fn params<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Vec<Param<'a>>> {
    let broken = input.trim_start_matches(' ').starts_with(['\n', '#']);
    let mut rest = blank(state, input);
    let layout = if broken {
        Layout::Broken(state.column(rest))
    } else {
        Layout::Flat
    };
    let mut read = Vec::new();
    let bracket = bracket(state, input);
    while !rest.starts_with(']') {
        if !belongs(state, rest, layout) {
            return unclosed(rest, Unexpected::ParamsEnd, bracket);
        }
        let (after, param) = match param(state, rest, layout) {
            Err(error) => return Err(error.map(|fault| with_bracket(fault, bracket))),
            read => read?,
        };
        read.push(param);
        rest = blank(state, after);
    }
    Ok((rest, read))
}

/// The opening bracket that stands before `input`.
fn bracket<'a>(state: &State<'a>, input: &'a str) -> &'a str {
    let start = crate::span::Span::of(state.source, input).start as usize;
    &state.source[start.saturating_sub(1)..]
}

/// A list that does not end is wrong at its bracket.
fn with_bracket<'a>(fault: Fault<'a>, bracket: &'a str) -> Fault<'a> {
    let opened = match fault.kind {
        Unexpected::ParamsEnd => fault.opened.or(Some(bracket)),
        _ => fault.opened,
    };
    Fault { opened, ..fault }
}

/// Whether another parameter can stand here: not where a line starts further left than the first one.
fn belongs(state: &State<'_>, input: &str, layout: Layout) -> bool {
    match layout {
        _ if input.is_empty() => false,
        Layout::Flat => true,
        Layout::Broken(indent) => starts_param(input) || state.column(input) >= indent,
    }
}

/// param := word "=" param_value
fn param<'a>(state: &mut State<'a>, input: &'a str, layout: Layout) -> Parse<'a, Param<'a>> {
    let Some((rest, key)) = word(input) else {
        let kind = if input.is_empty() {
            Unexpected::ParamsEnd
        } else {
            Unexpected::ParamKey
        };
        return fail(input, kind);
    };
    let Some(rest) = rest.strip_prefix('=') else {
        return fail(rest, Unexpected::ParamEquals);
    };
    let (rest, value) = param_value(state, rest, layout)?;
    Ok((rest, Param { key, value }))
}

/// param_value := jaxpr | jaxprs | python | ?unquoted?
fn param_value<'a>(state: &mut State<'a>, input: &'a str, layout: Layout) -> Parse<'a, Value<'a>> {
    if input.starts_with("{ lambda ") {
        let (rest, read) = jaxpr(state, input)?;
        return Ok((rest, Value::Jaxpr(Box::new(read))));
    }
    if starts_jaxprs(input) {
        let (comments, errors) = (state.comments.len(), state.errors.len());
        match jaxprs(state, input) {
            // Commas make it a tuple that `str()` printed, which may start with a jaxpr as well.
            Err(nom::Err::Failure(fault)) if fault.at.starts_with(',') => {
                state.comments.truncate(comments);
                state.errors.truncate(errors);
            }
            read => return read,
        }
    }
    if let Some(read) = value_with_listing(state, input, layout) {
        return read;
    }
    let length = match text_length(input, layout) {
        Some(length) => Some(length),
        // A message for people may hold any bracket, but does not start as a tuple of numbers.
        None if starts_numbers(input) => return unclosed(input, Unexpected::ParamValue, input),
        None => fallback_length(input, layout),
    };
    match length {
        Some(length) => Ok((&input[length..], value::whole(&input[..length]))),
        None => fail(input, Unexpected::ParamsEnd),
    }
}

/// A value that holds a jaxpr printed by `str()`. Such a value is structured to its end, or else left as text.
fn value_with_listing<'a>(
    state: &mut State<'a>,
    input: &'a str,
    layout: Layout,
) -> Option<Parse<'a, Value<'a>>> {
    let length = text_length(input, layout)?;
    if !input[..length].contains("{ lambda ") {
        return None;
    }
    let (comments, errors) = (state.comments.len(), state.errors.len());
    let read = value::python(state, input);
    match read {
        Ok((rest, value)) if ends(rest, layout) => Some(Ok((rest, value))),
        Err(nom::Err::Failure(fault)) if fault.kind == Unexpected::TooDeep => {
            Some(Err(nom::Err::Failure(fault)))
        }
        _ => {
            state.comments.truncate(comments);
            state.errors.truncate(errors);
            Some(Ok((&input[length..], Value::Text(&input[..length]))))
        }
    }
}

/// Whether `(` is followed by jaxprs or names of definitions without commas.
fn starts_jaxprs(input: &str) -> bool {
    let Some(mut rest) = input.strip_prefix('(') else {
        return false;
    };
    let mut names = 0;
    let laid_out = rest.starts_with('\n');
    loop {
        rest = rest.trim_start_matches([' ', '\n']);
        if rest.starts_with("{ lambda ") {
            // With a comma behind it, the tuple holds something else too and was printed by `str()`.
            return !balanced(rest).is_some_and(|length| rest[length..].starts_with(','));
        }
        if rest.starts_with(')') {
            // `(f)` alone would be printed by Python as `(f,)`, so a lone name is a reference too.
            return names > 0 && (laid_out || names > 1 || !input.starts_with("( "));
        }
        match word(rest) {
            Some((after, _)) if after.starts_with([' ', '\n', ')']) => rest = after,
            _ => return false,
        }
        names += 1;
    }
}

/// jaxprs := "(" [ ?gap? ] ( jaxpr | word ) { ?gap? ( jaxpr | word ) } [ ?gap? ] ")"
fn jaxprs<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Value<'a>> {
    let mut read = Vec::new();
    let mut rest = blank(state, &input[1..]);
    while !rest.starts_with(')') {
        if rest.starts_with('{') {
            let (after, inner) = jaxpr(state, rest)?;
            read.push(JaxprRef::Inline(inner));
            rest = after;
        } else if let Some((after, name)) = word(rest) {
            read.push(JaxprRef::Name(name));
            rest = after;
        } else {
            return fail(rest, Unexpected::JaxprStart);
        }
        rest = blank(state, rest);
    }
    Ok((&rest[1..], Value::Jaxprs(read)))
}

/// Whether a value may end before `rest`.
fn ends(rest: &str, layout: Layout) -> bool {
    match layout {
        Layout::Flat => {
            rest.starts_with(']')
                || (rest.starts_with([' ', '\n']) && {
                    let next = rest.trim_start_matches([' ', '\n']);
                    next.starts_with(']') || starts_param(next)
                })
        }
        Layout::Broken(indent) => {
            let Some(line) = rest.strip_prefix('\n') else {
                return rest.starts_with(']');
            };
            let text = line.trim_start_matches(' ');
            let column = line.len() - text.len();
            (column == indent && starts_param(text)) || (column + 2 == indent && text.starts_with(']'))
        }
    }
}

/// Whether a tuple or list of numbers starts here.
fn starts_numbers(input: &str) -> bool {
    let inside = input.trim_start_matches(['(', '[']);
    inside.len() < input.len() && inside.starts_with(|c: char| c.is_ascii_digit())
}

fn starts_param(input: &str) -> bool {
    word(input).is_some_and(|(after, _)| after.starts_with('='))
}

/// Length of a value whose brackets and quotes balance.
fn text_length(input: &str, layout: Layout) -> Option<usize> {
    let bytes = input.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => at += balanced(&input[at..])?,
            b'<' => at += angled(&input[at..]).unwrap_or(1),
            b'\'' | b'"' if opens_quote(input, at) => at += quoted(&input[at..])?,
            b']' | b' ' | b'\n' if ends(&input[at..], layout) => return Some(value_end(input, at, layout)),
            b')' | b'}' | b']' => return None,
            _ => at += 1,
        }
    }
    None
}

/// A value of several lines may end in newlines; on one line with others, only the last blank is the separator.
fn value_end(input: &str, at: usize, layout: Layout) -> usize {
    let blanks = input[at..].len() - input[at..].trim_start_matches([' ', '\n']).len();
    if matches!(layout, Layout::Flat) && blanks > 1 && input[..at].contains('\n') {
        at + blanks - 1
    } else {
        at
    }
}

/// Length of a value whose brackets do not balance, such as a message for people: the layout alone decides.
fn fallback_length(input: &str, layout: Layout) -> Option<usize> {
    let closes = |at: usize| input[at..].starts_with("] ") || input[at..].starts_with("]\n");
    match layout {
        Layout::Flat => input[..input.find('\n').unwrap_or(input.len())]
            .bytes()
            .enumerate()
            .find_map(|(at, byte)| match byte {
                b']' if closes(at) => Some(at),
                b' ' if starts_param(&input[at + 1..]) => Some(at),
                _ => None,
            }),
        Layout::Broken(_) => input
            .match_indices('\n')
            .map(|(at, _)| at)
            .find(|&at| ends(&input[at..], layout)),
    }
}
