//! Loops, and the values that go in and out of them: what could be held as a mantissa and a scale there.
//!
//! Nothing here decides what is gained. A carry is only left out if its body does something with it of which the
//! table of transfer functions knows nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::{before_rounding_up, rearrangement, transparent_body};
use crate::ir::{Atom, BlockId, EqnId, ParamValue, Program, ValueId};
use crate::lift::transfer;
use crate::schema::params::{DotDimensionNumbers, ScanShape, axes, axis, int};

/// Where a value goes into a loop or comes out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// An operand that every step sees as it is.
    Const(usize),
    /// What each step replaces.
    Carry(usize),
    /// An operand of which each step sees a row.
    Row(usize),
    /// A result to which each step adds a row.
    Stacked(usize),
}

/// A value that goes into a loop or comes out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    /// The loop.
    pub(super) eqn: EqnId,
    /// The value's place.
    pub(super) place: Place,
}

/// How the operands and outputs of a `scan` or `while` meet those of its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    /// The step.
    pub(super) body: BlockId,
    /// Operands before those of the body: constants of the condition.
    pub(super) before: usize,
    /// The condition of a `while`.
    pub(super) condition: Option<BlockId>,
    /// Constants of the body.
    pub(super) consts: usize,
    /// Values that are carried.
    pub(super) carry: usize,
}

impl Loop {
    /// Reads an equation, if it is a loop.
    pub(super) fn read(program: &Program, eqn: EqnId) -> Option<Self> {
        let block = |key: &str| match program.param(eqn, key) {
            Some(ParamValue::Jaxpr(jaxpr)) => Some(jaxpr.block()),
            _ => None,
        };
        let (inputs, outputs) = (program.inputs(eqn).len(), program.outputs(eqn).len());
        match program.primitive(eqn) {
            "scan" => {
                let shape = ScanShape::read(program, program.params(eqn), inputs, outputs)?;
                Some(Self {
                    body: block("jaxpr")?,
                    before: 0,
                    condition: None,
                    consts: shape.consts,
                    carry: shape.carry,
                })
            }
            "while" => {
                let count = |key: &str| {
                    let count = int(&program.symbols, program.param(eqn, key)?)?;
                    usize::try_from(count).ok()
                };
                Some(Self {
                    body: block("body_jaxpr")?,
                    before: count("cond_nconsts")?,
                    condition: Some(block("cond_jaxpr")?),
                    consts: count("body_nconsts")?,
                    carry: outputs,
                })
            }
            _ => None,
        }
    }

    /// The place of an input of the body.
    pub(super) fn input_place(&self, index: usize) -> Place {
        let (consts, carry) = (self.consts, self.consts + self.carry);
        match index {
            _ if index < consts => Place::Const(index),
            _ if index < carry => Place::Carry(index - consts),
            _ => Place::Row(index - carry),
        }
    }

    /// The place of an output of the body.
    pub(super) fn output_place(&self, index: usize) -> Place {
        if index < self.carry {
            Place::Carry(index)
        } else {
            Place::Stacked(index - self.carry)
        }
    }
}

/// What numbers are computed from is looked for this far.
const NUMBERS: u32 = 4;

/// A slot that could be opened, and the dimensions of its value over which the step mixes elements.
pub(super) struct Candidate {
    pub(super) slot: Slot,
    pub(super) axes: Vec<usize>,
    /// Whether it is a carry to which each step only adds.
    pub(super) sums: bool,
}

/// All slots that could be opened, if the program has a carry that could be, or loops one of which may read what
/// another stacks, as in a backward pass.
pub(super) fn candidates(program: &Program) -> Vec<Candidate> {
    let mut found = Vec::new();
    let (mut carries, mut stacking, mut reading) = (false, false, false);
    for (_, block) in program.blocks.iter() {
        for &eqn in &block.eqns {
            if let Some(shape) = Loop::read(program, eqn) {
                let before = found.len();
                carries |= of_loop(program, &block.eqns, eqn, &shape, &mut found);
                let has =
                    |place: fn(&Place) -> bool| found[before..].iter().any(|own| place(&own.slot.place));
                reading |= stacking && has(|place| matches!(place, Place::Row(_)));
                stacking |= has(|place| matches!(place, Place::Stacked(_)));
            }
        }
    }
    if carries || reading { found } else { Vec::new() }
}

