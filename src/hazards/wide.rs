//! The same program in doubles: what it would compute if its dtypes were wider.

use crate::interp::{Data, Inputs, Tensor};
use crate::ir::{Atom, DType, LiteralId, Program, Type, TypeId};

/// The program with every float of fewer bits replaced by a double.
pub(super) fn widened(program: &Program) -> Program {
    let mut wide = program.clone();
    let values: Vec<_> = wide.values.ids().collect();
    for value in values {
        wide.values[value].ty = widened_type(&mut wide, program.values[value].ty);
    }
    for at in 0..wide.operands.len() {
        wide.operands[at] = widened_atom(&mut wide, program.operands[at]);
    }
    let blocks: Vec<_> = wide.blocks.ids().collect();
    for block in blocks {
        for at in 0..wide.blocks[block].outputs.len() {
            let atom = program.blocks[block].outputs[at];
            wide.blocks[block].outputs[at] = widened_atom(&mut wide, atom);
        }
    }
    wide
}

fn is_narrow(dtype: DType) -> bool {
    dtype.is_arithmetic() && dtype != DType::Float64
}

fn widened_type(program: &mut Program, ty: TypeId) -> TypeId {
    let mut wide = program.types[ty].clone();
    match &mut wide {
        Type::Array(array) if is_narrow(array.dtype) => array.dtype = DType::Float64,
        _ => return ty,
    }
    program.types.intern(wide)
}

fn widened_atom(program: &mut Program, atom: Atom) -> Atom {
    match atom {
        Atom::Literal(literal) => Atom::Literal(widened_literal(program, literal)),
        Atom::Value(_) => atom,
    }
}

fn widened_literal(program: &mut Program, literal: LiteralId) -> LiteralId {
    let mut wide = program.literals[literal].clone();
    wide.ty = wide.ty.map(|ty| widened_type(program, ty));
    program.literals.intern(wide)
}

/// The same numbers for the wide program.
pub(super) fn widened_inputs(inputs: &Inputs) -> Inputs {
    Inputs {
        inputs: inputs.inputs.iter().map(widened_tensor).collect(),
        ..Inputs::default()
    }
}

fn widened_tensor(tensor: &Tensor) -> Tensor {
    match tensor.data() {
        Data::Float(items) if is_narrow(tensor.dtype) => {
            Tensor::from_floats(DType::Float64, &tensor.shape, items.iter().copied())
        }
        _ => tensor.clone(),
    }
}
