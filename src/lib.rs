//! Reads printed jaxprs, rewrites them so that they no longer overflow, underflow or cancel, prints them again.
//!
//! What is public is what the executable, the tests and the benchmarks use; the compiler watches over the rest, and
//! says what nobody uses.

pub mod analysis;
pub mod cli;
pub mod diagnostics;
mod edit;
pub mod emit;
pub mod hazards;
pub mod improve;
pub mod interp;
pub mod ir;
pub mod lift;
pub mod load;
pub mod lower;
pub mod oracle;
pub mod print;
pub mod refinement;
mod repair;
pub mod rewrite;
pub mod rules;
pub mod schema;
pub mod span;
pub mod syntax;
pub mod trace;
pub mod verify;
