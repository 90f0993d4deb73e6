//! What moves, chooses and converts elements: the same is done to the mantissa and to each term of the scale.

use super::Here;
use crate::analysis::rearrangement;
use crate::ir::{DType, Dim, TypeId};
use crate::lift::Lifter;
use crate::lift::bound::Shift;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::value::{Lift, Merit};
use crate::schema::params::{int_tuples, ints};

/// Views: `V(m·eˢ) = V(m)·e^{V(s)}`.
pub(super) fn view(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let Some(map) = rearrangement(lifter.program, here.eqn) else {
        return moved(lifter, here);
    };
    let lift = here.operands.first()?.lift.clone()?;
    Some(Lift {
        mant: lifter.view(lift.mant, &map.0, here.ty),
        scale: lift.scale.mapped(|node| lifter.view(node, &map.0, here.ty)),
        ..(*lift).clone()
    })
}

/// Slices and gathers: the same elements of the mantissa and of each term of the scale.
pub(super) fn moved(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    // The indices of a gather or a slice are no exponentials.
    let lift = here.operands.first()?.lift.clone()?;
    if crate::analysis::movement(lifter.program, here.eqn).is_none()
        && lifter.program.primitive(here.eqn) != "stop_gradient"
    {
        return None;
    }
    let scale = lift.scale.try_mapped(|node| again(lifter, here, node))?;
    let mant = match lifter.as_number(lift.mant) {
        Some(_) => lift.mant,
        None => again(lifter, here, lift.mant)?,
    };
    // Where a gather reaches beyond the array it gives NaN, in the scale too.
    Some(Lift {
        mant,
        scale,
        ..(*lift).clone()
    })
}

/// `rev`: the same of the mantissa and of each term of the scale. A bound stays known as one, and what is reversed
/// twice is as it was.
pub(super) fn reversed(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.operands.first()?.lift.clone()?;
    Some(Lift {
        mant: reverse(lifter, here, lift.mant)?,
        scale: lift.scale.try_mapped(|node| reverse(lifter, here, node))?,
        ..(*lift).clone()
    })
}

fn reverse(lifter: &mut Lifter<'_>, here: &Here, node: NodeId) -> Option<NodeId> {
    if let Some(number) = lifter.product_of_numbers(node) {
        return Some(lifter.number(number, here.ty));
    }
    let equation = lifter.program.eqns[here.eqn];
    if let Kind::Op {
        primitive,
        params,
        inputs,
    } = lifter.nodes.kind(node)
        && (*primitive, *params) == (equation.primitive, equation.params)
    {
        return inputs.first().copied();
    }
    let reversed = again(lifter, here, node)?;
    if lifter
        .shifts
        .get(&node)
        .is_some_and(|shift| shift.axes.is_empty())
    {
        keep_bound(lifter, node, reversed, &|lifter, term| {
            reverse(lifter, here, term)
        })?;
    }
    Some(reversed)
}

