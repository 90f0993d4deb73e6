//! Silent damage: equations that lose digits although all that goes in and comes out is finite.
//!
//! The program runs on pairs of a number as it computes it and the number that it would be without any rounding,
//! to some 104 bits. What decides (comparisons, indices) goes by the first, so that both walk the same path.

mod shadowed;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::link::{Operand, Place};
use super::places::Places;
use super::scene::{is_elementwise, operand, position};
use crate::interp::{
    Data, EvalError, Inputs, Observer, Options, Pass, Real as _, Tensor, evaluate, evaluate_observed,
};
use crate::ir::{DType, EqnId, Format, Program};
use shadowed::Shadowed;

/// Losses of fewer bits are rounding as usual.
const LEAST_BITS: f64 = 8.0;

/// An equation that loses digits.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    /// The equation.
    pub eqn: EqnId,
    /// Where it ran when it lost most.
    pub place: Place,
    /// The bits that its operands have and its result has not.
    pub bits: f64,
    /// The bits of the result that are right.
    pub left: f64,
    /// The element that lost most.
    pub index: Vec<usize>,
    /// What it was made of.
    pub operands: Vec<Operand>,
    /// What it became.
    pub value: f64,
    /// What it would be without any rounding.
    pub exact: f64,
}

/// Runs a program and finds the equations that lose most digits, the worst first.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn losses(program: &Program, inputs: &Inputs, options: Options) -> Result<Vec<Loss>, EvalError> {
    let watcher = Watcher {
        program,
        places: Places::default(),
        losses: RefCell::default(),
    };
    let shadowed = inputs.with_numbers(|&number| Shadowed::beside(number, number));
    evaluate_observed(program, &shadowed, options, &watcher)?;
    let mut losses: Vec<Loss> = watcher.losses.into_inner().into_values().collect();
    let inside: Vec<EqnId> = losses
        .iter()
        .flat_map(|loss| loss.place.iter().map(|&(eqn, _)| eqn))
        .collect();
    losses.retain(|loss| !inside.contains(&loss.eqn));
    losses.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.eqn.cmp(&b.eqn)));
    Ok(losses)
}

/// Runs a program with and without rounding: each element of each output that holds floats, and what it would be.
/// What is not rounded starts from `nudged` inputs, while all that decides goes by the inputs as they are.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn unrounded(
    program: &Program,
    inputs: &Inputs,
    options: Options,
    mut nudged: impl FnMut(f64) -> f64,
) -> Result<Vec<Vec<(f64, f64)>>, EvalError> {
    let shadowed = inputs.with_numbers(|&number| Shadowed::beside(number, nudged(number)));
    let outputs = evaluate(program, &shadowed, options)?;
    let outputs = outputs.iter().map(|output| match output.data() {
        Data::Float(items) => items.iter().map(|item| (item.to_f64(), item.exact())).collect(),
        _ => Vec::new(),
    });
    Ok(outputs.collect())
}

/// Measures every equation.
struct Watcher<'p> {
    program: &'p Program,
    places: Places,
    losses: RefCell<FxHashMap<EqnId, Loss>>,
}

impl Observer<Shadowed> for Watcher<'_> {
    fn start(&self, eqn: EqnId) {
        self.places.start(eqn);
    }

    fn pass(&self, pass: Pass) {
        self.places.pass(pass);
    }

    fn finish(
        &self,
        eqn: EqnId,
        inputs: &[Tensor<Shadowed>],
        outputs: Vec<Tensor<Shadowed>>,
    ) -> Vec<Tensor<Shadowed>> {
        let runs_jaxprs = self.places.finish();
        // Of a loop no step may lose much, and all of them together everything.
        let is_loop = ["scan", "while"].contains(&self.program.primitive(eqn));
        if !runs_jaxprs || is_loop {
            for output in &outputs {
                self.measure(eqn, inputs, output);
            }
        }
        outputs
    }
}

impl Watcher<'_> {
    fn measure(&self, eqn: EqnId, inputs: &[Tensor<Shadowed>], output: &Tensor<Shadowed>) {
        let Data::Float(items) = output.data() else { return };
        let unit = unit(output.dtype);
        // Of elementwise equations each element has operands of its own.
        let (own, whole): (Vec<_>, Vec<_>) = inputs
            .iter()
            .partition(|input| input.shape == output.shape && is_elementwise(self.program, eqn));
        let worst_of_whole = whole.into_iter().flat_map(errors).fold(unit, f64::max);
        for (at, item) in items.iter().enumerate() {
            let own = own.iter().filter_map(|input| error_at(input, at));
            let worst_operand = own.fold(worst_of_whole, f64::max);
            let Some(error) = item.error().filter(|&error| error > worst_operand) else {
                continue;
            };
            // More than all bits cannot be lost.
            let bits = (error.min(1.0) / worst_operand).log2();
            let mut losses = self.losses.borrow_mut();
            // A narrow dtype has not many bits to lose.
            let least = LEAST_BITS.min(-unit.log2() / 2.0);
            let worst = losses.get(&eqn).map_or(least, |known| known.bits);
            if bits > worst {
                let operands = inputs.iter();
                let loss = Loss {
                    eqn,
                    place: self.places.place(),
                    bits,
                    left: error.clamp(unit, 1.0).log2().abs(),
                    index: position(&output.shape, at),
                    operands: operands
                        .map(|input| operand(self.program, eqn, input, &output.shape, at))
                        .collect(),
                    value: item.to_f64(),
                    exact: item.exact(),
                };
                losses.insert(eqn, loss);
            }
        }
    }
}

/// The relative errors of elements.
fn errors(tensor: &Tensor<Shadowed>) -> impl Iterator<Item = f64> {
    let items = match tensor.data() {
        Data::Float(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Shadowed::error)
}

/// The relative error of one element.
fn error_at(tensor: &Tensor<Shadowed>, at: usize) -> Option<f64> {
    match tensor.data() {
        Data::Float(items) => items.get(at)?.error(),
        _ => None,
    }
}

/// The greatest relative error of one rounding.
fn unit(dtype: DType) -> f64 {
    Format::of(dtype).map_or(0.0, |format| format.epsilon / 2.0)
}
