//! Recorded inputs and results, as the JSON beside a print-out holds them.

use num_complex::Complex64;
use serde_json::Value;

use super::key::{Implementation, Key};
use super::machine::Inputs;
use super::tensor::{Tensor, elements};
use crate::ir::DType;
use crate::schema::Version;

/// A labelled set of inputs and, if they were recorded, what JAX gave.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub label: String,
    /// What the program runs on.
    pub inputs: Inputs,
    /// Recorded results; `None` for a case that gives inputs only.
    pub outputs: Option<Vec<Tensor>>,
    /// The release of JAX that recorded it.
    pub jax: Option<Version>,
}

impl Case {
    /// How the release drew random numbers (`jax_threefry_partitionable`).
    pub fn threefry_partitionable(&self) -> Option<bool> {
        self.jax.map(|release| release > Version::V0_4_38)
    }
}

/// Why a text is not a set of cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CasesError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// A field is missing or is not what it should be.
    #[error("{0}")]
    Shape(String),
}

/// Reads `{"consts": […], "inner_consts": […], "cases": [{"label", "inputs", "outputs"}]}`, where an array is
/// `{"dtype": "float32", "shape": [2], "values": [1.0, "nan"]}`.
///
/// # Errors
/// Says which field is wrong.
pub fn read_cases(text: &str) -> Result<Vec<Case>, CasesError> {
    let json: Value = serde_json::from_str(text).map_err(|error| CasesError::Json(error.to_string()))?;
    let consts = tensors(json.get("consts"), "consts")?;
    let inner = json.get("inner_consts").and_then(Value::as_array);
    let inner_consts: Vec<Vec<Tensor>> = inner
        .into_iter()
        .flatten()
        .map(|set| tensors(set.get("values"), "inner_consts"))
        .collect::<Result<_, _>>()?;
    let cases = json.get("cases").and_then(Value::as_array);
    let cases = cases.ok_or_else(|| {
        let keys = json.as_object().into_iter().flat_map(serde_json::Map::keys);
        let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
        let found = if keys.is_empty() {
            String::new()
        } else {
            format!(", only {}", keys.join(", "))
        };
        CasesError::Shape(format!("there is no list `cases`{found}"))
    })?;
    let jax = json
        .get("jax")
        .and_then(Value::as_str)
        .and_then(|release| release.parse().ok());
    let case = |(index, case): (usize, &Value)| {
        let label = case.get("label").and_then(Value::as_str);
        let label = label.map_or_else(|| index.to_string(), str::to_owned);
        let outputs = match case.get("outputs").filter(|outputs| !outputs.is_null()) {
            Some(outputs) => Some(tensors(Some(outputs), &format!("outputs of case `{label}`"))?),
            None => None,
        };
        let inputs = Inputs {
            consts: consts.clone(),
            inner_consts: inner_consts.clone(),
            inputs: tensors(case.get("inputs"), &format!("inputs of case `{label}`"))?,
        };
        Ok(Case {
            label,
            inputs,
            outputs,
            jax,
        })
    };
    cases.iter().enumerate().map(case).collect()
}

fn tensors(list: Option<&Value>, what: &str) -> Result<Vec<Tensor>, CasesError> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    let arrays = list
        .as_array()
        .ok_or_else(|| CasesError::Shape(format!("the {what} are no list of arrays")))?;
    let read = |(index, array): (usize, &Value)| {
        tensor(array)
            .map_err(|why| CasesError::Shape(format!("array {index} of {what} cannot be read: {why}")))
    };
    arrays.iter().enumerate().map(read).collect()
}

