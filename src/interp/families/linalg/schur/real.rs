//! The double-shift QR iteration on real matrices (LAPACK `lahqr`, which `gees` runs on matrices of up to 75 rows).

use std::ops::Range;

use super::super::matrix::Matrix;
use super::{EXCEPTIONAL, Precision, deflate};

type Real = Matrix<f64, f64>;

/// See [`super::Triangularize`].
pub(super) fn triangularize(h: &mut Real, z: &mut Real, active: &Range<usize>) -> Option<()> {
    let step = |[h, z]: [&mut Real; 2], precision: &Precision, number: usize, block: Range<usize>| {
        let shifts = shifts(h, number, block.start, block.end - 1);
        sweep(h, z, precision, block, shifts);
    };
    let finish = |[h, z]: [&mut Real; 2], block: Range<usize>| {
        if block.len() == 2 {
            standardize(h, z, block.start);
        }
    };
    deflate([h, z], active, 2, step, finish)
}

/// Two shifts: a real pair, or the parts of a complex one and of its conjugate.
#[derive(Clone, Copy)]
struct Shifts {
    real: [f64; 2],
    imaginary: f64,
}

/// The eigenvalues of the last two rows, or of something else where they have not helped for long.
fn shifts(h: &Real, step: usize, start: usize, last: usize) -> Shifts {
    let exceptional = |size: f64, corner: f64| {
        let diagonal = 0.75 * size + corner;
        [diagonal, -0.4375 * size, size, diagonal]
    };
    let size = |row: usize| h.get(row, row - 1).abs();
    let block = if step.is_multiple_of(2 * EXCEPTIONAL) {
        exceptional(size(last) + size(last - 1), h.get(last, last))
    } else if step.is_multiple_of(EXCEPTIONAL) {
        exceptional(size(start + 1) + size(start + 2), h.get(start, start))
    } else {
        [
            h.get(last - 1, last - 1),
            h.get(last - 1, last),
            h.get(last, last - 1),
            h.get(last, last),
        ]
    };
    let scale: f64 = block.iter().map(|item| item.abs()).sum();
    if scale == 0.0 {
        return Shifts {
            real: [0.0; 2],
            imaginary: 0.0,
        };
    }
    let [a, b, c, d] = block.map(|item| item / scale);
    let middle = f64::midpoint(a, d);
    let determinant = (a - middle) * (d - middle) - b * c;
    let root = determinant.abs().sqrt();
    if determinant >= 0.0 {
        return Shifts {
            real: [middle * scale; 2],
            imaginary: root * scale,
        };
    }
    // Of two real ones, only the one that is nearer to the last element is used.
    let (upper, lower) = (middle + root, middle - root);
    let nearer = if (upper - d).abs() <= (lower - d).abs() {
        upper
    } else {
        lower
    };
    Shifts {
        real: [nearer * scale; 2],
        imaginary: 0.0,
    }
}

/// The first column of (H − s₁)·(H − s₂) from row `at` on, up to a factor.
fn first_column(h: &Real, at: usize, shifts: Shifts) -> [f64; 3] {
    let (corner, below) = (h.get(at, at), h.get(at + 1, at));
    let [first, second] = shifts.real;
    let scale = (corner - second).abs() + shifts.imaginary.abs() + below.abs();
    let below = below / scale;
    let column = [
        below * h.get(at, at + 1)
            + (corner - first) * ((corner - second) / scale)
            + shifts.imaginary * (shifts.imaginary / scale),
        below * (corner + h.get(at + 1, at + 1) - first - second),
        below * h.get(at + 2, at + 1),
    ];
    let sum: f64 = column.iter().map(|item| item.abs()).sum();
    column.map(|item| item / sum)
}

/// One step with both shifts on the rows and columns of an active block.
fn sweep(h: &mut Real, z: &mut Real, precision: &Precision, block: Range<usize>, shifts: Shifts) {
    let (start, last) = (block.start, block.end - 1);
    let mut first = last - 2;
    let mut column = first_column(h, first, shifts);
    while first > start {
        let beside: f64 = (first - 1..=first + 1).map(|at| h.get(at, at).abs()).sum();
        let reached = h.get(first, first - 1).abs() * (column[1].abs() + column[2].abs());
        // Two subdiagonals in a row that are small let the step begin here.
        if reached <= precision.ulp * column[0].abs() * beside {
            break;
        }
        first -= 1;
        column = first_column(h, first, shifts);
    }
    for at in first..last {
        let rows = 3.min(last - at + 1);
        if at > first {
            for (row, item) in column.iter_mut().enumerate().take(rows) {
                *item = h.get(at + row, at - 1);
            }
        }
        let factor = reflection(&mut column[..rows], h);
        if at > first {
            h.set(at, at - 1, column[0]);
            for row in 1..rows {
                h.set(at + row, at - 1, 0.0);
            }
        } else if first > start {
            h.set(at, at - 1, h.get(at, at - 1) * (1.0 - factor));
        }
        column[0] = 1.0;
        reflect(h, z, at, &column[..rows], factor, last);
    }
}

/// Turns the vector into a multiple of a unit vector and the vector of the reflection behind its one, and returns the
/// factor (LAPACK `larfg`), in the dtype of a matrix.
fn reflection(vector: &mut [f64], of: &Real) -> f64 {
    let mut column = Matrix::new(of.dtype, vector.len(), 1, vector.to_vec());
    let factor = super::super::householder::reflect(&mut column, 0, 0);
    vector.copy_from_slice(&column.items);
    factor
}

