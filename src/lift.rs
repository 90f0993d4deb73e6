//! Exponent lifting: holds values as `mant·exp(scale)` with a symbolic scale, and writes out what is gained.
//!
//! The exponentials of a program and what undoes them may lie far apart: in the gradient of a loss, in a forward
//! algorithm, in attention. One pass over each block follows them. `nodes` are expressions, each once; `form` is a
//! scale; `value` a lifted value; `transfer` has one row a primitive, and `sections` is for the one of several results;
//! `scale`, `bound`, `shifted`, `whole` and `logistic` make numbers of scales; `product` and `distribute` multiply;
//! `decide` finds what is won and `emit` writes its equations. What gains nothing keeps its text. `branches` and `loops`
//! prepare a program so that values go through `cond`, `scan` and `while`, with `calls` put where they stand if that
//! helps, and keep what then gains.
//!
//! # Scales
//!
//! A scale is a linear combination of expressions that stays symbolic, so that scales cancel exactly: expressions are
//! interned, and a view of one is its base and an index map, which makes the maximum of a row the same thing wherever
//! it is broadcast.
//!
//! - Products add scales, and logarithms end them, that of 1 + x too.
//! - A sum takes the maximum of its scales out first, guarded where that is not finite, over the terms whose mantissa
//!   is not zero. A sum over devices takes the maximum over devices out (`pmax`), typed as JAX types it.
//! - A mantissa of zero keeps its derivative: the exponential beside it is cut off where it would overflow, and is not
//!   made zero as well.
//! - Sums of exponentials cancel in mantissas too (`S·S⁻² = 1/S`), which keeps differences such as those in the
//!   gradient of a softmax as exact as they were.
//! - A product over a sum is multiplied out where the sum has divided by what the factor underflows to, as in the
//!   gradient of a quotient; the addends stay known where elements are moved or put back, as those of picked labels are.
//!   A contraction takes the factor in where its weights, which may be zero, hid exponents from a maximum.
//!
//! # What is won
//!
//! Each equation that an expression stands for is free until it is asked for, so nothing is decided on the way. At the
//! end, the pass goes back from the results and replaces a variable that somebody reads as it is if something was won
//! on the way to it: a logarithm was reached, scales cancelled, or an exponential met the maximum that it is divided
//! by. All other lines keep their bytes. An exponent that is already shifted by a maximum is left alone, which also
//! makes the pass decline its own output. Rules of the phase `late` wait until nothing more is lifted: `exp-product`
//! would use up exponentials that the pass can follow further.
//!
//! # Calls, loops and branches
//!
//! - Calls are seen through without being taken apart: what is needed of a body is written where the call stands, and
//!   the call goes if nobody reads it any more. A call that holds a loop goes if that gains. A `cond` that chooses among
//!   platforms is seen as its branch for all other platforms.
//! - What stands around loops is lifted first and the bodies of loops last, because a body that is lifted by itself no
//!   longer meets exponentials that were taken out of the loop, as those of a transition matrix.
//! - A loop is opened: a carry that its body multiplies, sums and normalises becomes a mantissa and a scale, or a
//!   logarithm, and the loop renormalises in each step. So does what one loop stacks for the next. A loop that shares
//!   its body with another is given its own.
//! - Logarithms would be rounded in each step, which the gradient of a forward algorithm feels, because it adds those of
//!   a forward and a backward pass to something small. Where a forward and a backward pass by loops meet, as in a
//!   posterior or in the gradient of a forward algorithm or a conditional random field, the scale is a whole number and
//!   the mantissa what remains, as in the numbers of the machine themselves, so that no step rounds it.
//! - A branch of `cond` computes again what it reads of an earlier branch with the same index, as a backward pass does,
//!   or of exponentials before the `cond`, and takes in what stands behind it, where that gains; nothing is computed in
//!   branches that were not chosen.
//! - What goes from one `shard_map` to another ends the lifting.

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
mod shifted;
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
use ask::Asked;
use bound::Shift;
use distribute::Addend;
use form::Form;
use loops::knowledge::Knowledge;
use loops::pairs;
use nodes::{NodeId, Nodes};
use transfer::{Here, Row};
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

/// Where the blocks stand that are lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Outside of loops that may be opened.
    AroundLoops,
    /// In the bodies of such loops. What is lifted there can no longer meet what comes from outside.
    InLoops,
}

/// Lifts what gains by it in one part of a program; new equations are spelled as `version` prints them.
pub fn lift(program: &mut Program, version: Version, part: Part) -> Vec<Lifted> {
    let known = Known::of(program);
    let in_loops = loops::blocks_in_loops(program);
    let is_of_part = |block: BlockId| in_loops.contains(&block) == (part == Part::InLoops);
    let (done, _) = lift_blocks(program, version, Knowledge::default(), is_of_part);
    name_new(program, &known);
    done
}

/// Whether there may be something to lift: an exponential, or a loop that multiplies what it carries.
pub fn may_lift(program: &Program) -> bool {
    blocks_with_exponentials(program).contains(&true) || loops::may_open(program)
}

/// Lifts in all blocks with what is known of loops; new variables have no names yet.
fn lift_with(program: &mut Program, version: Version, loops: Knowledge) -> (Vec<Lifted>, Knowledge) {
    lift_blocks(program, version, loops, |_| true)
}

fn lift_blocks(
    program: &mut Program,
    version: Version,
    loops: Knowledge,
    is_wanted: impl Fn(BlockId) -> bool,
) -> (Vec<Lifted>, Knowledge) {
    let exponentials = blocks_with_exponentials(program);
    if !exponentials.contains(&true) {
        return (Vec::new(), loops);
    }
    let mut lifter = Lifter::new(program, version, exponentials);
    lifter.loops = loops;
    let mut done = Vec::new();
    for index in 0..lifter.exponentials.len() {
        let block = BlockId::from_index(index);
        if lifter.exponentials[index] && is_wanted(block) {
            lifter.block(block, &mut done);
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
    /// For each variable what is asked of its size.
    asked: Vec<Asked>,
    shifts: FxHashMap<NodeId, Shift>,
    /// Exponents that are whole numbers.
    whole: FxHashSet<NodeId>,
    /// Mantissas that are sums of what is above zero.
    totals: FxHashSet<NodeId>,
    /// What sums are made of.
    addends: FxHashMap<NodeId, Rc<[Addend]>>,
    /// The equations that contract over dimensions in which an exponent varies.
    contractions: FxHashMap<NodeId, Rc<Here>>,
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
        let asked = vec![Asked::default(); program.values.len()];
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
            asked,
            shifts: FxHashMap::default(),
            whole: FxHashSet::default(),
            totals: FxHashSet::default(),
            addends: FxHashMap::default(),
            contractions: FxHashMap::default(),
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
        self.contractions.clear();
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
