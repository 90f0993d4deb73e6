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
    if call.given("group_offset").is_some() {
        return Err(Fault::Param("group_offset"));
    }
    if numbers.lhs_batch.contains(&along) {
        // Batches are computed whether they belong to a group or not.
        return contract(call, call.input(0)?, call.input(1)?, numbers);
    }
    match numbers.lhs_contracting.iter().position(|&axis| axis == along) {
        Some(place) => along_contracted(call, numbers, place),
        None => along_free(call, numbers, along, group.ok_or_else(misfit)?),
    }
}

/// Rows of a group meet the matrix of that group: `[m,k]`, `[g,k,n]` to `[m,n]`.
fn along_free<R: Real>(
    call: &Call<'_, R>,
    numbers: &DotDimensionNumbers,
    along: usize,
    group: usize,
) -> Outcome<R> {
    let a = call.input(0)?;
    let mut prefix = numbers.lhs_batch.clone();
    prefix.extend(
        numbers
            .lhs_free(a.rank())
            .into_iter()
            .filter(|&axis| axis < along),
    );
    let left = grouped(call, a, along, &prefix)?;
    let numbers = DotDimensionNumbers {
        lhs_contracting: [raised(&numbers.lhs_contracting), vec![0]].concat(),
        rhs_contracting: [numbers.rhs_contracting.clone(), vec![group]].concat(),
        lhs_batch: raised(&numbers.lhs_batch),
        rhs_batch: numbers.rhs_batch.clone(),
    };
    contract(call, &left, call.input(1)?, &numbers)
}

/// Each group is contracted by itself: `[m,k]`, `[k,n]` to `[g,m,n]`. The groups lie along the contracted axis at `place`.
fn along_contracted<R: Real>(call: &Call<'_, R>, numbers: &DotDimensionNumbers, place: usize) -> Outcome<R> {
    let side = |x: &Tensor<R>, contracting: &[usize], batch: &[usize]| {
        let &along = contracting.get(place).ok_or_else(misfit)?;
        grouped(call, x, along, &[batch, &contracting[..place]].concat())
    };
    let left = side(call.input(0)?, &numbers.lhs_contracting, &numbers.lhs_batch)?;
    let right = side(call.input(1)?, &numbers.rhs_contracting, &numbers.rhs_batch)?;
    let numbers = DotDimensionNumbers {
        lhs_contracting: raised(&numbers.lhs_contracting),
        rhs_contracting: raised(&numbers.rhs_contracting),
        lhs_batch: [vec![0], raised(&numbers.lhs_batch)].concat(),
        rhs_batch: [vec![0], raised(&numbers.rhs_batch)].concat(),
    };
    contract(call, &left, &right, &numbers)
}

/// The axes behind an axis of groups in front.
fn raised(axes: &[usize]) -> Vec<usize> {
    axes.iter().map(|axis| axis + 1).collect()
}

fn misfit() -> Fault {
    Fault::Operands("the groups do not fit the operands".to_owned())
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
    let extent = |&axis: &usize| x.shape.get(axis).copied().ok_or_else(misfit);
    let outer: Vec<usize> = prefix.iter().map(extent).collect::<Result<_, _>>()?;
    let (&groups, given) = sizes.shape.split_last().ok_or_else(misfit)?;
    extent(&along)?;
    if !given.is_empty() && given != outer {
        return Err(misfit());
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
