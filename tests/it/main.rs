//! Everything that is tested from outside, in one binary.
#![expect(
    clippy::print_stdout,
    reason = "a test says what it read, and from which seed"
)]

mod architecture;
mod cli;
mod diagnostics;
mod emit;
mod grammar;
mod hazards;
mod interp;
mod inverse;
mod json;
mod lift;
mod measured;
mod oracle;
mod overlap;
mod property;
mod random;
mod ranges;
mod readme;
mod refinement;
mod rewriting;
mod roundtrip;
mod rules;
mod scale;
mod shard_map;
mod support;
mod trace;
mod user_rules;
