//! Where values come from, through the calls that are transparent, and who reads them.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::readers::Readers;
use crate::ir::{Atom, BlockId, EqnId, Id as _, ParamValue, Program, Type, ValueId};

/// What binds a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Nothing: a read of `_` that the text does not resolve.
    Nothing,
    /// Its block, as a constvar.
    Const,
    /// Its block, as the input of that index.
    Input(u32),
    /// An equation, as the output of that index.
    Eqn(EqnId, u32),
    /// A call that computes what its body computes, as the output of that index.
    Call(EqnId, u32),
}

/// What binds each variable of a program, and what reads it. Kept up to date by whoever adds equations.
#[derive(Debug, Default)]
pub struct Definitions {
    bound_by: Vec<Definition>,
    readers: Readers,
    /// What the bodies of loops are given.
    of_loops: FxHashSet<ValueId>,
}

impl Definitions {
    /// Reads all blocks.
    pub fn of(program: &Program) -> Self {
        let mut definitions = Self {
            bound_by: vec![Definition::Nothing; program.values.len()],
            readers: Readers::default(),
            of_loops: FxHashSet::default(),
        };
        for (_, block) in program.blocks.iter() {
            for &value in &block.consts {
                definitions.bound_by[value.index()] = Definition::Const;
            }
            for (index, &value) in block.inputs.iter().enumerate() {
                definitions.bound_by[value.index()] = Definition::Input(index as u32);
            }
            for &eqn in &block.eqns {
                definitions.define(program, eqn);
                if matches!(program.primitive(eqn), "scan" | "while") {
                    let bodies = program.params(eqn).jaxprs().map(|(_, jaxpr)| jaxpr.block());
                    let given = bodies.flat_map(|body| &program.blocks[body].inputs);
                    definitions.of_loops.extend(given);
                }
            }
        }
        definitions
    }

    /// Notes that `eqn` binds its outputs and reads its operands.
    pub fn define(&mut self, program: &Program, eqn: EqnId) {
        let values = self.bound_by.len().max(program.values.len());
        self.bound_by.resize(values, Definition::Nothing);
        self.readers.note(program, eqn);
        let is_call = transparent_body(program, eqn).is_some();
        for (index, &value) in program.outputs(eqn).iter().enumerate() {
            let index = index as u32;
            self.bound_by[value.index()] = if is_call {
                Definition::Call(eqn, index)
            } else {
                Definition::Eqn(eqn, index)
            };
        }
    }

    /// Notes that what reads `from` will read `to` in its place.
    pub fn substitute(&mut self, from: ValueId, to: Atom) {
        self.readers.substitute(from, to);
    }

    /// What binds `value`.
    pub fn get(&self, value: ValueId) -> Definition {
        let bound_by = self.bound_by.get(value.index());
        bound_by.copied().unwrap_or(Definition::Nothing)
    }
}

/// A way into the bodies of calls; the root site is the block that one looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SiteId(u32);

impl SiteId {
    /// The block that one looks at.
    pub const ROOT: Self = Self(0);
}

#[derive(Clone, Copy, Debug)]
struct Site {
    parent: SiteId,
    call: EqnId,
}

/// An operand as it is read at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The variable or literal.
    pub atom: Atom,
    /// Where it is read.
    pub site: SiteId,
}

impl Node {
    /// An operand as the block that is looked at reads it.
    pub(crate) fn at_root(atom: Atom) -> Self {
        let site = SiteId::ROOT;
        Self { atom, site }
    }

    /// Another operand, as it is read where this one is.
    #[must_use]
    pub(crate) fn beside(self, atom: Atom) -> Self {
        Self { atom, ..self }
    }
}

/// A block seen from inside, with the bodies of transparent calls unfolded as far as one looks.
pub struct Graph<'p> {
    /// The program.
    pub program: &'p Program,
    definitions: &'p Definitions,
    /// Sites entered so far, the root left out.
    sites: RefCell<Vec<Site>>,
    /// The site of each call that has been entered.
    entered: RefCell<FxHashMap<(SiteId, EqnId), SiteId>>,
    /// No more calls than this are entered.
    most_sites: usize,
    /// Whether a walk ended at an input or a constvar of the root block, where a caller could have led on.
    blocked: std::cell::Cell<bool>,
}

/// No pattern reaches through more calls than this.
const MAX_SITES: usize = 64;

impl<'p> Graph<'p> {
    /// A view of `program`, to be used for one block.
    pub fn new(program: &'p Program, definitions: &'p Definitions) -> Self {
        Self::with_sites(program, definitions, MAX_SITES)
    }

    /// Whether the body of a loop is given `value`.
    pub fn is_given_to_step(&self, value: ValueId) -> bool {
        self.definitions.of_loops.contains(&value)
    }

    /// A view of `program` that enters no more than `most_sites` calls.
    pub fn with_sites(program: &'p Program, definitions: &'p Definitions, most_sites: usize) -> Self {
        Self {
            program,
            definitions,
            sites: RefCell::default(),
            entered: RefCell::default(),
            most_sites,
            blocked: std::cell::Cell::new(false),
        }
    }

