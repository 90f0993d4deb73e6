//! Eigenvalues of Hermitian matrices and singular values, by Jacobi's rotations.
//!
//! Rotations go on until none changes a number, so the results have all digits of the arithmetic. Signs of vectors are
//! arbitrary, here as in LAPACK, and need not be the same.

use std::cmp::Ordering;

use super::matrix::{Matrix, matrices, square_matrices};
use super::scalar::Scalar;
use super::{Row, on_scalars, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::Tensor;
use crate::ir::DType;
use crate::schema::params;

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("eigh", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => eigh(call, x, items))
            }),
            row_of("svd", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => svd(call, x, items))
            }),
        ]
    }
}

/// Sweeps over all pairs of columns; Jacobi's method converges quadratically, after some ten at the most.
const MOST_SWEEPS: usize = 100;

/// Intermediate numbers keep all their digits.
const UNROUNDED: DType = DType::Float64;

/// The rotation that makes the off-diagonal element of [[p, c], [c̄, q]] zero: cosine, sine and the phase of c.
fn rotation<R: Real, S: Scalar<R>>(p: &R, q: &R, c: &S) -> Option<(R, R, S)> {
    let size = c.size();
    let (one, two) = (R::from_f64(1.0), R::from_f64(2.0));
    // Nothing is left to rotate where the element does not reach the last digit of either diagonal element.
    let tiny = |diagonal: &R| diagonal.clone() + size.clone() == *diagonal;
    if size.is_zero() || (tiny(p) && tiny(q)) {
        return None;
    }
    let half = (q.clone() - p.clone()) / (two * size.clone());
    let root = (one.clone() + half.clone() * half.clone()).map(Function::Sqrt);
    let tangent = one.clone() / (half.map(Function::Abs) + root);
    let tangent = tangent.with_sign_of(&half);
    let cosine = one.clone() / (one + tangent.clone() * tangent.clone()).map(Function::Sqrt);
    let sine = tangent * cosine.clone();
    Some((cosine, sine, c.clone() / S::from_real(size)))
}

/// Columns i and j become their rotation by [`rotation`].
fn rotate<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, i: usize, j: usize, by: &(R, R, S)) {
    let (cosine, sine) = (S::from_real(by.0.clone()), S::from_real(by.1.clone()));
    for row in 0..a.rows {
        // Turning the second column by the phase first makes the rotation a real one.
        let (x, y) = (a.get(row, i), a.get(row, j) * by.2.conj());
        a.set(row, i, cosine.clone() * x.clone() - sine.clone() * y.clone());
        a.set(row, j, sine.clone() * x + cosine.clone() * y);
    }
}

/// Rows i and j become their rotation, as in the product with the adjoint of what [`rotate`] applies.
fn rotate_rows<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, i: usize, j: usize, by: &(R, R, S)) {
    let (cosine, sine) = (S::from_real(by.0.clone()), S::from_real(by.1.clone()));
    for column in 0..a.columns {
        let (x, y) = (a.get(i, column), a.get(j, column) * by.2.clone());
        a.set(i, column, cosine.clone() * x.clone() - sine.clone() * y.clone());
        a.set(j, column, sine.clone() * x + cosine.clone() * y);
    }
}

/// Eigenvalues, and the eigenvectors in the columns of a matrix, of a Hermitian matrix given by its `lower` or its
/// upper triangle.
fn hermitian<R: Real, S: Scalar<R>>(a: &Matrix<R, S>, lower: bool) -> (Vec<R>, Matrix<R, S>) {
    let size = a.rows;
    let mut whole = Matrix::identity(UNROUNDED, size, size);
    for row in 0..size {
        for column in 0..size {
            let own = (row > column) == lower;
            whole.set(
                row,
                column,
                match row.cmp(&column) {
                    Ordering::Equal => S::from_real(a.get(row, row).real()),
                    _ if own => a.get(row, column),
                    _ => a.get(column, row).conj(),
                },
            );
        }
    }
    let mut vectors = Matrix::identity(UNROUNDED, size, size);
    for _ in 0..MOST_SWEEPS {
        let mut changed = false;
        for i in 0..size {
            for j in i + 1..size {
                let found = rotation(&whole.get(i, i).real(), &whole.get(j, j).real(), &whole.get(i, j));
                if let Some(by) = found {
                    changed = true;
                    rotate(&mut whole, i, j, &by);
                    rotate_rows(&mut whole, i, j, &by);
                    whole.set(i, j, S::zero());
                    whole.set(j, i, S::zero());
                    rotate(&mut vectors, i, j, &by);
                }
            }
        }
        if !changed {
            break;
        }
    }
    ((0..size).map(|at| whole.get(at, at).real()).collect(), vectors)
}

