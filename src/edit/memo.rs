//! What was worked out for one new equation and holds for the next: replacements repeat themselves.

use rustc_hash::FxHashMap;

use crate::ir::{Atom, DType, Dim, ParamValue, Params, ParamsId, Program, Symbol, Type, TypeId};
use crate::schema::{self, Version};

use super::builder::CannotBuild;
use crate::schema::params::int_tuple;

/// The type of what is broadcast, the dimensions that it takes, and the shape that it gets.
type Broadcast = (TypeId, Box<[usize]>, Box<[Dim]>);

/// Tables that hold for one program and one release.
#[derive(Debug, Default)]
pub struct Memo {
    params: FxHashMap<(Symbol, Params), ParamsId>,
    types: FxHashMap<Operation, TypeId>,
    broadcasts: FxHashMap<Broadcast, (ParamsId, TypeId)>,
    pub(super) literals: FxHashMap<(u64, DType), Atom>,
}

/// Equations of which this is the same have outputs of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Operation {
    primitive: Symbol,
    params: ParamsId,
    inputs: usize,
    types: [Option<TypeId>; Operation::INPUTS],
}

impl Operation {
    /// Equations with more operands are rare, and are worked out each time.
    const INPUTS: usize = 3;

    fn of(primitive: Symbol, params: ParamsId, inputs: &[Option<TypeId>]) -> Option<Self> {
        let mut types = [None; Self::INPUTS];
        types.get_mut(..inputs.len())?.copy_from_slice(inputs);
        Some(Self {
            primitive,
            params,
            inputs: inputs.len(),
            types,
        })
    }
}

impl Memo {
    /// The parameters of a new equation as a release prints them.
    pub fn params(
        &mut self,
        program: &mut Program,
        primitive: Symbol,
        version: Version,
        given: Params,
    ) -> Result<ParamsId, CannotBuild> {
        let key = (primitive, given);
        if let Some(&params) = self.params.get(&key) {
            return Ok(params);
        }
        let row = row(program, primitive)?;
        if !row.releases.contains(version) {
            return Err(CannotBuild::Release(row.name.to_owned(), version));
        }
        let text = |key: Symbol| program.symbols.text(key).to_owned();
        let named: Vec<(String, ParamValue)> = key
            .1
            .iter()
            .map(|(key, value)| (text(key), value.clone()))
            .collect();
        let given: Vec<(&str, ParamValue)> =
            named.iter().map(|(key, value)| (&**key, value.clone())).collect();
        let params = schema::new_params(&mut program.symbols, row, version, &given);
        let params = program.params.intern(params);
        self.params.insert(key, params);
        Ok(params)
    }

    /// The type of the only output of a new equation.
    pub fn output_type(
        &mut self,
        program: &mut Program,
        primitive: Symbol,
        params: ParamsId,
        inputs: &[Atom],
    ) -> Result<TypeId, CannotBuild> {
        let mut types = [None; Operation::INPUTS];
        let few = types.get_mut(..inputs.len());
        let operation = few.and_then(|types| {
            types
                .iter_mut()
                .zip(inputs)
                .for_each(|(ty, &input)| *ty = program.atom_type_id(input));
            Operation::of(primitive, params, types)
        });
        if let Some(&ty) = operation.and_then(|operation| self.types.get(&operation)) {
            return Ok(ty);
        }
        let ty = only_type(program, primitive, params, inputs, None)?;
        if let Some(operation) = operation {
            self.types.insert(operation, ty);
        }
        Ok(ty)
    }

    /// The parameters and the type of a `broadcast_in_dim` of an operand of type `from`.
    pub(super) fn broadcast(
        &mut self,
        program: &mut Program,
        version: Version,
        from: TypeId,
        dims: &[usize],
        shape: Box<[Dim]>,
    ) -> Result<(ParamsId, TypeId), CannotBuild> {
        let key = (from, dims.into(), shape);
        if let Some(&known) = self.broadcasts.get(&key) {
            return Ok(known);
        }
        let Type::Array(array) = &program.types[from] else {
            return Err(CannotBuild::Argument);
        };
        let ty = Type::Array(crate::ir::ArrayType {
            shape: key.2.clone(),
            ..array.clone()
        });
        let extents = key.2.iter().map(|dim| dim_value(program, dim)).collect();
        let given = [
            ("broadcast_dimensions", int_tuple(dims)),
            ("shape", ParamValue::Tuple(extents)),
        ];
        let row = schema::primitive("broadcast_in_dim").ok_or(CannotBuild::Argument)?;
        let params = schema::new_params(&mut program.symbols, row, version, &given);
        let known = (program.params.intern(params), program.types.intern(ty));
        self.broadcasts.insert(key, known);
        Ok(known)
    }
}

/// The type of the only output of an equation, worked out from its row in the table of primitives.
pub(super) fn only_type(
    program: &mut Program,
    primitive: Symbol,
    params: ParamsId,
    inputs: &[Atom],
    printed: Option<&[TypeId]>,
) -> Result<TypeId, CannotBuild> {
    let row = row(program, primitive)?;
    let types: Vec<Option<TypeId>> = inputs.iter().map(|&atom| program.atom_type_id(atom)).collect();
    let types = schema::infer(program, row, &program.params[params], &types, printed)
        .map_err(|fault| CannotBuild::Type(fault.to_string()))?;
    let [ty] = <[Type; 1]>::try_from(types).map_err(|_| CannotBuild::Type("several outputs".to_owned()))?;
    Ok(program.types.intern(ty))
}

fn row(program: &Program, primitive: Symbol) -> Result<&'static schema::Primitive, CannotBuild> {
    let name = program.symbols.text(primitive);
    schema::primitive(name).ok_or_else(|| CannotBuild::Type(format!("unknown primitive `{name}`")))
}

fn dim_value(program: &mut Program, dim: &Dim) -> ParamValue {
    match dim.size() {
        Some(size) => ParamValue::Int(size as i64),
        None => ParamValue::Text(program.symbols.intern(&dim.to_string())),
    }
}
