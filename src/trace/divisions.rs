//! Integers that are divided by zero. No infinity and no NaN tells of them: the quotient is −1, the remainder the
//! dividend, and the program goes on. Integers carry no history, so the program is run once more with other numbers
//! in their place to see which outputs hang on them.

use super::link::Place;
use super::number::Tagged;
use super::recorder::Record;
use super::scene::position;
use crate::interp::{Data, Inputs, Observer, Options, Pass, Real, Tensor, evaluate_observed};
use crate::ir::{EqnId, Program};

/// What is tried in place of a quotient: no program gives the same for its own number and for both.
const OTHERS: [i128; 2] = [0, 77];

/// An equation that divided integers by zero.
#[derive(Clone, Debug)]
pub struct Division {
    /// The equation.
    pub eqn: EqnId,
    /// Where it ran then.
    pub place: Place,
    /// How many elements were divided by zero, over all the times it ran.
    pub elements: usize,
    /// The first of them.
    pub index: Vec<usize>,
    /// What was divided.
    pub dividend: i64,
    /// What came out.
    pub value: i64,
    /// The outputs that would be others with another number in its place.
    pub outputs: Vec<usize>,
}

/// Notes an equation that divides integers by zero.
pub(super) fn record<R: Real>(
    record: &mut Record,
    program: &Program,
    eqn: EqnId,
    place: impl FnOnce() -> Place,
    inputs: &[Tensor<R>],
    outputs: &[Tensor<R>],
) {
    let Some(zeros) = zeros(program, eqn, inputs, outputs) else {
        return;
    };
    let (Some(&first), Data::Int(values), Data::Int(dividends)) =
        (zeros.first(), outputs[0].data(), inputs[0].data())
    else {
        return;
    };
    if let Some(known) = record.divisions.iter_mut().find(|known| known.eqn == eqn) {
        known.elements += zeros.len();
        return;
    }
    record.divisions.push(Division {
        eqn,
        place: place(),
        elements: zeros.len(),
        index: position(&outputs[0].shape, first),
        dividend: dividends[first % dividends.len()],
        value: values[first],
        outputs: Vec::new(),
    });
}

/// The places of a result at which integers were divided by zero.
fn zeros<R: Real>(
    program: &Program,
    eqn: EqnId,
    inputs: &[Tensor<R>],
    outputs: &[Tensor<R>],
) -> Option<Vec<usize>> {
    let ([_, divisor], [output]) = (inputs, outputs) else {
        return None;
    };
    let (Data::Int(divisors), Data::Int(values)) = (divisor.data(), output.data()) else {
        return None;
    };
    if !divisors.contains(&0) || !["div", "rem"].contains(&program.primitive(eqn)) {
        return None;
    }
    let by_zero = |&at: &usize| divisors[at % divisors.len()] == 0;
    Some((0..values.len()).filter(by_zero).collect())
}

/// Finds the outputs that hang on what the divisions gave.
pub(super) fn follow(
    program: &Program,
    inputs: &Inputs,
    options: Options,
    divisions: &mut [Division],
    outputs: &[Tensor<Tagged>],
) {
    for division in divisions {
        let changed = OTHERS.map(|number| {
            let other = Other {
                program,
                eqn: division.eqn,
                number,
            };
            evaluate_observed(program, inputs, options, &other).ok()
        });
        let hangs = |&index: &usize| {
            changed.iter().any(|changed| {
                // What does not even run with another number hangs on it.
                changed
                    .as_ref()
                    .is_none_or(|changed| !is_same(&outputs[index], &changed[index]))
            })
        };
        division.outputs = (0..outputs.len()).filter(hangs).collect();
    }
}

/// Whether two arrays hold the same, NaN included.
fn is_same(own: &Tensor<Tagged>, changed: &Tensor) -> bool {
    match (own.data(), changed.data()) {
        (Data::Float(own), Data::Float(changed)) => own
            .iter()
            .zip(changed)
            .all(|(own, changed)| own.value.to_bits() == changed.to_bits() || own.value == *changed),
        _ => own.with_numbers(&mut |number: &Tagged| number.value) == *changed,
    }
}

/// Puts another number in the place of what a division by zero gave.
struct Other<'p> {
    program: &'p Program,
    eqn: EqnId,
    number: i128,
}

impl Observer<f64> for Other<'_> {
    fn start(&self, _: EqnId) {}

    fn pass(&self, _: Pass) {}

    fn finish(&self, eqn: EqnId, inputs: &[Tensor], outputs: Vec<Tensor>) -> Vec<Tensor> {
        if eqn != self.eqn {
            return outputs;
        }
        let Some(zeros) = zeros(self.program, eqn, inputs, &outputs) else {
            return outputs;
        };
        let Data::Int(values) = outputs[0].data() else {
            return outputs;
        };
        let mut values: Vec<i128> = values.iter().map(|&value| value.into()).collect();
        for at in zeros {
            values[at] = self.number;
        }
        vec![Tensor::from_ints(outputs[0].dtype, &outputs[0].shape, values)]
    }
}
