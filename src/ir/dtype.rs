//! Element types as jaxprs spell them.

/// An element type that jaxpeep knows. Others stay text (see [`super::Type::Other`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the dtype of that name in JAX")]
pub enum DType {
    Bool,
    Int2,
    Int4,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint2,
    Uint4,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float4E2m1fn,
    Float8E3m4,
    Float8E4m3,
    Float8E4m3b11fnuz,
    Float8E4m3fn,
    Float8E4m3fnuz,
    Float8E5m2,
    Float8E5m2fnuz,
    Float8E8m0fnu,
    Float16,
    Bfloat16,
    Float32,
    Float64,
    Complex64,
    Complex128,
    /// `float0`, the type of tangents of integers.
    Float0,
}

/// What kind of numbers a dtype holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are plain words")]
pub enum DTypeClass {
    Bool,
    Signed,
    Unsigned,
    Float,
    Complex,
    Float0,
}

/// One row a dtype: the dtype, its short name in types, its long name in parameters, class, and bits.
#[rustfmt::skip] // One row a dtype.
const TABLE: &[(DType, &str, &str, DTypeClass, u32)] = &[
    (DType::Bool, "bool", "bool", DTypeClass::Bool, 8),
    (DType::Int2, "i2", "int2", DTypeClass::Signed, 2),
    (DType::Int4, "i4", "int4", DTypeClass::Signed, 4),
    (DType::Int8, "i8", "int8", DTypeClass::Signed, 8),
    (DType::Int16, "i16", "int16", DTypeClass::Signed, 16),
    (DType::Int32, "i32", "int32", DTypeClass::Signed, 32),
    (DType::Int64, "i64", "int64", DTypeClass::Signed, 64),
    (DType::Uint2, "u2", "uint2", DTypeClass::Unsigned, 2),
    (DType::Uint4, "u4", "uint4", DTypeClass::Unsigned, 4),
    (DType::Uint8, "u8", "uint8", DTypeClass::Unsigned, 8),
    (DType::Uint16, "u16", "uint16", DTypeClass::Unsigned, 16),
    (DType::Uint32, "u32", "uint32", DTypeClass::Unsigned, 32),
    (DType::Uint64, "u64", "uint64", DTypeClass::Unsigned, 64),
    (DType::Float4E2m1fn, "f4_e2m1fn", "float4_e2m1fn", DTypeClass::Float, 4),
    (DType::Float8E3m4, "f8_e3m4", "float8_e3m4", DTypeClass::Float, 8),
    (DType::Float8E4m3, "f8_e4m3", "float8_e4m3", DTypeClass::Float, 8),
    (DType::Float8E4m3b11fnuz, "f8_e4m3b11fnuz", "float8_e4m3b11fnuz", DTypeClass::Float, 8),
    (DType::Float8E4m3fn, "f8_e4m3fn", "float8_e4m3fn", DTypeClass::Float, 8),
    (DType::Float8E4m3fnuz, "f8_e4m3fnuz", "float8_e4m3fnuz", DTypeClass::Float, 8),
    (DType::Float8E5m2, "f8_e5m2", "float8_e5m2", DTypeClass::Float, 8),
    (DType::Float8E5m2fnuz, "f8_e5m2fnuz", "float8_e5m2fnuz", DTypeClass::Float, 8),
    (DType::Float8E8m0fnu, "f8_e8m0fnu", "float8_e8m0fnu", DTypeClass::Float, 8),
    (DType::Float16, "f16", "float16", DTypeClass::Float, 16),
    (DType::Bfloat16, "bf16", "bfloat16", DTypeClass::Float, 16),
    (DType::Float32, "f32", "float32", DTypeClass::Float, 32),
    (DType::Float64, "f64", "float64", DTypeClass::Float, 64),
    (DType::Complex64, "c64", "complex64", DTypeClass::Complex, 64),
    (DType::Complex128, "c128", "complex128", DTypeClass::Complex, 128),
    (DType::Float0, "float0", "float0", DTypeClass::Float0, 0),
];

impl DType {
    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// The dtype spelled `name` in a type (`f32`) or in a parameter (`float32`).
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| row.1 == name || row.2 == name)
            .map(|row| row.0)
    }

    /// As types spell it: `f32`.
    pub fn short_name(self) -> &'static str {
        self.row().1
    }

    /// As parameters spell it: `float32`.
    pub fn long_name(self) -> &'static str {
        self.row().2
    }

    /// What kind of numbers it holds.
    pub fn class(self) -> DTypeClass {
        self.row().3
    }

    /// Bits of an element.
    pub fn bits(self) -> u32 {
        self.row().4
    }

    /// Whether it holds real floating-point numbers.
    pub fn is_float(self) -> bool {
        self.class() == DTypeClass::Float
    }

    /// Whether it holds integers of either sign.
    pub fn is_integer(self) -> bool {
        matches!(self.class(), DTypeClass::Signed | DTypeClass::Unsigned)
    }

    /// Whether it holds complex numbers.
    pub fn is_complex(self) -> bool {
        self.class() == DTypeClass::Complex
    }

    /// The dtype of the parts of a complex number; a dtype that is not complex is its own part.
    #[must_use]
    pub fn real_part(self) -> Self {
        match self {
            Self::Complex64 => Self::Float32,
            Self::Complex128 => Self::Float64,
            other => other,
        }
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, DTypeClass, u32) {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_rows_stand_in_the_order_of_the_variants() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, index, "{}", row.2);
            assert_eq!(DType::from_name(row.1), Some(row.0));
            assert_eq!(DType::from_name(row.2), Some(row.0));
        }
    }
}
