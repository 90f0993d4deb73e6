//! The types of variables.

use std::fmt::{self, Display, Write as _};

use super::dtype::DType;

/// The type of a variable or literal, as JAX prints it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `f32[3,4]`, with whatever decorations it carries.
    Array(ArrayType),
    /// `key<fry>[2]`: an array of PRNG keys.
    Key {
        /// `fry`, `rbg`, …
        implementation: Box<str>,
        /// Extents.
        shape: Box<[Dim]>,
    },
    /// A mutable reference: `Ref{f32[3]}`, `MemRef<None>{float32[4]}`.
    Reference {
        /// What stands before the brace: `Ref`, `MemRef<None>`.
        constructor: Box<str>,
        /// The text between the braces; older releases spell the dtype out in it.
        content: Box<str>,
    },
    /// A text that is none of the above, kept as it is: `Tok`, unknown dtypes.
    Other(Box<str>),
    /// A variable printed without its type (`print_shapes=False`).
    Untyped,
}

/// An array type with its decorations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType {
    /// Element type.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Box<[Dim]>,
    /// `<host>` between the dtype and the shape: a memory space other than the device's, without brackets.
    pub memory_space: Option<Box<str>>,
    /// `i:2` behind the shape's semicolon (≤ 0.4.x under `axis_env`).
    pub named_axes: Option<Box<str>>,
    /// `V:x` from `{V:x}`: manual axes over which the value varies or is unreduced.
    pub manual_axes: Option<Box<str>>,
}

/// The extent of one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A number.
    Size(u64),
    /// A number sharded over mesh axes: `4@x`, `8@(x,y)`.
    Sharded(u64, Box<str>),
    /// A symbolic expression: `2*b - 1`.
    Symbolic(Box<str>),
}

impl Dim {
    /// The number of elements, if it is known.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Size(size) | Self::Sharded(size, _) => Some(*size),
            Self::Symbolic(_) => None,
        }
    }
}

impl ArrayType {
    /// An undecorated array type.
    pub fn new(dtype: DType, shape: impl Into<Box<[Dim]>>) -> Self {
        Self {
            dtype,
            shape: shape.into(),
            memory_space: None,
            named_axes: None,
            manual_axes: None,
        }
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The extents as numbers, if all of them are known.
    pub fn sizes(&self) -> Option<Vec<u64>> {
        self.shape.iter().map(Dim::size).collect()
    }
}

impl Type {
    /// A scalar of `dtype`.
    pub fn scalar(dtype: DType) -> Self {
        Self::Array(ArrayType::new(dtype, []))
    }

    /// An undecorated array of known extents.
    pub fn array(dtype: DType, sizes: &[u64]) -> Self {
        Self::Array(ArrayType::new(
            dtype,
            sizes.iter().map(|&size| Dim::Size(size)).collect::<Vec<_>>(),
        ))
    }

    /// The array type, if it is one.
    pub fn as_array(&self) -> Option<&ArrayType> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The extents of an array of numbers or of keys.
    pub fn shape(&self) -> Option<&[Dim]> {
        match self {
            Self::Array(array) => Some(&array.shape),
            Self::Key { shape, .. } => Some(shape),
            _ => None,
        }
    }

    /// The element type of an array of numbers.
    pub fn dtype(&self) -> Option<DType> {
        self.as_array().map(|array| array.dtype)
    }
}

impl Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => write!(f, "{size}"),
            Self::Sharded(size, axes) => write!(f, "{size}@{axes}"),
            Self::Symbolic(text) => f.write_str(text),
        }
    }
}

fn write_shape(f: &mut fmt::Formatter<'_>, shape: &[Dim], named_axes: Option<&str>) -> fmt::Result {
    f.write_char('[')?;
    for (index, dim) in shape.iter().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        dim.fmt(f)?;
    }
    if let Some(axes) = named_axes {
        write!(f, ";{axes}")?;
    }
    f.write_char(']')
}

impl Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(array) => {
                f.write_str(array.dtype.short_name())?;
                if let Some(space) = &array.memory_space {
                    write!(f, "<{space}>")?;
                }
                write_shape(f, &array.shape, array.named_axes.as_deref())?;
                array
                    .manual_axes
                    .as_ref()
                    .map_or(Ok(()), |axes| write!(f, "{{{axes}}}"))
            }
            Self::Key {
                implementation,
                shape,
            } => {
                write!(f, "key<{implementation}>")?;
                write_shape(f, shape, None)
            }
            Self::Reference { constructor, content } => write!(f, "{constructor}{{{content}}}"),
            Self::Other(text) => f.write_str(text),
            Self::Untyped => Ok(()),
        }
    }
}
