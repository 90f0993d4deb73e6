//! Gives each comment of a print-out to the equation on whose line it stands.

use super::ast::{Ast, Equation, Jaxpr, JaxprRef, Listing, Notes, ParamList, Value};
use crate::span::Span;

/// Attaches comments, which are slices of `source`, to the last equation whose primitive stands before them.
pub(super) fn attach<'a>(source: &'a str, ast: &mut Ast<'a>, comments: &[&'a str]) {
    if comments.is_empty() {
        return;
    }
    let outside = |offset: u32| {
        let behind = ast
            .listings
            .partition_point(|listing| listing.span.start <= offset);
        behind
            .checked_sub(1)
            .is_none_or(|at| ast.listings[at].span.end <= offset)
    };
    // Offsets of primitive names, each with the offset by which its equation is known.
    let mut anchors = Vec::new();
    ast.listings
        .iter()
        .for_each(|listing| collect_listing(source, listing, &mut anchors));
    anchors.sort_unstable();
    let mut notes: Vec<(u32, Notes<'a>)> = Vec::new();
    for &comment in comments {
        let offset = Span::of(source, comment).start;
        if outside(offset) {
            continue;
        }
        let Some(anchor) = anchors
            .partition_point(|&(primitive, _)| primitive < offset)
            .checked_sub(1)
        else {
            continue;
        };
        let equation = anchors[anchor].1;
        if notes.last().is_none_or(|&(last, _)| last != equation) {
            notes.push((equation, Notes::default()));
        }
        let Some((_, note)) = notes.last_mut() else {
            continue;
        };
        let text = comment.trim();
        match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            Some(stack) => note.name_stack = Some(stack),
            None => note.source = Some(text),
        }
    }
    notes.sort_by_key(|&(equation, _)| equation);
    ast.notes = notes;
}

fn collect_listing(source: &str, listing: &Listing<'_>, anchors: &mut Vec<(u32, u32)>) {
    for definition in &listing.definitions {
        collect(source, &definition.jaxpr, anchors);
    }
    collect(source, &listing.main, anchors);
}

fn collect(source: &str, jaxpr: &Jaxpr<'_>, anchors: &mut Vec<(u32, u32)>) {
    for equation in &jaxpr.equations {
        anchors.push((anchor(source, equation), equation.span.start));
        let ParamList::Parsed(params) = &equation.params else {
            continue;
        };
        for param in params {
            match &param.value {
                Value::Jaxpr(inner) => collect(source, inner, anchors),
                Value::Jaxprs(inner) => inner.iter().for_each(|inner| {
                    if let JaxprRef::Inline(inner) = inner {
                        collect(source, inner, anchors);
                    }
                }),
                _ => {}
            }
        }
    }
}

/// A reference equation has no primitive in the text, so its own start serves.
fn anchor(source: &str, equation: &Equation<'_>) -> u32 {
    if equation.reference.is_some() {
        equation.span.start
    } else {
        Span::of(source, equation.primitive).start
    }
}
