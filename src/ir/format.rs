//! What numbers the float dtypes have.

use super::dtype::DType;

/// The numbers of a floating-point dtype.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// The largest finite number.
    pub largest: f64,
    /// The smallest normal number; results below it may be flushed to zero.
    pub least: f64,
    /// The distance from 1 to the next number.
    pub epsilon: f64,
    /// A number below the logarithm of the largest, with room for a weight and a sum.
    pub exponent: f64,
}

impl Format {
    /// That of f32.
    pub const SINGLE: Self = Self {
        largest: f32::MAX as f64,
        least: f32::MIN_POSITIVE as f64,
        epsilon: f32::EPSILON as f64,
        exponent: 80.0,
    };

    /// That of f64.
    pub const DOUBLE: Self = Self {
        largest: f64::MAX,
        least: f64::MIN_POSITIVE,
        epsilon: f64::EPSILON,
        exponent: 700.0,
    };

    /// The format of a dtype; `None` for those that are not evaluated in their own precision everywhere.
    pub fn of(dtype: DType) -> Option<Self> {
        match dtype {
            DType::Float16 => Some(Self {
                largest: 65504.0,
                least: 2f64.powi(-14),
                epsilon: 2f64.powi(-10),
                exponent: 8.0,
            }),
            DType::Bfloat16 => Some(Self {
                largest: 3.389_531_389_251_535e38,
                epsilon: 2f64.powi(-7),
                ..Self::SINGLE
            }),
            DType::Float32 => Some(Self::SINGLE),
            DType::Float64 => Some(Self::DOUBLE),
            _ => None,
        }
    }
}
