//! From one dtype to another.

use half::{bf16, f16};
use num_complex::Complex64;

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::number::{low_bits, saturated};
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};
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
        Data::Key(_) | Data::Reference(_) => return Err(call.not_on(x)),
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

/// The same bits as numbers of another dtype. The parts of a wide number, the lowest first, lie along a last axis.
fn bitcast<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, dtype, shape) = (call.input(0)?, call.out_dtype(0)?, call.out_shape(0)?);
    if x.dtype == dtype {
        return Ok(vec![x.clone()]);
    }
    let (from, to) = (x.dtype.bits(), dtype.bits());
    let bits: Vec<u64> = match x.data() {
        Data::Int(items) => items
            .iter()
            .map(|&item| low_bits(item.into()) & mask(from))
            .collect(),
        Data::Float(items) => {
            let bits = items.iter().map(|item| to_bits(x.dtype, item.to_f64()));
            bits.collect::<Option<_>>().ok_or_else(|| call.not_on(x))?
        }
        _ => return Err(call.not_on(x)),
    };
    let bits: Vec<u64> = if from >= to {
        let parts = |bits: u64| (0..from / to).map(move |part| bits >> (part * to) & mask(to));
        bits.into_iter().flat_map(parts).collect()
    } else {
        let whole = |parts: &[u64]| {
            let parts = parts.iter().rev();
            parts.fold(0, |bits, part| bits << from | part)
        };
        bits.chunks_exact((to / from) as usize).map(whole).collect()
    };
    if bits.len() != elements(&shape) {
        return Err(Fault::Param("new_dtype"));
    }
    if dtype.is_integer() {
        let items = bits.into_iter().map(i128::from);
        return Ok(vec![Tensor::from_ints(dtype, &shape, items)]);
    }
    let items = bits
        .into_iter()
        .map(|bits| from_bits(dtype, bits).map(R::from_f64));
    let items: Vec<R> = items.collect::<Option<_>>().ok_or_else(|| call.not_on(x))?;
    Ok(vec![Tensor::new(dtype, &shape, Data::Float(items))])
}

fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits.min(64))
}

fn to_bits(dtype: DType, value: f64) -> Option<u64> {
    match dtype {
        DType::Float64 => Some(value.to_bits()),
        DType::Float32 => Some(u64::from((value as f32).to_bits())),
        DType::Bfloat16 => Some(u64::from(bf16::from_f64(value).to_bits())),
        DType::Float16 => Some(u64::from(f16::from_f64(value).to_bits())),
        // The upper half of an f16.
        DType::Float8E5m2 => Some(u64::from(f16::from_f64(value).to_bits() >> 8)),
        _ => None,
    }
}

fn from_bits(dtype: DType, bits: u64) -> Option<f64> {
    match dtype {
        DType::Float64 => Some(f64::from_bits(bits)),
        DType::Float32 => Some(f64::from(f32::from_bits(bits as u32))),
        DType::Bfloat16 => Some(bf16::from_bits(bits as u16).to_f64()),
        DType::Float16 => Some(f16::from_bits(bits as u16).to_f64()),
        DType::Float8E5m2 => Some(f16::from_bits((bits as u16) << 8).to_f64()),
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
