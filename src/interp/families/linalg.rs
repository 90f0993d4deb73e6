//! Factorizations and triangular systems of real matrices, as LAPACK orders the operations.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, ParamValue};
use crate::schema::{Port, bodies, params};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("lu", lu),
            row_of("lu_pivots_to_permutation", permutation_of_pivots),
            row_of("cholesky", cholesky),
            row_of("triangular_solve", triangular_solve),
            row_of("custom_linear_solve", custom_linear_solve),
        ]
    }
}

/// The matrices of an operand: their elements, and the extents of one.
fn matrices<'a, R: Real>(call: &Call<'a, R>, index: usize) -> Result<(&'a [R], usize, usize), Fault> {
    let x = call.input(index)?;
    match (x.data(), x.shape.as_slice()) {
        (Data::Float(items), [.., rows, columns]) => Ok((items, *rows, *columns)),
        (Data::Float(_), _) => Err(Fault::Operands("it needs matrices".to_owned())),
        _ => Err(call.not_on(x)),
    }
}

/// One matrix in row-major order, and the dtype that its elements are rounded to.
struct Matrix<R> {
    dtype: DType,
    columns: usize,
    items: Vec<R>,
}

impl<R: Real> Matrix<R> {
    fn get(&self, row: usize, column: usize) -> R {
        self.items[row * self.columns + column].clone()
    }

    fn set(&mut self, row: usize, column: usize, value: R) {
        self.items[row * self.columns + column] = value.rounded(self.dtype);
    }

    /// Subtracts a product, each of the two operations rounded.
    fn subtract(&mut self, row: usize, column: usize, product: R) {
        let product = product.rounded(self.dtype);
        self.set(row, column, self.get(row, column) - product);
    }

    fn swap_rows(&mut self, a: usize, b: usize) {
        for column in 0..self.columns {
            self.items
                .swap(a * self.columns + column, b * self.columns + column);
        }
    }
}

/// P·A = L·U with partial pivoting (LAPACK `getf2`); a column of zeros is passed over.
fn lu<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let (items, rows, columns) = matrices(call, 0)?;
    let (mut factors, mut pivots, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let count = x.len().checked_div(rows * columns).unwrap_or_default();
    for matrix in items.chunks_exact((rows * columns).max(1)).take(count) {
        let mut matrix = Matrix {
            dtype: x.dtype,
            columns,
            items: matrix.to_vec(),
        };
        let chosen = factor(&mut matrix, rows);
        orders.extend(permutation(&chosen, rows));
        pivots.extend(chosen.iter().map(|&pivot| pivot as i128));
        factors.extend(matrix.items);
    }
    let ints = |index: usize, items: Vec<i128>| {
        Ok::<_, Fault>(Tensor::from_ints(DType::Int32, &call.out_shape(index)?, items))
    };
    let factors = call.floats(x.dtype, &x.shape, factors);
    Ok(vec![factors, ints(1, pivots)?, ints(2, orders)?])
}

