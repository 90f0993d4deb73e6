//! `fft`, in complex doubles.

use num_complex::Complex64;
use rustfft::FftPlanner;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::to_float;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};
use crate::schema::params::FftType;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("fft", fft)] }
}

/// Transforms over the last axes, as many as `fft_lengths` has.
fn fft<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape, dtype) = (call.input(0)?, call.out_shape(0)?, call.out_dtype(0)?);
    let kind = FftType::read(call.symbols(), call.value("fft_type")?).ok_or(Fault::Param("fft_type"))?;
    let lengths = call.indices("fft_lengths")?;
    let Some((&last, others)) = lengths.split_last() else {
        return Ok(vec![x.clone()]);
    };
    let first = x
        .rank()
        .checked_sub(lengths.len())
        .ok_or(Fault::Param("fft_lengths"))?;
    let items: Vec<Complex64> = match x.data() {
        Data::Complex(items) => items.clone(),
        Data::Float(items) => items.iter().map(|item| Complex64::from(item.to_f64())).collect(),
        _ => return Err(call.not_on(x)),
    };
    let taken = if kind == FftType::Irfft {
        last / 2 + 1
    } else {
        last
    };
    let end = x.rank() - 1;
    if last == 0 || x.shape[end] != taken || x.shape[first..end] != *others {
        return Err(Fault::Param("fft_lengths"));
    }
    let mut items = transformed(kind, items, x.shape.clone(), first, last);
    debug_assert_eq!(items.len(), elements(&shape));
    if is_inverse(kind) {
        let count = to_float(elements(&lengths) as i128);
        for item in &mut items {
            *item /= count;
        }
    }
    let mut result = if dtype.is_complex() {
        Tensor::from_complex(dtype, &shape, items)
    } else {
        Tensor::from_floats(dtype, &shape, items.into_iter().map(|item| R::from_f64(item.re)))
    };
    call.flush(&mut result);
    Ok(vec![result])
}

/// The transform over the axes from `first` on, without dividing by their lengths. `last` is the length of the last of
/// them, of which a real transform keeps half: it is transformed first on the way there and last on the way back.
fn transformed(
    kind: FftType,
    mut items: Vec<Complex64>,
    mut extents: Vec<usize>,
    first: usize,
    last: usize,
) -> Vec<Complex64> {
    let (inverse, end) = (is_inverse(kind), extents.len() - 1);
    if kind != FftType::Irfft {
        along(&mut items, &extents, end, inverse);
        if kind == FftType::Rfft {
            items = resized(&items, last, last / 2 + 1, |row, at| row[at]);
            extents[end] = last / 2 + 1;
        }
    }
    for axis in first..end {
        along(&mut items, &extents, axis, inverse);
    }
    if kind == FftType::Irfft {
        // The other half of the spectrum is the conjugate, and the two places without a partner count as real.
        items = resized(&items, last / 2 + 1, last, |row, at| match at {
            at if at == 0 || 2 * at == last => Complex64::from(row[at].re),
            at if at < row.len() => row[at],
            at => row[last - at].conj(),
        });
        extents[end] = last;
        along(&mut items, &extents, end, inverse);
    }
    items
}

fn is_inverse(kind: FftType) -> bool {
    matches!(kind, FftType::Ifft | FftType::Irfft)
}

/// Rows of `from` elements become rows of `to`.
fn resized(
    items: &[Complex64],
    from: usize,
    to: usize,
    element: impl Fn(&[Complex64], usize) -> Complex64,
) -> Vec<Complex64> {
    let element = &element;
    let rows = items.chunks_exact(from);
    rows.flat_map(|row| (0..to).map(move |at| element(row, at)))
        .collect()
}

/// Transforms every line along an axis, without dividing by its length.
fn along(items: &mut [Complex64], shape: &[usize], axis: usize, inverse: bool) {
    let length = shape[axis];
    let step = elements(&shape[axis + 1..]);
    if items.is_empty() {
        return;
    }
    let mut planner = FftPlanner::new();
    let plan = if inverse {
        planner.plan_fft_inverse(length)
    } else {
        planner.plan_fft_forward(length)
    };
    let mut line = vec![Complex64::ZERO; length];
    for start in (0..items.len()).filter(|place| (place / step).is_multiple_of(length)) {
        for (at, item) in line.iter_mut().enumerate() {
            *item = items[start + at * step];
        }
        plan.process(&mut line);
        for (at, item) in line.iter().enumerate() {
            items[start + at * step] = *item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_has_one_frequency_along_its_axis() {
        // Two rows of e^(2πi·at/4).
        let wave = [Complex64::ONE, Complex64::I, -Complex64::ONE, -Complex64::I];
        let mut items = [wave, wave].concat();
        along(&mut items, &[2, 4], 1, false);
        let expected = [0.0, 4.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0];
        assert!(
            items
                .iter()
                .zip(expected)
                .all(|(found, expected)| (found - expected).norm() < 1e-15)
        );
        along(&mut items, &[2, 4], 0, true);
        assert!((items[1] - 8.0).norm() < 1e-15 && items[5].norm() < 1e-15);
    }
}
