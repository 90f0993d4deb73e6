//! The logarithm of Γ and its derivative.

use std::f64::consts::PI;

/// ln |Γ(x)|; infinite at the poles 0, -1, -2, …
pub(super) fn lgamma(x: f64) -> f64 {
    if x <= 0.0 && x.floor() == x {
        f64::INFINITY
    } else {
        libm::lgamma(x)
    }
}

/// ψ(x), the derivative of ln Γ; NaN at the poles, as XLA has it.
///
/// Reflection below 0 and recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.7, 6.3.5,
/// 6.3.18); the first term left out is below 1e-17 there.
pub(super) fn digamma(x: f64) -> f64 {
    const LARGE: f64 = 10.0;
    if x <= 0.0 && x.floor() == x {
        return f64::NAN;
    }
    if x < 0.0 {
        // The tangent has the period 1 in x, and small arguments keep its digits.
        let distance = x - x.round();
        return digamma(1.0 - x) - PI / (PI * distance).tan();
    }
    let (mut x, mut below) = (x, 0.0);
    while x < LARGE {
        below -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    // B(2k)/2k for k = 1, 2, …
    let terms = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32760.0,
        1.0 / 12.0,
        -3617.0 / 8160.0,
    ];
    let series = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * square);
    below + x.ln() - 0.5 / x - series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert!((digamma(1.0) + 0.577_215_664_901_532_9).abs() < 1e-15);
        assert!((digamma(0.5) + 1.963_510_026_021_423_5).abs() < 1e-14);
        assert!((digamma(-0.5) - 0.036_489_973_978_576_52).abs() < 1e-14);
        assert!(digamma(-1.0).is_nan());
        assert!((lgamma(0.5) - 0.572_364_942_924_700_1).abs() < 1e-15);
        assert_eq!(lgamma(-2.0), f64::INFINITY);
    }
}
