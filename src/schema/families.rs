//! The primitive table: the rows of all families, found by name.
//!
//! A family is a file of rows and of the rules that they name.

mod calls;
mod collectives;
mod contractions;
mod elementwise;
mod indexing;
mod library;
mod linalg;
mod loops;
mod pieces;
mod random;
mod reductions;
mod references;
mod special;
mod views;
mod windows;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::primitive::{Moves, Primitive};

pub(crate) use linalg::solves_systems;

const FAMILIES: &[&[Primitive]] = &[
    elementwise::ROWS,
    special::ROWS,
    views::ROWS,
    pieces::ROWS,
    reductions::ROWS,
    indexing::ROWS,
    contractions::ROWS,
    windows::ROWS,
    linalg::ROWS,
    calls::ROWS,
    loops::ROWS,
    random::ROWS,
    collectives::ROWS,
    references::ROWS,
    library::ROWS,
];

static BY_NAME: LazyLock<FxHashMap<&str, &Primitive>> = LazyLock::new(|| {
    primitives()
        .map(|primitive| (primitive.name, primitive))
        .collect()
});

/// The row of the primitive that is printed as `name`.
pub fn primitive(name: &str) -> Option<&'static Primitive> {
    BY_NAME.get(name).copied()
}

/// How a primitive moves the elements of its first operand, if it does nothing else to them.
pub(crate) fn moves(name: &str) -> Option<Moves> {
    primitive(name)?.moves
}

/// The rows of linear algebra.
#[cfg(test)]
pub(crate) fn linear_algebra() -> impl Iterator<Item = &'static Primitive> {
    linalg::ROWS.iter()
}

/// All rows.
pub(crate) fn primitives() -> impl Iterator<Item = &'static Primitive> {
    FAMILIES.iter().copied().flatten()
}