/// Adds the slots of one loop among `eqns`; whether there is a carry among them.
fn of_loop(program: &Program, eqns: &[EqnId], eqn: EqnId, shape: &Loop, found: &mut Vec<Candidate>) -> bool {
    let body = &program.blocks[shape.body];
    let read_by_condition: FxHashSet<usize> = shape
        .condition
        .map(|condition| read_inputs(program, condition, shape.before))
        .unwrap_or_default();
    let mut carries = false;
    let rank = |atom: Atom| {
        let ty = program.atom_type(atom)?;
        let real = ty.dtype()?.is_arithmetic();
        real.then(|| ty.shape().map(<[_]>::len))?
    };
    for (index, &input) in body.inputs.iter().enumerate() {
        let Some(rank) = rank(Atom::Value(input)) else {
            continue;
        };
        let place = shape.input_place(index);
        let mut axes = (0..rank).collect();
        let mut sums = false;
        if let Place::Carry(at) = place {
            // A number that every step hands on, as the cotangent of a sum over steps, has no scale.
            let given = program.inputs(eqn).get(shape.before + index).copied();
            if body.outputs[at] == Atom::Value(input)
                && given.is_some_and(|atom| is_number(program, eqns, atom, NUMBERS))
            {
                continue;
            }
            let Some(kept) = mixed_axes(program, shape.body, input, body.outputs[at], rank)
                .filter(|_| !read_by_condition.contains(&at) && !is_renormalised(program, shape, at))
            else {
                continue;
            };
            axes = kept;
            sums = is_only_added_to(program, shape.body, input, body.outputs[at]);
            carries = true;
        }
        let slot = Slot { eqn, place };
        found.push(Candidate { slot, axes, sums });
    }
    for (index, &output) in body.outputs.iter().enumerate().skip(shape.carry) {
        if let Some(rank) = rank(output) {
            let place = shape.output_place(index);
            let slot = Slot { eqn, place };
            let axes = (0..rank).collect();
            let sums = false;
            found.push(Candidate { slot, axes, sums });
        }
    }
    carries
}

/// Whether a value is computed from numbers only, by a chain of at most `steps`.
fn is_number(program: &Program, eqns: &[EqnId], atom: Atom, steps: u32) -> bool {
    let (Some(value), Some(steps)) = (atom.value(), steps.checked_sub(1)) else {
        return atom.value().is_none();
    };
    let defining = eqns.iter().find(|&&eqn| program.outputs(eqn) == [value]);
    defining.is_some_and(|&eqn| {
        let mut inputs = program.inputs(eqn).iter();
        inputs.all(|&input| is_number(program, eqns, input, steps))
    })
}

