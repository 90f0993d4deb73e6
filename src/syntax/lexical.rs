//! Words, white space and balanced text: the leaves of the grammar.

use nom::Parser as _;
use nom::bytes::complete::{tag, take_while};

use super::error::{Fault, Parse, Unexpected, fail, unclosed};
use super::listing::State;

/// Reads exactly `text`, or fails with `kind`.
pub(super) fn expect<'a>(input: &'a str, text: &'static str, kind: Unexpected) -> Parse<'a, &'a str> {
    tag::<_, _, Fault<'a>>(text)
        .parse(input)
        .or_else(|_| fail(input, kind))
}

/// blank := { " " | [ comment ] "\n" }
///
/// Comments (`# train.py:7:4 (loss)`) are put aside for [`super::annotate`].
pub(super) fn blank<'a>(state: &mut State<'a>, input: &'a str) -> &'a str {
    let mut rest = input;
    loop {
        rest = rest.trim_start_matches([' ', '\n', '\t']);
        match comment(rest) {
            Some((after, text)) => {
                state.comments.push(text);
                rest = after;
            }
            None => return rest,
        }
    }
}

/// Spaces and comments up to, and not over, the end of the line.
pub(super) fn inline_blank<'a>(state: &mut State<'a>, input: &'a str) -> &'a str {
    let rest = input.trim_start_matches([' ', '\t']);
    match comment(rest) {
        Some((after, text)) => {
            state.comments.push(text);
            after
        }
        None => rest,
    }
}

/// comment := "#" ?line?
fn comment(input: &str) -> Option<(&str, &str)> {
    let text = input.strip_prefix('#')?;
    let end = text.find('\n').unwrap_or(text.len());
    Some((&text[end..], &text[..end]))
}

/// word := ( ?letter? | "_" ) { ?letter? | ?digit? | "_" }
pub(super) fn word(input: &str) -> Option<(&str, &str)> {
    let first = *input.as_bytes().first()?;
    if !(first.is_ascii_alphabetic() || first == b'_') {
        return None;
    }
    let end = input
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'_'))
        .unwrap_or(input.len());
    Some((&input[end..], &input[..end]))
}

/// variable := ?lower? { ?lower? } [ "_" ] | "_"
pub(super) fn variable(input: &str) -> Option<(&str, &str)> {
    word(input).filter(|(_, text)| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

/// primitive := ( ?letter? | "_" ) { ?letter? | ?digit? | "_" | "-" | "." }
pub(super) fn primitive(input: &str) -> Parse<'_, &str> {
    if word(input).is_none() {
        return fail(input, Unexpected::Primitive);
    }
    take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).parse(input)
}

/// Whether a bare word in operand position can be a literal: `inf`, `nan`, `True`, `False`.
pub(crate) fn is_literal_word(text: &str) -> bool {
    matches!(text, "inf" | "nan" | "True" | "False" | "None")
}

/// Length of the balanced text at the start of `input`, which begins with an opening bracket.
///
/// `None` if a bracket or a quote is never closed. Nothing inside is looked at but brackets and quotes.
pub(super) fn balanced(input: &str) -> Option<usize> {
    let bytes = input.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'\'' | b'"' if opens_quote(input, at) => at += quoted(&input[at..])? - 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether the quote at `at` begins a string: it stands behind no letter (`can't`) but the prefix of `b''`.
pub(super) fn opens_quote(input: &str, at: usize) -> bool {
    let before = &input.as_bytes()[..at];
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !word(before.last())
        || (before.last() == Some(&b'b') && !word(before.len().checked_sub(2).map(|i| &before[i])))
}

/// quoted := "'" { ?quotable? } "'" | '"' { ?quotable? } '"'
///
/// Returns the length of the string, which stands on one line.
pub(super) fn quoted(input: &str) -> Option<usize> {
    let bytes = input.as_bytes();
    let quote = bytes[0];
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'\n' {
        match bytes[at] {
            b'\\' => at += 1,
            b if b == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the `<…>` at the start of `input`, if it closes on the same line: `<function f.<locals>.<lambda>>`.
pub(super) fn angled(input: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in input.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

/// ty := array | reference | word
///
/// Reads on to the first character that no type contains outside its brackets; what the text means is left to
/// [`super::type_text`].
pub(super) fn ty(input: &str) -> Parse<'_, &str> {
    let bytes = input.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b if b.is_ascii_alphanumeric() || b == b'_' => at += 1,
            b'[' | b'{' | b'(' => {
                match balanced(&input[at..]).filter(|&len| !input[at..at + len].contains('\n')) {
                    Some(length) => at += length,
                    None => return unclosed(&input[at..], Unexpected::TypeEnd, &input[at..]),
                }
            }
            b'<' => match angled(&input[at..]) {
                Some(length) => at += length,
                None => return unclosed(&input[at..], Unexpected::TypeEnd, &input[at..]),
            },
            _ => break,
        }
    }
    if at == 0 {
        return fail(input, Unexpected::Type);
    }
    Ok((&input[at..], &input[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_ends_where_its_brackets_do() {
        for (text, length) in [
            ("f32[3,4] b", 8),
            ("f32[]. let", 5),
            ("key<fry>[2];", 11),
            ("f32[4]{V:(x,y), U:z} c", 20),
            ("Ref<default>{f32[4]},", 20),
            ("f32[2*b - 1,floordiv(b + 1, 2)] ", 31),
            ("f32<host>[3])", 12),
        ] {
            assert_eq!(ty(text).map(|(_, ty)| ty.len()), Ok(length), "{text}");
        }
        assert!(ty("f32[3").is_err());
    }

    #[test]
    fn an_apostrophe_inside_a_word_is_no_quote() {
        assert_eq!(balanced("(can't do) x"), Some(10));
        assert_eq!(balanced("('a)', 1)"), Some(9));
    }
}
