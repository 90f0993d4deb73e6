//! Single numbers: rounding, wrapping and conversion between dtypes.
#![allow(clippy::float_cmp, reason = "rounded numbers are exact")]

use crate::ir::{DType, DTypeClass};

/// The smallest normal f32; bf16 has the same exponents.
const LEAST_F32: f64 = f32::MIN_POSITIVE as f64;

/// The float of `dtype` nearest to `value`, ties to even.
pub(super) fn round(dtype: DType, value: f64) -> f64 {
    match dtype {
        DType::Float32 => f64::from(value as f32),
        // Bits behind the point, the least exponent of a normal number, the largest number.
        DType::Float16 => narrow(value, 10, -14, 65504.0, f64::INFINITY),
        DType::Bfloat16 => narrow(value, 7, -126, 3.389_531_389_251_535e38, f64::INFINITY),
        DType::Float8E4m3fn => narrow(value, 3, -6, 448.0, f64::NAN),
        DType::Float8E5m2 => narrow(value, 2, -14, 57344.0, f64::INFINITY),
        _ => value,
    }
}

/// Rounds to `bits` places behind the leading one; beyond the largest number comes `above`.
fn narrow(value: f64, bits: i32, least_exponent: i32, largest: f64, above: f64) -> f64 {
    if value == 0.0 || value.is_nan() {
        return value;
    }
    let exponent = (((value.to_bits() >> 52) & 0x7ff) as i32 - 1023).max(least_exponent);
    let unit = 2f64.powi(exponent - bits);
    let rounded = (value / unit).round_ties_even() * unit;
    if rounded.abs() > largest {
        above.copysign(value)
    } else {
        rounded
    }
}

/// Whether a dtype is one whose elements can be held.
pub(super) fn is_known(dtype: DType) -> bool {
    match dtype.class() {
        DTypeClass::Float => matches!(
            dtype,
            DType::Float16
                | DType::Bfloat16
                | DType::Float32
                | DType::Float64
                | DType::Float8E4m3fn
                | DType::Float8E5m2
        ),
        DTypeClass::Float0 => false,
        _ => true,
    }
}

/// What a subnormal number becomes on XLA's CPU, which flushes those of f32, bf16 and f64 to zero.
pub(super) fn flush(dtype: DType, value: f64) -> f64 {
    let least = match dtype {
        DType::Float32 | DType::Bfloat16 => LEAST_F32,
        DType::Float64 => f64::MIN_POSITIVE,
        _ => return value,
    };
    if value.abs() < least {
        0f64.copysign(value)
    } else {
        value
    }
}

/// The integer of `dtype` that has the low bits of `value`.
pub(super) fn wrap(dtype: DType, value: i128) -> i64 {
    let bits = dtype.bits();
    if bits >= 64 {
        return value as i64;
    }
    let low = (value as i64) << (64 - bits);
    match dtype.class() {
        DTypeClass::Signed => low >> (64 - bits),
        _ => (low.cast_unsigned() >> (64 - bits)).cast_signed(),
    }
}

/// The number that the bits of an element stand for.
pub(super) fn signed(dtype: DType, bits: i64) -> i128 {
    match dtype.class() {
        DTypeClass::Signed => i128::from(bits),
        _ => i128::from(bits.cast_unsigned()),
    }
}

/// The least and the greatest integer of a dtype.
pub(super) fn limits(dtype: DType) -> (i128, i128) {
    let bits = dtype.bits();
    match dtype.class() {
        DTypeClass::Bool => (0, 1),
        DTypeClass::Signed => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        _ => (0, (1 << bits) - 1),
    }
}

/// An integer as the nearest double, from which it is rounded again to narrower floats.
#[expect(
    clippy::cast_precision_loss,
    reason = "a conversion to a float rounds; beyond 2^53 only ties could be rounded twice"
)]
pub(super) fn to_float(value: i128) -> f64 {
    value as f64
}

/// The low bits of an integer, as an unsigned number.
#[expect(clippy::cast_sign_loss, reason = "these are bits, not a number")]
pub(super) fn low_bits(value: i128) -> u64 {
    value as u64
}

/// The nearest integer that a dtype holds, which is what XLA's CPU makes of a float that was truncated.
pub(super) fn saturated(dtype: DType, value: i128) -> i128 {
    let (least, greatest) = limits(dtype);
    value.clamp(least, greatest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_round_to_even_and_overflow() {
        assert_eq!(round(DType::Bfloat16, 0.1), 0.100_097_656_25);
        assert_eq!(round(DType::Float16, 65519.0), 65504.0);
        assert_eq!(round(DType::Float16, 65520.0), f64::INFINITY);
        assert_eq!(round(DType::Float16, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!(round(DType::Float8E4m3fn, 1e9).is_nan());
    }

    #[test]
    fn integers_wrap_and_conversions_saturate() {
        assert_eq!(wrap(DType::Int32, 1 << 31), i64::from(i32::MIN));
        assert_eq!(wrap(DType::Uint8, -1), 255);
        assert_eq!(wrap(DType::Int4, 8), -8);
        assert_eq!(signed(DType::Uint64, -1), i128::from(u64::MAX));
        assert_eq!(saturated(DType::Int32, 1e20 as i128), i128::from(i32::MAX));
        assert_eq!(saturated(DType::Uint8, -3), 0);
    }
}
