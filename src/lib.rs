//! Reads printed jaxprs, rewrites them so that they no longer overflow, underflow or cancel, prints them again.
pub mod ir;
pub mod lower;
pub mod print;
pub mod span;
pub mod syntax;
