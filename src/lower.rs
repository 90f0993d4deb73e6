//! From the syntax tree to the intermediate representation: names become ids, texts become types and numbers.
//!
//! Names are looked up in their own pair of braces only; definitions are all read before any is resolved,
//! because one may refer to a later one. What is wrong is collected. Nothing here knows what a primitive means.

mod context;
mod literals;
mod names;
mod params;
mod scope;
mod types;

use crate::ir::Program;
use crate::span::Span;
use crate::syntax::Ast;

/// A name that means nothing where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowerError {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: LowerErrorKind,
}

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerErrorKind {
    /// A variable that is bound nowhere in its braces.
    UnknownVariable {
        /// Its name.
        name: String,
        /// The only variable bound there whose name differs by one letter.
        similar: Option<String>,
        /// Where the same jaxpr binds the name further down.
        later: Option<Span>,
        /// Where an enclosing jaxpr binds the name.
        outside: Option<Span>,
    },
    /// A variable bound twice in one jaxpr.
    BoundTwice {
        /// Its name.
        name: String,
        /// Where it was bound first.
        first: Span,
    },
    /// `jaxpr=name` without a definition `let name = …`.
    UnknownDefinition {
        /// The name.
        name: String,
        /// The names that are defined there.
        defined: Vec<String>,
    },
    /// Two definitions of one name.
    DefinedTwice {
        /// The name.
        name: String,
        /// Where it was defined first.
        first: Span,
    },
    /// A parameter list that cannot be read.
    Params(crate::syntax::Unexpected),
}

/// Lowers every print-out of `source`. A program is complete only if there are no errors.
pub fn lower(source: &str, ast: &Ast<'_>) -> (Vec<Program>, Vec<LowerError>) {
    let mut errors = Vec::new();
    let programs = ast
        .listings
        .iter()
        .map(|listing| scope::program(source, ast, listing, &mut errors))
        .collect();
    errors.sort_by_key(|error| error.span);
    context::complete(source, ast, &mut errors);
    (programs, errors)
}
