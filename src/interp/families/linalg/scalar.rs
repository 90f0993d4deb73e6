//! What matrices are made of: real or complex numbers.

use std::ops::{Add, Div, Mul, Neg, Sub};

use num_complex::Complex64;

use crate::interp::call::Call;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::Tensor;
use crate::ir::DType;

/// An element of a matrix; `R` are the real numbers of the arithmetic.
pub(super) trait Scalar<R: Real>:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    fn from_real(value: R) -> Self;

    fn conj(&self) -> Self;

    fn real(&self) -> R;

    /// The absolute value.
    fn size(&self) -> R;

    /// What LAPACK chooses pivots by: the absolute value, or the sum of those of the two parts.
    fn pivot_size(&self) -> R;

    fn rounded(self, dtype: DType) -> Self;

    /// An array of such numbers, rounded to its dtype.
    fn pack(call: &Call<'_, R>, dtype: DType, shape: &[usize], items: Vec<Self>) -> Tensor<R>;

    fn zero() -> Self {
        Self::from_real(R::from_f64(0.0))
    }

    fn one() -> Self {
        Self::from_real(R::from_f64(1.0))
    }

    /// NaN, in both parts of a complex number.
    fn nan() -> Self;

    /// The square of the absolute value.
    fn square_size(&self) -> R {
        (self.clone() * self.conj()).real()
    }
}

impl<R: Real> Scalar<R> for R {
    fn from_real(value: R) -> Self {
        value
    }

    fn nan() -> Self {
        R::from_f64(f64::NAN)
    }

    fn conj(&self) -> Self {
        self.clone()
    }

    fn real(&self) -> R {
        self.clone()
    }

    fn size(&self) -> R {
        self.map(Function::Abs)
    }

    fn pivot_size(&self) -> R {
        self.map(Function::Abs)
    }

    fn rounded(self, dtype: DType) -> Self {
        Real::rounded(self, dtype)
    }

    fn pack(call: &Call<'_, R>, dtype: DType, shape: &[usize], items: Vec<Self>) -> Tensor<R> {
        call.floats(dtype, shape, items)
    }
}

impl<R: Real> Scalar<R> for Complex64 {
    fn from_real(value: R) -> Self {
        Complex64::new(value.to_f64(), 0.0)
    }

    fn nan() -> Self {
        Complex64::new(f64::NAN, f64::NAN)
    }

    fn conj(&self) -> Self {
        Complex64::conj(self)
    }

    fn real(&self) -> R {
        R::from_f64(self.re)
    }

    fn size(&self) -> R {
        R::from_f64(self.norm())
    }

    fn pivot_size(&self) -> R {
        R::from_f64(self.re.abs() + self.im.abs())
    }

    fn rounded(self, dtype: DType) -> Self {
        let part = dtype.real_part();
        Complex64::new(Real::rounded(self.re, part), Real::rounded(self.im, part))
    }

    fn pack(call: &Call<'_, R>, dtype: DType, shape: &[usize], items: Vec<Self>) -> Tensor<R> {
        let mut tensor = Tensor::from_complex(dtype, shape, items);
        call.flush(&mut tensor);
        tensor
    }
}
