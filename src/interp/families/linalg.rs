//! Factorizations and triangular systems, as LAPACK orders the operations.

pub(super) mod eigen;
pub(super) mod hessenberg;
pub(super) mod householder;
pub(super) mod jacobi;
mod matrix;
mod scalar;
pub(super) mod schur;
pub(super) mod tridiagonal;

use self::matrix::{Matrix, matrices, square_matrices};
use self::scalar::Scalar;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, Format, ParamValue};
use crate::schema::{Port, bodies, params};

/// Applies an expression to the elements of an array of real or of complex numbers.
macro_rules! on_scalars {
    ($call:expr, $x:expr, $items:ident => $body:expr) => {
        match $x.data() {
            $crate::interp::tensor::Data::Float($items) => $body,
            $crate::interp::tensor::Data::Complex($items) => $body,
            _ => Err($call.not_on($x)),
        }
    };
}
use on_scalars;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("lu", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => lu(call, x, items))
            }),
            row_of("lu_pivots_to_permutation", permutation_of_pivots),
            row_of("cholesky", |call| {
                let x = call.input(0)?;
                on_scalars!(call, x, items => cholesky(call, x, items))
            }),
            row_of("triangular_solve", |call| {
                let (a, b) = (call.input(0)?, call.input(1)?);
                match (a.data(), b.data()) {
                    (Data::Float(left), Data::Float(right)) => triangular_solve(call, left, right),
                    (Data::Complex(left), Data::Complex(right)) => triangular_solve(call, left, right),
                    _ => Err(call.not_on(a)),
                }
            }),
            row_of("custom_linear_solve", custom_linear_solve),
        ]
    }
}

/// What LAPACK takes for the numbers of a dtype: it has none that are narrower than single precision.
fn machine(dtype: DType) -> &'static Format {
    match dtype.real_part() {
        DType::Float64 => Format::DOUBLE,
        _ => Format::SINGLE,
    }
}

/// P·A = L·U with partial pivoting (LAPACK `getf2`); a column of zeros is passed over.
fn lu<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let (mut factors, mut pivots, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    for mut matrix in matrices(x, items)? {
        let chosen = factor(&mut matrix);
        orders.extend(permutation(&chosen, matrix.rows));
        pivots.extend(chosen.iter().map(|&pivot| pivot as i128));
        factors.extend(matrix.items);
    }
    let ints = |index: usize, items: Vec<i128>| {
        Ok::<_, Fault>(Tensor::from_ints(DType::Int32, &call.out_shape(index)?, items))
    };
    let factors = S::pack(call, x.dtype, &x.shape, factors);
    Ok(vec![factors, ints(1, pivots)?, ints(2, orders)?])
}

fn factor<R: Real, S: Scalar<R>>(matrix: &mut Matrix<R, S>) -> Vec<usize> {
    let mut pivots = Vec::new();
    for step in 0..matrix.rows.min(matrix.columns) {
        let size = |row: usize| matrix.get(row, step).pivot_size();
        let pivot =
            (step..matrix.rows).fold(step, |best, row| if size(row) > size(best) { row } else { best });
        pivots.push(pivot);
        let largest = matrix.get(pivot, step);
        if largest.size().is_zero() {
            continue;
        }
        matrix.swap_rows(step, pivot);
        let inverse = (S::one() / largest).rounded(matrix.dtype);
        for row in step + 1..matrix.rows {
            matrix.set(row, step, matrix.get(row, step) * inverse.clone());
            for column in step + 1..matrix.columns {
                matrix.subtract(row, column, matrix.get(row, step) * matrix.get(step, column));
            }
        }
    }
    pivots
}

/// The order of rows after swapping row `i` with row `pivots[i]`, one after another.
fn permutation(pivots: &[usize], rows: usize) -> Vec<i128> {
    let mut order: Vec<i128> = (0..rows).map(|row| row as i128).collect();
    for (row, &pivot) in pivots.iter().enumerate() {
        if row < rows && pivot < rows {
            order.swap(row, pivot);
        }
    }
    order
}

fn permutation_of_pivots<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    let (Some(&width), Some(&size)) = (x.shape.last(), shape.last()) else {
        return Err(Fault::Operands("it needs vectors".to_owned()));
    };
    let count = x.len().checked_div(width).unwrap_or_default();
    let pivot = |at: usize| {
        x.int(at)
            .and_then(|pivot| usize::try_from(pivot).ok())
            .unwrap_or(size)
    };
    let order = |row: usize| {
        permutation(
            &(row * width..(row + 1) * width).map(pivot).collect::<Vec<_>>(),
            size,
        )
    };
    let orders: Vec<i128> = (0..count).flat_map(order).collect();
    Ok(vec![Tensor::from_ints(call.out_dtype(0)?, &shape, orders)])
}

/// A = L·Lᴴ, from the lower triangle; all NaN where A is not positive definite in working precision.
fn cholesky<R: Real, S: Scalar<R>>(call: &Call<'_, R>, x: &Tensor<R>, items: &[S]) -> Outcome<R> {
    let mut found = Vec::with_capacity(items.len());
    for mut lower in square_matrices(x, items)? {
        if lower_factor(&mut lower) {
            found.extend(lower.items);
        } else {
            found.extend(lower.items.iter().map(|_| S::nan()));
        }
    }
    Ok(vec![S::pack(call, x.dtype, &x.shape, found)])
}

