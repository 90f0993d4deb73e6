//! What numbers the float dtypes have: one row a dtype, and rounding to them.

use super::dtype::DType;

/// The numbers of a floating-point dtype.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Format {
    /// Bits of the significand behind the leading one.
    pub mantissa_bits: i32,
    /// The exponent of the least normal number.
    pub least_exponent: i32,
    /// The largest finite number.
    pub largest: f64,
    /// What stands for numbers beyond the largest.
    pub beyond: Beyond,
    /// The smallest normal number; results below it may be flushed to zero.
    pub least: f64,
    /// The distance from 1 to the next number.
    pub epsilon: f64,
    /// A number below the logarithm of the largest, with room for a weight and a sum. Arithmetic formats have it.
    pub exponent: Option<f64>,
    /// The exponent of two up to which, and down to the negative of which, squares and sums of them neither overflow
    /// nor lose what they would not lose by rounding. Arithmetic formats have it.
    pub safe_exponent: Option<f64>,
}

/// What a number becomes that is too large for a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// An infinity, as IEEE 754 has it.
    Infinity,
    /// NaN: the format has no infinities.
    Nan,
    /// NaN, which stands in the place of the negative zero: the format has neither that nor infinities.
    NanForNegativeZero,
    /// The largest number: the format has neither infinities nor NaN.
    Largest,
}

impl Format {
    /// That of f32.
    pub(crate) const SINGLE: &'static Self =
        &Self::new(23, -126, f32::MAX as f64, Beyond::Infinity).arithmetic(80.0, 40.0);

    /// That of f64.
    pub(crate) const DOUBLE: &'static Self =
        &Self::new(52, -1022, f64::MAX, Beyond::Infinity).arithmetic(700.0, 400.0);

    /// The format of a float dtype; `None` for `float8_e8m0fnu` as well, whose powers of two have neither a sign nor
    /// a zero and are no numbers to compute with.
    #[rustfmt::skip] // One row a dtype.
    pub(crate) const fn of(dtype: DType) -> Option<&'static Self> {
        use Beyond::{Infinity, Largest, Nan, NanForNegativeZero};
        Some(match dtype {
            // Bits behind the point, the least exponent of a normal number, the largest number, and what is beyond.
            DType::Float4E2m1fn => const { &Self::new(1, 0, 6.0, Largest) },
            DType::Float8E3m4 => const { &Self::new(4, -2, 15.5, Infinity) },
            DType::Float8E4m3 => const { &Self::new(3, -6, 240.0, Infinity) },
            DType::Float8E4m3b11fnuz => const { &Self::new(3, -10, 30.0, NanForNegativeZero) },
            DType::Float8E4m3fn => const { &Self::new(3, -6, 448.0, Nan) },
            DType::Float8E4m3fnuz => const { &Self::new(3, -7, 240.0, NanForNegativeZero) },
            DType::Float8E5m2 => const { &Self::new(2, -14, 57344.0, Infinity) },
            DType::Float8E5m2fnuz => const { &Self::new(2, -15, 57344.0, NanForNegativeZero) },
            DType::Float16 => const { &Self::new(10, -14, 65504.0, Infinity).arithmetic(8.0, 2.0) },
            DType::Bfloat16 => const { &Self::new(7, -126, 3.389_531_389_251_535_5e38, Infinity).arithmetic(80.0, 40.0) },
            DType::Float32 => Self::SINGLE,
            DType::Float64 => Self::DOUBLE,
            _ => return None,
        })
    }

    /// The format of a dtype that programs compute in (see [`DType::is_arithmetic`]).
    pub(crate) fn arithmetic_of(dtype: DType) -> Option<&'static Self> {
        Self::of(dtype).filter(|_| dtype.is_arithmetic())
    }

    const fn new(mantissa_bits: i32, least_exponent: i32, largest: f64, beyond: Beyond) -> Self {
        Self {
            mantissa_bits,
            least_exponent,
            largest,
            beyond,
            least: power_of_two(least_exponent),
            epsilon: power_of_two(-mantissa_bits),
            exponent: None,
            safe_exponent: None,
        }
    }

    const fn arithmetic(mut self, exponent: f64, safe_exponent: f64) -> Self {
        self.exponent = Some(exponent);
        self.safe_exponent = Some(safe_exponent);
        self
    }

    /// Bits of the exponent, as IEEE 754 has them: of an arithmetic format.
    pub(crate) fn exponent_bits(&self) -> u32 {
        (2 - self.least_exponent).unsigned_abs().ilog2() + 1
    }

    /// The exponent of the largest number.
    pub(crate) fn largest_exponent(&self) -> i32 {
        exponent(self.largest)
    }

    /// The distance of neighbouring numbers around a finite `value`; below the least normal number, the one just
    /// above it.
    pub(crate) fn ulp(&self, value: f64) -> f64 {
        power_of_two(exponent(value).max(self.least_exponent)) * self.epsilon
    }

    /// The number nearest to `value`, ties to even.
    pub(crate) fn round(&self, value: f64) -> f64 {
        match self.mantissa_bits {
            52 => return value,
            23 => return f64::from(value as f32),
            _ => {}
        }
        let rounded = if value == 0.0 || !value.is_finite() {
            value
        } else {
            let unit = self.ulp(value);
            (value / unit).round_ties_even() * unit
        };
        match self.beyond {
            Beyond::Infinity if rounded.abs() > self.largest => f64::INFINITY.copysign(value),
            Beyond::Largest if rounded.abs() > self.largest => self.largest.copysign(value),
            Beyond::Nan | Beyond::NanForNegativeZero if rounded.abs() > self.largest => f64::NAN,
            // The sum makes the positive zero of the negative one.
            Beyond::NanForNegativeZero => rounded + 0.0,
            _ => rounded,
        }
    }
}

