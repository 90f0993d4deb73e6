//! Functions of one number.

use num_complex::Complex64;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::tensor::{Data, Tensor};

mod gamma;
mod inverse_erf;

pub(super) const ROWS: &[Row] = &[
    row_of("exp", |call| inexact(call, f64::exp, Complex64::exp)),
    row_of("log", |call| inexact(call, f64::ln, Complex64::ln)),
    row_of("sin", |call| inexact(call, f64::sin, Complex64::sin)),
    row_of("cos", |call| inexact(call, f64::cos, Complex64::cos)),
    row_of("tan", |call| inexact(call, f64::tan, Complex64::tan)),
    row_of("tanh", |call| inexact(call, f64::tanh, Complex64::tanh)),
    row_of("sinh", |call| inexact(call, f64::sinh, Complex64::sinh)),
    row_of("cosh", |call| inexact(call, f64::cosh, Complex64::cosh)),
    row_of("sqrt", |call| inexact(call, f64::sqrt, Complex64::sqrt)),
    row_of("rsqrt", |call| {
        inexact(call, |x| 1.0 / x.sqrt(), |x| x.sqrt().inv())
    }),
    row_of("asin", |call| inexact(call, f64::asin, Complex64::asin)),
    row_of("acos", |call| inexact(call, f64::acos, Complex64::acos)),
    row_of("atan", |call| inexact(call, f64::atan, Complex64::atan)),
    row_of("asinh", |call| inexact(call, libm::asinh, Complex64::asinh)),
    row_of("acosh", |call| inexact(call, libm::acosh, Complex64::acosh)),
    row_of("atanh", |call| inexact(call, libm::atanh, Complex64::atanh)),
    row_of("exp2", |call| real(call, f64::exp2)),
    row_of("log2", |call| real(call, f64::log2)),
    row_of("expm1", |call| inexact(call, f64::exp_m1, |x| x.exp() - 1.0)),
    row_of("log1p", |call| inexact(call, f64::ln_1p, |x| (x + 1.0).ln())),
    row_of("cbrt", |call| real(call, f64::cbrt)),
    row_of("logistic", |call| {
        inexact(call, logistic, |x| ((-x).exp() + 1.0).inv())
    }),
    row_of("erf", |call| real(call, libm::erf)),
    row_of("erfc", |call| real(call, libm::erfc)),
    row_of("erf_inv", |call| real(call, inverse_erf::erf_inv)),
    row_of("lgamma", |call| real(call, gamma::lgamma)),
    row_of("digamma", |call| real(call, gamma::digamma)),
    row_of("floor", |call| real(call, f64::floor)),
    row_of("ceil", |call| real(call, f64::ceil)),
    row_of("round", round),
    row_of("neg", |call| number(call, |x| -x, |x| -x, |x| -x)),
    row_of("abs", abs),
    row_of("sign", |call| number(call, sign, i128::signum, complex_sign)),
    row_of("square", |call| {
        number(call, |x| x * x, |x| x.wrapping_mul(x), |x| x * x)
    }),
    row_of("one_minus_square", |call| real(call, |x| (1.0 - x) * (1.0 + x))),
    row_of("integer_pow", integer_pow),
    row_of("is_finite", is_finite),
    row_of("nextafter", nextafter),
    row_of("real", |call| part(call, |x| x.re)),
    row_of("imag", |call| part(call, |x| x.im)),
    row_of("conj", conj),
];

fn real(call: &Call<'_>, function: fn(f64) -> f64) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Float(items) => Ok(vec![call.floats(
            x.dtype,
            &x.shape,
            items.iter().map(|&x| function(x)),
        )]),
        _ => Err(call.not_on(x)),
    }
}

fn inexact(call: &Call<'_>, function: fn(f64) -> f64, complex: fn(Complex64) -> Complex64) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Complex(items) => {
            let mut result = Tensor::from_complex(x.dtype, &x.shape, items.iter().map(|&x| complex(x)));
            call.flush(&mut result);
            Ok(vec![result])
        }
        _ => real(call, function),
    }
}

fn number(
    call: &Call<'_>,
    function: fn(f64) -> f64,
    int: fn(i128) -> i128,
    complex: fn(Complex64) -> Complex64,
) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Int(_) => Ok(vec![ints(x, int)]),
        _ => inexact(call, function, complex),
    }
}

