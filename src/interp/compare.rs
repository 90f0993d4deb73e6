//! Comparison of computed arrays with recorded ones.

use num_complex::Complex64;

use super::tensor::{Data, Tensor, lanes};
use super::vectors::vector_axes;
use crate::ir::{DType, Program};

/// Where two arrays differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// How many elements differ beyond the tolerance.
    pub elements: usize,
    /// The first of them, in row-major order.
    pub first: usize,
    /// What was computed there.
    pub found: String,
    /// What was recorded there.
    pub expected: String,
}

/// Compares what a program gave with what was recorded: for each output, `None` if they agree. Outputs that are
/// eigenvectors or singular vectors, which [`super::vector_axes`] finds, agree up to the sign of each
/// vector, or its phase if it is complex.
pub fn compare_outputs(program: &Program, found: &[Tensor], expected: &[Tensor]) -> Vec<Option<Difference>> {
    let axes = vector_axes(program);
    let pairs = found.iter().zip(expected).enumerate();
    pairs
        .map(
            |(index, (found, expected))| match axes.get(index).copied().flatten() {
                Some(axis) if found.shape == expected.shape => {
                    compare(&turned(found, expected, axis), expected)
                }
                _ => compare(found, expected),
            },
        )
        .collect()
}

/// The array with each vector turned by the sign or phase that brings it nearest to the recorded one.
fn turned(found: &Tensor, expected: &Tensor, axis_from_end: usize) -> Tensor {
    let Some(axis) = found.rank().checked_sub(1 + axis_from_end) else {
        return found.clone();
    };
    let mut result = found.clone();
    for lane in lanes(&found.shape, axis) {
        match (result.data_mut(), expected.data()) {
            (Data::Float(own), Data::Float(other)) => {
                let dot: f64 = lane.iter().map(|&at| own[at] * other[at]).sum();
                if dot < 0.0 {
                    for &at in &lane {
                        own[at] = -own[at];
                    }
                }
            }
            (Data::Complex(own), Data::Complex(other)) => {
                let dot: Complex64 = lane.iter().map(|&at| own[at].conj() * other[at]).sum();
                if dot.norm() > 0.0 {
                    let phase = dot / dot.norm();
                    for &at in &lane {
                        own[at] *= phase;
                    }
                }
            }
            _ => {}
        }
    }
    result
}

/// Compares an array with a recorded one; `None` if they agree.
///
/// Integers agree exactly; finite floats within a part of the array's scale that is 1e-5 for f32 and 1e-12 for
/// f64 (narrower dtypes: two units in the last place of the scale); others agree in their class.
pub fn compare(found: &Tensor, expected: &Tensor) -> Option<Difference> {
    if is_python_scalar(found, expected) {
        return compare(found, &expected.narrowed(found.dtype));
    }
    if found.shape != expected.shape || found.dtype != expected.dtype {
        return Some(Difference {
            elements: found.len().max(expected.len()),
            first: 0,
            found: format!("{}{:?}", found.dtype.short_name(), found.shape),
            expected: format!("{}{:?}", expected.dtype.short_name(), expected.shape),
        });
    }
    let close = closeness(found.dtype);
    match (found.data(), expected.data()) {
        (Data::Bool(found), Data::Bool(expected)) => differing(found, expected, |a, b| a == b),
        (Data::Int(found), Data::Int(expected)) => differing(found, expected, |a, b| a == b),
        (Data::Key(found), Data::Key(expected)) => differing(found, expected, |a, b| a == b),
        (Data::Float(found), Data::Float(expected)) => {
            let scale = scale(expected.iter().copied());
            differing(found, expected, |&a, &b| agree(a, b, close, scale))
        }
        (Data::Complex(found), Data::Complex(expected)) => {
            let scale = scale(expected.iter().flat_map(|number| [number.re, number.im]));
            differing(found, expected, |a, b| {
                agree(a.re, b.re, close, scale) && agree(a.im, b.im, close, scale)
            })
        }
        _ => Some(Difference {
            elements: found.len(),
            first: 0,
            found: "another kind of elements".to_owned(),
            expected: "keys or numbers".to_owned(),
        }),
    }
}

/// A result that is a literal was recorded as the scalar of Python, in 64 bits, whatever its type in the program.
fn is_python_scalar(found: &Tensor, expected: &Tensor) -> bool {
    let is_wide = matches!(expected.dtype, DType::Int64 | DType::Float64 | DType::Complex128);
    found.shape.is_empty()
        && expected.shape.is_empty()
        && is_wide
        && found.dtype != expected.dtype
        && found.dtype.class() == expected.dtype.class()
}

fn closeness(dtype: DType) -> f64 {
    match dtype {
        DType::Float64 | DType::Complex128 => 1e-12,
        DType::Float16 => 2f64.powi(-9),
        DType::Bfloat16 => 2f64.powi(-6),
        _ => 1e-5,
    }
}

/// The largest finite magnitude.
fn scale(items: impl Iterator<Item = f64>) -> f64 {
    items
        .filter(|item| item.is_finite())
        .fold(0.0, |scale, item| item.abs().max(scale))
}

fn agree(found: f64, expected: f64, close: f64, scale: f64) -> bool {
    if found.is_finite() && expected.is_finite() {
        return (found - expected).abs() <= close * scale;
    }
    (found.is_nan() && expected.is_nan()) || found == expected
}

fn differing<T: std::fmt::Debug>(
    found: &[T],
    expected: &[T],
    agree: impl Fn(&T, &T) -> bool,
) -> Option<Difference> {
    let pairs = found.iter().zip(expected).enumerate();
    let mut wrong = pairs.filter(|(_, (found, expected))| !agree(found, expected));
    let (first, (one, other)) = wrong.next()?;
    Some(Difference {
        elements: 1 + wrong.count(),
        first,
        found: format!("{one:?}"),
        expected: format!("{other:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(items: &[f64]) -> Tensor {
        Tensor::from_floats(DType::Float32, &[items.len()], items.iter().copied())
    }

    #[test]
    fn floats_agree_within_their_scale_and_in_their_class() {
        assert_eq!(compare(&floats(&[100.0, 1e-4]), &floats(&[100.0, 0.0])), None);
        let difference = compare(&floats(&[1.0, f64::NAN]), &floats(&[1.0, f64::INFINITY]));
        assert_eq!(difference.map(|difference| difference.first), Some(1));
        assert_eq!(compare(&floats(&[f64::NAN]), &floats(&[f64::NAN])), None);
    }
}
