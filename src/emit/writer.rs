//! Turns jaxprs into functions, an equation a statement.
//!
//! A jaxpr never refers to variables of the jaxprs around it, so a body becomes a function at module level when it
//! has a name of its own, or when its compiled form is worth keeping between calls. Bodies that the text writes
//! out in place become functions in place; those of loops read what they hold constant from around them.

use rustc_hash::FxHashMap;

use super::Options;
use super::equation::Equation;
use super::families::{Form, Row, row};
use super::fault::{EmitError, Fault, Loss};
use super::names::FunctionNames;
use super::python::{Expr, Function, Statement, Target};
use super::scope::Scope;
use crate::ir::{BlockId, EqnId, JaxprRef, ParamValue, Program, ValueId};

/// What an equation's expression gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The only output.
    One,
    /// A sequence of all outputs.
    Sequence,
    /// A sequence of all outputs, in another order: these.
    Order(Vec<usize>),
    /// Sequences of so many outputs each.
    Groups(Vec<usize>),
    /// Nothing that has a name.
    Nothing,
    /// No statement at all: there is none, or it stands already.
    Absent,
}

/// An equation's expression, and how its outputs are found in it.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) expr: Expr,
    pub(super) shape: Shape,
}

pub(super) struct Writer<'a> {
    pub(super) program: &'a Program,
    pub(super) options: &'a Options,
    pub(super) names: FunctionNames,
    /// Functions at module level, each behind those that it calls.
    pub(super) functions: Vec<Function>,
    pub(super) losses: Vec<Loss>,
    pub(super) errors: Vec<EmitError>,
    /// Functions at module level by their jaxpr and decorator; `None` while they are written.
    shared: FxHashMap<(BlockId, String), Option<String>>,
    /// The constvars of jaxprs inside, which `main` takes, by the jaxprs that need them.
    consts: FxHashMap<BlockId, Vec<ValueId>>,
    pub(super) const_names: FxHashMap<ValueId, String>,
    pub(super) scopes: Vec<Scope>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(program: &'a Program, options: &'a Options) -> Self {
        Self {
            program,
            options,
            names: FunctionNames::new(program),
            functions: Vec::new(),
            losses: Vec::new(),
            errors: Vec::new(),
            shared: FxHashMap::default(),
            consts: FxHashMap::default(),
            const_names: FxHashMap::default(),
            scopes: Vec::new(),
        }
    }

    /// Names the constvars of a jaxpr inside, and gives the names.
    pub(super) fn name_consts(&mut self, block: BlockId) -> Vec<String> {
        let consts = self.program.blocks[block].consts.clone();
        let name = |value| {
            let name = self.names.fresh("const");
            self.const_names.insert(value, name.clone());
            name
        };
        consts.into_iter().map(name).collect()
    }

    /// The constvars that a jaxpr and those inside it need.
    fn needed_consts(&mut self, block: BlockId) -> Vec<ValueId> {
        if let Some(known) = self.consts.get(&block) {
            return known.clone();
        }
        // A definition that is inside itself needs nothing more than it needs already.
        self.consts.insert(block, Vec::new());
        let program = self.program;
        let mut needed: Vec<ValueId> = Vec::new();
        if block != program.main() {
            needed.extend(&program.blocks[block].consts);
        }
        for &eqn in &program.blocks[block].eqns {
            for (_, jaxpr) in program.params(eqn).jaxprs() {
                let inside = self.needed_consts(jaxpr.block());
                needed.extend(
                    inside
                        .into_iter()
                        .filter(|value| !needed.contains(value))
                        .collect::<Vec<_>>(),
                );
            }
        }
        self.consts.insert(block, needed.clone());
        needed
    }

    /// Notes what the module will not do, and says so where it does not.
    pub(super) fn lose(&mut self, eqn: EqnId, what: String) {
        self.push(Statement::Comment(format!("Left out: {what}.")));
        self.losses.push(Loss { eqn, what });
    }

    /// Writes the equations of a jaxpr, and gives its results.
    pub(super) fn body(&mut self, block: BlockId) -> Vec<Expr> {
        let program = self.program;
        for &eqn in &program.blocks[block].eqns {
            if let Err(fault) = self.equation(eqn) {
                self.errors.push(EmitError::new(program, eqn, &fault));
                // What follows is not wrong as well.
                self.locals(program.outputs(eqn));
            }
        }
        let results = program.blocks[block].outputs.iter();
        results
            .map(|&atom| {
                self.atom(atom).unwrap_or_else(|fault| {
                    self.errors.push(EmitError {
                        eqn: None,
                        primitive: "a result".to_owned(),
                        message: fault.to_string(),
                    });
                    Expr::atom("None")
                })
            })
            .collect()
    }

    fn equation(&mut self, eqn: EqnId) -> Result<(), Fault> {
        self.note_source(eqn);
        let primitive = self.program.primitive(eqn);
        let given = match row(primitive) {
            Some(row) => self.given(eqn, row)?,
            None => self
                .replayed(eqn)?
                .ok_or_else(|| Fault::Primitive(primitive.to_owned()))?,
        };
        self.bind(eqn, given)
    }

    fn given(&mut self, eqn: EqnId, row: &'static Row) -> Result<Given, Fault> {
        let left_out = self.left_out(eqn, row);
        // A derivative rule is worth more than a rewrite inside the function; an option is not.
        let replays = row.lossy || (!left_out.is_empty() && !self.is_rewritten(eqn));
        if replays && let Some(given) = self.replayed(eqn)? {
            return Ok(given);
        }
        for what in left_out {
            self.lose(eqn, what);
        }
        let mut equation = Equation { writer: self, eqn };
        match row.form {
            Form::Call(function) => equation.simple(function, row.arguments),
            Form::Own(write) => write(&mut equation),
        }
    }

    /// Parameters that say something and that the row does not read.
    fn left_out(&self, eqn: EqnId, row: &Row) -> Vec<String> {
        let symbols = &self.program.symbols;
        let params = self.program.params(eqn).iter();
        let read = |name: &str| {
            row.reads.contains(&name) || row.arguments.iter().any(|argument| argument.param == name)
        };
        params
            .filter(|(name, value)| !read(symbols.text(*name)) && !self.says_nothing(value))
            .map(|(name, value)| {
                format!(
                    "{}={}",
                    symbols.text(name),
                    crate::print::param_text(self.program, value)
                )
            })
            .collect()
    }

    fn says_nothing(&self, value: &ParamValue) -> bool {
        match value {
            ParamValue::None | ParamValue::Bool(false) => true,
            ParamValue::Tuple(items) | ParamValue::List(items) => {
                items.iter().all(|item| self.says_nothing(item))
            }
            ParamValue::Jaxprs(jaxprs) => jaxprs.is_empty(),
            ParamValue::Text(text) => self.program.symbols.text(*text) == "UnspecifiedValue",
            _ => false,
        }
    }

    /// The Python line of the original, once for the equations that come from it.
    fn note_source(&mut self, eqn: EqnId) {
        let source = self.program.notes.get(&eqn).and_then(|notes| notes.source);
        if let Some(source) = source
            && self.scope().source != Some(source)
        {
            self.scope().source = Some(source);
            let text = self.program.symbols.text(source).to_owned();
            self.push(Statement::Comment(text));
        }
    }

    fn bind(&mut self, eqn: EqnId, given: Given) -> Result<(), Fault> {
        if given.shape == Shape::Absent {
            return Ok(());
        }
        let outputs = self.program.outputs(eqn);
        let bound = outputs.iter().map(|&value| (value, eqn));
        self.scope().definitions.extend(bound);
        let names = self.locals(outputs);
        let name = |index: usize| names.get(index).cloned().unwrap_or_else(|| "_".to_owned());
        let target = match given.shape {
            Shape::Nothing | Shape::Absent => None,
            Shape::One if names.len() == 1 => Some(Target::Name(name(0))),
            Shape::One => {
                return Err(Fault::Other(format!(
                    "it has {} outputs, and gives one",
                    names.len()
                )));
            }
            Shape::Sequence if names.is_empty() => None,
            Shape::Sequence => Some(Target::tuple(names)),
            Shape::Order(order) => Some(Target::tuple(order.into_iter().map(name))),
            Shape::Groups(sizes) => {
                let mut start = 0;
                let groups = sizes.into_iter().map(|size| {
                    start += size;
                    // Python has no empty target that reads well.
                    if size == 0 {
                        Target::Name("_".to_owned())
                    } else {
                        Target::tuple((start - size..start).map(name))
                    }
                });
                Some(Target::Tuple(groups.collect()))
            }
        };
        self.push(match target {
            Some(target) => Statement::Assign(target, given.expr),
            None => Statement::Expression(given.expr),
        });
        Ok(())
    }

    /// Puts a function without a decorator where the writer stands.
    pub(super) fn put_function(&mut self, name: &str, parameters: Vec<String>, body: Vec<Statement>) {
        self.push(Statement::Function(Function {
            decorator: None,
            name: name.to_owned(),
            parameters,
            doc: Vec::new(),
            body,
        }));
    }

    /// A call of the function of a jaxpr that takes all its operands one by one, and gives a tuple.
    ///
    /// With a decorator, or if the jaxpr has a name of its own, the function stands at module level.
    pub(super) fn function(
        &mut self,
        jaxpr: JaxprRef,
        wanted: &str,
        decorator: Option<Expr>,
    ) -> Result<String, Fault> {
        let block = jaxpr.block();
        if let (JaxprRef::Inline(_), None) = (jaxpr, &decorator) {
            let name = self.names.fresh(wanted);
            let function = self.define(block, name.clone(), None)?;
            self.push(Statement::Function(function));
            return Ok(name);
        }
        let key = (
            block,
            decorator.as_ref().map(super::layout::flat).unwrap_or_default(),
        );
        match self.shared.get(&key) {
            Some(Some(name)) => return Ok(name.clone()),
            Some(None) => return Err(Fault::Other("a jaxpr calls itself".to_owned())),
            None => {}
        }
        self.shared.insert(key.clone(), None);
        let name = self.names.fresh(wanted);
        let function = self.define(block, name.clone(), decorator)?;
        self.functions.push(function);
        self.shared.insert(key, Some(name.clone()));
        Ok(name)
    }

    /// The operands of [`Writer::function`]: the constvars that a function at module level needs come first.
    pub(super) fn with_consts(
        &mut self,
        jaxpr: JaxprRef,
        decorated: bool,
        operands: Vec<Expr>,
    ) -> Result<Vec<Expr>, Fault> {
        if matches!(jaxpr, JaxprRef::Inline(_)) && !decorated {
            return Ok(operands);
        }
        let needed = self.needed_consts(jaxpr.block());
        let names = needed
            .iter()
            .map(|value| self.const_names.get(value).cloned().map(Expr::Atom));
        let names: Option<Vec<Expr>> = names.collect();
        let names = names
            .ok_or_else(|| Fault::Other("constants of a jaxpr inside it are not in the text".to_owned()))?;
        Ok(names.into_iter().chain(operands).collect())
    }

    fn define(&mut self, block: BlockId, name: String, decorator: Option<Expr>) -> Result<Function, Fault> {
        let operands = Vec::new();
        let consts = if decorator.is_some() || self.is_shared(block) {
            self.with_consts(JaxprRef::Inline(block), true, operands)?
        } else {
            operands
        };
        self.open(block)?;
        let mut parameters: Vec<String> = consts.iter().map(super::layout::flat).collect();
        for name in &parameters {
            self.scope().taken.insert(name.clone());
        }
        let inputs = &self.program.blocks[block].inputs;
        parameters.extend(self.parameters(inputs));
        let results = self.body(block);
        self.push(Statement::Return(Expr::Tuple(results)));
        Ok(Function {
            decorator,
            name,
            parameters,
            doc: vec![super::module::signature(self.program, block)],
            body: self.close(),
        })
    }

    fn is_shared(&self, block: BlockId) -> bool {
        self.shared.contains_key(&(block, String::new()))
    }
}
