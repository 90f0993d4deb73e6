//! The inverse of the error function.

use std::f64::consts::PI;

/// erf⁻¹(x); ±∞ at ±1 and NaN beyond.
///
/// A closed approximation (Winitzki 2008) refined by Halley's method on erf, and on erfc near ±1, where 1 − erf
/// has no digits left.
pub(super) fn erf_inv(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 1.0 {
        return f64::NAN;
    }
    if x.abs() == 1.0 {
        return f64::INFINITY.copysign(x);
    }
    if x == 0.0 {
        return x;
    }
    let (a, size) = (0.147, x.abs());
    let log = ((1.0 - size) * (1.0 + size)).ln();
    let half = 2.0 / (PI * a) + log / 2.0;
    // The difference of two close numbers, without the difference.
    let mut y = (-log / a / ((half * half - log / a).sqrt() + half)).sqrt();
    for _ in 0..4 {
        let error = if size < 0.5 {
            libm::erf(y) - size
        } else {
            (1.0 - size) - libm::erfc(y)
        };
        let step = error / (2.0 / PI.sqrt() * (-y * y).exp());
        y -= step / (1.0 + y * step);
    }
    y.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert!((erf_inv(0.5) - 0.476_936_276_204_469_9).abs() < 1e-15);
        assert!((erf_inv(-0.999) + 2.326_753_765_513_525).abs() < 1e-13);
        assert!((erf_inv(1e-10) - 8.862_269_254_527_58e-11).abs() < 1e-24);
        assert_eq!(erf_inv(1.0), f64::INFINITY);
        assert!(erf_inv(1.5).is_nan());
    }
}
