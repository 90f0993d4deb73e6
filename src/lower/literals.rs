//! Numbers from their text.

use crate::ir::LiteralValue;

/// The number that a literal's text spells, as Python's `str` prints it.
pub(super) fn literal_value(text: &str) -> LiteralValue {
    match text {
        "True" => return LiteralValue::Bool(true),
        "False" => return LiteralValue::Bool(false),
        _ => {}
    }
    if let Ok(int) = text.parse::<i128>() {
        return LiteralValue::Int(int);
    }
    if let Some(float) = float(text) {
        return LiteralValue::float(float);
    }
    complex(text).map_or(LiteralValue::Opaque, |(re, im)| {
        LiteralValue::Complex(re.to_bits(), im.to_bits())
    })
}

/// Rust would also take `infinity` and `NaN`, which Python does not print.
fn float(text: &str) -> Option<f64> {
    match text {
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b)) => text.parse().ok(),
        _ => None,
    }
}

/// `1j`, `(1-2j)`, `(-0-infj)`.
fn complex(text: &str) -> Option<(f64, f64)> {
    let inside = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(text)
        .strip_suffix('j')?;
    let split = inside
        .char_indices()
        .skip(1)
        .filter(|&(at, c)| matches!(c, '+' | '-') && !inside[..at].ends_with('e'))
        .map(|(at, _)| at)
        .last();
    match split {
        Some(at) => Some((
            float(&inside[..at])?,
            float(inside[at..].trim_start_matches('+'))?,
        )),
        None => Some((0.0, float(inside)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_prints_them() {
        assert_eq!(literal_value("-7"), LiteralValue::Int(-7));
        assert_eq!(literal_value("1e-06"), LiteralValue::float(1e-6));
        assert_eq!(literal_value("-inf"), LiteralValue::float(f64::NEG_INFINITY));
        assert_eq!(literal_value("-0.0"), LiteralValue::float(-0.0));
        assert_eq!(literal_value("True"), LiteralValue::Bool(true));
        assert_eq!(
            literal_value("(1-2e-05j)"),
            LiteralValue::Complex(1f64.to_bits(), (-2e-5f64).to_bits())
        );
        assert_eq!(
            literal_value("1j"),
            LiteralValue::Complex(0f64.to_bits(), 1f64.to_bits())
        );
        assert_eq!(literal_value("(b'',)"), LiteralValue::Opaque);
        assert_eq!(literal_value("[...]"), LiteralValue::Opaque);
    }
}
