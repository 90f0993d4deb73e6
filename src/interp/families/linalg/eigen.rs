//! Eigenvalues and Schur forms of matrices without symmetry, in complex doubles.

use num_complex::Complex64;

use super::matrix::{Matrix, square_matrices};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::DType;

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("eig", eig)] }
}

/// A complex matrix, of complex doubles whatever the arithmetic of the reals is.
type ComplexMatrix = Matrix<f64, Complex64>;

/// Steps for one eigenvalue; three are usual.
const MOST_STEPS: usize = 300;

/// A = Q·T·Qᴴ with T upper triangular; `None` if the iteration does not converge.
fn schur(a: &ComplexMatrix) -> Option<(ComplexMatrix, ComplexMatrix)> {
    let size = a.rows;
    let (mut t, mut q) = hessenberg(a);
    let mut end = size;
    let mut steps = 0;
    while end > 1 {
        let beside = |t: &ComplexMatrix, at: usize| t.get(at, at).norm() + t.get(at - 1, at - 1).norm();
        let is_small =
            |t: &ComplexMatrix, at: usize| t.get(at, at - 1).norm() <= f64::EPSILON * 0.5 * beside(t, at);
        let start = (1..end).rev().find(|&at| is_small(&t, at)).unwrap_or(0);
        if start > 0 {
            t.set(start, start - 1, Complex64::ZERO);
        }
        if start == end - 1 {
            end -= 1;
            steps = 0;
            continue;
        }
        steps += 1;
        if steps > MOST_STEPS {
            return None;
        }
        let shift = if steps % 10 == 0 {
            // A shift out of the ordinary breaks a cycle.
            t.get(end - 1, end - 1) + t.get(end - 1, end - 2).norm()
        } else {
            wilkinson(&t, end)
        };
        step(&mut t, &mut q, start, end, shift);
    }
    Some((t, q))
}

/// The eigenvalue of the last two rows and columns that is nearer to the last element.
fn wilkinson(t: &ComplexMatrix, end: usize) -> Complex64 {
    let (a, b) = (t.get(end - 2, end - 2), t.get(end - 2, end - 1));
    let (c, d) = (t.get(end - 1, end - 2), t.get(end - 1, end - 1));
    let half = (a - d) * 0.5;
    let root = (half * half + b * c).sqrt();
    let far = if (half + root).norm() > (half - root).norm() {
        half + root
    } else {
        half - root
    };
    if far.norm() == 0.0 { d } else { d - b * c / far }
}

/// One implicit QR step with a shift on the rows and columns from `start` to `end`, by rotations.
fn step(t: &mut ComplexMatrix, q: &mut ComplexMatrix, start: usize, end: usize, shift: Complex64) {
    let (mut x, mut y) = (t.get(start, start) - shift, t.get(start + 1, start));
    for at in start..end - 1 {
        let length = x.norm().hypot(y.norm());
        if length > 0.0 {
            let (c, s) = (x / length, y / length);
            for column in at.saturating_sub(1)..t.columns {
                let (upper, lower) = (t.get(at, column), t.get(at + 1, column));
                t.set(at, column, c.conj() * upper + s.conj() * lower);
                t.set(at + 1, column, c * lower - s * upper);
            }
            for matrix in [&mut *t, &mut *q] {
                for row in 0..matrix.rows {
                    let (left, right) = (matrix.get(row, at), matrix.get(row, at + 1));
                    matrix.set(row, at, left * c + right * s);
                    matrix.set(row, at + 1, right * c.conj() - left * s.conj());
                }
            }
        }
        if at + 2 < end {
            x = t.get(at + 1, at);
            y = t.get(at + 2, at);
        }
    }
}

/// A = Q·H·Qᴴ with zeros below the first subdiagonal of H, by reflections.
fn hessenberg(a: &ComplexMatrix) -> (ComplexMatrix, ComplexMatrix) {
    let size = a.rows;
    let (mut h, mut q) = (a.clone(), Matrix::identity(DType::Complex128, size, size));
    for at in 1..size.saturating_sub(1) {
        let length = h.length(at - 1, at);
        if length == 0.0 {
            continue;
        }
        let first = h.get(at, at - 1);
        let phase = if first.norm() == 0.0 {
            Complex64::ONE
        } else {
            first / first.norm()
        };
        let mut vector = vec![Complex64::ZERO; size];
        for (row, item) in vector.iter_mut().enumerate().skip(at) {
            *item = h.get(row, at - 1);
        }
        vector[at] += phase * length;
        let square: f64 = vector.iter().map(Complex64::norm_sqr).sum();
        for column in 0..size {
            let dot: Complex64 = (at..size)
                .map(|row| vector[row].conj() * h.get(row, column))
                .sum();
            for (row, item) in vector.iter().enumerate().skip(at) {
                h.set(row, column, h.get(row, column) - item * dot * (2.0 / square));
            }
        }
        for matrix in [&mut h, &mut q] {
            for row in 0..size {
                let dot: Complex64 = (at..size)
                    .map(|column| matrix.get(row, column) * vector[column])
                    .sum();
                for (column, item) in vector.iter().enumerate().skip(at) {
                    let moved = matrix.get(row, column) - dot * item.conj() * (2.0 / square);
                    matrix.set(row, column, moved);
                }
            }
        }
    }
    (h, q)
}

