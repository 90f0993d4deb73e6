//! Goes over a program, block by block and phase by phase, until no rule matches.
//!
//! An equation is looked at only by the rules whose root is its primitive. What replaces it is looked at again;
//! every block has fuel for as many replacements as it has equations and some, so that rules which undo each
//! other come to an end. One linear pass then rebuilds the order of the block's equations.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::inline::inline;
use super::matcher::{Bindings, Matcher};
use super::pattern::{PatternNode, Phase, Rule, RuleBody, SPINE, Variant};
use super::replace::{build, call_in_the_way};
use super::sweep::{Uses, substitute, sweep, unread_outputs};
use crate::analysis::{Definitions, Graph, SiteId, transparent_body};
use crate::ir::{Atom, BlockId, EqnId, Id as _, Program, Symbol, ValueId, VarName, VarNames};
use crate::rules::Safety;
use crate::schema::Version;

/// How the driver works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The release whose spelling new equations use.
    pub version: Version,
    /// Whether approximate rules are applied.
    pub approximate: bool,
}

/// A rule was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Index of the rule.
    pub rule: usize,
    /// The block, as it was entered from the main jaxpr.
    pub block: BlockId,
    /// The equation of the text that was replaced, or in whose place the replaced one stood.
    pub root: EqnId,
    /// What the reader should know.
    pub note: Option<String>,
}

/// A rule matches and was not applied.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Index of the rule.
    pub rule: usize,
    /// The block.
    pub block: BlockId,
    /// The equation.
    pub root: EqnId,
    /// Why.
    pub reason: String,
}

/// A rule written in Rust: looks at one equation and says what becomes of it.
pub trait NativeRule: Sync {
    /// The rule's name, that of its `.rule` file.
    fn name(&self) -> &'static str;
    /// Primitives that the rule starts from.
    fn roots(&self) -> &'static [&'static str];
    /// Builds equations that bind the root's outputs in its place; `None` if the rule does not match.
    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit>;
}

/// Where a native rule is tried.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The block. Until it is rebuilt it holds the equations that were replaced.
    pub block: BlockId,
    /// The equation.
    pub root: EqnId,
    /// The release whose spelling new equations use.
    pub version: Version,
}

/// What a native rule does.
pub struct NativeEdit {
    /// The equations that take the root's place; one of them binds its outputs.
    pub eqns: Vec<EqnId>,
    /// What the reader should know.
    pub note: Option<String>,
}

/// Applies rules to one program.
pub struct Driver<'r> {
    rules: &'r [Rule],
    natives: &'r [Box<dyn NativeRule>],
    settings: Settings,
    /// Rules by the symbol of their root's primitive.
    index: Vec<Rc<[usize]>>,
    uses: Uses,
    definitions: Definitions,
    names: VarNames,
    /// Number of variables before anything was done.
    known_values: usize,
    /// For new equations the equation of the text whose place they took.
    origins: FxHashMap<EqnId, EqnId>,
    /// What was done.
    pub applied: Vec<Applied>,
    /// What was not.
    pub refused: Vec<Refusal>,
    /// Roots in a block whose pattern goes on beyond the block's inputs: tried again wherever it is called.
    open: FxHashMap<BlockId, Vec<EqnId>>,
}

/// Rounds over all phases; each takes what the one before has uncovered.
const ROUNDS: usize = 8;

impl<'r> Driver<'r> {
    /// A driver for `program`.
    pub fn new(program: &mut Program, rules: &'r [Rule], natives: &'r [Box<dyn NativeRule>], settings: Settings) -> Self {
        let mut by_root: FxHashMap<Symbol, Vec<usize>> = FxHashMap::default();
        for (number, rule) in rules.iter().enumerate() {
            for root in roots(rule, natives) {
                by_root.entry(program.symbols.intern(root)).or_default().push(number);
            }
        }
        let mut index = vec![Rc::from([]); program.symbols.len()];
        for (root, mut numbers) in by_root {
            numbers.dedup();
            index[root.index()] = Rc::from(numbers);
        }
        let mut names = VarNames::default();
        for (_, value) in program.values.iter() {
            names.skip_past(value.name);
        }
        let definitions = Definitions::of(program);
        Self {
            rules,
            natives,
            settings,
            index,
            uses: Uses::default(),
            definitions,
            names,
            known_values: program.values.len(),
            origins: FxHashMap::default(),
            applied: Vec::new(),
            refused: Vec::new(),
            open: FxHashMap::default(),
        }
    }