fn tensor(array: &Value) -> Result<Tensor, String> {
    let field = |name: &str| array.get(name).ok_or_else(|| format!("it has no `{name}`"));
    let list = |name: &str| {
        let field = field(name)?.as_array();
        field.ok_or_else(|| format!("its `{name}` is no list"))
    };
    let extent = |size: &Value| {
        let known = size.as_u64().and_then(|size| usize::try_from(size).ok());
        known.ok_or_else(|| format!("its `shape` holds {size}, which is no extent"))
    };
    let shape: Vec<usize> = list("shape")?.iter().map(extent).collect::<Result<_, _>>()?;
    let name = field("dtype")?.as_str().ok_or("its `dtype` is no text")?;
    let unknown = || format!("`{name}` is no dtype that it can have");
    if let Some(implementation) = name.strip_prefix("key<").and_then(|name| name.strip_suffix('>')) {
        let implementation = Implementation::from_name(implementation).ok_or_else(unknown)?;
        return keys(&tensor(field("key_data")?)?, implementation, &shape)
            .ok_or_else(|| format!("its `key_data` are not the words of keys of shape {shape:?}"));
    }
    let dtype = DType::from_name(name).ok_or_else(unknown)?;
    if dtype == DType::Float0 {
        // The type has one value, so none is recorded.
        return Ok(Tensor::filled(dtype, &shape, 0.0));
    }
    if !super::number::is_known(dtype) {
        return Err(unknown());
    }
    let values = list("values")?;
    let count = shape
        .iter()
        .try_fold(1usize, |count, &size| count.checked_mul(size));
    if count != Some(values.len()) {
        let found = values.len();
        return Err(format!(
            "it has {found} values, and its shape {shape:?} asks for {}",
            count.map_or_else(|| "more than there can be".to_owned(), |count| count.to_string())
        ));
    }
    let wrong = |value: &Value| format!("{value} is no value of a {name}");
    if dtype.is_float() {
        let items = values.iter().map(|value| real(value).ok_or_else(|| wrong(value)));
        return Ok(Tensor::from_floats(
            dtype,
            &shape,
            items.collect::<Result<Vec<f64>, _>>()?,
        ));
    }
    if dtype.is_complex() {
        let part = |value: &Value| Some(Complex64::new(real(value.get(0)?)?, real(value.get(1)?)?));
        let items = values.iter().map(|value| part(value).ok_or_else(|| wrong(value)));
        return Ok(Tensor::from_complex(
            dtype,
            &shape,
            items.collect::<Result<Vec<_>, _>>()?,
        ));
    }
    let items = values
        .iter()
        .map(|value| integer(value).ok_or_else(|| wrong(value)));
    Ok(Tensor::from_ints(
        dtype,
        &shape,
        items.collect::<Result<Vec<i128>, _>>()?,
    ))
}

fn keys(data: &Tensor, implementation: Implementation, shape: &[usize]) -> Option<Tensor> {
    let words = (0..data.len()).map(|at| u32::try_from(data.int(at)?).ok());
    let words: Vec<u32> = words.collect::<Option<_>>()?;
    let keys = words.chunks_exact(implementation.size());
    let keys: Vec<Key> = keys
        .map(|words| Key::from_words(implementation, |at| words[at]))
        .collect();
    let is_whole = words.len() == keys.len() * implementation.size() && keys.len() == elements(shape);
    is_whole.then(|| Tensor::from_keys(shape, keys))
}

fn real(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}

fn integer(value: &Value) -> Option<i128> {
    if let Some(truth) = value.as_bool() {
        return Some(i128::from(truth));
    }
    value
        .as_i64()
        .map(i128::from)
        .or_else(|| value.as_u64().map(i128::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::tensor::Data;

    #[test]
    fn cases_hold_numbers_and_words_for_those_that_json_lacks() {
        let text = r#"{"consts":[],"cases":[{"label":"a","inputs":[{"dtype":"float32","shape":[2],"values":[1.5,"-inf"]}]}]}"#;
        let cases = read_cases(text).expect("well formed");
        assert_eq!(
            cases[0].inputs.inputs[0].data(),
            &Data::Float(vec![1.5, f64::NEG_INFINITY])
        );
        assert!(cases[0].outputs.is_none());
        let error = read_cases(r#"{"cases":[{"inputs":[{"dtype":"float32","shape":[2],"values":[1]}]}]}"#);
        assert_eq!(
            error.expect_err("one number is missing").to_string(),
            "array 0 of inputs of case `0` cannot be read: it has 1 values, and its shape [2] asks for 2"
        );
        let why = |array: &str| {
            let error = read_cases(&format!(r#"{{"cases":[{{"label":"a","inputs":[{array}]}}]}}"#));
            let error = error.expect_err("it is wrong").to_string();
            error.split(": ").nth(1).map(str::to_owned)
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(
            why(r#"{"dtype":"floaty","shape":[],"values":[1]}"#),
            said("`floaty` is no dtype that it can have")
        );
        assert_eq!(
            why(r#"{"dtype":"int32","shape":[-3],"values":[1]}"#),
            said("its `shape` holds -3, which is no extent")
        );
        assert_eq!(
            why(r#"{"dtype":"int32","shape":[1],"values":[1.5]}"#),
            said("1.5 is no value of a int32")
        );
        assert_eq!(
            why(r#"{"dtype":"int32","shape":[1]}"#),
            said("it has no `values`")
        );
    }
}
