//! Puts what a branch reads, and what reads its results, into the branch. Over the real numbers nothing changes.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::{Definitions, handed_over, transparent_body};
use crate::edit::{
    Purities, Uses, branches, copy, inline, repeat, set_branches, shared_bodies, substitute, sweep,
};
use crate::ir::{Atom, Block, BlockId, EqnId, Id as _, Program, ValueId, VarName};
use crate::lift::{blocks_holding_exponentials, transfer};

/// What is to be left as it is.
pub(super) struct Limits {
    /// The only `cond` to look at, and then what stands behind it is joined as well.
    pub(super) with_what_follows: Option<EqnId>,
    /// Branches that gain nothing by computing again what they read.
    pub(super) left_alone: FxHashSet<(EqnId, usize)>,
}

/// A branch that has been joined.
pub(super) struct Joined {
    /// Where its `cond` stands.
    pub(super) block: BlockId,
    pub(super) cond: EqnId,
    /// The index of the branch.
    pub(super) branch: usize,
    /// The branch as it is now.
    pub(super) body: BlockId,
    /// The earlier `cond`s whose branches stand in it.
    pub(super) earlier: Vec<EqnId>,
}

/// What is to be joined with the branches of one `cond`, by its place in the block.
struct Plan {
    cond: EqnId,
    /// For each branch what it computes again.
    again: Vec<BTreeSet<usize>>,
    /// What is moved into all of them.
    behind: BTreeSet<usize>,
}

/// Joins branches, also those within branches that were joined.
pub(super) fn join(program: &mut Program, limits: &Limits) -> Vec<Joined> {
    let mut exponentials = blocks_holding_exponentials(program, |_, _| true);
    let mut purities = Purities::default();
    let mut joined = Vec::new();
    let mut index = 0;
    while index < program.blocks.len() {
        let block = BlockId::from_index(index);
        index += 1;
        let eqns = program.blocks[block].eqns.clone();
        if !eqns.iter().any(|&eqn| program.primitive(eqn) == "cond") {
            continue;
        }
        let around = Around::of(program, eqns, &exponentials, &mut purities);
        for place in 0..around.eqns.len() {
            let Some(plan) = around.plan(program, place, limits, &exponentials) else {
                continue;
            };
            let with_earlier = around.carry_out(program, block, &plan);
            for &cond in with_earlier.iter().flat_map(|joined| &joined.earlier) {
                own_branches(program, cond);
            }
            joined.extend(with_earlier);
            exponentials.resize(program.blocks.len(), true);
        }
    }
    joined
}

/// The equations of one block.
struct Around {
    eqns: Vec<EqnId>,
    /// Where each variable is bound.
    places: FxHashMap<ValueId, usize>,
    /// Whether each equation takes exponentials, or follows from some.
    follows: Vec<bool>,
    /// Whether each equation may be repeated as it is.
    may_repeat: Vec<bool>,
    /// Whether each equation is a `cond` whose branches may be repeated.
    is_choice: Vec<bool>,
}

impl Around {
    fn of(program: &Program, eqns: Vec<EqnId>, exponentials: &[bool], purities: &mut Purities) -> Self {
        let mut around = Self {
            places: FxHashMap::default(),
            follows: Vec::with_capacity(eqns.len()),
            may_repeat: Vec::with_capacity(eqns.len()),
            is_choice: Vec::with_capacity(eqns.len()),
            eqns: Vec::new(),
        };
        for (place, &eqn) in eqns.iter().enumerate() {
            let name = program.primitive(eqn);
            let is_call = transparent_body(program, eqn).is_some();
            let bodies: Vec<BlockId> = program
                .params(eqn)
                .jaxprs()
                .map(|(_, jaxpr)| jaxpr.block())
                .collect();
            let is_plain = is_call || bodies.is_empty();
            let is_source = transfer::row(name).is_some_and(|row| row.is_source)
                || bodies.iter().any(|body| exponentials[body.index()]);
            let is_choice = is_choice(program, eqn) && has_plain_branches(program, eqn);
            let follows = is_source || around.reads_exponentials(program.inputs(eqn));
            let is_pure = (is_choice || follows) && purities.is_pure(program, eqn);
            around.follows.push(follows);
            around.may_repeat.push(is_plain && follows && is_pure);
            around.is_choice.push(is_choice && is_pure);
            let outputs = program.outputs(eqn).iter();
            around.places.extend(outputs.map(|&output| (output, place)));
        }
        around.eqns = eqns;
        around
    }

    fn place(&self, operand: Atom) -> Option<usize> {
        self.places.get(&operand.value()?).copied()
    }

    fn reads_exponentials(&self, operands: &[Atom]) -> bool {
        let mut places = operands.iter().filter_map(|&operand| self.place(operand));
        places.any(|place| self.follows[place])
    }

