//! Why the types of an equation's outputs cannot be given.

use std::fmt::{self, Display};

use crate::ir::Type;

/// Why a rule gives no types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TypeFault {
    /// Too little is known: an operand without a type, extents that only the binder states.
    #[error("the types cannot be told from the operands")]
    Unknown,
    /// A parameter is missing or not of the kind that the rule knows. This is no contradiction: a newer JAX
    /// release may print it another way.
    #[error("the parameter `{0}` is missing or cannot be read")]
    Unreadable(&'static str),
    /// The equation contradicts itself.
    #[error("{message}")]
    Wrong {
        /// What is wrong.
        place: Place,
        /// What should stand there, when that is one type.
        expected: Option<Box<Type>>,
        /// A sentence for people.
        message: String,
    },
}

/// A part of an equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The equation as a whole, such as the number of its operands.
    Equation,
    /// An operand, counted from 0.
    Operand(usize),
    /// A bound variable, counted from 0.
    Output(usize),
    /// A parameter.
    Parameter(&'static str),
}

impl TypeFault {
    pub(super) fn equation(message: impl Into<String>) -> Self {
        Self::wrong(Place::Equation, message)
    }

    pub(super) fn operand(index: usize, message: impl Into<String>) -> Self {
        Self::wrong(Place::Operand(index), message)
    }

    pub(super) fn parameter(name: &'static str, message: impl Into<String>) -> Self {
        Self::wrong(Place::Parameter(name), message)
    }

    fn wrong(place: Place, message: impl Into<String>) -> Self {
        Self::Wrong {
            place,
            expected: None,
            message: message.into(),
        }
    }

    /// An operand that is not of the type it must have.
    pub(super) fn operand_type(index: usize, expected: &Type, found: &Type) -> Self {
        Self::Wrong {
            place: Place::Operand(index),
            expected: Some(Box::new(expected.clone())),
            message: format!("operand {index} is {found} where {expected} is needed"),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equation => f.write_str("the equation"),
            Self::Operand(index) => write!(f, "operand {index}"),
            Self::Output(index) => write!(f, "output {index}"),
            Self::Parameter(name) => write!(f, "parameter `{name}`"),
        }
    }
}
