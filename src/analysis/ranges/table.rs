//! The table: what each primitive does to ranges, one row a primitive; none for those that only move elements.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Range;
use super::curves::{self, CURVES};
use super::operation::Operation;
use super::{arithmetic, loops, pieces, predicates, reductions, selection};
use crate::schema::moves;

/// How the ranges of outputs are found.
#[derive(Clone, Copy)]
pub(super) enum Transfer {
    /// Every output has the same range.
    One(fn(&Operation<'_, '_>) -> Range),
    /// Each output has its own.
    Each(fn(&Operation<'_, '_>) -> Vec<Range>),
}

/// One primitive.
pub(super) struct Row {
    name: &'static str,
    transfer: Transfer,
}

/// A primitive with one range for all its outputs.
pub(super) const fn one(name: &'static str, transfer: fn(&Operation<'_, '_>) -> Range) -> Row {
    Row {
        name,
        transfer: Transfer::One(transfer),
    }
}

/// A primitive whose outputs differ.
pub(super) const fn each(name: &'static str, transfer: fn(&Operation<'_, '_>) -> Vec<Range>) -> Row {
    Row {
        name,
        transfer: Transfer::Each(transfer),
    }
}

const FAMILIES: &[&[Row]] = &[
    arithmetic::ROWS,
    curves::ROWS,
    predicates::ROWS,
    selection::ROWS,
    pieces::ROWS,
    reductions::ROWS,
    loops::ROWS,
];

static BY_NAME: LazyLock<FxHashMap<&str, Transfer>> = LazyLock::new(|| {
    let rows = FAMILIES.iter().copied().flatten();
    rows.map(|row| (row.name, row.transfer)).collect()
});

/// The ranges of the outputs; fewer than there are where nothing is known.
pub(super) fn transfer(primitive: &str, operation: &Operation<'_, '_>) -> Vec<Range> {
    let count = operation.program().outputs(operation.eqn).len();
    if let Some(curve) = CURVES.iter().find(|curve| curve.name == primitive) {
        return vec![curve.image(operation)];
    }
    match BY_NAME.get(primitive) {
        Some(Transfer::One(transfer)) => vec![transfer(operation); count],
        Some(Transfer::Each(transfer)) => transfer(operation),
        // Elements that move stay the numbers they are.
        None if moves(primitive).is_some() => vec![operation.operand(0); count],
        None => Vec::new(),
    }
}