fn lower_factor<R: Real, S: Scalar<R>>(matrix: &mut Matrix<R, S>) -> bool {
    let size = matrix.rows;
    for step in 0..size {
        for before in 0..step {
            for row in step..size {
                let product = matrix.get(row, before) * matrix.get(step, before).conj();
                matrix.subtract(row, step, product);
            }
        }
        let pivot = matrix.get(step, step).real();
        if pivot.is_nan() || pivot <= R::from_f64(0.0) {
            return false;
        }
        matrix.set(step, step, S::from_real(pivot.map(Function::Sqrt)));
        for row in step + 1..size {
            matrix.set(row, step, matrix.get(row, step) / matrix.get(step, step));
            matrix.set(step, row, S::zero());
        }
    }
    true
}

/// Solves op(A)·X = B, or X·op(A) = B, by substitution.
fn triangular_solve<R: Real, S: Scalar<R>>(call: &Call<'_, R>, left: &[S], right: &[S]) -> Outcome<R> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let (systems, mut sides) = (square_matrices(a, left)?, matrices(b, right)?);
    let from_left = call.flag("left_side");
    let system = System {
        // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
        flipped: call.flag("transpose_a") == from_left,
        conjugated: call.flag("conjugate_a"),
        is_lower: call.flag("lower"),
        has_unit_diagonal: call.flag("unit_diagonal"),
        from_left,
    };
    let fits = |(a, b): (&Matrix<R, S>, &Matrix<R, S>)| a.rows == if from_left { b.rows } else { b.columns };
    if systems.len() != sides.len() || !systems.iter().zip(&sides).all(fits) {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    for (matrix, x) in systems.iter().zip(&mut sides) {
        system.solve(matrix, x);
    }
    let found = sides.into_iter().flat_map(|x| x.items).collect();
    Ok(vec![S::pack(call, b.dtype, &b.shape, found)])
}

/// How a triangular matrix stands in a system of equations.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the primitive's parameters"
)]
struct System {
    from_left: bool,
    flipped: bool,
    conjugated: bool,
    is_lower: bool,
    has_unit_diagonal: bool,
}

impl System {
    fn coefficient<R: Real, S: Scalar<R>>(&self, matrix: &Matrix<R, S>, i: usize, j: usize) -> S {
        let item = if self.flipped {
            matrix.get(j, i)
        } else {
            matrix.get(i, j)
        };
        if self.conjugated { item.conj() } else { item }
    }

    fn solve<R: Real, S: Scalar<R>>(&self, matrix: &Matrix<R, S>, x: &mut Matrix<R, S>) {
        let forward = self.is_lower != self.flipped;
        let (size, lines) = (matrix.rows, if self.from_left { x.columns } else { x.rows });
        for line in 0..lines {
            let at = |i: usize| if self.from_left { (i, line) } else { (line, i) };
            for step in 0..size {
                let i = if forward { step } else { size - 1 - step };
                let (row, column) = at(i);
                if !self.has_unit_diagonal {
                    x.set(row, column, x.get(row, column) / self.coefficient(matrix, i, i));
                }
                let known = x.get(row, column);
                for j in if forward { i + 1..size } else { 0..i } {
                    let (row, column) = at(j);
                    x.subtract(row, column, self.coefficient(matrix, j, i) * known.clone());
                }
            }
        }
    }
}

/// Runs the jaxpr `solve` on its constants and the right-hand sides.
fn custom_linear_solve<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let program = call.machine.program;
    let Some(&ParamValue::Listing(listing)) =
        params::argument(call.symbols(), call.value("jaxprs")?, "solve")
    else {
        return Err(Fault::Param("jaxprs"));
    };
    let main = program.listings[listing].main;
    let bodies = bodies(program, call.eqn).unwrap_or_default();
    let body = bodies
        .into_iter()
        .find(|body| body.block == main)
        .ok_or(Fault::Param("jaxprs"))?;
    let operands = body.inputs.iter().map(|port| match port {
        Port::Whole(index) => call.input(*index).cloned(),
        _ => Err(Fault::Param("jaxprs")),
    });
    Ok(call
        .machine
        .run(main, &operands.collect::<Result<Vec<_>, _>>()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(items: &[f64]) -> Matrix<f64, f64> {
        Matrix::new(DType::Float32, 2, 2, items.to_vec())
    }

    #[test]
    fn a_singular_matrix_has_a_zero_pivot_and_no_nan() {
        let mut matrix = matrix(&[1.0, 2.0, 2.0, 4.0]);
        assert_eq!(factor(&mut matrix), [1, 1]);
        assert_eq!(matrix.items, [2.0, 4.0, 0.5, 0.0]);
        assert_eq!(permutation(&[1, 1], 2), [1, 0]);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        let mut definite = matrix(&[4.0, 2.0, 2.0, 5.0]);
        assert!(lower_factor(&mut definite));
        assert_eq!(definite.items, [2.0, 0.0, 1.0, 2.0]);
        assert!(!lower_factor(&mut matrix(&[1.0, 2.0, 2.0, 1.0])));
    }
}
