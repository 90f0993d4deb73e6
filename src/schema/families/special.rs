//! Special functions.

use super::elementwise::{binary, elementwise, unary};
use crate::schema::primitive::{Arity, DTypes, Primitive};

const fn ternary(name: &'static str) -> Primitive {
    Primitive::new(name, Arity::Exactly(3), elementwise)
        .elementwise()
        .on(DTypes::FLOAT)
}

pub(super) const ROWS: &[Primitive] = &[
    unary("lgamma", DTypes::FLOAT),
    unary("digamma", DTypes::FLOAT),
    unary("bessel_i0e", DTypes::FLOAT),
    unary("bessel_i1e", DTypes::FLOAT),
    binary("igamma", DTypes::FLOAT),
    binary("igammac", DTypes::FLOAT),
    binary("igamma_grad_a", DTypes::FLOAT),
    binary("random_gamma_grad", DTypes::FLOAT),
    binary("polygamma", DTypes::FLOAT),
    binary("zeta", DTypes::FLOAT),
    ternary("regularized_incomplete_beta"),
];
