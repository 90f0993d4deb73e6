//! Holds a pattern against a place in a program.

use super::natives::condition_holds;
use super::pattern::{ParamPattern, PatternId, PatternNode, Slot, Variant};
use crate::analysis::{Graph, Link, Movement, Node, SiteId, movement};
use crate::ir::{Atom, EqnId, Symbol};
use crate::print::param_text;

/// What a slot holds after a match.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Binding {
    /// Nothing yet.
    #[default]
    Free,
    /// A value.
    Node(Node),
    /// Equations that move elements, outermost first.
    Chain(Vec<Link>),
    /// A parameter of an equation.
    Param(EqnId, Symbol),
    /// A constant, and its value.
    Constant(Node, f64),
}

/// What the slots of a variant hold.
#[derive(Clone, Debug, Default)]
pub struct Bindings(Vec<Binding>);

impl Bindings {
    /// What a slot holds.
    pub fn get(&self, slot: Slot) -> &Binding {
        self.0.get(usize::from(slot.0)).unwrap_or(&Binding::Free)
    }

    /// The value in a slot.
    pub fn node(&self, slot: Slot) -> Option<Node> {
        match self.get(slot) {
            Binding::Node(node) | Binding::Constant(node, _) => Some(*node),
            _ => None,
        }
    }

    /// The chain in a slot.
    pub fn chain(&self, slot: Slot) -> Option<&[Link]> {
        match self.get(slot) {
            Binding::Chain(chain) => Some(chain),
            _ => None,
        }
    }

    /// The constant in a slot.
    pub fn constant(&self, slot: Slot) -> Option<f64> {
        match self.get(slot) {
            Binding::Constant(_, value) => Some(*value),
            _ => None,
        }
    }
}

/// Chains are no longer than this.
const LONGEST_CHAIN: usize = 12;
/// The most steps that one attempt may take; a pattern that needs more does not match.
const FUEL: u32 = 2000;

/// A pattern that a node must match, and what must match besides. The list lives on the stack of the search.
#[derive(Clone, Copy)]
struct Goal<'l> {
    pattern: PatternId,
    node: Node,
    next: Option<&'l Goal<'l>>,
}

/// Holds variants against places: a depth-first search that takes back its bindings where it turns round.
pub struct Matcher<'g, 'p> {
    graph: &'g Graph<'p>,
    variant: Option<&'g Variant>,
    bindings: Bindings,
    /// Slots in the order in which they were filled.
    filled: Vec<Slot>,
    fuel: u32,
}

impl<'g, 'p> Matcher<'g, 'p> {
    /// A matcher for places in one block.
    pub fn new(graph: &'g Graph<'p>) -> Self {
        Self { graph, variant: None, bindings: Bindings::default(), filled: Vec::new(), fuel: 0 }
    }

    /// Whether `variant` matches with its root at the equation `root` of `site`.
    pub fn run(&mut self, variant: &'g Variant, root: EqnId, site: SiteId) -> Option<Bindings> {
        let &output = self.graph.program.outputs(root).first()?;
        self.variant = Some(variant);
        self.bindings.0.clear();
        self.bindings.0.resize(variant.slots, Binding::Free);
        self.filled.clear();
        self.fuel = FUEL;
        let goal = Goal { pattern: 0, node: Node { atom: Atom::Value(output), site }, next: None };
        self.eqn(variant, goal, root, site, Atom::Value(output)).then(|| std::mem::take(&mut self.bindings))
    }

    /// Meets a goal and all behind it, and then the conditions; or leaves the bindings as they were.
    fn solve(&mut self, goal: Option<&Goal<'_>>) -> bool {
        let (Some(fuel), Some(variant)) = (self.fuel.checked_sub(1), self.variant) else { return false };
        self.fuel = fuel;
        let Some(&goal) = goal else {
            let (graph, bindings) = (self.graph, &self.bindings);
            return variant.conditions.iter().all(|condition| condition_holds(graph, condition, bindings));
        };
        let mark = self.filled.len();
        let met = match &variant.pattern.nodes[goal.pattern] {
            PatternNode::Any(slot) => self.any(*slot, goal.node) && self.solve(goal.next),
            PatternNode::Number(number) => {
                let same = self.graph.constant(goal.node).is_some_and(|value| value.to_bits() == number.to_bits());
                same && self.solve(goal.next)
            }
            PatternNode::Constant(slot) => match self.graph.constant(goal.node) {
                Some(value) => {
                    self.fill(*slot, Binding::Constant(goal.node, value));
                    self.solve(goal.next)
                }
                None => false,
            },
            PatternNode::Chain { slot, moves, inner } => self.chain(*slot, *moves, *inner, goal),
            PatternNode::Eqn { slot, .. } => match (self.bindings.node(*slot), self.graph.equation(goal.node)) {
                (Some(bound), _) => self.graph.congruent(bound, goal.node) && self.solve(goal.next),
                (None, Some((eqn, site))) => {
                    let atom = self.graph.resolve(goal.node).atom;
                    self.eqn(variant, goal, eqn, site, atom)
                }
                (None, None) => false,
            },
        };
        if !met {
            self.take_back(mark);
        }
        met
    }

