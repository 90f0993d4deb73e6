//! The rule language: clauses of a rule file, and the lines of `match`, `where` and `rewrite`.
//!
//! `grammar/rule.ebnf` has the productions. [`parse_rule`] reads a file as written, [`compile`] checks it and
//! numbers its slots, and a [`RuleText`] prints as a file that says the same.
#![expect(
    clippy::doc_link_with_quotes,
    reason = "productions in comments are written as the grammar writes them"
)]

mod clauses;
mod compile;
mod example;
mod inputs;
mod known;
mod lines;
mod names;
mod raw;
mod show;
mod spellings;
mod suggest;
mod usage;

pub use clauses::{Clause, RuleText, VariantText, parse_rule};
pub use compile::compile;
pub use inputs::{Input, InputValue, Inputs};
