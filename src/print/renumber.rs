//! Gives variables the names that JAX's own printer would give them.
//!
//! One counter serves a whole print-out and moves on when the printer first meets a variable; releases differ in
//! what else they do, which [`Naming`] says. A print-out inside a value is JAX's `str()` and counts from `a` again.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{
    BlockId, Definition, EqnId, Id as _, JaxprRef, Listing, ListingId, Program, Symbol, TypeId, ValueId,
    VarName, VarNames,
};

/// What releases of JAX do differently when they name variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Whether the body of a `jit` takes the names of the caller's variables (JAX ≥ 0.5).
    pub bodies_reuse_names: bool,
    /// Whether a jaxpr that is printed twice keeps the names of its first printing (JAX ≤ 0.9).
    pub repeats_keep_names: bool,
    /// Whether all outputs that the outermost jaxpr does not read are called `_` (JAX ≥ 0.10).
    pub drop_top_outputs: bool,
    /// Which names of definitions no variable gets.
    pub skipped: SkippedNames,
}

/// Names of definitions that variables do not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkippedNames {
    /// Those of definitions that have been printed (JAX ≤ 0.9).
    Printed,
    /// Those of all definitions (JAX ≥ 0.10).
    All,
}

/// Renames all variables. An output called `_` that nobody reads keeps that name.
pub fn renumber(program: &mut Program, naming: Naming) {
    let Some(root) = program.root else { return };
    let mut renamer = Renamer::new(program, naming);
    renamer.drop_unread(root);
    renamer.listing(root);
    let names = renamer.names;
    for (index, name) in names.into_iter().enumerate() {
        let Some(mut name) = name else { continue };
        let value = ValueId::from_index(index);
        if has_suffix(program, value) && !name.is_underscore() {
            let text = name.text(&program.symbols) + "_";
            name = VarName::new(&text, &mut program.symbols);
        }
        program.values[value].name = name;
    }
}

/// Whether a variable is called `h_`, as releases before 0.6 call a few; the suffix belongs to the variable.
fn has_suffix(program: &Program, value: ValueId) -> bool {
    let symbol = program.values[value].name.symbol();
    symbol.is_some_and(|symbol| program.symbols.text(symbol).ends_with('_'))
}

struct Renamer<'p> {
    program: &'p Program,
    naming: Naming,
    /// New names by variable.
    names: Vec<Option<VarName>>,
    /// The first block that is like each block met so far.
    models: FxHashMap<BlockId, BlockId>,
    likenesses: FxHashMap<Likeness, BlockId>,
    counter: Counter,
}

/// What two printings of one jaxpr share. Names alone nearly suffice: the counter gives each only once.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    binders: Vec<(VarName, TypeId)>,
    primitives: Vec<Symbol>,
    nested: Vec<BlockId>,
}

/// The names of one print-out.
#[derive(Default)]
struct Counter {
    names: VarNames,
    skipped: FxHashSet<VarName>,
}

impl Counter {
    fn fresh(&mut self) -> VarName {
        loop {
            let name = self.names.fresh();
            if !self.skipped.contains(&name) {
                return name;
            }
        }
    }

    fn skip(&mut self, program: &Program, definition: Definition) {
        let text = program.symbols.text(definition.name);
        self.skipped.extend(VarName::counted(text));
    }
}

impl<'p> Renamer<'p> {
    fn new(program: &'p Program, naming: Naming) -> Self {
        Self {
            program,
            naming,
            names: vec![None; program.values.len()],
            models: FxHashMap::default(),
            likenesses: FxHashMap::default(),
            counter: Counter::default(),
        }
    }

    /// Calls outputs that nobody reads `_` where JAX does.
    fn drop_unread(&mut self, root: ListingId) {
        let program = self.program;
        let mut read = vec![false; program.values.len()];
        let results = program.blocks.iter().flat_map(|(_, block)| &block.outputs);
        let atoms = program.operands.iter().chain(results);
        for value in atoms.filter_map(|atom| atom.value()) {
            read[value.index()] = true;
        }
        for &value in &program.results {
            if program.values[value].name.is_underscore() && !read[value.index()] {
                self.names[value.index()] = Some(VarName::UNDERSCORE);
            }
        }
        if self.naming.drop_top_outputs {
            let main = &program.blocks[program.listings[root].main];
            let outputs = main.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
            for value in outputs.filter(|value| !read[value.index()]) {
                self.names[value.index()] = Some(VarName::UNDERSCORE);
            }
        }
    }

