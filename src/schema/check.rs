//! The type check, and the types of new equations.

use rustc_hash::FxHashMap;

use super::families::primitive;
use super::fault::{Place, TypeFault};
use super::primitive::{Arity, Primitive};
use super::shape::{is_any, is_unknown, types_agree};
use super::site::Site;
use crate::ir::{ArrayType, Dim, EqnId, Id, Params, Program, Symbol, Type, TypeId};

/// An equation whose binder, operands and parameters do not fit one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDisagreement {
    /// The equation.
    pub eqn: EqnId,
    /// Where in it.
    pub place: Place,
    /// The type that should stand there, when it is known.
    pub expected: Option<Type>,
    /// The type that stands there, when the place is a variable with a type.
    pub found: Option<TypeId>,
    /// What is wrong, for people.
    pub message: String,
}

/// The types of the outputs of one equation.
///
/// `None` stands for an operand whose type is not known. `printed` gives what only the binder knows, such as the
/// shape of a `broadcast_in_dim` from 0.9 on; where the rule knows better, the rule's answer is given.
pub fn infer(
    program: &Program,
    primitive: &'static Primitive,
    params: &Params,
    inputs: &[Option<TypeId>],
    printed: Option<&[TypeId]>,
) -> Result<Vec<Type>, TypeFault> {
    let inputs: Vec<&Type> = inputs
        .iter()
        .map(|id| id.map_or(&Type::Untyped, |id| &program.types[id]))
        .collect();
    let printed: Option<Vec<&Type>> = printed.map(|ids| ids.iter().map(|&id| &program.types[id]).collect());
    let site = Site {
        program,
        primitive,
        params,
        inputs: &inputs,
        printed: printed.as_deref(),
    };
    let mut types = outputs(&site)?;
    for (index, ty) in types.iter_mut().enumerate() {
        complete(
            ty,
            printed.as_ref().and_then(|printed| printed.get(index).copied()),
        )?;
    }
    Ok(types)
}

/// What the row's rule says, behind the checks that hold for every row.
pub(super) fn outputs(site: &Site<'_>) -> Result<Vec<Type>, TypeFault> {
    let Primitive { name, arity, .. } = *site.primitive;
    if !arity.allows(site.inputs.len()) {
        let (bound, count) = match arity {
            Arity::Exactly(count) => ("", count),
            Arity::AtLeast(count) => ("at least ", count),
        };
        let found = site.inputs.len();
        return Err(TypeFault::equation(format!(
            "{name} takes {bound}{count} operands, and has {found}"
        )));
    }
    (site.primitive.rule)(site)
}

/// Replaces what the rule could not know by what the binder says.
fn complete(ty: &mut Type, printed: Option<&Type>) -> Result<(), TypeFault> {
    if is_unknown(ty) {
        *ty = printed.ok_or(TypeFault::Unknown)?.clone();
        return Ok(());
    }
    let (Type::Array(ArrayType { shape, .. }) | Type::Key { shape, .. }) = ty else {
        return Ok(());
    };
    for (axis, extent) in shape.iter_mut().enumerate() {
        if is_any(extent) {
            let known: Option<&Dim> = printed.and_then(Type::shape).and_then(|shape| shape.get(axis));
            *extent = known.ok_or(TypeFault::Unknown)?.clone();
        }
    }
    Ok(())
}

/// Checks every equation of every block whose primitive is known.
pub fn check(program: &Program) -> Vec<TypeDisagreement> {
    let mut checker = Checker::new(program);
    let mut found = Vec::new();
    for (_, block) in program.blocks.iter() {
        for &eqn in &block.eqns {
            found.extend(checker.check(eqn));
        }
    }
    found
}

/// Programs repeat themselves: equal primitives, parameters and types are looked at once.
struct Checker<'a> {
    program: &'a Program,
    rows: Vec<Option<&'static Primitive>>,
    seen: FxHashMap<Box<[u32]>, Option<TypeDisagreement>>,
    key: Vec<u32>,
}

impl<'a> Checker<'a> {
    fn new(program: &'a Program) -> Self {
        // Only the names of primitives are looked up, and there are few of them among the symbols.
        let mut rows = vec![None; program.symbols.len()];
        for (symbol, text) in program.symbols.iter() {
            rows[symbol.index()] = primitive(text);
        }
        Self {
            program,
            rows,
            seen: FxHashMap::default(),
            key: Vec::new(),
        }
    }

