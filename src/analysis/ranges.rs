//! What numbers a value may hold: intervals with what else is known, from the primitives that compute it.
//!
//! Everything that is said holds for every input, in the program's own arithmetic: ends are rounded as the dtype
//! rounds, functions that are not rounded correctly get slack, results that are too small may be zero. A question
//! is answered from the equations around it ([`Ranges`]), or a whole program is run on ranges ([`run`]). Relations
//! between values are seen where they decide a sign or a bound: `x − x`, `x·x`, `x − max x`, `e / Σ e`, guards in
//! `select_n`. Nothing here decides what is a mistake.

mod arithmetic;
mod curves;
mod forward;
mod loops;
mod operation;
mod pieces;
mod predicates;
mod range;
mod reductions;
mod relations;
mod selection;
mod table;

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::graph::{Definition, Graph, Node, SiteId};
use crate::ir::{Atom, EqnId, LiteralValue};
use crate::schema;
use operation::Operation;

pub use forward::{Visit, run};
pub use range::{Range, integer_limits};

/// Ranges of the values that one block sees, found when they are asked for and remembered.
pub struct Ranges<'g, 'p> {
    graph: &'g Graph<'p>,
    known: RefCell<FxHashMap<Node, Range>>,
    /// Equations that may still be looked at; without any, nothing is known but the dtype.
    steps: &'g Cell<u32>,
    depth: Cell<u32>,
    watch: Option<forward::Watch<'g>>,
}

/// Equations in a row that a question walks back.
const DEEPEST: u32 = 48;

/// Equations that one question of a rule may look at, so that asking is linear in the number of questions.
const STEPS: u32 = 256;

/// The range of a node, from the equations in front of it.
pub fn range_of(graph: &Graph<'_>, node: Node) -> Range {
    let steps = Cell::new(STEPS);
    Ranges::new(graph, &steps).range(node)
}

impl<'g, 'p> Ranges<'g, 'p> {
    fn new(graph: &'g Graph<'p>, steps: &'g Cell<u32>) -> Self {
        Self {
            graph,
            known: RefCell::default(),
            steps,
            depth: Cell::new(0),
            watch: None,
        }
    }

    /// The range of a node.
    pub fn range(&self, node: Node) -> Range {
        let node = self.graph.resolve(node);
        if let Atom::Literal(_) = node.atom {
            return self.literal(node);
        }
        if let Some(&known) = self.known.borrow().get(&node) {
            return known;
        }
        if let Some((eqn, output)) = self.equation(node)
            && self.depth.get() < DEEPEST
            && self.step()
        {
            self.depth.set(self.depth.get() + 1);
            let operands: Vec<Range> = self
                .operands(eqn, node.site)
                .map(|node| self.range(node))
                .collect();
            let outputs = self.transfer(eqn, node.site, &operands);
            self.depth.set(self.depth.get() - 1);
            let range = outputs.get(output).copied().unwrap_or(Range::ANYTHING);
            self.remember(eqn, node.site, &outputs);
            return range;
        }
        let range = self.by_type(node);
        self.known.borrow_mut().insert(node, range);
        range
    }

    /// The equation that binds a node that has been resolved, and which of its outputs it is.
    fn equation(&self, node: Node) -> Option<(EqnId, usize)> {
        match self.graph.definition(node.atom.value()?) {
            Definition::Eqn(eqn, output) => Some((eqn, output as usize)),
            _ => None,
        }
    }

    fn operands(&self, eqn: EqnId, site: SiteId) -> impl Iterator<Item = Node> {
        let inputs = self.graph.program.inputs(eqn).iter();
        inputs.map(move |&atom| Node { atom, site })
    }

    fn remember(&self, eqn: EqnId, site: SiteId, outputs: &[Range]) {
        let binders = self.graph.program.outputs(eqn).iter();
        let nodes = binders.map(|&value| Node {
            atom: Atom::Value(value),
            site,
        });
        self.known.borrow_mut().extend(nodes.zip(outputs.iter().copied()));
    }

    /// Takes one step, if any is left.
    fn step(&self) -> bool {
        let left = self.steps.get().checked_sub(1);
        self.steps.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The ranges of the outputs of an equation whose operands lie in `operands`.
    fn transfer(&self, eqn: EqnId, site: SiteId, operands: &[Range]) -> Vec<Range> {
        let operation = Operation {
            ranges: self,
            eqn,
            site,
            operands,
        };
        let count = self.graph.program.outputs(eqn).len();
        let found = table::transfer(self.graph.program.primitive(eqn), &operation);
        (0..count)
            .map(|output| {
                let found = found.get(output).copied().unwrap_or(Range::ANYTHING);
                match operation.dtype(output) {
                    // What is known of operands holds of no parts of a complex number.
                    Some(dtype) if dtype.is_complex() => Range::ANYTHING,
                    Some(dtype) => found.rounded(dtype),
                    None => Range::ANYTHING,
                }
            })
            .collect()
    }

    fn by_type(&self, node: Node) -> Range {
        let dtype = self.graph.type_of(node).and_then(crate::ir::Type::dtype);
        dtype.map_or(Range::ANYTHING, Range::of_dtype)
    }

    fn literal(&self, node: Node) -> Range {
        let Some(literal) = node.atom.literal() else {
            return Range::ANYTHING;
        };
        match self.graph.program.literals[literal].value {
            LiteralValue::Complex(..) | LiteralValue::Opaque => Range::ANYTHING,
            value => {
                let exact = value.as_f64().map_or(Range::ANYTHING, Range::exactly);
                match self.graph.type_of(node).and_then(crate::ir::Type::dtype) {
                    Some(dtype) => exact.rounded(dtype),
                    None => exact,
                }
            }
        }
    }

    /// The range of a node at the places where all of `facts` hold of theirs.
    ///
    /// A fact about an element says something of the elements computed from it at the same place, so it is carried
    /// through elementwise equations of the same shape and no further.
    fn range_where(&self, node: Node, facts: &[(Node, Range)], depth: u32) -> Range {
        let node = self.graph.resolve(node);
        let mut range = self.range(node);
        if node.atom.literal().is_some() || facts.is_empty() {
            return range;
        }
        for (about, fact) in facts {
            if self.graph.congruent(*about, node) {
                range = range.meet(*fact);
            }
        }
        let Some((eqn, output)) = self.equation(node).filter(|_| depth > 0) else {
            return range;
        };
        if !self.is_pointwise(eqn) || !self.step() {
            return range;
        }
        let nodes: Vec<Node> = self.operands(eqn, node.site).collect();
        let refined: Vec<Range> = nodes
            .iter()
            .map(|&node| self.range_where(node, facts, depth - 1))
            .collect();
        if nodes
            .iter()
            .zip(&refined)
            .all(|(&node, &refined)| self.range(node) == refined)
        {
            return range;
        }
        let outputs = self.transfer(eqn, node.site, &refined);
        outputs.get(output).map_or(range, |&found| range.meet(found))
    }

    /// Whether an element of the output depends on the elements at its own place alone.
    fn is_pointwise(&self, eqn: EqnId) -> bool {
        let program = self.graph.program;
        let elementwise = schema::primitive(program.primitive(eqn))
            .is_some_and(|row| row.operands == schema::Operands::Elementwise);
        let [output] = program.outputs(eqn) else {
            return false;
        };
        let shape = program.type_of(*output).shape();
        let fits = |atom: &Atom| match atom {
            Atom::Literal(_) => true,
            Atom::Value(value) => program.type_of(*value).shape() == shape,
        };
        elementwise && program.inputs(eqn).iter().all(fits)
    }
}
