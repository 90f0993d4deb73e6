//! Everything that is tested from outside, in one binary.

mod architecture;
mod cli;
mod diagnostics;
mod grammar;
mod property;
mod random;
mod rewriting;
mod roundtrip;
mod rules;
mod scale;
mod support;
