//! Jaxprs inside equations: branches are joined, loops are run on ranges until nothing changes.

use super::Range;
use super::operation::Operation;
use super::table::{Row, each};
use crate::ir::{BlockId, DType};
use crate::schema::params::ScanShape;
use crate::schema::{Port, bodies};

pub(super) const ROWS: &[Row] = &[
    each("cond", cond),
    each("while", while_loop),
    each("scan", scan),
    each("jit", call),
    each("pjit", call),
    each("xla_call", call),
    each("core_call", call),
    each("closed_call", call),
    each("core_closed_call", call),
    each("remat", call),
    each("remat2", call),
    each("checkpoint", call),
    each("custom_jvp_call", call),
    each("custom_vjp_call", call),
    each("custom_jvp_call_jaxpr", call),
    each("custom_vjp_call_jaxpr", call),
];

/// Iterations of a loop before its ends are widened.
const EXACT: usize = 3;
/// Iterations after which nothing is assumed of a loop.
const LONGEST: usize = 24;

/// A call that is not seen through.
fn call(op: &Operation<'_, '_>) -> Vec<Range> {
    let found = bodies(op.program(), op.eqn).unwrap_or_default();
    let [body] = found.as_slice() else {
        return Vec::new();
    };
    let whole = |port: &Port| match port {
        Port::Whole(index) => op.operand(*index),
        _ => Range::ANYTHING,
    };
    let inputs: Vec<Range> = body.inputs.iter().map(whole).collect();
    op.ranges.body(body.block, &inputs, true)
}

fn cond(op: &Operation<'_, '_>) -> Vec<Range> {
    let branches = op
        .param("branches")
        .map(crate::ir::ParamValue::jaxprs)
        .unwrap_or_default();
    let index = op.operand(0);
    let operands = op.operands.get(1..).unwrap_or_default();
    let last = branches.len().saturating_sub(1);
    let taken = branches.iter().enumerate().filter(|(at, _)| {
        #[expect(clippy::cast_precision_loss, reason = "branches are few")]
        let branch = *at as f64;
        // An index out of range takes the nearest branch.
        let low = index.low <= branch || *at == last;
        let high = branch <= index.high || *at == last || *at == 0;
        low && high
    });
    taken
        .map(|(_, branch)| op.ranges.body(branch.block(), operands, true))
        .reduce(|one, other| one.into_iter().zip(other).map(|(a, b)| a.join(b)).collect())
        .unwrap_or_default()
}

/// Runs a loop on ranges until its carry is settled, and gives the carry and what the body gives behind it.
fn settle(
    op: &Operation<'_, '_>,
    body: BlockId,
    start: &[Range],
    operands: impl Fn(&[Range]) -> Vec<Range>,
) -> (Vec<Range>, Vec<Range>) {
    let dtypes: Vec<Option<DType>> = (0..start.len()).map(|output| op.dtype(output)).collect();
    let mut carry = start.to_vec();
    for round in 0..LONGEST {
        let results = op.ranges.body(body, &operands(&carry), false);
        if results.len() < carry.len() {
            break;
        }
        let next: Vec<Range> = carry
            .iter()
            .zip(&results)
            .zip(&dtypes)
            .map(|((&old, &new), &dtype)| {
                if round < EXACT {
                    old.join(new)
                } else {
                    old.widened(new, dtype)
                }
            })
            .collect();
        if next == carry {
            let results = op.ranges.body(body, &operands(&carry), true);
            return (carry, results);
        }
        carry = next;
    }
    let carry: Vec<Range> = dtypes
        .iter()
        .map(|dtype| dtype.map_or(Range::ANYTHING, Range::of_dtype))
        .collect();
    let results = op.ranges.body(body, &operands(&carry), true);
    (carry, results)
}

fn scan(op: &Operation<'_, '_>) -> Vec<Range> {
    let program = op.program();
    let (inputs, outputs) = (op.operands.len(), program.outputs(op.eqn).len());
    let shape = ScanShape::read(program, program.params(op.eqn), inputs, outputs);
    let body = op.param("jaxpr").and_then(|value| value.jaxprs().first());
    let (Some(shape), Some(body)) = (shape, body) else {
        return Vec::new();
    };
    let (consts, rest) = op.operands.split_at(shape.consts);
    let (start, rows) = rest.split_at(shape.carry);
    let operands = |carry: &[Range]| [consts, carry, rows].concat();
    let (mut carry, results) = settle(op, body.block(), start, operands);
    carry.extend(results.into_iter().skip(shape.carry));
    carry
}

fn while_loop(op: &Operation<'_, '_>) -> Vec<Range> {
    let block = |key| Some(op.param(key)?.jaxprs().first()?.block());
    let count = |key| usize::try_from(op.int(key)?).ok();
    let (Some(condition), Some(body)) = (block("cond_jaxpr"), block("body_jaxpr")) else {
        return Vec::new();
    };
    let (Some(of_condition), Some(of_body)) = (count("cond_nconsts"), count("body_nconsts")) else {
        return Vec::new();
    };
    let Some((consts, start)) = of_condition
        .checked_add(of_body)
        .and_then(|from| op.operands.split_at_checked(from))
    else {
        return Vec::new();
    };
    let (condition_consts, body_consts) = consts.split_at(of_condition);
    let (carry, _) = settle(op, body, start, |carry| [body_consts, carry].concat());
    op.ranges
        .body(condition, &[condition_consts, &carry].concat(), true);
    carry
}
