//! `scatter-add`, `scatter` and `dynamic_update_slice`, which put back what `gather` and `dynamic_slice` took, as in the
//! gradient of `x[labels]`.

use super::Here;
use super::moves::behind_unit_dimensions;
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::value::Lift;
use crate::schema::params::{GatherDimensionNumbers, ScatterDimensionNumbers};

/// `scatter-add(0, at, m·e^{gather(x, at)}) = scatter-add(0, at, m)·e^x`: whatever is added at a place, or put there, has
/// the exponent of that place.
pub(super) fn scatter(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [target, indices, updates] = &here.operands[..] else {
        return None;
    };
    let lift = updates.lift.clone()?;
    if lifter.as_number(target.node) != Some(0.0) {
        return None;
    }
    let scale = lift
        .scale
        .try_mapped(|node| gathered_from(lifter, here, node, indices.node))?;
    Some(put_back(lifter, here, 2, &lift, scale))
}

/// `dynamic_update_slice(0, m·e^{dynamic_slice(x, at)}, at) = dynamic_update_slice(0, m, at)·e^x`: beside a mantissa of
/// zero an exponent may be any.
pub(super) fn dynamic_update_slice(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let [target, update, at @ ..] = &here.operands[..] else {
        return None;
    };
    let lift = update.lift.clone()?;
    if lifter.as_number(target.node) != Some(0.0) {
        return None;
    }
    let at: Vec<NodeId> = at.iter().map(|operand| operand.node).collect();
    let scale = lift.scale.try_mapped(|node| {
        let taken = behind_unit_dimensions(lifter, node);
        let &[from, ref places @ ..] = lifter.operands_of(taken, "dynamic_slice")? else {
            return None;
        };
        (*places == at[..] && lifter.shape(from) == lifter.shape(here.node)).then_some(from)
    })?;
    Some(put_back(lifter, here, 1, &lift, scale))
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
