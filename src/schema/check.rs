//! The type check, and the types of new equations.

use rustc_hash::FxHashMap;

use super::families::primitive;
use super::fault::{Place, TypeFault};
use super::primitive::{Arity, Primitive};
use super::shape::{is_any, is_unknown, types_agree};
use super::typed_eqn::{TypedEqn, binder_types, operand_types};
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
pub(crate) fn infer(
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
    let eqn = TypedEqn {
        program,
        primitive,
        params,
        inputs: &inputs,
        printed: printed.as_deref(),
    };
    let mut types = outputs(&eqn)?;
    for (index, ty) in types.iter_mut().enumerate() {
        complete(
            ty,
            printed.as_ref().and_then(|printed| printed.get(index).copied()),
        )?;
    }
    Ok(types)
}

/// What the row's rule says, behind the checks that hold for every row.
pub(super) fn outputs(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let Primitive { name, arity, .. } = *eqn.primitive;
    if !arity.allows(eqn.inputs.len()) {
        let (bound, count) = match arity {
            Arity::Exactly(count) => ("", count),
            Arity::AtLeast(count) => ("at least ", count),
        };
        let found = eqn.inputs.len();
        return Err(TypeFault::equation(format!(
            "{name} takes {bound}{count} operand{}, and has {found}",
            plural(count)
        )));
    }
    (eqn.primitive.rule)(eqn)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
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
fn disagreement(program: &Program, primitive: &'static Primitive, id: EqnId) -> Option<TypeDisagreement> {
    let (inputs, printed) = (operand_types(program, id), binder_types(program, id));
    let eqn = TypedEqn {
        program,
        primitive,
        params: program.params(id),
        inputs: &inputs,
        printed: Some(&printed),
    };
    let fault = judge(&eqn)?;
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
            .inputs(id)
            .get(index)
            .and_then(|&atom| program.atom_type_id(atom)),
        Place::Output(index) => program
            .outputs(id)
            .get(index)
            .map(|&value| program.values[value].ty),
        Place::Equation | Place::Parameter(_) => None,
    };
    Some(TypeDisagreement {
        eqn: id,
        place,
        expected: expected.map(|expected| *expected),
        found,
        message,
    })
}

