//! Makes an input on which an equation breaks as simple as it goes: zeros and ones, one number everywhere, the
//! smallest magnitude that does it.

use super::samples::Sampler;
use crate::interp::{Data, Inputs, Tensor};
use crate::ir::Program;

/// Runs that one simplification may take.
const RUNS: u64 = 24;

/// The simplest input found on which it still `happens`.
pub(super) fn simplest(
    happens: &dyn Fn(&Inputs) -> bool,
    sampler: &mut Sampler,
    inputs: Inputs,
    runs: u64,
) -> Inputs {
    let mut left = runs.min(RUNS);
    let mut best = inputs;
    let mut accept = |best: &mut Inputs, index: usize, tensor: Option<Tensor>| {
        let Some(tensor) = tensor else { return false };
        if tensor == best.inputs[index] {
            return true;
        }
        if left == 0 {
            return false;
        }
        left -= 1;
        let mut inputs = best.clone();
        inputs.inputs[index] = tensor;
        let happens = happens(&inputs);
        if happens {
            *best = inputs;
        }
        happens
    };
    for index in 0..best.inputs.len() {
        let plain = [0.0, 1.0];
        if plain
            .into_iter()
            .any(|number| accept(&mut best, index, sampler.filled(index, number)))
        {
            continue;
        }
        let Some(largest) = largest(&best.inputs[index]) else {
            continue;
        };
        if !accept(&mut best, index, sampler.filled(index, largest)) && !is_uniform(&best.inputs[index]) {
            continue;
        }
        // Bisection between a number that breaks it and zero, which does not.
        let (mut breaks, mut holds) = (largest, 0.0);
        for _ in 0..8 {
            let middle = f64::midpoint(breaks, holds);
            let middle = if middle.abs() >= 1.0 {
                middle.round()
            } else {
                middle
            };
            if accept(&mut best, index, sampler.filled(index, middle)) {
                breaks = middle;
            } else {
                holds = middle;
            }
        }
    }
    best
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        Data::Float(items) => items.clone(),
        #[expect(clippy::cast_precision_loss, reason = "inputs that are tried are small")]
        Data::Int(items) => items.iter().map(|&item| item as f64).collect(),
        _ => Vec::new(),
    }
}

fn largest(tensor: &Tensor) -> Option<f64> {
    numbers(tensor)
        .into_iter()
        .max_by(|left, right| left.abs().total_cmp(&right.abs()))
}

fn is_uniform(tensor: &Tensor) -> bool {
    let numbers = numbers(tensor);
    numbers.windows(2).all(|pair| pair[0] == pair[1])
}

/// `a = [89, 0], b = 1 (all 64 elements)`
pub(super) fn text(program: &Program, inputs: &Inputs) -> String {
    let names = program.blocks[program.main()].inputs.iter();
    let each = names.zip(&inputs.inputs).map(|(&value, tensor)| {
        let name = program.name(value);
        format!("{name} = {}", spelled(tensor))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn spelled(tensor: &Tensor) -> String {
    const SHOWN: usize = 4;
    let items: Vec<String> = match tensor.data() {
        Data::Bool(items) => items.iter().map(ToString::to_string).collect(),
        Data::Key(keys) => keys.iter().map(|key| format!("key{key:?}")).collect(),
        _ => numbers(tensor).into_iter().map(shortest).collect(),
    };
    match items.as_slice() {
        [] => "[]".to_owned(),
        [one] if tensor.shape.is_empty() => one.clone(),
        [first, ..] if items.len() > 1 && items.iter().all(|item| item == first) => {
            format!("{first} in all {} elements", items.len())
        }
        _ if items.len() <= SHOWN => format!("[{}]", items.join(", ")),
        _ => format!("[{}, …]", items[..SHOWN].join(", ")),
    }
}

/// As many digits as a float32 needs.
fn shortest(number: f64) -> String {
    let narrow = number as f32;
    if f64::from(narrow) == number {
        format!("{narrow}")
    } else {
        format!("{number}")
    }
}
