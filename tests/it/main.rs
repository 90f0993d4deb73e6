//! Everything that is tested from outside, in one binary.

mod architecture;
mod grammar;
mod property;
mod random;
mod roundtrip;
mod rules;
mod scale;
mod support;