/// Notes that what was made of a bound bounds what is made of the scales below it.
fn keep_bound(
    lifter: &mut Lifter<'_>,
    bound: NodeId,
    new: NodeId,
    make: &dyn Fn(&mut Lifter<'_>, NodeId) -> Option<NodeId>,
) -> Option<()> {
    let Some(shift) = lifter.shifts.get(&bound).cloned() else {
        return Some(());
    };
    let raw = if shift.raw == bound {
        new
    } else {
        make(lifter, shift.raw)?
    };
    let mut covers = Vec::new();
    for cover in &shift.covers {
        covers.push(cover.try_mapped(|term| make(lifter, term))?);
    }
    lifter.shifts.entry(new).or_insert(Shift { covers, raw, ..shift });
    Some(())
}

/// The equation once more, with another first operand.
pub(super) fn again(lifter: &mut Lifter<'_>, here: &Here, node: NodeId) -> Option<NodeId> {
    let mut inputs: Vec<NodeId> = here.operands.iter().map(|operand| operand.node).collect();
    *inputs.first_mut()? = node;
    let dtype = lifter.array(lifter.nodes.ty(node))?.dtype;
    let ty = lifter.retyped(here.ty, dtype)?;
    let equation = lifter.program.eqns[here.eqn];
    let kind = Kind::Op {
        primitive: equation.primitive,
        params: equation.params,
        inputs: inputs.into(),
    };
    Some(lifter.nodes.intern(kind, ty))
}

/// Conversions between float dtypes. A shift stays known as one.
pub(super) fn converted(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.operands.first()?.lift.clone()?;
    let scale = lift.scale.try_mapped(|node| convert(lifter, here, node))?;
    let mant = convert(lifter, here, lift.mant)?;
    Some(Lift {
        mant,
        scale,
        ..(*lift).clone()
    })
}

fn convert(lifter: &mut Lifter<'_>, here: &Here, node: NodeId) -> Option<NodeId> {
    if let Some(number) = lifter.as_number(node) {
        return Some(lifter.number(number, here.ty));
    }
    let (base, map) = lifter.unviewed(node);
    let dtype = lifter.array(here.ty)?.dtype;
    // A conversion that only makes a weak type a strong one, as in the bodies of loops.
    if lifter.array(lifter.nodes.ty(node))?.dtype == dtype {
        return Some(node);
    }
    let converted = convert_base(lifter, here, base, dtype)?;
    keep_bound(lifter, base, converted, &|lifter, term| {
        let (base, map) = lifter.unviewed(term);
        let inner = convert_base(lifter, here, base, dtype)?;
        let ty = lifter.retyped(lifter.nodes.ty(term), dtype)?;
        Some(lifter.view(inner, &map, ty))
    })?;
    Some(lifter.view(converted, &map, here.ty))
}

/// The conversion of an expression, where views are converted behind the view.
fn convert_base(lifter: &mut Lifter<'_>, here: &Here, node: NodeId, dtype: DType) -> Option<NodeId> {
    let ty: TypeId = lifter.retyped(lifter.nodes.ty(node), dtype)?;
    let equation = lifter.program.eqns[here.eqn];
    let kind = Kind::Op {
        primitive: equation.primitive,
        params: equation.params,
        inputs: Box::new([node]),
    };
    Some(lifter.nodes.intern(kind, ty))
}

/// `select_n`: the chosen mantissa and the chosen scale. A case that is 0 has no scale and takes the other's.
pub(super) fn select(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    if here.operands.len() != 3 {
        return None;
    }
    let mask = here.operands.first()?.node;
    let (a, b) = (here.lift(lifter, 1)?, here.lift(lifter, 2)?);
    let merit = a.merit.with(b.merit);
    let is_zero = |lifter: &Lifter<'_>, lift: &Lift| lifter.as_number(lift.mant) == Some(0.0);
    let scale = if is_zero(lifter, &a) {
        chosen(lifter, &b.scale, mask, 2)
    } else if is_zero(lifter, &b) {
        chosen(lifter, &a.scale, mask, 1)
    } else if a.scale == b.scale {
        a.scale.clone()
    } else {
        let common = a.scale.common(&b.scale);
        let rest_a = lifter.sum(&a.scale.plus(&common, -1.0), here.ty)?;
        let rest_b = lifter.sum(&b.scale.plus(&common, -1.0), here.ty)?;
        let chosen = lifter.select(mask, rest_a, rest_b, here.ty)?;
        common.plus(&Form::of(chosen, 1.0), 1.0)
    };
    Some(Lift {
        mant: lifter.select(mask, a.mant, b.mant, here.ty)?,
        nonzero: a.nonzero && b.nonzero,
        positive: a.positive && b.positive,
        scale,
        merit,
    })
}

/// What a scale is where a mask chooses the operand `branch`. Elsewhere the mantissa is zero and nobody asks: a program that
/// keeps `exp` from what is masked has the scale of one that does not. Where the program has −∞ there it stays, because
/// what is masked may be anything, NaN as well.
fn chosen(lifter: &Lifter<'_>, scale: &Form, mask: NodeId, branch: usize) -> Form {
    let mut found = Form::default();
    for &(node, c) in scale.terms() {
        let operands = lifter.operands_of(node, "select_n");
        let of_mask = operands.filter(|operands| operands.first() == Some(&mask));
        let (inside, masked) = match of_mask {
            Some(&[_, a, b]) if branch == 1 => (a, b),
            Some(&[_, a, b]) => (b, a),
            _ => (node, node),
        };
        let vanishes = c > 0.0 && lifter.as_number(masked) == Some(f64::NEG_INFINITY);
        found.add_term(if vanishes { node } else { inside }, c);
    }
    found
}

/// `pad` with a number: mantissas are padded with it. Where that is zero the scale is −∞, so that it has no say in a
/// maximum, and no term may take −∞ away.
pub(super) fn pad(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let operand = here.operands.first()?;
    let (lift, full) = (operand.lift.clone()?, lifter.nodes.ty(operand.node));
    let fill = lifter.as_number(here.operands.get(1)?.node)?;
    // What stays in range is padded as it is.
    if lifter.stays_in_range(&lift.scale) {
        return None;
    }
    let padded = |lifter: &mut Lifter<'_>, node: NodeId, fill: f64| {
        let equation = lifter.program.eqns[here.eqn];
        let inputs = [lifter.spread(node, full), lifter.number(fill, here.ty)];
        let kind = Kind::Op {
            primitive: equation.primitive,
            params: equation.params,
            inputs: inputs.into(),
        };
        lifter.nodes.intern(kind, here.ty)
    };
    let mut scale = Form::default();
    let mut hidden = false;
    for &(node, c) in lift.scale.terms() {
        // Beside a mantissa of zero a scale may be any, if it is taken away or the same everywhere.
        let unsliced = unsliced(lifter, here, node).filter(|_| fill == 0.0);
        if let Some(whole) = unsliced.filter(|&whole| c < 0.0 || is_constant_along(lifter, whole, full)) {
            scale.add_term(whole, c);
            continue;
        }
        let vanishes = fill == 0.0 && c > 0.0;
        hidden |= vanishes;
        let nothing = if vanishes { f64::NEG_INFINITY } else { 0.0 };
        scale.add_term(padded(lifter, node, nothing), c);
    }
    let mant = match lifter.as_number(lift.mant) {
        Some(number) if number == fill => lift.mant,
        _ => padded(lifter, lift.mant, fill),
    };
    Some(Lift {
        mant,
        nonzero: lift.nonzero && (fill != 0.0 || hidden),
        positive: lift.positive && (fill > 0.0 || hidden),
        scale,
        merit: lift.merit,
    })
}