/// The eigenvectors of an upper triangular matrix in columns, of length one after the product with `q`.
fn vectors(t: &ComplexMatrix, q: &ComplexMatrix) -> ComplexMatrix {
    let size = t.rows;
    let mut found = Matrix::identity(DType::Complex128, size, size);
    let scale = t
        .items
        .iter()
        .map(|item| item.norm())
        .fold(f64::MIN_POSITIVE, f64::max);
    for at in 0..size {
        let mut x = vec![Complex64::ZERO; size];
        x[at] = Complex64::ONE;
        for row in (0..at).rev() {
            let sum: Complex64 = (row + 1..=at).map(|column| t.get(row, column) * x[column]).sum();
            let gap = t.get(at, at) - t.get(row, row);
            let small = f64::EPSILON * scale;
            x[row] = sum
                / if gap.norm() < small {
                    Complex64::from(small)
                } else {
                    gap
                };
        }
        let column: Vec<Complex64> = (0..size)
            .map(|row| (0..size).map(|inner| q.get(row, inner) * x[inner]).sum())
            .collect();
        let length = column.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
        // As in LAPACK, the largest element is real.
        let largest = column.iter().fold(Complex64::ZERO, |best, &item| {
            if item.norm() > best.norm() { item } else { best }
        });
        let turn = largest.conj() / largest.norm() / length;
        for (row, item) in column.into_iter().enumerate() {
            found.set(row, at, item * turn);
        }
    }
    found
}

/// Eigenvalues, and the left and right eigenvectors that are asked for; all NaN for a matrix that is not finite.
fn eig<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let items: Vec<Complex64> = match x.data() {
        Data::Float(items) => items.iter().map(|item| Complex64::from(item.to_f64())).collect(),
        Data::Complex(items) => items.clone(),
        _ => return Err(call.not_on(x)),
    };
    let (left, right) = (
        call.flag("compute_left_eigenvectors"),
        call.flag("compute_right_eigenvectors"),
    );
    let stack = Tensor::<f64>::from_complex(DType::Complex128, &x.shape, items.iter().copied());
    let (mut values, mut lefts, mut rights) = (Vec::new(), Vec::new(), Vec::new());
    for a in square_matrices(&stack, &items)? {
        let nan = Complex64::new(f64::NAN, f64::NAN);
        let Some((t, q)) = schur(&a).filter(|_| a.is_finite()) else {
            values.extend((0..a.rows).map(|_| nan));
            lefts.extend(a.items.iter().map(|_| nan));
            rights.extend(a.items.iter().map(|_| nan));
            continue;
        };
        values.extend((0..a.rows).map(|at| t.get(at, at)));
        if right {
            rights.extend(vectors(&t, &q).items);
        }
        if left {
            lefts.extend(left_vectors(&t, &q).items);
        }
    }
    let mut outputs = vec![values];
    outputs.extend(left.then_some(lefts));
    outputs.extend(right.then_some(rights));
    let tensor = |(index, items)| {
        Ok::<_, Fault>(Tensor::from_complex(
            call.out_dtype(index)?,
            &call.out_shape(index)?,
            items,
        ))
    };
    outputs.into_iter().enumerate().map(tensor).collect()
}

/// Left eigenvectors: right ones of the adjoint, which is lower triangular until its rows and columns are reversed.
fn left_vectors(t: &ComplexMatrix, q: &ComplexMatrix) -> ComplexMatrix {
    let size = t.rows;
    let mut reversed = t.adjoint();
    reversed.items.reverse();
    let mut basis = q.clone();
    for column in 0..size / 2 {
        basis.swap_columns(column, size - 1 - column);
    }
    let mut found = vectors(&reversed, &basis);
    for column in 0..size / 2 {
        found.swap_columns(column, size - 1 - column);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_has_the_eigenvalues_plus_and_minus_i() {
        let items = [0.0, -1.0, 1.0, 0.0].map(Complex64::from);
        let a = Matrix::new(DType::Complex128, 2, 2, items.to_vec());
        let (t, q) = schur(&a).expect("it converges");
        let mut found = [t.get(0, 0), t.get(1, 1)];
        found.sort_by(|a, b| b.im.total_cmp(&a.im));
        assert!((found[0] - Complex64::I).norm() < 1e-15 && (found[1] + Complex64::I).norm() < 1e-15);
        let vectors = vectors(&t, &q);
        for at in 0..2 {
            let x = [vectors.get(0, at), vectors.get(1, at)];
            assert!((-x[1] - t.get(at, at) * x[0]).norm() < 1e-15);
        }
    }

    #[test]
    fn a_companion_matrix_has_the_roots_of_its_polynomial() {
        // (x − 1)(x − 2)(x − 3)(x + 4)
        let rows = [
            [2.0, 13.0, -38.0, 24.0],
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ];
        let items = rows.concat().into_iter().map(Complex64::from).collect();
        let (t, _) = schur(&Matrix::new(DType::Complex128, 4, 4, items)).expect("it converges");
        let mut found: Vec<f64> = (0..4).map(|at| t.get(at, at).re).collect();
        found.sort_by(f64::total_cmp);
        let expected = [-4.0, 1.0, 2.0, 3.0];
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(found, expected)| (found - expected).abs() < 1e-12)
        );
    }
}
