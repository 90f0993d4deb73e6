//! Holds a pattern against a place in a program.

use super::candidates::Ready;
use super::natives::condition_holds;
use super::pattern::{ParamPattern, PatternId, PatternNode, Slot};
use crate::analysis::{Graph, Link, Movement, Node, SiteId, movement};
use crate::ir::{Atom, DType, EqnId, ParamValue, Symbol, Type, round_to};
use crate::print::param_text;

/// What a slot holds after a match.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Binding {
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
pub(crate) struct Bindings(Vec<Binding>);

impl Bindings {
    /// What a slot holds.
    pub(crate) fn get(&self, slot: Slot) -> &Binding {
        self.0.get(usize::from(slot.0)).unwrap_or(&Binding::Free)
    }

    /// The value in a slot.
    pub(crate) fn node(&self, slot: Slot) -> Option<Node> {
        match self.get(slot) {
            Binding::Node(node) | Binding::Constant(node, _) => Some(*node),
            _ => None,
        }
    }

    /// The chain in a slot.
    pub(crate) fn chain(&self, slot: Slot) -> Option<&[Link]> {
        match self.get(slot) {
            Binding::Chain(chain) => Some(chain),
            _ => None,
        }
    }

    /// The constant in a slot.
    pub(crate) fn constant(&self, slot: Slot) -> Option<f64> {
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

/// Room for one search, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    bindings: Bindings,
    /// Slots in the order in which they were filled.
    filled: Vec<Slot>,
}

/// Holds a variant against a place: a depth-first search that takes back its bindings where it turns round.
struct Matcher<'m, 'p> {
    graph: &'m Graph<'p>,
    ready: &'m Ready<'m>,
    room: &'m mut Room,
    fuel: u32,
}

impl Ready<'_> {
    /// What the variant binds if it matches with its root at the equation `root` of `site`.
    pub(super) fn matches(
        &self,
        graph: &Graph<'_>,
        room: &mut Room,
        root: EqnId,
        site: SiteId,
    ) -> Option<Bindings> {
        let output = Atom::Value(*graph.program.outputs(root).first()?);
        room.bindings.0.clear();
        room.bindings.0.resize(self.variant.slots, Binding::Free);
        room.filled.clear();
        let mut matcher = Matcher {
            graph,
            ready: self,
            room,
            fuel: FUEL,
        };
        let goal = Goal {
            pattern: 0,
            node: Node { atom: output, site },
            next: None,
        };
        matcher
            .eqn(goal, root, site, output)
            .then(|| std::mem::take(&mut room.bindings))
    }
}

impl Matcher<'_, '_> {
    /// Meets a goal and all behind it, and then the conditions; or leaves the bindings as they were.
    fn solve(&mut self, goal: Option<&Goal<'_>>) -> bool {
        let Some(fuel) = self.fuel.checked_sub(1) else {
            return false;
        };
        self.fuel = fuel;
        let ready = self.ready;
        let Some(&goal) = goal else {
            let (graph, bindings) = (self.graph, &self.room.bindings);
            return ready
                .variant
                .conditions
                .iter()
                .all(|condition| condition_holds(graph, condition, bindings));
        };
        let mark = self.room.filled.len();
        let met = match &ready.variant.pattern.nodes[goal.pattern] {
            PatternNode::Any(slot) => self.any(*slot, goal.node) && self.solve(goal.next),
            PatternNode::Number(number) => self.number(*number, goal.node) && self.solve(goal.next),
            PatternNode::Constant(slot) => match self.graph.constant(goal.node) {
                Some(value) => {
                    self.fill(*slot, Binding::Constant(goal.node, value));
                    self.solve(goal.next)
                }
                None => false,
            },
            PatternNode::Chain { slot, moves, inner } => self.chain(*slot, *moves, *inner, goal),
            PatternNode::Eqn { slot, .. } => {
                match (self.room.bindings.node(*slot), self.graph.equation(goal.node)) {
                    (Some(bound), _) => self.graph.congruent(bound, goal.node) && self.solve(goal.next),
                    (None, Some((eqn, site))) => {
                        let atom = self.graph.resolve(goal.node).atom;
                        self.eqn(goal, eqn, site, atom)
                    }
                    (None, None) => false,
                }
            }
        };
        if !met {
            self.take_back(mark);
        }
        met
    }

