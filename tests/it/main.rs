//! Everything that is tested from outside, in one binary.

mod grammar;
mod random;
mod roundtrip;
