//! Operations on the bits of integers.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::number::{low_bits, signed};
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::DType;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("not", not),
            row_of("shift_left", |call| {
                shift(call, |_, bits, by| if by < 64 { bits << by } else { 0 }, |_| 0)
            }),
            row_of("shift_right_logical", |call| {
                shift(call, |dtype, bits, by| (bits & mask(dtype)) >> by, |_| 0)
            }),
            row_of("shift_right_arithmetic", |call| {
                shift(
                    call,
                    |dtype, bits, by| signed(dtype, bits as i64) >> by,
                    |bits| if bits < 0 { -1 } else { 0 },
                )
            }),
            row_of("population_count", |call| {
                count(call, |_, bits| bits.count_ones())
            }),
            row_of("clz", |call| {
                count(call, |dtype, bits| {
                    bits.leading_zeros() + dtype.bits().min(64) - 64
                })
            }),
        ]
    }
}

fn mask(dtype: DType) -> i128 {
    (1 << dtype.bits()) - 1
}

fn not<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    match x.data() {
        Data::Bool(items) => Ok(vec![Tensor::from_bools(
            &x.shape,
            items.iter().map(|x| !x).collect(),
        )]),
        Data::Int(items) => {
            let items = items.iter().map(|&x| !i128::from(x));
            Ok(vec![Tensor::from_ints(x.dtype, &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}

/// Shifts; `beyond` is the result of a shift by as many bits as there are, or more.
fn shift<R: Real>(
    call: &Call<'_, R>,
    shifted: fn(DType, i128, u32) -> i128,
    beyond: fn(i64) -> i128,
) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let x = super::elementwise::aligned(call, 0, &shape)?;
    let by = super::elementwise::aligned(call, 1, &shape)?;
    match (x.data(), by.data()) {
        (Data::Int(items), Data::Int(_)) => {
            let one = |(at, &bits): (usize, &i64)| match by.int(at).and_then(|by| u32::try_from(by).ok()) {
                Some(by) if by < x.dtype.bits() => shifted(x.dtype, i128::from(bits), by),
                _ => beyond(signed(x.dtype, bits).clamp(-1, 1) as i64),
            };
            let items = items.iter().enumerate().map(one);
            Ok(vec![Tensor::from_ints(x.dtype, &shape, items)])
        }
        _ => Err(call.not_on(&x)),
    }
}

fn count<R: Real>(call: &Call<'_, R>, count: fn(DType, u64) -> u32) -> Outcome<R> {
    let x = call.input(0)?;
    match x.data() {
        Data::Int(items) => {
            let bits = |&item: &i64| low_bits(i128::from(item) & mask(x.dtype));
            let items = items.iter().map(|item| i128::from(count(x.dtype, bits(item))));
            Ok(vec![Tensor::from_ints(x.dtype, &x.shape, items)])
        }
        _ => Err(call.not_on(x)),
    }
}