fn factor<R: Real>(matrix: &mut Matrix<R>, rows: usize) -> Vec<usize> {
    let mut pivots = Vec::new();
    for step in 0..rows.min(matrix.columns) {
        let size = |row: usize| matrix.get(row, step).map(Function::Abs);
        let pivot = (step..rows).fold(step, |best, row| if size(row) > size(best) { row } else { best });
        pivots.push(pivot);
        let largest = matrix.get(pivot, step);
        if largest.is_zero() {
            continue;
        }
        matrix.swap_rows(step, pivot);
        let inverse = (R::from_f64(1.0) / largest).rounded(matrix.dtype);
        for row in step + 1..rows {
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

/// A = L·Lᵀ, from the lower triangle; all NaN where A is not positive definite in working precision.
fn cholesky<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let (items, size, columns) = matrices(call, 0)?;
    if size != columns {
        return Err(Fault::Operands("it needs square matrices".to_owned()));
    }
    let mut found = Vec::with_capacity(items.len());
    for matrix in items.chunks_exact((size * size).max(1)) {
        let mut lower = Matrix {
            dtype: x.dtype,
            columns,
            items: matrix.to_vec(),
        };
        if lower_factor(&mut lower, size) {
            found.extend(lower.items);
        } else {
            found.extend(std::iter::repeat_n(R::from_f64(f64::NAN), size * size));
        }
    }
    Ok(vec![call.floats(x.dtype, &x.shape, found)])
}

fn lower_factor<R: Real>(matrix: &mut Matrix<R>, size: usize) -> bool {
    for step in 0..size {
        for before in 0..step {
            for row in step..size {
                matrix.subtract(row, step, matrix.get(row, before) * matrix.get(step, before));
            }
        }
        let pivot = matrix.get(step, step);
        if pivot.is_nan() || pivot <= R::from_f64(0.0) {
            return false;
        }
        matrix.set(step, step, pivot.map(Function::Sqrt));
        for row in step + 1..size {
            matrix.set(row, step, matrix.get(row, step) / matrix.get(step, step));
            matrix.set(step, row, R::from_f64(0.0));
        }
    }
    true
}

/// Solves op(A)·X = B, or X·op(A) = B, by substitution.
fn triangular_solve<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let ((left, size, width), (right, rows, columns)) = (matrices(call, 0)?, matrices(call, 1)?);
    let from_left = call.flag("left_side");
    let batches = |x: &Tensor<R>| x.shape[..x.rank() - 2].to_vec();
    let own = if from_left { rows } else { columns };
    if size != width || size != own || batches(a) != batches(b) {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    let transposed = call.flag("transpose_a");
    // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
    let flipped = transposed == from_left;
    let is_lower = call.flag("lower") != flipped;
    let unit = call.flag("unit_diagonal");
    let coefficient = |matrix: &[R], i: usize, j: usize| {
        if flipped {
            matrix[j * size + i].clone()
        } else {
            matrix[i * size + j].clone()
        }
    };
    let mut found = right.to_vec();
    if size == 0 || rows * columns == 0 {
        return Ok(vec![b.clone()]);
    }
    let pairs = left
        .chunks_exact(size * size)
        .zip(found.chunks_exact_mut(rows * columns));
    for (matrix, x) in pairs {
        for line in 0..rows * columns / size {
            let at = |i: usize| {
                if from_left {
                    i * columns + line
                } else {
                    line * columns + i
                }
            };
            for step in 0..size {
                let i = if is_lower { step } else { size - 1 - step };
                if !unit {
                    x[at(i)] = (x[at(i)].clone() / coefficient(matrix, i, i)).rounded(a.dtype);
                }
                let rest = if is_lower { i + 1..size } else { 0..i };
                for j in rest {
                    let product = (coefficient(matrix, j, i) * x[at(i)].clone()).rounded(a.dtype);
                    x[at(j)] = (x[at(j)].clone() - product).rounded(a.dtype);
                }
            }
        }
    }
    Ok(vec![call.floats(b.dtype, &b.shape, found)])
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

    #[test]
    fn a_singular_matrix_has_a_zero_pivot_and_no_nan() {
        let items = vec![1.0, 2.0, 2.0, 4.0];
        let mut matrix = Matrix {
            dtype: DType::Float32,
            columns: 2,
            items,
        };
        assert_eq!(factor(&mut matrix, 2), [1, 1]);
        assert_eq!(matrix.items, [2.0, 4.0, 0.5, 0.0]);
        assert_eq!(permutation(&[1, 1], 2), [1, 0]);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        let mut matrix = Matrix {
            dtype: DType::Float32,
            columns: 2,
            items: vec![4.0, 2.0, 2.0, 5.0],
        };
        assert!(lower_factor(&mut matrix, 2));
        assert_eq!(matrix.items, [2.0, 0.0, 1.0, 2.0]);
        let mut matrix = Matrix {
            dtype: DType::Float32,
            columns: 2,
            items: vec![1.0, 2.0, 2.0, 1.0],
        };
        assert!(!lower_factor(&mut matrix, 2));
    }
}
