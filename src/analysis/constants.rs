//! Numbers that the text knows.

use super::graph::{Graph, Node};
use crate::ir::{DType, round_to};
use crate::schema::{Moves, moves};

impl Graph<'_> {
    /// The number that every element of a node equals: a literal, also broadcast, reshaped, copied or converted, and
    /// its logarithm, exponential, root or negative.
    ///
    /// The number is the one that the program computes with: rounded to each dtype on its way.
    pub fn constant(&self, node: Node) -> Option<f64> {
        /// Longer chains do not occur.
        const LONGEST: usize = 8;
        let mut node = self.resolve(node);
        let mut steps = Vec::new();
        for _ in 0..LONGEST {
            let dtype = self.type_of(node).and_then(crate::ir::Type::dtype);
            if let Some(literal) = node.atom.literal() {
                let value = round(self.program.literals[literal].value.as_f64()?, dtype);
                let apply =
                    |value: f64, (function, dtype): (fn(f64) -> f64, _)| round(function(value), dtype);
                return Some(steps.into_iter().rev().fold(value, apply));
            }
            let (eqn, site) = self.equation(node)?;
            steps.push((function(self.program.primitive(eqn))?, dtype));
            node = self.resolve(self.operand(eqn, site, 0)?);
        }
        None
    }
}

/// What a primitive of one operand makes of a number, for those that are looked through.
fn function(primitive: &str) -> Option<fn(f64) -> f64> {
    match primitive {
        "convert_element_type" => Some(std::convert::identity),
        "exp" => Some(f64::exp),
        "log" => Some(f64::ln),
        "sqrt" => Some(f64::sqrt),
        "neg" => Some(std::ops::Neg::neg),
        _ => match moves(primitive)? {
            Moves::Nowhere | Moves::Dimensions => Some(std::convert::identity),
            // Nobody chooses among elements that are all equal.
            Moves::Elements => None,
        },
    }
}

fn round(value: f64, dtype: Option<DType>) -> f64 {
    dtype.map_or(value, |dtype| round_to(value, dtype))
}
