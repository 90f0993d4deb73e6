//! Single numbers: flushing, wrapping and conversion between dtypes.

use crate::ir::{DType, DTypeClass, Format};

/// Whether a dtype is one whose elements can be held.
pub(super) fn is_known(dtype: DType) -> bool {
    match dtype.class() {
        DTypeClass::Float => Format::of(dtype).is_some(),
        _ => true,
    }
}

/// What a subnormal number becomes on XLA's CPU, which flushes those of f32, bf16 and f64 to zero.
pub(super) fn flush(dtype: DType, value: f64) -> f64 {
    let least = match dtype {
        DType::Float32 | DType::Bfloat16 => Format::SINGLE.least,
        DType::Float64 => Format::DOUBLE.least,
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
    // `float0` has no bits, and one value.
    if bits >= 64 || bits == 0 {
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
    fn integers_wrap_and_conversions_saturate() {
        assert_eq!(wrap(DType::Int32, 1 << 31), i64::from(i32::MIN));
        assert_eq!(wrap(DType::Uint8, -1), 255);
        assert_eq!(wrap(DType::Int4, 8), -8);
        assert_eq!(signed(DType::Uint64, -1), i128::from(u64::MAX));
        assert_eq!(saturated(DType::Int32, 1e20 as i128), i128::from(i32::MAX));
        assert_eq!(saturated(DType::Uint8, -3), 0);
    }
}
