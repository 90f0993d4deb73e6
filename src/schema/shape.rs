//! Extents and decorations: comparing them, computing with them, and carrying them from operands to results.

use crate::ir::{ArrayType, DType, Dim, Type};

/// The text of an extent that a rule cannot know. JAX prints no such extent, and it agrees with every other.
const ANY: &str = "?";

/// An extent that a rule cannot know.
pub(super) fn any_extent() -> Dim {
    Dim::Symbolic(ANY.into())
}

/// Whether the rule that gave this extent could not know it.
pub(super) fn is_any(dim: &Dim) -> bool {
    matches!(dim, Dim::Symbolic(text) if &**text == ANY)
}

/// Whether two extents may be the same number.
///
/// Symbolic expressions are compared as text, and not at all with numbers computed from parameters: JAX may print
/// one symbolic extent in more than one way, but never a number for it.
pub(super) fn agree(left: &Dim, right: &Dim) -> bool {
    match (left.size(), right.size()) {
        (Some(left), Some(right)) => left == right,
        (None, None) => left == right || is_any(left) || is_any(right),
        _ => is_any(left) || is_any(right),
    }
}

/// Whether two shapes may be the same.
pub(super) fn shapes_agree(left: &[Dim], right: &[Dim]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| agree(left, right))
}

/// Whether two types may be the same. Decorations are not compared, and a type that is not known agrees with all.
pub(super) fn types_agree(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Array(left), Type::Array(right)) => {
            left.dtype == right.dtype && shapes_agree(&left.shape, &right.shape)
        }
        (
            Type::Key {
                implementation: left,
                shape: left_shape,
            },
            Type::Key {
                implementation: right,
                shape: right_shape,
            },
        ) => left == right && shapes_agree(left_shape, right_shape),
        // The constructor and the spelling of the content differ between the layers that print one reference.
        (Type::Reference { content: left, .. }, Type::Reference { content: right, .. }) => {
            match (reference_content(left), reference_content(right)) {
                (Some(left), Some(right)) => types_agree(&left, &right),
                _ => true,
            }
        }
        (
            Type::Array(_) | Type::Key { .. } | Type::Reference { .. },
            Type::Array(_) | Type::Key { .. } | Type::Reference { .. },
        ) => false,
        _ => true,
    }
}

/// Whether nothing can be said about a type.
pub(super) fn is_unknown(ty: &Type) -> bool {
    matches!(ty, Type::Untyped | Type::Other(_))
}

/// The type that stands between the braces of a reference type: `f32[3]`, in older releases `float32[3]`.
pub(super) fn reference_content(content: &str) -> Option<Type> {
    let (dtype, rest) = content.split_once('[')?;
    let inside = rest.strip_suffix(']')?;
    let dtype = DType::from_name(dtype)?;
    let mut shape = Vec::new();
    for extent in inside.split(',').filter(|extent| !extent.is_empty()) {
        shape.push(match extent.trim().parse() {
            Ok(size) => Dim::Size(size),
            Err(_) => Dim::Symbolic(extent.trim().into()),
        });
    }
    Some(Type::Array(ArrayType::new(dtype, shape)))
}

/// What a reference holds, if its type can be read.
pub(crate) fn held_by(ty: &Type) -> Option<Type> {
    match ty {
        Type::Reference { content, .. } => reference_content(content),
        _ => None,
    }
}

/// The extent along which parts of these extents stand one after the other.
pub(super) fn sum<'a>(dims: impl IntoIterator<Item = &'a Dim>) -> Dim {
    dims.into_iter()
        .try_fold(0u64, |total, dim| total.checked_add(dim.size()?))
        .map_or_else(any_extent, Dim::Size)
}

/// Number of elements, if it is known and fits.
pub(super) fn count(dims: &[Dim]) -> Option<u64> {
    dims.iter()
        .try_fold(1u64, |total, dim| total.checked_mul(dim.size()?))
}

/// An extent given by a parameter; a negative one, or one behind 2^63, is nobody's extent.
pub(super) fn extent(number: i64) -> Option<Dim> {
    u64::try_from(number).ok().map(Dim::Size)
}

/// The same type with another shape, decorations kept.
pub(super) fn with_shape(ty: &Type, shape: Vec<Dim>) -> Type {
    match ty {
        Type::Array(array) => Type::Array(ArrayType {
            shape: shape.into(),
            ..array.clone()
        }),
        Type::Key { implementation, .. } => Type::Key {
            implementation: implementation.clone(),
            shape: shape.into(),
        },
        other => other.clone(),
    }
}

/// The same type with another element type, decorations kept.
pub(super) fn with_dtype(ty: &Type, dtype: DType) -> Type {
    match ty {
        Type::Array(array) => Type::Array(ArrayType {
            dtype,
            ..array.clone()
        }),
        other => other.clone(),
    }
}

