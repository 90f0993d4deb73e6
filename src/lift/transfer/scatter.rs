//! `scatter-add`, `scatter` and `dynamic_update_slice`, which put back what `gather` and `dynamic_slice` took, as in the
//! gradient of `x[labels]`.

use super::moves::{behind_unit_dimensions, is_constant_along};
use super::{Here, Operand};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::value::Lift;
use crate::schema::params::{GatherDimensionNumbers, ScatterDimensionNumbers};

/// `scatter-add(0, at, m·e^{gather(x, at)}) = scatter-add(0, at, m)·e^x`: whatever is added at a place, or put there, has
/// the exponent of that place. One that does not vary serves everywhere, because elsewhere the mantissa is zero.
pub(super) fn scatter(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [target, indices, updates] = &here.operands[..] else {
        return None;
    };
    let lift = updates.lift.clone()?;
    if lifter.as_number(target.node) != Some(0.0) {
        return None;
    }
    let scale = lift.scale.try_mapped(|node| {
        let gathered = gathered_from(lifter, here, node, indices.node);
        gathered.or_else(|| spread_over_target(lifter, here, node))
    })?;
    Some(put_back(lifter, here, 2, &lift, scale))
}

/// `dynamic_update_slice(0, m·e^{dynamic_slice(x, at)}, at) = dynamic_update_slice(0, m, at)·e^x`: beside a mantissa of
/// zero an exponent may be any, so that one which is the same for all that is put there is the same everywhere.
pub(super) fn dynamic_update_slice(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [target, update, at @ ..] = &here.operands[..] else {
        return None;
    };
    let lift = update.lift.clone()?;
    if lifter.as_number(target.node) != Some(0.0) {
        return None;
    }
    let at: Vec<NodeId> = at.iter().map(|operand| operand.node).collect();
    let may_spread = may_spread(lifter, update);
    let scale = lift.scale.try_mapped(|node| {
        if let Some(whole) = sliced_from(lifter, here, node, &at) {
            return Some(whole);
        }
        let (base, map) = lifter.unviewed(node);
        (may_spread && is_constant_along(lifter, node, here.ty)).then(|| lifter.view(base, &map, here.ty))
    })?;
    Some(put_back(lifter, here, 1, &lift, scale))
}

/// Whether a mantissa is zero but for what was put back, or a multiple of such a one: exponents that it hides may be
/// larger than all that count.
pub(super) fn is_put_back(lifter: &Lifter<'_>, mant: NodeId) -> bool {
    /// Factors that it has since.
    const REACH: usize = 16;
    let mut stack = vec![mant];
    for _ in 0..REACH {
        let Some(node) = stack.pop() else {
            return false;
        };
        match lifter.operation(lifter.unviewed(node).0) {
            Some(("scatter" | "scatter-add" | "dynamic_update_slice", &[target, ..]))
                if lifter.as_number(target) == Some(0.0) =>
            {
                return true;
            }
            Some(("mul", &[a, b])) => stack.extend([a, b]),
            Some(("neg", &[a]) | ("div", &[a, _])) => stack.push(a),
            _ => {}
        }
    }
    false
}

/// The array from which an exponent was sliced at the place that the equation updates.
fn sliced_from(lifter: &Lifter<'_>, here: &Here, node: NodeId, at: &[NodeId]) -> Option<NodeId> {
    let taken = behind_unit_dimensions(lifter, node);
    let &[from, ref places @ ..] = lifter.operands_of(taken, "dynamic_slice")? else {
        return None;
    };
    (places == at && lifter.shape(from) == lifter.shape(here.node)).then_some(from)
}

