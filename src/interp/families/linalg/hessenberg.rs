//! Hessenberg and tridiagonal forms by reflections, packed as LAPACK packs them.

use std::ops::Range;

use super::householder::{apply, reflect};
use super::matrix::{Matrix, square_matrices};
use super::scalar::Scalar;
use super::{Row, on_scalars, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::real::Real;
use crate::interp::tensor::Tensor;

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("hessenberg", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => hessenberg(call, x, items))
            }),
            row_of("tridiagonal", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => tridiagonal(call, x, items))
            }),
        ]
    }
}

/// `[…,n,n]` to H with the vectors of the reflections below its subdiagonal, and their factors, `[…,n-1]`.
fn hessenberg<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (mut packed, mut factors) = (Vec::new(), Vec::new());
    for mut a in square_matrices(x, items)? {
        let all = 0..a.rows;
        factors.extend(reduce(&mut a, all));
        packed.extend(a.items);
    }
    Ok(vec![
        S::pack(call, x.dtype, &x.shape, packed),
        S::pack(call, x.dtype, &call.out_shape(1)?, factors),
    ])
}

/// A = Q·H·Qᴴ in the active rows and columns, where Q is the product of the reflections I − τ·v·vᴴ (LAPACK `gehd2`).
pub(super) fn reduce<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, active: Range<usize>) -> Vec<S> {
    let mut factors = vec![S::zero(); a.rows.saturating_sub(1)];
    for step in active.skip(1) {
        let factor = reflect(a, step, step - 1);
        let vector = vector(a, step);
        apply_from_right(a, step, &vector, &factor);
        for column in step..a.columns {
            apply(a, step, step - 1, &factor.conj(), column);
        }
        factors[step - 1] = factor;
    }
    factors
}

/// Q of what [`reduce`] leaves (LAPACK `orghr`).
pub(super) fn orthogonal<R: Real, S: Scalar<R>>(a: &Matrix<R, S>, factors: &[S]) -> Matrix<R, S> {
    let mut q = Matrix::identity(a.dtype, a.rows, a.rows);
    for (at, factor) in factors.iter().enumerate() {
        apply_from_right(&mut q, at + 1, &vector(a, at + 1), factor);
    }
    q
}

/// The vector of the reflection of the rows from `first` on, packed in the column before.
fn vector<R: Real, S: Scalar<R>>(a: &Matrix<R, S>, first: usize) -> Vec<S> {
    let rest = (first + 1..a.rows).map(|row| a.get(row, first - 1));
    std::iter::once(S::one()).chain(rest).collect()
}

/// Applies a reflection of the columns from `first` on to all rows.
fn apply_from_right<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, first: usize, vector: &[S], factor: &S) {
    for row in 0..a.rows {
        let terms = vector.iter().enumerate();
        let dot = terms.fold(S::zero(), |sum, (at, item)| {
            sum + a.get(row, first + at) * item.clone()
        });
        let dot = dot * factor.clone();
        for (at, item) in vector.iter().enumerate() {
            a.subtract(row, first + at, dot.clone() * item.conj());
        }
    }
}

/// `[…,n,n]`, of which one triangle is read, to T packed with the vectors of the reflections in that triangle, the
/// diagonal of T, `[…,n]`, its other diagonal and the factors, `[…,n-1]`; JAX before 0.5 adds a status, which is 0.
fn tridiagonal<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let is_lower = call.flag("lower");
    let (mut packed, mut diagonal, mut beside, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for mut a in square_matrices(x, items)? {
        if !is_lower {
            // Read from its last element back, an upper triangle is a lower one.
            a.items.reverse();
        }
        let mut factors = tridiagonalize(&mut a);
        let mut own: Vec<R> = (0..a.rows).map(|at| a.get(at, at).real()).collect();
        let mut other: Vec<R> = (1..a.rows).map(|at| a.get(at, at - 1).real()).collect();
        if !is_lower {
            a.items.reverse();
            factors.reverse();
            own.reverse();
            other.reverse();
        }
        packed.extend(a.items);
        diagonal.extend(own);
        beside.extend(other);
        all.extend(factors);
    }
    let mut outputs = vec![
        S::pack(call, x.dtype, &x.shape, packed),
        call.floats(call.out_dtype(1)?, &call.out_shape(1)?, diagonal),
        call.floats(call.out_dtype(2)?, &call.out_shape(2)?, beside),
        S::pack(call, x.dtype, &call.out_shape(3)?, all),
    ];
    if call.out_count() > 4 {
        outputs.push(Tensor::filled(call.out_dtype(4)?, &call.out_shape(4)?, 0.0));
    }
    Ok(outputs)
}

/// A = Q·T·Qᴴ, where A is Hermitian and only its lower triangle is read and written (LAPACK `sytd2` and `hetd2`).
fn tridiagonalize<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>) -> Vec<S> {
    let size = a.rows;
    let mut factors = Vec::new();
    for at in 0..size {
        a.set(at, at, S::from_real(a.get(at, at).real()));
    }
    for step in 1..size {
        let factor = reflect(a, step, step - 1);
        let vector = vector(a, step);
        subtract_two_sided(a, step, &vector, &factor);
        factors.push(factor);
    }
    factors
}

/// (I − τ·v·vᴴ)ᴴ·A·(I − τ·v·vᴴ) for the Hermitian matrix A in the rows and columns from `first` on:
/// A − v·wᴴ − w·vᴴ with x = τ·A·v and w = x − τ/2·(xᴴ·v)·v.
fn subtract_two_sided<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, first: usize, vector: &[S], factor: &S) {
    let element = |row: usize, column: usize| {
        let (row, column) = (row + first, column + first);
        if row >= column {
            a.get(row, column)
        } else {
            a.get(column, row).conj()
        }
    };
    let sum = |terms: &mut dyn Iterator<Item = S>| terms.fold(S::zero(), |sum, term| sum + term);
    let size = vector.len();
    let product = |row: usize| {
        let terms = (0..size).map(|column| element(row, column) * vector[column].clone());
        (factor.clone() * sum(&mut { terms })).rounded(a.dtype)
    };
    let mut other: Vec<S> = (0..size).map(product).collect();
    let dot = sum(&mut (0..size).map(|at| other[at].conj() * vector[at].clone()));
    let share = S::from_real(R::from_f64(0.5)) * factor.clone() * dot;
    for (item, of_vector) in other.iter_mut().zip(vector) {
        *item = (item.clone() - share.clone() * of_vector.clone()).rounded(a.dtype);
    }
    for row in 0..size {
        for column in 0..=row {
            let sum = vector[row].clone() * other[column].conj() + other[row].clone() * vector[column].conj();
            a.subtract(row + first, column + first, sum);
        }
    }
}
