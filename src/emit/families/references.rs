//! Mutable references.

use super::super::equation::{Equation, Outcome, one, sequence};
use super::super::fault::Fault;
use super::super::layout::flat;
use super::super::literal;
use super::super::python::{Expr, Statement, Target};
use super::super::writer::{Given, Shape};
use super::{Row, call, own};
use crate::ir::{IndexPart, ParamValue};
use crate::schema::params;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("addupdate", addupdate).reads(&["indexer"]),
    own("empty_ref", empty_ref).reads(&["memory_space", "ty"]),
    own("for", for_loop).reads(&["jaxpr", "nsteps", "reverse", "unroll", "which_linear"]),
    own("free_ref", |_| Ok(done())),
    own("freeze", freeze),
    own("get", get).reads(&["indexer"]),
    call("mutable_array", NEW_REF),
    call("new_ref", NEW_REF).reads(&["memory_space"]),
    own("run_state", run_state).reads(&["is_initialized", "jaxpr", "which_linear"]),
    own("swap", swap).reads(&["indexer"]),
];

/// Where it comes from differs between releases: see `module`.
const NEW_REF: &str = "new_ref";

/// `b[0, :]`: the place that an equation reads or writes; `behind` operands stand before those of the indices.
fn place(equation: &mut Equation<'_, '_>, behind: usize) -> Result<Expr, Fault> {
    let program = equation.program();
    let value = program.params(equation.eqn).iter().next().map(|(_, value)| value);
    let Some(ParamValue::Indexer(parts)) = value else {
        return Err(Fault::Other("its indices are not printed".to_owned()));
    };
    let mut text = flat(&equation.operand(0)?);
    let mut operands = equation.operands_from(behind)?.into_iter();
    for part in parts {
        match part {
            IndexPart::Text(symbol) => text.push_str(program.symbols.text(*symbol)),
            IndexPart::Operand => {
                let index = operands
                    .next()
                    .ok_or_else(|| Fault::Other("an index is missing".to_owned()))?;
                text.push_str(&flat(&index));
            }
        }
    }
    // A slice that starts at a variable has a size, which Python's slices do not say.
    let plain = !text.contains('{') && operands.next().is_none() && !text.contains('+');
    if !plain {
        return Err(Fault::Other(
            "a view of a reference, or a slice that moves, is not written".to_owned(),
        ));
    }
    Ok(Expr::Atom(text.replace(',', ", ").replace(",  ", ", ")))
}

fn get(equation: &mut Equation<'_, '_>) -> Outcome {
    Ok(one(place(equation, 1)?))
}

/// Reads what was there if anybody wants it, then writes.
fn swap(equation: &mut Equation<'_, '_>) -> Outcome {
    let (place, stored) = (place(equation, 2)?, equation.operand(1)?);
    if let [old] = equation.program().outputs(equation.eqn) {
        let name = equation.writer.local(*old);
        equation
            .writer
            .push(Statement::Assign(Target::Name(name), place.clone()));
    }
    equation.writer.push(Statement::Store(flat(&place), stored));
    Ok(done())
}

fn addupdate(equation: &mut Equation<'_, '_>) -> Outcome {
    let (place, added) = (place(equation, 2)?, equation.operand(1)?);
    let sum = Expr::call("lax.add", [place.clone(), added]);
    equation.writer.push(Statement::Store(flat(&place), sum));
    Ok(done())
}

/// The statements stand already.
fn done() -> Given {
    Given {
        expr: Expr::atom("None"),
        shape: Shape::Absent,
    }
}

/// All that a reference holds.
fn content(reference: &str) -> Expr {
    Expr::Atom(format!("{reference}[...]"))
}

/// Nothing writes to it any more, so that reading it is all there is to do.
fn freeze(equation: &mut Equation<'_, '_>) -> Outcome {
    let reference = flat(&equation.operand(0)?);
    Ok(one(content(&reference)))
}

/// Something to write on.
fn blank(equation: &Equation<'_, '_>, output: usize) -> Result<Expr, Fault> {
    let shape = Expr::ints(equation.out_shape(output)?);
    Ok(Expr::call(
        "jnp.zeros",
        [shape, literal::dtype(equation.out_dtype(output)?)],
    ))
}

fn empty_ref(equation: &mut Equation<'_, '_>) -> Outcome {
    Ok(one(Expr::call(NEW_REF, [blank(equation, 0)?])))
}

/// References to these values, by name.
fn references(equation: &mut Equation<'_, '_>, values: Vec<Expr>) -> Vec<String> {
    let mut names = Vec::with_capacity(values.len());
    for value in values {
        let name = equation.writer.names.fresh("ref");
        let made = Expr::call(NEW_REF, [value]);
        equation
            .writer
            .push(Statement::Assign(Target::Name(name.clone()), made));
        names.push(name);
    }
    names
}

/// A call of the jaxpr, which gives nothing and works on references.
fn call_on(equation: &mut Equation<'_, '_>, wanted: &str, operands: Vec<Expr>) -> Result<Expr, Fault> {
    let jaxpr = equation.jaxpr(&["jaxpr"])?;
    let function = equation.writer.function(jaxpr, wanted, None)?;
    let operands = equation.writer.with_consts(jaxpr, false, operands)?;
    Ok(Expr::call(function, operands))
}

fn contents(references: &[String]) -> Given {
    match references {
        [reference] => one(content(reference)),
        references => sequence(Expr::Tuple(references.iter().map(|name| content(name)).collect())),
    }
}

/// The jaxpr works on references to the operands; what `is_initialized` leaves out starts blank.
fn run_state(equation: &mut Equation<'_, '_>) -> Outcome {
    let flags = equation.param("is_initialized").and_then(params::items);
    let given =
        |index: usize| flags.is_none_or(|flags| flags.get(index).and_then(params::boolean) == Some(true));
    let mut operands = equation.operands()?.into_iter();
    let mut values = Vec::new();
    for index in 0..equation.outputs() {
        let value = if given(index) { operands.next() } else { None };
        values.push(match value {
            Some(value) => value,
            None => blank(equation, index)?,
        });
    }
    let names = references(equation, values);
    let operands = names.iter().map(|name| Expr::atom(name.as_str())).collect();
    let call = call_on(equation, "state", operands)?;
    equation.writer.push(Statement::Expression(call));
    Ok(contents(&names))
}

/// The jaxpr takes the number of the step, and references to the operands.
fn for_loop(equation: &mut Equation<'_, '_>) -> Outcome {
    let (steps, reverse) = (equation.int("nsteps")?, equation.flag("reverse"));
    let values = equation.operands()?;
    let names = references(equation, values);
    let number = |number: i64| Expr::call("np.int32", [Expr::atom(number.to_string())]);
    let index = if reverse {
        Expr::call("lax.sub", [number(steps - 1), Expr::atom("index")])
    } else {
        Expr::atom("index")
    };
    let operands = names.iter().map(|name| Expr::atom(name.as_str()));
    let call = call_on(equation, "body", std::iter::once(index).chain(operands).collect())?;
    let step = equation.writer.names.fresh("step");
    let parameters = vec!["index".to_owned(), "carry".to_owned()];
    let body = vec![
        Statement::Expression(call),
        Statement::Return(Expr::atom("carry")),
    ];
    equation.writer.put_function(&step, parameters, body);
    let arguments = [
        number(0),
        number(steps),
        Expr::Atom(step),
        Expr::Tuple(Vec::new()),
    ];
    let call = Expr::call("lax.fori_loop", arguments);
    equation.writer.push(Statement::Expression(call));
    Ok(contents(&names))
}
