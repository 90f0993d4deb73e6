//! ln Γ, ψ and 2ˣ with the errors that XLA on CPU makes: it computes f64 in f64 and narrower floats in f32.
//!
//! ln Γ is not 0 at 1 and 2 there, and differences of either function lose digits, which a reference has to show.

use std::f64::consts::{LN_2, PI};

use crate::ir::{DType, round_to};

/// Coefficients of Lanczos' approximation for γ = 7 (Godfrey), as XLA has them.
const COEFFICIENTS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];
const BASE: f64 = 0.999_999_999_999_809_9;
const GAMMA: f64 = 7.0;
/// ln √(2π).
const LOG_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// Rounds each step as the dtype's arithmetic does.
fn step(dtype: DType) -> impl Fn(f64) -> f64 {
    let wide = if dtype == DType::Float64 {
        DType::Float64
    } else {
        DType::Float32
    };
    move |value| round_to(value, wide)
}

/// z, γ + ½ + z and its logarithm, for the argument or, below ½, its reflection.
fn argument(x: f64, r: &impl Fn(f64) -> f64) -> (f64, f64, f64) {
    let z = if x < 0.5 { -x } else { r(x - 1.0) };
    let half = GAMMA + 0.5;
    let log = r(r(half.ln()) + r(r(z / half).ln_1p()));
    (z, r(half + z), log)
}

/// ln |Γ(x)|.
pub(super) fn lgamma(dtype: DType, x: f64) -> f64 {
    let r = step(dtype);
    if x.is_infinite() {
        return f64::INFINITY;
    }
    let (z, t, log_t) = argument(x, &r);
    let terms = COEFFICIENTS.iter().zip(1u8..);
    let sum = terms.fold(r(BASE), |sum, (&coefficient, place)| {
        r(sum + r(r(coefficient) / r(z + f64::from(place))))
    });
    // The compiler of XLA fuses this product with the sum, which makes ln Γ exactly 0 at 2, but not at 1.
    let power = r(r(z + 0.5) - r(t / log_t)).mul_add(log_t, r(LOG_SQRT_TWO_PI));
    let value = r(r(power) + r(sum.ln()));
    if x >= 0.5 || x.is_nan() {
        return value;
    }
    let part = r(x.abs() - x.abs().floor());
    let part = if part > 0.5 { r(1.0 - part) } else { part };
    let sine = r(r(r(r(PI) * part).sin()).ln());
    if sine.is_finite() {
        r(r(r(PI.ln()) - sine) - value)
    } else {
        -sine
    }
}

/// ψ(x), the derivative of ln Γ; NaN at the poles.
pub(super) fn digamma(dtype: DType, x: f64) -> f64 {
    let r = step(dtype);
    if x <= 0.0 && x.floor() == x {
        return f64::NAN;
    }
    let (z, t, log_t) = argument(x, &r);
    let (mut above, mut below) = (0.0, r(BASE));
    for (&coefficient, place) in COEFFICIENTS.iter().zip(1u8..) {
        let at = r(z + f64::from(place));
        above = r(above - r(r(coefficient) / r(at * at)));
        below = r(below + r(r(coefficient) / at));
    }
    let value = r(r(log_t + r(above / below)) - r(GAMMA / t));
    if x >= 0.5 || x.is_nan() {
        return value;
    }
    let reduced = r(r(PI) * r(x + r(x + 0.5).floor().abs()));
    r(value - r(r(r(PI) * r(reduced.cos())) / r(reduced.sin())))
}

/// 2ˣ, as the exponential of x·ln 2 in the dtype itself.
pub(super) fn exp2(dtype: DType, x: f64) -> f64 {
    round_to(x * round_to(LN_2, dtype), dtype).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jax_gives() {
        // jax.lax.lgamma and jax.lax.exp2 of JAX 0.10.2.
        assert_eq!(lgamma(DType::Float32, 1.0) as f32, 4.768_371_6e-7);
        assert_eq!(lgamma(DType::Float32, 2.0), 0.0);
        assert_eq!(lgamma(DType::Float64, 2.0), 0.0);
        assert_eq!(lgamma(DType::Float32, 3.0) as f32, 0.693_147_4);
        assert_eq!(lgamma(DType::Bfloat16, 1.0) as f32, 4.768_371_6e-7);
        assert_eq!(round_to(exp2(DType::Bfloat16, 10.0), DType::Bfloat16), 1000.0);
        assert_eq!(round_to(exp2(DType::Float16, 10.0), DType::Float16), 1026.0);
        assert!(digamma(DType::Float32, 0.0).is_nan());
        assert_eq!(lgamma(DType::Float32, -2.0), f64::INFINITY);
    }
}
