//! Types for the literals that releases before 0.6 print without one.
//!
//! Such a literal is a scalar, and its text tells whether it is a bool, an integer, a float or complex. Which of
//! each is told by the jaxpr it is handed to, or else by the row's rule: the first type under which the rule has
//! nothing to say against the equation is taken.

use rustc_hash::FxHashMap;

use super::bodies::{Port, bodies};
use super::check::judge;
use super::families::primitive;
use super::fault::TypeFault;
use super::typed_eqn::{TypedEqn, binder_types};
use crate::ir::{
    Atom, BlockId, DType, DTypeClass, EqnId, Literal, LiteralId, LiteralValue, Program, Type, TypeId,
};

/// Gives every literal without a type the one that it has; such literals stay printed without it.
pub fn infer_literal_types(program: &mut Program) {
    if program.literals.iter().all(|(_, literal)| literal.ty.is_some()) {
        return;
    }
    // Callers come before the jaxprs they call in no order that can be relied on, and types flow both ways only
    // through binders, which are printed: one pass over operands and one over results is enough.
    let mut typer = Typer::default();
    let blocks: Vec<BlockId> = program.blocks.ids().collect();
    let eqns: Vec<EqnId> = blocks
        .iter()
        .flat_map(|&block| program.blocks[block].eqns.clone())
        .collect();
    for &eqn in &eqns {
        typer.type_operands(program, eqn);
    }
    for &eqn in &eqns {
        typer.type_body_results(program, eqn);
    }
    for block in blocks {
        typer.type_other_results(program, block);
    }
}

#[derive(Default)]
struct Typer {
    typed: FxHashMap<(LiteralId, TypeId), LiteralId>,
}

impl Typer {
    fn type_operands(&mut self, program: &mut Program, eqn: EqnId) {
        let untyped: Vec<usize> = (0..program.inputs(eqn).len())
            .filter(|&index| is_untyped(program, program.inputs(eqn)[index]))
            .collect();
        if untyped.is_empty() {
            return;
        }
        let mut types = from_bodies(program, eqn);
        types.resize(program.inputs(eqn).len(), None);
        if untyped.iter().any(|&index| types[index].is_none()) {
            from_rule(program, eqn, &mut types);
        }
        let start = program.eqns[eqn].inputs.indices().start;
        for index in untyped {
            if let Some(ty) = types[index].take() {
                let atom = program.operands[start + index];
                program.operands[start + index] = self.with_type(program, atom, ty);
            }
        }
    }

    /// Literals that a called jaxpr gives have the types of the caller's outputs.
    fn type_body_results(&mut self, program: &mut Program, eqn: EqnId) {
        if program.params(eqn).0.is_empty() {
            return;
        }
        for body in bodies(program, eqn).unwrap_or_default() {
            for (place, port) in body.outputs.into_iter().enumerate() {
                let result = program.blocks[body.block].outputs.get(place).copied();
                let Some(result) = result.filter(|&result| is_untyped(program, result)) else {
                    continue;
                };
                let output = port
                    .index()
                    .and_then(|index| program.outputs(eqn).get(index).copied());
                let dtype = output.and_then(|output| program.type_of(output).dtype());
                let ty = match (dtype, port) {
                    (Some(dtype), _) => Some(Type::scalar(dtype)),
                    (None, _) => default_type(program, result),
                };
                if let Some(ty) = ty {
                    program.blocks[body.block].outputs[place] = self.with_type(program, result, ty);
                }
            }
        }
    }

    /// Nothing tells the types of the literals that the outermost jaxpr gives but their texts.
    fn type_other_results(&mut self, program: &mut Program, block: BlockId) {
        for place in 0..program.blocks[block].outputs.len() {
            let result = program.blocks[block].outputs[place];
            if is_untyped(program, result)
                && let Some(ty) = default_type(program, result)
            {
                program.blocks[block].outputs[place] = self.with_type(program, result, ty);
            }
        }
    }

    fn with_type(&mut self, program: &mut Program, atom: Atom, ty: Type) -> Atom {
        let Atom::Literal(literal) = atom else {
            return atom;
        };
        let ty = program.types.intern(ty);
        let typed = self.typed.entry((literal, ty)).or_insert_with(|| {
            let literal = Literal {
                ty: Some(ty),
                value: value_of_type(program.literals[literal].value, &program.types[ty]),
                ..program.literals[literal].clone()
            };
            program.literals.intern(literal)
        });
        Atom::Literal(*typed)
    }
}

