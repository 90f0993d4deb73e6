//! What a message about a name says besides the name: where else it is bound, and what is called nearly so.
//!
//! Lowering millions of equations must not pay for this, so it is looked up in the tree once something is wrong.

use super::{LowerError, LowerErrorKind};
use crate::span::Span;
use crate::syntax::{Ast, Enclosing, Jaxpr, enclosing};

/// More errors than this are not looked up: nobody reads them all, and each takes a walk through the tree.
const MOST: usize = 64;

/// Fills in the fields of `errors` that name other places.
pub(super) fn complete(source: &str, ast: &Ast<'_>, errors: &mut [LowerError]) {
    for error in errors.iter_mut().take(MOST) {
        let Enclosing { jaxprs, listings, .. } = enclosing(ast, error.span);
        let Some((inner, outer)) = jaxprs.split_last() else {
            continue;
        };
        let bound = |jaxpr: &Jaxpr<'_>, name: &str| {
            ast.binders_of(jaxpr)
                .find(|binder| binder.name == name)
                .map(|binder| Span::of(source, binder.name))
        };
        match &mut error.kind {
            LowerErrorKind::UnknownVariable {
                name,
                similar,
                later,
                outside,
            } => {
                *later = bound(inner, name);
                *outside = outer.iter().rev().find_map(|jaxpr| bound(jaxpr, name));
                *similar = only_similar(
                    ast.binders_of(inner).map(|binder| binder.name),
                    name,
                    error.span,
                    source,
                );
            }
            LowerErrorKind::BoundTwice { name, first } => *first = bound(inner, name).unwrap_or_default(),
            LowerErrorKind::UnknownDefinition { defined, .. } => {
                *defined = listings.last().map_or_else(Vec::new, |listing| {
                    let names = listing.definitions.iter();
                    names.map(|definition| definition.name.to_owned()).collect()
                });
            }
            LowerErrorKind::DefinedTwice { .. } | LowerErrorKind::Params(_) => {}
        }
    }
    complete_definitions(source, ast, errors);
}

/// A name that is defined twice stands outside all braces.
fn complete_definitions(source: &str, ast: &Ast<'_>, errors: &mut [LowerError]) {
    for error in errors.iter_mut().take(MOST) {
        if let LowerErrorKind::DefinedTwice { name, first } = &mut error.kind {
            let listing = ast
                .listings
                .iter()
                .find(|listing| listing.span.start <= error.span.start && error.span.end <= listing.span.end);
            let mut names = listing
                .into_iter()
                .flat_map(|listing| &listing.definitions)
                .map(|definition| definition.name);
            if let Some(defined) = names.find(|defined| defined == name) {
                *first = Span::of(source, defined);
            }
        }
    }
}

/// The name bound before `at` that differs from `name` by one letter, if there is just one.
///
/// Short names are all similar to one another, so nothing is said about them.
fn only_similar<'a>(
    names: impl Iterator<Item = &'a str>,
    name: &str,
    at: Span,
    source: &str,
) -> Option<String> {
    if name.len() < 2 {
        return None;
    }
    let mut similar = names.filter(|bound| {
        Span::of(source, bound).start < at.start && strsim::damerau_levenshtein(bound, name) == 1
    });
    let first = similar.next()?;
    similar.all(|other| other == first).then(|| first.to_owned())
}
