//! Systems of equations of tridiagonal matrices.

mod perturbed;

use super::Row;
use super::matrix::{Matrix, matrices};
use super::scalar::Scalar;
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::DType;
use crate::schema::{Version, detect};

pub(in crate::interp::families) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[super::row_of("tridiagonal_solve", |call| {
            let [lower, diagonal, upper, b] =
                [call.input(0)?, call.input(1)?, call.input(2)?, call.input(3)?].map(Tensor::data);
            match (lower, diagonal, upper, b) {
                (Data::Float(lower), Data::Float(diagonal), Data::Float(upper), Data::Float(b)) => {
                    tridiagonal_solve(call, [lower, diagonal, upper], b)
                }
                (Data::Complex(lower), Data::Complex(diagonal), Data::Complex(upper), Data::Complex(b)) => {
                    tridiagonal_solve(call, [lower, diagonal, upper], b)
                }
                _ => Err(call.not_on(call.input(3)?)),
            }
        })]
    }
}

/// Three diagonals `[…,n]`, of which the lower begins and the upper ends with a number outside the matrix, and
/// right-hand sides `[…,n,k]`.
fn tridiagonal_solve<R: Real, S: Scalar<R>>(
    call: &Call<'_, R>,
    diagonals: [&[S]; 3],
    items: &[S],
) -> Outcome<R> {
    let method = Method::of(call);
    let b = call.input(3)?;
    let mut sides = matrices(b, items)?;
    let size = call.input(0)?.shape.last().copied().unwrap_or_default();
    let fits = |side: &Matrix<R, S>| side.rows == size && size > 0;
    let needed = sides.len() * size;
    if !sides.iter().all(fits) || diagonals.iter().any(|diagonal| diagonal.len() != needed) {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    for (at, x) in sides.iter_mut().enumerate() {
        let system = System {
            dtype: b.dtype,
            diagonals: diagonals.map(|diagonal| diagonal[at * size..(at + 1) * size].to_vec()),
        };
        match method {
            Method::Thomas => system.thomas(x),
            Method::Perturbed => system.perturbed(x),
            Method::Pivoted => {
                if !system.pivoted(x) {
                    x.items.fill(S::nan());
                }
            }
        }
    }
    let found = sides.into_iter().flat_map(|x| x.items).collect();
    Ok(vec![S::pack(call, b.dtype, &b.shape, found)])
}

/// How JAX solves.
#[derive(Clone, Copy)]
enum Method {
    /// Without pivoting, until 0.4.38.
    Thomas,
    /// With partial pivoting.
    Pivoted,
    /// With scaled pivoting, and pivots moved away from zero (`perturb_singular`).
    Perturbed,
}

impl Method {
    fn of<R: Real>(call: &Call<'_, R>) -> Self {
        if call.flag("perturb_singular") {
            Self::Perturbed
        } else if call.param("ldb").is_some() || detect(call.machine.program).until <= Version::V0_4_38 {
            Self::Thomas
        } else {
            Self::Pivoted
        }
    }
}

/// The lower diagonal, the diagonal and the upper one.
struct System<S> {
    dtype: DType,
    diagonals: [Vec<S>; 3],
}

impl<S> System<S> {
    /// Elimination without pivoting, as JAX before 0.5 traced it: the first row is eliminated by itself, which
    /// changes nothing where the number outside the matrix is 0.
    fn thomas<R: Real>(self, x: &mut Matrix<R, S>)
    where
        S: Scalar<R>,
    {
        let dtype = self.dtype;
        let [lower, diagonal, upper] = self.diagonals;
        let less = |a: &S, b: &S, c: &S| {
            let product = (b.clone() * c.clone()).rounded(dtype);
            (a.clone() - product).rounded(dtype)
        };
        let mut ratios = Vec::with_capacity(diagonal.len());
        let mut ratio = (upper[0].clone() / diagonal[0].clone()).rounded(dtype);
        for row in 0..x.rows {
            let pivot = less(&diagonal[row], &lower[row], &ratio);
            ratio = (upper[row].clone() / pivot).rounded(dtype);
            ratios.push(ratio.clone());
        }
        for column in 0..x.columns {
            let mut known = (x.get(0, column) / diagonal[0].clone()).rounded(dtype);
            for row in 0..x.rows {
                let before = row
                    .checked_sub(1)
                    .map_or_else(S::zero, |before| ratios[before].clone());
                let pivot = less(&diagonal[row], &lower[row], &before);
                known = (less(&x.get(row, column), &lower[row], &known) / pivot).rounded(dtype);
                x.set(row, column, known.clone());
            }
            for row in (0..x.rows).rev() {
                known = less(&x.get(row, column), &ratios[row], &known);
                x.set(row, column, known.clone());
            }
        }
    }

    /// Elimination with partial pivoting (LAPACK `gtsv`); `false` for a matrix that is singular.
    fn pivoted<R: Real>(self, x: &mut Matrix<R, S>) -> bool
    where
        S: Scalar<R>,
    {
        let (dtype, size) = (self.dtype, x.rows);
        let [mut second, mut diagonal, mut upper] = self.diagonals;
        // From here on `second` is the diagonal below, and then the second one above, which pivoting fills.
        second.rotate_left(1);
        for row in 0..size.saturating_sub(1) {
            if diagonal[row].pivot_size() >= second[row].pivot_size() {
                if diagonal[row].size().is_zero() {
                    return false;
                }
                let factor = (second[row].clone() / diagonal[row].clone()).rounded(dtype);
                let product = (factor.clone() * upper[row].clone()).rounded(dtype);
                diagonal[row + 1] = (diagonal[row + 1].clone() - product).rounded(dtype);
                second[row] = S::zero();
                for column in 0..x.columns {
                    x.subtract(row + 1, column, factor.clone() * x.get(row, column));
                }
                continue;
            }
            let factor = (diagonal[row].clone() / second[row].clone()).rounded(dtype);
            diagonal[row] = second[row].clone();
            let product = (factor.clone() * diagonal[row + 1].clone()).rounded(dtype);
            let below = (upper[row].clone() - product).rounded(dtype);
            upper[row] = std::mem::replace(&mut diagonal[row + 1], below);
            second[row] = S::zero();
            if row + 2 < size {
                second[row] = upper[row + 1].clone();
                upper[row + 1] = (-(factor.clone() * second[row].clone())).rounded(dtype);
            }
            x.swap_rows(row, row + 1);
            for column in 0..x.columns {
                x.subtract(row + 1, column, factor.clone() * x.get(row, column));
            }
        }
        if diagonal.last().is_none_or(|last| last.size().is_zero()) {
            return false;
        }
        for column in 0..x.columns {
            for row in (0..size).rev() {
                for (above, band) in [(1, &upper), (2, &second)] {
                    if row + above < size {
                        x.subtract(row, column, band[row].clone() * x.get(row + above, column));
                    }
                }
                x.set(row, column, x.get(row, column) / diagonal[row].clone());
            }
        }
        true
    }
}
