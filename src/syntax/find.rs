//! What stands around a place in the tree.

use super::ast::{Ast, Equation, Jaxpr, JaxprRef, Listing, ParamList, Value};
use crate::span::Span;

/// The parts of the tree that cover a place, outermost first.
#[derive(Default)]
pub(crate) struct Enclosing<'t, 'a> {
    /// Print-outs: the one of the file, then those inside values.
    pub listings: Vec<&'t Listing<'a>>,
    /// Jaxprs.
    pub jaxprs: Vec<&'t Jaxpr<'a>>,
    /// Equations.
    pub equations: Vec<&'t Equation<'a>>,
}

/// Finds what stands around `at`, in time linear in the number of equations around it.
pub(crate) fn enclosing<'t, 'a>(ast: &'t Ast<'a>, at: Span) -> Enclosing<'t, 'a> {
    let mut found = Enclosing::default();
    ast.listings.iter().for_each(|listing| found.listing(listing, at));
    found
}

impl<'t, 'a> Enclosing<'t, 'a> {
    fn listing(&mut self, listing: &'t Listing<'a>, at: Span) {
        if !covers(listing.span, at) {
            return;
        }
        self.listings.push(listing);
        let definitions = listing.definitions.iter().map(|definition| &definition.jaxpr);
        definitions
            .chain([&listing.main])
            .for_each(|jaxpr| self.jaxpr(jaxpr, at));
    }

    fn jaxpr(&mut self, jaxpr: &'t Jaxpr<'a>, at: Span) {
        if !covers(jaxpr.span, at) {
            return;
        }
        self.jaxprs.push(jaxpr);
        let equation = jaxpr.equations.iter().find(|equation| covers(equation.span, at));
        let Some(equation) = equation else { return };
        self.equations.push(equation);
        if let ParamList::Parsed(params) = &equation.params {
            for param in params {
                self.value(&param.value, at);
            }
        }
    }

    fn value(&mut self, value: &'t Value<'a>, at: Span) {
        match value {
            Value::Jaxpr(jaxpr) => self.jaxpr(jaxpr, at),
            Value::Jaxprs(items) => {
                for item in items {
                    if let JaxprRef::Inline(jaxpr) = item {
                        self.jaxpr(jaxpr, at);
                    }
                }
            }
            Value::Listing(listing) => self.listing(listing, at),
            Value::Tuple(items) | Value::List(items) | Value::Set(items) => {
                for item in items {
                    self.value(item, at);
                }
            }
            Value::Dict(items) => items.iter().for_each(|(_, item)| self.value(item, at)),
            Value::Call { arguments, .. } => {
                for argument in arguments {
                    self.value(&argument.value, at);
                }
            }
            Value::Quoted(_) | Value::Text(_) => {}
        }
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