    /// Runs all phases until nothing changes.
    pub fn run(&mut self, program: &mut Program) {
        let blocks = inner_first(program);
        for _ in 0..ROUNDS {
            let before = self.applied.len();
            for phase in [Phase::Expose, Phase::Composite, Phase::Simple] {
                for &block in &blocks {
                    self.block(program, block, phase);
                }
            }
            if self.applied.len() == before {
                break;
            }
            self.refused.clear();
        }
        self.name_new(program);
    }

    fn block(&mut self, program: &mut Program, block: BlockId, phase: Phase) {
        let eqns = &program.blocks[block].eqns;
        let wanted = |eqn: &&EqnId| {
            self.candidates(program, **eqn).iter().any(|&rule| self.rules[rule].phase == phase)
                || (phase == Phase::Composite && self.has_open_roots(program, **eqn))
        };
        let queue: VecDeque<EqnId> = eqns.iter().filter(wanted).copied().collect();
        if queue.is_empty() {
            return;
        }
        let fuel = 4 * eqns.len() + 64;
        let mut work = Work { block, phase, queue, fuel, ..Work::default() };
        self.open.remove(&block);
        while let Some(eqn) = work.queue.pop_front() {
            if work.fuel == 0 {
                break;
            }
            if !work.replaced.contains_key(&eqn) {
                self.visit(program, &mut work, eqn);
            }
        }
        work.open.retain(|root| !work.replaced.contains_key(root));
        if !work.open.is_empty() {
            self.open.insert(block, work.open.iter().copied().collect());
        }
        self.rebuild(program, work);
    }

    /// The rules whose root is the primitive of `eqn`.
    fn candidates(&self, program: &Program, eqn: EqnId) -> &[usize] {
        self.index.get(program.eqns[eqn].primitive.index()).map_or(&[], |rules| rules)
    }

    fn has_open_roots(&self, program: &Program, eqn: EqnId) -> bool {
        !self.open.is_empty()
            && !keeps_derivative(program, eqn)
            && transparent_body(program, eqn).is_some_and(|body| self.open.contains_key(&body))
    }

    /// Tries the rules of one equation; a call tries the open roots of its body.
    fn visit(&mut self, program: &mut Program, work: &mut Work, eqn: EqnId) {
        let mut tried = 0;
        while let Some(found) = self.find(program, work, eqn, &mut tried) {
            if self.act(program, work, eqn, found) {
                return;
            }
        }
        if self.has_open_roots(program, eqn) && self.open_root_matches(program, eqn) {
            self.inline(program, work, eqn);
        }
    }

