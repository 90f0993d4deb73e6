//! Where a NaN or an infinity is born, and what becomes of it.
//!
//! The program runs on numbers that remember where they became infinite, NaN, or a zero that should not be one
//! ([`Tagged`]). So elements are followed, not arrays, through every primitive that the interpreter has: what a
//! `select_n` does not choose is gone, what a gather moves keeps its history. Integers that are divided by zero, of
//! which no infinity tells, are noted beside them. From an origin one can go on to ask for what made its operands so
//! ([`Causes`]), and what to do about it by hand. Nothing here knows how programs are rewritten.

mod advice;
mod cause;
mod divisions;
mod link;
mod number;
mod places;
mod precision;
mod recorder;
mod report;
mod scene;
mod seen;
mod upstream;

pub(crate) use advice::DIVISION;
pub(crate) use cause::{Cause, Causes, Giver};
pub use divisions::Division;
pub(crate) use link::Place;
pub use link::{Birth, Operand, Step};
pub(crate) use precision::{Loss, losses, unrounded};
pub(crate) use report::number as spelled;
pub use report::{Kind, Origin, Reached, Trace};
pub use seen::{Extent, Seen};

use crate::interp::{EvalError, Inputs, Options, Real as _, evaluate_observed};
use crate::ir::Program;
use number::Tagged;
use recorder::Recorder;

/// Runs the outermost jaxpr of a program whose literals have types, and finds where its infinities and NaN come from.
///
/// # Errors
/// As [`evaluate`](crate::interp::evaluate).
pub fn trace(program: &Program, inputs: &Inputs, options: Options) -> Result<Trace, EvalError> {
    let recorder = Recorder::new(program);
    let tagged = inputs.with_numbers(|&number| Tagged::from_f64(number));
    let outputs = evaluate_observed(program, &tagged, options, &recorder)?;
    let mut trace = report::build(program, recorder.finish(), &outputs);
    divisions::follow(program, inputs, options, &mut trace.divisions, &outputs);
    Ok(trace)
}
