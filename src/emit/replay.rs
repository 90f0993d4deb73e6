//! Equations that are left to the jaxpr that was traced, found there by their path.

use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use super::fault::Fault;
use super::python::Expr;
use super::writer::{Given, Shape, Writer};
use crate::ir::{BlockId, EqnId, ParamValue, Program};

/// Where equations and jaxprs stand in the traced jaxpr.
///
/// `3.jaxpr.0.7` is the eighth equation of the first jaxpr in the parameter `jaxpr` of the fourth equation, and
/// `3.jaxpr.0` is that jaxpr.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// By where an equation stands in the text, which copies of it share.
    equations: FxHashMap<u32, String>,
    jaxprs: FxHashMap<BlockId, String>,
}

impl Paths {
    /// The paths of a program as it was read.
    pub fn of(program: &Program) -> Self {
        let mut paths = Self::default();
        let mut stack = vec![(program.main(), String::new())];
        while let Some((block, prefix)) = stack.pop() {
            for (index, &eqn) in program.blocks[block].eqns.iter().enumerate() {
                let path = format!("{prefix}{index}");
                for (name, value) in program.params(eqn).iter() {
                    let name = program.symbols.text(name);
                    for (at, block) in jaxprs(program, value).into_iter().enumerate() {
                        let path = format!("{path}.{name}.{at}");
                        if let Entry::Vacant(free) = paths.jaxprs.entry(block) {
                            stack.push((block, format!("{path}.")));
                            free.insert(path);
                        }
                    }
                }
                paths.equations.insert(program.span(eqn).start, path);
            }
        }
        paths
    }

    fn equation(&self, program: &Program, eqn: EqnId) -> Option<&str> {
        let span = program.span(eqn);
        if span.is_empty() {
            return None;
        }
        self.equations.get(&span.start).map(String::as_str)
    }

    /// Where a jaxpr stands.
    pub(super) fn jaxpr(&self, block: BlockId) -> Option<&str> {
        self.jaxprs.get(&block).map(String::as_str)
    }
}

/// The jaxprs in a value, also those that it prints by `str()`.
fn jaxprs(program: &Program, value: &ParamValue) -> Vec<BlockId> {
    let laid_out = value.jaxprs().iter().map(|jaxpr| jaxpr.block());
    let printed = value
        .listings()
        .into_iter()
        .map(|listing| program.listings[listing].main);
    laid_out.chain(printed).collect()
}

impl Writer<'_> {
    /// `live(path, operands)`, if there is a traced jaxpr and the equation stands in it.
    pub(super) fn replayed(&mut self, eqn: EqnId) -> Result<Option<Given>, Fault> {
        let Some(path) = self
            .options
            .live
            .as_ref()
            .and_then(|paths| paths.equation(self.program, eqn))
        else {
            return Ok(None);
        };
        let path = Expr::string(path);
        if self.is_rewritten(eqn) {
            let primitive = self.program.primitive(eqn);
            self.lose(
                eqn,
                format!("the rewrites inside {primitive}, which runs as it was traced"),
            );
        }
        let operands = self.program.inputs(eqn).iter().map(|&atom| self.atom(atom));
        let operands: Vec<Expr> = operands.collect::<Result<_, _>>()?;
        Ok(Some(Given {
            expr: Expr::call("live", std::iter::once(path).chain(operands)),
            shape: Shape::Sequence,
        }))
    }

    /// Whether a jaxpr inside an equation holds equations that nobody traced.
    pub(super) fn is_rewritten(&self, eqn: EqnId) -> bool {
        let program = self.program;
        let inside = |eqn: EqnId| {
            let params = program.params(eqn).iter();
            params
                .flat_map(|(_, value)| jaxprs(program, value))
                .collect::<Vec<_>>()
        };
        let (mut stack, mut seen) = (inside(eqn), FxHashSet::default());
        while let Some(block) = stack.pop() {
            if !seen.insert(block) {
                continue;
            }
            for &eqn in &program.blocks[block].eqns {
                if program.span(eqn).is_empty() {
                    return true;
                }
                stack.extend(inside(eqn));
            }
        }
        false
    }
}
