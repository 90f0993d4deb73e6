//! Why a program cannot be evaluated.

use crate::ir::{EqnId, Type};

/// A primitive that the interpreter does not have, and an equation of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Its name.
    pub primitive: String,
    /// The first equation of it.
    pub eqn: EqnId,
}

/// What is wrong with one equation or one input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A parameter is missing or is not what the primitive needs.
    #[error("the parameter `{0}` cannot be read")]
    Param(&'static str),
    /// Operands that the primitive is not defined on, or not yet.
    #[error("{0}")]
    Operands(String),
    /// An equation of a jaxpr inside.
    #[error("{0}")]
    Inside(Box<EvalError>),
}

impl From<EvalError> for Fault {
    fn from(error: EvalError) -> Self {
        Self::Inside(Box::new(error))
    }
}

/// Why a program gave no outputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// Primitives without a row; nothing was evaluated.
    #[error("{} cannot be evaluated", names(.0))]
    Unsupported(Vec<Unsupported>),
    /// A type that holds no numbers the interpreter knows; nothing was evaluated.
    #[error("`{name}:{ty}` cannot be evaluated")]
    Type {
        /// The variable.
        name: String,
        /// Its type.
        ty: Type,
    },
    /// The wrong number of inputs or of constvars.
    #[error("the program takes {expected} {what} and was given {found}")]
    Count {
        /// `inputs` or `constants`.
        what: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An input of another dtype or shape.
    #[error("`{name}` is `{expected}` and was given `{found}`")]
    Input {
        /// The variable.
        name: String,
        /// Its type.
        expected: String,
        /// What was given.
        found: String,
    },
    /// An equation that cannot be evaluated.
    #[error("{primitive}: {fault}")]
    Equation {
        /// Which.
        eqn: EqnId,
        /// Its primitive.
        primitive: String,
        /// Why.
        fault: Fault,
    },
}

fn names(unsupported: &[Unsupported]) -> String {
    let names: Vec<String> = unsupported
        .iter()
        .map(|one| format!("`{}`", one.primitive))
        .collect();
    names.join(", ")
}