/// `ty` with the decorations of all `operands` added: a result varies over every axis that an operand varies over.
pub(super) fn decorated<'a>(mut ty: Type, operands: impl IntoIterator<Item = &'a Type>) -> Type {
    if let Type::Array(result) = &mut ty {
        for operand in operands.into_iter().filter_map(Type::as_array) {
            if result.memory_space.is_none() {
                result.memory_space.clone_from(&operand.memory_space);
            }
            merge(
                &mut result.named_axes,
                operand.named_axes.as_deref(),
                union_of_names,
            );
            merge(
                &mut result.manual_axes,
                operand.manual_axes.as_deref(),
                union_of_axes,
            );
        }
    }
    ty
}

fn merge(into: &mut Option<Box<str>>, from: Option<&str>, join: fn(&str, &str) -> String) {
    match (into.as_deref(), from) {
        (None, Some(from)) => *into = Some(from.into()),
        (Some(old), Some(from)) if old != from => *into = Some(join(old, from).into()),
        _ => {}
    }
}

/// `ty` varying over the mesh axes `names` too.
pub(super) fn with_varying(mut ty: Type, names: &[String]) -> Type {
    if let Type::Array(array) = &mut ty
        && !names.is_empty()
    {
        let varying = format!("V:({})", names.join(","));
        let axes = union_of_axes(array.manual_axes.as_deref().unwrap_or_default(), &varying);
        array.manual_axes = Some(axes.into());
    }
    ty
}

/// `ty` the same on all devices along the mesh axes `names`.
pub(super) fn without_varying(mut ty: Type, names: &[String]) -> Type {
    if let Type::Array(array) = &mut ty {
        if let Some(mut groups) = array.manual_axes.as_deref().and_then(axis_groups) {
            groups.retain_mut(|(label, axes)| {
                axes.retain(|axis| *label != "V" || !names.iter().any(|name| name == axis));
                !axes.is_empty()
            });
            array.manual_axes = (!groups.is_empty()).then(|| group_text(&groups).into());
        }
        if let Some(text) = &array.named_axes {
            let kept = text.split(',').filter(|part| {
                let name = part.split_once(':').map_or(*part, |(name, _)| name);
                !names.iter().any(|removed| removed == name.trim())
            });
            let kept: Vec<&str> = kept.collect();
            array.named_axes = (!kept.is_empty()).then(|| kept.join(",").into());
        }
    }
    ty
}

/// `V:(x,y)` for `V:x` and `V:y`; what is not of this form stays as the first operand has it.
fn union_of_axes(left: &str, right: &str) -> String {
    let (Some(mut groups), Some(more)) = (axis_groups(left), axis_groups(right)) else {
        return left.to_owned();
    };
    for (label, axes) in more {
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, known)) => {
                for axis in axes {
                    if !known.contains(&axis) {
                        known.push(axis);
                    }
                }
            }
            None => groups.push((label, axes)),
        }
    }
    group_text(&groups)
}

/// `i:2,j:3` for `i:2` and `j:3`.
fn union_of_names(left: &str, right: &str) -> String {
    let mut names: Vec<&str> = left.split(',').collect();
    for name in right.split(',') {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(",")
}

fn group_text(groups: &[(&str, Vec<&str>)]) -> String {
    let group = |(label, axes): &(&str, Vec<&str>)| match axes[..] {
        [axis] => format!("{label}:{axis}"),
        _ => format!("{label}:({})", axes.join(",")),
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}

/// Reads `V:(x,y), U:z`.
fn axis_groups(text: &str) -> Option<Vec<(&str, Vec<&str>)>> {
    let mut groups = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (label, behind) = rest.split_once(':')?;
        let (axes, after) = match behind.strip_prefix('(') {
            Some(inside) => inside.split_once(')')?,
            None => behind.split_at(behind.find(',').unwrap_or(behind.len())),
        };
        let axes = axes.split(',').map(str::trim).filter(|axis| !axis.is_empty());
        groups.push((label.trim(), axes.collect()));
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varying_axes_unite() {
        for (left, right, both) in [
            ("V:x", "V:x", "V:x"),
            ("V:x", "V:y", "V:(x,y)"),
            ("V:(x,y)", "V:(y,z), U:w", "V:(x,y,z), U:w"),
            ("not axes", "V:x", "not axes"),
        ] {
            assert_eq!(union_of_axes(left, right), both);
        }
    }

    #[test]
    fn references_hold_arrays_in_either_spelling() {
        let array = Some(Type::array(DType::Float32, &[3, 4]));
        assert_eq!(reference_content("float32[3,4]"), array);
        assert_eq!(reference_content("f32[3,4]"), array);
        assert_eq!(reference_content("who knows"), None);
    }

    #[test]
    fn an_extent_nobody_knows_agrees_with_all() {
        let symbolic = Dim::Symbolic("2*b".into());
        assert!(agree(&any_extent(), &Dim::Size(3)));
        assert!(agree(&symbolic, &any_extent()));
        assert!(!agree(&symbolic, &Dim::Size(3)));
        assert!(!agree(&Dim::Size(4), &Dim::Size(3)));
        assert!(agree(&Dim::Size(4), &Dim::Sharded(4, "x".into())));
    }
}
