//! Exponent lifting: holds values as `mant·exp(scale)` with a symbolic scale, and writes out what is gained.
//!
//! The exponentials of a program and what undoes them may lie far apart: in the gradient of a loss, in a forward
//! algorithm, in attention. One pass over each block follows them. `nodes` are expressions, each once; `form` is a
//! scale; `value` a lifted value; `transfer` has one row a primitive, and `sections` is for the one of several results;
//! `scale`, `bound`, `whole` and `logistic` make numbers of scales; `product` and `distribute` multiply; `decide` finds what is
//! won and `emit` writes its equations. What gains nothing keeps its text. `branches` and `loops` prepare a program so that
//! values go through `cond`, `scan` and `while`, with `calls` put where they stand if that helps, and keep what then gains.

mod ask;
mod block;
mod bound;
mod branches;
mod build;
mod calls;
mod decide;
mod distribute;
mod emit;
mod form;
mod logistic;
mod loops;
mod nodes;
mod product;
mod scale;
mod sections;
mod transfer;
mod value;
mod whole;

pub use branches::lift_branches;
pub use loops::lift_loops;

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::transparent_body;
use crate::edit::{Known, Memo, Uses, name_new};
use crate::ir::{BlockId, EqnId, Id as _, Program, ValueId};
use crate::schema::{self, Version};
use bound::Shift;
use distribute::Addend;
use form::Form;
use loops::knowledge::Knowledge;
use loops::pairs;
use nodes::{NodeId, Nodes};
use transfer::Row;
use value::Lift;

/// The name under which the pass reports what it does.
pub const NAME: &str = "exponent-lifting";

/// A value that is computed another way.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// The block, as it was entered from the main jaxpr.
    pub block: BlockId,
    /// The equation that computed the value.
    pub root: EqnId,
    /// The equations that now do.
    pub eqns: Vec<EqnId>,
}

/// Lifts what gains by it; new equations are spelled as `version` prints them.
pub fn lift(program: &mut Program, version: Version) -> Vec<Lifted> {
    let known = Known::of(program);
    let (done, _) = lift_with(program, version, Knowledge::default());
    name_new(program, &known);
    done
}

/// Whether there may be something to lift: an exponential, or a loop that multiplies what it carries.
pub fn may_lift(program: &Program) -> bool {
    blocks_with_exponentials(program).contains(&true) || loops::may_open(program)
}

/// Lifts with what is known of loops; new variables have no names yet.
fn lift_with(program: &mut Program, version: Version, loops: Knowledge) -> (Vec<Lifted>, Knowledge) {
    let exponentials = blocks_with_exponentials(program);
    if !exponentials.contains(&true) {
        return (Vec::new(), loops);
    }
    let mut lifter = Lifter::new(program, version, exponentials);
    lifter.loops = loops;
    let mut done = Vec::new();
    for index in 0..lifter.exponentials.len() {
        if lifter.exponentials[index] {
            lifter.block(BlockId::from_index(index), &mut done);
        }
    }
    (done, lifter.loops)
}

/// What is known of one program and of the block that is looked at.
struct Lifter<'p> {
    program: &'p mut Program,
    memo: Memo,
    uses: Uses,
    version: Version,
    /// For each block whether it computes exponentials, itself or in calls.
    exponentials: Vec<bool>,
    /// What is known of each primitive, by its symbol.
    rows: Vec<Option<&'static Row>>,
    /// Whether equations of each primitive may be repeated and left out, by its symbol.
    pure: Vec<bool>,
    /// Whether each primitive works element by element, by its symbol.
    spreads: Vec<bool>,
    /// For each variable the expression that it holds.
    held: Vec<Option<NodeId>>,
    nodes: Nodes,
    /// Variables that are held as more than themselves.
    lifts: FxHashMap<ValueId, Rc<Lift>>,
    /// Variables for which another expression than the program's has been found to be better.
    improved: FxHashMap<ValueId, NodeId>,
    /// Variables of the bodies of calls that differ from what the program computes, because something was won.
    changed: FxHashSet<ValueId>,
    /// For each block whether it takes logarithms or divides.
    dividing: Vec<bool>,
    /// For each variable whether its relative size is asked for.
    relative: Vec<bool>,
    shifts: FxHashMap<NodeId, Shift>,
    /// Exponents that are whole numbers.
    whole: FxHashSet<NodeId>,
    /// Mantissas that are sums of what is above zero.
    totals: FxHashSet<NodeId>,
    /// What sums are made of.
    addends: FxHashMap<NodeId, Rc<[Addend]>>,
    /// Logarithms of `logistic x`, and their `x`, in the same shape.
    logistics: FxHashMap<NodeId, NodeId>,
    shifted: FxHashMap<NodeId, bool>,
    splits: FxHashMap<NodeId, Form>,
    /// What is known of loops that were opened.
    loops: Knowledge,
    /// One more than the index of the equation that is looked at.
    position: u32,
}