    /// What to join with the `cond` at a place, if there is anything.
    fn plan(&self, program: &Program, place: usize, limits: &Limits, exponentials: &[bool]) -> Option<Plan> {
        let cond = self.eqns[place];
        let with_what_follows = limits.with_what_follows == Some(cond);
        if !self.is_choice[place] || (limits.with_what_follows.is_some() && !with_what_follows) {
            return None;
        }
        let behind = if with_what_follows {
            self.behind(program, place)
        } else {
            BTreeSet::new()
        };
        let again: Vec<BTreeSet<usize>> = (0..branches(program, cond).len())
            .map(|branch| {
                if limits.left_alone.contains(&(cond, branch)) {
                    BTreeSet::new()
                } else {
                    self.read_by(program, place, branch, &behind, exponentials)
                }
            })
            .collect();
        let is_any = if with_what_follows {
            !behind.is_empty()
        } else {
            again.iter().any(|again| !again.is_empty())
        };
        is_any.then_some(Plan { cond, again, behind })
    }

    /// What is to be computed again in a branch: what it reads, as far as that follows from exponentials.
    fn read_by(
        &self,
        program: &Program,
        cond: usize,
        branch: usize,
        behind: &BTreeSet<usize>,
        exponentials: &[bool],
    ) -> BTreeSet<usize> {
        let cond_eqn = self.eqns[cond];
        let mut again = BTreeSet::new();
        let mut stack = handed_over(program, cond_eqn).to_vec();
        stack.extend(behind.iter().flat_map(|&place| program.inputs(self.eqns[place])));
        while let Some(operand) = stack.pop() {
            let Some(place) = self.place(operand).filter(|&place| place < cond) else {
                continue;
            };
            let eqn = self.eqns[place];
            let is_residual = self.is_choice[place]
                && is_same_choice(program, eqn, cond_eqn)
                && (self.reads_exponentials(program.inputs(eqn))
                    || exponentials[branches(program, eqn)[branch].index()]);
            if (is_residual || self.may_repeat[place]) && again.insert(place) {
                stack.extend(operands_in_branch(program, eqn));
            }
        }
        again
    }

    /// What may be moved into the branches of a `cond`: what leads from its results to a logarithm, a quotient, or to
    /// what follows from other exponentials, and reads nothing else that is not there before the `cond`.
    fn behind(&self, program: &Program, cond: usize) -> BTreeSet<usize> {
        /// What is longer would carry half a program into each branch.
        const LONGEST: usize = 64;
        if !self.follows[cond] {
            return BTreeSet::new();
        }
        let mut reached = BTreeSet::new();
        let mut wanted = BTreeSet::new();
        for place in (cond + 1..self.eqns.len()).filter(|&place| self.may_repeat[place]) {
            let eqn = self.eqns[place];
            let (inside, outside): (Vec<Atom>, Vec<Atom>) =
                program.inputs(eqn).iter().partition(|&&operand| {
                    self.place(operand)
                        .is_some_and(|place| place == cond || reached.contains(&place))
                });
            let is_there = |&operand: &Atom| self.place(operand).is_none_or(|place| place < cond);
            if inside.is_empty() || !outside.iter().all(is_there) {
                continue;
            }
            reached.insert(place);
            let divides = matches!(program.primitive(eqn), "log" | "log2" | "log1p" | "div");
            if divides || self.reads_exponentials(&outside) {
                wanted.insert(place);
            }
        }
        let mut stack: Vec<usize> = wanted.iter().copied().collect();
        while let Some(place) = stack.pop() {
            for &operand in program.inputs(self.eqns[place]) {
                let before = self.place(operand).filter(|place| reached.contains(place));
                stack.extend(before.filter(|&place| wanted.insert(place)));
            }
        }
        if wanted.len() > LONGEST {
            wanted.clear();
        }
        wanted
    }

    /// Gives a `cond` the branches of a plan.
    fn carry_out(&self, program: &mut Program, block: BlockId, plan: &Plan) -> Vec<Joined> {
        let &Plan { cond, .. } = plan;
        let operands = self.operands(program, plan);
        let results = self.results(program, block, plan);
        let old = branches(program, cond);
        let mut bodies = Vec::new();
        let mut joined = Vec::new();
        for (branch, again) in plan.again.iter().enumerate() {
            let mut body = Body::default();
            for &place in again {
                body.add(program, self.eqns[place], branch);
            }
            let earlier = std::mem::take(&mut body.conds);
            body.add(program, cond, branch);
            for &place in &plan.behind {
                body.add(program, self.eqns[place], branch);
            }
            let like = program.blocks[old[branch]].clone();
            let body = body.finish(program, &operands, &results, like);
            bodies.push(body);
            if !(again.is_empty() && plan.behind.is_empty()) {
                joined.push(Joined {
                    block,
                    cond,
                    branch,
                    body,
                    earlier,
                });
            }
        }
        let operands: Vec<Atom> = operands.into_iter().map(Atom::Value).collect();
        set_branches(program, cond, &bodies, &operands);
        program.set_outputs(cond, &results);
        let moved: FxHashSet<EqnId> = plan.behind.iter().map(|&place| self.eqns[place]).collect();
        program.blocks[block].eqns.retain(|eqn| !moved.contains(eqn));
        joined
    }

