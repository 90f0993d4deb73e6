//! All tests that look at jaxpeep from outside, in one binary.

mod cli;
mod diagnostics;
