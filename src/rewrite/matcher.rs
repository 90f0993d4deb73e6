//! Holds a pattern against a place in a program.

use super::natives::condition_holds;
use super::pattern::{ParamPattern, PatternId, PatternNode, Slot, Variant};
use crate::analysis::{Graph, Link, Movement, Node, SiteId, movement};
use crate::ir::{Atom, EqnId, Program};

/// What a slot holds after a match.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// Nothing yet.
    Free,
    /// A value.
    Node(Node),
    /// Equations that move elements, outermost first.
    Chain(Vec<Link>),
    /// The parameter of that name of an equation.
    Param(EqnId, String),
    /// A constant, and its value.
    Constant(Node, f64),
}

/// What the slots of a variant hold.
#[derive(Clone, Debug)]
pub struct Bindings(Vec<Binding>);

impl Bindings {
    fn new(slots: usize) -> Self {
        Self(vec![Binding::Free; slots])
    }

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

    /// All that the slots hold.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.0.iter()
    }

    fn set(&mut self, slot: Slot, binding: Binding) {
        self.0[usize::from(slot.0)] = binding;
    }
}

/// Chains are no longer than this.
const LONGEST_CHAIN: usize = 12;
/// The most steps that one attempt may take; a pattern that needs more does not match.
const FUEL: u32 = 2000;

/// One attempt.
pub struct Matcher<'g, 'p> {
    graph: &'g Graph<'p>,
    variant: &'g Variant,
    fuel: u32,
}

impl<'g, 'p> Matcher<'g, 'p> {
    /// Whether `variant` matches with its root at the equation `root` of `site`.
    pub fn run(graph: &'g Graph<'p>, variant: &'g Variant, root: EqnId, site: SiteId) -> Option<Bindings> {
        let mut matcher = Self {
            graph,
            variant,
            fuel: FUEL,
        };
        let &output = graph.program.outputs(root).first()?;
        let mut bindings = Bindings::new(variant.slots);
        let goals = matcher.enter(0, root, site, Atom::Value(output), &mut bindings)?;
        goals.into_iter().find_map(|goals| {
            let bindings = bindings.clone();
            matcher.solve(goals, bindings)
        })
    }

    /// Meets all goals, the last first, and then the conditions.
    fn solve(&mut self, mut goals: Vec<(PatternId, Node)>, mut bindings: Bindings) -> Option<Bindings> {
        self.fuel = self.fuel.checked_sub(1)?;
        let Some((pattern, node)) = goals.pop() else {
            let holds = self
                .variant
                .conditions
                .iter()
                .all(|condition| condition_holds(self.graph, condition, &bindings) != condition.negated);
            return holds.then_some(bindings);
        };
        match &self.variant.pattern.nodes[pattern] {
            PatternNode::Any(slot) => {
                self.bind(*slot, node, &mut bindings)?;
                self.solve(goals, bindings)
            }
            PatternNode::Number(number) => {
                (self.graph.constant(node)? == *number).then_some(())?;
                self.solve(goals, bindings)
            }
            PatternNode::Constant(slot) => {
                let value = self.graph.constant(node)?;
                bindings.set(*slot, Binding::Constant(node, value));
                self.solve(goals, bindings)
            }
            PatternNode::Chain { slot, moves, inner } => {
                self.chain(*slot, *moves, *inner, node, &goals, &bindings)
            }
            PatternNode::Eqn { slot, .. } => {
                if let Some(bound) = bindings.node(*slot) {
                    self.graph.congruent(bound, node).then_some(())?;
                    return self.solve(goals, bindings);
                }
                let (eqn, site) = self.graph.equation(node)?;
                let atom = self.graph.resolve(node).atom;
                let alternatives = self.enter(pattern, eqn, site, atom, &mut bindings)?;
                alternatives.into_iter().find_map(|mut more| {
                    let mut goals = goals.clone();
                    goals.append(&mut more);
                    self.solve(goals, bindings.clone())
                })
            }
        }
    }

    /// Binds an equation and its parameters; gives the goals of its operands, in the orders to try.
    fn enter(
        &self,
        pattern: PatternId,
        eqn: EqnId,
        site: SiteId,
        output: Atom,
        bindings: &mut Bindings,
    ) -> Option<Vec<Vec<(PatternId, Node)>>> {
        let program = self.graph.program;
        let PatternNode::Eqn {
            slot,
            primitive,
            params,
            operands,
            commutes,
        } = &self.variant.pattern.nodes[pattern]
        else {
            return None;
        };
        let inputs = program.inputs(eqn);
        (program.primitive(eqn) == primitive && inputs.len() == operands.len()).then_some(())?;
        for (key, wanted) in params {
            match wanted {
                ParamPattern::Bind(slot) => self.bind_param(*slot, eqn, key, bindings)?,
                ParamPattern::Text(text) => (param_text(program, eqn, key)? == *text).then_some(())?,
            }
        }
        bindings.set(*slot, Binding::Node(Node { atom: output, site }));
        let goals = |order: &[usize]| -> Vec<(PatternId, Node)> {
            // The goals are met from the back, so that operands are met from the front.
            order
                .iter()
                .zip(operands)
                .map(|(&at, &pattern)| {
                    (
                        pattern,
                        Node {
                            atom: inputs[at],
                            site,
                        },
                    )
                })
                .rev()
                .collect()
        };
        let forward: Vec<usize> = (0..inputs.len()).collect();
        let mut alternatives = vec![goals(&forward)];
        if *commutes && inputs.len() == 2 {
            alternatives.push(goals(&[1, 0]));
        }
        Some(alternatives)
    }

    fn bind(&self, slot: Slot, node: Node, bindings: &mut Bindings) -> Option<()> {
        match bindings.node(slot) {
            Some(bound) => self.graph.congruent(bound, node).then_some(()),
            None => {
                bindings.set(slot, Binding::Node(self.graph.resolve(node)));
                Some(())
            }
        }
    }

    fn bind_param(&self, slot: Slot, eqn: EqnId, key: &str, bindings: &mut Bindings) -> Option<()> {
        let program = self.graph.program;
        let value = program.param(eqn, key)?;
        match bindings.get(slot) {
            Binding::Param(other, key) => (program.param(*other, key)? == value).then_some(()),
            _ => {
                bindings.set(slot, Binding::Param(eqn, key.to_owned()));
                Some(())
            }
        }
    }

    /// Tries the inner pattern behind no link, one link, two, …
    fn chain(
        &mut self,
        slot: Slot,
        moves: bool,
        inner: PatternId,
        node: Node,
        goals: &[(PatternId, Node)],
        bindings: &Bindings,
    ) -> Option<Bindings> {
        let mut links = Vec::new();
        let mut node = node;
        loop {
            let mut attempt = bindings.clone();
            attempt.set(slot, Binding::Chain(links.clone()));
            let mut goals = goals.to_vec();
            goals.push((inner, node));
            if let Some(bindings) = self.solve(goals, attempt) {
                return Some(bindings);
            }
            let (eqn, site) = self.graph.equation(node)?;
            let kind = movement(self.graph.program, eqn)?;
            if links.len() >= LONGEST_CHAIN || (kind == Movement::Move && !moves) {
                return None;
            }
            links.push(Link { eqn, site });
            node = self.graph.operand(eqn, site, 0)?;
        }
    }
}

/// A parameter as it is printed.
fn param_text(program: &Program, eqn: EqnId, key: &str) -> Option<String> {
    program
        .param(eqn, key)
        .map(|value| crate::print::param_text(program, value))
}
