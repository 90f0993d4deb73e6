//! The inputs of `witness` and `preserve` clauses as inputs of an example, and inputs as text.

use std::fmt::Write as _;

use crate::interp::{Data, Inputs, Tensor, layout};
use crate::ir::{DType, DTypeClass, Program};
use crate::rewrite::{InputValue, Inputs as Values};

/// More elements than this are not shown of one array.
const MOST_SHOWN: usize = 12;

/// The values as inputs of a program: by name if all names are its own, else in every order in which numbers meet its
/// float inputs and truth values its boolean ones. Empty where they do not fit.
///
/// Vectors and scalars fill an array of another shape over and over; a matrix fits arrays of such matrices only.
pub(super) fn placed(program: &Program, values: &Values) -> Vec<Inputs> {
    let main = &program.blocks[program.main()];
    let layouts = main.inputs.iter().map(|&input| layout(program.type_of(input)));
    let Some(layouts) = layouts.collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    if !main.consts.is_empty() || values.values.len() != layouts.len() {
        return Vec::new();
    }
    let names: Vec<String> = main.inputs.iter().map(|&input| program.name(input)).collect();
    let names_are_own = values.values.iter().all(|value| names.contains(&value.name));
    let by_name = |order: &[usize]| {
        let mut pairs = order.iter().zip(&names);
        pairs.all(|(&at, name)| values.values[at].name == *name)
    };
    let tensors = |order: &[usize]| -> Option<Inputs> {
        let pairs = order.iter().zip(&layouts);
        let tensors = pairs.map(|(&at, (dtype, shape))| tensor(&values.values[at].value, *dtype, shape));
        Some(Inputs {
            inputs: tensors.collect::<Option<_>>()?,
            ..Inputs::default()
        })
    };
    let orders = orders(layouts.len());
    let fitting = orders.iter().filter(|order| !names_are_own || by_name(order));
    fitting.filter_map(|order| tensors(order)).collect()
}

/// All orders of so many things; of more than four only the first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count > 4 {
        return vec![(0..count).collect()];
    }
    (0..count).fold(vec![Vec::new()], |orders, last| {
        let longer = |order: &Vec<usize>| {
            let insert = |at: usize| [&order[..at], &[last], &order[at..]].concat();
            (0..=order.len()).rev().map(insert).collect::<Vec<_>>()
        };
        orders.iter().flat_map(longer).collect()
    })
}

fn is_bool(value: &InputValue) -> bool {
    match value {
        InputValue::Bool(_) => true,
        InputValue::Number(_) => false,
        InputValue::List(rows) => rows.iter().any(is_bool),
    }
}

fn leaves(value: &InputValue, into: &mut Vec<f64>) {
    match value {
        InputValue::Number(number) => into.push(*number),
        InputValue::Bool(truth) => into.push(f64::from(u8::from(*truth))),
        InputValue::List(rows) => rows.iter().for_each(|row| leaves(row, into)),
    }
}

fn tensor(value: &InputValue, dtype: DType, shape: &[usize]) -> Option<Tensor> {
    let own = value.shape()?;
    if own.len() > 1 && !shape.ends_with(&own) {
        return None;
    }
    let mut numbers = Vec::new();
    leaves(value, &mut numbers);
    let count = shape.iter().product();
    if numbers.is_empty() && count > 0 {
        return None;
    }
    let numbers = numbers.into_iter().cycle().take(count);
    match dtype.class() {
        DTypeClass::Float if !is_bool(value) => Some(Tensor::from_floats(dtype, shape, numbers)),
        DTypeClass::Bool if is_bool(value) => Some(Tensor::from_bools(
            shape,
            numbers.map(|number| number != 0.0).collect(),
        )),
        _ => None,
    }
}

/// `a = [1.0, 2.0]; b = 3`, with long arrays cut.
pub(super) fn shown(program: &Program, inputs: &Inputs) -> String {
    let variables = &program.blocks[program.main()].inputs;
    let mut text = String::new();
    for (&variable, tensor) in variables.iter().zip(&inputs.inputs) {
        let separator = if text.is_empty() { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{separator}{} = {}",
            program.name(variable),
            elements(tensor)
        );
    }
    text
}

fn elements(tensor: &Tensor) -> String {
    let items: Vec<String> = match tensor.data() {
        Data::Float(items) => items.iter().map(|item| format!("{item:?}")).collect(),
        Data::Int(items) => items.iter().map(ToString::to_string).collect(),
        Data::Bool(items) => items.iter().map(ToString::to_string).collect(),
        Data::Complex(items) => items.iter().map(ToString::to_string).collect(),
        Data::Key(items) => items.iter().map(|item| format!("{item:?}")).collect(),
        Data::Reference(_) => Vec::new(),
    };
    if tensor.rank() == 0 {
        return items.concat();
    }
    let cut = if items.len() > MOST_SHOWN { ", …" } else { "" };
    format!("[{}{cut}]", items[..items.len().min(MOST_SHOWN)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_orders_are_tried_the_given_one_first() {
        assert_eq!(orders(2), [[0, 1], [1, 0]]);
        assert_eq!(orders(3).len(), 6);
        assert_eq!(orders(3)[0], [0, 1, 2]);
        assert_eq!(orders(5), [[0, 1, 2, 3, 4]]);
    }
}
