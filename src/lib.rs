//! Reads printed jaxprs, rewrites them so that they no longer overflow, underflow or cancel, prints them again.
pub mod ir;
pub mod schema;
pub mod span;