/// A float that is printed without a point is a float.
fn value_of_type(value: LiteralValue, ty: &Type) -> LiteralValue {
    match (value, value.as_f64()) {
        (LiteralValue::Int(_), Some(number)) if ty.dtype().is_some_and(DType::is_float) => {
            LiteralValue::float(number)
        }
        _ => value,
    }
}

fn is_untyped(program: &Program, atom: Atom) -> bool {
    atom.literal()
        .is_some_and(|literal| program.literals[literal].ty.is_none())
}

/// The types that called jaxprs want for the operands of an equation.
fn from_bodies(program: &Program, eqn: EqnId) -> Vec<Option<Type>> {
    let mut types = vec![None; program.inputs(eqn).len()];
    for body in bodies(program, eqn).unwrap_or_default() {
        for (&input, &port) in program.blocks[body.block].inputs.iter().zip(&body.inputs) {
            if let Port::Whole(index) | Port::Element(index) = port
                && let Some(place) = types.get_mut(index)
                && let ty @ Type::Array(_) = program.type_of(input)
            {
                *place = Some(ty.clone());
            }
        }
    }
    types
}

/// Fills in types of literals under which the rule of the equation's primitive finds nothing wrong.
fn from_rule(program: &Program, eqn: EqnId, types: &mut [Option<Type>]) {
    let atoms = program.inputs(eqn);
    let outputs = binder_types(program, eqn);
    let fallback = || atoms.iter().map(|&atom| default_type(program, atom));
    let Some(primitive) = primitive(program.primitive(eqn)) else {
        for (place, ty) in types.iter_mut().zip(fallback()) {
            *place = place.take().or(ty);
        }
        return;
    };
    let mut tried: Option<Vec<Option<Type>>> = None;
    for dtype in candidates(program, eqn) {
        let attempt: Vec<Option<Type>> = types
            .iter()
            .zip(atoms)
            .map(|(known, &atom)| known.clone().or_else(|| scalar_of(program, atom, dtype)))
            .collect();
        // A literal that is no number is `float0`'s only value, and of no other type.
        let complete = |(ty, &atom): (&Option<Type>, &Atom)| ty.is_some() || !is_untyped(program, atom);
        if !attempt.iter().zip(atoms).all(complete) {
            continue;
        }
        let inputs: Vec<&Type> = atoms
            .iter()
            .zip(&attempt)
            .map(|(&atom, ty)| program.atom_type(atom).or(ty.as_ref()).unwrap_or(&Type::Untyped))
            .collect();
        let attempted = TypedEqn {
            program,
            primitive,
            params: program.params(eqn),
            inputs: &inputs,
            printed: Some(&outputs),
        };
        if !matches!(judge(&attempted), Some(TypeFault::Wrong { .. })) {
            tried = Some(attempt);
            break;
        }
    }
    let found = tried.unwrap_or_else(|| fallback().collect());
    for (place, ty) in types.iter_mut().zip(found) {
        *place = ty;
    }
}

/// Element types to try: what Python numbers are in 32 bits, what the equation's other types are, all others.
fn candidates(program: &Program, eqn: EqnId) -> Vec<DType> {
    // `DType::Bool` fits no literal but a bool, and so stands for the default of each literal.
    let mut dtypes = vec![DType::Bool];
    let inputs = program
        .inputs(eqn)
        .iter()
        .filter_map(|&atom| program.atom_type(atom)?.dtype());
    let outputs = program
        .outputs(eqn)
        .iter()
        .filter_map(|&value| program.type_of(value).dtype());
    dtypes.extend(outputs.chain(inputs));
    dtypes.extend([
        DType::Uint32,
        DType::Int64,
        DType::Float64,
        DType::Uint8,
        DType::Int8,
        DType::Uint16,
        DType::Int16,
        DType::Uint64,
        DType::Float16,
        DType::Bfloat16,
        DType::Complex128,
    ]);
    dtypes
}

/// A scalar of `dtype` if the literal can be one, or else of the element type that its text tells.
fn scalar_of(program: &Program, atom: Atom, dtype: DType) -> Option<Type> {
    let literal = &program.literals[atom.literal()?];
    if literal.ty.is_some() {
        return None;
    }
    let fits = match literal.value {
        LiteralValue::Bool(_) => dtype == DType::Bool,
        // Old releases print floats of 16 bits without a point.
        LiteralValue::Int(_) => dtype.is_integer() || dtype.is_float(),
        LiteralValue::Float(_) => dtype.is_float(),
        LiteralValue::Complex(..) => dtype.is_complex(),
        LiteralValue::Opaque => dtype.class() == DTypeClass::Float0,
    };
    if fits {
        Some(Type::scalar(dtype))
    } else {
        default_type(program, atom)
    }
}

