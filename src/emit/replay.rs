//! Equations that are left to the jaxpr that was traced, found there by their path.

use rustc_hash::{FxHashMap, FxHashSet};

use super::fault::Fault;
use super::python::Expr;
use super::writer::{Given, Shape, Writer};
use crate::ir::{EqnId, Program};

/// Where equations stand in the traced jaxpr, by where they stand in the text.
///
/// `3.jaxpr.0.7` is the eighth equation of the first jaxpr in the parameter `jaxpr` of the fourth equation.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    by_place: FxHashMap<u32, String>,
}

impl Paths {
    /// The paths of a program as it was read.
    pub fn of(program: &Program) -> Self {
        let mut by_place = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let mut stack = vec![(program.main(), String::new())];
        while let Some((block, prefix)) = stack.pop() {
            for (index, &eqn) in program.blocks[block].eqns.iter().enumerate() {
                let path = format!("{prefix}{index}");
                for (name, value) in program.params(eqn).iter() {
                    let name = program.symbols.text(name);
                    for (at, jaxpr) in value.jaxprs().iter().enumerate() {
                        if seen.insert(jaxpr.block()) {
                            stack.push((jaxpr.block(), format!("{path}.{name}.{at}.")));
                        }
                    }
                }
                by_place.insert(program.span(eqn).start, path);
            }
        }
        Self { by_place }
    }

    fn path(&self, program: &Program, eqn: EqnId) -> Option<&str> {
        let span = program.span(eqn);
        if span.end == 0 {
            return None;
        }
        self.by_place.get(&span.start).map(String::as_str)
    }
}

impl Writer<'_> {
    /// `live(path, operands)`, if there is a traced jaxpr and the equation stands in it.
    pub(super) fn replayed(&mut self, eqn: EqnId) -> Result<Option<Given>, Fault> {
        let Some(path) = self
            .options
            .live
            .as_ref()
            .and_then(|paths| paths.path(self.program, eqn))
        else {
            return Ok(None);
        };
        let path = Expr::string(path);
        let operands = self.program.inputs(eqn).iter().map(|&atom| self.atom(atom));
        let operands: Vec<Expr> = operands.collect::<Result<_, _>>()?;
        Ok(Some(Given {
            expr: Expr::call("live", std::iter::once(path).chain(operands)),
            shape: Shape::Sequence,
        }))
    }
}
