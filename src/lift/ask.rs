//! What is asked of the size of values: a logarithm or a quotient tells 1e-300 from 0, a sum does not.

use std::ops::BitOr;

use super::Lifter;
use super::loops::pairs;
use crate::analysis::transparent_body;
use crate::ir::{Atom, BlockId, EqnId, Id as _, ParamValue, Program};

/// What the readers of a value ask of its size: the relative one, or, if nothing is set, the absolute one of an exponent,
/// an addend or a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// However small it is: something is divided by it, or a logarithm is taken of it.
    pub(super) small: bool,
    /// However large it is: a logarithm is taken of it, perhaps with a number added, below which nothing is told apart.
    pub(super) large: bool,
}

impl Asked {
    const LOGARITHM: Self = Self {
        small: true,
        large: true,
    };
    const DIVISOR: Self = Self {
        small: true,
        large: false,
    };

    /// Whether it is the relative size, at either end.
    pub(super) fn is_relative(self) -> bool {
        self.small || self.large
    }
}

impl BitOr for Asked {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            small: self.small || other.small,
            large: self.large || other.large,
        }
    }
}

impl Lifter<'_> {
    /// Goes back over a block from its results, of which the size is asked that `of_results` says.
    pub(super) fn ask(&mut self, block: BlockId, of_results: &[Asked]) {
        let Self { program, asked, .. } = self;
        let block = &program.blocks[block];
        let outputs = block.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
        for value in outputs.chain(&block.inputs) {
            asked[value.index()] = Asked::default();
        }
        for (result, &of_result) in block.outputs.iter().zip(of_results) {
            if let Some(value) = result.value() {
                asked[value.index()] = asked[value.index()] | of_result;
            }
        }
        for &eqn in block.eqns.iter().rev() {
            let row = self.rows.get(program.eqns[eqn].primitive.index());
            let passes = row.is_some_and(Option::is_some);
            let outputs = program.outputs(eqn).iter().map(|output| asked[output.index()]);
            let of_outputs = outputs.fold(Asked::default(), Asked::bitor);
            let body = transparent_body(program, eqn);
            let divides_inside = body.is_some_and(|body| self.dividing.get(body.index()) == Some(&true));
            for (index, atom) in program.inputs(eqn).iter().enumerate() {
                let Some(value) = atom.value() else { continue };
                let passed = match body {
                    Some(_) if divides_inside => Asked::LOGARITHM,
                    Some(_) => of_outputs,
                    None if passes => passed_on(program, eqn, index, of_outputs),
                    None => Asked::default(),
                };
                let of_operand = passed | asked_by(program, eqn, index);
                asked[value.index()] = asked[value.index()] | of_operand;
            }
        }
    }
}

/// For each block whether it takes logarithms or divides, itself or in calls that can be looked into.
pub(super) fn dividing_blocks(program: &Program) -> Vec<bool> {
    let mut found = vec![false; program.blocks.len()];
    for &block in crate::analysis::Calls::of(program).inner_first() {
        found[block.index()] = program.blocks[block].eqns.iter().any(|&eqn| {
            (0..program.inputs(eqn).len()).any(|index| asked_by(program, eqn, index).is_relative())
                || transparent_body(program, eqn).is_some_and(|body| found[body.index()])
        });
    }
    found
}

/// What an equation itself asks of an operand.
fn asked_by(program: &Program, eqn: EqnId, operand: usize) -> Asked {
    match program.primitive(eqn) {
        "log" | "log2" | pairs::SCALE | pairs::MANTISSA => Asked::LOGARITHM,
        "log1p" => Asked {
            small: false,
            large: true,
        },
        "rsqrt" => Asked::DIVISOR,
        "div" if operand == 1 => Asked::DIVISOR,
        "integer_pow" if matches!(program.param(eqn, "y"), Some(&ParamValue::Int(y)) if y < 0) => {
            Asked::DIVISOR
        }
        _ => Asked::default(),
    }
}

/// What is asked of an operand because `asked` is asked of a result: of an exponent the absolute size decides, and of what
/// a number is added to nothing below that number, as the epsilon of a norm.
fn passed_on(program: &Program, eqn: EqnId, operand: usize, asked: Asked) -> Asked {
    let is_number = |&atom: &Atom| is_nonzero_number(program, atom);
    match program.primitive(eqn) {
        "exp" | "exp2" | "logistic" => Asked::default(),
        "pow" if operand == 1 => Asked::default(),
        "add" | "add_any" | "sub" if program.inputs(eqn).iter().any(is_number) => Asked {
            small: false,
            ..asked
        },
        _ => asked,
    }
}

fn is_nonzero_number(program: &Program, atom: Atom) -> bool {
    let number = |literal| program.literals[literal].value.as_f64();
    atom.literal()
        .and_then(number)
        .is_some_and(|number| number != 0.0)
}
