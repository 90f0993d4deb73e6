//! Reads printed jaxprs: a nom grammar from text to a syntax tree that borrows the text.
//!
//! The tree holds what was written, resolved by nobody: names are not looked up and parameter values stay text
//! until [`parameters`] is asked for their structure. What is wrong is collected as data; an equation that
//! cannot be read is skipped, so that one run reports several. `grammar/jaxpr.ebnf` has the productions, each
//! named as the function that reads it. Nothing here knows the intermediate representation.
#![expect(
    clippy::doc_markdown,
    clippy::doc_link_with_quotes,
    reason = "productions in comments are written as the grammar writes them"
)]

mod annotate;
mod ast;
mod clean;
mod equation;
mod error;
mod find;
mod foreign;
mod indexer;
mod lexical;
mod listing;
mod parameter;
mod types;
mod value;

pub use ast::{
    Argument, Ast, Binder, Definition, Equation, Jaxpr, JaxprRef, Listing, Notes, Operand, Param, ParamList,
    Reference, Slice, Value,
};
pub use clean::clean;
pub use error::{SyntaxError, Unexpected};
pub(crate) use find::{Enclosing, enclosing};
pub(crate) use foreign::{Foreign, recognize};
pub(crate) use indexer::{IndexText, index_parts};
pub(crate) use lexical::is_literal_word;
pub(crate) use parameter::parameters;
pub(crate) use types::{DimText, TypeText, type_text};

/// The deepest nesting of jaxprs and brackets that is read; JAX's own printer gives up before.
pub const MAX_DEPTH: usize = 96;

/// Reads a file of one print-out or several.
///
/// The text must have been through [`clean`]. The tree holds every equation that could be read; with no errors
/// it holds all of them.
pub fn parse(source: &str) -> (Ast<'_>, Vec<SyntaxError>) {
    let mut state = listing::State::new(source);
    listing::file(&mut state);
    let listing::State {
        mut ast,
        mut errors,
        comments,
        ..
    } = state;
    annotate::attach(source, &mut ast, &comments);
    errors.sort_by_key(|error| error.span);
    (ast, errors)
}
