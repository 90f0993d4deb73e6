//! A program run on ranges, equation by equation, as far as a given number of steps goes.

use std::cell::Cell;

use super::{Range, Ranges};
use crate::analysis::graph::{Definitions, Graph, Node, SiteId, transparent_body};
use crate::ir::{Atom, BlockId, EqnId, Program, ValueId};

/// An equation that has been run: once a call that leads to it, and in a loop once its carry is settled.
pub struct Visit<'a, 'p> {
    /// The block around it, seen from inside.
    pub graph: &'a Graph<'p>,
    /// Ranges of the values that have been computed there.
    pub ranges: &'a Ranges<'a, 'p>,
    /// The equation.
    pub eqn: EqnId,
    /// Where it stands.
    pub site: SiteId,
    /// The ranges of its operands.
    pub operands: &'a [Range],
    /// The ranges of its outputs.
    pub outputs: &'a [Range],
}

impl Visit<'_, '_> {
    /// The ranges of the outputs if the operands lay in others.
    pub fn outputs_of(&self, operands: &[Range]) -> Vec<Range> {
        self.ranges.transfer(self.eqn, self.site, operands)
    }
}

/// Who is told of visits.
pub(super) type Watch<'g> = &'g dyn Fn(&Visit<'_, '_>);

/// Runs the main jaxpr of `program` on the ranges of its constvars and inputs; a missing one may be anything.
///
/// Returns the ranges of its outputs. `watch` is told of every equation that is reached, those of loops once their
/// carry is settled. After `steps` equations nothing more is known but dtypes, and nothing more is told.
pub fn run(
    program: &Program,
    definitions: &Definitions,
    known: &[(ValueId, Range)],
    steps: u32,
    watch: &dyn Fn(&Visit<'_, '_>),
) -> Vec<Range> {
    let steps = Cell::new(steps);
    let graph = Graph::with_sites(program, definitions, MOST_SITES);
    let mut ranges = Ranges::new(&graph, &steps);
    ranges.watch = Some(watch);
    ranges
        .known
        .borrow_mut()
        .extend(known.iter().map(|&(value, range)| (root(value), range)));
    ranges.block(program.main(), SiteId::ROOT);
    let outputs = &program.blocks[program.main()].outputs;
    outputs
        .iter()
        .map(|&atom| ranges.range(Node::at_root(atom)))
        .collect()
}

/// Calls that are seen through in one block.
const MOST_SITES: usize = 1 << 16;

/// Jaxprs inside one another that are run.
const DEEPEST: u32 = 32;

fn root(value: ValueId) -> Node {
    Node::at_root(Atom::Value(value))
}

impl Ranges<'_, '_> {
    /// Runs the equations of a block at a site.
    fn block(&self, block: BlockId, site: SiteId) {
        let program = self.graph.program;
        if self.depth.get() >= DEEPEST {
            return;
        }
        self.depth.set(self.depth.get() + 1);
        for &eqn in &program.blocks[block].eqns {
            if !self.step() {
                break;
            }
            match transparent_body(program, eqn).and_then(|body| Some((body, self.graph.enter(site, eqn)?))) {
                Some((body, inside)) => self.block(body, inside),
                None => self.visit(eqn, site),
            }
        }
        self.depth.set(self.depth.get() - 1);
    }

    fn visit(&self, eqn: EqnId, site: SiteId) {
        let operands: Vec<Range> = self.operands(eqn, site).map(|node| self.range(node)).collect();
        let outputs = self.transfer(eqn, site, &operands);
        self.remember(eqn, site, &outputs);
        if let Some(watch) = self.watch {
            watch(&Visit {
                graph: self.graph,
                ranges: self,
                eqn,
                site,
                operands: &operands,
                outputs: &outputs,
            });
        }
    }

    /// Runs a jaxpr of its own on ranges; visits are told if `told`.
    pub(super) fn body(&self, block: BlockId, inputs: &[Range], told: bool) -> Vec<Range> {
        let program = self.graph.program;
        let code = &program.blocks[block];
        if self.depth.get() >= DEEPEST || inputs.len() != code.inputs.len() {
            return Vec::new();
        }
        let graph = self.graph.elsewhere();
        let mut ranges = Ranges::new(&graph, self.steps);
        ranges.depth.set(self.depth.get());
        ranges.watch = self.watch.filter(|_| told);
        let bound = code.inputs.iter().zip(inputs);
        ranges
            .known
            .borrow_mut()
            .extend(bound.map(|(&value, &range)| (root(value), range)));
        ranges.block(block, SiteId::ROOT);
        code.outputs
            .iter()
            .map(|&atom| ranges.range(Node::at_root(atom)))
            .collect()
    }
}