/// Whether a step multiplies a carry by what keeps it of ordinary size: as this pass writes it, by the exponential of what
/// is left of an exponent when it is rounded up, or by that of a maximum less the next one, which is carried too, as in
/// attention that goes through its keys block by block (Milakov and Gimelshein, "Online normalizer calculation for
/// softmax", 2018, algorithm 3).
fn is_renormalised(program: &Program, shape: &Loop, carry: usize) -> bool {
    let body = &program.blocks[shape.body];
    let definition = |atom: Atom, name: &str| {
        let mut value = atom.value()?;
        loop {
            let outputs = |eqn: EqnId| program.outputs(eqn).contains(&value);
            let eqn = body.eqns.iter().copied().find(|&eqn| outputs(eqn))?;
            if program.primitive(eqn) == name {
                return Some(eqn);
            }
            rearrangement(program, eqn)?;
            value = program.inputs(eqn).first()?.value()?;
        }
    };
    let operand = |eqn: EqnId, index: usize| program.inputs(eqn).get(index).copied();
    let operand_of = |atom: Atom, name: &str, index: usize| operand(definition(atom, name)?, index);
    let below = |atom: Atom| before_rounding_up(operand_of(atom, "sub", 1)?, operand_of);
    let renormalises = |factor: Atom| {
        let exponent = operand_of(factor, "exp", 0)?;
        below(exponent).or_else(|| {
            let sum = definition(exponent, "add")?;
            below(operand(sum, 0)?).or_else(|| below(operand(sum, 1)?))
        })
    };
    let follows_maximum = |factor: Atom| {
        let difference = definition(operand_of(factor, "exp", 0)?, "sub")?;
        let (maximum, next) = (operand(difference, 0)?, operand(difference, 1)?);
        let is_larger = program.inputs(definition(next, "max")?).contains(&maximum);
        let mut carried = body.inputs.iter().skip(shape.consts).zip(&body.outputs);
        let is_carried = carried.any(|(&input, &output)| Atom::Value(input) == maximum && output == next);
        (is_larger && is_carried).then_some(())
    };
    let Some(&next) = body.outputs.get(carry) else {
        return false;
    };
    let addends = definition(next, "add").map_or(vec![next], |sum| program.inputs(sum).to_vec());
    let products = addends.into_iter().filter_map(|addend| definition(addend, "mul"));
    let mut factors = products.flat_map(|product| program.inputs(product).iter().copied());
    factors.any(|factor| renormalises(factor).is_some() || follows_maximum(factor).is_some())
}

/// Which of the inputs behind the first `before` a condition reads.
fn read_inputs(program: &Program, block: BlockId, before: usize) -> FxHashSet<usize> {
    let block = &program.blocks[block];
    let operands = block.eqns.iter().flat_map(|&eqn| program.inputs(eqn));
    let read: FxHashSet<ValueId> = operands
        .chain(&block.outputs)
        .filter_map(|atom| atom.value())
        .collect();
    let inputs = block.inputs.iter().skip(before).enumerate();
    inputs
        .filter(|(_, input)| read.contains(input))
        .map(|(index, _)| index)
        .collect()
}

/// For each dimension the dimension of the carry whose elements it has, if these do not meet others.
type Labels = Vec<Option<usize>>;

/// The dimensions of a carry over which a step mixes elements, so that one scale serves them all; `None` if the
/// carry's next value does not come from it by primitives that are known.
fn mixed_axes(
    program: &Program,
    body: BlockId,
    carry: ValueId,
    next: Atom,
    rank: usize,
) -> Option<Vec<usize>> {
    let mut labels: FxHashMap<ValueId, Labels> = FxHashMap::default();
    labels.insert(carry, (0..rank).map(Some).collect());
    for &eqn in &program.blocks[body].eqns {
        let tainted = program.inputs(eqn).iter().filter_map(|atom| atom.value());
        if !tainted.into_iter().any(|value| labels.contains_key(&value)) {
            continue;
        }
        let known =
            transfer::row(program.primitive(eqn)).is_some() || transparent_body(program, eqn).is_some();
        for &output in program.outputs(eqn).iter().filter(|_| known) {
            let of_output = labels_of(program, eqn, output, &labels);
            labels.insert(output, of_output);
        }
    }
    let next = labels.get(&next.value()?)?;
    Some(
        (0..rank)
            .filter(|&dim| next.get(dim) != Some(&Some(dim)))
            .collect(),
    )
}

