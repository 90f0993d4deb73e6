//! Contractions whose left operand falls into groups along one axis: `ragged_dot` and `ragged_dot_general`.
//!
//! As JAX has it, they are `dot_general` of operands with an axis of groups in front, each of which is zero outside its
//! group: `[m,k]` of `g` groups becomes `[g,m,k]`. What belongs to no group is zero, and infinities and NaN of one
//! group reach the others.

use super::contractions::contract;
use super::pieces::chained;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, each_index, strides};
use crate::ir::ParamValue;
use crate::schema::params::{self, DotDimensionNumbers};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("ragged_dot", ragged_dot),
            row_of("ragged_dot_general", ragged_dot_general),
        ]
    }
}

/// `[m,k]`, `[g,k,n]` and group sizes `[g]` to `[m,n]`.
fn ragged_dot<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let numbers = DotDimensionNumbers {
        lhs_contracting: vec![1],
        rhs_contracting: vec![1],
        ..DotDimensionNumbers::default()
    };
    ragged(call, &numbers, 0, Some(0))
}

fn ragged_dot_general<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    const NUMBERS: &str = "ragged_dot_dimension_numbers";
    let (symbols, value) = (call.symbols(), call.value(NUMBERS)?);
    let argument = |name: &str| params::argument(symbols, value, name);
    let axes = |name: &str| params::indices(symbols, argument(name)?);
    let numbers = argument("dot_dimension_numbers")
        .and_then(|numbers| DotDimensionNumbers::read(symbols, numbers))
        .ok_or(Fault::Param(NUMBERS))?;
    match (
        axes("lhs_ragged_dimensions").as_deref(),
        axes("rhs_group_dimensions").as_deref(),
    ) {
        (Some(&[along]), Some(&[])) => ragged(call, &numbers, along, None),
        (Some(&[along]), Some(&[group])) => ragged(call, &numbers, along, Some(group)),
        _ => Err(Fault::Param(NUMBERS)),
    }
}

/// The groups lie along the axis `along` of the left operand; `group` is their axis in the right one, if it has any.
fn ragged<R: Real>(
    call: &Call<'_, R>,
    numbers: &DotDimensionNumbers,
    along: usize,
    group: Option<usize>,
) -> Outcome<R> {
    if !matches!(call.param("group_offset"), None | Some(ParamValue::None)) {
        return Err(Fault::Param("group_offset"));
    }
    let (a, b) = (call.input(0)?, call.input(1)?);
    let raised = |axes: &[usize]| axes.iter().map(|axis| axis + 1).collect::<Vec<_>>();
    let in_front = |axes: &[usize]| [&[0][..], &raised(axes)].concat();
    let numbers_fault = || Fault::Operands("the groups do not fit the operands".to_owned());
    if numbers.lhs_batch.contains(&along) {
        // Batches are computed whether they belong to a group or not.
        return contract(call, a, b, numbers);
    }
    if let Some(place) = numbers.lhs_contracting.iter().position(|&axis| axis == along) {
        let other = *numbers.rhs_contracting.get(place).ok_or_else(numbers_fault)?;
        let left = [&numbers.lhs_batch[..], &numbers.lhs_contracting[..place]].concat();
        let right = [&numbers.rhs_batch[..], &numbers.rhs_contracting[..place]].concat();
        let (left, right) = (grouped(call, a, along, &left)?, grouped(call, b, other, &right)?);
        let numbers = DotDimensionNumbers {
            lhs_contracting: raised(&numbers.lhs_contracting),
            rhs_contracting: raised(&numbers.rhs_contracting),
            lhs_batch: in_front(&numbers.lhs_batch),
            rhs_batch: in_front(&numbers.rhs_batch),
        };
        return contract(call, &left, &right, &numbers);
    }
    let mut free = numbers.lhs_free(a.rank());
    free.retain(|&axis| axis < along);
    let left = grouped(call, a, along, &[&numbers.lhs_batch[..], &free].concat())?;
    let numbers = DotDimensionNumbers {
        lhs_contracting: [raised(&numbers.lhs_contracting), vec![0]].concat(),
        rhs_contracting: [
            numbers.rhs_contracting.clone(),
            vec![group.ok_or_else(numbers_fault)?],
        ]
        .concat(),
        lhs_batch: raised(&numbers.lhs_batch),
        rhs_batch: numbers.rhs_batch.clone(),
    };
    contract(call, &left, b, &numbers)
}

/// The operand for each group, and zero where `along` is outside the group. The sizes of the groups, `[…,g]`, may
/// differ along the axes `prefix`.
fn grouped<R: Real>(
    call: &Call<'_, R>,
    x: &Tensor<R>,
    along: usize,
    prefix: &[usize],
) -> Result<Tensor<R>, Fault> {
    let sizes = call.input(2)?;
    let fault = || Fault::Operands("the groups do not fit the operands".to_owned());
    let extent = |&axis: &usize| x.shape.get(axis).copied().ok_or_else(fault);
    let outer: Vec<usize> = prefix.iter().map(extent).collect::<Result<_, _>>()?;
    let (&groups, given) = sizes.shape.split_last().ok_or_else(fault)?;
    extent(&along)?;
    if !given.is_empty() && given != outer {
        return Err(fault());
    }
    // Sizes that are given once serve everywhere.
    let steps = if given.is_empty() {
        vec![0; outer.len()]
    } else {
        strides(given)
    };
    let shape = [&[groups][..], &x.shape].concat();
    let (own, outside) = (strides(&x.shape), x.len());
    let mut places = Vec::with_capacity(groups * x.len());
    each_index(&shape, |index| {
        let (group, index) = (index[0], &index[1..]);
        let line: usize = prefix
            .iter()
            .zip(&steps)
            .map(|(&axis, step)| index[axis] * step)
            .sum();
        let size = |at: usize| sizes.int(line * groups + at).unwrap_or_default();
        let start: i128 = (0..group).map(size).sum();
        let inside = start <= index[along] as i128 && (index[along] as i128) < start + size(group);
        let place: usize = index.iter().zip(&own).map(|(at, step)| at * step).sum();
        places.push(if inside { place } else { outside });
    });
    let zero = Tensor::filled(x.dtype, &[], 0.0);
    Ok(chained(&[x, &zero])?.pick(&shape, &places))
}