    /// Meets a goal by an equation, its operands in either order if they commute.
    fn eqn(&mut self, variant: &'g Variant, goal: Goal<'_>, eqn: EqnId, site: SiteId, output: Atom) -> bool {
        let graph = self.graph;
        let PatternNode::Eqn { slot, primitive, params, operands, commutes } = &variant.pattern.nodes[goal.pattern]
        else {
            return false;
        };
        let inputs = graph.program.inputs(eqn);
        if inputs.len() != operands.len() || graph.program.primitive(eqn) != primitive {
            return false;
        }
        let mark = self.filled.len();
        self.fill(*slot, Binding::Node(Node { atom: output, site }));
        let met = params.iter().all(|(key, wanted)| self.param(eqn, key, wanted))
            && (self.operands(operands, inputs, site, false, goal.next)
                || (*commutes && inputs.len() == 2 && self.operands(operands, inputs, site, true, goal.next)));
        if !met {
            self.take_back(mark);
        }
        met
    }

    /// Meets the patterns of operands, the first one first.
    fn operands(
        &mut self,
        patterns: &[PatternId],
        inputs: &[Atom],
        site: SiteId,
        swapped: bool,
        next: Option<&Goal<'_>>,
    ) -> bool {
        let Some((&pattern, before)) = patterns.split_last() else { return self.solve(next) };
        let at = if swapped { 1 - before.len() } else { before.len() };
        let goal = Goal { pattern, node: Node { atom: inputs[at], site }, next };
        self.operands(before, inputs, site, swapped, Some(&goal))
    }

    fn param(&mut self, eqn: EqnId, key: &str, wanted: &ParamPattern) -> bool {
        let program = self.graph.program;
        let Some(value) = program.param(eqn, key) else { return false };
        match wanted {
            ParamPattern::Text(text) => param_text(program, value) == *text,
            ParamPattern::Bind(slot) => match *self.bindings.get(*slot) {
                Binding::Param(other, key) => program.params(other).get(key) == Some(value),
                _ => {
                    let key = program.symbols.get(key);
                    key.map(|key| self.fill(*slot, Binding::Param(eqn, key))).is_some()
                }
            },
        }
    }

    fn any(&mut self, slot: Slot, node: Node) -> bool {
        match self.bindings.node(slot) {
            Some(bound) => self.graph.congruent(bound, node),
            None => {
                self.fill(slot, Binding::Node(self.graph.resolve(node)));
                true
            }
        }
    }

    /// Tries the inner pattern behind no link, one link, two, …
    fn chain(&mut self, slot: Slot, moves: bool, inner: PatternId, goal: Goal<'_>) -> bool {
        let mut links = Vec::new();
        let mut node = goal.node;
        loop {
            let mark = self.filled.len();
            self.fill(slot, Binding::Chain(links.clone()));
            if self.solve(Some(&Goal { pattern: inner, node, next: goal.next })) {
                return true;
            }
            self.take_back(mark);
            let Some((eqn, site)) = self.graph.equation(node) else { return false };
            let Some(kind) = movement(self.graph.program, eqn) else { return false };
            if links.len() >= LONGEST_CHAIN || (kind == Movement::Move && !moves) {
                return false;
            }
            links.push(Link { eqn, site });
            let Some(operand) = self.graph.operand(eqn, site, 0) else { return false };
            node = operand;
        }
    }

    fn fill(&mut self, slot: Slot, binding: Binding) {
        self.bindings.0[usize::from(slot.0)] = binding;
        self.filled.push(slot);
    }

    fn take_back(&mut self, mark: usize) {
        for slot in self.filled.drain(mark..) {
            self.bindings.0[usize::from(slot.0)] = Binding::Free;
        }
    }
}
