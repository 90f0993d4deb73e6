//! What rules about masked values ask.

use super::{ConditionRow, Kind};
use crate::analysis::{compares, guards, is_singular, meets_singular};

pub(super) const SINGULAR: ConditionRow = ConditionRow {
    name: "singular",
    arguments: &[Kind::Value],
    doc: "y has a factor that is infinite or NaN for some arguments, such as 1/x or exp x",
    ask: |q| Some(is_singular(q.graph, q.node(0)?)),
};

pub(super) const MEETS_SINGULAR: ConditionRow = ConditionRow {
    name: "meets_singular",
    arguments: &[Kind::Value],
    doc: "r is multiplied by what may be infinite or divided by what may be zero, perhaps with factors between",
    ask: |q| Some(meets_singular(q.graph, q.node(0)?)),
};

pub(super) const GUARDS: ConditionRow = ConditionRow {
    name: "guards",
    arguments: &[Kind::Value, Kind::Value],
    doc: "the mask p and y are computed from something that they have in common",
    ask: |q| Some(guards(q.graph, q.node(0)?, q.node(1)?)),
};

pub(super) const COMPARES: ConditionRow = ConditionRow {
    name: "compares",
    arguments: &[Kind::Value, Kind::Value],
    doc: "the mask p compares x, or its absolute value, with something",
    ask: |q| Some(compares(q.graph, q.node(0)?, q.node(1)?)),
};