    fn listing(&mut self, listing: ListingId) {
        let outer = std::mem::take(&mut self.counter);
        let outer_models = std::mem::take(&mut self.models);
        let outer_likenesses = std::mem::take(&mut self.likenesses);
        let Listing { definitions, main } = &self.program.listings[listing];
        if self.naming.skipped == SkippedNames::All {
            for &definition in definitions {
                self.counter.skip(self.program, definition);
            }
        }
        for &definition in definitions {
            self.adopt(definition.block);
            self.block(definition.block);
            self.counter.skip(self.program, definition);
        }
        self.block(*main);
        self.counter = outer;
        self.models = outer_models;
        self.likenesses = outer_likenesses;
    }

    fn block(&mut self, block: BlockId) {
        let program = self.program;
        let block = &program.blocks[block];
        self.name_all(&block.consts);
        self.name_all(&block.inputs);
        for &eqn in &block.eqns {
            let params = program.params(eqn);
            self.lend_names(eqn);
            self.name_all(program.outputs(eqn));
            for (_, jaxpr) in params.jaxprs() {
                if let JaxprRef::Inline(body) = jaxpr {
                    self.adopt(body);
                    self.block(body);
                }
            }
            for listing in params.listings() {
                self.listing(listing);
            }
        }
    }

    fn name_all(&mut self, values: &[ValueId]) {
        for value in values {
            if self.names[value.index()].is_none() {
                self.names[value.index()] = Some(self.counter.fresh());
            }
        }
    }

    /// Gives the variables of a `jit`'s body the names of the caller's.
    fn lend_names(&mut self, eqn: EqnId) {
        let program = self.program;
        if !self.naming.bodies_reuse_names || !matches!(program.primitive(eqn), "jit" | "pjit") {
            return;
        }
        let Some((_, JaxprRef::Inline(body))) = program.params(eqn).jaxprs().next() else {
            return;
        };
        self.adopt(body);
        let body = &program.blocks[body];
        let inputs = body.inputs.iter().map(|&input| Some(input));
        self.lend(inputs.zip(program.inputs(eqn).iter().map(|atom| atom.value())));
        let results = body.outputs.iter().map(|atom| atom.value());
        self.lend(results.zip(program.outputs(eqn).iter().map(|&output| Some(output))));
    }

    /// Of each pair, the first takes the second's name, unless it has one or the name has been lent.
    fn lend(&mut self, pairs: impl Iterator<Item = (Option<ValueId>, Option<ValueId>)>) {
        let mut lent = FxHashSet::default();
        for pair in pairs {
            let (Some(taker), Some(lender)) = pair else {
                continue;
            };
            if self.names[taker.index()].is_none() && lent.insert(lender) {
                self.name_all(&[lender]);
                self.names[taker.index()] = self.names[lender.index()];
            }
        }
    }

    /// Gives a block that has been printed before the names that it had then.
    fn adopt(&mut self, block: BlockId) {
        if !self.naming.repeats_keep_names {
            return;
        }
        let model = self.model(block);
        if model != block {
            for (own, other) in bound(self.program, block).zip(bound(self.program, model)) {
                self.names[own.index()] = self.names[other.index()];
            }
        }
    }

    /// The first block that is like `block`.
    fn model(&mut self, block: BlockId) -> BlockId {
        if let Some(&model) = self.models.get(&block) {
            return model;
        }
        let program = self.program;
        let eqns = &program.blocks[block].eqns;
        let jaxprs = eqns.iter().flat_map(|&eqn| program.params(eqn).jaxprs());
        let likeness = Likeness {
            binders: bound(program, block)
                .map(|value| (program.values[value].name, program.values[value].ty))
                .collect(),
            primitives: eqns.iter().map(|&eqn| program.eqns[eqn].primitive).collect(),
            nested: jaxprs.map(|(_, jaxpr)| self.model(jaxpr.block())).collect(),
        };
        let model = *self.likenesses.entry(likeness).or_insert(block);
        self.models.insert(block, model);
        model
    }
}

/// All variables that a block binds, in printed order.
fn bound(program: &Program, block: BlockId) -> impl Iterator<Item = ValueId> {
    let block = &program.blocks[block];
    let outputs = block.eqns.iter().flat_map(|&eqn| program.outputs(eqn));
    block.consts.iter().chain(&block.inputs).chain(outputs).copied()
}
