//! Why an operand is what breaks an equation: the zero that no mathematics made, the input that held a NaN.

use super::link::{Birth, Operand, Step};
use super::precision::Loss;
use super::report::Origin;
use super::upstream::Upstream;
use crate::interp::{Inputs, Tensor};
use crate::ir::{Atom, DType, EqnId, LiteralValue, Program, Type, ValueId};
use crate::schema::{Moves, moves};

/// Bits that a number must have to be worth something.
const FEW_BITS: f64 = 2.0;

/// A constant that guards an operand stands no further from it.
const NEAR: usize = 8;

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

/// What an infinity or NaN goes back to.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// An equation lost all digits of an operand that would not be zero, or negative, without rounding.
    Rounded(Loss),
    /// This equation adds a constant to an operand that its dtype rounds to 0.
    Vanished(EqnId),
    /// These gave it.
    Given(Vec<Giver>),
}

/// Who gave an infinity or NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giver {
    /// An input of the program.
    Input(ValueId),
    /// A constvar of the program.
    Constvar(ValueId),
    /// A literal in the text.
    Literal,
}

/// Finds causes in one program.
pub(crate) struct Causes<'p> {
    pub(super) program: &'p Program,
    upstream: Upstream<'p>,
}

impl<'p> Causes<'p> {
    /// Reads where the values of a program come from.
    pub(crate) fn new(program: &'p Program) -> Self {
        let upstream = Upstream::new(program);
        Self { program, upstream }
    }

    /// What there is to say about the beginning of an origin's chain, in a run on `inputs` that lost digits at `losses`.
    pub(crate) fn of(&self, origin: &Origin, inputs: &Inputs, losses: &[Loss]) -> Option<Cause> {
        let first = origin.chain.first()?;
        match first.birth {
            Birth::Given => self.of_given(first.eqn, inputs),
            Birth::Origin => self.of_operand(first, losses),
            Birth::Lost | Birth::Carried => None,
        }
    }

    /// Who gave an equation an infinity or NaN.
    pub(crate) fn of_given(&self, eqn: EqnId, inputs: &Inputs) -> Option<Cause> {
        let main = &self.program.blocks[self.program.main()];
        let holds = |values: &[ValueId], arrays: &[Tensor], value: ValueId| {
            let at = values.iter().position(|&known| known == value);
            at.and_then(|at| arrays.get(at))
                .is_some_and(|array| array.nonfinite() > 0)
        };
        let found = self.upstream.of(self.program.inputs(eqn), |_| false);
        let values = found.leaves.iter().filter_map(|atom| atom.value());
        let giver = |value| {
            if holds(&main.inputs, &inputs.inputs, value) {
                Some(Giver::Input(value))
            } else if holds(&main.consts, &inputs.consts, value) {
                Some(Giver::Constvar(value))
            } else {
                None
            }
        };
        let mut givers: Vec<Giver> = values.filter_map(giver).collect();
        if givers.is_empty() && found.leaves.iter().any(|&atom| is_bad(self.program, atom)) {
            givers.push(Giver::Literal);
        }
        (!givers.is_empty()).then_some(Cause::Given(givers))
    }

    /// What made an operand zero or negative, if rounding did.
    fn of_operand(&self, first: &Step, losses: &[Loss]) -> Option<Cause> {
        let low = |operand: &Operand| match operand {
            Operand::Element(value) => *value <= 0.0,
            Operand::Array(extent) => extent.min.is_some_and(|least| least <= 0.0),
        };
        let mut atoms = self.operands(first, low);
        if self.program.primitive(first.eqn) == "div" {
            // The zero that matters is the divisor.
            atoms.drain(..atoms.len().saturating_sub(1));
        }
        let lost = |eqn: EqnId| losses.iter().find(|loss| loss.eqn == eqn && loss.left < FEW_BITS);
        let eqns = self.upstream.of(&atoms, |eqn| lost(eqn).is_some()).eqns;
        if let Some(loss) = eqns.iter().find_map(|&eqn| lost(eqn)) {
            return Some(Cause::Rounded(loss.clone()));
        }
        let mut near = eqns.into_iter().take(NEAR);
        near.find(|&eqn| adds_zero(self.program, eqn))
            .map(Cause::Vanished)
    }

    /// Whether a zero operand of an equation is what a `select_n` gives for what it does not choose.
    pub(super) fn is_of_a_select(&self, step: &Step) -> bool {
        let zeros = self.operands(step, |operand| *operand == Operand::Element(0.0));
        let primitive = |eqn| self.program.primitive(eqn);
        let found = self.upstream.of(&zeros, |eqn| !keeps_zero(primitive(eqn)));
        found.eqns.iter().any(|&eqn| primitive(eqn) == "select_n")
    }

    /// Whether the divisor of a step is a number of elements of which something is true.
    pub(super) fn divides_by_count(&self, step: &Step) -> bool {
        let Some(&divisor) = self.program.inputs(step.eqn).get(1) else {
            return false;
        };
        let is_bool = |&atom: &Atom| {
            let ty = self.program.atom_type(atom);
            ty.and_then(Type::dtype) == Some(DType::Bool)
        };
        let counts = |eqn: EqnId| {
            self.program.primitive(eqn) == "convert_element_type"
                && self.program.inputs(eqn).iter().any(is_bool)
        };
        let adds = |eqn: EqnId| keeps_zero(self.program.primitive(eqn));
        let found = self.upstream.of(&[divisor], |eqn| counts(eqn) || !adds(eqn));
        found.eqns.iter().any(|&eqn| counts(eqn))
    }

    /// The operands of a step that held what is asked for.
    fn operands(&self, step: &Step, wanted: impl Fn(&Operand) -> bool) -> Vec<Atom> {
        let atoms = self.program.inputs(step.eqn).iter().zip(&step.operands);
        let atoms = atoms.filter(|(_, operand)| wanted(operand));
        atoms.map(|(&atom, _)| atom).collect()
    }
}

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

/// Whether a primitive keeps a zero which `select_n` made.
fn keeps_zero(primitive: &str) -> bool {
    matches!(moves(primitive), Some(Moves::Nowhere | Moves::Dimensions)) || LINEAR.contains(&primitive)
}

fn is_bad(program: &Program, atom: Atom) -> bool {
    let literal = atom.literal().map(|literal| program.literals[literal].value);
    literal
        .and_then(LiteralValue::as_f64)
        .is_some_and(|value| !value.is_finite())
}
