//! Numbers that the text knows.

use super::graph::{Graph, Node};
use crate::ir::DType;

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
        "broadcast_in_dim"
        | "convert_element_type"
        | "reshape"
        | "squeeze"
        | "copy"
        | "expand_dims"
        | "pvary" => Some(std::convert::identity),
        "exp" => Some(f64::exp),
        "log" => Some(f64::ln),
        "sqrt" => Some(f64::sqrt),
        "neg" => Some(std::ops::Neg::neg),
        _ => None,
    }
}

fn round(value: f64, dtype: Option<DType>) -> f64 {
    dtype.map_or(value, |dtype| round_to(value, dtype))
}

/// The number nearest to `value` in `dtype`, for the dtypes that literals are rounded to.
pub(crate) fn round_to(value: f64, dtype: DType) -> f64 {
    match dtype {
        DType::Float32 => f64::from(value as f32),
        // 10 and 7 bits behind the point.
        DType::Float16 => round_mantissa(value, 10, -14, 65504.0),
        DType::Bfloat16 => round_mantissa(value, 7, -126, 3.389_531_389_251_535e38),
        _ => value,
    }
}

/// Rounds to `bits` binary places behind the leading one, half to even; `min_exponent` bounds normal numbers.
fn round_mantissa(value: f64, bits: i32, min_exponent: i32, largest: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = (value.abs().log2().floor() as i32).max(min_exponent);
    let unit = 2f64.powi(exponent - bits);
    let rounded = (value / unit).round_ties_even() * unit;
    if rounded.abs() > largest {
        f64::INFINITY.copysign(value)
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_rounded_to_their_dtype() {
        assert_eq!(round_to(1e-8, DType::Float16), 0.0);
        assert_eq!(round_to(0.1, DType::Bfloat16), 0.100_097_656_25);
        assert_eq!(round_to(0.1, DType::Float16), 0.099_975_585_937_5);
        assert_eq!(round_to(65519.0, DType::Float16), 65504.0);
        assert_eq!(round_to(65520.0, DType::Float16), f64::INFINITY);
        assert_eq!(round_to(1.000_000_01, DType::Float32), 1.0);
    }
}
