//! The names of the function that is being written: what variables are called in it.
//!
//! A name stands for one thing in a function, and never for something else that the function reads from around it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::fault::Fault;
use super::literal::literal;
use super::names::variable;
use super::python::{Expr, Statement};
use super::writer::Writer;
use crate::ir::{Atom, BlockId, EqnId, Symbol, ValueId};

/// Functions inside one another, deeper than Python indents.
const DEEPEST: usize = 60;

/// The names of one function.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) values: FxHashMap<ValueId, Expr>,
    pub(super) taken: FxHashSet<String>,
    pub(super) read: FxHashSet<ValueId>,
    pub(super) statements: Vec<Statement>,
    pub(super) source: Option<Symbol>,
    /// The equations that stand before, by what they bind.
    pub(super) definitions: FxHashMap<ValueId, EqnId>,
}

impl Writer<'_> {
    /// The function that is being written.
    pub(super) fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// Starts the function of a jaxpr.
    pub(super) fn open(&mut self, block: BlockId) -> Result<(), Fault> {
        if self.scopes.len() > DEEPEST {
            return Err(Fault::Other(
                "functions stand inside one another too deep for Python".to_owned(),
            ));
        }
        let program = self.program;
        let code = &program.blocks[block];
        let operands = code.eqns.iter().flat_map(|&eqn| program.inputs(eqn));
        let read = operands
            .chain(&code.outputs)
            .filter_map(|atom| atom.value())
            .collect();
        self.scopes.push(Scope {
            read,
            ..Scope::default()
        });
        for &value in &code.consts {
            if let Some(name) = self.const_names.get(&value) {
                let name = Expr::Atom(name.clone());
                self.capture(value, name);
            }
        }
        Ok(())
    }

    /// Ends a function; gives its statements.
    pub(super) fn close(&mut self) -> Vec<Statement> {
        self.scopes
            .pop()
            .map(|scope| scope.statements)
            .unwrap_or_default()
    }

    /// Lets a variable stand for an expression of the function around. Comes before any [`Writer::local`].
    pub(super) fn capture(&mut self, value: ValueId, expr: Expr) {
        let scope = self.scope();
        expr.names(&mut |name| {
            scope.taken.insert(name.to_owned());
        });
        scope.values.insert(value, expr);
    }

    /// The equation of the same function that binds a variable.
    pub(super) fn definition(&self, value: ValueId) -> Option<EqnId> {
        self.scopes.last()?.definitions.get(&value).copied()
    }

    /// Gives a variable a name in the function that is being written.
    pub(super) fn local(&mut self, value: ValueId) -> String {
        let printed = self.program.name(value);
        let dropped = printed == "_";
        if dropped && !self.scope().read.contains(&value) {
            return printed;
        }
        let mut name = if dropped {
            "dropped".to_owned()
        } else {
            variable(&printed)
        };
        if self.scope().taken.contains(&name) || (dropped && self.names.is_used(&name)) {
            name = self.names.fresh(&name);
        }
        let scope = self.scope();
        scope.taken.insert(name.clone());
        scope.values.insert(value, Expr::Atom(name.clone()));
        name
    }

    pub(super) fn locals(&mut self, values: &[ValueId]) -> Vec<String> {
        values.iter().map(|&value| self.local(value)).collect()
    }

    /// An operand as an expression.
    pub(super) fn atom(&mut self, atom: Atom) -> Result<Expr, Fault> {
        match atom {
            Atom::Literal(id) => literal(self.program, &self.program.literals[id]),
            Atom::Value(value) => match self.scope().values.get(&value) {
                Some(expr) => Ok(expr.clone()),
                None => Err(Fault::Other(format!(
                    "the value of `{}` is not in the text",
                    self.program.name(value)
                ))),
            },
        }
    }

    pub(super) fn push(&mut self, statement: Statement) {
        self.scope().statements.push(statement);
    }

    /// Names for inputs; each has one, also if nobody reads it.
    pub(super) fn parameters(&mut self, inputs: &[ValueId]) -> Vec<String> {
        let named = |(index, name): (usize, String)| match name.as_str() {
            "_" => format!("_{index}"),
            _ => name,
        };
        self.locals(inputs).into_iter().enumerate().map(named).collect()
    }
}
