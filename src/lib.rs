//! Reads printed jaxprs, rewrites them so that they no longer overflow, underflow or cancel, prints them again.
pub mod analysis;
pub mod cli;
pub mod diagnostics;
pub mod hazards;
pub mod improve;
pub mod interp;
pub mod ir;
pub mod load;
pub mod lower;
pub mod print;
pub mod rewrite;
pub mod rules;
pub mod schema;
pub mod span;
pub mod syntax;