fn ints(x: &Tensor, function: impl Fn(i128) -> i128) -> Tensor {
    let items = (0..x.len()).map(|at| function(x.int(at).unwrap_or_default()));
    Tensor::from_ints(x.dtype, &x.shape, items)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        x
    } else {
        1f64.copysign(x)
    }
}

fn complex_sign(x: Complex64) -> Complex64 {
    let length = x.norm();
    if length == 0.0 {
        Complex64::ZERO
    } else {
        x / length
    }
}

fn abs(call: &Call<'_>) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Complex(items) => {
            let lengths = items.iter().map(|x| x.norm());
            Ok(vec![call.floats(x.dtype.real_part(), &x.shape, lengths)])
        }
        _ => number(call, f64::abs, i128::abs, |x| x),
    }
}

/// `rounding_method` is 0 for away from zero and 1 for ties to even.
fn round(call: &Call<'_>) -> Outcome {
    let to_even = match call.value("rounding_method")? {
        crate::ir::ParamValue::Int(method) => *method == 1,
        crate::ir::ParamValue::Text(text) => call.symbols().text(*text).contains("EVEN"),
        _ => return Err(Fault::Param("rounding_method")),
    };
    real(call, if to_even { f64::round_ties_even } else { f64::round })
}

/// A power by repeated squaring, each product rounded; a negative exponent inverts the result.
fn integer_pow(call: &Call<'_>) -> Outcome {
    let x = call.input(0)?;
    let exponent = call.int("y")?;
    let mut square = x.clone();
    let mut power: Option<Tensor> = None;
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            power = Some(match power {
                None => square.clone(),
                Some(power) => times(call, &power, &square)?,
            });
        }
        left >>= 1;
        if left > 0 {
            square = times(call, &square, &square)?;
        }
    }
    let one = Tensor::filled(x.dtype, &x.shape, 1.0);
    let power = power.unwrap_or_else(|| one.clone());
    if exponent >= 0 {
        return Ok(vec![power]);
    }
    let inverse = super::elementwise::combine(call, super::arithmetic::Op::Div, &one, &power)?;
    Ok(vec![inverse])
}

fn times(call: &Call<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    super::elementwise::combine(call, super::arithmetic::Op::Mul, a, b)
}

fn is_finite(call: &Call<'_>) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Float(items) => {
            let finite = items.iter().map(|x| x.is_finite()).collect();
            Ok(vec![Tensor::from_bools(&x.shape, finite)])
        }
        _ => Err(call.not_on(x)),
    }
}

/// The neighbour of the first operand towards the second, in f32 and f64.
fn nextafter(call: &Call<'_>) -> Outcome {
    let shape = call.out_shape(0)?;
    let from = super::elementwise::aligned(call, 0, &shape)?;
    let to = super::elementwise::aligned(call, 1, &shape)?;
    let next: fn(f64, f64) -> f64 = match from.dtype {
        crate::ir::DType::Float32 => |from, to| f64::from(libm::nextafterf(from as f32, to as f32)),
        crate::ir::DType::Float64 => libm::nextafter,
        _ => return Err(call.not_on(&from)),
    };
    match (&from.data, &to.data) {
        (Data::Float(x), Data::Float(y)) => {
            // The result is subnormal on purpose, so it is not flushed.
            let items = x.iter().zip(y).map(|(&x, &y)| next(x, y));
            Ok(vec![Tensor::from_floats(from.dtype, &shape, items)])
        }
        _ => Err(call.not_on(&from)),
    }
}

fn part(call: &Call<'_>, part: fn(&Complex64) -> f64) -> Outcome {
    let x = call.input(0)?;
    match &x.data {
        Data::Complex(items) => {
            let items = items.iter().map(part);
            Ok(vec![Tensor::from_floats(x.dtype.real_part(), &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}

fn conj(call: &Call<'_>) -> Outcome {
    let (x, dtype) = (call.input(0)?, call.out_dtype(0)?);
    match &x.data {
        Data::Complex(items) => {
            let items = items.iter().map(Complex64::conj);
            Ok(vec![Tensor::from_complex(dtype, &x.shape, items)])
        }
        Data::Float(items) => {
            let items = items.iter().map(|&re| Complex64::new(re, 0.0));
            Ok(vec![Tensor::from_complex(dtype, &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}
