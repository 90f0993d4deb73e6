//! Parameters of new equations, printed as a release prints them.

use std::borrow::Cow;

use super::primitive::Primitive;
use super::version::Version;
use crate::ir::{ParamValue, Params, Symbols};

/// The parameters of a new equation of `primitive` in the dialect of a release.
///
/// `given` may hold parameters that the release does not print: they are left out, as is every parameter that is
/// printed only when it is not the default. What is not given is the default.
pub(crate) fn new_params(
    symbols: &mut Symbols,
    primitive: &Primitive,
    dialect: Version,
    given: &[(&str, ParamValue)],
) -> Params {
    let mut printed = Vec::new();
    for spec in primitive.params.iter().filter(|spec| spec.exists_in(dialect)) {
        let default = spec.default.map(|text| default_value(text, symbols));
        let value = given
            .iter()
            .find(|(name, _)| *name == spec.name)
            .map(|(_, value)| Cow::Borrowed(value));
        let Some(value) = value.or_else(|| default.as_ref().map(Cow::Borrowed)) else {
            continue;
        };
        if spec.optional && default.as_ref() == Some(&value) {
            continue;
        }
        printed.push((spec.name, value.into_owned()));
    }
    // Primitives that are Python classes keep the order of the class, which the table has.
    let sorted = !primitive
        .name
        .starts_with(|letter: char| letter.is_ascii_uppercase());
    // The calls of user functions print their name first.
    let name_first = dialect >= Version::V0_4_23 && matches!(primitive.name, "pjit" | "jit")
        || dialect >= Version::V0_6 && matches!(primitive.name, "custom_jvp_call" | "custom_vjp_call");
    if sorted {
        printed.sort_by_key(|(name, _)| (!(name_first && *name == "name"), *name));
    }
    Params(
        printed
            .into_iter()
            .map(|(name, value)| (symbols.intern(name), value))
            .collect(),
    )
}

/// The value that a default in the table spells.
fn default_value(text: &str, symbols: &mut Symbols) -> ParamValue {
    match text {
        "None" => ParamValue::None,
        "True" => ParamValue::Bool(true),
        "False" => ParamValue::Bool(false),
        "()" => ParamValue::Tuple(Box::new([])),
        text => match text.parse() {
            Ok(number) => ParamValue::Int(number),
            Err(_) => ParamValue::Text(symbols.intern(text)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::primitive;

    /// Names and values as the printer would show them, as far as this test needs values.
    fn printed(name: &str, dialect: Version, given: &[(&str, ParamValue)]) -> String {
        let mut symbols = Symbols::default();
        let row = primitive(name).expect("a row");
        let params = new_params(&mut symbols, row, dialect, given);
        let shown = |value: &ParamValue| match value {
            ParamValue::None => "None".to_owned(),
            ParamValue::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
            ParamValue::Int(number) => number.to_string(),
            ParamValue::Tuple(items) => format!("({})", items.len()),
            ParamValue::Text(text) => symbols.text(*text).to_owned(),
            other => format!("{other:?}"),
        };
        let each = params
            .iter()
            .map(|(name, value)| format!("{}={}", symbols.text(name), shown(value)));
        each.collect::<Vec<_>>().join(" ")
    }

    fn axes(numbers: &[i64]) -> ParamValue {
        ParamValue::Tuple(numbers.iter().map(|&number| ParamValue::Int(number)).collect())
    }

    #[test]
    fn reductions_gain_a_sharding() {
        let given = [("axes", axes(&[1]))];
        assert_eq!(printed("reduce_sum", Version::V0_7, &given), "axes=(1)");
        assert_eq!(
            printed("reduce_sum", Version::V0_8, &given),
            "axes=(1) out_sharding=None"
        );
        assert_eq!(printed("reduce_max", Version::V0_10, &given), "axes=(1)");
        assert_eq!(
            printed("reduce_max", Version::V0_12, &given),
            "axes=(1) out_sharding=None"
        );
    }

    #[test]
    fn broadcasts_lose_their_shape() {
        let given = [("broadcast_dimensions", axes(&[])), ("shape", axes(&[3, 4]))];
        assert_eq!(printed("broadcast_in_dim", Version::V0_9, &given), "");
        assert_eq!(
            printed("broadcast_in_dim", Version::V0_4_30, &given),
            "broadcast_dimensions=(0) shape=(2)"
        );
        assert_eq!(
            printed("broadcast_in_dim", Version::V0_8, &given),
            "broadcast_dimensions=(0) shape=(2) sharding=None"
        );
        let given = [("broadcast_dimensions", axes(&[1])), ("shape", axes(&[3, 4]))];
        assert_eq!(
            printed("broadcast_in_dim", Version::V0_12, &given),
            "broadcast_dimensions=(1)"
        );
    }

    #[test]
    fn parameters_hidden_by_default_are_hidden() {
        assert_eq!(printed("exp", Version::V0_12, &[]), "");
        assert_eq!(
            printed("exp", Version::V0_12, &[("accuracy", ParamValue::None)]),
            ""
        );
        assert_eq!(
            printed("exp", Version::V0_12, &[("accuracy", ParamValue::Int(1))]),
            "accuracy=1"
        );
        assert_eq!(
            printed("exp", Version::V0_4_30, &[("accuracy", ParamValue::Int(1))]),
            ""
        );
    }
}
