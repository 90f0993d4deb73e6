//! Mutable references: creation, reads, writes, and the primitives whose jaxprs work on them.

use super::elementwise::combine;
use super::indexing::View;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, ParamValue};
use crate::schema::params;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("mutable_array", new_ref),
            row_of("new_ref", new_ref),
            row_of("empty_ref", empty_ref),
            row_of("freeze", freeze),
            row_of("free_ref", |_| Ok(Vec::new())),
            row_of("get", get),
            row_of("swap", swap),
            row_of("addupdate", add_update),
            row_of("run_state", run_state),
            row_of("for", for_loop),
        ]
    }
}

/// A reference is the number of its cell; its dtype and shape are those of what it holds.
fn reference<R: Real>(call: &Call<'_, R>, held: Tensor<R>) -> Tensor<R> {
    let (dtype, shape) = (held.dtype, held.shape.clone());
    let mut cells = call.machine.cells.borrow_mut();
    cells.push(held);
    Tensor::new(dtype, &shape, Data::Reference(cells.len() - 1))
}

fn cell<R: Real>(x: &Tensor<R>) -> Result<usize, Fault> {
    match x.data() {
        Data::Reference(cell) => Ok(*cell),
        _ => Err(Fault::Operands("it works on references".to_owned())),
    }
}

fn held<R: Real>(call: &Call<'_, R>, x: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    let cell = cell(x)?;
    let cells = call.machine.cells.borrow();
    let held = cells.get(cell).cloned();
    held.ok_or_else(|| Fault::Operands("the reference is gone".to_owned()))
}

fn new_ref<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    Ok(vec![reference(call, call.input(0)?.clone())])
}

fn empty_ref<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let empty = Tensor::filled(call.out_dtype(0)?, &call.out_shape(0)?, 0.0);
    Ok(vec![reference(call, empty)])
}

fn freeze<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    Ok(vec![held(call, call.input(0)?)?])
}

/// What the indices choose of what is held; the operands from `first` on are the indices.
fn view<R: Real>(call: &Call<'_, R>, held: &Tensor<R>, first: usize) -> Result<View, Fault> {
    let Some(ParamValue::Indexer(parts)) = call.param("indexer") else {
        return Err(Fault::Param("indexer"));
    };
    let operands = call.inputs.get(first..).unwrap_or_default();
    View::of(&held.shape, call.symbols(), parts, operands).ok_or(Fault::Param("indexer"))
}

fn get<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let held = held(call, call.input(0)?)?;
    let view = view(call, &held, 1)?;
    Ok(vec![held.pick(&view.shape, &view.places)])
}

/// Stores the second operand; the old value is an output unless nobody reads it.
fn swap<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (reference, value) = (call.input(0)?, call.input(1)?);
    let held = held(call, reference)?;
    let view = view(call, &held, 2)?;
    let old = held.pick(&view.shape, &view.places);
    store(call, reference, &held, &view, value)?;
    Ok(if call.out_count() == 0 {
        Vec::new()
    } else {
        vec![old]
    })
}

fn add_update<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (reference, value) = (call.input(0)?, call.input(1)?);
    let held = held(call, reference)?;
    let view = view(call, &held, 2)?;
    // An element that is chosen twice counts twice.
    let mut result = held.clone();
    let added = super::elementwise::stretched(value, &view.shape)?;
    if view.is_whole(&held.shape) {
        result = combine(
            call,
            super::arithmetic::Op::Add,
            &held,
            &added.reshaped(&held.shape),
        )?;
    } else {
        for (from, &to) in view.places.iter().enumerate() {
            super::scatter::combine_at(call, super::arithmetic::Op::Add, &mut result, to, &added, from)?;
        }
    }
    put(call, reference, result)
}

fn store<R: Real>(
    call: &Call<'_, R>,
    reference: &Tensor<R>,
    held: &Tensor<R>,
    view: &View,
    value: &Tensor<R>,
) -> Outcome<R> {
    let value = super::elementwise::stretched(value, &view.shape)?;
    // The new elements follow those that are held.
    let all = super::pieces::chained(&[held, &value])?;
    let mut sources: Vec<usize> = (0..held.len()).collect();
    for (from, &to) in view.places.iter().enumerate() {
        sources[to] = held.len() + from;
    }
    put(call, reference, all.pick(&held.shape, &sources))
}

fn put<R: Real>(call: &Call<'_, R>, reference: &Tensor<R>, value: Tensor<R>) -> Outcome<R> {
    let cell = cell(reference)?;
    call.machine.cells.borrow_mut()[cell] = value;
    Ok(Vec::new())
}

/// References to the operands, for a jaxpr, and what they hold when it has run.
fn on_references<R: Real>(
    call: &Call<'_, R>,
    values: Vec<Tensor<R>>,
    run: impl Fn(&[Tensor<R>]) -> Result<(), Fault>,
) -> Outcome<R> {
    let references: Vec<Tensor<R>> = values.into_iter().map(|value| reference(call, value)).collect();
    run(&references)?;
    references.iter().map(|reference| held(call, reference)).collect()
}

/// References that `is_initialized` leaves out hold nothing that is read.
fn run_state<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let body = call.block("jaxpr")?;
    let flags = call.param("is_initialized").and_then(params::items);
    let mut operands = call.inputs.iter();
    let count = call.out_count();
    let value = |index: usize| {
        let is_given = flags.is_none_or(|flags| flags.get(index) == Some(&ParamValue::Bool(true)));
        match operands.next().filter(|_| is_given) {
            Some(value) => Ok(value.clone()),
            None => Ok(Tensor::filled(
                call.out_dtype(index)?,
                &call.out_shape(index)?,
                0.0,
            )),
        }
    };
    let values = (0..count).map(value).collect::<Result<_, Fault>>()?;
    on_references(call, values, |references| {
        call.machine.run(body, references)?;
        Ok(())
    })
}

/// The jaxpr takes the number of the step, and references to the operands.
fn for_loop<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (body, steps, reverse) = (call.block("jaxpr")?, call.index("nsteps")?, call.flag("reverse"));
    on_references(call, call.inputs.to_vec(), |references| {
        for step in 0..steps {
            let at = if reverse { steps - 1 - step } else { step };
            let counter = Tensor::from_ints(DType::Int32, &[], [at as i128]);
            call.machine.run(body, &[&[counter], references].concat())?;
        }
        Ok(())
    })
}