/// The equation once more, with the mantissa of what it puts back, its operand of that index; elsewhere the result is zero.
fn put_back(lifter: &mut Lifter<'_>, here: &Here, index: usize, lift: &Lift, scale: Form) -> Lift {
    let mut inputs: Vec<NodeId> = here.operands.iter().map(|operand| operand.node).collect();
    inputs[index] = lifter.spread(lift.mant, lifter.nodes.ty(inputs[index]));
    let equation = lifter.program.eqns[here.eqn];
    let kind = Kind::Op {
        primitive: equation.primitive,
        params: equation.params,
        inputs: inputs.into(),
    };
    Lift {
        mant: lifter.nodes.intern(kind, here.ty),
        nonzero: false,
        positive: false,
        scale,
        merit: lift.merit,
    }
}

/// Whether an exponent of what is put back may be made one of the whole array: not if it stays in range as it is, and not
/// beside addends, each of which has its own.
fn may_spread(lifter: &mut Lifter<'_>, put_back: &Operand) -> bool {
    let in_range = |lifter: &mut Lifter<'_>, lift: &Lift| lifter.stays_in_range(&lift.scale);
    !lifter.is_of_addends(put_back.node) && !put_back.lift.as_ref().is_some_and(|lift| in_range(lifter, lift))
}

/// An exponent that is the same wherever the equation adds something in one part of a batch, in the shape of the result.
fn spread_over_target(lifter: &mut Lifter<'_>, here: &Here, node: NodeId) -> Option<NodeId> {
    if !may_spread(lifter, here.operands.get(2)?) {
        return None;
    }
    let (base, map) = lifter.unviewed(node);
    let numbers = lifter.program.param(here.eqn, "dimension_numbers")?;
    let numbers = ScatterDimensionNumbers::read(&lifter.program.symbols, numbers)?;
    let shape = lifter.shape(node).clone();
    let varies = |&dim: &usize| map[dim].is_some() && shape[dim].size() != Some(1);
    let (window, batch): (Vec<usize>, Vec<usize>) =
        (0..map.len()).partition(|dim| numbers.update_window_dims.contains(dim));
    let mut over_target = vec![None; lifter.shape(here.node).len()];
    let (of_target, of_indices) = (
        &numbers.operand_batching_dims,
        &numbers.scatter_indices_batching_dims,
    );
    for (&target, &index) in of_target.iter().zip(of_indices) {
        over_target[target] = map[*batch.get(index)?];
    }
    let is_batch = |dim: &usize| of_indices.iter().any(|&index| batch.get(index) == Some(dim));
    let is_same = !window
        .iter()
        .chain(&batch)
        .any(|dim| varies(dim) && !is_batch(dim));
    is_same.then(|| lifter.view(base, &over_target, here.ty))
}

/// The array from which an exponent was gathered at the places to which the equation adds.
fn gathered_from(lifter: &Lifter<'_>, here: &Here, node: NodeId, indices: NodeId) -> Option<NodeId> {
    let taken = behind_unit_dimensions(lifter, node);
    let &[from, at] = lifter.operands_of(taken, "gather")? else {
        return None;
    };
    let Kind::Op { params, .. } = lifter.nodes.kind(taken) else {
        return None;
    };
    let symbols = &lifter.program.symbols;
    let of_gather = |key: &str| lifter.program.params[*params].get(symbols.get(key)?);
    let of_scatter = |key: &str| lifter.program.param(here.eqn, key);
    let gather = GatherDimensionNumbers::read(symbols, of_gather("dimension_numbers")?)?;
    let scatter = ScatterDimensionNumbers::read(symbols, of_scatter("dimension_numbers")?)?;
    let transposed = ScatterDimensionNumbers {
        update_window_dims: gather.offset_dims,
        inserted_window_dims: gather.collapsed_slice_dims,
        scatter_dims_to_operand_dims: gather.start_index_map,
        operand_batching_dims: gather.operand_batching_dims,
        scatter_indices_batching_dims: gather.start_indices_batching_dims,
    };
    let is_there = at == indices
        && scatter == transposed
        && of_gather("mode") == of_scatter("mode")
        && lifter.shape(from) == lifter.shape(here.node);
    is_there.then_some(from)
}
