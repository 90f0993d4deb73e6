//! One matrix, and the matrices of an operand.

use std::marker::PhantomData;

use super::scalar::Scalar;
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::Tensor;
use crate::ir::DType;

/// A matrix in row-major order, and the dtype that its elements are rounded to.
#[derive(Clone)]
pub(super) struct Matrix<R, S> {
    pub(super) dtype: DType,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) items: Vec<S>,
    numbers: PhantomData<R>,
}

impl<R: Real, S: Scalar<R>> Matrix<R, S> {
    pub(super) fn new(dtype: DType, rows: usize, columns: usize, items: Vec<S>) -> Self {
        debug_assert_eq!(items.len(), rows * columns);
        Self {
            dtype,
            rows,
            columns,
            items,
            numbers: PhantomData,
        }
    }

    pub(super) fn identity(dtype: DType, rows: usize, columns: usize) -> Self {
        let item = |place: usize| {
            if place / columns == place % columns {
                S::one()
            } else {
                S::zero()
            }
        };
        Self::new(dtype, rows, columns, (0..rows * columns).map(item).collect())
    }

    pub(super) fn get(&self, row: usize, column: usize) -> S {
        self.items[row * self.columns + column].clone()
    }

    /// Stores a number, rounded.
    pub(super) fn set(&mut self, row: usize, column: usize, value: S) {
        self.items[row * self.columns + column] = value.rounded(self.dtype);
    }

    /// Subtracts a product, each of the two operations rounded.
    pub(super) fn subtract(&mut self, row: usize, column: usize, product: S) {
        let product = product.rounded(self.dtype);
        self.set(row, column, self.get(row, column) - product);
    }

    pub(super) fn swap_rows(&mut self, a: usize, b: usize) {
        for column in 0..self.columns {
            self.items
                .swap(a * self.columns + column, b * self.columns + column);
        }
    }

    pub(super) fn swap_columns(&mut self, a: usize, b: usize) {
        for row in 0..self.rows {
            self.items.swap(row * self.columns + a, row * self.columns + b);
        }
    }

    /// The conjugate transpose.
    pub(super) fn adjoint(&self) -> Self {
        let item = |place: usize| self.get(place % self.rows, place / self.rows).conj();
        let items = (0..self.items.len()).map(item).collect();
        Self::new(self.dtype, self.columns, self.rows, items)
    }

    /// The first rows and columns, and those of the identity beyond the matrix.
    pub(super) fn resized(&self, rows: usize, columns: usize) -> Self {
        let mut result = Self::identity(self.dtype, rows, columns);
        for row in 0..rows.min(self.rows) {
            for column in 0..columns.min(self.columns) {
                result.set(row, column, self.get(row, column));
            }
        }
        result
    }

    /// The Euclidean length of a column from a row on.
    pub(super) fn length(&self, column: usize, from: usize) -> R {
        let squares = (from..self.rows).map(|row| self.get(row, column).square_size());
        squares
            .fold(R::from_f64(0.0), |sum, square| sum + square)
            .map(Function::Sqrt)
    }

    pub(super) fn is_finite(&self) -> bool {
        self.items.iter().all(|item| item.size().is_finite())
    }
}

/// The matrices of an operand, whose elements are `items`.
pub(super) fn matrices<R: Real, S: Scalar<R>>(
    x: &Tensor<R>,
    items: &[S],
) -> Result<Vec<Matrix<R, S>>, Fault> {
    let &[.., rows, columns] = x.shape.as_slice() else {
        return Err(Fault::Operands("it needs matrices".to_owned()));
    };
    let count = x.shape[..x.rank() - 2].iter().product();
    let one = |at: usize| {
        let items = &items[at * rows * columns..(at + 1) * rows * columns];
        Matrix::new(x.dtype, rows, columns, items.to_vec())
    };
    Ok((0..count).map(one).collect())
}

/// The same, of matrices that must be square.
pub(super) fn square_matrices<R: Real, S: Scalar<R>>(
    x: &Tensor<R>,
    items: &[S],
) -> Result<Vec<Matrix<R, S>>, Fault> {
    match x.shape.as_slice() {
        [.., rows, columns] if rows != columns => Err(Fault::Operands("it needs square matrices".to_owned())),
        _ => matrices(x, items),
    }
}