impl<'p> Lifter<'p> {
    fn new(program: &'p mut Program, version: Version, exponentials: Vec<bool>) -> Self {
        let (mut rows, mut pure, mut spreads) = (Vec::new(), Vec::new(), Vec::new());
        for (_, text) in program.symbols.iter() {
            rows.push(transfer::row(text));
            let row = schema::primitive(text);
            let takes_half = matches!(text, pairs::SCALE | pairs::MANTISSA);
            // All devices run the same equations, so that a collective may be repeated as any other equation.
            let repeats = row
                .is_some_and(|row| matches!(row.purity, schema::Purity::Pure | schema::Purity::Collective));
            pure.push(takes_half || repeats);
            spreads.push(row.is_some_and(|row| row.operands == schema::Operands::Elementwise));
        }
        let held = vec![None; program.values.len()];
        let relative = vec![false; program.values.len()];
        let dividing = ask::dividing_blocks(program);
        Self {
            program,
            memo: Memo::default(),
            uses: Uses::default(),
            version,
            exponentials,
            rows,
            pure,
            spreads,
            held,
            nodes: Nodes::default(),
            lifts: FxHashMap::default(),
            improved: FxHashMap::default(),
            changed: FxHashSet::default(),
            dividing,
            relative,
            shifts: FxHashMap::default(),
            whole: FxHashSet::default(),
            totals: FxHashSet::default(),
            addends: FxHashMap::default(),
            logistics: FxHashMap::default(),
            shifted: FxHashMap::default(),
            splits: FxHashMap::default(),
            loops: Knowledge::default(),
            position: 0,
        }
    }

    /// Forgets what was known of the block before.
    fn clear(&mut self) {
        self.nodes = Nodes::default();
        self.lifts.clear();
        self.improved.clear();
        self.changed.clear();
        self.shifts.clear();
        self.whole.clear();
        self.totals.clear();
        self.addends.clear();
        self.logistics.clear();
        self.shifted.clear();
        self.splits.clear();
    }
}

/// For each block whether it computes exponentials, itself or in calls that can be looked into.
fn blocks_with_exponentials(program: &Program) -> Vec<bool> {
    blocks_holding_exponentials(program, |body, eqn| transparent_body(program, eqn) == Some(body))
}

/// For each block whether it computes exponentials, itself or in those jaxprs of equations that are `looked_into`.
fn blocks_holding_exponentials(program: &Program, looked_into: impl Fn(BlockId, EqnId) -> bool) -> Vec<bool> {
    let mut found = vec![false; program.blocks.len()];
    let source = |name: &str| transfer::row(name).is_some_and(|row| row.is_source);
    let sources: Vec<bool> = program.symbols.iter().map(|(_, text)| source(text)).collect();
    if sources.iter().all(|source| !source) {
        return found;
    }
    for &block in crate::analysis::Calls::of(program).inner_first() {
        found[block.index()] = program.blocks[block].eqns.iter().any(|&eqn| {
            let mut bodies = program.params(eqn).jaxprs().map(|(_, jaxpr)| jaxpr.block());
            sources[program.eqns[eqn].primitive.index()]
                || bodies.any(|body| found[body.index()] && looked_into(body, eqn))
        });
    }
    found
}
