//! Finds the places where rules match, and replaces them.
//!
//! `language` reads rule files and checks them; `matcher` holds a compiled pattern against a place; `replace`
//! builds what stands there afterwards; `driver` goes over a program in phases until nothing changes. What a
//! pattern or a replacement may compute beyond its own lines is in the table of `natives`. No rule is known by
//! name here.

mod candidates;
mod driver;
mod language;
mod matcher;
mod natives;
mod pattern;
mod replace;
mod words;

pub(crate) use driver::{Applied, Done, Driver, DriverOptions, Refusal};
pub use driver::{NativeEdit, NativeRule, Place};
pub use language::{Clause, Input, InputValue, Inputs, RuleText, VariantText, compile, parse_rule};
pub use pattern::{Pattern, Phase, Rule, RuleBody, Variant};
pub use words::{Example, RuleError, Safety};
