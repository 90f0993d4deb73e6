//! The rules made ready for one program: names looked up, and filed by the primitive that they start from.

use super::NativeRule;
use super::pattern::{Pattern, PatternId, PatternNode, Phase, Rule, RuleBody, SQUARES, Variant};
use crate::analysis::{Spine, may_move};
use crate::ir::{Id as _, Program, Symbol, Symbols};

/// A pattern that may match an equation, or a native rule.
#[derive(Debug)]
pub(super) struct Candidate<'r> {
    /// Index of the rule.
    pub(super) rule: usize,
    /// `None` for a native rule.
    pub(super) ready: Option<Ready<'r>>,
}

/// A variant with the names of its primitives as the program knows them.
#[derive(Clone, Debug)]
pub(super) struct Ready<'r> {
    pub(super) variant: &'r Variant,
    /// For each node of the pattern its primitive; the root's for those that have none.
    pub(super) primitives: Box<[Symbol]>,
    /// The primitive that stands for all spellings of a square.
    pub(super) square: Symbol,
    spine: Box<[Symbol]>,
    /// What the root's first two operands must come from, where the pattern says so.
    heads: [Option<Symbol>; 2],
    /// Whether these two may change places.
    commutes: bool,
}

/// All candidates, by root and phase in the order in which they are tried.
pub(super) struct Candidates<'r> {
    candidates: Vec<Candidate<'r>>,
    /// For each symbol where its candidates start, phase by phase, and where they end.
    bounds: Vec<[u32; PHASES + 1]>,
}

pub(super) const PHASES: usize = Phase::ALL.len();

impl<'r> Candidates<'r> {
    /// Files the rules.
    pub(super) fn of(program: &mut Program, rules: &'r [&'r Rule], natives: &[Box<dyn NativeRule>]) -> Self {
        let mut filed: Vec<((Symbol, Phase), Candidate<'r>)> = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            match &rule.body {
                RuleBody::Variants(variants) => {
                    for ready in variants
                        .iter()
                        .flat_map(|variant| Ready::of(&mut program.symbols, variant))
                    {
                        filed.push((
                            (ready.spine[0], rule.phase),
                            Candidate {
                                rule: number,
                                ready: Some(ready),
                            },
                        ));
                    }
                }
                RuleBody::Native(name) => {
                    let native = natives.iter().filter(|native| native.name() == name);
                    for root in native.flat_map(|native| native.roots()) {
                        let root = program.symbols.intern(root);
                        filed.push((
                            (root, rule.phase),
                            Candidate {
                                rule: number,
                                ready: None,
                            },
                        ));
                    }
                }
            }
        }
        // The sort keeps the order of the rules, which is the order in which they are tried.
        filed.sort_by_key(|(key, _)| *key);
        let mut bounds = vec![[0; PHASES + 1]; program.symbols.len()];
        for (number, ((root, phase), _)) in filed.iter().enumerate().rev() {
            let bounds = &mut bounds[root.index()];
            if bounds[PHASES] == 0 {
                *bounds = [number as u32 + 1; PHASES + 1];
            }
            bounds[..=*phase as usize].fill(number as u32);
        }
        Self {
            candidates: filed.into_iter().map(|(_, candidate)| candidate).collect(),
            bounds,
        }
    }

    /// Whether any candidate of one phase starts from `primitive`.
    pub(super) fn any_in_phase(&self, primitive: Symbol, phase: Phase) -> bool {
        let bounds = self.bounds.get(primitive.index());
        bounds.is_some_and(|bounds| bounds[phase as usize] < bounds[phase as usize + 1])
    }

    /// The candidates of one phase that start from `primitive`.
    pub(super) fn in_phase(&self, primitive: Symbol, phase: Phase) -> &[Candidate<'r>] {
        self.bounds.get(primitive.index()).map_or(&[], |bounds| {
            self.between(bounds, phase as usize, phase as usize + 1)
        })
    }

    /// The candidates of all phases that start from `primitive`.
    pub(super) fn in_any_phase(&self, primitive: Symbol) -> &[Candidate<'r>] {
        self.bounds
            .get(primitive.index())
            .map_or(&[], |bounds| self.between(bounds, 0, PHASES))
    }

    fn between(&self, bounds: &[u32; PHASES + 1], from: usize, to: usize) -> &[Candidate<'r>] {
        &self.candidates[bounds[from] as usize..bounds[to] as usize]
    }
}

impl<'r> Ready<'r> {
    /// One for each spelling of the root; none for a pattern whose root is not an equation, which can match nothing.
    fn of(symbols: &mut Symbols, variant: &'r Variant) -> Vec<Self> {
        let Some(ready) = Self::as_written(symbols, variant) else {
            return Vec::new();
        };
        if ready.spine[0] != ready.square {
            return vec![ready];
        }
        let spelled = |name: &str| {
            let mut spine = ready.spine.clone();
            spine[0] = symbols.intern(name);
            Self {
                spine,
                ..ready.clone()
            }
        };
        SQUARES.into_iter().map(spelled).collect()
    }

    fn as_written(symbols: &mut Symbols, variant: &'r Variant) -> Option<Self> {
        let spine: Box<[Symbol]> = variant
            .pattern
            .spine()
            .into_iter()
            .map(|name| symbols.intern(name))
            .collect();
        let &root = spine.first()?;
        let square = symbols.intern(SQUARES[0]);
        let mut symbol = |node: &PatternNode| match node {
            PatternNode::Eqn { primitive, .. } => symbols.intern(primitive),
            _ => root,
        };
        let primitives: Box<[Symbol]> = variant.pattern.nodes.iter().map(&mut symbol).collect();
        let PatternNode::Eqn {
            operands, commutes, ..
        } = variant.pattern.nodes.first()?
        else {
            return None;
        };
        let head = |operand: usize| {
            head(&variant.pattern, &primitives, *operands.get(operand)?).filter(|&it| it != square)
        };
        let (heads, commutes) = ([head(0), head(1)], *commutes);
        Some(Self {
            variant,
            primitives,
            square,
            spine,
            heads,
            commutes,
        })
    }

    /// Whether what the pattern wants can be there, given what is there. What is there may end earlier.
    pub(super) fn fits(&self, found: &[Spine]) -> bool {
        self.spine.iter().zip(found).all(|(&wanted, found)| match found {
            Spine::Primitive(found) => wanted == *found,
            Spine::Anything => true,
        })
    }

    /// Whether what the pattern wants of the root's first two operands can be there; `None` where there is nothing.
    pub(super) fn fits_heads(&self, found: [Option<Spine>; 2]) -> bool {
        let fits = |wanted: Option<Symbol>, found: Option<Spine>| match (wanted, found) {
            (None, _) | (_, Some(Spine::Anything)) => true,
            (Some(wanted), Some(Spine::Primitive(found))) => wanted == found,
            (Some(_), None) => false,
        };
        let both = |first, second| fits(self.heads[0], first) && fits(self.heads[1], second);
        both(found[0], found[1]) || (self.commutes && both(found[1], found[0]))
    }
}

/// The primitive that a node of a pattern comes from, chains left out.
fn head(pattern: &Pattern, primitives: &[Symbol], node: PatternId) -> Option<Symbol> {
    match &pattern.nodes[node] {
        PatternNode::Eqn { primitive, .. } => Some(primitives[node]).filter(|_| !may_move(primitive)),
        PatternNode::Chain { inner, .. } => head(pattern, primitives, *inner),
        _ => None,
    }
}
