//! Typed views of parameters: what a rule, the matcher or the interpreter reads out of a [`ParamValue`].
//!
//! Every view is `None` when the value is not of its kind.

mod dimension_numbers;
mod fft_type;
mod mesh;
mod scan;

pub(crate) use dimension_numbers::{
    ConvDimensionNumbers, DotDimensionNumbers, GatherDimensionNumbers, ScatterDimensionNumbers,
};
pub(crate) use fft_type::FftType;
pub(crate) use mesh::{Partition, axis_names, axis_numbers, mesh_axes, partitions};
pub(crate) use scan::ScanShape;

use super::shape::reference_content;
use crate::ir::{DType, EqnId, ParamValue, Program, Symbols, Type};

/// An integer: `3`, `np.int64(3)`.
pub(crate) fn int(symbols: &Symbols, value: &ParamValue) -> Option<i64> {
    match value {
        ParamValue::Int(number) => Some(*number),
        ParamValue::Call { name, arguments } => {
            let is_numpy = symbols.text(*name).starts_with("np.");
            match arguments.as_ref() {
                [argument] if is_numpy => int(symbols, &argument.value),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A tuple or list of integers.
pub(crate) fn ints(symbols: &Symbols, value: &ParamValue) -> Option<Vec<i64>> {
    items(value)?.iter().map(|item| int(symbols, item)).collect()
}

/// A tuple or list of axes, or of extents.
pub(crate) fn indices(symbols: &Symbols, value: &ParamValue) -> Option<Vec<usize>> {
    items(value)?
        .iter()
        .map(|item| usize::try_from(int(symbols, item)?).ok())
        .collect()
}

/// A tuple of tuples of integers: `((0, 1), (0, 0))`.
pub(crate) fn int_tuples(symbols: &Symbols, value: &ParamValue) -> Option<Vec<Vec<i64>>> {
    items(value)?.iter().map(|item| ints(symbols, item)).collect()
}

/// Integers as a tuple.
pub(crate) fn int_tuple(values: &[usize]) -> ParamValue {
    ParamValue::Tuple(int_values(values))
}

/// Integers as a list.
pub(crate) fn int_list(values: &[usize]) -> ParamValue {
    ParamValue::List(int_values(values))
}

fn int_values(values: &[usize]) -> Box<[ParamValue]> {
    values
        .iter()
        .map(|&value| ParamValue::Int(value as i64))
        .collect()
}

/// The items of a tuple or list. An empty tuple may have been read as one of jaxprs.
pub(crate) fn items(value: &ParamValue) -> Option<&[ParamValue]> {
    match value {
        ParamValue::Tuple(items) | ParamValue::List(items) => Some(items),
        ParamValue::Jaxprs(jaxprs) if jaxprs.is_empty() => Some(&[]),
        _ => None,
    }
}

/// `True` or `False`.
pub(crate) fn boolean(value: &ParamValue) -> Option<bool> {
    match value {
        ParamValue::Bool(value) => Some(*value),
        _ => None,
    }
}

/// An element type: `float32`, `<class 'numpy.float32'>`, `dtype('float32')`.
pub(crate) fn dtype(symbols: &Symbols, value: &ParamValue) -> Option<DType> {
    match value {
        ParamValue::Text(text) | ParamValue::Quoted(text) => dtype_named(symbols.text(*text)),
        ParamValue::Call { arguments, .. } => match arguments.as_ref() {
            [argument] => dtype(symbols, &argument.value),
            _ => None,
        },
        _ => None,
    }
}

fn dtype_named(text: &str) -> Option<DType> {
    let name = match text.strip_prefix("<class '") {
        Some(class) => class.strip_suffix("'>")?,
        None => text
            .strip_prefix("dtype(")
            .map_or(text, |inside| inside.trim_end_matches(')')),
    };
    let name = name.rsplit('.').next()?.trim_matches(['\'', '"']);
    // numpy calls its boolean class `bool_`, and Python's own classes stand for the default widths.
    match name {
        "bool_" => Some(DType::Bool),
        name => DType::from_name(name),
    }
}

/// The types in `(ShapedArray(float32[4]),)`, also as `(ShapeDtypeStruct(shape=(4,), dtype=float32),)`.
pub(crate) fn avals(symbols: &Symbols, value: &ParamValue) -> Option<Vec<Type>> {
    match value {
        // The brackets of `float32[4]` are not Python, so the whole tuple stays text.
        ParamValue::Text(text) => shaped_arrays(symbols.text(*text)),
        value => items(value)?.iter().map(|item| aval(symbols, item)).collect(),
    }
}

/// The type in `ShapeDtypeStruct(shape=(4,), dtype=float32)`, or `f32[4]`.
fn aval(symbols: &Symbols, value: &ParamValue) -> Option<Type> {
    match value {
        ParamValue::Text(text) => reference_content(symbols.text(*text)),
        ParamValue::Call { .. } => {
            let shape = ints(symbols, argument(symbols, value, "shape")?)?;
            let dtype = dtype(symbols, argument(symbols, value, "dtype")?)?;
            let sizes: Option<Vec<u64>> = shape.iter().map(|&size| u64::try_from(size).ok()).collect();
            Some(Type::array(dtype, &sizes?))
        }
        _ => None,
    }
}

/// The types in `(ShapedArray(float32[4]), ShapedArray(int32[], weak_type=True))`.
fn shaped_arrays(text: &str) -> Option<Vec<Type>> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut parts = inside.split("ShapedArray(");
    if parts.next() != Some("") {
        return None;
    }
    let ty = |part: &str| reference_content(&part[..=part.find(']')?]);
    parts.map(ty).collect()
}

/// The keyword argument `keyword` of a call.
pub(crate) fn argument<'a>(
    symbols: &Symbols,
    value: &'a ParamValue,
    keyword: &str,
) -> Option<&'a ParamValue> {
    let ParamValue::Call { arguments, .. } = value else {
        return None;
    };
    arguments
        .iter()
        .find(|argument| argument.keyword.is_some_and(|name| symbols.text(name) == keyword))
        .map(|argument| &argument.value)
}

/// The axes of a reduction, in the parameter `axes`; `None` when they are names of mesh axes.
pub(crate) fn axes(program: &Program, eqn: EqnId) -> Option<Vec<usize>> {
    indices(&program.symbols, program.param(eqn, "axes")?)
}

/// The axis of `cumsum`, `split` and others, in the parameter `axis`.
pub(crate) fn axis(program: &Program, eqn: EqnId) -> Option<usize> {
    usize::try_from(int(&program.symbols, program.param(eqn, "axis")?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::read;

    #[test]
    fn numpy_integers_are_integers() {
        assert_eq!(read("(0, np.int64(2))", ints), Some(vec![0, 2]));
        assert_eq!(read("(0, x)", ints), None);
        assert_eq!(
            read("((0, 1), (0, 0))", int_tuples),
            Some(vec![vec![0, 1], vec![0, 0]])
        );
        assert_eq!(read("(0, -1)", indices), None);
    }

    #[test]
    fn dtypes_have_many_spellings() {
        for text in ["float32", "<class 'numpy.float32'>", "dtype('float32')"] {
            assert_eq!(read(text, dtype), Some(DType::Float32), "{text}");
        }
        assert_eq!(read("<class 'jax.numpy.bfloat16'>", dtype), Some(DType::Bfloat16));
        assert_eq!(read("None", dtype), None);
    }

    #[test]
    fn avals_are_types() {
        let expected = Some(vec![Type::array(DType::Float32, &[4, 2])]);
        assert_eq!(read("(ShapedArray(float32[4,2]),)", avals), expected);
        assert_eq!(
            read("(ShapeDtypeStruct(shape=(4, 2), dtype=float32),)", avals),
            expected
        );
    }
}