/// The range of `subset_by_index`, or all.
fn subset<R: Real>(call: &Call<'_, R>, size: usize) -> Result<std::ops::Range<usize>, Fault> {
    let Some(value) = call.given("subset_by_index") else {
        return Ok(0..size);
    };
    match params::indices(call.symbols(), value).as_deref() {
        Some(&[start, end]) if start <= end && end <= size => Ok(start..end),
        _ => Err(Fault::Param("subset_by_index")),
    }
}

/// The places of numbers in rising order.
fn rising<R: Real>(values: &[R]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].partial_cmp(&values[b]).unwrap_or(Ordering::Equal));
    order
}

/// Eigenvectors in columns, and eigenvalues in rising order; all NaN for a matrix that is not finite.
fn eigh<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (mut all_values, mut all_vectors) = (Vec::new(), Vec::new());
    for a in square_matrices(x, items)? {
        let range = subset(call, a.rows)?;
        if !a.is_finite() {
            all_values.extend(range.clone().map(|_| R::from_f64(f64::NAN)));
            all_vectors.extend((0..a.rows * range.len()).map(|_| S::nan()));
            continue;
        }
        let (values, vectors) = hermitian(&a, call.flag("lower"));
        let order = &rising(&values)[range];
        all_values.extend(order.iter().map(|&at| values[at].clone()));
        for row in 0..a.rows {
            all_vectors.extend(order.iter().map(|&column| vectors.get(row, column)));
        }
    }
    Ok(vec![
        S::pack(call, x.dtype, &call.out_shape(0)?, all_vectors),
        call.floats(x.dtype.real_part(), &call.out_shape(1)?, all_values),
    ])
}

/// A = U·diag(s)·Vᴴ of a matrix with at least as many rows as columns: U and V in columns, falling singular values.
struct Singular<R, S> {
    left: Matrix<R, S>,
    values: Vec<R>,
    right: Matrix<R, S>,
}

/// One-sided rotations (Hestenes 1958): columns are rotated until they are orthogonal.
fn singular<R: Real, S: Scalar<R>>(a: &Matrix<R, S>) -> Singular<R, S> {
    let mut left = Matrix::new(UNROUNDED, a.rows, a.columns, a.items.clone());
    let mut right = Matrix::identity(UNROUNDED, a.columns, a.columns);
    for _ in 0..MOST_SWEEPS {
        let mut changed = false;
        for i in 0..a.columns {
            for j in i + 1..a.columns {
                let dot = |i: usize, j: usize| {
                    (0..a.rows).fold(S::zero(), |sum, row| {
                        sum + left.get(row, i).conj() * left.get(row, j)
                    })
                };
                let (p, q, c) = (dot(i, i).real(), dot(j, j).real(), dot(i, j));
                // Columns whose cosine does not reach the last digits of one are orthogonal: a sum has as much noise.
                let lengths = (p.clone() * q.clone()).map(Function::Sqrt);
                let noise = R::from_integer(4 * a.rows as i128);
                if c.size() / noise + lengths.clone() == lengths {
                    continue;
                }
                if let Some(by) = rotation(&p, &q, &c) {
                    changed = true;
                    rotate(&mut left, i, j, &by);
                    rotate(&mut right, i, j, &by);
                }
            }
        }
        if !changed {
            break;
        }
    }
    let lengths: Vec<R> = (0..a.columns).map(|column| left.length(column, 0)).collect();
    let mut order = rising(&lengths);
    order.reverse();
    let chosen = |matrix: &Matrix<R, S>| {
        let row = |row: usize| order.iter().map(move |&column| (row, column));
        let items = (0..matrix.rows).flat_map(row);
        let items = items.map(|(row, column)| matrix.get(row, column)).collect();
        Matrix::new(UNROUNDED, matrix.rows, a.columns, items)
    };
    let values = order.iter().map(|&at| lengths[at].clone()).collect();
    Singular {
        left: chosen(&left),
        right: chosen(&right),
        values,
    }
}

