//! `scatter-add`, which puts back what `gather` took, as in the gradient of `x[labels]`.

use super::Here;
use crate::lift::Lifter;
use crate::lift::nodes::{Kind, NodeId};
use crate::lift::value::Lift;
use crate::schema::params::{GatherDimensionNumbers, ScatterDimensionNumbers};

/// `scatter-add(0, at, m·e^{gather(x, at)}) = scatter-add(0, at, m)·e^x`: whatever is added at a place has the exponent
/// of that place.
pub(super) fn scatter_add(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
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
    let mant = lifter.spread(lift.mant, lifter.nodes.ty(updates.node));
    let equation = lifter.program.eqns[here.eqn];
    let kind = Kind::Op {
        primitive: equation.primitive,
        params: equation.params,
        inputs: Box::new([target.node, indices.node, mant]),
    };
    Some(Lift {
        mant: lifter.nodes.intern(kind, here.ty),
        // Where nothing is added it is zero.
        nonzero: false,
        positive: false,
        scale,
        merit: lift.merit,
    })
}

/// The array from which an exponent was gathered at the places to which the equation adds.
fn gathered_from(lifter: &Lifter<'_>, here: &Here, node: NodeId, indices: NodeId) -> Option<NodeId> {
    let &[from, at] = lifter.operands_of(node, "gather")? else {
        return None;
    };
    let Kind::Op { params, .. } = lifter.nodes.kind(node) else {
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
