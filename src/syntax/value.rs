//! Python values as `str()` and `repr()` print them.

use super::ast::{Argument, Value};
use super::error::{Parse, Unexpected, fail};
use super::lexical::{angled, quoted, word};
use super::listing::{State, listing};

/// Reads a whole value. Text that is not understood to its end stays text.
pub(super) fn whole(text: &str) -> Value<'_> {
    // A jaxpr in a value that could not be read as one stays text: its parts would be lost with this state.
    if text.contains("{ lambda ") {
        return Value::Text(text);
    }
    // A plain word or number needs no state, and most values are one.
    if !text.starts_with(['(', '[', '{']) && !text.contains('(') {
        return Value::Text(text);
    }
    let mut state = State::new(text);
    match python(&mut state, text) {
        Ok(("", value)) if state.errors.is_empty() => value,
        _ => Value::Text(text),
    }
}

/// python := listing | "(" [ python ( "," | ", " items ) ] ")" | "[" [ items ] "]" | "{" braces "}" | quoted
///     | call_or_text
pub(super) fn python<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Value<'a>> {
    if input.starts_with("{ lambda ") || starts_listing(input) {
        let errors = state.errors.len();
        let (rest, read) = listing(state, input)?;
        // A broken jaxpr inside a repr is left as text, so its faults are not the user's.
        if state.errors.len() > errors {
            return fail(input, Unexpected::ParamValue);
        }
        return Ok((rest, Value::Listing(Box::new(read))));
    }
    state.nested(input, |state, input| match input.as_bytes().first() {
        Some(b'(') => {
            let (rest, (items, comma)) = items(state, &input[1..], ')')?;
            // `(1)` is not how Python prints a tuple of one.
            if items.len() == 1 && !comma {
                return fail(input, Unexpected::ParamValue);
            }
            Ok((rest, Value::Tuple(items)))
        }
        Some(b'[') => {
            let (rest, (items, comma)) = items(state, &input[1..], ']')?;
            if comma {
                fail(input, Unexpected::ParamValue)
            } else {
                Ok((rest, Value::List(items)))
            }
        }
        Some(b'{') => braces(state, &input[1..]),
        Some(b'\'' | b'"') => match quoted(input) {
            Some(length) => Ok((&input[length..], Value::Quoted(&input[..length]))),
            None => fail(input, Unexpected::QuoteEnd),
        },
        _ => call_or_text(state, input),
    })
}

fn starts_listing(input: &str) -> bool {
    input
        .strip_prefix("let ")
        .and_then(word)
        .is_some_and(|(after, _)| after.starts_with(" = { lambda "))
}

/// items := python { ", " python }
///
/// Reads up to the closing bracket; tells whether a comma stands behind a lone value.
fn items<'a>(state: &mut State<'a>, input: &'a str, close: char) -> Parse<'a, (Vec<Value<'a>>, bool)> {
    let mut read = Vec::new();
    let mut rest = input;
    loop {
        if let Some(rest) = rest.strip_prefix(close) {
            let comma = read.len() == 1 && input[..input.len() - rest.len() - 1].ends_with(',');
            return Ok((rest, (read, comma)));
        }
        let (after, value) = python(state, rest)?;
        read.push(value);
        rest = separator(after, close)?.0;
    }
}

/// `, ` between values, `,` before the bracket of a tuple of one, nothing before any other bracket.
fn separator(input: &str, close: char) -> Parse<'_, ()> {
    match input.strip_prefix(", ") {
        Some(rest) => Ok((rest, ())),
        None if input.starts_with(close) => Ok((input, ())),
        None => match input.strip_prefix(',') {
            Some(rest) if rest.starts_with(close) => Ok((rest, ())),
            _ => fail(input, Unexpected::ParamValue),
        },
    }
}

/// braces := [ items | python ": " python { ", " python ": " python } ]
fn braces<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Value<'a>> {
    if let Some(rest) = input.strip_prefix('}') {
        return Ok((rest, Value::Dict(Vec::new())));
    }
    let (mut keys, mut pairs) = (Vec::new(), Vec::new());
    let mut rest = input;
    while !rest.starts_with('}') {
        let (after, key) = python(state, rest)?;
        rest = after;
        if let Some(after) = after.strip_prefix(": ") {
            let (after, value) = python(state, after)?;
            pairs.push((key, value));
            rest = after;
        } else {
            keys.push(key);
        }
        rest = separator(rest, '}')?.0;
    }
    match (keys.is_empty(), pairs.is_empty()) {
        (false, true) => Ok((&rest[1..], Value::Set(keys))),
        (true, false) => Ok((&rest[1..], Value::Dict(pairs))),
        _ => fail(input, Unexpected::ParamValue),
    }
}

/// call_or_text := word { "." word } "(" [ arguments ] ")" | ?text?
fn call_or_text<'a>(state: &mut State<'a>, input: &'a str) -> Parse<'a, Value<'a>> {
    let end = text_end(input);
    let text = &input[..end];
    if input[end..].starts_with('(')
        && !text.is_empty()
        && text.split('.').all(|part| matches!(word(part), Some(("", _))))
    {
        return arguments(state, text, &input[end + 1..]);
    }
    if text.is_empty() || input[end..].starts_with(['(', '[', '{']) {
        return fail(input, Unexpected::ParamValue);
    }
    Ok((&input[end..], Value::Text(text)))
}

/// arguments := [ word "=" ] python { ", " [ word "=" ] python }
fn arguments<'a>(state: &mut State<'a>, name: &'a str, input: &'a str) -> Parse<'a, Value<'a>> {
    let mut arguments = Vec::new();
    let mut rest = input;
    loop {
        if let Some(rest) = rest.strip_prefix(')') {
            return Ok((rest, Value::Call { name, arguments }));
        }
        let (start, keyword) = match word(rest) {
            Some((after, keyword)) if after.starts_with('=') => (&after[1..], Some(keyword)),
            _ => (rest, None),
        };
        let (after, value) = python(state, start)?;
        arguments.push(Argument { keyword, value });
        rest = match after.strip_prefix(", ") {
            Some(rest) if !rest.starts_with(')') => rest,
            _ if after.starts_with(')') => after,
            _ => return fail(after, Unexpected::ParamValue),
        };
    }
}

/// Where unquoted text ends: before `,`, `: `, or a bracket; `<…>` is passed over whole.
fn text_end(input: &str) -> usize {
    let bytes = input.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'\n' => break,
            b':' if input[at..].starts_with(": ") => break,
            b'<' => at += angled(&input[at..]).unwrap_or(1),
            _ => at += 1,
        }
    }
    at
}
