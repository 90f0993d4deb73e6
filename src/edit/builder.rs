//! Builds new equations: their parameters in the spelling of a JAX release, their types, their literals.

mod arrays;

use crate::ir::{
    Atom, DType, Dim, EqnId, Literal, LiteralValue, ParamValue, Params, ParamsId, Program, Symbol, Type,
    TypeId, ValueId, VarName, round_to,
};
use crate::schema::{self, Operands, Version};

use super::memo::{Memo, only_type};

/// Why a replacement cannot be built; the place is then left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotBuild {
    /// A type does not follow, or does not fit.
    #[error("the types of the replacement do not fit: {0}")]
    Type(String),
    /// The release has no such primitive.
    #[error("JAX {1} has no primitive `{0}`")]
    Release(String, Version),
    /// A function was given what it cannot use.
    #[error("a function of the rule does not apply to these operands")]
    Argument,
}

/// Collects the equations of one replacement.
pub struct Builder<'p> {
    /// The program that is added to.
    pub program: &'p mut Program,
    memo: &'p mut Memo,
    version: Version,
    /// Equations so far, in order.
    pub eqns: Vec<EqnId>,
}

impl<'p> Builder<'p> {
    /// A builder of equations as `version` prints them.
    pub fn new(program: &'p mut Program, memo: &'p mut Memo, version: Version) -> Self {
        Self {
            program,
            memo,
            version,
            eqns: Vec::new(),
        }
    }

    /// A new equation with one output. Literal operands must have the type that they need.
    pub fn eqn(&mut self, name: &str, given: Params, inputs: &[Atom]) -> Result<Atom, CannotBuild> {
        let primitive = self.program.symbols.intern(name);
        let params = self.memo.params(self.program, primitive, self.version, given)?;
        let ty = self.memo.output_type(self.program, primitive, params, inputs)?;
        Ok(self.push(primitive, params, inputs, ty))
    }

    /// The equations, of which the one that makes `result` binds `output` instead; `None` if none of them does.
    pub fn finish(self, result: Atom, output: ValueId) -> Option<Vec<EqnId>> {
        let makes =
            |&&eqn: &&EqnId| Some(result) == self.program.outputs(eqn).first().copied().map(Atom::Value);
        let &last = self.eqns.iter().rev().find(makes)?;
        let place = self.program.eqns[last].outputs.start as usize;
        self.program.results[place] = output;
        Some(self.eqns)
    }

    /// A new equation with one output, its parameters given by name.
    pub fn apply(
        &mut self,
        name: &str,
        given: &[(&str, ParamValue)],
        inputs: &[Atom],
    ) -> Result<Atom, CannotBuild> {
        let symbols = &mut self.program.symbols;
        let given = given
            .iter()
            .map(|(key, value)| (symbols.intern(key), value.clone()))
            .collect();
        self.eqn(name, Params(given), inputs)
    }

    /// A new equation of a known type.
    pub fn push(&mut self, primitive: Symbol, params: ParamsId, inputs: &[Atom], ty: TypeId) -> Atom {
        let value = self.program.add_value(VarName::UNDERSCORE, ty);
        let eqn = self.program.add_eqn(primitive, params, inputs, &[value]);
        self.eqns.push(eqn);
        Atom::Value(value)
    }

    /// An equation once more, with operand 0 replaced by `moved`; its type follows from the new operand.
    pub fn again(&mut self, eqn: EqnId, moved: Atom) -> Result<Atom, CannotBuild> {
        let equation = self.program.eqns[eqn];
        let mut inputs = self.program.inputs(eqn).to_vec();
        let first = inputs.first_mut().ok_or(CannotBuild::Argument)?;
        let old = self.program.atom_type_id(std::mem::replace(first, moved));
        let result = self
            .program
            .outputs(eqn)
            .first()
            .map(|&value| self.program.values[value].ty);
        let ty = match result {
            Some(ty) if old.is_some() && old == self.program.atom_type_id(moved) => ty,
            printed => {
                let printed: Vec<TypeId> = printed.into_iter().collect();
                only_type(
                    self.program,
                    equation.primitive,
                    equation.params,
                    &inputs,
                    Some(&printed),
                )?
            }
        };
        Ok(self.push(equation.primitive, equation.params, &inputs, ty))
    }

