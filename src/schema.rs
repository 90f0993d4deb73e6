//! What primitives mean to types: one row a primitive, and what is derived from the rows.
//!
//! A row states the primitive's name, arity, parameters by JAX release, purity, whether it only moves elements, and
//! the rule that gives the types of its outputs. From the rows come the type check, the parameters of new equations, the release that printed a
//! text, and the types of literals that old releases print without one. Nothing here changes an equation (save
//! for [`infer_literal_types`]) and nothing here computes with numbers: that is `interp`.
//!
//! Programs come from print-outs that people edit, so no rule trusts a parameter: what is missing or cannot be
//! read makes a type unknown, what contradicts itself makes a [`TypeFault`], and nothing panics.

mod bodies;
mod check;
mod detect;
mod families;
mod fault;
mod literals;
mod new_params;
pub(crate) mod params;
mod primitive;
mod shape;
mod typed_eqn;
mod version;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use bodies::{Port, bodies};
pub(crate) use check::infer;
pub use check::{TypeDisagreement, check};
pub(crate) use detect::detect;
#[cfg(test)]
pub(crate) use families::linear_algebra;
pub use families::primitive;
pub(crate) use families::{moves, primitives, solves_systems};
pub use fault::Place;
pub use literals::infer_literal_types;
pub(crate) use new_params::new_params;
pub use primitive::{Arity, DTypes, ElementType, Moves, Operands, ParamSpec, Primitive, Purity};
pub(crate) use shape::held_by;
pub use version::{UnknownVersion, Version, VersionRange};