/// What is wrong with an equation whose binder is known.
pub(super) fn judge(eqn: &TypedEqn<'_>) -> Option<TypeFault> {
    let types = match outputs(eqn) {
        Ok(types) => types,
        Err(fault) => return Some(fault),
    };
    let printed = eqn.printed?;
    if types.len() != printed.len() {
        let (name, gives, binds) = (eqn.primitive.name, types.len(), printed.len());
        return Some(TypeFault::equation(format!(
            "{name} gives {gives} output{}, and binds {binds}",
            plural(gives)
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
            described(eqn),
            types[index],
            printed[index]
        ),
    })
}

/// `add of f32[3] and f32[]`
fn described(eqn: &TypedEqn<'_>) -> String {
    /// More operands than this tell a reader nothing.
    const MOST: usize = 4;
    let name = eqn.primitive.name;
    let mut inputs: Vec<String> = eqn
        .inputs
        .iter()
        .take(MOST)
        .map(|ty| match ty {
            Type::Untyped => "a literal".to_owned(),
            ty => ty.to_string(),
        })
        .collect();
    if eqn.inputs.len() > MOST {
        inputs.push(format!("{} more", eqn.inputs.len() - MOST));
    }
    match inputs.split_last() {
        None => name.to_owned(),
        Some((last, [])) => format!("{name} of {last}"),
        Some((last, others)) => format!("{name} of {} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::primitive;
    use crate::schema::testing::one;

    /// The types that `infer` gives for the one equation of a program, with or without its binder.
    fn inferred(inputs: &str, eqn: &str, with_binder: bool) -> Result<String, TypeFault> {
        let program = one(inputs, eqn);
        let id = program.blocks[program.main()].eqns[0];
        let row = primitive(program.primitive(id)).expect("a row");
        let operands: Vec<_> = program
            .inputs(id)
            .iter()
            .map(|&atom| program.atom_type_id(atom))
            .collect();
        let binder: Vec<_> = program
            .outputs(id)
            .iter()
            .map(|&value| program.values[value].ty)
            .collect();
        let printed = with_binder.then_some(&binder[..]);
        let types = infer(&program, row, program.params(id), &operands, printed)?;
        Ok(types.iter().map(Type::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn decorations_go_from_operands_to_results() {
        for (inputs, eqn, expected) in [
            (
                "a:f32[4]{V:x} b:f32[4]{V:y}",
                "c:f32[4]{V:(x,y)} = add a b",
                "f32[4]{V:(x,y)}",
            ),
            ("a:f32[4@x,2]", "c:f32[4] = reduce_max[axes=(1,)] a", "f32[4@x]"),
            (
                "a:f32[4@x,2]",
                "c:f32[2,4] = transpose[permutation=(1, 0)] a",
                "f32[2,4@x]",
            ),
            ("a:f32[4]{V:x}", "c:f32[] = reduce_max[axes=(0,)] a", "f32[]{V:x}"),
            (
                "a:f32[4]{V:x}",
                "c:f32[4] = psum_invariant[axes=('x',)] a",
                "f32[4]",
            ),
            ("a:f32[4]", "c:f32[4] = pvary[axes=('x',)] a", "f32[4]{V:x}"),
            (
                "a:bool[4]{V:x} b:f32[4]",
                "c:f32[4] = select_n a b b",
                "f32[4]{V:x}",
            ),
            ("a:f32[;i:2] b:f32[]", "c:f32[;i:2] = mul a b", "f32[;i:2]"),
            ("a:f32<host>[3]", "c:f32<host>[3] = exp a", "f32<host>[3]"),
        ] {
            assert_eq!(inferred(inputs, eqn, false).as_deref(), Ok(expected), "{eqn}");
        }
    }

    #[test]
    fn what_only_the_binder_knows_is_taken_from_it() {
        let broadcast = "b:f32[2,3] = broadcast_in_dim[broadcast_dimensions=(1,)] a";
        assert_eq!(inferred("a:f32[3]", broadcast, true).as_deref(), Ok("f32[2,3]"));
        assert_eq!(inferred("a:f32[3]", broadcast, false), Err(TypeFault::Unknown));
        let join = "c:f32[b + 2] = concatenate[dimension=0] a b";
        assert_eq!(
            inferred("a:f32[b] b:f32[2]", join, true).as_deref(),
            Ok("f32[b + 2]")
        );
        assert_eq!(
            inferred("a:f32[b] b:f32[2]", join, false),
            Err(TypeFault::Unknown)
        );
    }

    #[test]
    fn what_is_unknown_is_not_wrong() {
        for (inputs, eqn) in [
            ("a", "b = exp a"),
            ("a:Tok", "b:f32[3] = exp a"),
            ("a:f32[3]", "b:f32[4] = no_such_primitive a"),
            ("a:f32[3]", "b:f32[3] = mul a 2.0"),
        ] {
            assert_eq!(check(&one(inputs, eqn)), [], "{eqn}");
        }
    }

    #[test]
    fn a_disagreement_says_what_stands_where() {
        let program = one("a:f32[3]", "b:f32[4] = exp a");
        let found = check(&program);
        let [disagreement] = &found[..] else {
            panic!("one disagreement, not {found:?}");
        };
        assert_eq!(disagreement.place, Place::Output(0));
        assert_eq!(
            disagreement.expected,
            Some(Type::array(crate::ir::DType::Float32, &[3]))
        );
        let found = disagreement.found.map(|ty| program.types[ty].to_string());
        assert_eq!(found.as_deref(), Some("f32[4]"));
    }
}
