//! What cannot be emitted, and what is lost.

use crate::ir::{EqnId, Program};

/// Why one equation cannot be written as Python.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// No row has its primitive.
    #[error("`{0}` is not a primitive that can be written as Python")]
    Primitive(String),
    /// A parameter is missing, or its text is not what the primitive prints.
    #[error("the parameter `{0}` cannot be written as Python")]
    Param(&'static str),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// An equation that cannot be written as Python.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{primitive}: {message}")]
pub struct EmitError {
    /// The equation; `None` if it is not one equation's fault.
    pub eqn: Option<EqnId>,
    /// Its primitive.
    pub primitive: String,
    /// What is wrong.
    pub message: String,
}

impl EmitError {
    pub(super) fn new(program: &Program, eqn: EqnId, fault: &Fault) -> Self {
        Self {
            eqn: Some(eqn),
            primitive: program.primitive(eqn).to_owned(),
            message: fault.to_string(),
        }
    }
}

/// What the emitted module does not do and the traced function did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The equation.
    pub eqn: EqnId,
    /// What is lost, without a full stop.
    pub what: String,
}
