//! Why an operand is what breaks an equation: the zero that no mathematics made, the input that held a NaN.

use super::Dump;
use crate::interp::{Case, Data, Tensor};
use crate::ir::{Atom, DType, EqnId, LiteralValue, Program, ValueId};
use crate::schema::{Moves, moves};
use crate::trace::{Birth, Loss, Operand, Origin, Step, spelled};

/// Bits that a number must have to be worth something.
const FEW_BITS: f64 = 2.0;

/// What made the operand of an origin zero or negative, if rounding did: one line.
fn of_operand(dump: &Dump<'_>, origin: &Origin, losses: &[Loss]) -> Option<String> {
    let first = origin.chain.first().filter(|step| step.birth == Birth::Origin)?;
    let low = |operand: &Operand| match operand {
        Operand::Element(value) => *value <= 0.0,
        Operand::Array(extent) => extent.min.is_some_and(|least| least <= 0.0),
    };
    let atoms = dump.program.inputs(first.eqn).iter().zip(&first.operands);
    let atoms = atoms.filter(|(_, operand)| low(operand)).map(|(&atom, _)| atom);
    let mut atoms: Vec<Atom> = atoms.collect();
    if dump.program.primitive(first.eqn) == "div" {
        // The zero that matters is the divisor.
        atoms.drain(..atoms.len().saturating_sub(1));
    }
    let lost = |eqn: EqnId| losses.iter().find(|loss| loss.eqn == eqn && loss.left < FEW_BITS);
    let eqns = dump.upstream.of(&atoms, |eqn| lost(eqn).is_some()).eqns;
    if let Some(loss) = eqns.iter().find_map(|&eqn| lost(eqn)) {
        let operands: Vec<String> = loss.operands.iter().map(Operand::to_string).collect();
        return Some(format!(
            "rounding: {} of {} gave {}, and without rounding {}",
            dump.placed(loss.eqn),
            operands.join(" and "),
            spelled(loss.value),
            spelled(loss.exact)
        ));
    }
    let vanished = eqns
        .iter()
        .copied()
        .take(NEAR)
        .find(|&eqn| adds_zero(dump.program, eqn))?;
    Some(format!(
        "{} adds a constant that its dtype rounds to 0",
        dump.placed(vanished)
    ))
}

/// A constant that guards an operand stands no further from it.
const NEAR: usize = 8;

/// An epsilon that vanished: nobody adds 0 to a half on purpose.
fn adds_zero(program: &Program, eqn: EqnId) -> bool {
    let zero = |atom: &Atom| {
        let literal = atom.literal().map(|literal| program.literals[literal].value);
        literal.and_then(LiteralValue::as_f64) == Some(0.0)
    };
    let output = program.outputs(eqn).first();
    let dtype = output.and_then(|&value| program.type_of(value).dtype());
    program.primitive(eqn) == "add" && dtype == Some(DType::Float16) && program.inputs(eqn).iter().any(zero)
}

/// Primitives that keep a zero which `select_n` made, beside those that move whole arrays.
const LINEAR: &[&str] = &[
    "add_any",
    "convert_element_type",
    "dot_general",
    "mul",
    "neg",
    "pad",
    "reduce_sum",
];

/// Whether a primitive keeps a zero which `select_n` made.
fn keeps_zero(primitive: &str) -> bool {
    matches!(moves(primitive), Some(Moves::Nowhere | Moves::Dimensions)) || LINEAR.contains(&primitive)
}

/// Whether a zero operand of an equation is what a `select_n` gives for what it does not choose.
pub(super) fn is_of_a_select(dump: &Dump<'_>, step: &Step) -> bool {
    let program = dump.program;
    let atoms = program.inputs(step.eqn).iter().zip(&step.operands);
    let zeros: Vec<Atom> = atoms
        .filter(|(_, operand)| **operand == Operand::Element(0.0))
        .map(|(&atom, _)| atom)
        .collect();
    let found = dump
        .upstream
        .of(&zeros, |eqn| !keeps_zero(program.primitive(eqn)));
    found.eqns.iter().any(|&eqn| program.primitive(eqn) == "select_n")
}

/// What there is to say about the beginning of an origin's chain.
pub(super) fn of(dump: &Dump<'_>, origin: &Origin, case: &Case, losses: &[Loss]) -> Option<String> {
    let first = origin.chain.first()?;
    match first.birth {
        Birth::Given => of_given(dump, first.eqn, case),
        _ => of_operand(dump, origin, losses),
    }
}

/// Who gave an infinity or NaN: inputs and constvars by name, or the text.
pub(super) fn of_given(dump: &Dump<'_>, eqn: EqnId, case: &Case) -> Option<String> {
    let main = &dump.program.blocks[dump.program.main()];
    let holds = |values: &[ValueId], arrays: &[Tensor], value: ValueId| {
        let at = values.iter().position(|&known| known == value);
        at.and_then(|at| arrays.get(at)).is_some_and(has_bad)
    };
    let found = dump.upstream.of(dump.program.inputs(eqn), |_| false);
    let mut givers = Vec::new();
    for value in found.leaves.iter().filter_map(|atom| atom.value()) {
        let what = if holds(&main.inputs, &case.inputs.inputs, value) {
            "input"
        } else if holds(&main.consts, &case.inputs.consts, value) {
            "constvar"
        } else {
            continue;
        };
        givers.push(format!("{what} `{}`", dump.program.name(value)));
    }
    if givers.is_empty() && found.leaves.iter().any(|&atom| is_bad(dump.program, atom)) {
        givers.push("a literal of the program".to_owned());
    }
    (!givers.is_empty()).then(|| format!("given by {}", givers.join(", ")))
}

fn is_bad(program: &Program, atom: Atom) -> bool {
    let literal = atom.literal().map(|literal| program.literals[literal].value);
    literal
        .and_then(LiteralValue::as_f64)
        .is_some_and(|value| !value.is_finite())
}

fn has_bad(tensor: &Tensor) -> bool {
    match tensor.data() {
        Data::Float(items) => items.iter().any(|item| !item.is_finite()),
        Data::Complex(items) => items.iter().any(|item| !item.is_finite()),
        _ => false,
    }
}
