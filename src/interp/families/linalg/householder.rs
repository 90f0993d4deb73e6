//! Orthogonal factors by reflections, with the signs that LAPACK gives them.

use super::matrix::{Matrix, matrices};
use super::scalar::Scalar;
use super::{Row, on_scalars, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::DType;

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("qr", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => qr(call, x, items))
            }),
            row_of("geqrf", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => geqrf(call, x, items))
            }),
            row_of("householder_product", |call| {
                let (x, factors) = (call.input(0)?, call.input(1)?);
                match (x.data(), factors.data()) {
                    (Data::Float(items), Data::Float(factors)) => product(call, x, items, factors),
                    (Data::Complex(items), Data::Complex(factors)) => product(call, x, items, factors),
                    _ => Err(call.not_on(x)),
                }
            }),
        ]
    }
}

/// A matrix turned into R above and on the diagonal and the vectors of the reflections below it, and their factors:
/// reflection i is I − τᵢ·v·vᴴ, where v has a one at place i (LAPACK `geqr2`).
///
/// With `permuted`, the longest remaining column comes next (LAPACK `geqp3`), and `order` says where it stood.
fn reflections<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, permuted: bool) -> (Vec<S>, Vec<usize>) {
    let mut order: Vec<usize> = (0..a.columns).collect();
    let mut factors = Vec::new();
    for step in 0..a.rows.min(a.columns) {
        if permuted {
            let longest = (step..a.columns).fold(step, |best, column| {
                if a.length(column, step) > a.length(best, step) {
                    column
                } else {
                    best
                }
            });
            a.swap_columns(step, longest);
            order.swap(step, longest);
        }
        let factor = reflect(a, step, step);
        for column in step + 1..a.columns {
            apply(a, step, step, &factor.conj(), column);
        }
        factors.push(factor);
    }
    (factors, order)
}

/// Turns a column from row `first` on into a multiple of a unit vector, and returns the factor of the reflection
/// (LAPACK `larfg`). What is left of the column is the vector of the reflection behind its one.
pub(super) fn reflect<R: Real, S: Scalar<R>>(a: &mut Matrix<R, S>, first: usize, column: usize) -> S {
    let alpha = a.get(first, column);
    let rest = a.length(column, first + 1);
    let is_real = (alpha.clone() - S::from_real(alpha.real())).size().is_zero();
    if rest.is_zero() && is_real {
        return S::zero();
    }
    let length = a.length(column, first);
    let beta = -length.with_sign_of(&alpha.real());
    let beta = S::from_real(beta);
    let factor = (beta.clone() - alpha.clone()) / beta.clone();
    let scale = S::one() / (alpha - beta.clone());
    for row in first + 1..a.rows {
        a.set(row, column, a.get(row, column) * scale.clone());
    }
    a.set(first, column, beta);
    factor.rounded(a.dtype)
}

/// Applies the reflection whose vector stands in column `vector` from row `first` on to another column.
pub(super) fn apply<R: Real, S: Scalar<R>>(
    a: &mut Matrix<R, S>,
    first: usize,
    vector: usize,
    factor: &S,
    column: usize,
) {
    let dot = (first + 1..a.rows).fold(a.get(first, column), |sum, row| {
        sum + a.get(row, vector).conj() * a.get(row, column)
    });
    let dot = dot * factor.clone();
    a.subtract(first, column, dot.clone());
    for row in first + 1..a.rows {
        a.subtract(row, column, a.get(row, vector) * dot.clone());
    }
}

/// The first `columns` columns of the product of the reflections (LAPACK `org2r`).
fn orthogonal<R: Real, S: Scalar<R>>(a: &Matrix<R, S>, factors: &[S], columns: usize) -> Matrix<R, S> {
    let mut q = Matrix::identity(a.dtype, a.rows, columns);
    for (step, factor) in factors.iter().enumerate().rev() {
        for column in 0..columns {
            let vector = |row: usize| if row == step { S::one() } else { a.get(row, step) };
            let dot = (step..a.rows).fold(S::zero(), |sum, row| {
                sum + vector(row).conj() * q.get(row, column)
            });
            let dot = dot * factor.clone();
            for row in step..a.rows {
                q.subtract(row, column, vector(row) * dot.clone());
            }
        }
    }
    q
}

fn qr<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (full, permuted) = (call.flag("full_matrices"), call.flag("pivoting"));
    let (mut left, mut right, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    for mut a in matrices(x, items)? {
        let (factors, order) = reflections(&mut a, permuted);
        let inner = if full { a.rows } else { a.rows.min(a.columns) };
        left.extend(orthogonal(&a, &factors, inner).items);
        for row in 0..inner {
            right.extend((0..a.columns).map(|column| {
                if row <= column {
                    a.get(row, column)
                } else {
                    S::zero()
                }
            }));
        }
        orders.extend(order.into_iter().map(|column| column as i128));
    }
    let mut outputs = vec![
        S::pack(call, x.dtype, &call.out_shape(0)?, left),
        S::pack(call, x.dtype, &call.out_shape(1)?, right),
    ];
    if permuted {
        outputs.push(Tensor::from_ints(DType::Int32, &call.out_shape(2)?, orders));
    }
    Ok(outputs)
}

fn geqrf<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (mut factored, mut all) = (Vec::new(), Vec::new());
    for mut a in matrices(x, items)? {
        let (factors, _) = reflections(&mut a, false);
        factored.extend(a.items);
        all.extend(factors);
    }
    Ok(vec![
        S::pack(call, x.dtype, &x.shape, factored),
        S::pack(call, x.dtype, &call.out_shape(1)?, all),
    ])
}

fn product<R: Real, S: Scalar<R>>(
    call: &Call<'_, R>,
    x: &Tensor<R>,
    items: &[S],
    factors: &[S],
) -> Outcome<R> {
    let stack = matrices(x, items)?;
    let each = factors.len().checked_div(stack.len()).unwrap_or_default();
    let mut found = Vec::new();
    for (at, a) in stack.iter().enumerate() {
        if each > a.rows.min(a.columns) || each * stack.len() != factors.len() {
            return Err(Fault::Operands(
                "there are more reflections than columns".to_owned(),
            ));
        }
        found.extend(orthogonal(a, &factors[at * each..(at + 1) * each], a.columns).items);
    }
    Ok(vec![S::pack(call, x.dtype, &x.shape, found)])
}
