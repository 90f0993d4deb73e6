//! Everything that is tested from outside, in one binary.

mod cli;
mod diagnostics;
mod grammar;
mod random;
mod roundtrip;
mod rules;
mod support;