    /// Whether a node is the constant nearest to `number` in its dtype: in any, for a literal that an old release printed
    /// without its type.
    fn number(&self, number: f64, node: Node) -> bool {
        let Some(value) = self.graph.constant(node) else {
            return false;
        };
        let is_nearest = |dtype: DType| round_to(number, dtype).to_bits() == value.to_bits();
        match self.graph.type_of(node).and_then(Type::dtype) {
            Some(dtype) => is_nearest(dtype),
            None => DType::ARITHMETIC.into_iter().any(is_nearest),
        }
    }

    /// Meets a goal by an equation, its operands in either order if they commute.
    fn eqn(&mut self, goal: Goal<'_>, eqn: EqnId, site: SiteId, output: Atom) -> bool {
        let (graph, ready) = (self.graph, self.ready);
        let wanted = ready.primitives[goal.pattern];
        let inputs = if wanted == ready.square {
            squared(graph, eqn, site)
        } else {
            (graph.program.eqns[eqn].primitive == wanted).then(|| graph.program.inputs(eqn))
        };
        let Some(inputs) = inputs else {
            return false;
        };
        let PatternNode::Eqn {
            slot,
            params,
            operands,
            commutes,
            ..
        } = &ready.variant.pattern.nodes[goal.pattern]
        else {
            return false;
        };
        if inputs.len() != operands.len() {
            return false;
        }
        let mark = self.room.filled.len();
        self.fill(*slot, Binding::Node(Node { atom: output, site }));
        let met = params.iter().all(|(key, wanted)| self.param(eqn, key, wanted))
            && (self.operands(operands, inputs, site, false, goal.next)
                || (*commutes
                    && inputs.len() == 2
                    && self.operands(operands, inputs, site, true, goal.next)));
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
        let Some((&pattern, before)) = patterns.split_last() else {
            return self.solve(next);
        };
        let at = if swapped { 1 - before.len() } else { before.len() };
        let goal = Goal {
            pattern,
            node: Node {
                atom: inputs[at],
                site,
            },
            next,
        };
        self.operands(before, inputs, site, swapped, Some(&goal))
    }

    fn param(&mut self, eqn: EqnId, key: &str, wanted: &ParamPattern) -> bool {
        let program = self.graph.program;
        let Some(value) = program.param(eqn, key) else {
            return false;
        };
        match wanted {
            ParamPattern::Text(text) => param_text(program, value) == *text,
            ParamPattern::Bind(slot) => match *self.room.bindings.get(*slot) {
                Binding::Param(other, key) => program.params(other).get(key) == Some(value),
                _ => {
                    let key = program.symbols.get(key);
                    key.map(|key| self.fill(*slot, Binding::Param(eqn, key)))
                        .is_some()
                }
            },
        }
    }

    fn any(&mut self, slot: Slot, node: Node) -> bool {
        match self.room.bindings.node(slot) {
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
            let mark = self.room.filled.len();
            self.fill(slot, Binding::Chain(links.clone()));
            if self.solve(Some(&Goal {
                pattern: inner,
                node,
                next: goal.next,
            })) {
                return true;
            }
            self.take_back(mark);
            let Some((eqn, site)) = self.graph.equation(node) else {
                return false;
            };
            let Some(kind) = movement(self.graph.program, eqn) else {
                return false;
            };
            if links.len() >= LONGEST_CHAIN || (kind == Movement::Move && !moves) {
                return false;
            }
            links.push(Link { eqn, site });
            let Some(operand) = self.graph.operand(eqn, site, 0) else {
                return false;
            };
            node = operand;
        }
    }

    fn fill(&mut self, slot: Slot, binding: Binding) {
        self.room.bindings.0[usize::from(slot.0)] = binding;
        self.room.filled.push(slot);
    }

    fn take_back(&mut self, mark: usize) {
        for slot in self.room.filled.drain(mark..) {
            self.room.bindings.0[usize::from(slot.0)] = Binding::Free;
        }
    }
}

/// The operand that an equation squares, in each of the ways in which JAX prints a square; see [`SQUARES`].
fn squared<'p>(graph: &Graph<'p>, eqn: EqnId, site: SiteId) -> Option<&'p [Atom]> {
    let program = graph.program;
    let inputs = program.inputs(eqn);
    let operand = |index: usize| inputs.get(index).map(|&atom| Node { atom, site });
    let is_square = match program.primitive(eqn) {
        "square" => true,
        "integer_pow" => matches!(program.param(eqn, "y"), Some(ParamValue::Int(2))),
        "mul" => graph.congruent(operand(0)?, operand(1)?),
        "pow" => graph.constant(operand(1)?) == Some(2.0),
        _ => false,
    };
    is_square.then(|| &inputs[..1])
}
