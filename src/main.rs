//! The `jaxpeep` executable.
fn main() {}
