//! Reference equations and their indices: `c:f32[3] <- b[...]`, `b[i:i+2,0] += x`, `r{reshape([2, 3])}[0] <- y`.

use super::ast::{Equation, Operand, Slice};
use super::equation::{operand, reference};
use super::error::{Parse, Unexpected, fail};
use super::lexical::{balanced, expect, variable, word};
use super::listing::State;

/// Whether an equation starts with a reference and its indices, which then end before `<-` or `+=`.
pub(super) fn starts_reference(input: &str) -> bool {
    let Some((rest, _)) = variable(input) else {
        return false;
    };
    let length = indices(rest);
    length > 0 && (rest[length..].starts_with(" <- ") || rest[length..].starts_with(" += "))
}

/// reference_equation := binder " <- " place | place ( " <- " | " += " ) operand
///     | binder ", " place " <- " place ", " operand
///
/// `outputs` are the binders already read, which stand at the start of `input`.
pub(super) fn reference_equation<'a>(
    state: &mut State<'a>,
    input: &'a str,
    outputs: Slice,
) -> Parse<'a, Equation<'a>> {
    let rest = skip_binders(input, outputs.len);
    if let Some(rest) = rest.strip_prefix("<- ") {
        let (rest, (name, indices)) = place(rest)?;
        return Ok((
            rest,
            reference(state, input, rest, outputs, "get", vec![name], indices),
        ));
    }
    let rest = rest.strip_prefix(", ").unwrap_or(rest);
    let (rest, (name, indices)) = place(rest)?;
    if let Some(rest) = rest.strip_prefix(" += ") {
        let (rest, added) = operand(rest)?;
        return Ok((
            rest,
            reference(
                state,
                input,
                rest,
                outputs,
                "addupdate",
                vec![name, added],
                indices,
            ),
        ));
    }
    let (rest, _) = expect(rest, " <- ", Unexpected::Reference)?;
    let rest = if outputs.len == 0 {
        rest
    } else {
        let (rest, _) = place(rest)?;
        expect(rest, ", ", Unexpected::Reference)?.0
    };
    let (rest, stored) = operand(rest)?;
    Ok((
        rest,
        reference(state, input, rest, outputs, "swap", vec![name, stored], indices),
    ))
}

/// What follows the first `count` binders of `input`, which have been read once.
fn skip_binders(input: &str, count: u32) -> &str {
    let mut rest = input;
    for _ in 0..count {
        rest = super::listing::binder(rest).map_or(rest, |(rest, _)| rest.trim_start_matches([' ', '\n']));
    }
    rest
}

/// place := variable indices
fn place(input: &str) -> Parse<'_, (Operand<'_>, &str)> {
    let Some((rest, text)) = variable(input) else {
        return fail(input, Unexpected::Reference);
    };
    let length = indices(rest);
    if length == 0 {
        return fail(rest, Unexpected::IndicesEnd);
    }
    Ok((
        &rest[length..],
        (
            Operand {
                text,
                ty: None,
                literal: false,
            },
            &rest[..length],
        ),
    ))
}

/// indices := { "{" ?transform? "}" } "[" ?index? "]" { "{" ?transform? "}" | "[" ?index? "]" }
///
/// Returns their length, 0 where there are none.
fn indices(input: &str) -> usize {
    let mut length = 0;
    while input[length..].starts_with(['[', '{']) {
        let Some(part) = balanced(&input[length..]) else {
            return 0;
        };
        length += part;
    }
    length
}

/// A piece of the text of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexText<'a> {
    /// Brackets, numbers, colons, transforms.
    Text(&'a str),
    /// A variable.
    Variable(&'a str),
}

/// Takes the text of indices apart. Words between braces belong to transforms and are no variables.
pub(crate) fn index_parts(indices: &str) -> Vec<IndexText<'_>> {
    let mut parts = Vec::new();
    let (mut done, mut at, mut braces) = (0, 0, 0usize);
    while at < indices.len() {
        match indices.as_bytes()[at] {
            b'{' => braces += 1,
            b'}' => braces -= 1,
            b if b.is_ascii_lowercase() && braces == 0 => {
                let length = word(&indices[at..]).map_or(1, |(_, text)| text.len());
                parts.push(IndexText::Text(&indices[done..at]));
                parts.push(IndexText::Variable(&indices[at..at + length]));
                at += length;
                done = at;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(IndexText::Text(&indices[done..]));
    parts.retain(|part| *part != IndexText::Text(""));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_outside_braces_are_variables() {
        use IndexText::{Text, Variable};
        assert_eq!(
            index_parts("{reshape([2, 3])}[b:b+2,:]"),
            [
                Text("{reshape([2, 3])}["),
                Variable("b"),
                Text(":"),
                Variable("b"),
                Text("+2,:]")
            ]
        );
        assert_eq!(index_parts("[...]"), [Text("[...]")]);
    }
}
