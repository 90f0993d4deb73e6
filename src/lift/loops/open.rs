//! Puts two halves in the place of values that go through loops: `c` becomes `m·exp(s)` on both sides.
//!
//! The program stays what it was, over the real numbers; what is gained is left to the lifting.

use rustc_hash::FxHashSet;

use super::Opened;
use super::knowledge::{LoopScale, Producer};
use super::pairs::{Halves, MANTISSA, Mantissa, SCALE};
use super::slots::{Loop, Place, Slot};
use crate::analysis::Definitions;
use crate::edit::{Builder, CannotBuild, Memo, Uses, copy, reads, sweep};
use crate::ir::{
    ArrayType, Atom, BlockId, Dim, EqnId, JaxprRef, ParamValue, Params, Program, Type, TypeId, ValueId,
    VarName,
};
use crate::lift::calls::inline_residuals;
use crate::schema::Version;

/// Opens loops of one program.
pub(super) struct Opener<'a> {
    pub(super) program: &'a mut Program,
    pub(super) memo: Memo,
    pub(super) version: Version,
    pub(super) opened: &'a mut Opened,
    /// What defines each variable, once that was asked for.
    pub(super) definitions: Option<Definitions>,
    /// Jaxprs that several equations refer to.
    pub(super) shared: FxHashSet<BlockId>,
}

/// A value that is held in halves.
struct Open {
    slot: usize,
    place: Place,
    halves: Halves,
}

