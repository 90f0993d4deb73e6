//! Gives each comment of a print-out to the equation on whose line it stands.

use std::collections::BTreeMap;

use super::ast::{Ast, Equation, Jaxpr, JaxprRef, Listing, Notes, ParamList, Value};
use crate::span::Span;

/// Where an equation's comments may hang.
struct Anchor {
    /// Offset of the primitive's name.
    at: u32,
    /// The offset by which the equation is known.
    equation: u32,
    /// Whether JAX prints the equation's source: behind the equals sign, where there is one.
    binds: bool,
}

/// Attaches comments, which are slices of `source`.
///
/// A comment belongs to the last equation that starts before it. Several equations on one line have their comments
/// behind the line and on lines of their own below (JAX ≥ 0.10), or all behind the line (JAX 0.6 to 0.9), in order.
pub(super) fn attach<'a>(source: &'a str, ast: &mut Ast<'a>, comments: &[&'a str]) {
    if comments.is_empty() {
        return;
    }
    let mut anchors = Vec::new();
    for listing in &ast.listings {
        collect_listing(source, listing, &mut anchors);
    }
    anchors.sort_unstable_by_key(|anchor| anchor.at);
    let mut notes: BTreeMap<u32, Notes<'a>> = BTreeMap::new();
    let mut rest: &[&str] = &belonging(source, ast, comments);
    while let Some(first) = rest.first() {
        let behind =
            |comment: &str| anchors.partition_point(|anchor| anchor.at < Span::of(source, comment).start);
        let end = behind(first);
        let (group, after) = rest.split_at(rest.partition_point(|comment| behind(comment) <= end));
        rest = after;
        let Some(last) = end.checked_sub(1) else { continue };
        let line = line_start(source, anchors[last].at as usize);
        let start = anchors.partition_point(|anchor| (anchor.at as usize) < line);
        let parts: Vec<&str> = group
            .iter()
            .flat_map(|comment| comment.split("  # "))
            .map(str::trim)
            .collect();
        ast.comments_joined |= parts.len() > group.len();
        // Elsewhere an equation with two comments stands on a line of its own, and not behind the head of its jaxpr.
        let first = anchors.get(start).map_or(line, |anchor| anchor.at as usize);
        let shares_line = parts.len() > 1 && source[line..first].contains(" let ");
        ast.comments_flat |= shares_line | give(&anchors[start..end], &parts, &mut notes);
    }
    ast.notes = notes.into_iter().collect();
}

/// Gives comments to the equations of a line; tells whether there was more than one equation to give to.
fn give<'a>(line: &[Anchor], comments: &[&'a str], notes: &mut BTreeMap<u32, Notes<'a>>) -> bool {
    let stack = |text: &'a str| text.strip_prefix('[')?.strip_suffix(']');
    let sources: Vec<&str> = comments
        .iter()
        .copied()
        .filter(|text| stack(text).is_none())
        .collect();
    let stacks: Vec<&str> = comments.iter().copied().filter_map(stack).collect();
    let binders: Vec<&Anchor> = line.iter().filter(|anchor| anchor.binds).collect();
    let binding = pairs(&binders, &sources, line);
    let all = pairs(&line.iter().collect::<Vec<_>>(), &stacks, line);
    let several = binding.len().max(all.len()) > 1;
    for (equation, text) in binding {
        notes.entry(equation).or_default().source = Some(text);
    }
    for (equation, text) in all {
        notes.entry(equation).or_default().name_stack = Some(text);
    }
    several
}

/// One comment an equation if there are as many, else all to the line's last equation.
fn pairs<'a>(takers: &[&Anchor], texts: &[&'a str], line: &[Anchor]) -> Vec<(u32, &'a str)> {
    if takers.len() == texts.len() {
        return takers
            .iter()
            .zip(texts)
            .map(|(anchor, text)| (anchor.equation, *text))
            .collect();
    }
    let last = line.last().map(|anchor| anchor.equation);
    last.into_iter().zip(texts.last().copied()).collect()
}

/// Comments of print-outs; others stand between them and belong to nobody.
fn belonging<'a>(source: &str, ast: &Ast<'_>, comments: &[&'a str]) -> Vec<&'a str> {
    let inside = |comment: &str| {
        let offset = Span::of(source, comment).start;
        let behind = ast
            .listings
            .partition_point(|listing| listing.span.start <= offset);
        behind
            .checked_sub(1)
            .is_some_and(|at| offset < ast.listings[at].span.end)
    };
    comments
        .iter()
        .copied()
        .filter(|comment| inside(comment))
        .collect()
}

fn line_start(source: &str, offset: usize) -> usize {
    source[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

fn collect_listing(source: &str, listing: &Listing<'_>, anchors: &mut Vec<Anchor>) {
    for definition in &listing.definitions {
        collect(source, &definition.jaxpr, anchors);
    }
    collect(source, &listing.main, anchors);
}

fn collect(source: &str, jaxpr: &Jaxpr<'_>, anchors: &mut Vec<Anchor>) {
    for equation in &jaxpr.equations {
        anchors.push(Anchor {
            at: anchor(source, equation),
            equation: equation.span.start,
            binds: equation.outputs.len > 0,
        });
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