    /// A view of the same program, to be used for another block.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        Self::with_sites(self.program, self.definitions, self.most_sites)
    }

    fn site(&self, site: SiteId) -> Option<Site> {
        let index = (site.0 as usize).checked_sub(1)?;
        self.sites.borrow().get(index).copied()
    }

    /// The site inside the call `call`, which stands at `parent`.
    pub fn enter(&self, parent: SiteId, call: EqnId) -> Option<SiteId> {
        if let Some(&known) = self.entered.borrow().get(&(parent, call)) {
            return Some(known);
        }
        let mut sites = self.sites.borrow_mut();
        if sites.len() >= self.most_sites {
            return None;
        }
        sites.push(Site { parent, call });
        let site = SiteId(sites.len() as u32);
        self.entered.borrow_mut().insert((parent, call), site);
        Some(site)
    }

    /// Whether no call has been entered, so that all that was seen is bound in the root block.
    pub fn stayed_outside(&self) -> bool {
        self.sites.borrow().is_empty()
    }

    /// The call of the root block through which `site` is reached.
    pub fn outermost_call(&self, site: SiteId) -> Option<EqnId> {
        let mut at = self.site(site)?;
        while let Some(outer) = self.site(at.parent) {
            at = outer;
        }
        Some(at.call)
    }

    /// Follows a node into the bodies of transparent calls and out of them to what the caller handed over.
    pub fn resolve(&self, node: Node) -> Node {
        let mut node = node;
        while let Atom::Value(value) = node.atom {
            let next = match self.definitions.get(value) {
                Definition::Call(eqn, output) => self.body_result(eqn, output as usize, node.site),
                Definition::Input(index) => match self.site(node.site) {
                    Some(site) => {
                        let argument = handed_over(self.program, site.call).get(index as usize);
                        argument.map(|&atom| Node {
                            atom,
                            site: site.parent,
                        })
                    }
                    None => {
                        self.blocked.set(true);
                        None
                    }
                },
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    fn body_result(&self, eqn: EqnId, output: usize, site: SiteId) -> Option<Node> {
        let body = transparent_body(self.program, eqn)?;
        let atom = *self.program.blocks[body].outputs.get(output)?;
        let site = self.enter(site, eqn)?;
        Some(Node { atom, site })
    }

    /// What binds a variable.
    pub fn definition(&self, value: ValueId) -> Definition {
        self.definitions.get(value)
    }

    /// The equation that a node comes from, with the site at which it stands.
    pub fn equation(&self, node: Node) -> Option<(EqnId, SiteId)> {
        let node = self.resolve(node);
        match self.definitions.get(node.atom.value()?) {
            Definition::Eqn(eqn, _) | Definition::Call(eqn, _) => Some((eqn, node.site)),
            _ => None,
        }
    }

    /// The equation that a node comes from, if its primitive is `primitive`.
    pub fn equation_of(&self, node: Node, primitive: &str) -> Option<(EqnId, SiteId)> {
        self.equation(node)
            .filter(|&(eqn, _)| self.program.primitive(eqn) == primitive)
    }

    /// The equations that read a variable, the newest first, and not more than a few dozen. Some of them may have been
    /// replaced since.
    pub fn readers(&self, node: Node) -> impl Iterator<Item = EqnId> {
        /// What all equations of a large program read does not belong to one of them.
        const MOST: usize = 64;
        let value = node.atom.value().into_iter();
        value
            .flat_map(|value| self.definitions.readers.of(value))
            .take(MOST)
    }

    /// Operand `index` of an equation at a site.
    pub fn operand(&self, eqn: EqnId, site: SiteId, index: usize) -> Option<Node> {
        self.program
            .inputs(eqn)
            .get(index)
            .map(|&atom| Node { atom, site })
    }

    /// The type of a node.
    pub fn type_of(&self, node: Node) -> Option<&'p Type> {
        self.program.atom_type(node.atom)
    }

    /// Whether a walk since the last call of this ended where a caller of the block could have led on.
    pub fn take_blocked(&self) -> bool {
        self.blocked.take()
    }
}

/// Calls that compute what their body computes; the derivative of `custom_jvp_call` may differ.
const TRANSPARENT: [&str; 11] = [
    "cond",
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "remat2",
    "checkpoint",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
    "remat",
];

/// Parameters that hold the body of such a call.
const BODIES: [&str; 3] = ["jaxpr", "call_jaxpr", "fun_jaxpr"];

/// The body of a transparent call, if it has no constvars and takes what the call hands over.
///
/// A `cond` among platforms has one body for each, all of which compute the same: that for all other platforms stands
/// for them.
pub(crate) fn transparent_body(program: &Program, eqn: EqnId) -> Option<BlockId> {
    // Most equations hold no jaxpr, which is cheaper to see than what they are called.
    let body = program.params(eqn).iter().find_map(|(key, value)| match value {
        ParamValue::Jaxpr(jaxpr) if BODIES.contains(&program.symbols.text(key)) => Some(jaxpr.block()),
        ParamValue::Jaxprs(branches) if is_for_other_platforms(program, eqn) => {
            branches.last().map(|branch| branch.block())
        }
        _ => None,
    })?;
    if !TRANSPARENT.contains(&program.primitive(eqn)) {
        return None;
    }
    let block = &program.blocks[body];
    let fits = block.consts.is_empty()
        && block.inputs.len() == handed_over(program, eqn).len()
        && block.outputs.len() == program.outputs(eqn).len();
    fits.then_some(body)
}

/// The operands of a transparent call that the inputs of its body are; the first one of a `cond` chooses the body.
pub(crate) fn handed_over(program: &Program, call: EqnId) -> &[Atom] {
    match program.inputs(call) {
        [_, operands @ ..] if program.primitive(call) == "cond" => operands,
        operands => operands,
    }
}

/// Whether an equation chooses among platforms, and its last branch is for all that are not named.
fn is_for_other_platforms(program: &Program, eqn: EqnId) -> bool {
    matches!(program.param(eqn, "branches_platforms"),
        Some(ParamValue::Tuple(platforms)) if platforms.last() == Some(&ParamValue::None))
}