impl DType {
    /// The dtypes of arithmetic formats, as IEEE 754 calls those that operations are carried out in. The narrower
    /// ones only store numbers: what is computed with them is computed in a wider format and rounded.
    pub const ARITHMETIC: [Self; 4] = [Self::Float32, Self::Float64, Self::Bfloat16, Self::Float16];

    /// Whether it holds real numbers that operations are carried out in.
    pub fn is_arithmetic(self) -> bool {
        Self::ARITHMETIC.contains(&self)
    }

    /// Whether it is one of the dtypes with 16 bits, in which sums soon lose their digits.
    pub fn is_half(self) -> bool {
        matches!(self, Self::Float16 | Self::Bfloat16)
    }
}

/// The number of `dtype` nearest to `value`, ties to even; `value` itself if the dtype is none of floats.
pub(crate) fn round_to(value: f64, dtype: DType) -> f64 {
    Format::of(dtype).map_or(value, |format| format.round(value))
}

/// The exponent of the leading bit; below that of every normal double for zeros and subnormal ones.
fn exponent(value: f64) -> i32 {
    ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// A power of two that is a normal double.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023).unsigned_abs() as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ml_dtypes.finfo` has them: `nmant`, `minexp`, `max`, `smallest_normal`, `eps`, and what four times the
    /// largest number becomes.
    #[rustfmt::skip] // One row a dtype.
    const ML_DTYPES: [(DType, i32, i32, f64, f64, f64, f64); 12] = [
        (DType::Float4E2m1fn, 1, 0, 6.0, 1.0, 0.5, 6.0),
        (DType::Float8E3m4, 4, -2, 15.5, 0.25, 0.0625, f64::INFINITY),
        (DType::Float8E4m3, 3, -6, 240.0, 0.015_625, 0.125, f64::INFINITY),
        (DType::Float8E4m3b11fnuz, 3, -10, 30.0, 0.000_976_562_5, 0.125, f64::NAN),
        (DType::Float8E4m3fn, 3, -6, 448.0, 0.015_625, 0.125, f64::NAN),
        (DType::Float8E4m3fnuz, 3, -7, 240.0, 0.007_812_5, 0.125, f64::NAN),
        (DType::Float8E5m2, 2, -14, 57344.0, 6.103_515_625e-5, 0.25, f64::INFINITY),
        (DType::Float8E5m2fnuz, 2, -15, 57344.0, 3.051_757_812_5e-5, 0.25, f64::NAN),
        (DType::Float16, 10, -14, 65504.0, 6.103_515_625e-5, 0.000_976_562_5, f64::INFINITY),
        (DType::Bfloat16, 7, -126, 3.389_531_389_251_535_5e38, 1.175_494_350_822_287_5e-38, 0.007_812_5, f64::INFINITY),
        (DType::Float32, 23, -126, 3.402_823_466_385_288_6e38, 1.175_494_350_822_287_5e-38, 1.192_092_895_507_812_5e-7, f64::INFINITY),
        (DType::Float64, 52, -1022, 1.797_693_134_862_315_7e308, 2.225_073_858_507_201_4e-308, 2.220_446_049_250_313e-16, f64::INFINITY),
    ];

    #[test]
    fn formats_are_those_of_ml_dtypes() {
        for (dtype, mantissa_bits, least_exponent, largest, least, epsilon, beyond) in ML_DTYPES {
            let format = Format::of(dtype).expect("a float dtype has a format");
            assert_eq!(format.mantissa_bits, mantissa_bits, "{dtype:?}");
            assert_eq!(format.least_exponent, least_exponent, "{dtype:?}");
            assert_eq!(format.largest, largest, "{dtype:?}");
            assert_eq!(format.least, least, "{dtype:?}");
            assert_eq!(format.epsilon, epsilon, "{dtype:?}");
            assert_eq!(format.ulp(1.0), epsilon, "{dtype:?}");
            assert_eq!(format.ulp(0.0), least * epsilon, "{dtype:?}");
            let rounded = format.round(4.0 * largest);
            assert!(
                rounded == beyond || (rounded.is_nan() && beyond.is_nan()),
                "{dtype:?}"
            );
        }
    }

    #[test]
    fn every_float_dtype_has_a_format_but_one() {
        let without: Vec<DType> = DType::all()
            .filter(|&dtype| dtype.is_float() != Format::of(dtype).is_some())
            .collect();
        assert_eq!(without, [DType::Float8E8m0fnu]);
    }

    #[test]
    fn arithmetic_formats_are_those_with_limits_for_exponents() {
        for dtype in DType::all() {
            let format = Format::of(dtype);
            let has_limits = format.is_some_and(|f| f.exponent.is_some() && f.safe_exponent.is_some());
            assert_eq!(dtype.is_arithmetic(), has_limits, "{dtype:?}");
        }
    }

    #[test]
    fn numbers_are_rounded_to_even_and_overflow() {
        for (value, dtype, expected) in [
            (1e-8, DType::Float16, 0.0),
            (0.1, DType::Bfloat16, 0.100_097_656_25),
            (0.1, DType::Float16, 0.099_975_585_937_5),
            (65519.0, DType::Float16, 65504.0),
            (65520.0, DType::Float16, f64::INFINITY),
            (f64::NEG_INFINITY, DType::Float16, f64::NEG_INFINITY),
            (1.000_000_01, DType::Float32, 1.0),
            (1.000_000_01, DType::Float64, 1.000_000_01),
            (0.1, DType::Float8E4m3fn, 0.101_562_5),
            (0.1, DType::Float8E5m2, 0.093_75),
            (-9.0, DType::Float4E2m1fn, -6.0),
            (0.1, DType::Int32, 0.1),
        ] {
            assert_eq!(round_to(value, dtype), expected, "{value} as {dtype:?}");
        }
        assert!(round_to(1e9, DType::Float8E4m3fn).is_nan());
        assert!(round_to(-0.0, DType::Float8E5m2fnuz).is_sign_positive());
        assert!(round_to(-0.0, DType::Float8E5m2).is_sign_negative());
    }

    #[test]
    fn exponents_of_arithmetic_formats_have_the_bits_of_the_standard() {
        for (dtype, bits, largest) in [
            (DType::Float16, 5, 15),
            (DType::Bfloat16, 8, 127),
            (DType::Float32, 8, 127),
            (DType::Float64, 11, 1023),
        ] {
            let format = Format::of(dtype).expect("a float dtype has a format");
            assert_eq!(
                (format.exponent_bits(), format.largest_exponent()),
                (bits, largest)
            );
        }
    }
}