    /// The next rule that matches at `root`; `tried` counts the variants that have been tried.
    fn find(&self, program: &Program, work: &mut Work, root: EqnId, tried: &mut usize) -> Option<Found<'r>> {
        let rules = self.candidates(program, root).iter().filter(|&&rule| self.rules[rule].phase == work.phase);
        let variants = rules.flat_map(|&rule| match &self.rules[rule].body {
            RuleBody::Variants(variants) => variants.iter().map(|variant| (rule, Some(variant))).collect::<Vec<_>>(),
            RuleBody::Native(_) => vec![(rule, None)],
        });
        let graph = Graph::new(program, &self.definitions);
        let mut matcher = Matcher::new(&graph);
        let mut spine = None;
        for (number, (rule, variant)) in variants.enumerate().skip(*tried) {
            *tried = number + 1;
            let Some(variant) = variant else { return Some(Found::Native(rule)) };
            let spine = spine.get_or_insert_with(|| {
                let spine = graph.spine(root, SPINE);
                // Only where a pattern wants to go on does it matter that the block ends.
                graph.take_blocked();
                spine
            });
            if !graph.may_have_spine(spine, &variant.pattern.spine()) {
                continue;
            }
            if let Some(bindings) = matcher.run(variant, root, SiteId::ROOT) {
                let call = call_in_the_way(&graph, variant, &bindings);
                return Some(Found::Variant { rule, variant, bindings, call });
            }
        }
        if graph.take_blocked() {
            work.open.insert(root);
        }
        None
    }

    /// Applies what was found; `false` if it cannot be applied, so that others may be tried.
    fn act(&mut self, program: &mut Program, work: &mut Work, root: EqnId, found: Found<'_>) -> bool {
        let (rule, variant, bindings, call) = match found {
            Found::Native(rule) => return self.try_native(program, work, rule, root),
            Found::Variant { rule, variant, bindings, call } => (rule, variant, bindings, call),
        };
        if !self.may_apply(rule) {
            self.refuse(work.block, rule, root, APPROXIMATE);
            return false;
        }
        if let Some(call) = call {
            if keeps_derivative(program, call) {
                self.refuse(work.block, rule, root, INSIDE_CUSTOM);
                return false;
            }
            self.inline(program, work, call);
            work.queue.push_front(root);
            return true;
        }
        let root_type = program.values[program.outputs(root)[0]].ty;
        match build(program, self.settings.version, variant, &bindings, root_type) {
            Ok(replacement) => {
                self.commit(program, work, root, replacement.eqns, replacement.result);
                let root = self.origin(root);
                self.applied.push(Applied { rule, block: work.block, root, note: None });
                true
            }
            Err(reason) => {
                self.refuse(work.block, rule, root, &reason.to_string());
                false
            }
        }
    }

    /// Whether a root in the body of `call` matches once what the call hands over is seen.
    fn open_root_matches(&self, program: &Program, call: EqnId) -> bool {
        let Some(body) = transparent_body(program, call) else { return false };
        let graph = Graph::new(program, &self.definitions);
        let mut matcher = Matcher::new(&graph);
        let Some(site) = graph.enter(SiteId::ROOT, call) else { return false };
        self.open[&body].iter().any(|&root| {
            self.candidates(program, root).iter().any(|&rule| match &self.rules[rule].body {
                RuleBody::Variants(variants) => {
                    self.may_apply(rule) && variants.iter().any(|variant| matcher.run(variant, root, site).is_some())
                }
                RuleBody::Native(_) => false,
            })
        })
    }

    fn may_apply(&self, rule: usize) -> bool {
        self.settings.approximate || self.rules[rule].safety != Safety::Approximate
    }

    fn try_native(&mut self, program: &mut Program, work: &mut Work, rule: usize, root: EqnId) -> bool {
        let RuleBody::Native(name) = &self.rules[rule].body else { return false };
        let Some(native) = self.natives.iter().find(|native| native.name() == name) else { return false };
        if !self.may_apply(rule) {
            return false;
        }
        let place = Place { block: work.block, root, version: self.settings.version };
        let Some(edit) = native.apply(program, &self.definitions, &place) else { return false };
        self.put(program, work, root, edit.eqns);
        let root = self.origin(root);
        self.applied.push(Applied { rule, block: work.block, root, note: edit.note });
        true
    }

    fn refuse(&mut self, block: BlockId, rule: usize, root: EqnId, reason: &str) {
        let root = self.origin(root);
        self.refused.push(Refusal { rule, block, root, reason: reason.to_owned() });
    }

    /// Lets `result` take the place of the root's output.
    fn commit(&mut self, program: &mut Program, work: &mut Work, root: EqnId, eqns: Vec<EqnId>, result: Atom) {
        let output = program.outputs(root)[0];
        match eqns.iter().rev().find(|&&eqn| program.outputs(eqn).first().map(|&value| Atom::Value(value)) == Some(result)) {
            Some(&last) => {
                // The last equation binds the root's variable, so that no reader of it changes.
                let place = program.eqns[last].outputs.start as usize;
                program.results[place] = output;
            }
            None => {
                work.substitutions.push((output, result));
                self.alias(program, output, result);
            }
        }
        self.put(program, work, root, eqns);
    }

    /// Lets the matcher see through a substitution at once; readers are rewritten when the block is rebuilt.
    fn alias(&mut self, program: &mut Program, output: ValueId, result: Atom) {
        let copy = program.symbols.intern("copy");
        let params = program.params.intern(crate::ir::Params::default());
        let eqn = program.add_eqn(copy, params, &[result], &[output]);
        self.definitions.define(program, eqn);
    }

    fn put(&mut self, program: &mut Program, work: &mut Work, root: EqnId, eqns: Vec<EqnId>) {
        let origin = self.origin(root);
        for &eqn in &eqns {
            self.origins.insert(eqn, origin);
            if let Some(&notes) = program.notes.get(&origin) {
                program.notes.insert(eqn, notes);
            }
            self.definitions.define(program, eqn);
        }
        for &eqn in eqns.iter().rev() {
            work.queue.push_front(eqn);
        }
        work.fuel = work.fuel.saturating_sub(eqns.len().max(1));
        work.replaced.insert(root, eqns);
    }

    /// The equation of the text in whose place `eqn` stands.
    fn origin(&self, eqn: EqnId) -> EqnId {
        self.origins.get(&eqn).copied().unwrap_or(eqn)
    }

    /// Names the variables of new equations in the order of the text; until now they were called `_`.
    fn name_new(&mut self, program: &mut Program) {
        for block in program.blocks.ids() {
            for at in 0..program.blocks[block].eqns.len() {
                let eqn = program.blocks[block].eqns[at];
                for output in program.eqns[eqn].outputs.indices() {
                    let value = program.results[output];
                    if value.index() >= self.known_values && program.values[value].name == VarName::UNDERSCORE {
                        program.values[value].name = self.names.fresh();
                    }
                }
            }
        }
    }

    fn inline(&mut self, program: &mut Program, work: &mut Work, call: EqnId) {
        let Some(inlined) = inline(program, &mut self.definitions, call) else { return };
        for &(output, atom) in &inlined.substitutions {
            self.alias(program, output, atom);
        }
        work.substitutions.extend(inlined.substitutions);
        work.queue.extend(&inlined.eqns);
        work.fuel = work.fuel.saturating_sub(1);
        work.replaced.insert(call, inlined.eqns);
    }

    /// Puts the new equations into the block's order and drops what nobody reads any more.
    fn rebuild(&mut self, program: &mut Program, work: Work) {
        if work.replaced.is_empty() {
            return;
        }
        let unread_before = unread_outputs(program, work.block, &mut self.uses);
        let old = std::mem::take(&mut program.blocks[work.block].eqns);
        let mut order = Vec::with_capacity(old.len() + 8 * work.replaced.len());
        let mut stack: Vec<EqnId> = Vec::new();
        for eqn in old {
            stack.push(eqn);
            while let Some(eqn) = stack.pop() {
                match work.replaced.get(&eqn) {
                    Some(eqns) => stack.extend(eqns.iter().rev()),
                    None => order.push(eqn),
                }
            }
        }
        program.blocks[work.block].eqns = order;
        substitute(program, work.block, &work.substitutions);
        sweep(program, work.block, &unread_before, &mut self.uses);
    }
}

