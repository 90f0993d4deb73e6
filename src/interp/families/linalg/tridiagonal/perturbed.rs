//! Systems that may be singular: pivots that are too small are moved away from zero (LAPACK `lagtf` and `lagts`).

use super::super::machine;
use super::super::matrix::Matrix;
use super::super::scalar::Scalar;
use super::System;
use crate::interp::real::Real;

/// The upper triangular factor: its diagonal and the two above.
struct Upper<S> {
    bands: [Vec<S>; 3],
}

impl<S> System<S> {
    /// Elimination that exchanges rows by their scaled pivots, and substitution by pivots that may be perturbed.
    pub(super) fn perturbed<R: Real>(self, x: &mut Matrix<R, S>)
    where
        S: Scalar<R>,
    {
        let dtype = self.dtype;
        let upper = self.eliminate(x);
        let largest = upper.bands.iter().flatten().map(S::size);
        let largest = largest.fold(R::from_f64(0.0), greater);
        let perturbation = R::from_f64(machine(dtype).epsilon) * largest;
        let [diagonal, beside, beyond] = &upper.bands;
        for row in (0..x.rows).rev() {
            for (above, band) in [(1, beside), (2, beyond)] {
                if row + above < x.rows {
                    for column in 0..x.columns {
                        x.subtract(row, column, band[row].clone() * x.get(row + above, column));
                    }
                }
            }
            let pivot = secured(x, row, diagonal[row].clone(), &perturbation);
            let inverse = (S::one() / pivot).rounded(dtype);
            for column in 0..x.columns {
                x.set(row, column, x.get(row, column) * inverse.clone());
            }
        }
    }

    /// Turns the matrix into its upper factor and the right-hand sides with it.
    fn eliminate<R: Real>(self, x: &mut Matrix<R, S>) -> Upper<S>
    where
        S: Scalar<R>,
    {
        let (dtype, size) = (self.dtype, x.rows);
        let [lower, given, above] = self.diagonals;
        let mut bands = [given.clone(), above.clone(), vec![S::zero(); size]];
        let less = |a: S, b: S| (a - b.rounded(dtype)).rounded(dtype);
        let mut scale = bands[0][0].size() + bands[1][0].size();
        for row in 0..size - 1 {
            let below = row + 1;
            let mut other_scale = lower[below].size() + given[below].size();
            if below + 1 < size {
                other_scale = other_scale + above[below].size();
            }
            if lower[below].size().is_zero() {
                scale = other_scale;
                continue;
            }
            let pivot = bands[0][row].clone();
            let own = if pivot.size().is_zero() {
                R::from_f64(0.0)
            } else {
                pivot.size() / scale.clone()
            };
            let factor = if lower[below].size() / other_scale.clone() <= own {
                scale = other_scale;
                let factor = (lower[below].clone() / pivot).rounded(dtype);
                bands[0][below] = less(bands[0][below].clone(), factor.clone() * bands[1][row].clone());
                factor
            } else {
                let factor = (pivot / lower[below].clone()).rounded(dtype);
                bands[0][row] = lower[below].clone();
                let beside = std::mem::replace(&mut bands[1][row], given[below].clone());
                bands[0][below] = less(beside, factor.clone() * given[below].clone());
                if below + 1 < size {
                    bands[2][row] = above[below].clone();
                    bands[1][below] = (-(factor.clone() * above[below].clone())).rounded(dtype);
                }
                x.swap_rows(row, below);
                scale = bands[0][below].size() + bands[1][below].size();
                factor
            };
            for column in 0..x.columns {
                x.subtract(below, column, factor.clone() * x.get(row, column));
            }
        }
        // The number outside the matrix is no part of it.
        bands[1][size - 1] = S::zero();
        Upper { bands }
    }
}

fn greater<R: Real>(a: R, b: R) -> R {
    if a < b { b } else { a }
}

/// The pivot of a row, moved so far from zero that no quotient of the row overflows; a tiny one of a tiny row is scaled
/// with it.
fn secured<R: Real, S: Scalar<R>>(x: &mut Matrix<R, S>, row: usize, mut pivot: S, perturbation: &R) -> S {
    let (dtype, least) = (x.dtype, machine(x.dtype).least);
    let (one, two, least) = (R::from_f64(1.0), R::from_f64(2.0), R::from_f64(least));
    let sizes = (0..x.columns).map(|column| x.get(row, column).size());
    let largest = sizes.fold(R::from_f64(0.0), greater);
    let mut by = greater(perturbation.clone(), least.clone()).with_sign_of(&pivot.real());
    loop {
        let size = pivot.size();
        if size >= one || size.is_nan() {
            return pivot;
        }
        if size.is_zero() || largest.clone() * least.clone() > size {
            pivot = (pivot + S::from_real(by.clone())).rounded(dtype);
            by = by * two.clone();
        } else if size < least {
            let scale = S::from_real(one.clone() / least.clone());
            for column in 0..x.columns {
                x.set(row, column, x.get(row, column) * scale.clone());
            }
            return (pivot * scale).rounded(dtype);
        } else {
            return pivot;
        }
    }
}
