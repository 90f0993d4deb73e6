//! Modified Bessel functions of the first kind.

use std::f64::consts::PI;

/// e^−|x|·I(x) of the first kind, for the orders 0 and 1.
///
/// The power series (Abramowitz & Stegun 9.6.10), all of whose terms have one sign, and from 30 on the asymptotic
/// series (9.7.1), whose smallest term is below e^−60 there.
pub(super) fn scaled(order: u8, x: f64) -> f64 {
    const LARGE: f64 = 30.0;
    if x.is_nan() {
        return x;
    }
    let (size, order) = (x.abs(), f64::from(order));
    let value = if size.is_infinite() {
        0.0
    } else if size < LARGE {
        power_series(order, size) * (-size).exp()
    } else {
        asymptotic_series(order, size) / (2.0 * PI * size).sqrt()
    };
    // I₁ is odd.
    if order == 1.0 { value.copysign(x) } else { value }
}

fn power_series(order: f64, x: f64) -> f64 {
    let square = 0.25 * x * x;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    while term > f64::EPSILON * 0.01 * sum {
        k += 1.0;
        term *= square / (k * (k + order));
        sum += term;
    }
    sum * (0.5 * x).powf(order)
}

fn asymptotic_series(order: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0f64, 1.0, 0.0);
    while term.abs() > f64::EPSILON * 0.01 {
        k += 1.0;
        let odd = 2.0 * k - 1.0;
        term *= (odd * odd - 4.0 * order * order) / (8.0 * x * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mpmath 1.3: `besseli(n, x) * exp(-abs(x))`.
    #[test]
    fn published_values() {
        let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-14;
        assert!(near(scaled(0, 1.0), 0.465_759_607_593_640_43));
        assert!(near(scaled(1, -1.0), -0.207_910_415_349_708_44));
        assert!(near(scaled(0, 29.5), 0.073_768_617_278_728_59));
        assert!(near(scaled(1, 31.25), 0.070_499_769_975_894_37));
        assert_eq!(scaled(1, 0.0), 0.0);
        assert_eq!(scaled(0, f64::INFINITY), 0.0);
    }
}
