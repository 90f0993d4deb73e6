//! What a program does with its inputs, as far as it says what values make sense for them.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::interp::{Implementation, layout};
use crate::ir::{Atom, EqnId, Program, Type, ValueId};
use crate::schema::{Port, bodies, moves};

/// What values of an input make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Any numbers.
    Any,
    /// Numbers whose logarithm is taken.
    Probability,
    /// Symmetric matrices with positive eigenvalues.
    PositiveDefinite,
    /// Places from 0 up to, and without, this one.
    Index(usize),
    /// Seeds, counts and whatever else is an integer.
    Count,
    /// PRNG keys.
    Key(Implementation),
    /// Truth values.
    Truth,
}

/// Where each value is an operand, in all jaxprs.
pub(super) struct Uses<'p> {
    program: &'p Program,
    operands: FxHashMap<ValueId, Vec<(EqnId, usize)>>,
}

impl<'p> Uses<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let mut operands: FxHashMap<ValueId, Vec<(EqnId, usize)>> = FxHashMap::default();
        for (_, block) in program.blocks.iter() {
            for &eqn in &block.eqns {
                for (index, atom) in program.inputs(eqn).iter().enumerate() {
                    if let Atom::Value(value) = atom {
                        operands.entry(*value).or_default().push((eqn, index));
                    }
                }
            }
        }
        Self { program, operands }
    }

    /// The role of an input or a constvar.
    pub(super) fn role(&self, input: ValueId) -> Role {
        let ty = self.program.type_of(input);
        let Some((dtype, _)) = layout(ty) else {
            return Role::Any;
        };
        let strongest = || self.reached(input).into_iter().reduce(stronger);
        match ty {
            Type::Key { implementation, .. } => {
                Implementation::from_name(implementation).map_or(Role::Any, Role::Key)
            }
            _ if dtype.is_integer() => strongest().unwrap_or(Role::Count),
            _ if dtype.is_float() || dtype.is_complex() => strongest().unwrap_or(Role::Any),
            _ => Role::Truth,
        }
    }

    /// The roles that a value plays in the equations that it, or what is as good as it, is an operand of.
    fn reached(&self, input: ValueId) -> Vec<Role> {
        let (mut found, mut seen, mut waiting) = (Vec::new(), FxHashSet::default(), vec![input]);
        while let Some(value) = waiting.pop() {
            if !seen.insert(value) {
                continue;
            }
            for &(eqn, index) in self.operands.get(&value).into_iter().flatten() {
                found.extend(self.played(eqn, index));
                if self.hands_on(eqn) {
                    waiting.extend(self.program.outputs(eqn));
                }
                for body in bodies(self.program, eqn).unwrap_or_default() {
                    let ports = body.inputs.iter().zip(&self.program.blocks[body.block].inputs);
                    let takes =
                        |port: &Port| matches!(port, Port::Whole(at) | Port::Row(at, _) if *at == index);
                    waiting.extend(ports.filter(|(port, _)| takes(port)).map(|(_, &inner)| inner));
                }
            }
        }
        found
    }

    fn played(&self, eqn: EqnId, index: usize) -> Option<Role> {
        let shape = |operand: usize| {
            let value = self.program.inputs(eqn).get(operand)?.value()?;
            layout(self.program.type_of(value)).map(|(_, shape)| shape)
        };
        let smallest = |shape: Vec<usize>| shape.into_iter().filter(|&size| size > 1).min().unwrap_or(1);
        match (self.program.primitive(eqn), index) {
            ("log" | "log2", 0) => Some(Role::Probability),
            ("cholesky", 0) => Some(Role::PositiveDefinite),
            ("gather" | "scatter" | "scatter-add" | "scatter-mul" | "scatter-min" | "scatter-max", 1) => {
                shape(0).map(|shape| Role::Index(smallest(shape)))
            }
            ("dynamic_slice", 1..) => {
                shape(0).map(|shape| Role::Index(shape.get(index - 1).copied().unwrap_or(1)))
            }
            ("dynamic_update_slice", 2..) => {
                shape(0).map(|shape| Role::Index(shape.get(index - 2).copied().unwrap_or(1)))
            }
            ("cond", 0) => {
                let branches = self.program.param(eqn, "branches")?.jaxprs().len();
                Some(Role::Index(branches))
            }
            _ => None,
        }
    }

    /// Whether the outputs of an equation play the part of its operands: views, conversions, and all arithmetic
    /// on integers, which for indices is a correction of negative ones.
    fn hands_on(&self, eqn: EqnId) -> bool {
        let primitive = self.program.primitive(eqn);
        let moves = moves(primitive).is_some()
            || matches!(
                primitive,
                "convert_element_type" | "stop_gradient" | "concatenate"
            );
        let integers = || {
            let outputs = self.program.outputs(eqn).iter();
            let mut types = outputs.map(|&value| layout(self.program.type_of(value)));
            types.all(|layout| layout.is_some_and(|(dtype, _)| dtype.is_integer()))
        };
        moves || integers()
    }
}

/// The role that leaves fewer values.
fn stronger(known: Role, role: Role) -> Role {
    match (known, role) {
        (Role::Index(a), Role::Index(b)) => Role::Index(a.min(b)),
        (Role::Index(_) | Role::PositiveDefinite, _) => known,
        (_, role) => role,
    }
}
