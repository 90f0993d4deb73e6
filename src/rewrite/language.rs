//! The rule language: clauses of a rule file, and the lines of `match`, `where` and `rewrite`.
//!
//! `grammar/rule.ebnf` has the productions. [`parse_rule`] reads a file as written; [`compile`] checks it and
//! numbers its slots.

mod clauses;
mod compile;
mod lines;

pub use clauses::{Clause, RuleText, parse_rule};
pub use compile::compile;
