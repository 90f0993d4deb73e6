//! What changes a program, whoever decides on the change: new equations, bodies in the place of calls, copies, the sweep.
//!
//! Nothing here looks for places or knows a formula.

mod builder;
mod copy;
mod inline;
mod memo;
mod naming;
mod sweep;

pub use builder::{Builder, CannotBuild, Operand};
pub use copy::copy;
pub use inline::{Inlined, inline};
pub use memo::Memo;
pub use naming::{Known, name_new};
pub use sweep::{Uses, substitute, sweep, unread_outputs};
