//! The incomplete gamma functions, and their derivatives with regard to the shape.

use super::gamma::digamma;

/// No sum or fraction needs more terms for parameters below about a million.
const MOST: u32 = 20_000;

/// P(a, x), the regularized lower incomplete gamma function; NaN for negative numbers and for a = x = 0.
pub(super) fn lower(a: f64, x: f64) -> f64 {
    match plain(a, x) {
        Some(value) => value,
        None if by_fraction(a, x) => 1.0 - fraction(a, x).0 * density(a, x),
        None => series(a, x).0 * density(a, x) / a,
    }
}

/// Q(a, x) = 1 − P(a, x), with its own digits where P is close to 1.
pub(super) fn upper(a: f64, x: f64) -> f64 {
    match plain(a, x) {
        Some(value) => 1.0 - value,
        None if by_fraction(a, x) => fraction(a, x).0 * density(a, x),
        None => 1.0 - series(a, x).0 * density(a, x) / a,
    }
}

/// ∂P(a, x)/∂a.
pub(super) fn lower_by_shape(a: f64, x: f64) -> f64 {
    match plain(a, x) {
        _ if a == 0.0 => f64::NAN,
        Some(value) if value.is_nan() => value,
        Some(_) => 0.0,
        None => density(a, x) * by_shape_over_density(a, x),
    }
}

/// ∂x/∂a at fixed P(a, x), which is −(∂P/∂a)/(∂P/∂x): how a sample of the gamma distribution moves with its shape.
pub(super) fn sample_by_shape(a: f64, x: f64) -> f64 {
    match end(a, x) {
        Some(value) if value.is_nan() => value,
        Some(_) => 0.0,
        // ∂P/∂x is the density over x.
        None => -x * by_shape_over_density(a, x),
    }
}

/// The value of P where it is plain. XLA has NaN for most numbers where the shape is 0 or infinite.
fn plain(a: f64, x: f64) -> Option<f64> {
    if (a == 0.0 && x < 1.0) || (a == f64::INFINITY && x >= 1.0) {
        return Some(f64::NAN);
    }
    end(a, x)
}

/// The limit of P at the ends of the ranges.
fn end(a: f64, x: f64) -> Option<f64> {
    if a.is_nan() || x.is_nan() || a < 0.0 || x < 0.0 || (a == 0.0 && x == 0.0) {
        Some(f64::NAN)
    } else if x == 0.0 || a == f64::INFINITY {
        Some(0.0)
    } else if x == f64::INFINITY || a == 0.0 {
        Some(1.0)
    } else {
        None
    }
}

/// Where the continued fraction converges faster than the series.
fn by_fraction(a: f64, x: f64) -> bool {
    x >= 1.0 && x > a
}

/// xᵃ·e⁻ˣ/Γ(a).
fn density(a: f64, x: f64) -> f64 {
    (a * x.ln() - x - libm::lgamma(a)).exp()
}

/// (∂P/∂a) divided by [`density`].
fn by_shape_over_density(a: f64, x: f64) -> f64 {
    if by_fraction(a, x) {
        let (value, derivative) = fraction(a, x);
        -(value * (x.ln() - digamma(a)) + derivative)
    } else {
        let (sum, derivative) = series(a, x);
        (sum * (x.ln() - digamma(a + 1.0)) + derivative) / a
    }
}

/// Σ xⁿ/((a + 1)…(a + n)) (DLMF 8.7.1), and its derivative with regard to a.
fn series(a: f64, x: f64) -> (f64, f64) {
    let (mut term, mut slope) = (1.0f64, 0.0f64);
    let (mut sum, mut slopes) = (1.0f64, 0.0f64);
    for n in 1..MOST {
        let next = a + f64::from(n);
        slope = (slope - term / next) * (x / next);
        term *= x / next;
        sum += term;
        slopes += slope;
        if term <= f64::EPSILON * 0.01 * sum && slope.abs() <= f64::EPSILON * 0.01 * slopes.abs() {
            break;
        }
    }
    (sum, slopes)
}

/// The continued fraction of Γ(a, x)·eˣ·x⁻ᵃ (DLMF 8.9.2, contracted), and its derivative with regard to a, by the
/// modified algorithm of Lentz on pairs of a value and its derivative.
fn fraction(a: f64, x: f64) -> (f64, f64) {
    let mut denominator = (x + 1.0 - a, -1.0);
    let mut c = (1e300, 0.0);
    let mut d = inverse(denominator);
    let mut value = d;
    for n in 1..MOST {
        let n = f64::from(n);
        let numerator = (-n * (n - a), n);
        denominator.0 += 2.0;
        d = inverse(plus(times(numerator, d), denominator));
        c = plus(denominator, times(numerator, inverse(c)));
        let change = times(c, d);
        value = times(value, change);
        if (change.0 - 1.0).abs() <= f64::EPSILON && change.1.abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

fn plus(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 + b.0, a.1 + b.1)
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0, a.0 * b.1 + a.1 * b.0)
}

fn inverse(a: (f64, f64)) -> (f64, f64) {
    let value = if a.0.abs() < 1e-150 { 1e-150 } else { a.0 };
    (1.0 / value, -a.1 / (value * value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found / expected - 1.0).abs() < 1e-12
    }

    #[test]
    fn closed_forms() {
        // P(1, x) = 1 − e⁻ˣ, P(½, x) = erf √x, Q(2, x) = (1 + x)·e⁻ˣ.
        for x in [0.1f64, 0.9, 1.5, 8.0] {
            assert!(near(lower(1.0, x), -(-x).exp_m1()), "{x}");
            assert!(near(lower(0.5, x), libm::erf(x.sqrt())), "{x}");
            assert!(near(upper(2.0, x), (1.0 + x) * (-x).exp()), "{x}");
        }
        assert!(lower(-1.0, 2.0).is_nan());
        assert_eq!(lower(2.0, f64::INFINITY), 1.0);
    }

    #[test]
    fn derivatives_are_those_of_the_function() {
        for (a, x) in [(0.3, 0.2), (2.5, 1.7), (2.5, 6.0), (30.0, 25.0), (30.0, 40.0)] {
            let step = 1e-4 * a;
            // The central difference of fourth order.
            let at = |steps: f64| lower(a + steps * step, x);
            let difference = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step);
            assert!((lower_by_shape(a, x) / difference - 1.0).abs() < 1e-8, "{a} {x}");
            let slope = density(a, x) / x;
            assert!(
                near(sample_by_shape(a, x), -lower_by_shape(a, x) / slope),
                "{a} {x}"
            );
        }
    }
}
