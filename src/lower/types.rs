//! Types from their text.

use crate::ir::{ArrayType, DType, Dim, Type};
use crate::syntax::{DimText, TypeText, type_text};

/// The type that `text` spells. Text that is no known type is kept.
pub(super) fn lower_type(text: &str) -> Type {
    let other = || Type::Other(text.into());
    let ty = match type_text(text) {
        TypeText::Array {
            dtype,
            memory_space,
            dims,
            named_axes,
            manual_axes,
        } => match DType::from_name(dtype).filter(|known| known.short_name() == dtype) {
            Some(dtype) => Type::Array(ArrayType {
                dtype,
                shape: lower_dims(&dims),
                memory_space: memory_space.map(Into::into),
                named_axes: named_axes.map(Into::into),
                manual_axes: manual_axes.map(Into::into),
            }),
            None => other(),
        },
        TypeText::Key { implementation, dims } => Type::Key {
            implementation: implementation.into(),
            shape: lower_dims(&dims),
        },
        TypeText::Reference { constructor, content } => Type::Reference {
            constructor: constructor.into(),
            content: content.into(),
        },
        TypeText::Other(_) => other(),
    };
    debug_assert_eq!(ty.to_string(), text, "a type prints as it was read");
    ty
}

fn lower_dims(dims: &[DimText<'_>]) -> Box<[Dim]> {
    dims.iter()
        .map(|dim| match *dim {
            DimText::Size(size) => Dim::Size(size),
            DimText::Sharded(size, axes) => Dim::Sharded(size, axes.into()),
            DimText::Symbolic(text) => Dim::Symbolic(text.into()),
        })
        .collect()
}
