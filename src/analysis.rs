//! What rules ask about a program: where a value comes from, what is equal to what, which elements go where.
//!
//! A question is answered for one place at a time, by walking back from it as far as the answer needs, so that
//! a program in which nothing is to be done costs next to nothing. Nothing here changes a program.

mod calls;
mod complements;
mod congruence;
mod constants;
mod facts;
mod graph;
pub mod ranges;
mod reach;
mod readers;
mod singular;
mod sums;
mod surroundings;
mod views;

pub(crate) use calls::Calls;
pub(crate) use complements::{is_differentiated, is_inverted};
pub(crate) use congruence::is_negation_of;
pub(crate) use facts::{
    before_rounding_up, has_exponential, is_at_most_one, is_exponential_sum, is_float, is_shifted,
    is_taken_off,
};
pub use graph::{Definition, Definitions, Graph, Node, SiteId};
pub(crate) use graph::{handed_over, transparent_body};
pub(crate) use ranges::{Range, range_of};
pub(crate) use reach::Reach;
pub(crate) use singular::{compares, guards, is_singular};
pub(crate) use sums::{accumulated, is_magnitude, is_scaled};
pub(crate) use surroundings::{
    is_chosen, is_clipped, is_compensated, is_discrete, is_divisor, is_fixed, is_guarded, is_in_loop,
    is_merged, is_multiplied, is_normalized, is_one_regime, is_selected, meets_singular, scales_exponential,
};
pub use views::{IndexMap, Link, Spine};
pub(crate) use views::{Movement, may_move, movement, rearrangement};
