//! What a message about a name says besides the name: where else it is bound, and what is called nearly so.
//!
//! Lowering millions of equations must not pay for this, so it is looked up in the tree once something is wrong.

use super::{LowerError, LowerErrorKind};
use crate::span::Span;
use crate::syntax::{Ast, Jaxpr, JaxprRef, Listing, ParamList, Value};

/// More errors than this are not looked up: nobody reads them all, and each takes a walk through the tree.
const MOST: usize = 64;

/// Fills in the fields of `errors` that name other places.
pub(super) fn complete(source: &str, ast: &Ast<'_>, errors: &mut [LowerError]) {
    for error in errors.iter_mut().take(MOST) {
        let mut path = Path::default();
        for listing in &ast.listings {
            path.descend_listing(listing, error.span);
        }
        let Path { jaxprs, listings } = path;
        let Some((inner, outer)) = jaxprs.split_last() else {
            continue;
        };
        let bound = |jaxpr: &Jaxpr<'_>, name: &str| {
            binders(ast, jaxpr)
                .find(|&binder| binder == name)
                .map(|binder| Span::of(source, binder))
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
                *similar = only_similar(binders(ast, inner), name, error.span, source);
            }
            LowerErrorKind::BoundTwice { name, first } => *first = bound(inner, name).unwrap_or_default(),
            LowerErrorKind::UnknownDefinition { defined, .. } => {
                *defined = listings.last().map_or_else(Vec::new, |listing| {
                    let names = listing.definitions.iter();
                    names.map(|definition| definition.name.to_owned()).collect()
                });
            }
            LowerErrorKind::DefinedTwice { .. }
            | LowerErrorKind::Params(_)
            | LowerErrorKind::Recursive { .. } => {}
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

/// The names that a jaxpr binds, in the order of the text.
fn binders<'t, 'a>(ast: &'t Ast<'a>, jaxpr: &'t Jaxpr<'a>) -> impl Iterator<Item = &'a str> + use<'t, 'a> {
    let slices = [jaxpr.consts, jaxpr.inputs]
        .into_iter()
        .chain(jaxpr.equations.iter().map(|equation| equation.outputs));
    slices.flat_map(|slice| ast.binders[slice.indices()].iter().map(|binder| binder.name))
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

/// The print-outs and jaxprs around a place, outermost first.
#[derive(Default)]
struct Path<'t, 'a> {
    jaxprs: Vec<&'t Jaxpr<'a>>,
    listings: Vec<&'t Listing<'a>>,
}

impl<'t, 'a> Path<'t, 'a> {
    fn descend_listing(&mut self, listing: &'t Listing<'a>, at: Span) {
        if !covers(listing.span, at) {
            return;
        }
        self.listings.push(listing);
        let definitions = listing.definitions.iter().map(|definition| &definition.jaxpr);
        definitions
            .chain([&listing.main])
            .for_each(|jaxpr| self.descend(jaxpr, at));
    }

    fn descend(&mut self, jaxpr: &'t Jaxpr<'a>, at: Span) {
        if !covers(jaxpr.span, at) {
            return;
        }
        self.jaxprs.push(jaxpr);
        let equations = jaxpr
            .equations
            .iter()
            .filter(|equation| covers(equation.span, at));
        for equation in equations {
            if let ParamList::Parsed(params) = &equation.params {
                params
                    .iter()
                    .for_each(|param| self.descend_value(&param.value, at));
            }
        }
    }

    fn descend_value(&mut self, value: &'t Value<'a>, at: Span) {
        match value {
            Value::Jaxpr(jaxpr) => self.descend(jaxpr, at),
            Value::Jaxprs(items) => items.iter().for_each(|item| {
                if let JaxprRef::Inline(jaxpr) = item {
                    self.descend(jaxpr, at);
                }
            }),
            Value::Listing(listing) => self.descend_listing(listing, at),
            Value::Tuple(items) | Value::List(items) | Value::Set(items) => {
                items.iter().for_each(|item| self.descend_value(item, at));
            }
            Value::Dict(items) => items.iter().for_each(|(_, item)| self.descend_value(item, at)),
            Value::Call { arguments, .. } => {
                let values = arguments.iter().map(|argument| &argument.value);
                values.for_each(|value| self.descend_value(value, at));
            }
            Value::Quoted(_) | Value::Text(_) => {}
        }
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
