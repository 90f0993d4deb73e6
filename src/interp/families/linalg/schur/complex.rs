//! The single-shift QR iteration on complex matrices (LAPACK `lahqr`, which `gees` runs on matrices of up to 75 rows).

use std::ops::Range;

use num_complex::Complex64;

use super::super::householder;
use super::super::matrix::Matrix;
use super::super::scalar::Scalar;
use super::{EXCEPTIONAL, Precision, deflate};

type Complex = Matrix<f64, Complex64>;

/// The sum of the absolute values of both parts, by which LAPACK compares.
fn size(number: Complex64) -> f64 {
    Scalar::<f64>::pivot_size(&number)
}

/// See [`super::Triangularize`].
pub(super) fn triangularize(h: &mut Complex, z: &mut Complex, active: &Range<usize>) -> Option<()> {
    for row in active.start + 1..active.end {
        make_real(h, z, row, row + 2);
    }
    let step = |[h, z]: [&mut Complex; 2], precision: &Precision, number: usize, block: Range<usize>| {
        let last = block.end - 1;
        let shift = shift(h, number, block.start, last);
        sweep(h, z, precision, block, shift);
        make_real(h, z, last, last);
    };
    deflate([h, z], active, 1, step, |_, _| {})
}

/// Makes the element below the diagonal in a row real, by a phase that the row and, up to row `end`, its column take.
fn make_real(h: &mut Complex, z: &mut Complex, row: usize, end: usize) {
    let below = h.get(row, row - 1);
    if below.im == 0.0 {
        return;
    }
    let phase = below / below.norm();
    h.set(row, row - 1, below.norm().into());
    if end > row {
        // The diagonal element takes the phase and its conjugate.
        scale_row(h, row, row, phase.conj());
        scale_column(h, row, end.min(h.rows), phase);
    } else {
        scale_row(h, row, row + 1, phase.conj());
        scale_column(h, row, row, phase);
    }
    scale_column(z, row, z.rows, phase);
}

fn scale_row(h: &mut Complex, row: usize, from: usize, factor: Complex64) {
    for column in from..h.columns {
        h.set(row, column, h.get(row, column) * factor);
    }
}

fn scale_column(h: &mut Complex, column: usize, end: usize, factor: Complex64) {
    for row in 0..end {
        h.set(row, column, h.get(row, column) * factor);
    }
}

/// Wilkinson's shift, or something else where it has not helped for long.
fn shift(h: &Complex, step: usize, start: usize, last: usize) -> Complex64 {
    if step.is_multiple_of(2 * EXCEPTIONAL) {
        return h.get(last, last) + 0.75 * h.get(last, last - 1).re.abs();
    }
    if step.is_multiple_of(EXCEPTIONAL) {
        return h.get(start, start) + 0.75 * h.get(start + 1, start).re.abs();
    }
    let corner = h.get(last, last);
    let mean = h.get(last - 1, last).sqrt() * h.get(last, last - 1).sqrt();
    if size(mean) == 0.0 {
        return corner;
    }
    let half = 0.5 * (h.get(last - 1, last - 1) - corner);
    let scale = size(mean).max(size(half));
    let (scaled_half, scaled_mean) = (half / scale, mean / scale);
    let root = scale * (scaled_half * scaled_half + scaled_mean * scaled_mean).sqrt();
    let is_opposite = half.re * root.re + half.im * root.im < 0.0;
    let root = if is_opposite { -root } else { root };
    corner - mean * (mean / (half + root))
}

/// The first column of H − s from row `at` on, up to a factor, and whether a step may begin there.
fn first_column(h: &Complex, precision: &Precision, at: usize, shift: Complex64) -> ([Complex64; 2], bool) {
    let (corner, below) = (h.get(at, at) - shift, h.get(at + 1, at).re);
    let scale = size(corner) + below.abs();
    let (corner, below) = (corner / scale, below / scale);
    let is_cut = at > 0 && {
        let beside = size(h.get(at, at)) + size(h.get(at + 1, at + 1));
        h.get(at, at - 1).re.abs() * below.abs() <= precision.ulp * (size(corner) * beside)
    };
    ([corner, below.into()], is_cut)
}

/// One step on the rows and columns of an active block.
fn sweep(h: &mut Complex, z: &mut Complex, precision: &Precision, block: Range<usize>, shift: Complex64) {
    let (start, last) = (block.start, block.end - 1);
    let mut first = last - 1;
    while first > start && !first_column(h, precision, first, shift).1 {
        first -= 1;
    }
    let (mut column, _) = first_column(h, precision, first, shift);
    for at in first..last {
        if at > first {
            column = [h.get(at, at - 1), h.get(at + 1, at - 1)];
        }
        let mut vector = Complex::new(h.dtype, 2, 1, column.to_vec());
        let factor = householder::reflect(&mut vector, 0, 0);
        if at > first {
            h.set(at, at - 1, vector.items[0]);
            h.set(at + 1, at - 1, Complex64::ZERO);
        }
        reflect(h, z, at, vector.items[1], factor, last);
        if at == first && first > start {
            restore_real(h, z, first, last, Complex64::ONE - factor);
        }
    }
}

/// Applies the reflection of two rows and columns from `at` on whose vector is (1, `second`), in H and Z.
fn reflect(h: &mut Complex, z: &mut Complex, at: usize, second: Complex64, factor: Complex64, last: usize) {
    let product = (factor * second).re;
    for column in at..h.columns {
        let sum = factor.conj() * h.get(at, column) + product * h.get(at + 1, column);
        h.subtract(at, column, sum);
        h.subtract(at + 1, column, sum * second);
    }
    let (below, rows) = ((at + 2).min(last) + 1, z.rows);
    for (matrix, end) in [(h, below), (z, rows)] {
        for row in 0..end {
            let sum = factor * matrix.get(row, at) + product * matrix.get(row, at + 1);
            matrix.subtract(row, at, sum);
            matrix.subtract(row, at + 1, sum * second.conj());
        }
    }
}

/// A step that begins inside the block leaves a complex element below the diagonal; a phase makes it real again.
fn restore_real(h: &mut Complex, z: &mut Complex, first: usize, last: usize, phase: Complex64) {
    let phase = phase / phase.norm();
    h.set(first + 1, first, h.get(first + 1, first) * phase.conj());
    if first + 2 <= last {
        h.set(first + 2, first + 1, h.get(first + 2, first + 1) * phase);
    }
    for at in (first..=last).filter(|&at| at != first + 1) {
        scale_row(h, at, at + 1, phase);
        scale_column(h, at, at, phase.conj());
        scale_column(z, at, z.rows, phase.conj());
    }
}
