//! When two rungs agree.

use super::DoubleDouble;
use crate::interp::{Data, Real, Tensor};
use crate::ir::{DType, Format};

/// Whether all elements are the same in the dtypes of the outputs.
pub(super) fn agree(lower: &[Tensor<DoubleDouble>], higher: &[Tensor<DoubleDouble>]) -> bool {
    let mut pairs = lower.iter().zip(higher);
    pairs.all(|(lower, higher)| match (lower.data(), higher.data()) {
        (Data::Float(x), Data::Float(y)) => x.iter().zip(y).all(|(x, y)| same(x, y, higher.dtype)),
        (x, y) => x == y,
    })
}

/// Two numbers are the same in a dtype if they round to the same, or if they differ by less than a thousandth of a
/// unit in the last place: a number between two neighbours may round to either.
fn same(x: &DoubleDouble, y: &DoubleDouble, dtype: DType) -> bool {
    if x.is_nan() || y.is_nan() {
        return x.is_nan() && y.is_nan();
    }
    if x.nearest(dtype) == y.nearest(dtype) {
        return true;
    }
    let ulp = Format::of(dtype).map_or(0.0, |format| format.epsilon);
    let close = DoubleDouble::from_f64(ulp / 2048.0);
    let (difference, scale) = (*x - *y, close * *y);
    scale.is_finite() && difference.magnitude() <= scale.magnitude()
}