/// What a Python number becomes in programs of 32 bits.
fn default_type(program: &Program, atom: Atom) -> Option<Type> {
    let literal = &program.literals[atom.literal()?];
    if literal.ty.is_some() {
        return None;
    }
    let dtype = match literal.value {
        LiteralValue::Bool(_) => DType::Bool,
        LiteralValue::Int(_) => DType::Int32,
        LiteralValue::Float(_) => DType::Float32,
        LiteralValue::Complex(..) => DType::Complex64,
        LiteralValue::Opaque => return None,
    };
    Some(Type::scalar(dtype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::check;
    use crate::schema::testing::{one, program};

    /// The types of the operands of the outermost jaxpr's equations.
    #[track_caller]
    fn operand_types_of(mut program: Program) -> String {
        infer_literal_types(&mut program);
        assert_eq!(check(&program), []);
        let block = &program.blocks[program.main()];
        let atoms = block
            .eqns
            .iter()
            .flat_map(|&eqn| program.inputs(eqn))
            .chain(&block.outputs);
        let ty = |&atom| program.atom_type(atom).map_or("?".to_owned(), Type::to_string);
        atoms.map(ty).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literals_take_the_type_that_the_rule_wants() {
        for (inputs, eqn, types) in [
            ("a:f32[3]", "b:f32[3] = mul a 2.0", "f32[3] f32[]"),
            ("a:bf16[3]", "b:bf16[3] = mul a 2.0", "bf16[3] bf16[]"),
            ("a:bf16[3]", "b:bf16[3] = mul a 2", "bf16[3] bf16[]"),
            ("a:u8[3]", "b:bool[3] = lt a 2", "u8[3] u8[]"),
            ("a:f32[3]", "b:f32[3] = pow a 2", "f32[3] i32[]"),
            ("a:i64[]", "b:i64[] = clamp 0 a 5", "i64[] i64[] i64[]"),
            ("a:bool[]", "b:f16[] = select_n a 0.0 1.0", "bool[] f16[] f16[]"),
            (
                "",
                "b:f64[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,)] 0.0",
                "f64[]",
            ),
            (
                "",
                "b:f32[] = convert_element_type[new_dtype=float32 weak_type=False] 3",
                "i32[]",
            ),
            (
                "a:f64[9]",
                "b:f64[2] = dynamic_slice[slice_sizes=(2,)] a 3",
                "f64[9] i32[]",
            ),
            (
                "a:f64[9]",
                "b:f64[11] = pad[padding_config=((1, 1, 0),)] a 0.0",
                "f64[9] f64[]",
            ),
            (
                "a:key<fry>[]",
                "b:key<fry>[] = random_fold_in a 7",
                "key<fry>[] u32[]",
            ),
            ("a:c128[]", "b:c128[] = mul a (1-2j)", "c128[] c128[]"),
            (
                "",
                "b:float0[3] = broadcast_in_dim[broadcast_dimensions=() shape=(3,)] (b'',)",
                "float0[]",
            ),
            ("", "b:f32[] = unheard_of 1 True", "i32[] bool[]"),
        ] {
            let mut found = operand_types_of(one(inputs, eqn));
            // The order of the operands does not matter here, and literals may come first.
            let mut expected: Vec<&str> = types.split(' ').collect();
            expected.sort_unstable();
            let mut sorted: Vec<&str> = found.split(' ').collect();
            sorted.sort_unstable();
            found = sorted.join(" ");
            assert_eq!(found, expected.join(" "), "{eqn}");
        }
    }

    #[test]
    fn jaxprs_tell_the_types_of_what_they_take_and_give() {
        let text = "{ lambda ; a:f64[]. let b:f64[] c:i64[] = pjit[name=f jaxpr={ lambda ; d:f64[] e:i8[]. let \
                    f:f64[] = mul d 2.0 in (f, 7) }] 1.0 5 in (b, 3) }\n";
        let program = program(text);
        assert_eq!(operand_types_of(program.clone()), "f64[] i8[] f64[] i32[]");
        let mut typed = program;
        infer_literal_types(&mut typed);
        let body = typed
            .blocks
            .iter()
            .find(|(id, _)| *id != typed.main())
            .expect("the body")
            .1;
        assert_eq!(
            typed.atom_type(body.outputs[1]),
            Some(&Type::scalar(DType::Int64))
        );
        assert!(typed.literals.iter().all(|(_, literal)| !literal.typed));
    }
}
