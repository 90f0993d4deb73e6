//! The table: one row a primitive, and what evaluates it.

mod arithmetic;
mod bits;
mod calls;
mod contractions;
mod convert;
mod cumulative;
mod elementwise;
mod gather;
mod linalg;
mod loops;
mod order;
mod pieces;
mod random;
mod reductions;
mod scatter;
mod special;
mod views;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::call::{Call, Outcome};
use crate::schema;

/// One primitive.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) run: fn(&Call<'_>) -> Outcome,
}

const FAMILIES: &[&[Row]] = &[
    elementwise::ROWS,
    special::ROWS,
    bits::ROWS,
    convert::ROWS,
    views::ROWS,
    pieces::ROWS,
    gather::ROWS,
    scatter::ROWS,
    order::ROWS,
    reductions::ROWS,
    cumulative::ROWS,
    contractions::ROWS,
    linalg::ROWS,
    calls::ROWS,
    loops::ROWS,
    random::ROWS,
];

static BY_NAME: LazyLock<FxHashMap<&str, &Row>> = LazyLock::new(|| {
    let rows = FAMILIES.iter().copied().flatten();
    rows.map(|row| (row.name, row)).collect()
});

pub(super) fn row(name: &str) -> Option<&'static Row> {
    BY_NAME.get(name).copied()
}

/// Whether a primitive can be evaluated.
pub fn supported(name: &str) -> bool {
    row(name).is_some()
}

/// The primitives that the schema knows and that cannot be evaluated.
pub fn unsupported() -> impl Iterator<Item = &'static str> {
    let names = schema::primitives().map(|primitive| primitive.name);
    names.filter(|name| !supported(name))
}

/// Shortens the tables of the families.
pub(super) const fn row_of(name: &'static str, run: fn(&Call<'_>) -> Outcome) -> Row {
    Row { name, run }
}
