//! Rules and exponent lifting in turn, until neither finds anything.

use rustc_hash::FxHashMap;

use crate::ir::{EqnId, Program, validate};
use crate::lift::{self, Lifted, Part};
use crate::rewrite::{Applied, Done, Driver, DriverOptions, NativeRule, Phase, Refusal, Rule};

/// How many times longer than it was a program may become. The longest results of programs known are 25 times as long.
const GROWTH: usize = 64;

/// Each round takes what the one before has uncovered; more rounds than this do not occur.
const ROUNDS: usize = 4;

/// Applies the rules, lifts what they have left, applies them to what that has made, and so on; the rules of the
/// last phase come when there is nothing more to lift, and what they make is lifted in its turn.
///
/// # Errors
/// The first application of the rule that was applied most often, if the program grows beyond measure: rules that fire
/// on what they make would go on for ever.
pub(super) fn alternate(
    program: &mut Program,
    rules: &[&Rule],
    natives: &[Box<dyn NativeRule>],
    options: &DriverOptions,
) -> Result<Done, Applied> {
    // Bodies that are copied to where they are called are no growth.
    let most = GROWTH * size(program) + 20_000;
    let done = rounds(program, rules, natives, options, most);
    match most_frequent(&done.applied) {
        Some(applied) if size(program) > most => Err(applied),
        _ => Ok(done),
    }
}

/// Rules and lifting in turn, until the program has more equations than `most`.
fn rounds(
    program: &mut Program,
    rules: &[&Rule],
    natives: &[Box<dyn NativeRule>],
    options: &DriverOptions,
    most: usize,
) -> Done {
    let apply = |program: &mut Program, options: &DriverOptions| {
        Driver::new(program, rules, natives, options.clone()).run(program)
    };
    let Some(lifting) = rules.iter().position(|rule| rule.name == lift::NAME) else {
        return apply(program, options);
    };
    let before = DriverOptions {
        through: Phase::Simple,
        ..options.clone()
    };
    let first = if lift::may_lift(program) { &before } else { options };
    let mut done = apply(program, first);
    // Rules make exponentials where there were none: of `1 − tanh x` a logistic function.
    if !lift::may_lift(program) {
        return done;
    }
    let mut origins = Origins(done.made.iter().copied().collect());
    for _ in 0..ROUNDS {
        for _ in 0..ROUNDS {
            if size(program) > most {
                return done;
            }
            let lifted = lifted(program, options);
            if lifted.is_empty() {
                break;
            }
            origins.note(lifted, lifting, &mut done);
            origins.add(apply(program, &before), &mut done);
        }
        if rules.iter().all(|rule| rule.phase != Phase::Late) {
            break;
        }
        let last = apply(program, options);
        let is_final = last.applied.is_empty();
        origins.add(last, &mut done);
        if is_final {
            break;
        }
    }
    done
}

/// How many equations a program has, those of bodies once.
fn size(program: &Program) -> usize {
    program.blocks.iter().map(|(_, block)| block.eqns.len()).sum()
}

/// The first application of the rule that was applied most often.
fn most_frequent(applied: &[Applied]) -> Option<Applied> {
    let mut counts: FxHashMap<usize, usize> = FxHashMap::default();
    for applied in applied {
        *counts.entry(applied.rule).or_default() += 1;
    }
    // Of equal ones the last is taken.
    let from_last = applied.iter().rev();
    from_last.max_by_key(|applied| counts[&applied.rule]).cloned()
}

/// Lifts what can be lifted in branches with what they read, or else outside of loops, or else through loops, or else in
/// their bodies: what has been lifted within a body no longer shows the exponentials to those that hand them in or read
/// what it leaves behind.
fn lifted(program: &mut Program, options: &DriverOptions) -> Vec<Lifted> {
    let version = options.version;
    let mut lifted = lift::lift_branches(program, version);
    if lifted.is_empty() {
        lifted = lift::lift(program, version, Part::AroundLoops);
    }
    if lifted.is_empty() {
        lifted = lift::lift_loops(program, version);
    }
    if lifted.is_empty() {
        lifted = lift::lift(program, version, Part::InLoops);
    }
    debug_assert_eq!(validate(program), []);
    lifted
}

/// For each equation that rules or lifting have made the one of the text in whose place it stands.
struct Origins(FxHashMap<EqnId, EqnId>);

impl Origins {
    fn of(&self, root: EqnId) -> EqnId {
        self.0.get(&root).copied().unwrap_or(root)
    }

    /// Notes what was lifted, by the rule of that index.
    fn note(&mut self, lifted: Vec<Lifted>, rule: usize, done: &mut Done) {
        for Lifted { block, root, eqns } in lifted {
            let root = self.of(root);
            self.0.extend(eqns.into_iter().map(|eqn| (eqn, root)));
            done.applied.push(Applied {
                rule,
                block,
                root,
                note: None,
            });
        }
    }

    /// Adds what rules then did.
    fn add(&mut self, again: Done, done: &mut Done) {
        done.applied
            .extend(again.applied.into_iter().map(|applied| Applied {
                root: self.of(applied.root),
                ..applied
            }));
        done.refused = again
            .refused
            .into_iter()
            .map(|refusal| Refusal {
                root: self.of(refusal.root),
                ..refusal
            })
            .collect();
        for (eqn, origin) in again.made {
            let origin = self.of(origin);
            self.0.insert(eqn, origin);
        }
        done.calls.extend(again.calls);
    }
}
