//! Functions of one number.

use half::f16;
use num_complex::Complex64;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::complex::{self, quotient};
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::{Data, Tensor};
use crate::ir::DType;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("exp", |call| inexact(call, Function::Exp, complex::exp)),
            row_of("log", |call| inexact(call, Function::Log, Complex64::ln)),
            row_of("sin", |call| inexact(call, Function::Sin, complex::sin)),
            row_of("cos", |call| inexact(call, Function::Cos, complex::cos)),
            row_of("tan", |call| inexact(call, Function::Tan, complex::tan)),
            row_of("tanh", |call| inexact(call, Function::Tanh, complex::tanh)),
            row_of("sinh", |call| inexact(call, Function::Sinh, complex::sinh)),
            row_of("cosh", |call| inexact(call, Function::Cosh, complex::cosh)),
            row_of("sqrt", |call| inexact(call, Function::Sqrt, Complex64::sqrt)),
            row_of("rsqrt", |call| {
                inexact(call, Function::Rsqrt, |x| quotient(Complex64::ONE, x.sqrt()))
            }),
            row_of("asin", |call| inexact(call, Function::Asin, complex::asin)),
            row_of("acos", |call| inexact(call, Function::Acos, complex::acos)),
            row_of("atan", |call| inexact(call, Function::Atan, Complex64::atan)),
            row_of("asinh", |call| inexact(call, Function::Asinh, complex::asinh)),
            row_of("acosh", |call| inexact(call, Function::Acosh, complex::acosh)),
            row_of("atanh", |call| inexact(call, Function::Atanh, Complex64::atanh)),
            row_of("exp2", |call| real(call, Function::Exp2)),
            row_of("log2", |call| real(call, Function::Log2)),
            row_of("expm1", |call| inexact(call, Function::Expm1, complex::expm1)),
            row_of("log1p", |call| inexact(call, Function::Log1p, complex::log1p)),
            row_of("cbrt", |call| real(call, Function::Cbrt)),
            row_of("logistic", |call| {
                inexact(call, Function::Logistic, complex::logistic)
            }),
            row_of("erf", |call| real(call, Function::Erf)),
            row_of("erfc", |call| real(call, Function::Erfc)),
            row_of("erf_inv", |call| real(call, Function::ErfInv)),
            row_of("lgamma", |call| real(call, Function::Lgamma)),
            row_of("digamma", |call| real(call, Function::Digamma)),
            row_of("bessel_i0e", |call| real(call, Function::BesselI0e)),
            row_of("bessel_i1e", |call| real(call, Function::BesselI1e)),
            row_of("floor", |call| real(call, Function::Floor)),
            row_of("ceil", |call| real(call, Function::Ceil)),
            row_of("round", round),
            row_of("neg", |call| number(call, |x| -x, |x| -x, |x| -x)),
            row_of("abs", abs),
            row_of("sign", |call| number(call, sign, i128::signum, complex_sign)),
            row_of("square", |call| {
                number(call, |x| x.clone() * x, |x| x.wrapping_mul(x), |x| x * x)
            }),
            row_of("one_minus_square", |call| {
                mapped(call, |x: R| {
                    (R::from_f64(1.0) - x.clone()) * (R::from_f64(1.0) + x)
                })
            }),
            row_of("integer_pow", integer_pow),
            row_of("is_finite", is_finite),
            row_of("nextafter", nextafter),
            row_of("real", |call| part(call, |x| x.re)),
            row_of("imag", |call| part(call, |x| x.im)),
            row_of("conj", conj),
        ]
    }
}

fn mapped<R: Real>(call: &Call<'_, R>, function: impl Fn(R) -> R) -> Outcome<R> {
    each_of(call, |items, _| {
        items.iter().map(|x| function(x.clone())).collect()
    })
}

fn real<R: Real>(call: &Call<'_, R>, function: Function) -> Outcome<R> {
    each_of(call, |items, dtype| R::map_all(items, function, dtype))
}

/// What a function makes of the elements of an array of real numbers.
fn each_of<R: Real>(call: &Call<'_, R>, function: impl FnOnce(&[R], DType) -> Vec<R>) -> Outcome<R> {
    let x = call.flushed(call.input(0)?);
    match x.data() {
        Data::Float(items) => Ok(vec![call.floats(x.dtype, &x.shape, function(items, x.dtype))]),
        _ => Err(call.not_on(&x)),
    }
}

fn on_complex<R: Real>(call: &Call<'_, R>, function: fn(Complex64) -> Complex64) -> Option<Tensor<R>> {
    let x = call.input(0).ok()?;
    let Data::Complex(items) = x.data() else {
        return None;
    };
    let mut result = Tensor::from_complex(x.dtype, &x.shape, items.iter().map(|&x| function(x)));
    call.flush(&mut result);
    Some(result)
}

fn inexact<R: Real>(
    call: &Call<'_, R>,
    function: Function,
    complex: fn(Complex64) -> Complex64,
) -> Outcome<R> {
    match on_complex(call, complex) {
        Some(result) => Ok(vec![result]),
        None => real(call, function),
    }
}

