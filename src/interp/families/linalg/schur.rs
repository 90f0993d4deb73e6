//! Schur forms, A = Z·T·Zᴴ, by the steps of LAPACK's `gees`.
//!
//! A matrix has many Schur forms, which differ by the signs or phases of the vectors, and the rounding of the iteration
//! decides which of them is found. So all arithmetics compute as the program does, in its dtype. The phases of complex
//! vectors are those of what is left below the diagonal when it has become rounding noise: they are arbitrary.

mod complex;
mod real;

use std::ops::Range;

use super::hessenberg::{orthogonal, reduce};
use super::matrix::{Matrix, square_matrices};
use super::scalar::Scalar;
use super::{Row, machine, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::to_float;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, Format};

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("schur", schur)] }
}

/// Steps after which the iteration tries a shift out of the ordinary.
const EXCEPTIONAL: usize = 10;

/// What counts as negligible.
struct Precision {
    /// Beside 1: the distance to the next number.
    ulp: f64,
    /// In an active block.
    small: f64,
}

impl Precision {
    fn of(dtype: DType, size: usize) -> Self {
        let &Format { least, epsilon, .. } = machine(dtype);
        let small = least * (to_float(size as i128) / epsilon);
        Self { ulp: epsilon, small }
    }
}

/// `[…,n,n]` to T, which is upper triangular but for blocks of complex eigenvalues of a real matrix, and, if
/// `compute_schur_vectors`, to Z; all NaN for a matrix for which the iteration does not converge.
fn schur<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    if call.flag("sort_eig_vals") {
        return Err(Fault::Param("sort_eig_vals"));
    }
    let mut outputs = match x.data() {
        Data::Float(items) => {
            let items: Vec<f64> = items.iter().map(Real::to_f64).collect();
            let (forms, vectors) = forms(x, &items, real::triangularize)?;
            let tensor = |items: Vec<f64>| call.floats(x.dtype, &x.shape, items.into_iter().map(R::from_f64));
            vec![tensor(forms), tensor(vectors)]
        }
        Data::Complex(items) => {
            let (forms, vectors) = forms(x, items, complex::triangularize)?;
            vec![
                Scalar::<R>::pack(call, x.dtype, &x.shape, forms),
                Scalar::<R>::pack(call, x.dtype, &x.shape, vectors),
            ]
        }
        _ => return Err(call.not_on(x)),
    };
    outputs.truncate(call.out_count());
    Ok(outputs)
}

/// Turns a Hessenberg matrix, whose active rows and columns are given, into T and turns Z with it; `None` if it does
/// not converge.
type Triangularize<S> = fn(&mut Matrix<f64, S>, &mut Matrix<f64, S>, &Range<usize>) -> Option<()>;

/// T and Z of each matrix.
fn forms<R: Real, S: Scalar<f64>>(
    x: &Tensor<R>,
    items: &[S],
    triangularize: Triangularize<S>,
) -> Result<(Vec<S>, Vec<S>), Fault> {
    let stack = Tensor::<f64>::filled(x.dtype, &x.shape, 0.0);
    let (mut forms, mut vectors) = (Vec::new(), Vec::new());
    for mut a in square_matrices(&stack, items)? {
        let found = if a.is_finite() {
            form(&mut a, triangularize)
        } else {
            None
        };
        if let Some(z) = found {
            forms.extend(a.items);
            vectors.extend(z.items);
        } else {
            forms.extend(a.items.iter().map(|_| S::nan()));
            vectors.extend(a.items.iter().map(|_| S::nan()));
        }
    }
    Ok((forms, vectors))
}

/// Replaces A by T and returns Z.
fn form<S: Scalar<f64>>(a: &mut Matrix<f64, S>, triangularize: Triangularize<S>) -> Option<Matrix<f64, S>> {
    let (active, swaps) = isolate(a);
    let factors = reduce(a, active.clone());
    let mut z = orthogonal(a, &factors);
    for row in 2..a.rows {
        for column in 0..row - 1 {
            a.set(row, column, S::zero());
        }
    }
    triangularize(a, &mut z, &active)?;
    for (row, other) in swaps.into_iter().rev() {
        z.swap_rows(row, other);
    }
    Some(z)
}

