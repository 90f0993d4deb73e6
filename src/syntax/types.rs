//! The structure of a type's text.

/// A type's text taken apart; slices of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeText<'a> {
    /// `f32<host>[3,4@x;i:2]{V:y}`.
    Array {
        /// `f32`.
        dtype: &'a str,
        /// `host`.
        memory_space: Option<&'a str>,
        /// `3`, `4@x`.
        dims: Vec<DimText<'a>>,
        /// `i:2`.
        named_axes: Option<&'a str>,
        /// `V:y`.
        manual_axes: Option<&'a str>,
    },
    /// `key<fry>[2]`.
    Key {
        /// `fry`.
        implementation: &'a str,
        /// `2`.
        dims: Vec<DimText<'a>>,
    },
    /// `Ref{f32[3]}`, `MemRef<None>{float32[4]}`.
    Reference {
        /// `Ref`, `MemRef<None>`.
        constructor: &'a str,
        /// `f32[3]`.
        content: &'a str,
    },
    /// Anything else.
    Other(&'a str),
}

/// An extent's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DimText<'a> {
    /// `3`.
    Size(u64),
    /// `4@x`.
    Sharded(u64, &'a str),
    /// `2*b - 1`.
    Symbolic(&'a str),
}

/// The parts of a type.
pub(crate) fn type_text(text: &str) -> TypeText<'_> {
    array(text)
        .or_else(|| reference(text))
        .unwrap_or(TypeText::Other(text))
}

/// array := word [ "<" word ">" ] "[" [ dim { "," dim } ] [ ";" ?axes? ] "]" [ "{" ?axes? "}" ]
fn array(text: &str) -> Option<TypeText<'_>> {
    let open = text.find('[')?;
    let (head, rest) = (&text[..open], &text[open + 1..]);
    let close = rest.find(']')?;
    let (inside, tail) = (&rest[..close], &rest[close + 1..]);
    let manual_axes = match tail {
        "" => None,
        _ => Some(tail.strip_prefix('{')?.strip_suffix('}')?),
    };
    let (dims, named_axes) = match inside.split_once(';') {
        Some((dims, axes)) => (dims, Some(axes)),
        None => (inside, None),
    };
    let dims = split_dims(dims);
    let (dtype, space) = match head.split_once('<') {
        Some((dtype, space)) => (dtype, Some(space.strip_suffix('>')?)),
        None => (head, None),
    };
    match (dtype, space) {
        ("key", Some(implementation)) => Some(TypeText::Key { implementation, dims }),
        _ if dtype.contains('{') => None,
        (dtype, memory_space) => Some(TypeText::Array {
            dtype,
            memory_space,
            dims,
            named_axes,
            manual_axes,
        }),
    }
}

/// reference := word [ "<" word ">" ] "{" ( array | word ) "}"
fn reference(text: &str) -> Option<TypeText<'_>> {
    let (constructor, content) = text.strip_suffix('}')?.split_once('{')?;
    constructor
        .contains("Ref")
        .then_some(TypeText::Reference { constructor, content })
}

/// Splits at the commas outside parentheses: `floordiv(b + 1, 2)` is one extent, and so is `8@(x,y)`.
fn split_dims(text: &str) -> Vec<DimText<'_>> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut dims, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                dims.push(dim(&text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    dims.push(dim(&text[start..]));
    dims
}

/// dim := ?size? [ "@" ?axes? ] | ?expression?
fn dim(text: &str) -> DimText<'_> {
    // `+3` and `03` parse as numbers but would not print back, so they stay text.
    let number = |text: &str| text.parse::<u64>().ok().filter(|size| size.to_string() == text);
    match (number(text), text.split_once('@')) {
        (Some(size), _) => DimText::Size(size),
        (None, Some((size, axes))) if number(size).is_some() => {
            DimText::Sharded(number(size).unwrap_or(0), axes)
        }
        _ => DimText::Symbolic(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorations_are_taken_apart() {
        assert_eq!(
            type_text("f32<host>[3,8@(x,y),floordiv(b + 1, 2)]{V:x}"),
            TypeText::Array {
                dtype: "f32",
                memory_space: Some("host"),
                dims: vec![
                    DimText::Size(3),
                    DimText::Sharded(8, "(x,y)"),
                    DimText::Symbolic("floordiv(b + 1, 2)")
                ],
                named_axes: None,
                manual_axes: Some("V:x"),
            }
        );
        assert_eq!(
            type_text("f32[;i:2]"),
            TypeText::Array {
                dtype: "f32",
                memory_space: None,
                dims: vec![],
                named_axes: Some("i:2"),
                manual_axes: None,
            }
        );
        assert_eq!(
            type_text("key<fry>[]"),
            TypeText::Key {
                implementation: "fry",
                dims: vec![]
            }
        );
        assert_eq!(
            type_text("MemRef<None>{float32[4]}"),
            TypeText::Reference {
                constructor: "MemRef<None>",
                content: "float32[4]"
            }
        );
        assert_eq!(type_text("Tok"), TypeText::Other("Tok"));
    }
}
