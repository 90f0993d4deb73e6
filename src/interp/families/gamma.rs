//! Functions of two and of three numbers: the incomplete gamma and beta functions, zeta and their kin.

use super::elementwise::numbers;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::real::{Pair, Real, Triple};
use crate::interp::tensor::Data;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("igamma", |call| pair(call, Pair::Igamma)),
            row_of("igammac", |call| pair(call, Pair::Igammac)),
            row_of("igamma_grad_a", |call| pair(call, Pair::IgammaGradA)),
            row_of("random_gamma_grad", |call| pair(call, Pair::RandomGammaGrad)),
            row_of("polygamma", |call| pair(call, Pair::Polygamma)),
            row_of("zeta", |call| pair(call, Pair::Zeta)),
            row_of("regularized_incomplete_beta", |call| {
                triple(call, Triple::RegularizedIncompleteBeta)
            }),
        ]
    }
}

fn pair<R: Real>(call: &Call<'_, R>, function: Pair) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let (a, b) = (numbers(call, 0, &shape)?, numbers(call, 1, &shape)?);
    match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => {
            let items = x.iter().zip(y).map(|(x, y)| x.join(function, y));
            Ok(vec![call.floats(a.dtype, &shape, items)])
        }
        _ => Err(call.not_on(&a)),
    }
}

fn triple<R: Real>(call: &Call<'_, R>, function: Triple) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let operand = |index| numbers(call, index, &shape);
    let (a, b, c) = (operand(0)?, operand(1)?, operand(2)?);
    match (a.data(), b.data(), c.data()) {
        (Data::Float(x), Data::Float(y), Data::Float(z)) => {
            let items = x.iter().zip(y).zip(z);
            let items = items.map(|((x, y), z)| x.join_three(function, y, z));
            Ok(vec![call.floats(a.dtype, &shape, items)])
        }
        _ => Err(call.not_on(&a)),
    }
}
