//! Integers that wrap around: what an equation gives where nothing does, against its dtype.

use super::table::{self, Exact};
use crate::interp::{Data, Tensor};
use crate::ir::{EqnId, ParamValue, Program};
use crate::schema::params::{axes, axis, int};

/// The integers of an array; none of one of another kind.
pub(super) fn integers(tensor: &Tensor) -> &[i64] {
    match tensor.data() {
        Data::Int(items) => items,
        _ => &[],
    }
}

/// Whether the true result of an equation on integers has an element that lies `beyond` its dtype.
#[expect(
    clippy::cast_precision_loss,
    reason = "a result that wraps does so by far more than it loses"
)]
pub(super) fn wraps(program: &Program, eqn: EqnId, inputs: &[Tensor], beyond: impl Fn(f64) -> bool) -> bool {
    let param = |name: &str| int(&program.symbols, program.param(eqn, name)?);
    let exact = table::wraps(program.primitive(eqn));
    match (exact, inputs) {
        (Some(Exact::OfOne(of)), [operand]) => integers(operand).iter().any(|&item| beyond(of(item as f64))),
        (Some(Exact::Power), [operand]) => {
            let power = param("y").and_then(|y| i32::try_from(y).ok());
            power.is_some_and(|y| {
                integers(operand)
                    .iter()
                    .any(|&item| beyond((item as f64).powi(y)))
            })
        }
        (Some(Exact::OfTwo(of)), [left, right]) => {
            let (left, right) = (integers(left), integers(right));
            let pick = |items: &[i64], at: usize| items[at % items.len()] as f64;
            let long = left.len().max(right.len());
            !left.is_empty()
                && !right.is_empty()
                && (0..long).any(|at| beyond(of(pick(left, at), pick(right, at))))
        }
        (Some(Exact::Along(fold, start)), [operand]) => {
            let along = axes(program, eqn).unwrap_or_default();
            lines(operand, &along).into_iter().any(|line| {
                beyond(
                    line.into_iter()
                        .fold(start, |total, item| fold(total, item as f64)),
                )
            })
        }
        (Some(Exact::UpTo(fold, start)), [operand]) => {
            let along: Vec<usize> = axis(program, eqn).into_iter().collect();
            let reverse = program.param(eqn, "reverse") == Some(&ParamValue::Bool(true));
            lines(operand, &along).into_iter().any(|mut line| {
                if reverse {
                    line.reverse();
                }
                let totals = line.into_iter().scan(start, |total, item| {
                    *total = fold(*total, item as f64);
                    Some(*total)
                });
                totals.into_iter().any(&beyond)
            })
        }
        _ => false,
    }
}

/// The elements of an array that meet along axes, in order: a list for each place beside these axes.
fn lines(tensor: &Tensor, along: &[usize]) -> Vec<Vec<i64>> {
    let extents = tensor.shape.iter().enumerate();
    let beside = extents.filter(|(axis, _)| !along.contains(axis));
    let mut lines = vec![Vec::new(); beside.map(|(_, &extent)| extent).product()];
    for (at, &item) in integers(tensor).iter().enumerate() {
        let (mut rest, mut place, mut stride) = (at, 0, 1);
        for (axis, &extent) in tensor.shape.iter().enumerate().rev() {
            if !along.contains(&axis) {
                place += stride * (rest % extent);
                stride *= extent;
            }
            rest /= extent;
        }
        lines[place].push(item);
    }
    lines
}
