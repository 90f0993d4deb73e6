//! Products of matrices.

use ndarray::ArrayView2;

use crate::ir::DType;

/// Smaller products are summed in order, one number after another.
const LARGE: usize = 1 << 12;

/// a·bᵀ, where the rows of both are `depth` long: in f64 for `float64`, and in f32, as XLA sums, for narrower dtypes.
pub(super) fn product(dtype: DType, a: &[f64], b: &[f64], depth: usize) -> Option<Vec<f64>> {
    let (rows, columns) = (a.len().checked_div(depth)?, b.len().checked_div(depth)?);
    if rows.checked_mul(columns)?.checked_mul(depth)? < LARGE {
        return None;
    }
    if dtype == DType::Float64 {
        let a = ArrayView2::from_shape((rows, depth), a).ok()?;
        let b = ArrayView2::from_shape((columns, depth), b).ok()?;
        return Some(a.dot(&b.t()).iter().copied().collect());
    }
    let narrow = |items: &[f64]| items.iter().map(|&item| item as f32).collect::<Vec<f32>>();
    let (a, b) = (narrow(a), narrow(b));
    let a = ArrayView2::from_shape((rows, depth), &a).ok()?;
    let b = ArrayView2::from_shape((columns, depth), &b).ok()?;
    Some(a.dot(&b.t()).iter().map(|&item| f64::from(item)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_that_of_rows_with_rows() {
        // Row i of the first is i everywhere, row j of the second is 1 at place j: the product is i at (i, j).
        const SIZE: u32 = 32;
        let places = || (0..SIZE * SIZE).map(|at| (at / SIZE, at % SIZE));
        let a: Vec<f64> = places().map(|(row, _)| f64::from(row)).collect();
        let b: Vec<f64> = places()
            .map(|(row, column)| f64::from(u8::from(row == column)))
            .collect();
        for dtype in [DType::Float32, DType::Float64] {
            let found = product(dtype, &a, &b, SIZE as usize);
            assert_eq!(found.as_deref(), Some(a.as_slice()));
        }
        assert_eq!(product(DType::Float32, &[1.0], &[1.0], 1), None);
    }
}