    fn row(&self, symbol: Symbol) -> Option<&'static Primitive> {
        self.rows.get(symbol.index()).copied().flatten()
    }

    fn check(&mut self, eqn: EqnId) -> Option<TypeDisagreement> {
        let program = self.program;
        let equation = program.eqns[eqn];
        let primitive = self.row(equation.primitive)?;
        self.key.clear();
        self.key.extend([
            equation.primitive.index() as u32,
            equation.params.index() as u32,
            equation.inputs.len,
        ]);
        for &atom in program.inputs(eqn) {
            let ty = program.atom_type_id(atom);
            self.key.push(ty.map_or(u32::MAX, |ty| ty.index() as u32));
        }
        for &value in program.outputs(eqn) {
            self.key.push(program.values[value].ty.index() as u32);
        }
        if let Some(known) = self.seen.get(self.key.as_slice()) {
            return known
                .as_ref()
                .map(|known| TypeDisagreement { eqn, ..known.clone() });
        }
        let fresh = disagreement(program, primitive, eqn);
        self.seen.insert(self.key.as_slice().into(), fresh.clone());
        fresh
    }
}

/// Checks one equation.
fn disagreement(program: &Program, primitive: &'static Primitive, eqn: EqnId) -> Option<TypeDisagreement> {
    let inputs: Vec<&Type> = program
        .inputs(eqn)
        .iter()
        .map(|&atom| program.atom_type(atom).unwrap_or(&Type::Untyped))
        .collect();
    let printed: Vec<&Type> = program
        .outputs(eqn)
        .iter()
        .map(|&value| program.type_of(value))
        .collect();
    let site = Site {
        program,
        primitive,
        params: program.params(eqn),
        inputs: &inputs,
        printed: Some(&printed),
    };
    let fault = judge(&site)?;
    let TypeFault::Wrong {
        place,
        expected,
        message,
    } = fault
    else {
        return None;
    };
    let found = match place {
        Place::Operand(index) => program
            .inputs(eqn)
            .get(index)
            .and_then(|&atom| program.atom_type_id(atom)),
        Place::Output(index) => program
            .outputs(eqn)
            .get(index)
            .map(|&value| program.values[value].ty),
        Place::Equation | Place::Parameter(_) => None,
    };
    Some(TypeDisagreement {
        eqn,
        place,
        expected: expected.map(|expected| *expected),
        found,
        message,
    })
}

/// What is wrong with an equation whose binder is known.
pub(super) fn judge(site: &Site<'_>) -> Option<TypeFault> {
    let types = match outputs(site) {
        Ok(types) => types,
        Err(fault) => return Some(fault),
    };
    let printed = site.printed?;
    if types.len() != printed.len() {
        let (name, gives, binds) = (site.primitive.name, types.len(), printed.len());
        return Some(TypeFault::equation(format!(
            "{name} gives {gives} outputs, and binds {binds}"
        )));
    }
    let wrong = types
        .iter()
        .zip(printed)
        .position(|(ty, printed)| !types_agree(ty, printed));
    let index = wrong?;
    Some(TypeFault::Wrong {
        place: Place::Output(index),
        expected: Some(Box::new(types[index].clone())),
        message: format!(
            "{} gives {}, but the binder says {}",
            described(site),
            types[index],
            printed[index]
        ),
    })
}

/// `add of f32[3] and f32[]`
fn described(site: &Site<'_>) -> String {
    /// More operands than this tell a reader nothing.
    const MOST: usize = 4;
    let name = site.primitive.name;
    let mut inputs: Vec<String> = site
        .inputs
        .iter()
        .take(MOST)
        .map(|ty| match ty {
            Type::Untyped => "a literal".to_owned(),
            ty => ty.to_string(),
        })
        .collect();
    if site.inputs.len() > MOST {
        inputs.push(format!("{} more", site.inputs.len() - MOST));
    }
    match inputs.split_last() {
        None => name.to_owned(),
        Some((last, [])) => format!("{name} of {last}"),
        Some((last, others)) => format!("{name} of {} and {last}", others.join(", ")),
    }
}
