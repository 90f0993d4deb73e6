//! Prints programs as JAX prints them: the same layout rule, from the intermediate representation alone.
//!
//! [`layout`] is JAX's pretty printer; [`jaxpr`] says what it is given, in the order of `_pp_jaxpr` and
//! `_pp_eqn`; [`value`] is Python's `str` of parameters; [`renumber`] gives variables the names that JAX would.

mod jaxpr;
mod layout;
mod renumber;
mod value;

pub use jaxpr::{equation, print};
pub use renumber::{Naming, SkippedNames, renumber};
pub(crate) use value::param_text;