/// Columns of length one that are orthogonal to one another, where `left` has multiples of them or zeros, and more of
/// them until there are `columns`.
fn completed<R: Real, S: Scalar<R>>(left: &Matrix<R, S>, values: &[R], columns: usize) -> Matrix<R, S> {
    let greatest = values.first().cloned().unwrap_or_else(|| R::from_f64(0.0));
    let mut basis = left.resized(left.rows, columns);
    for column in 0..columns {
        let length = values
            .get(column)
            .filter(|&value| greatest.clone() + value.clone() != greatest);
        if let Some(length) = length {
            for row in 0..left.rows {
                basis.set(row, column, left.get(row, column) / S::from_real(length.clone()));
            }
        } else {
            complete(&mut basis, column);
        }
    }
    basis
}

/// Fills a column with what is left of the unit vector that the columns before it cover least.
fn complete<R: Real, S: Scalar<R>>(basis: &mut Matrix<R, S>, column: usize) {
    let covered =
        |row: usize| (0..column).fold(R::from_f64(0.0), |sum, at| sum + basis.get(row, at).square_size());
    let least = (0..basis.rows).fold(
        0,
        |best, row| if covered(row) < covered(best) { row } else { best },
    );
    for row in 0..basis.rows {
        basis.set(row, column, if row == least { S::one() } else { S::zero() });
    }
    // Twice is enough (Parlett 1980).
    for _ in 0..2 {
        for before in 0..column {
            let dot = (0..basis.rows).fold(S::zero(), |sum, row| {
                sum + basis.get(row, before).conj() * basis.get(row, column)
            });
            for row in 0..basis.rows {
                basis.subtract(row, column, basis.get(row, before) * dot.clone());
            }
        }
    }
    let length = S::from_real(basis.length(column, 0));
    for row in 0..basis.rows {
        basis.set(row, column, basis.get(row, column) / length.clone());
    }
}

/// Singular values in falling order, and if asked for U and Vᴴ; all NaN for a matrix that is not finite.
fn svd<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (vectors, full) = (call.flag("compute_uv"), call.flag("full_matrices"));
    let (mut all_values, mut all_left, mut all_right) = (Vec::new(), Vec::new(), Vec::new());
    for a in matrices(x, items)? {
        let rank = a.rows.min(a.columns);
        let range = subset(call, rank)?;
        let (wide_left, wide_right) = if full {
            (0..a.rows, 0..a.columns)
        } else {
            (range.clone(), range.clone())
        };
        if !a.is_finite() {
            all_values.extend(range.map(|_| R::from_f64(f64::NAN)));
            all_left.extend((0..a.rows * wide_left.len()).map(|_| S::nan()));
            all_right.extend((0..a.columns * wide_right.len()).map(|_| S::nan()));
            continue;
        }
        let is_tall = a.rows >= a.columns;
        let tall = if is_tall { a.clone() } else { a.adjoint() };
        let found = singular(&tall);
        all_values.extend(range.map(|at| found.values[at].clone()));
        if !vectors {
            continue;
        }
        let width = if full { tall.rows } else { rank };
        let long = completed(&found.left, &found.values, width);
        let (left, right) = if is_tall {
            (long, found.right)
        } else {
            (found.right, long)
        };
        for row in 0..left.rows {
            all_left.extend(wide_left.clone().map(|column| left.get(row, column)));
        }
        for row in wide_right {
            all_right.extend((0..right.rows).map(|column| right.get(column, row).conj()));
        }
    }
    let mut outputs = vec![call.floats(x.dtype.real_part(), &call.out_shape(0)?, all_values)];
    if vectors {
        outputs.push(S::pack(call, x.dtype, &call.out_shape(1)?, all_left));
        outputs.push(S::pack(call, x.dtype, &call.out_shape(2)?, all_right));
    }
    Ok(outputs)
}
