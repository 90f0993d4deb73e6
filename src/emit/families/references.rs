//! Mutable references.

use super::super::equation::{Equation, Outcome, one};
use super::super::fault::Fault;
use super::super::layout::flat;
use super::super::python::{Expr, Statement};
use super::super::writer::{Given, Shape};
use super::{Row, call, own};
use crate::ir::{IndexPart, ParamValue};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("addupdate", addupdate),
    call("freeze", "jax.freeze"),
    own("get", get),
    call("mutable_array", "jax.experimental.mutable_array"),
    call("new_ref", "jax.new_ref"),
    own("swap", swap),
];

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
        equation.writer.push(Statement::Assign(
            super::super::python::Target::Name(name),
            place.clone(),
        ));
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
