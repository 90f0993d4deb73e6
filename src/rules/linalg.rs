//! Rules about linear algebra that are written in Rust.

mod regularized_inverse;

pub(super) use regularized_inverse::RegularizedInverse;
pub use regularized_inverse::Ridge;
