//! What a row of the table sees of its equation: operands and parameters as Python.

use super::families::Parameter;
use super::fault::Fault;
use super::literal;
use super::python::{Expr, float};
use super::writer::{Given, Shape, Writer};
use crate::ir::{Atom, DType, EqnId, JaxprRef, ParamValue, Program, Type};
use crate::schema::params;

/// What a row gives.
pub(super) type Outcome = Result<Given, Fault>;

/// An equation that is being written.
pub(super) struct Equation<'w, 'a> {
    pub(super) writer: &'w mut Writer<'a>,
    pub(super) eqn: EqnId,
}

/// How a parameter becomes an expression; `None` when its value is of another kind.
pub(super) type View = fn(&Program, &ParamValue) -> Option<Expr>;

/// The expression gives the only output.
pub(super) fn one(expr: Expr) -> Given {
    Given {
        expr,
        shape: Shape::One,
    }
}

/// The expression gives a sequence of the outputs.
pub(super) fn sequence(expr: Expr) -> Given {
    Given {
        expr,
        shape: Shape::Sequence,
    }
}

impl<'a> Equation<'_, 'a> {
    pub(super) fn program(&self) -> &'a Program {
        self.writer.program
    }

    /// `function(operands, parameters)`, for one output or a sequence of them.
    pub(super) fn simple(&mut self, function: &str, parameters: &[Parameter]) -> Outcome {
        let mut operands = self.operands()?;
        let mut keywords = Vec::new();
        for parameter in parameters {
            let Some(value) = self.given(parameter.param) else {
                match parameter.keyword {
                    Some(_) => continue,
                    None => return Err(Fault::Param(parameter.param)),
                }
            };
            let value = (parameter.view)(self.program(), value).ok_or(Fault::Param(parameter.param))?;
            match parameter.keyword {
                Some(keyword) => keywords.push((keyword, value)),
                None => operands.push(value),
            }
        }
        let call = Expr::call(function, operands);
        let call = keywords
            .into_iter()
            .fold(call, |call, (keyword, value)| call.with(keyword, value));
        Ok(match self.outputs() {
            1 => one(call),
            _ => sequence(call),
        })
    }

    /// The operands, in order.
    pub(super) fn operands(&mut self) -> Result<Vec<Expr>, Fault> {
        self.atoms().iter().map(|&atom| self.writer.atom(atom)).collect()
    }

    /// The operands from one on.
    pub(super) fn operands_from(&mut self, from: usize) -> Result<Vec<Expr>, Fault> {
        let atoms = self.atoms().get(from..).unwrap_or_default();
        atoms.iter().map(|&atom| self.writer.atom(atom)).collect()
    }

    pub(super) fn operand(&mut self, index: usize) -> Result<Expr, Fault> {
        let atom = self.atom(index)?;
        self.writer.atom(atom)
    }

    pub(super) fn atoms(&self) -> &'a [Atom] {
        self.program().inputs(self.eqn)
    }

    pub(super) fn atom(&self, index: usize) -> Result<Atom, Fault> {
        let missing = || Fault::Other(format!("operand {index} is missing"));
        self.atoms().get(index).copied().ok_or_else(missing)
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.program().outputs(self.eqn).len()
    }

    /// The element type of an operand.
    pub(super) fn dtype(&self, index: usize) -> Result<DType, Fault> {
        let known = self.program().atom_type(self.atom(index)?).and_then(Type::dtype);
        known.ok_or_else(|| Fault::Other(format!("the type of operand {index} is not known")))
    }

    /// The extents of an operand.
    pub(super) fn shape(&self, index: usize) -> Result<Vec<u64>, Fault> {
        let ty = self.program().atom_type(self.atom(index)?);
        sizes(ty).ok_or_else(|| Fault::Other(format!("the shape of operand {index} is not known")))
    }

    pub(super) fn out_type(&self, index: usize) -> Result<&'a Type, Fault> {
        let value = self.program().outputs(self.eqn).get(index);
        let ty = value.map(|&value| self.program().type_of(value));
        ty.ok_or_else(|| Fault::Other(format!("output {index} is missing")))
    }

    /// The element type of an output.
    pub(super) fn out_dtype(&self, index: usize) -> Result<DType, Fault> {
        let dtype = self.out_type(index)?.dtype();
        dtype.ok_or_else(|| Fault::Other(format!("the type of output {index} is not known")))
    }

    /// The extents of an output.
    pub(super) fn out_shape(&self, index: usize) -> Result<Vec<u64>, Fault> {
        let known = sizes(Some(self.out_type(index)?));
        known.ok_or_else(|| Fault::Other(format!("the shape of output {index} is not known")))
    }

    pub(super) fn param(&self, name: &str) -> Option<&'a ParamValue> {
        self.program().param(self.eqn, name)
    }

    /// A parameter that is there and is not `None`.
    pub(super) fn given(&self, name: &str) -> Option<&'a ParamValue> {
        self.param(name).filter(|value| **value != ParamValue::None)
    }

    /// A parameter, as `view` sees it.
    pub(super) fn read(&self, name: &'static str, view: View) -> Result<Expr, Fault> {
        let value = self.param(name).ok_or(Fault::Param(name))?;
        view(self.program(), value).ok_or(Fault::Param(name))
    }

    pub(super) fn int(&self, name: &'static str) -> Result<i64, Fault> {
        let value = self
            .param(name)
            .and_then(|value| params::int(&self.program().symbols, value));
        value.ok_or(Fault::Param(name))
    }

    pub(super) fn index(&self, name: &'static str) -> Result<usize, Fault> {
        usize::try_from(self.int(name)?).map_err(|_| Fault::Param(name))
    }

    pub(super) fn ints(&self, name: &'static str) -> Result<Vec<i64>, Fault> {
        let value = self
            .param(name)
            .and_then(|value| params::ints(&self.program().symbols, value));
        value.ok_or(Fault::Param(name))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name).and_then(params::boolean) == Some(true)
    }

    /// The text of a parameter that stands without quotes.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match self.param(name)? {
            ParamValue::Text(text) => Some(self.program().symbols.text(*text)),
            _ => None,
        }
    }

    /// The one jaxpr in the first of these parameters that the equation has.
    pub(super) fn jaxpr(&self, names: &[&'static str]) -> Result<JaxprRef, Fault> {
        let found = names.iter().find_map(|name| self.param(name));
        match found.map(ParamValue::jaxprs) {
            Some([jaxpr]) => Ok(*jaxpr),
            _ => Err(Fault::Param(names.first().copied().unwrap_or("jaxpr"))),
        }
    }
}

