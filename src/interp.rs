//! The reference interpreter: what a program computes on given inputs, as JAX on CPU computes it.
//!
//! Every element is at all times a number of the program's own dtype: each operation is carried out in a type at
//! least as wide and its result is rounded (floats) or wrapped (integers) at once. A basic operation in f64 that
//! is rounded to f32 or narrower gives the correctly rounded result, because 53 ≥ 2·24 + 2 (Figueroa 1995).
//! A program is checked before it runs: a primitive that the table does not have is an error, never a guess.
//! Nothing here knows how programs are rewritten, so it can judge that.

mod call;
mod cases;
mod checks;
mod compare;
mod complex;
mod devices;
mod families;
mod fault;
mod key;
mod machine;
mod native;
mod number;
mod observer;
mod plan;
mod real;
mod tensor;
mod vectors;

pub use cases::{Case, CasesError, read_cases};
pub(crate) use checks::{MOST_ELEMENTS, layout, reachable};
pub use compare::{Difference, compare, compare_outputs};
pub use fault::{EvalError, Fault, Unsupported};
pub use key::{Implementation, Key};
pub(crate) use machine::evaluate_observed;
pub use machine::{Inputs, Options, evaluate};
pub(crate) use observer::Observer;
pub use observer::Pass;
pub use real::{Function, Pair, Real, Triple};
pub use tensor::{Data, Tensor};
