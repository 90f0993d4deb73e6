//! What changes a program, whoever decides on the change: new equations, bodies in the place of calls, copies,
//! the branches of a `cond`, the sweep.
//!
//! Nothing here looks for places or knows a formula.

mod branches;
mod builder;
mod copy;
mod inline;
mod memo;
mod naming;
mod sweep;

pub(crate) use branches::{branches, drop_unread, set_branches};
pub(crate) use builder::{Builder, CannotBuild, NewOperand};
pub(crate) use copy::{copy, repeat, shared_bodies};
pub(crate) use inline::inline;
pub(crate) use memo::Memo;
pub(crate) use naming::{Known, name_new};
pub(crate) use sweep::{Purities, Uses, reads, substitute, sweep, sweep_definitions, unread_outputs};
