//! From one dtype to another.

use num_complex::Complex64;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::{low_bits, saturated};
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, DTypeClass};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("convert_element_type", |call| {
                Ok(vec![converted(call, call.input(0)?, call.out_dtype(0)?)?])
            }),
            row_of("bitcast_convert_type", bitcast),
            row_of("reduce_precision", reduce_precision),
        ]
    }
}

/// Floats become integers by truncation and saturation, complex numbers lose their imaginary part.
pub(super) fn converted<R: Real>(
    call: &Call<'_, R>,
    x: &Tensor<R>,
    dtype: DType,
) -> Result<Tensor<R>, Fault> {
    let shape = &x.shape;
    let real: Vec<R> = match x.data() {
        _ if x.dtype == dtype => return Ok(x.clone()),
        Data::Key(_) => return Err(call.not_on(x)),
        Data::Complex(items) if dtype.is_complex() => {
            return Ok(Tensor::from_complex(dtype, shape, items.iter().copied()));
        }
        Data::Complex(items) => items.iter().map(|item| R::from_f64(item.re)).collect(),
        Data::Float(items) => items.clone(),
        Data::Bool(_) | Data::Int(_) => {
            let items = (0..x.len()).map(|at| x.int(at).unwrap_or_default());
            if dtype.is_integer() || dtype == DType::Bool {
                return Ok(Tensor::from_ints(dtype, shape, items));
            }
            // Beyond 2^53 the double is rounded before the float is; both to even, so only ties could differ.
            items.map(R::from_integer).collect()
        }
    };
    Ok(match dtype.class() {
        DTypeClass::Bool => Tensor::from_bools(shape, real.iter().map(|x| !x.is_zero()).collect()),
        DTypeClass::Signed | DTypeClass::Unsigned => Tensor::from_ints(
            dtype,
            shape,
            real.iter().map(|x| saturated(dtype, x.to_integer())),
        ),
        DTypeClass::Complex => Tensor::from_complex(
            dtype,
            shape,
            real.iter().map(|re| Complex64::new(re.to_f64(), 0.0)),
        ),
        _ => call.floats(dtype, shape, real),
    })
}

/// The same bits as numbers of another dtype of the same width.
fn bitcast<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, dtype) = (call.input(0)?, call.out_dtype(0)?);
    if x.dtype.bits() != dtype.bits() {
        return Err(Fault::Operands(
            "a bitcast to another width is not evaluated".to_owned(),
        ));
    }
    let bits: Vec<i128> = match x.data() {
        Data::Int(items) => items.iter().map(|&item| i128::from(item)).collect(),
        Data::Float(items) => {
            let bits = items.iter().map(|item| to_bits(x.dtype, item.to_f64()));
            bits.collect::<Option<_>>().ok_or_else(|| call.not_on(x))?
        }
        _ => return Err(call.not_on(x)),
    };
    if dtype.is_integer() {
        return Ok(vec![Tensor::from_ints(dtype, &x.shape, bits)]);
    }
    let items = bits
        .into_iter()
        .map(|bits| from_bits(dtype, bits).map(R::from_f64));
    let items: Vec<R> = items.collect::<Option<_>>().ok_or_else(|| call.not_on(x))?;
    Ok(vec![Tensor::new(dtype, &x.shape, Data::Float(items))])
}

fn to_bits(dtype: DType, value: f64) -> Option<i128> {
    match dtype {
        DType::Float64 => Some(i128::from(value.to_bits())),
        DType::Float32 => Some(i128::from((value as f32).to_bits())),
        // The upper half of an f32.
        DType::Bfloat16 => Some(i128::from((value as f32).to_bits() >> 16)),
        _ => None,
    }
}

fn from_bits(dtype: DType, bits: i128) -> Option<f64> {
    match dtype {
        DType::Float64 => Some(f64::from_bits(low_bits(bits))),
        DType::Float32 => Some(f64::from(f32::from_bits(low_bits(bits) as u32))),
        DType::Bfloat16 => Some(f64::from(f32::from_bits((low_bits(bits) as u32) << 16))),
        _ => None,
    }
}

/// Rounds to fewer bits of mantissa and exponent.
fn reduce_precision<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let (mantissa, exponent) = (call.int("mantissa_bits")?, call.int("exponent_bits")?);
    let (Ok(mantissa), Ok(exponent)) = (i32::try_from(mantissa), u32::try_from(exponent)) else {
        return Err(Fault::Param("mantissa_bits"));
    };
    if !(0..=52).contains(&mantissa) || !(1..=11).contains(&exponent) {
        return Err(Fault::Param("exponent_bits"));
    }
    let Data::Float(items) = x.data() else {
        return Err(call.not_on(x));
    };
    let rounded = |item: &R| item.clone().reduced(mantissa, exponent);
    Ok(vec![call.floats(x.dtype, &x.shape, items.iter().map(rounded))])
}
