//! Prints programs as Python that JAX runs: one readable, self-contained module over public `jax.lax` and
//! `jax.numpy` functions.
//!
//! [`families`] is the table, one row a primitive; [`writer`] turns jaxprs into functions; [`layout`] lays Python
//! out as `ruff format` leaves it. Nothing here changes a program or computes with numbers. What the text of a
//! jaxpr does not carry is said in a comment and reported as a [`Loss`]; what cannot be expressed is an error.

mod equation;
mod families;
mod fault;
mod layout;
mod literal;
mod module;
mod names;
mod python;
mod replay;
mod scope;
mod writer;

#[cfg(test)]
mod tests;

pub use families::primitives;
pub use fault::{EmitError, Loss};
pub use module::{Module, emit};
pub(crate) use names::is_identifier;
pub use replay::Paths;

/// How a program is emitted.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the function; see [`is_identifier`].
    pub name: String,
    /// Where equations stand in the jaxpr that was printed. With it, equations whose meaning the text does not
    /// carry become `live(path, operands)`, and whoever runs the module gives `live` its meaning.
    pub live: Option<Paths>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "main".to_owned(),
            live: None,
        }
    }
}
