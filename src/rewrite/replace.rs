//! Builds what stands in the place of a match.

use super::matcher::{Binding, Bindings};
use super::natives::{FUNCTIONS, Value};
use super::pattern::{Expr, ParamPattern, Slot, StepValue, Variant};
use crate::analysis::Link;
use crate::edit::{Builder, CannotBuild, Memo, NewOperand};
use crate::ir::{Atom, EqnId, ParamValue, Params, Program, TypeId};
use crate::schema::Version;
use crate::schema::params::{indices, int};

/// What replaces the root's output: new equations, and the atom that is its value.
pub(super) struct Replacement {
    pub(super) eqns: Vec<EqnId>,
    pub(super) result: Atom,
}

/// A call that has to be inlined before the match can be replaced, or none.
///
/// A replacement refers to the values that it reads by name, so they must be bound in the root's own block.
pub(super) fn call_in_the_way(
    graph: &crate::analysis::Graph<'_>,
    variant: &Variant,
    bindings: &Bindings,
) -> Option<EqnId> {
    if graph.stayed_outside() {
        return None;
    }
    let read = variant.slots_read();
    read.into_iter().find_map(|slot| match bindings.get(slot) {
        // A literal can be written down anywhere.
        Binding::Node(node) if node.atom.value().is_some() => graph.outermost_call(node.site),
        Binding::Chain(links) => {
            let extra = |link: &&Link| graph.program.inputs(link.eqn).len() > 1;
            links
                .iter()
                .find(extra)
                .and_then(|link| graph.outermost_call(link.site))
        }
        _ => None,
    })
}

impl Variant {
    /// The slots that the replacement reads before it writes them.
    fn slots_read(&self) -> Vec<Slot> {
        let mut read = Vec::new();
        for step in &self.steps {
            match &step.value {
                StepValue::Expr(expr) => slots_of(expr, &mut read),
                StepValue::Eqn { operands, .. } => operands.iter().for_each(|expr| slots_of(expr, &mut read)),
            }
        }
        read
    }
}

fn slots_of(expr: &Expr, read: &mut Vec<Slot>) {
    match expr {
        Expr::Slot(slot) => read.push(*slot),
        Expr::Number(_) => {}
        Expr::Chain(slot, inner) => {
            read.push(*slot);
            slots_of(inner, read);
        }
        Expr::Native { arguments, .. } => arguments.iter().for_each(|argument| slots_of(argument, read)),
    }
}

/// Builds the replacement of a match whose values are all bound in the root's block.
pub(super) fn build(
    program: &mut Program,
    memo: &mut Memo,
    version: Version,
    variant: &Variant,
    bindings: &Bindings,
    root_type: TypeId,
) -> Result<Replacement, CannotBuild> {
    let mut instance = Instance {
        builder: Builder::new(program, memo, version),
        bindings,
        made: vec![None; variant.slots],
    };
    let mut result = None;
    for step in &variant.steps {
        let atom = instance.step(&step.value)?;
        instance.made[usize::from(step.slot.0)] = Some(atom);
        result = Some(atom);
    }
    let result = result.ok_or(CannotBuild::Argument)?;
    let found = instance.builder.type_of(result);
    if found != Some(root_type) {
        let ty = |ty: Option<TypeId>| {
            ty.map_or("a literal".to_owned(), |ty| {
                instance.builder.program.types[ty].to_string()
            })
        };
        return Err(CannotBuild::Type(format!(
            "{} in the place of {}",
            ty(found),
            ty(Some(root_type))
        )));
    }
    Ok(Replacement {
        eqns: instance.builder.eqns,
        result,
    })
}

struct Instance<'p, 'b> {
    builder: Builder<'p>,
    bindings: &'b Bindings,
    /// What the lines so far have made, by slot.
    made: Vec<Option<Atom>>,
}

impl Instance<'_, '_> {
    fn step(&mut self, value: &StepValue) -> Result<Atom, CannotBuild> {
        match value {
            StepValue::Expr(expr) => match self.expr(expr)? {
                Value::Atom(atom) => Ok(atom),
                _ => Err(CannotBuild::Argument),
            },
            StepValue::Eqn {
                primitive,
                params,
                operands,
            } => {
                let mut given = Vec::with_capacity(params.len());
                for (key, param) in params {
                    let value = self.param(param)?;
                    given.push((self.builder.program.symbols.intern(key), value));
                }
                let mut read = Vec::with_capacity(operands.len());
                for operand in operands {
                    read.push(match self.expr(operand)? {
                        Value::Atom(atom) => NewOperand::Atom(atom),
                        Value::Constant(value) => NewOperand::Number(value),
                        Value::Axes(_) | Value::Integer(_) | Value::Param(_) => {
                            return Err(CannotBuild::Argument);
                        }
                    });
                }
                let atoms = self.builder.operands(primitive, &read)?;
                self.builder.eqn(primitive, Params(given.into()), &atoms)
            }
        }
    }

    fn param(&mut self, param: &ParamPattern) -> Result<ParamValue, CannotBuild> {
        match param {
            ParamPattern::Bind(slot) => match self.bindings.get(*slot) {
                Binding::Param(eqn, key) => self
                    .builder
                    .program
                    .params(*eqn)
                    .get(*key)
                    .cloned()
                    .ok_or(CannotBuild::Argument),
                _ => Err(CannotBuild::Argument),
            },
            ParamPattern::Text(text) => Ok(match text.parse::<i64>() {
                Ok(int) => ParamValue::Int(int),
                Err(_) => match text.as_str() {
                    "True" => ParamValue::Bool(true),
                    "False" => ParamValue::Bool(false),
                    "None" => ParamValue::None,
                    _ => ParamValue::Text(self.builder.program.symbols.intern(text)),
                },
            }),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Result<Value, CannotBuild> {
        match expr {
            Expr::Number(value) => Ok(Value::Constant(*value)),
            Expr::Slot(slot) => self.slot(*slot),
            Expr::Chain(slot, inner) => {
                let Value::Atom(mut atom) = self.expr(inner)? else {
                    return Err(CannotBuild::Argument);
                };
                let links = self.bindings.chain(*slot).ok_or(CannotBuild::Argument)?;
                for link in links.iter().rev() {
                    atom = self.builder.again(link.eqn, atom)?;
                }
                Ok(Value::Atom(atom))
            }
            Expr::Native { native, arguments } => {
                let arguments: Result<Vec<Value>, CannotBuild> =
                    arguments.iter().map(|argument| self.expr(argument)).collect();
                (FUNCTIONS[*native].compute)(&mut self.builder, &arguments?)
            }
        }
    }

    fn slot(&mut self, slot: Slot) -> Result<Value, CannotBuild> {
        if let Some(atom) = self.made[usize::from(slot.0)] {
            return Ok(Value::Atom(atom));
        }
        match self.bindings.get(slot) {
            Binding::Node(node) => Ok(Value::Atom(node.atom)),
            Binding::Constant(_, value) => Ok(Value::Constant(*value)),
            Binding::Param(eqn, key) => {
                let program = &*self.builder.program;
                let value = program.params(*eqn).get(*key).ok_or(CannotBuild::Argument)?;
                let axes = indices(&program.symbols, value).map(Value::Axes);
                let integer = || int(&program.symbols, value).map(Value::Integer);
                Ok(axes
                    .or_else(integer)
                    .unwrap_or_else(|| Value::Param(value.clone())))
            }
            Binding::Chain(_) | Binding::Free => Err(CannotBuild::Argument),
        }
    }
}
