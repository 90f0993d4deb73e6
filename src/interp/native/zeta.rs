//! The Hurwitz zeta function and the derivatives of ψ.

use super::gamma::digamma;

/// B(2k)/(2k)! for k = 1, 2, …
const BERNOULLI: [f64; 12] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
    -3617.0 / 10_670_622_842_880_000.0,
    43_867.0 / 5_109_094_217_170_944_000.0,
    -174_611.0 / 802_857_662_698_291_200_000.0,
    77_683.0 / 14_101_100_039_391_805_440_000.0,
    -236_364_091.0 / 1_693_824_136_731_743_669_452_800_000.0,
];

/// ζ(s, q) = Σ (q + k)^−s over k = 0, 1, …, for s > 1; infinite at the poles, and NaN where XLA has NaN.
///
/// Ten terms of the sum and the Euler–Maclaurin formula for the rest (DLMF 25.11.5 with 2.10.1).
pub(super) fn zeta(s: f64, q: f64) -> f64 {
    const TERMS: f64 = 10.0;
    if s.is_nan() || q.is_nan() {
        return f64::NAN;
    }
    if s == 1.0 {
        return f64::INFINITY;
    }
    if q <= 0.0 && q.floor() == q {
        // The sides of the pole agree if the power is even.
        return if s % 2.0 == 0.0 { f64::INFINITY } else { f64::NAN };
    }
    if s < 1.0 || (q <= 0.0 && s.floor() != s) {
        return f64::NAN;
    }
    let (mut sum, mut at) = (q.powf(-s), q);
    let mut left = TERMS;
    while left > 0.0 || at <= TERMS {
        at += 1.0;
        let term = at.powf(-s);
        sum += term;
        left -= 1.0;
        if at > 0.0 && term.abs() < f64::EPSILON * 0.01 * sum.abs() {
            return sum;
        }
    }
    let last = at.powf(-s);
    sum += last * at / (s - 1.0) - 0.5 * last;
    let (mut rising, mut power) = (s, last / at);
    let mut twice = 0.0;
    for coefficient in BERNOULLI {
        let term = coefficient * rising * power;
        sum += term;
        if term.abs() < f64::EPSILON * 0.01 * sum.abs() {
            break;
        }
        let next = s + twice + 1.0;
        twice += 2.0;
        rising *= next * (next + 1.0);
        power /= at * at;
    }
    sum
}

/// The derivative of ψ of this order: (−1)^(n+1)·n!·ζ(n + 1, x); NaN for an order that is no natural number.
pub(super) fn polygamma(order: f64, x: f64) -> f64 {
    if order.is_nan() || x.is_nan() || order < 0.0 || order.floor() != order {
        return f64::NAN;
    }
    if order == 0.0 {
        return digamma(x);
    }
    let sign = if order % 2.0 == 0.0 { -1.0 } else { 1.0 };
    sign * libm::tgamma(order + 1.0) * zeta(order + 1.0, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn published_values() {
        let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-14;
        assert!(near(zeta(2.0, 1.0), PI * PI / 6.0));
        assert!(near(zeta(2.0, 0.5), PI * PI / 2.0));
        assert!(near(zeta(4.0, 1.0), PI.powi(4) / 90.0));
        // Apéry's constant.
        assert!(near(zeta(3.0, 1.0), 1.202_056_903_159_594_2));
        assert!(near(polygamma(1.0, 1.0), PI * PI / 6.0));
        assert!(near(polygamma(2.0, 1.0), -2.404_113_806_319_188_6));
        assert_eq!(zeta(1.0, 2.0), f64::INFINITY);
        assert_eq!(zeta(2.0, -3.0), f64::INFINITY);
        assert!(zeta(0.5, 2.0).is_nan());
        assert!(zeta(3.0, 0.0).is_nan());
    }
}