impl Opener<'_> {
    /// Opens the loops of one block.
    pub(super) fn block(&mut self, block: BlockId) -> Result<(), CannotBuild> {
        let old = self.program.blocks[block].eqns.clone();
        if !old.iter().any(|&eqn| self.opened.has_slots(eqn)) {
            return Ok(());
        }
        // What nobody reads would be all that reads a value as it is.
        let mut uses = Uses::default();
        sweep(self.program, block, &[], &mut uses);
        let old = self.program.blocks[block].eqns.clone();
        let mut order = Vec::with_capacity(old.len() + 16);
        for eqn in old {
            match Loop::read(self.program, eqn).filter(|_| self.opened.has_slots(eqn)) {
                Some(shape) => {
                    let shape = self.own(eqn, shape);
                    self.open(block, eqn, &shape, &mut order)?;
                }
                None => order.push(eqn),
            }
        }
        self.program.blocks[block].eqns = order;
        Ok(())
    }

    /// Gives a loop jaxprs of its own in the place of those that it shares.
    fn own(&mut self, eqn: EqnId, shape: Loop) -> Loop {
        let mut own = shape;
        let condition = own.condition.as_mut();
        for block in std::iter::once(&mut own.body).chain(condition) {
            if !self.shared.contains(block) {
                continue;
            }
            let copied = copy(self.program, *block);
            let mut params = self.program.params[self.program.eqns[eqn].params].clone();
            for (_, value) in &mut params.0 {
                if matches!(value, ParamValue::Jaxpr(jaxpr) if jaxpr.block() == *block) {
                    *value = ParamValue::Jaxpr(JaxprRef::Inline(copied));
                }
            }
            self.program.eqns[eqn].params = self.program.params.intern(params);
            *block = copied;
        }
        own
    }

    fn open(
        &mut self,
        block: BlockId,
        eqn: EqnId,
        shape: &Loop,
        order: &mut Vec<EqnId>,
    ) -> Result<(), CannotBuild> {
        let counts = self.operands(eqn, shape, order)?;
        self.body(eqn, shape)?;
        if let Some(condition) = shape.condition {
            self.condition(eqn, shape, condition)?;
        }
        order.push(eqn);
        self.results(block, eqn, shape, order)?;
        self.count(eqn, shape, counts);
        Ok(())
    }

    fn of(&self, eqn: EqnId, place: Place) -> Option<Open> {
        let (slot, halves) = self.opened.slot(Slot { eqn, place })?;
        Some(Open {
            slot,
            place,
            halves: halves.clone(),
        })
    }

    /// Splits operands of the loop; how many constants, carries and rows it then has.
    fn operands(
        &mut self,
        eqn: EqnId,
        shape: &Loop,
        order: &mut Vec<EqnId>,
    ) -> Result<[usize; 3], CannotBuild> {
        let old = self.program.inputs(eqn).to_vec();
        let mut new = old[..shape.before].to_vec();
        let mut counts = [0; 3];
        for (index, &atom) in old[shape.before..].iter().enumerate() {
            let place = shape.input_place(index);
            let atoms = match self.of(eqn, place) {
                Some(mut open) => {
                    let leading = usize::from(matches!(place, Place::Row(_)));
                    open.halves.axes.iter_mut().for_each(|axis| *axis += leading);
                    let inside = self.program.blocks[shape.body].inputs[index];
                    let ty = self.type_of(atom, inside);
                    self.split(&open, (atom, ty), place, leading, order)?
                }
                None => vec![atom],
            };
            let kind = match place {
                Place::Const(_) => 0,
                Place::Carry(_) => 1,
                _ => 2,
            };
            counts[kind] += atoms.len();
            new.extend(atoms);
        }
        self.program.set_inputs(eqn, &new);
        Ok(counts)
    }

    /// Lets the body join the halves that it is given, and split what it hands on.
    fn body(&mut self, eqn: EqnId, shape: &Loop) -> Result<(), CannotBuild> {
        inline_residuals(self.program, &mut self.definitions, shape.body);
        sweep(self.program, shape.body, &[], &mut Uses::default());
        let old = self.program.blocks[shape.body].clone();
        let read = reads(self.program, shape.body);
        let (mut inputs, mut eqns, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (index, &input) in old.inputs.iter().enumerate() {
            match self.of(eqn, shape.input_place(index)) {
                Some(open) => {
                    let ty = self.program.values[input].ty;
                    let halves = self.halves(&open, ty, false)?;
                    inputs.extend(&halves);
                    self.join(&open, &halves, input, [read.contains(&input), false], &mut eqns)?;
                }
                None => inputs.push(input),
            }
        }
        eqns.extend(&old.eqns);
        for (index, &output) in old.outputs.iter().enumerate() {
            let place = shape.output_place(index);
            match self.of(eqn, place) {
                Some(open) => {
                    let outside = self.program.outputs(eqn)[index];
                    let ty = self.type_of(output, outside);
                    outputs.extend(self.split(&open, (output, ty), place, 0, &mut eqns)?);
                }
                None => outputs.push(output),
            }
        }
        let body = &mut self.program.blocks[shape.body];
        (body.inputs, body.eqns, body.outputs) = (inputs, eqns, outputs);
        Ok(())
    }

    /// The condition is given the halves, and reads none of them.
    fn condition(&mut self, eqn: EqnId, shape: &Loop, condition: BlockId) -> Result<(), CannotBuild> {
        let old = self.program.blocks[condition].inputs.clone();
        let before = old.len() - shape.carry;
        let mut inputs = old[..before].to_vec();
        for (index, &input) in old[before..].iter().enumerate() {
            match self.of(eqn, Place::Carry(index)) {
                Some(open) => inputs.extend(self.halves(&open, self.program.values[input].ty, false)?),
                None => inputs.push(input),
            }
        }
        self.program.blocks[condition].inputs = inputs;
        Ok(())
    }

    /// Joins the halves of results of the loop where they are read.
    fn results(
        &mut self,
        block: BlockId,
        eqn: EqnId,
        shape: &Loop,
        order: &mut Vec<EqnId>,
    ) -> Result<(), CannotBuild> {
        let read = reads(self.program, block);
        let old = self.program.outputs(eqn).to_vec();
        let mut new = Vec::new();
        for (index, &output) in old.iter().enumerate() {
            let place = shape.output_place(index);
            match self.of(eqn, place) {
                Some(mut open) => {
                    if let Place::Stacked(_) = place {
                        open.halves.axes.iter_mut().for_each(|axis| *axis += 1);
                    }
                    let halves = self.halves(&open, self.program.values[output].ty, true)?;
                    new.extend(&halves);
                    self.join(&open, &halves, output, [read.contains(&output), true], order)?;
                }
                None => new.push(output),
            }
        }
        self.program.set_outputs(eqn, &new);
        Ok(())
    }

    /// The type of the scale of a value.
    fn scale_type(&mut self, halves: &Halves, ty: TypeId) -> Result<TypeId, CannotBuild> {
        let array = self.program.types[ty].as_array().ok_or(CannotBuild::Argument)?;
        let shape = array.shape.iter().enumerate();
        let shape: Vec<Dim> = shape
            .filter(|(dim, _)| !halves.axes.contains(dim))
            .map(|(_, dim)| dim.clone())
            .collect();
        let array = ArrayType {
            shape: shape.into(),
            ..array.clone()
        };
        Ok(self.program.types.intern(Type::Array(array)))
    }

    /// New variables for the halves of a value: the mantissa, if there is one, and the scale.
    fn halves(&mut self, open: &Open, ty: TypeId, is_result: bool) -> Result<Vec<ValueId>, CannotBuild> {
        let scale = self.scale_type(&open.halves, ty)?;
        let mut halves = Vec::new();
        if open.halves.mantissa != Mantissa::Absent {
            let mantissa = self.program.add_value(VarName::UNDERSCORE, ty);
            if matches!(open.halves.mantissa, Mantissa::Normalised | Mantissa::Whole) {
                self.opened.knowledge.mantissas.insert(mantissa);
            }
            halves.push(mantissa);
        }
        let scale = self.program.add_value(VarName::UNDERSCORE, scale);
        let group = self.opened.knowledge.groups[open.slot];
        let mut trend = self.opened.plan(open.slot).trend;
        trend.whole |= open.halves.mantissa == Mantissa::Whole;
        self.opened.knowledge.scales.insert(
            scale,
            LoopScale {
                group,
                is_result,
                is_constant: matches!(open.place, Place::Const(_)),
                trend,
            },
        );
        halves.push(scale);
        Ok(halves)
    }

    /// The type of an operand or a result. Old releases print none for literals, which have that of the scalar on the other
    /// side of the loop's edge.
    fn type_of(&self, atom: Atom, across: ValueId) -> TypeId {
        self.program
            .atom_type_id(atom)
            .unwrap_or(self.program.values[across].ty)
    }

    /// Equations that take the halves of a value.
    fn split(
        &mut self,
        open: &Open,
        (atom, ty): (Atom, TypeId),
        place: Place,
        leading: usize,
        order: &mut Vec<EqnId>,
    ) -> Result<Vec<Atom>, CannotBuild> {
        let scale = self.scale_type(&open.halves, ty)?;
        let mut wanted = vec![(SCALE, scale)];
        if open.halves.mantissa != Mantissa::Absent {
            wanted.insert(0, (MANTISSA, ty));
        }
        let mut atoms = Vec::new();
        for (name, ty) in wanted {
            let primitive = self.program.symbols.intern(name);
            // One equation of a kind for each slot, so that none is taken for another.
            let key = self.program.symbols.intern("slot");
            let number = ParamValue::Int(open.slot as i64);
            let params = self.program.params.intern(Params(Box::new([(key, number)])));
            let value = self.program.add_value(VarName::UNDERSCORE, ty);
            let eqn = self.program.add_eqn(primitive, params, &[atom], &[value]);
            let producer = Producer {
                slot: open.slot,
                halves: open.halves.clone(),
                may_be_plain: matches!(place, Place::Carry(_)),
                leading,
            };
            self.opened.knowledge.producers.insert(eqn, producer);
            self.opened.made.push((eqn, open.slot));
            order.push(eqn);
            atoms.push(Atom::Value(value));
        }
        Ok(atoms)
    }

    /// Equations that make a value of its halves.
    fn join(
        &mut self,
        open: &Open,
        halves: &[ValueId],
        value: ValueId,
        [is_read, is_result]: [bool; 2],
        order: &mut Vec<EqnId>,
    ) -> Result<(), CannotBuild> {
        if !is_read {
            return Ok(());
        }
        let ty = self.program.values[value].ty;
        let shape = self.program.types[ty]
            .shape()
            .map(<[Dim]>::to_vec)
            .unwrap_or_default();
        let scale = *halves.last().ok_or(CannotBuild::Argument)?;
        let mut builder = Builder::new(self.program, &mut self.memo, self.version);
        let exponential = builder.apply("exp", &[], &[Atom::Value(scale)])?;
        let kept: Vec<usize> = (0..shape.len())
            .filter(|dim| !open.halves.axes.contains(dim))
            .collect();
        let mut joined = builder.broadcast(exponential, &kept, shape)?;
        if let [mantissa, _] = halves {
            joined = builder.apply("mul", &[], &[Atom::Value(*mantissa), joined])?;
        }
        let eqns = builder.finish(joined, value).ok_or(CannotBuild::Argument)?;
        if let Some(&last) = eqns.last() {
            // What falls may be written out at the end: it is as large as the result.
            if !(is_result && self.opened.plan(open.slot).trend.falls) {
                self.opened.made.push((last, open.slot));
            }
            self.opened.joins.push(last);
        }
        order.extend(eqns);
        Ok(())
    }

    /// Writes how many constants, carries and rows the loop has now.
    fn count(&mut self, eqn: EqnId, shape: &Loop, [consts, carry, rows]: [usize; 3]) {
        let stacked = self.program.outputs(eqn).len() - carry;
        let equation = self.program.eqns[eqn];
        let mut params = self.program.params[equation.params].clone();
        let none = |count: usize| ParamValue::Tuple(vec![ParamValue::None; count].into());
        let tuple = |items: Vec<ParamValue>| ParamValue::Tuple(items.into());
        for (key, value) in &mut params.0 {
            match self.program.symbols.text(*key) {
                "num_consts" | "body_nconsts" => *value = ParamValue::Int(consts as i64),
                "num_carry" => *value = ParamValue::Int(carry as i64),
                "linear" => {
                    let operands = shape.before + consts + carry + rows;
                    *value = tuple(vec![ParamValue::Bool(false); operands]);
                }
                "ft_in" => *value = tuple(vec![none(consts), none(carry), none(rows)]),
                "ft_out" => *value = tuple(vec![none(carry), tuple(vec![none(0), none(stacked)])]),
                _ => {}
            }
        }
        self.program.eqns[eqn].params = self.program.params.intern(params);
    }
}