/// Applies a reflection of rows and columns from `at` on, in H and Z.
fn reflect(h: &mut Real, z: &mut Real, at: usize, vector: &[f64], factor: f64, last: usize) {
    let rows = vector.len();
    for column in at..h.columns {
        let terms = (0..rows).map(|row| vector[row] * h.get(at + row, column));
        let sum: f64 = terms.sum();
        for (row, item) in vector.iter().enumerate() {
            h.subtract(at + row, column, sum * (factor * item));
        }
    }
    let below = (at + 3).min(last);
    let parts: [(&mut Real, usize); 2] = [(h, below + 1), (z, usize::MAX)];
    for (matrix, end) in parts {
        for row in 0..end.min(matrix.rows) {
            let terms = (0..rows).map(|column| vector[column] * matrix.get(row, at + column));
            let sum: f64 = terms.sum();
            for (column, item) in vector.iter().enumerate() {
                matrix.subtract(row, at + column, sum * (factor * item));
            }
        }
    }
}

/// Brings the block of rows `at` and `at + 1` into its standard form: upper triangular, or with equal diagonal elements
/// and others of different signs.
fn standardize(h: &mut Real, z: &mut Real, at: usize) {
    let block = [
        h.get(at, at),
        h.get(at, at + 1),
        h.get(at + 1, at),
        h.get(at + 1, at + 1),
    ];
    let ([a, b, c, d], [cosine, sine]) = standard_block(block, Precision::of(h.dtype, 1).ulp);
    for column in at + 2..h.columns {
        let (upper, lower) = (h.get(at, column), h.get(at + 1, column));
        h.set(at, column, cosine * upper + sine * lower);
        h.set(at + 1, column, cosine * lower - sine * upper);
    }
    let rows = z.rows;
    for (matrix, end) in [(&mut *h, at), (z, rows)] {
        for row in 0..end {
            let (left, right) = (matrix.get(row, at), matrix.get(row, at + 1));
            matrix.set(row, at, cosine * left + sine * right);
            matrix.set(row, at + 1, cosine * right - sine * left);
        }
    }
    h.set(at, at, a);
    h.set(at, at + 1, b);
    h.set(at + 1, at, c);
    h.set(at + 1, at + 1, d);
}

/// [[a, b], [c, d]] in standard form, and the rotation that does it (LAPACK `lanv2`).
fn standard_block([a, b, c, d]: [f64; 4], ulp: f64) -> ([f64; 4], [f64; 2]) {
    if c == 0.0 {
        return ([a, b, c, d], [1.0, 0.0]);
    }
    if b == 0.0 {
        return ([d, -c, 0.0, a], [0.0, 1.0]);
    }
    if a == d && b.signum() != c.signum() {
        return ([a, b, c, d], [1.0, 0.0]);
    }
    let difference = a - d;
    let half = 0.5 * difference;
    let (greater, lesser) = (
        b.abs().max(c.abs()),
        b.abs().min(c.abs()) * b.signum() * c.signum(),
    );
    let scale = half.abs().max(greater);
    let discriminant = (half / scale) * half + (greater / scale) * lesser;
    if discriminant >= 4.0 * ulp {
        let root = half + (scale.sqrt() * discriminant.sqrt()).copysign(half);
        let length = c.hypot(root);
        let standard = [d + root, b - c, 0.0, d - (greater / root) * lesser];
        return (standard, [root / length, c / length]);
    }
    equal_diagonal([a, b, c, d])
}

/// The rotation that makes the diagonal elements equal, and what follows from it.
fn equal_diagonal([a, b, c, d]: [f64; 4]) -> ([f64; 4], [f64; 2]) {
    let (sum, difference) = (b + c, a - d);
    let length = sum.hypot(difference);
    let cosine = (0.5 * (1.0 + sum.abs() / length)).sqrt();
    let sine = -(0.5 * difference / (length * cosine)) * 1f64.copysign(sum);
    let columns = [
        a * cosine + b * sine,
        b * cosine - a * sine,
        c * cosine + d * sine,
        d * cosine - c * sine,
    ];
    let (a, b) = (
        columns[0] * cosine + columns[2] * sine,
        columns[1] * cosine + columns[3] * sine,
    );
    let (c, d) = (
        columns[2] * cosine - columns[0] * sine,
        columns[3] * cosine - columns[1] * sine,
    );
    let middle = 0.5 * (a + d);
    if c == 0.0 || (b != 0.0 && b.signum() != c.signum()) {
        return ([middle, b, c, middle], [cosine, sine]);
    }
    if b == 0.0 {
        return ([middle, -c, 0.0, middle], [-sine, cosine]);
    }
    // The eigenvalues are real after all.
    let (above, below) = (b.abs().sqrt(), c.abs().sqrt());
    let root = (above * below).copysign(c);
    let inverse = 1.0 / (b + c).abs().sqrt();
    let (other_cosine, other_sine) = (above * inverse, below * inverse);
    let rotation = [
        cosine * other_cosine - sine * other_sine,
        cosine * other_sine + sine * other_cosine,
    ];
    ([middle + root, b - c, 0.0, middle - root], rotation)
}