/// What is going on in one block in one phase.
struct Work {
    block: BlockId,
    phase: Phase,
    queue: VecDeque<EqnId>,
    fuel: usize,
    replaced: FxHashMap<EqnId, Vec<EqnId>>,
    substitutions: Vec<(ValueId, Atom)>,
    /// Roots whose pattern goes on beyond the block's inputs.
    open: BTreeSet<EqnId>,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            block: BlockId::from_index(0),
            phase: Phase::default(),
            queue: VecDeque::new(),
            fuel: 0,
            replaced: FxHashMap::default(),
            substitutions: Vec::new(),
            open: BTreeSet::new(),
        }
    }
}

fn roots<'r>(rule: &'r Rule, natives: &'r [Box<dyn NativeRule>]) -> Vec<&'r str> {
    match &rule.body {
        RuleBody::Variants(variants) => variants
            .iter()
            .filter_map(|variant| match variant.pattern.nodes.first() {
                Some(PatternNode::Eqn { primitive, .. }) => Some(primitive.as_str()),
                _ => None,
            })
            .collect(),
        RuleBody::Native(name) => {
            natives.iter().filter(|native| native.name() == name).flat_map(|native| native.roots()).copied().collect()
        }
    }
}

/// A rule that matches.
enum Found<'r> {
    Native(usize),
    Variant {
        rule: usize,
        variant: &'r Variant,
        bindings: Bindings,
        /// A call that has to be inlined first.
        call: Option<EqnId>,
    },
}

const APPROXIMATE: &str = "it changes values where nothing was wrong; `--allow approximate` applies it";
const INSIDE_CUSTOM: &str = "what it needs is computed inside a call with a derivative of its own, which would be lost";

/// Whether a call has a derivative that the text does not carry, so that its body must stay where it is.
fn keeps_derivative(program: &Program, call: EqnId) -> bool {
    program.primitive(call).starts_with("custom_")
}

/// All blocks, bodies before the blocks that call them.
fn inner_first(program: &Program) -> Vec<BlockId> {
    // Lowering makes a block before those inside it, and a shared block may be called from an earlier one.
    let mut order = Vec::with_capacity(program.blocks.len());
    let mut seen = vec![false; program.blocks.len()];
    for root in (0..program.blocks.len()).map(BlockId::from_index) {
        let mut stack = vec![(root, false)];
        while let Some((block, left)) = stack.pop() {
            if left {
                order.push(block);
                continue;
            }
            if std::mem::replace(&mut seen[block.index()], true) {
                continue;
            }
            stack.push((block, true));
            for &eqn in &program.blocks[block].eqns {
                stack.extend(program.params(eqn).jaxprs().map(|(_, jaxpr)| (jaxpr.block(), false)));
            }
        }
    }
    order
}