fn number<R: Real>(
    call: &Call<'_, R>,
    function: fn(R) -> R,
    int: fn(i128) -> i128,
    complex: fn(Complex64) -> Complex64,
) -> Outcome<R> {
    let x = call.input(0)?;
    match (x.data(), on_complex(call, complex)) {
        (Data::Int(_), _) => Ok(vec![ints(x, int)]),
        (_, Some(result)) => Ok(vec![result]),
        _ => mapped(call, function),
    }
}

fn ints<R: Real>(x: &Tensor<R>, function: impl Fn(i128) -> i128) -> Tensor<R> {
    let items = (0..x.len()).map(|at| function(x.int(at).unwrap_or_default()));
    Tensor::from_ints(x.dtype, &x.shape, items)
}

fn sign<R: Real>(x: R) -> R {
    if x.is_zero() || x.is_nan() {
        x
    } else {
        R::from_f64(1.0).with_sign_of(&x)
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

fn abs<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    match x.data() {
        Data::Complex(items) => {
            let lengths = items.iter().map(|x| R::from_f64(x.norm()));
            Ok(vec![call.floats(x.dtype.real_part(), &x.shape, lengths)])
        }
        _ => number(call, |x| x.map(Function::Abs), i128::abs, |x| x),
    }
}

/// `rounding_method` is 0 for away from zero and 1 for ties to even.
fn round<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let to_even = match call.value("rounding_method")? {
        crate::ir::ParamValue::Int(method) => *method == 1,
        crate::ir::ParamValue::Text(text) => call.symbols().text(*text).contains("EVEN"),
        _ => return Err(Fault::Param("rounding_method")),
    };
    real(
        call,
        if to_even {
            Function::RoundEven
        } else {
            Function::Round
        },
    )
}

/// A power by repeated squaring, each product rounded; a negative exponent inverts the result.
fn integer_pow<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let exponent = call.int("y")?;
    let mut square = x.clone();
    let mut power: Option<Tensor<R>> = None;
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

fn times<R: Real>(call: &Call<'_, R>, a: &Tensor<R>, b: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    super::elementwise::combine(call, super::arithmetic::Op::Mul, a, b)
}

fn is_finite<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    match x.data() {
        Data::Float(items) => {
            let finite = items.iter().map(Real::is_finite).collect();
            Ok(vec![Tensor::from_bools(&x.shape, finite)])
        }
        _ => Err(call.not_on(x)),
    }
}

/// The neighbour of a number of half precision, whose bits count its magnitudes in order.
fn next_half(from: f64, to: f64) -> f64 {
    if from.is_nan() || to.is_nan() {
        return f64::NAN;
    }
    if from == to {
        return to;
    }
    if from == 0.0 {
        return f16::from_bits(1).to_f64().copysign(to);
    }
    let bits = f16::from_f64(from).to_bits();
    let grows = (to > from) == (from > 0.0);
    f16::from_bits(if grows { bits + 1 } else { bits - 1 }).to_f64()
}

/// The neighbour of the first operand towards the second, in f16, f32 and f64.
fn nextafter<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let from = super::elementwise::aligned(call, 0, &shape)?;
    let to = super::elementwise::aligned(call, 1, &shape)?;
    let next: fn(f64, f64) -> f64 = match from.dtype {
        crate::ir::DType::Float16 => next_half,
        crate::ir::DType::Float32 => |from, to| f64::from(libm::nextafterf(from as f32, to as f32)),
        crate::ir::DType::Float64 => libm::nextafter,
        _ => return Err(call.not_on(&from)),
    };
    match (from.data(), to.data()) {
        (Data::Float(x), Data::Float(y)) => {
            // The result is subnormal on purpose, so it is not flushed.
            let items = x
                .iter()
                .zip(y)
                .map(|(x, y)| R::from_f64(next(x.to_f64(), y.to_f64())));
            Ok(vec![Tensor::from_floats(from.dtype, &shape, items)])
        }
        _ => Err(call.not_on(&from)),
    }
}

fn part<R: Real>(call: &Call<'_, R>, part: fn(&Complex64) -> f64) -> Outcome<R> {
    let x = call.input(0)?;
    match x.data() {
        Data::Complex(items) => {
            let items = items.iter().map(|x| R::from_f64(part(x)));
            Ok(vec![Tensor::from_floats(x.dtype.real_part(), &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}

fn conj<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, dtype) = (call.input(0)?, call.out_dtype(0)?);
    match x.data() {
        Data::Complex(items) => {
            let items = items.iter().map(Complex64::conj);
            Ok(vec![Tensor::from_complex(dtype, &x.shape, items)])
        }
        Data::Float(items) => {
            let items = items.iter().map(|re| Complex64::new(re.to_f64(), 0.0));
            Ok(vec![Tensor::from_complex(dtype, &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}
