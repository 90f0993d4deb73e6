//! The truth around a point: what inputs that differ by their own rounding give.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::parts;
use crate::interp::{Data, EvalError, Inputs, Real, Tensor};
use crate::ir::Program;
use crate::oracle::{Budget, DoubleDouble, truth};
use crate::verify::strata::large;
use crate::verify::ulps::{format, ulp};

/// The truth at inputs whose floats are moved by a few units in the last place, up or down, or by `times` as many.
pub(super) fn truths_nearby(
    original: &Program,
    inputs: &Inputs,
    times: f64,
    budget: Budget,
) -> Result<Vec<Vec<Tensor<DoubleDouble>>>, EvalError> {
    const NEIGHBOURS: u64 = 6;
    let moved = |neighbour: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(neighbour);
        let steps = match neighbour {
            0 | 1 => UP,
            2 | 3 => DOWN,
            _ => BOTH,
        };
        let inputs = inputs.map(|tensor| nudged(tensor, steps, times, &mut rng));
        truth(original, &inputs, budget).map(|truth| truth.outputs)
    };
    (0..NEIGHBOURS).map(moved).collect()
}

/// Steps in units in the last place; not all alike, or matrices that are singular would stay so. Zeros must move to
/// one side in some of the neighbours, where logarithms have values.
const UP: &[f64] = &[1.0, 2.0, 3.0];
const DOWN: &[f64] = &[-1.0, -2.0, -3.0];
const BOTH: &[f64] = &[-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];

/// The inputs without numbers in the outermost thousandths of their dtypes' ranges: those come in by as much. `None`
/// if there are none.
///
/// Where a number is so near the end of the range, one spelling of a formula leaves it in one step and another in
/// the next, and neither is to be preferred.
pub(super) fn drawn_in(inputs: &Inputs) -> Option<Inputs> {
    const FACTOR: f64 = 1024.0;
    let mut moved_any = false;
    let moved = |tensor: &Tensor| {
        let Data::Float(items) = tensor.data() else {
            return tensor.clone();
        };
        let (least, most) = (format(tensor.dtype).least * FACTOR, large(tensor.dtype) / FACTOR);
        let inward = |&item: &f64| match item.abs() {
            size if size.is_finite() && size > most => item / FACTOR,
            size if size > 0.0 && size < least => item * FACTOR,
            _ => item,
        };
        let numbers: Vec<f64> = items.iter().map(inward).collect();
        moved_any |= numbers
            .iter()
            .zip(items)
            .any(|(new, old)| new != old && !old.is_nan());
        Tensor::from_floats(tensor.dtype, &tensor.shape, numbers)
    };
    let inputs = inputs.map(moved);
    moved_any.then_some(inputs)
}

/// Whether an input or a constvar holds such a number.
pub(super) fn has(inputs: &Inputs, special: impl Fn(&f64) -> bool) -> bool {
    let mut arrays = inputs
        .inputs
        .iter()
        .chain(&inputs.consts)
        .chain(inputs.inner_consts.iter().flatten());
    arrays.any(|array| parts(array).iter().any(&special))
}

/// Each finite number moved a little, NaN replaced by an ordinary number; zero by a few of the least normal number, an
/// infinity to a large number.
fn nudged(tensor: &Tensor, steps: &[f64], times: f64, rng: &mut ChaCha8Rng) -> Tensor {
    /// Beyond what exponentials take, and small enough for the oracle to tell one from its logistic.
    const LARGE: f64 = 700.0;
    let Data::Float(items) = tensor.data() else {
        return tensor.clone();
    };
    let nudge = |&item: &f64| {
        let step = steps[rng.random_range(0..steps.len())];
        let moved = match item {
            0.0 => times * step * format(tensor.dtype).least,
            item if item.is_nan() => step,
            item if item.is_infinite() => return LARGE.min(large(tensor.dtype)).copysign(item),
            item => item + times * step * ulp(tensor.dtype, item),
        };
        if moved.rounded(tensor.dtype).is_finite() {
            moved
        } else {
            item
        }
    };
    Tensor::from_floats(tensor.dtype, &tensor.shape, items.iter().map(nudge))
}
