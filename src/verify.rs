//! Whether a rewritten program is better and never worse: both are run on inputs from all strata of magnitude and
//! compared with the true values.
//!
//! An element regresses if its error grows by more than a declared number of units in the last place, and by more
//! than the inputs' own rounding explains. Nothing here knows how programs are rewritten, so it can judge that.

mod cones;
mod judge;
mod points;
mod report;
mod strata;
mod ulps;
mod uses;

pub use judge::Strictness;
pub(crate) use judge::{VerifyError, verify};
pub use points::Sampling;
pub(crate) use points::{Point, points};
pub(crate) use report::{Errors, Failure, OutputReport, Report, Verdict};
pub(crate) use strata::Stratum;
pub(crate) use ulps::{accuracy as correct_bits, precision};
