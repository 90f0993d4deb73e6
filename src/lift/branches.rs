//! Branches of `cond` between which and the rest of the program exponentials go: what a branch reads was made by the branch
//! of an earlier `cond` with the same index, as a backward pass reads the residuals of its forward pass, or stands before
//! the `cond`, or what undoes an exponential stands behind it.
//!
//! Nothing is computed in branches that were not chosen, and so nothing is put in the place of a `cond`. A branch that may
//! gain computes again what it reads, and what stands behind the `cond` is moved into all its branches, so that exponentials
//! meet what undoes them; what gains nothing by it is left as it came.

mod join;
mod tidy;

use rustc_hash::{FxHashMap, FxHashSet};

use super::loops::knowledge::Knowledge;
use super::{Lifted, calls, lift_with};
use crate::edit::{Known, branches, name_new};
use crate::ir::{BlockId, EqnId, Id as _, Program};
use crate::schema::Version;
use crate::span::Span;
use join::{Joined, Limits};

/// So many `cond`s of a program are tried with what stands behind them; each trial looks at the whole program.
const TRIALS: usize = 32;

/// Lifts what gains in branches; new equations are spelled as `version` prints them.
///
/// Calls that hold a `cond` are left as they are, if anything gains so.
pub fn lift_branches(program: &mut Program, version: Version) -> Vec<Lifted> {
    if conds(program).is_empty() {
        return Vec::new();
    }
    let done = lift_in_place(program, version);
    if !done.is_empty() {
        return done;
    }
    let mut trial = program.clone();
    if !calls::inline_holding(&mut trial, &conds(program).into_iter().collect()) {
        return Vec::new();
    }
    name_new(&mut trial, &Known::of(program));
    let done = lift_in_place(&mut trial, version);
    if !done.is_empty() {
        *program = trial;
    }
    done
}

fn conds(program: &Program) -> Vec<EqnId> {
    if program.symbols.get("cond").is_none() {
        return Vec::new();
    }
    let blocks = program.blocks.iter();
    blocks
        .flat_map(|(_, block)| block.eqns.iter().copied())
        .filter(|&eqn| program.primitive(eqn) == "cond")
        .collect()
}

fn lift_in_place(program: &mut Program, version: Version) -> Vec<Lifted> {
    let mut otherwise = None;
    let done = attempt(program, version, None, &mut otherwise);
    if !done.is_empty() {
        return done;
    }
    conds(program)
        .into_iter()
        .take(TRIALS)
        .flat_map(|cond| attempt(program, version, Some(cond), &mut otherwise))
        .collect()
}

/// Joins branches with what they read, or one `cond` with what stands behind it as well, and keeps what gains more than the
/// program does `otherwise`, which is worked out once for all attempts on it.
fn attempt(
    program: &mut Program,
    version: Version,
    with_what_follows: Option<EqnId>,
    otherwise: &mut Option<FxHashMap<Span, usize>>,
) -> Vec<Lifted> {
    let mut limits = Limits {
        with_what_follows,
        left_alone: FxHashSet::default(),
    };
    loop {
        let mut trial = program.clone();
        let joined = join::join(&mut trial, &limits);
        if joined.is_empty() {
            return Vec::new();
        }
        let known = otherwise.get_or_insert_with(|| {
            let mut trial = program.clone();
            let (lifted, _) = lift_with(&mut trial, version, Knowledge::default());
            places(&trial, lifted.iter())
        });
        let (lifted, _) = lift_with(&mut trial, version, Knowledge::default());
        let gaining = gaining(&trial, &joined, &lifted, known);
        if gaining.is_empty() {
            return Vec::new();
        }
        let before = limits.left_alone.len();
        let of_text = joined.iter().filter(|joined| joined.is_in(program));
        let failed = of_text.filter(|joined| !gaining.contains(&joined.body));
        limits
            .left_alone
            .extend(failed.map(|joined| (joined.cond, joined.branch)));
        if limits.left_alone.len() > before {
            continue;
        }
        tidy::tidy(program, &mut trial, &joined, version);
        name_new(&mut trial, &Known::of(program));
        let done = report(program, &trial, &joined, lifted);
        *program = trial;
        *otherwise = None;
        return done;
    }
}

/// Where in the text something was lifted, and how often.
fn places<'a>(program: &Program, lifted: impl Iterator<Item = &'a Lifted>) -> FxHashMap<Span, usize> {
    let mut places = FxHashMap::default();
    for lifted in lifted {
        *places.entry(program.span(lifted.root)).or_default() += 1;
    }
    places
}

/// The branches in which something was lifted, or in a branch within them, that is not lifted `otherwise`.
fn gaining(
    program: &Program,
    joined: &[Joined],
    lifted: &[Lifted],
    otherwise: &FxHashMap<Span, usize>,
) -> FxHashSet<BlockId> {
    let gains = |body: BlockId| {
        let here = places(program, lifted.iter().filter(|lifted| lifted.block == body));
        here.into_iter()
            .any(|(place, count)| otherwise.get(&place).is_none_or(|&known| known < count))
    };
    let mut gaining = FxHashSet::default();
    // Branches within branches come after these.
    for joined in joined.iter().rev() {
        if gaining.contains(&joined.body) || gains(joined.body) {
            gaining.extend([joined.body, joined.block]);
        }
    }
    gaining
}

/// Each `cond` of the text with all that its branches are now, and what was lifted elsewhere.
fn report(original: &Program, program: &Program, joined: &[Joined], lifted: Vec<Lifted>) -> Vec<Lifted> {
    let mut of_conds: FxHashSet<BlockId> = joined.iter().map(|joined| joined.body).collect();
    for joined in joined.iter().filter(|joined| joined.is_in(original)) {
        of_conds.extend(branches(original, joined.cond));
    }
    let mut done = lifted;
    done.retain(|lifted| !of_conds.contains(&lifted.block));
    let mut reported = FxHashSet::default();
    for joined in joined.iter().filter(|joined| joined.is_in(original)) {
        if !reported.insert(joined.cond) {
            continue;
        }
        let bodies = branches(program, joined.cond).into_iter();
        done.push(Lifted {
            block: joined.block,
            root: joined.cond,
            eqns: bodies
                .flat_map(|body| program.blocks[body].eqns.clone())
                .collect(),
        });
    }
    done
}

impl Joined {
    /// Whether its `cond` stands in a jaxpr that `program` has already.
    fn is_in(&self, program: &Program) -> bool {
        self.block.index() < program.blocks.len()
    }
}
