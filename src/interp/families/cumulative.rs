//! Running sums and the like.

use super::arithmetic::Op;
use super::elementwise::combine;
use super::pieces::{joined, part};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::{Function, Real};
use crate::interp::tensor::{Data, Tensor};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("cumsum", |call| {
                running(call, |sum, x| combine(call, Op::Add, sum, x))
            }),
            row_of("cumprod", |call| {
                running(call, |sum, x| combine(call, Op::Mul, sum, x))
            }),
            row_of("cummax", |call| {
                running(call, |sum, x| combine(call, Op::Max, sum, x))
            }),
            row_of("cummin", |call| {
                running(call, |sum, x| combine(call, Op::Min, sum, x))
            }),
            row_of("cumlogsumexp", |call| {
                running(call, |sum, x| log_add_exp(call, sum, x))
            }),
        ]
    }
}

/// Each row along the axis is the row before it combined with the operand's.
fn running<R: Real>(
    call: &Call<'_, R>,
    next: impl Fn(&Tensor<R>, &Tensor<R>) -> Result<Tensor<R>, Fault>,
) -> Outcome<R> {
    let x = call.input(0)?;
    let axis = call.axis("axis", x.rank())?;
    let size = x.shape[axis];
    if size == 0 {
        return Ok(vec![x.clone()]);
    }
    let reverse = call.flag("reverse");
    let mut rows: Vec<Tensor<R>> = Vec::with_capacity(size);
    for step in 0..size {
        let at = if reverse { size - 1 - step } else { step };
        let row = part(x, axis, at, 1);
        rows.push(match rows.last() {
            None => row,
            Some(last) => next(last, &row)?,
        });
    }
    if reverse {
        rows.reverse();
    }
    Ok(vec![joined(&rows, axis)?])
}

/// log(eᵃ + eᵇ), from the larger of the two.
fn log_add_exp<R: Real>(call: &Call<'_, R>, a: &Tensor<R>, b: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    let (Data::Float(x), Data::Float(y)) = (a.data(), b.data()) else {
        return Err(call.not_on(a));
    };
    let one = |(x, y): (&R, &R)| {
        let (low, high) = if x < y { (x, y) } else { (y, x) };
        if x.is_nan() || y.is_nan() {
            R::from_f64(f64::NAN)
        } else if high.is_finite() {
            let ratio = (low.clone() - high.clone()).map(Function::Exp);
            high.clone() + ratio.map(Function::Log1p)
        } else {
            high.clone()
        }
    };
    Ok(call.floats(a.dtype, &a.shape, x.iter().zip(y).map(one)))
}