/// Whether a carry's next value is the carry and something that is added to it.
fn is_only_added_to(program: &Program, body: BlockId, carry: ValueId, next: Atom) -> bool {
    const KEEP: [&str; 6] = [
        "add",
        "add_any",
        "sub",
        "select_n",
        "broadcast_in_dim",
        "convert_element_type",
    ];
    let mut sums = FxHashSet::from_iter([carry]);
    let mut others: FxHashSet<ValueId> = FxHashSet::default();
    for &eqn in &program.blocks[body].eqns {
        let inputs = program.inputs(eqn).iter().filter_map(|atom| atom.value());
        let inputs: Vec<ValueId> = inputs.collect();
        let of_sums = inputs.iter().filter(|value| sums.contains(value)).count();
        let of_others = inputs.iter().any(|value| others.contains(value));
        // The sum of a carry with itself doubles in each step.
        let keeps = !of_others && of_sums == 1 && KEEP.contains(&program.primitive(eqn));
        if keeps {
            sums.extend(program.outputs(eqn));
        } else if of_others || of_sums > 0 {
            others.extend(program.outputs(eqn));
        }
    }
    next.value().is_some_and(|next| sums.contains(&next))
}

fn labels_of(program: &Program, eqn: EqnId, output: ValueId, labels: &FxHashMap<ValueId, Labels>) -> Labels {
    let inputs = program.inputs(eqn);
    let of = |index: usize| inputs.get(index)?.value().and_then(|value| labels.get(&value));
    let rank = program.type_of(output).shape().map_or(0, <[_]>::len);
    if let (Some(map), Some(from)) = (rearrangement(program, eqn), of(0)) {
        return map.0.iter().map(|dim| from.get((*dim)?).copied()?).collect();
    }
    let without = |dims: &[usize]| {
        let mut kept = of(0).cloned().unwrap_or_default();
        for &dim in dims {
            if let Some(label) = kept.get_mut(dim) {
                *label = None;
            }
        }
        kept
    };
    match program.primitive(eqn) {
        "reduce_sum" | "reduce_prod" | "reduce_max" => {
            let axes = axes(program, eqn).unwrap_or_default();
            let kept = of(0).into_iter().flatten().enumerate();
            kept.filter(|(dim, _)| !axes.contains(dim))
                .map(|(_, label)| *label)
                .collect()
        }
        "dot_general" => contracted(program, eqn, [of(0), of(1)]).unwrap_or_else(|| vec![None; rank]),
        "cumsum" | "cumprod" | "cumlogsumexp" => without(axis(program, eqn).as_slice()),
        "slice" | "rev" | "gather" | "dynamic_slice" | "concatenate" => vec![None; rank],
        _ => {
            let mut merged: Labels = vec![None; rank];
            let tainted = inputs.iter().filter_map(|atom| labels.get(&atom.value()?));
            for (at, own) in tainted.filter(|own| own.len() == rank).enumerate() {
                for (dim, label) in merged.iter_mut().enumerate() {
                    *label = if at == 0 || own[dim] == *label {
                        own[dim]
                    } else {
                        None
                    };
                }
            }
            merged
        }
    }
}

/// Batch dimensions, then the free dimensions of both operands.
fn contracted(program: &Program, eqn: EqnId, operands: [Option<&Labels>; 2]) -> Option<Labels> {
    let numbers = program.param(eqn, "dimension_numbers")?;
    let numbers = DotDimensionNumbers::read(&program.symbols, numbers)?;
    let rank = |index: usize| Some(program.atom_type(program.inputs(eqn)[index])?.shape()?.len());
    let label = |operand: usize, dim: usize| operands[operand].and_then(|labels| labels.get(dim).copied()?);
    let batch = numbers
        .lhs_batch
        .iter()
        .zip(&numbers.rhs_batch)
        .map(|(&left, &right)| label(0, left).or_else(|| label(1, right)));
    let left = numbers.lhs_free(rank(0)?).into_iter().map(|dim| label(0, dim));
    let right = numbers.rhs_free(rank(1)?).into_iter().map(|dim| label(1, dim));
    Some(batch.chain(left).chain(right).collect())
}
