//! Control flow: branches and loops.

use super::pieces::{joined, row};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::observer::Pass;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::schema::params::ScanShape;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("cond", cond),
            row_of("while", while_loop),
            row_of("scan", scan),
        ]
    }
}

/// The first operand chooses the branch; one out of range takes the last.
fn cond<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let branches = call.value("branches")?.jaxprs();
    let index = call.input(0)?.int(0).ok_or(Fault::Param("branches"))?;
    let last = branches.len().checked_sub(1).ok_or(Fault::Param("branches"))?;
    let chosen = usize::try_from(index).map_or(last, |index| index.min(last));
    let branch = branches[chosen].block();
    Ok(call
        .machine
        .pass(Pass::Branch(chosen), branch, &call.inputs[1..])?)
}

/// Operands are the constants of the condition, those of the body, and the carry.
fn while_loop<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (condition, body) = (call.block("cond_jaxpr")?, call.block("body_jaxpr")?);
    let (of_condition, of_body) = (call.index("cond_nconsts")?, call.index("body_nconsts")?);
    let carry_from = of_condition.checked_add(of_body);
    let carry_from = carry_from
        .filter(|&from| from <= call.inputs.len())
        .ok_or(Fault::Param("body_nconsts"))?;
    let (consts, carry) = call.inputs.split_at(carry_from);
    let (condition_consts, body_consts) = consts.split_at(of_condition);
    let mut carry = carry.to_vec();
    let mut step = 0;
    loop {
        call.machine.count_iteration()?;
        let operands = [condition_consts, &carry].concat();
        let answer = call.machine.pass(Pass::Condition(step), condition, &operands)?;
        let Some((answer, Data::Bool(goes_on))) = answer.first().map(|answer| (answer, answer.data())) else {
            return Err(Fault::Operands("the condition gives no truth values".to_owned()));
        };
        if !goes_on.contains(&true) {
            return Ok(carry);
        }
        let operands = [body_consts, &carry].concat();
        let next = call.machine.pass(Pass::Step(step), body, &operands)?;
        step += 1;
        carry = if goes_on.contains(&false) {
            let pairs = carry.iter().zip(next);
            pairs
                .map(|(old, new)| updated(old, &new, &answer.shape, goes_on))
                .collect::<Result<_, _>>()?
        } else {
            next
        };
    }
}

/// Where a condition has a truth value for each of many loops that run at once, those that are over keep their values.
fn updated<R: Real>(
    old: &Tensor<R>,
    new: &Tensor<R>,
    loops: &[usize],
    goes_on: &[bool],
) -> Result<Tensor<R>, Fault> {
    if !old.shape.starts_with(loops) || old.shape != new.shape {
        return Err(Fault::Operands(
            "the condition does not fit the values".to_owned(),
        ));
    }
    let each = old.len() / goes_on.len();
    let place = |at: usize| if goes_on[at / each] { old.len() + at } else { at };
    let places: Vec<usize> = (0..old.len()).map(place).collect();
    Ok(super::pieces::chained(&[old, new])?.pick(&old.shape, &places))
}

fn scan<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let program = call.machine.program;
    let (inputs, outputs) = (call.inputs.len(), call.out_count());
    let shape = ScanShape::read(program, program.params(call.eqn), inputs, outputs);
    let shape = shape.ok_or(Fault::Param("num_carry"))?;
    let body = call.block("jaxpr")?;
    let length = shape.length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or(Fault::Param("length"))?;
    let (consts, rest) = call.inputs.split_at(shape.consts);
    let (carry, xs) = rest.split_at(shape.carry);
    if xs.iter().any(|x| x.shape.first() != Some(&length)) {
        return Err(Fault::Operands(
            "the rows are not as many as the iterations".to_owned(),
        ));
    }
    call.machine.count_steps(length)?;
    let mut carry = carry.to_vec();
    let mut rows: Vec<Vec<Tensor<R>>> = vec![Vec::new(); shape.ys];
    for step in 0..length {
        let at = if shape.reverse { length - 1 - step } else { step };
        let mut operands = [consts, &carry].concat();
        operands.extend(xs.iter().map(|x| row(x, 0, at)));
        let mut results = call.machine.pass(Pass::Step(at), body, &operands)?;
        if results.len() != shape.carry + shape.ys {
            return Err(Fault::Operands(
                "the jaxpr gives another number of results".to_owned(),
            ));
        }
        let ys = results.split_off(shape.carry);
        carry = results;
        rows.iter_mut().zip(ys).for_each(|(rows, y)| rows.push(y));
    }
    for (index, mut rows) in rows.into_iter().enumerate() {
        if shape.reverse {
            rows.reverse();
        }
        carry.push(stacked(call, shape.carry + index, &rows)?);
    }
    Ok(carry)
}

fn stacked<R: Real>(call: &Call<'_, R>, output: usize, rows: &[Tensor<R>]) -> Result<Tensor<R>, Fault> {
    if rows.is_empty() {
        return Ok(Tensor::filled(
            call.out_dtype(output)?,
            &call.out_shape(output)?,
            0.0,
        ));
    }
    let widened = rows
        .iter()
        .map(|row| row.reshaped(&[&[1], row.shape.as_slice()].concat()));
    joined(&widened.collect::<Vec<_>>(), 0)
}
