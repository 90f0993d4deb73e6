//! Goes over the equations of one block, and into the calls that matter, and notes what each variable holds.

use std::rc::Rc;

use super::Lifter;
use super::ask::Asked;
use super::nodes::{Home, Kind, NodeId};
use super::transfer::{Addends, Here, Operand, Row};
use super::value::Lift;
use super::{Lifted, decide};
use crate::analysis::{handed_over, rearrangement, transparent_body};
use crate::ir::{Atom, BlockId, DType, EqnId, Id as _, LiteralValue, ParamValue, Type, TypeId, ValueId};
use crate::schema::params::axes;
use crate::schema::{self, Purity};

/// Whether an equation stands in the block that is looked at, or is seen through a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Inside,
    Through,
}

/// Calls within calls within calls are looked into this far.
const DEPTH: u32 = 32;

/// What may yet be looked at through calls.
struct Reach {
    depth: u32,
    /// Bodies that are called twice by bodies that are called twice would double with each level.
    equations: usize,
}

impl Lifter<'_> {
    /// Lifts what gains by it in one block.
    pub(super) fn block(&mut self, block: BlockId, done: &mut Vec<Lifted>) {
        self.clear();
        self.held.resize(self.program.values.len(), None);
        self.asked.resize(self.program.values.len(), Asked::default());
        let found = &self.program.blocks[block];
        let (eqns, bound) = (found.eqns.clone(), [&found.consts[..], &found.inputs].concat());
        for value in bound {
            self.bind(value);
        }
        self.ask(block, &[]);
        let mut reach = Reach {
            depth: DEPTH,
            equations: 4 * eqns.len() + 10_000,
        };
        for (index, &eqn) in eqns.iter().enumerate() {
            self.position = index as u32 + 1;
            self.visit(eqn, Stand::Inside, &mut reach);
        }
        let wanted = decide::wanted(self, block);
        if !wanted.is_empty() {
            self.emit(block, &wanted, done);
        }
    }

    /// The expression that an operand is.
    pub(super) fn node(&mut self, atom: Atom) -> NodeId {
        match atom {
            Atom::Value(value) => match self.held[value.index()] {
                Some(node) => node,
                None => self.bind(value),
            },
            Atom::Literal(literal) => {
                let (value, ty) = (
                    self.program.literals[literal].value,
                    self.program.literals[literal].ty,
                );
                // Old releases print no type: the number takes that of the operands beside it.
                let is_float = match ty {
                    Some(ty) => self.program.types[ty].dtype().is_some_and(DType::is_float),
                    None => matches!(value, LiteralValue::Float(_)),
                };
                let ty = ty.unwrap_or_else(|| self.program.types.intern(Type::Untyped));
                match value.as_f64().filter(|_| is_float) {
                    Some(number) => self.nodes.intern(Kind::Number(number.to_bits()), ty),
                    None => self.nodes.intern(Kind::Bound(atom), ty),
                }
            }
        }
    }

    /// A variable into which nobody looks.
    fn bind(&mut self, value: ValueId) -> NodeId {
        let ty = self.program.values[value].ty;
        let node = self.nodes.intern(Kind::Bound(Atom::Value(value)), ty);
        self.held[value.index()] = Some(node);
        node
    }

    /// Notes what the outputs of an equation hold; `false` if it cannot be seen through a call.
    fn visit(&mut self, eqn: EqnId, stand: Stand, reach: &mut Reach) -> bool {
        let own_derivative = self.program.primitive(eqn).starts_with("custom_");
        let body = transparent_body(self.program, eqn).filter(|_| !own_derivative);
        if let Some(body) = body
            && self.is_looked_into(eqn, body, stand)
            && self.call(eqn, body, stand, reach)
        {
            return true;
        }
        let outputs = self.program.outputs(eqn).to_vec();
        if self.program.primitive(eqn) == "split" && self.sections(eqn, &outputs, stand).is_some() {
            return true;
        }
        if let [output] = outputs[..]
            && self.may_be_copied(eqn, stand)
        {
            self.equation(eqn, output, stand);
            return true;
        }
        if stand == Stand::Through {
            return false;
        }
        for output in outputs {
            let node = self.bind(output);
            self.lifts.remove(&output);
            let home = Home {
                atom: Atom::Value(output),
                position: self.position,
            };
            self.nodes.place(node, home);
        }
        true
    }

    /// Whether equal equations hold equal values, so that they may be taken for one another.
    fn may_be_copied(&self, eqn: EqnId, stand: Stand) -> bool {
        let primitive = self.program.eqns[eqn].primitive;
        let pure = self.pure.get(primitive.index()).copied().unwrap_or(false);
        // A call with a derivative of its own is copied as a whole.
        pure || (stand == Stand::Through
            && schema::primitive(self.program.primitive(eqn)).is_some_and(|row| row.purity == Purity::Bodies)
            && transparent_body(self.program, eqn).is_some())
    }

    fn is_looked_into(&self, eqn: EqnId, body: BlockId, stand: Stand) -> bool {
        let lifted = |atom: &Atom| atom.value().is_some_and(|value| self.lifts.contains_key(&value));
        stand == Stand::Through
            || self.exponentials.get(body.index()).copied().unwrap_or(false)
            || self.program.inputs(eqn).iter().any(lifted)
    }

    /// Looks at the body of a call as if it stood in the place of the call.
    fn call(&mut self, call: EqnId, body: BlockId, stand: Stand, reach: &mut Reach) -> bool {
        let block = self.program.blocks[body].clone();
        let (Some(depth), Some(equations)) = (
            reach.depth.checked_sub(1),
            reach.equations.checked_sub(block.eqns.len()),
        ) else {
            return false;
        };
        *reach = Reach { depth, equations };
        let outputs = self.program.outputs(call);
        let asked: Vec<Asked> = outputs.iter().map(|output| self.asked[output.index()]).collect();
        self.ask(body, &asked);
        for (&input, atom) in block.inputs.iter().zip(handed_over(self.program, call).to_vec()) {
            self.pass(atom, input);
        }
        let seen = block
            .eqns
            .iter()
            .all(|&eqn| self.visit(eqn, Stand::Through, reach));
        reach.depth += 1;
        if !seen {
            return false;
        }
        for (&output, &result) in self.program.outputs(call).to_vec().iter().zip(&block.outputs) {
            match stand {
                Stand::Through => self.pass(result, output),
                Stand::Inside => self.result(result, output),
            }
        }
        true
    }

    /// Lets a variable hold what an operand holds.
    fn pass(&mut self, from: Atom, to: ValueId) {
        let node = self.node(from);
        self.held[to.index()] = Some(node);
        let lift = from.value().and_then(|value| self.lifts.get(&value).cloned());
        match lift {
            Some(lift) => self.lifts.insert(to, lift),
            None => self.lifts.remove(&to),
        };
        if from.value().is_some_and(|value| self.changed.contains(&value)) {
            self.changed.insert(to);
        } else {
            self.changed.remove(&to);
        }
    }

    /// Notes what an output of a call holds: the call goes on computing it, unless something was won.
    fn result(&mut self, from: Atom, output: ValueId) {
        let node = self.node(from);
        let lift = from.value().and_then(|value| self.lifts.get(&value).cloned());
        let changed = from.value().is_some_and(|value| self.changed.contains(&value));
        let home = Home {
            atom: Atom::Value(output),
            position: self.position,
        };
        if changed || lift.is_some() {
            let bound = self.bind(output);
            self.nodes.place(bound, home);
            self.keep_addends(node, bound);
        } else {
            self.nodes.settle(node, home);
            self.held[output.index()] = Some(node);
        }
        match lift {
            Some(lift) => {
                self.lifts.insert(output, lift);
            }
            None => {
                self.lifts.remove(&output);
                if changed {
                    self.improved.insert(output, node);
                }
            }
        }
    }

    /// Notes what the output of an equation that may be copied holds.
    fn equation(&mut self, eqn: EqnId, output: ValueId, stand: Stand) {
        let atoms = self.program.inputs(eqn).to_vec();
        let ty = self.program.values[output].ty;
        let operands: Vec<Operand> = atoms
            .iter()
            .map(|&atom| Operand {
                node: self.node(atom),
                lift: atom.value().and_then(|value| self.lifts.get(&value).cloned()),
            })
            .collect();
        let node = self.expression(eqn, &operands, ty);
        let row = self
            .rows
            .get(self.program.eqns[eqn].primitive.index())
            .copied()
            .flatten();
        let lifted = operands.iter().any(|operand| operand.lift.is_some());
        let understood = operands.iter().all(|operand| self.is_understood(operand.node));
        let here = Here {
            eqn,
            node,
            ty,
            operands,
            asked: self.asked.get(output.index()).copied().unwrap_or_default(),
        };
        let row = row.filter(|row| understood && (row.is_comparison || self.is_real(ty)));
        let summed = here
            .operands
            .iter()
            .any(|operand| self.is_of_addends(operand.node));
        let follows =
            |row: &&'static Row| row.is_source || lifted || (summed && row.addends == Addends::Follows);
        let lift = row.filter(follows).and_then(|row| (row.transfer)(self, &here));
        if let Some(row) = row.filter(|_| summed) {
            self.note_each_addend(row, &here);
        }
        match stand {
            Stand::Inside => self.hold(output, node, lift),
            Stand::Through => {
                let changed = atoms
                    .iter()
                    .any(|atom| atom.value().is_some_and(|value| self.changed.contains(&value)));
                self.note_seen(output, node, lift, changed);
            }
        }
    }

    /// Notes what a variable of the block holds.
    pub(super) fn hold(&mut self, output: ValueId, node: NodeId, lift: Option<Lift>) {
        let home = Home {
            atom: Atom::Value(output),
            position: self.position,
        };
        self.nodes.settle(node, home);
        self.held[output.index()] = Some(node);
        self.note(output, lift);
    }

    fn note(&mut self, output: ValueId, lift: Option<Lift>) {
        match lift {
            Some(lift) if !lift.scale.is_zero() => {
                self.lifts.insert(output, Rc::new(lift));
            }
            Some(lift) if lift.merit.won => {
                self.improved.insert(output, lift.mant);
            }
            _ => {}
        }
    }

    /// Notes what a variable of a body holds: who reads it there reads what has been won.
    pub(super) fn note_seen(&mut self, output: ValueId, node: NodeId, lift: Option<Lift>, changed: bool) {
        self.lifts.remove(&output);
        let ty = self.program.values[output].ty;
        let better = lift.as_ref().and_then(|lift| self.better(lift, ty));
        if let Some(better) = better {
            self.keep_addends(node, better);
        }
        self.held[output.index()] = Some(better.unwrap_or(node));
        if changed || better.is_some() {
            self.changed.insert(output);
        } else {
            self.changed.remove(&output);
        }
        if let Some(lift) = lift.filter(|lift| !lift.scale.is_zero()) {
            self.lifts.insert(output, Rc::new(lift));
        }
    }

    /// What an equation computes from what its operands hold.
    fn expression(&mut self, eqn: EqnId, operands: &[Operand], ty: TypeId) -> NodeId {
        let mut inputs: Vec<NodeId> = operands.iter().map(|operand| operand.node).collect();
        self.give_types(&mut inputs, ty);
        let equation = self.program.eqns[eqn];
        if let [input] = inputs[..]
            && let Some(map) = rearrangement(self.program, eqn)
        {
            if let Kind::Number(_) = self.nodes.kind(input) {
                let map = vec![None; map.0.len()].into();
                return self.nodes.intern(Kind::View { base: input, map }, ty);
            }
            return self.view(input, &map.0, ty);
        }
        if let [input] = inputs[..]
            && self.program.primitive(eqn) == "reduce_max"
            && matches!(self.nodes.kind(input), Kind::View { .. })
            && let Some(axes) = axes(self.program, eqn)
            && let Some(maximum) = self.maximum_over(input, &axes, ty)
        {
            return maximum;
        }
        // Old releases print x¹ in the derivative of x².
        if let [input] = inputs[..]
            && self.program.primitive(eqn) == "integer_pow"
            && self.program.param(eqn, "y") == Some(&ParamValue::Int(1))
        {
            return input;
        }
        if let [input] = inputs[..]
            && self.program.primitive(eqn) == "convert_element_type"
            && let Some(number) = self.literal_number(input).filter(|_| self.is_real(ty))
        {
            let number = self.number(number, ty);
            return self.spread(number, ty);
        }
        // Numbers are equal however they are spread over an array, where the primitive does not look at shapes.
        let spreads = self
            .spreads
            .get(equation.primitive.index())
            .copied()
            .unwrap_or(false);
        let inputs = if spreads {
            self.operands_alike(equation.primitive, inputs, ty)
        } else {
            inputs.into()
        };
        self.nodes.intern(
            Kind::Op {
                primitive: equation.primitive,
                params: equation.params,
                inputs,
            },
            ty,
        )
    }

    /// Gives numbers that old releases print without a type that of the operands beside them, or of the result.
    fn give_types(&mut self, inputs: &mut [NodeId], ty: TypeId) {
        let types = inputs.iter().map(|&input| self.nodes.ty(input)).chain([ty]);
        let Some(real) = types.into_iter().find(|&ty| self.is_real(ty)) else {
            return;
        };
        for input in inputs {
            if let Kind::Number(bits) = *self.nodes.kind(*input)
                && self.array(self.nodes.ty(*input)).is_none()
            {
                *input = self.number(f64::from_bits(bits), real);
            }
        }
    }

    /// The number that an expression is, an integer as well.
    fn literal_number(&self, node: NodeId) -> Option<f64> {
        match self.nodes.kind(node) {
            Kind::Bound(Atom::Literal(literal)) => self.program.literals[*literal].value.as_f64(),
            _ => self.as_number(node),
        }
    }

    /// Whether a type is one of numbers that exponentials are taken of.
    pub(super) fn is_real(&self, ty: crate::ir::TypeId) -> bool {
        self.array(ty).is_some_and(|array| array.dtype.is_arithmetic())
    }
}
