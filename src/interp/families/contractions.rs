//! `dot_general`.

use num_complex::Complex64;

use super::convert::converted;
use super::views::transposed;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};
use crate::ir::DType;
use crate::schema::params::DotDimensionNumbers;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("dot_general", dot_general)] }
}

fn dot_general<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let numbers = DotDimensionNumbers::read(call.symbols(), call.value("dimension_numbers")?);
    let numbers = numbers.ok_or(Fault::Param("dimension_numbers"))?;
    contract(call, call.input(0)?, call.input(1)?, &numbers)
}

/// Batch axes, free axes of the left, free axes of the right, in the dtype of the call's result.
pub(super) fn contract<R: Real>(
    call: &Call<'_, R>,
    a: &Tensor<R>,
    b: &Tensor<R>,
    numbers: &DotDimensionNumbers,
) -> Outcome<R> {
    let dtype = call.out_dtype(0)?;
    let (a_free, b_free) = (numbers.lhs_free(a.rank()), numbers.rhs_free(b.rank()));
    let a_order = [&numbers.lhs_batch[..], &a_free, &numbers.lhs_contracting].concat();
    let b_order = [&numbers.rhs_batch[..], &b_free, &numbers.rhs_contracting].concat();
    let sizes =
        |x: &Tensor<R>, axes: &[usize]| -> Vec<usize> { axes.iter().map(|&axis| x.shape[axis]).collect() };
    if !is_permutation(&a_order, a.rank())
        || !is_permutation(&b_order, b.rank())
        || sizes(a, &numbers.lhs_contracting) != sizes(b, &numbers.rhs_contracting)
        || sizes(a, &numbers.lhs_batch) != sizes(b, &numbers.rhs_batch)
    {
        return Err(Fault::Param("dimension_numbers"));
    }
    let (batch, rows, columns) = (sizes(a, &numbers.lhs_batch), sizes(a, &a_free), sizes(b, &b_free));
    let extents = Extents {
        batch: elements(&batch),
        rows: elements(&rows),
        columns: elements(&columns),
        depth: elements(&sizes(a, &numbers.lhs_contracting)),
    };
    // Truth values are disjoined, as integers that saturate; the others are widened to the result's dtype.
    let kind = if dtype == DType::Bool { a.dtype } else { dtype };
    let left = converted(call, &transposed(a, &a_order), kind)?;
    let right = converted(call, &transposed(b, &b_order), kind)?;
    let shape = [batch, rows, columns].concat();
    let mut result = product(call, &left, &right, &shape, &extents)?;
    call.flush(&mut result);
    Ok(vec![result])
}

struct Extents {
    batch: usize,
    rows: usize,
    columns: usize,
    depth: usize,
}

impl Extents {
    /// The products of the matrices of each batch, where the arithmetic has a quick way.
    fn quick_products<R: Real>(&self, dtype: DType, x: &[R], y: &[R]) -> Option<Vec<R>> {
        let (left, right) = (self.rows * self.depth, self.columns * self.depth);
        let mut found = Vec::with_capacity(self.batch * self.rows * self.columns);
        for batch in 0..self.batch {
            let (x, y) = (&x[batch * left..][..left], &y[batch * right..][..right]);
            found.extend(R::matrix_product(dtype, x, y, self.depth)?);
        }
        Some(found)
    }

    /// The sum of `term` over the contracted places, for each element of the result.
    fn sums<T>(&self, zero: &T, term: impl Fn(T, usize, usize) -> T) -> Vec<T>
    where
        T: Clone,
    {
        let mut found = Vec::with_capacity(self.batch * self.rows * self.columns);
        for batch in 0..self.batch {
            for row in 0..self.rows {
                for column in 0..self.columns {
                    let a = (batch * self.rows + row) * self.depth;
                    let b = (batch * self.columns + column) * self.depth;
                    found.push((0..self.depth).fold(zero.clone(), |sum, at| term(sum, a + at, b + at)));
                }
            }
        }
        found
    }
}

/// The dtype of sums of products: XLA's CPU sums narrow floats in f32 and rounds at the end.
pub(super) fn accumulator(dtype: DType) -> DType {
    if dtype == DType::Float64 {
        DType::Float64
    } else {
        DType::Float32
    }
}

/// The sum of products at pairs of places, each product added before it is rounded to `step`.
pub(super) fn product_sum<R: Real>(
    step: DType,
    x: &[R],
    y: &[R],
    places: impl Iterator<Item = (usize, usize)>,
) -> R {
    places.fold(R::from_f64(0.0), |sum, (i, j)| {
        sum.plus_product(&x[i], &y[j], step)
    })
}

fn product<R: Real>(
    call: &Call<'_, R>,
    a: &Tensor<R>,
    b: &Tensor<R>,
    shape: &[usize],
    extents: &Extents,
) -> Result<Tensor<R>, Fault> {
    let dtype = a.dtype;
    let step = accumulator(dtype);
    match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => {
            if let Some(sums) = extents.quick_products(dtype, x, y) {
                return Ok(Tensor::from_floats(dtype, shape, sums));
            }
            let sums = extents.sums(&R::from_f64(0.0), |sum, i, j| {
                sum.plus_product(&x[i], &y[j], step)
            });
            Ok(Tensor::from_floats(dtype, shape, sums))
        }
        (Data::Complex(x), Data::Complex(y)) => {
            let sums = extents.sums(&Complex64::ZERO, |sum, i, j| sum + x[i] * y[j]);
            Ok(Tensor::from_complex(dtype, shape, sums))
        }
        (Data::Bool(x), Data::Bool(y)) => {
            let sums = extents.sums(&false, |sum, i, j| sum || (x[i] && y[j]));
            Ok(Tensor::from_bools(shape, sums))
        }
        (Data::Int(x), Data::Int(y)) => {
            let sums = extents.sums(&0i64, |sum, i, j| sum.wrapping_add(x[i].wrapping_mul(y[j])));
            Ok(Tensor::from_ints(dtype, shape, sums.into_iter().map(i128::from)))
        }
        _ => Err(call.not_on(a)),
    }
}

fn is_permutation(order: &[usize], rank: usize) -> bool {
    order.len() == rank && (0..rank).all(|axis| order.contains(&axis))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JAX 0.10.2 gives −∞: only the sum is rounded, and −∞ plus 2·10⁴⁹ is −∞.
    #[test]
    fn a_product_is_added_before_it_is_rounded() {
        let (x, y) = ([-2e29, -7e29, 1.7e30], [5e19, -3e19, -7e18]);
        let places = || (0..3).map(|place| (place, place));
        assert_eq!(product_sum(DType::Float32, &x, &y, places()), f64::NEG_INFINITY);
        // 1 − (1 + 2⁻³⁰)(1 − 2⁻³⁰) is 2⁻⁶⁰, which rounding the product first would lose.
        let tiny = 2f64.powi(-30);
        let (x, y) = ([1.0, -(1.0 + tiny)], [1.0, 1.0 - tiny]);
        let places = (0..2).map(|place| (place, place));
        assert_eq!(product_sum(DType::Float64, &x, &y, places), tiny * tiny);
    }
}