/// Makes steps on the last active rows until a block of at most `most` of them stands alone, then on the rows before it,
/// and so on. A step is given its number and the rows of its block, and `finish` the rows of a block that stands alone.
fn deflate<S: Scalar<f64>>(
    [h, z]: [&mut Matrix<f64, S>; 2],
    active: &Range<usize>,
    most: usize,
    step: impl Fn([&mut Matrix<f64, S>; 2], &Precision, usize, Range<usize>),
    finish: impl Fn([&mut Matrix<f64, S>; 2], Range<usize>),
) -> Option<()> {
    let precision = Precision::of(h.dtype, active.len());
    let most_steps = 30 * active.len().max(10);
    let mut end = active.end;
    while end > active.start {
        let mut number = 0;
        let start = loop {
            let start = small_subdiagonal(h, &precision, active, end - 1);
            if start > active.start {
                h.set(start, start - 1, S::zero());
            }
            if end - start <= most {
                break start;
            }
            number += 1;
            if number > most_steps {
                return None;
            }
            step([&mut *h, &mut *z], &precision, number, start..end);
        };
        finish([&mut *h, &mut *z], start..end);
        end = start;
    }
    Some(())
}

/// The first row of the active block that ends with `last`: above it, the subdiagonal, which is real, is negligible by
/// the criterion of Ahues and Tisseur (1997).
fn small_subdiagonal<S: Scalar<f64>>(
    h: &Matrix<f64, S>,
    precision: &Precision,
    active: &Range<usize>,
    last: usize,
) -> usize {
    let size = |row: usize, column: usize| h.get(row, column).pivot_size();
    let is_small = |at: usize| {
        let below = size(at, at - 1);
        if below <= precision.small {
            return true;
        }
        let mut beside = size(at - 1, at - 1) + size(at, at);
        if beside == 0.0 {
            if at >= active.start + 2 {
                beside += size(at - 1, at - 2);
            }
            if at + 1 < active.end {
                beside += size(at + 1, at);
            }
        }
        if below > precision.ulp * beside {
            return false;
        }
        let above = size(at - 1, at);
        let gap = (h.get(at - 1, at - 1) - h.get(at, at)).pivot_size();
        let (wide, narrow) = (size(at, at).max(gap), size(at, at).min(gap));
        let sum = wide + below.max(above);
        below.min(above) * (below.max(above) / sum)
            <= precision.small.max(precision.ulp * (narrow * (wide / sum)))
    };
    let mut inside = active.start + 1..=last;
    inside.rfind(|&at| is_small(at)).unwrap_or(active.start)
}

/// Permutes rows and columns so that eigenvalues that can be read off stand outside the active ones (LAPACK `gebal`
/// with `P`); returns those and the swaps.
fn isolate<S: Scalar<f64>>(a: &mut Matrix<f64, S>) -> (Range<usize>, Vec<(usize, usize)>) {
    let (mut low, mut high) = (0, a.rows);
    let mut swaps = Vec::new();
    let mut exchange = |a: &mut Matrix<f64, S>, row: usize, to: usize| {
        a.swap_columns(row, to);
        a.swap_rows(row, to);
        swaps.push((row, to));
    };
    let is_zero = |a: &Matrix<f64, S>, row: usize, column: usize| a.get(row, column).size() == 0.0;
    // A row without other elements goes down.
    while let Some(row) = (0..high)
        .rev()
        .find(|&row| (0..high).all(|column| column == row || is_zero(a, row, column)))
    {
        exchange(a, row, high - 1);
        if high == 1 {
            return (0..1, swaps);
        }
        high -= 1;
    }
    // A column without other elements goes to the left.
    while let Some(column) =
        (low..high).find(|&column| (low..high).all(|row| row == column || is_zero(a, row, column)))
    {
        exchange(a, column, low);
        low += 1;
    }
    (low..high, swaps)
}
