//! Arrays in JSON and in tables.

use serde::Serialize;

use crate::interp::{Data, Key, Tensor};
use crate::ir::DType;

/// An array: `"nan"`, `"inf"` and `"-inf"` stand for what JSON has no number for.
#[derive(Serialize)]
pub(super) struct Array {
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<serde_json::Value>,
}

impl Array {
    pub(super) fn new(tensor: &Tensor) -> Self {
        let values = match tensor.data() {
            Data::Bool(items) => items.iter().map(|&item| item.into()).collect(),
            Data::Int(items) if tensor.dtype == DType::Uint64 => {
                items.iter().map(|&item| item.cast_unsigned().into()).collect()
            }
            Data::Int(items) => items.iter().map(|&item| item.into()).collect(),
            Data::Float(items) => items.iter().map(|&item| number(item)).collect(),
            Data::Complex(items) => {
                let pair = |item: &num_complex::Complex64| vec![number(item.re), number(item.im)].into();
                items.iter().map(pair).collect()
            }
            Data::Key(items) => items.iter().map(|item| item.words().to_vec().into()).collect(),
            // No value can be shown for what a reference holds, which the end of the program ends as well.
            Data::Reference(_) => Vec::new(),
        };
        let dtype = match tensor.data() {
            Data::Key(keys) => format!("key<{}>", Key::common_implementation(keys).name()),
            _ => tensor.dtype.long_name().to_owned(),
        };
        Self {
            dtype,
            shape: tensor.shape.clone(),
            values,
        }
    }

    /// The numbers, separated by spaces.
    pub(super) fn words(&self) -> String {
        let words = self.values.iter().map(|value| value.to_string().replace('"', ""));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A number, or the word for one that JSON does not have.
pub(super) fn number(item: f64) -> serde_json::Value {
    match item {
        item if item.is_nan() => "nan".into(),
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        item => item.into(),
    }
}
