//! The incomplete beta function.

/// I(x; a, b), the regularized incomplete beta function; NaN outside 0 ≤ x ≤ 1 and for negative parameters.
///
/// The continued fraction DLMF 8.17.22, after the reflection I(x; a, b) = 1 − I(1 − x; b, a) where it would converge
/// slowly, by the modified algorithm of Lentz.
pub(super) fn regularized(a: f64, b: f64, x: f64) -> f64 {
    let outside = !(0.0..=1.0).contains(&x) || a < 0.0 || b < 0.0;
    // All weight lies at 0, or at 1.
    let at_zero = a == 0.0 || b == f64::INFINITY;
    let at_one = b == 0.0 || a == f64::INFINITY;
    if a.is_nan() || b.is_nan() || outside || (at_zero && at_one) {
        return f64::NAN;
    }
    if at_zero {
        return if x == 0.0 { 0.0 } else { 1.0 };
    }
    if at_one {
        return if x == 1.0 { 1.0 } else { 0.0 };
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let lbeta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = (a * x.ln() + b * (-x).ln_1p() - lbeta).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const MOST: u32 = 10_000;
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..MOST {
        let m = f64::from(m);
        let twice = 2.0 * m;
        let even = m * (b - m) * x / ((a + twice - 1.0) * (a + twice));
        let odd = -(a + m) * (a + b + m) * x / ((a + twice) * (a + twice + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-13;
        // I(x; 1, b) = 1 − (1 − x)^b and I(x; a, 1) = x^a; the middle of a symmetric distribution is ½.
        assert!(near(regularized(1.0, 3.0, 0.2), 1.0 - 0.8f64.powi(3)));
        assert!(near(regularized(2.5, 1.0, 0.7), 0.7f64.powf(2.5)));
        assert!(near(regularized(4.25, 4.25, 0.5), 0.5));
        // The arcsine distribution.
        let arcsine = 2.0 / std::f64::consts::PI * 0.3f64.sqrt().asin();
        assert!(near(regularized(0.5, 0.5, 0.3), arcsine));
        assert!(regularized(1.0, 1.0, 1.5).is_nan());
        assert_eq!(regularized(0.0, 1.0, 0.5), 1.0);
    }
}
