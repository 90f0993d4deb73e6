//! Errors of computed numbers, in units in the last place of the dtype.

use crate::interp::Real as _;
use crate::ir::{DType, Format};

/// The format of a dtype, or of the parts of a complex number. What is no float, and counts as exact wherever that
/// matters, has the figures of f32.
pub(super) fn format(dtype: DType) -> &'static Format {
    Format::of(dtype.real_part()).unwrap_or(Format::SINGLE)
}

/// Bits of the significand, with the leading one.
pub(crate) fn precision(dtype: DType) -> f64 {
    f64::from(format(dtype).mantissa_bits + 1)
}

/// The distance of neighbouring numbers of `dtype` around a finite `value`; below the least normal number, the one
/// just above it.
pub(super) fn ulp(dtype: DType, value: f64) -> f64 {
    format(dtype).ulp(value)
}

/// How far `found` is from the number that `truth` is in `dtype`, in units in the last place; infinite if one is
/// NaN or an infinity and the other is something else.
///
/// Numbers below the least normal one count as equal, because hardware may make zeros of them. Where it does, errors of
/// a few times that number do too: what became a zero on the way is multiplied by the rest (Demmel, "Underflow and the
/// reliability of numerical software", 1984, section 2).
pub(super) fn error(dtype: DType, truth: f64, found: f64) -> f64 {
    /// As many as units in the last place are tolerated.
    const UNDERFLOWS: f64 = 8.0;
    let nearest = truth.rounded(dtype);
    if nearest == found || (nearest.is_nan() && found.is_nan()) {
        return 0.0;
    }
    if !nearest.is_finite() || !found.is_finite() {
        return f64::INFINITY;
    }
    let least = format(dtype).least;
    let distance = (found - truth).abs();
    let flushes = (least / 2.0).flushed(dtype) == 0.0;
    let both_vanish = nearest.abs() < least && found.abs() <= least;
    if both_vanish || (flushes && distance <= UNDERFLOWS * least) {
        return 0.0;
    }
    distance / ulp(dtype, nearest)
}

/// An error, and no more than leaves no bit correct: what has no correct bit cannot lose any. An infinite error
/// stays one.
pub(super) fn capped(dtype: DType, error: f64) -> f64 {
    if error.is_finite() {
        error.min(precision(dtype).exp2())
    } else {
        error
    }
}

/// Bits that an error leaves correct: all without an error, none beyond the whole significand.
pub(crate) fn accuracy(dtype: DType, error: f64) -> f64 {
    (precision(dtype) - (1.0 + error).log2()).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_in_units_of_the_dtype() {
        assert_eq!(error(DType::Float32, 1.0, f64::from(1.0f32.next_up())), 1.0);
        assert_eq!(error(DType::Bfloat16, 1.0, 1.0 + 2f64.powi(-7)), 1.0);
        assert_eq!(error(DType::Float64, 3.0, 3f64.next_up()), 1.0);
        assert_eq!(error(DType::Float32, 1e39, f64::INFINITY), 0.0);
        assert_eq!(error(DType::Float32, 1e30, f64::INFINITY), f64::INFINITY);
        assert_eq!(error(DType::Float32, 1e-40, 0.0), 0.0);
        assert_eq!(error(DType::Float32, f64::NAN, 0.0), f64::INFINITY);
    }

    #[test]
    fn a_few_underflows_are_no_error_where_subnormals_become_zeros() {
        assert_eq!(error(DType::Float32, 5e-38, 0.0), 0.0);
        assert_eq!(error(DType::Bfloat16, 5e-38, 0.0), 0.0);
        assert_eq!(error(DType::Float64, 1e-307, 0.0), 0.0);
        assert!(error(DType::Float32, 1e-36, 0.0) > 8e6);
        // 2⁻¹⁴ is the least normal number of f16, and subnormal ones stay what they are.
        assert_eq!(error(DType::Float16, 2f64.powi(-12), 0.0), 1024.0);
    }

    #[test]
    fn narrow_dtypes_have_units_of_their_own() {
        assert_eq!(error(DType::Float8E4m3, 1.0, 1.125), 1.0);
        assert_eq!(error(DType::Float8E3m4, 8.0, 8.5), 1.0);
        assert_eq!(error(DType::Float8E5m2fnuz, 1.0, 1.25), 1.0);
        assert_eq!(error(DType::Float4E2m1fn, 2.0, 3.0), 1.0);
        assert_eq!(precision(DType::Float8E4m3fnuz), 4.0);
        assert_eq!(precision(DType::Complex128), 53.0);
    }

    #[test]
    fn accuracy_falls_by_a_bit_when_the_error_doubles() {
        assert_eq!(accuracy(DType::Float32, 0.0), 24.0);
        assert_eq!(accuracy(DType::Float32, 1023.0), 14.0);
        assert_eq!(accuracy(DType::Float32, f64::INFINITY), 0.0);
    }
}