/// An expression without views that drop dimensions of extent 1 and put them back where they were.
pub(super) fn behind_unit_dimensions(lifter: &Lifter<'_>, node: NodeId) -> NodeId {
    let (base, map) = lifter.unviewed(node);
    let shape = lifter.shape(node);
    let stays = |(at, dim): (usize, &Dim)| match map[at] {
        Some(from) => from == at,
        None => dim.size() == Some(1),
    };
    let is_same = shape == lifter.shape(base) && shape.iter().enumerate().all(stays);
    if is_same { base } else { node }
}

/// Whether an expression does not vary along the dimensions in which its extents are not those of `ty`.
pub(super) fn is_constant_along(lifter: &Lifter<'_>, whole: NodeId, ty: TypeId) -> bool {
    let (_, map) = lifter.unviewed(whole);
    let part = lifter.program.types[ty].shape().unwrap_or_default();
    let mut dims = map.iter().zip(lifter.shape(whole)).zip(part);
    dims.all(|((from, dim), part)| from.is_none() || dim == *part)
}

/// What an expression was sliced from, if it is padded to where it stood: the gradient of an element.
fn unsliced(lifter: &Lifter<'_>, here: &Here, node: NodeId) -> Option<NodeId> {
    let Kind::Op {
        primitive,
        params,
        inputs,
    } = lifter.nodes.kind(behind_unit_dimensions(lifter, node))
    else {
        return None;
    };
    let (program, &base) = (&lifter.program, inputs.first()?);
    let symbols = &program.symbols;
    let param = |name: &str| program.params[*params].get(symbols.get(name)?);
    let is_whole = symbols.text(*primitive) == "slice" && lifter.nodes.ty(base) == here.ty;
    let steps = param("strides").and_then(|strides| ints(symbols, strides));
    if !is_whole || steps.is_some_and(|steps| steps.iter().any(|&step| step != 1)) {
        return None;
    }
    let starts = ints(symbols, param("start_indices")?)?;
    let config = int_tuples(symbols, program.param(here.eqn, "padding_config")?)?;
    let stands =
        |(start, config): (&i64, &Vec<i64>)| config.first() == Some(start) && config.get(2) == Some(&0);
    starts.iter().zip(&config).all(stands).then_some(base)
}

/// `concatenate`: mantissas and scales one behind another.
pub(super) fn concatenate(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (mut mants, mut scales) = (Vec::new(), Vec::new());
    let (mut nonzero, mut positive, mut merit) = (true, true, Merit::default());
    for operand in &here.operands {
        let lift = match &operand.lift {
            Some(lift) => (**lift).clone(),
            None => lifter.plain(operand.node),
        };
        let ty = lifter.nodes.ty(operand.node);
        scales.push(lifter.sum(&lift.scale, ty)?);
        mants.push(lift.mant);
        let (scale, mant) = (scales.last_mut()?, mants.last_mut()?);
        *scale = lifter.spread(*scale, ty);
        *mant = lifter.spread(*mant, ty);
        (nonzero, positive, merit) = (
            nonzero && lift.nonzero,
            positive && lift.positive,
            merit.with(lift.merit),
        );
    }
    let equation = lifter.program.eqns[here.eqn];
    let mut joined = |inputs: Vec<NodeId>| {
        let kind = Kind::Op {
            primitive: equation.primitive,
            params: equation.params,
            inputs: inputs.into(),
        };
        lifter.nodes.intern(kind, here.ty)
    };
    let (mant, scale) = (joined(mants), Form::of(joined(scales), 1.0));
    Some(Lift {
        mant,
        nonzero,
        positive,
        scale,
        merit,
    })
}