    /// The variables that new branches are given.
    fn operands(&self, program: &Program, plan: &Plan) -> Vec<ValueId> {
        let mut operands = Vec::new();
        let mut seen: FxHashSet<ValueId> = program.outputs(plan.cond).iter().copied().collect();
        for again in &plan.again {
            let places = again.iter().chain(&plan.behind).map(|&place| self.eqns[place]);
            for eqn in places.chain([plan.cond]) {
                for &operand in operands_in_branch(program, eqn) {
                    let place = self.place(operand);
                    let is_inside =
                        place.is_some_and(|place| again.contains(&place) || plan.behind.contains(&place));
                    operands.extend(operand.value().filter(|&value| !is_inside && seen.insert(value)));
                }
            }
        }
        operands
    }

    /// The results of a `cond`, and those of what is moved into it that are read elsewhere.
    fn results(&self, program: &Program, block: BlockId, plan: &Plan) -> Vec<ValueId> {
        let stays = |place: &usize| !plan.behind.contains(place);
        let elsewhere = (0..self.eqns.len()).filter(stays).map(|place| self.eqns[place]);
        let mut read: FxHashSet<Atom> = elsewhere
            .flat_map(|eqn| program.inputs(eqn).iter().copied())
            .collect();
        read.extend(&program.blocks[block].outputs);
        let moved = plan
            .behind
            .iter()
            .flat_map(|&place| program.outputs(self.eqns[place]));
        let mut results = program.outputs(plan.cond).to_vec();
        results.extend(moved.copied().filter(|&value| read.contains(&Atom::Value(value))));
        results
    }
}

/// A branch in the making: its equations still read and bind the variables outside.
#[derive(Default)]
struct Body {
    eqns: Vec<EqnId>,
    substitutions: Vec<(ValueId, Atom)>,
    /// The `cond`s whose branches were put in.
    conds: Vec<EqnId>,
}

impl Body {
    /// Adds an equation, or the branch of a `cond` with the same index.
    fn add(&mut self, program: &mut Program, eqn: EqnId, branch: usize) {
        if is_choice(program, eqn) {
            // Nobody asks what binds a variable while branches are joined.
            let chosen = branches(program, eqn)[branch];
            let inlined = inline(program, &mut Definitions::default(), eqn, chosen);
            self.eqns.extend(inlined.eqns);
            self.substitutions.extend(inlined.substitutions);
            self.conds.push(eqn);
        } else {
            self.eqns.push(repeat(program, eqn));
        }
    }

    /// A jaxpr with variables of its own.
    fn finish(
        mut self,
        program: &mut Program,
        inputs: &[ValueId],
        outputs: &[ValueId],
        like: Block,
    ) -> BlockId {
        let mut own = |program: &mut Program, value: ValueId| {
            let ty = program.values[value].ty;
            let own = program.add_value(VarName::UNDERSCORE, ty);
            self.substitutions.push((value, Atom::Value(own)));
            own
        };
        let inputs = inputs.iter().map(|&input| own(program, input)).collect();
        for &eqn in &self.eqns {
            for place in program.eqns[eqn].outputs.indices() {
                program.results[place] = own(program, program.results[place]);
            }
        }
        let body = program.blocks.push(Block {
            inputs,
            eqns: self.eqns,
            outputs: outputs.iter().map(|&output| Atom::Value(output)).collect(),
            ..like
        });
        substitute(program, body, &self.substitutions);
        sweep(program, body, &[], &mut Uses::default());
        body
    }
}

/// Gives a `cond` branches of its own in the place of those to which other equations refer as well.
fn own_branches(program: &mut Program, cond: EqnId) {
    let shared = shared_bodies(program);
    let mut own = branches(program, cond);
    for branch in own.iter_mut().filter(|branch| shared.contains(branch)) {
        *branch = copy(program, *branch);
    }
    let operands = handed_over(program, cond).to_vec();
    set_branches(program, cond, &own, &operands);
}

/// Whether an equation is a `cond` of which it is not known which branch it takes.
fn is_choice(program: &Program, eqn: EqnId) -> bool {
    program.primitive(eqn) == "cond" && transparent_body(program, eqn).is_none()
}

/// Whether two `cond`s always take branches of the same index.
pub(super) fn is_same_choice(program: &Program, a: EqnId, b: EqnId) -> bool {
    program.inputs(a)[0] == program.inputs(b)[0] && branches(program, a).len() == branches(program, b).len()
}

/// What is read where an equation is repeated in a branch, in which the index is not asked for again.
fn operands_in_branch(program: &Program, eqn: EqnId) -> &[Atom] {
    if is_choice(program, eqn) {
        handed_over(program, eqn)
    } else {
        program.inputs(eqn)
    }
}

/// Whether all branches take what the `cond` hands over, and no constants.
fn has_plain_branches(program: &Program, cond: EqnId) -> bool {
    let operands = handed_over(program, cond).len();
    branches(program, cond).into_iter().all(|branch| {
        let branch = &program.blocks[branch];
        branch.consts.is_empty() && branch.inputs.len() == operands
    })
}