    /// `broadcast_in_dim` of a value or a literal to `shape`; a value of that shape already is returned as it is.
    pub fn broadcast(&mut self, operand: Atom, dims: &[usize], shape: Vec<Dim>) -> Result<Atom, CannotBuild> {
        let from = self.program.atom_type_id(operand).ok_or(CannotBuild::Argument)?;
        if self.program.types[from]
            .as_array()
            .is_some_and(|array| *array.shape == shape[..])
        {
            return Ok(operand);
        }
        let (params, ty) = self
            .memo
            .broadcast(self.program, self.version, from, dims, shape.into())?;
        let primitive = self.program.symbols.intern("broadcast_in_dim");
        Ok(self.push(primitive, params, &[operand], ty))
    }

    /// A value that is the same on all devices, as one that varies as the type with these manual axes does.
    pub fn varying_as(&mut self, atom: Atom, manual_axes: Option<&str>) -> Result<Atom, CannotBuild> {
        let Some(axes) = manual_axes.and_then(|axes| axes.strip_prefix("V:")) else {
            return Ok(atom);
        };
        let names = axes
            .trim_matches(['(', ')'])
            .split(',')
            .filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(|name| format!("'{}'", name.trim())).collect();
        let symbols = &mut self.program.symbols;
        let axes = names
            .iter()
            .map(|name| ParamValue::Quoted(symbols.intern(name)))
            .collect();
        self.apply("pvary", &[("axes", ParamValue::Tuple(axes))], &[atom])
    }

    /// A scalar literal.
    pub fn literal(&mut self, value: f64, dtype: DType) -> Atom {
        if let Some(&known) = self.memo.literals.get(&(value.to_bits(), dtype)) {
            return known;
        }
        let literal = self.new_literal(value, dtype);
        self.memo.literals.insert((value.to_bits(), dtype), literal);
        literal
    }

    fn new_literal(&mut self, value: f64, dtype: DType) -> Atom {
        let rounded = round_to(value, dtype);
        let (text, value) = if dtype.is_float() {
            (python_float(rounded), LiteralValue::float(rounded))
        } else {
            (format!("{value:.0}"), LiteralValue::Int(value as i128))
        };
        let text = self.program.symbols.intern(&text);
        let ty = self.program.types.intern(Type::scalar(dtype));
        let typed = self.version >= Version::V0_6;
        Atom::Literal(self.program.literals.intern(Literal {
            text,
            value,
            ty: Some(ty),
            typed,
        }))
    }

    /// Literals for the numbers among the operands, of the dtype and, where the primitive wants it, the shape of
    /// the other operands.
    pub fn operands(&mut self, name: &str, operands: &[NewOperand]) -> Result<Vec<Atom>, CannotBuild> {
        // The predicate of `select_n` says nothing of its cases.
        let skipped = usize::from(name == "select_n");
        let is_array = |ty: &TypeId| self.program.types[*ty].as_array().is_some();
        let like = operands.iter().skip(skipped).find_map(|operand| match operand {
            NewOperand::Atom(atom) => self.program.atom_type_id(*atom).filter(is_array),
            NewOperand::Number(_) => None,
        });
        let mut atoms = Vec::with_capacity(operands.len());
        for operand in operands {
            atoms.push(match operand {
                NewOperand::Atom(atom) => *atom,
                NewOperand::Number(value) => self.number(name, *value, like.ok_or(CannotBuild::Argument)?)?,
            });
        }
        Ok(atoms)
    }

    /// A literal operand of an equation of `name` whose other operands are of the type `like`.
    fn number(&mut self, name: &str, value: f64, like: TypeId) -> Result<Atom, CannotBuild> {
        let like = self.program.types[like].as_array().ok_or(CannotBuild::Argument)?;
        let shape = like.shape.to_vec();
        let literal = self.literal(value, like.dtype);
        let row = schema::primitive(name);
        let broadcasts = row.is_some_and(|row| row.operands == Operands::Elementwise) && name != "select_n";
        if broadcasts {
            Ok(literal)
        } else {
            self.broadcast(literal, &[], shape)
        }
    }

    /// The type of the output of the equation built last.
    pub fn type_of(&self, atom: Atom) -> Option<TypeId> {
        self.program.atom_type_id(atom)
    }
}

/// An operand before its literal is made.
#[derive(Clone, Copy, Debug)]
pub enum NewOperand {
    /// A variable or a literal as it is.
    Atom(Atom),
    /// A number, in the dtype of the other operands.
    Number(f64),
}

/// A double as Python's `repr` prints it.
fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_python() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e-6, "1e-06"),
            (0.0001, "0.0001"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (f64::from(0.1f32), "0.10000000149011612"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(python_float(value), text);
        }
    }
}
