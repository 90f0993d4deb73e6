//! Rules about linear algebra that are written in Rust.

mod log_determinant;
mod regularized_inverse;

pub(super) use log_determinant::LogDeterminant;
pub(super) use regularized_inverse::RegularizedInverse;
pub use regularized_inverse::Ridge;
