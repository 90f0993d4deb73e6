//! Jaxprs laid out for running: a slot for each variable, a row for each equation, and who reads a value last.

use rustc_hash::FxHashMap;

use super::checks::layout;
use super::families::{Row, row};
use super::fault::{EvalError, Unsupported};
use super::machine::constant;
use super::real::Real;
use super::tensor::{Data, Tensor};
use crate::ir::{Atom, BlockId, DType, EqnId, LiteralId, Program, Type, ValueId};

/// A jaxpr, as the machine runs it. The first slots are those of the constvars, then come those of the inputs.
pub(super) struct Plan<R: 'static> {
    pub(super) slots: usize,
    pub(super) steps: Vec<Step<R>>,
    pub(super) outputs: Vec<Operand<R>>,
}

/// One equation.
pub(super) struct Step<R: 'static> {
    pub(super) eqn: EqnId,
    pub(super) row: &'static Row<R>,
    pub(super) operands: Vec<Operand<R>>,
    pub(super) outputs: Vec<Output>,
}

/// What an equation or a jaxpr takes.
pub(super) enum Operand<R> {
    /// The value of a variable, which nobody reads after this if it is the last.
    Variable {
        value: ValueId,
        slot: usize,
        is_last: bool,
    },
    /// A literal.
    Literal(Tensor<R>),
}

/// What an equation gives.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) value: ValueId,
    pub(super) slot: usize,
    pub(super) is_read: bool,
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    pub(super) kind: Kind,
}

/// What kind of values a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Numbers,
    Keys,
    Reference,
}

impl Kind {
    pub(super) fn of_type(ty: &Type) -> Self {
        match ty {
            Type::Key { .. } => Self::Keys,
            Type::Reference { .. } => Self::Reference,
            _ => Self::Numbers,
        }
    }

    pub(super) fn of<R>(data: &Data<R>) -> Self {
        match data {
            Data::Key(_) => Self::Keys,
            Data::Reference(_) => Self::Reference,
            _ => Self::Numbers,
        }
    }
}

impl Output {
    /// Whether a value is of the type that the binder says.
    pub(super) fn fits<R: Real>(&self, tensor: &Tensor<R>) -> bool {
        self.dtype == tensor.dtype && self.shape == tensor.shape && self.kind == Kind::of(tensor.data())
    }
}

impl<R: Real> Plan<R> {
    pub(super) fn of(program: &Program, block: BlockId) -> Result<Self, EvalError> {
        let code = &program.blocks[block];
        let eqns = || code.eqns.iter().copied();
        let bound = code.consts.iter().chain(&code.inputs);
        let bound = bound.chain(eqns().flat_map(|eqn| program.outputs(eqn)));
        let mut slots: FxHashMap<ValueId, usize> = FxHashMap::default();
        let mut count = 0;
        for &value in bound {
            slots.insert(value, count);
            count += 1;
        }
        let mut read = vec![false; count];
        // From the end on, the first reader that is met is the last one.
        let mut operands = |atoms: &[Atom]| {
            let found = atoms
                .iter()
                .rev()
                .map(|&atom| operand(program, atom, &slots, &mut read));
            let mut found = found.collect::<Result<Vec<_>, _>>()?;
            found.reverse();
            Ok::<_, EvalError>(found)
        };
        let outputs = operands(&code.outputs)?;
        let mut taken = Vec::with_capacity(code.eqns.len());
        for eqn in eqns().rev() {
            taken.push(operands(program.inputs(eqn))?);
        }
        let mut steps = Vec::with_capacity(code.eqns.len());
        for (eqn, operands) in eqns().zip(taken.into_iter().rev()) {
            let given = program.outputs(eqn).iter();
            let outputs = given.map(|&value| output(program, value, slots[&value], &read));
            steps.push(Step {
                eqn,
                row: row(program.primitive(eqn)).ok_or_else(|| unsupported(program, eqn))?,
                operands,
                outputs: outputs.collect::<Result<_, _>>()?,
            });
        }
        Ok(Self {
            slots: count,
            steps,
            outputs,
        })
    }
}

fn unsupported(program: &Program, eqn: EqnId) -> EvalError {
    let primitive = program.primitive(eqn).to_owned();
    EvalError::Unsupported(vec![Unsupported { primitive, eqn }])
}

/// The error of a value that is not there.
pub(super) fn missing(name: String) -> EvalError {
    EvalError::Type {
        name,
        ty: Type::Untyped,
    }
}

fn operand<R: Real>(
    program: &Program,
    atom: Atom,
    slots: &FxHashMap<ValueId, usize>,
    read: &mut [bool],
) -> Result<Operand<R>, EvalError> {
    match atom {
        Atom::Value(value) => {
            let slot = *slots.get(&value).ok_or_else(|| missing(program.name(value)))?;
            let is_last = !std::mem::replace(&mut read[slot], true);
            Ok(Operand::Variable { value, slot, is_last })
        }
        Atom::Literal(literal) => literal_value(program, literal).map(Operand::Literal),
    }
}

fn literal_value<R: Real>(program: &Program, literal: LiteralId) -> Result<Tensor<R>, EvalError> {
    let literal = &program.literals[literal];
    let dtype = literal.ty.and_then(|ty| program.types[ty].dtype());
    let text = || program.symbols.text(literal.text).to_owned();
    // The one value of `float0`, which old releases print without a type.
    if dtype.is_none_or(|dtype| dtype == DType::Float0) && text().starts_with("(b''") {
        return Ok(Tensor::filled(DType::Float0, &[], 0.0));
    }
    constant(literal.value, dtype).ok_or_else(|| missing(text()))
}

fn output(program: &Program, value: ValueId, slot: usize, read: &[bool]) -> Result<Output, EvalError> {
    let ty = program.type_of(value);
    let (dtype, shape) = layout(ty).ok_or_else(|| EvalError::Type {
        name: program.name(value),
        ty: ty.clone(),
    })?;
    Ok(Output {
        value,
        slot,
        is_read: read[slot],
        dtype,
        shape,
        kind: Kind::of_type(ty),
    })
}