fn sizes(ty: Option<&Type>) -> Option<Vec<u64>> {
    ty?.shape()?.iter().map(crate::ir::Dim::size).collect()
}

/// `0`
pub(super) fn int(program: &Program, value: &ParamValue) -> Option<Expr> {
    params::int(&program.symbols, value).map(|int| Expr::atom(int.to_string()))
}

/// `(0, 1)`
pub(super) fn ints(program: &Program, value: &ParamValue) -> Option<Expr> {
    params::ints(&program.symbols, value).map(Expr::ints)
}

/// `((0, 1), (0, 0))`
pub(super) fn int_tuples(program: &Program, value: &ParamValue) -> Option<Expr> {
    let rows = params::int_tuples(&program.symbols, value)?;
    Some(Expr::Tuple(rows.into_iter().map(Expr::ints).collect()))
}

/// `True`
pub(super) fn boolean(_: &Program, value: &ParamValue) -> Option<Expr> {
    params::boolean(value).map(Expr::boolean)
}

/// `jnp.float32`
pub(super) fn dtype(program: &Program, value: &ParamValue) -> Option<Expr> {
    params::dtype(&program.symbols, value).map(literal::dtype)
}

/// Values that Python writes as JAX prints them: numbers, truth values, tuples of them, and members of `lax`'s
/// enumerations.
pub(super) fn plain(program: &Program, value: &ParamValue) -> Option<Expr> {
    const ENUMERATIONS: &[&str] = &[
        "GatherScatterMode.",
        "Precision.",
        "RoundingMethod.",
        "RandomAlgorithm.",
    ];
    match value {
        ParamValue::None => Some(Expr::atom("None")),
        ParamValue::Bool(truth) => Some(Expr::boolean(*truth)),
        ParamValue::Float(text) => {
            let text = program.symbols.text(*text);
            Some(Expr::Atom(float(text.parse().ok()?)))
        }
        ParamValue::Quoted(text) => {
            let text = program.symbols.text(*text);
            Some(Expr::string(text.trim_matches(['\'', '"'])))
        }
        ParamValue::Tuple(items) | ParamValue::List(items) => {
            let items = items.iter().map(|item| plain(program, item));
            items.collect::<Option<_>>().map(Expr::Tuple)
        }
        ParamValue::Text(text) => {
            let text = program.symbols.text(*text);
            ENUMERATIONS
                .iter()
                .any(|start| text.starts_with(start))
                .then(|| Expr::Atom(format!("lax.{text}")))
        }
        value => int(program, value),
    }
}
