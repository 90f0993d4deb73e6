//! Mutable references: creation, reads, writes.

use super::loops::index;
use crate::ir::{DType, Dim, IndexPart, ParamValue, Type};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::{Arity, Primitive, Purity, Rule, param};
use crate::schema::shape::{any_extent, held_by, types_agree, with_shape};
use crate::schema::typed_eqn::{TypedEqn, as_printed};
use crate::schema::version::Version;

const fn effect(name: &'static str, arity: Arity, rule: Rule) -> Primitive {
    Primitive::new(name, arity, rule).purity(Purity::Effect)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    effect("mutable_array", Arity::Exactly(1), new_ref).until(Version::V0_6),
    effect("new_ref", Arity::Exactly(1), new_ref).since(Version::V0_7).params(&[
        param("kind").or("None").since(Version::V0_8),
        param("memory_space").or("None"),
        param("pin").or("False").since(Version::V0_12),
    ]),
    effect("empty_ref", Arity::Exactly(0), as_printed),
    effect("free_ref", Arity::Exactly(1), as_printed),
    effect("freeze", Arity::Exactly(1), freeze),
    effect("get", Arity::AtLeast(1), get),
    effect("swap", Arity::AtLeast(2), swap),
    effect("addupdate", Arity::AtLeast(2), addupdate),
    effect("masked_load", Arity::AtLeast(1), as_printed),
    effect("masked_swap", Arity::AtLeast(2), as_printed),
    Primitive::new("program_id", Arity::Exactly(0), index).params(&[param("axis")]),
    Primitive::new("num_programs", Arity::Exactly(0), index).params(&[param("axis")]),
];

/// The reference's type is spelled as the release spells it, which the binder shows.
fn new_ref(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.operand(0)?;
    match eqn.binder(0) {
        Ok(binder) => match held_by(binder) {
            Some(held) if !types_agree(operand, &held) => Err(TypeFault::operand_type(0, &held, operand)),
            _ => Ok(vec![binder.clone()]),
        },
        Err(_) => Ok(vec![Type::Reference {
            constructor: "Ref".into(),
            content: operand.to_string().into(),
        }]),
    }
}

fn held(eqn: &TypedEqn<'_>, index: usize) -> Result<Type, TypeFault> {
    match eqn.operand(index)? {
        reference @ Type::Reference { .. } => held_by(reference).ok_or(TypeFault::Unknown),
        found => {
            let message = format!("{} works on references, not on {found}", eqn.primitive.name);
            Err(TypeFault::operand(index, message))
        }
    }
}

fn freeze(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![held(eqn, 0)?])
}

fn get(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![place(eqn, &held(eqn, 0)?, 1)?])
}

/// The old value is an output unless nobody reads it.
fn swap(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let place = stored(eqn)?;
    let dropped = eqn.printed.is_some_and(<[&Type]>::is_empty);
    Ok(if dropped { Vec::new() } else { vec![place] })
}

fn addupdate(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    stored(eqn)?;
    Ok(Vec::new())
}

/// The type of the place that operand 1 is stored in.
fn stored(eqn: &TypedEqn<'_>) -> Result<Type, TypeFault> {
    let place = place(eqn, &held(eqn, 0)?, 2)?;
    let value = eqn.operand(1).unwrap_or(&Type::Untyped);
    if types_agree(&place, value) {
        return Ok(place);
    }
    Err(TypeFault::operand_type(1, &place, value))
}

/// The type of what the indices choose from `held`; unknown when they are more than plain indices.
fn place(eqn: &TypedEqn<'_>, held: &Type, first_index: usize) -> Result<Type, TypeFault> {
    for (index, ty) in eqn.inputs.iter().enumerate().skip(first_index) {
        if ty
            .dtype()
            .is_some_and(|dtype| !dtype.is_integer() && dtype != DType::Bool)
        {
            return Err(TypeFault::operand(
                index,
                format!("indices are integers, and operand {index} is {ty}"),
            ));
        }
    }
    let chosen = eqn.param("indexer").and_then(|indexer| match indexer {
        ParamValue::Indexer(parts) => chosen_shape(&index_text(eqn, parts), held.shape()?, eqn, first_index),
        _ => None,
    });
    Ok(chosen.map_or(Type::Untyped, |shape| with_shape(held, shape)))
}

/// The indices as text, with a mark for each operand.
fn index_text(eqn: &TypedEqn<'_>, parts: &[IndexPart]) -> String {
    let text = |part: &IndexPart| match part {
        IndexPart::Text(text) => eqn.program.symbols.text(*text),
        IndexPart::Operand => OPERAND,
    };
    parts.iter().map(text).collect()
}

const OPERAND: &str = "$";

/// The extents that `[$,0,2:5,:]` leaves; `...` stands for all axes that are left.
fn chosen_shape(text: &str, shape: &[Dim], eqn: &TypedEqn<'_>, first_index: usize) -> Option<Vec<Dim>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    if inside.contains(['[', ']', '{', '}']) {
        return None;
    }
    let mut dims = shape.iter();
    let mut operand = first_index;
    let mut chosen = Vec::new();
    for index in inside.split(',').filter(|index| !index.is_empty()) {
        if index == "..." {
            chosen.extend(dims.by_ref().cloned());
            continue;
        }
        let dim = dims.next()?;
        let uses = index.matches(OPERAND).count();
        match index.split_once(':') {
            Some((start, stop)) => chosen.push(slice_extent(start, stop, dim)),
            // An array of indices chooses as many elements, in axes that this does not follow.
            None if uses == 1
                && eqn
                    .inputs
                    .get(operand)?
                    .shape()
                    .is_some_and(|shape| !shape.is_empty()) =>
            {
                return None;
            }
            None => {}
        }
        operand += uses;
    }
    chosen.extend(dims.cloned());
    Some(chosen)
}

/// The extent of `2:5`, `:5`, `2:`, `:`, and `$:$+2`.
fn slice_extent(start: &str, stop: &str, dim: &Dim) -> Dim {
    let known = || {
        if let Some(size) = stop.strip_prefix("$+").filter(|_| start == OPERAND) {
            return size.parse().ok();
        }
        let from: u64 = if start.is_empty() { 0 } else { start.parse().ok()? };
        let to: u64 = if stop.is_empty() {
            dim.size()?
        } else {
            stop.parse().ok()?
        };
        to.checked_sub(from)
    };
    match (start, stop) {
        ("", "") => dim.clone(),
        _ => known().map_or_else(any_extent, Dim::Size),
    }
}
