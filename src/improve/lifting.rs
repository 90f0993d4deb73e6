//! Rules and exponent lifting in turn, until neither finds anything.

use rustc_hash::FxHashMap;

use crate::ir::{EqnId, Program, validate};
use crate::lift::{self, Lifted};
use crate::rewrite::{Applied, Done, Driver, NativeRule, Rule, Settings};

/// Each round takes what the one before has uncovered; more rounds than this do not occur.
const ROUNDS: usize = 4;

/// Lifts what the rules have left, applies the rules to what that has made, and so on; adds to what was `done`.
pub(super) fn alternate(
    program: &mut Program,
    rules: &[Rule],
    natives: &[Box<dyn NativeRule>],
    settings: &Settings,
    done: &mut Done,
) {
    let Some(rule) = rules.iter().position(|rule| rule.name == lift::NAME) else {
        return;
    };
    let mut origins: FxHashMap<EqnId, EqnId> = FxHashMap::default();
    for _ in 0..ROUNDS {
        let mut lifted = lift::lift(program, settings.version);
        if lifted.is_empty() {
            lifted = lift::lift_loops(program, settings.version);
        }
        if lifted.is_empty() {
            return;
        }
        debug_assert_eq!(validate(program), []);
        for Lifted { block, root, eqns } in lifted {
            let root = origins.get(&root).copied().unwrap_or(root);
            origins.extend(eqns.into_iter().map(|eqn| (eqn, root)));
            done.applied.push(Applied {
                rule,
                block,
                root,
                note: None,
            });
        }
        let again = Driver::new(program, rules, natives, settings.clone()).run(program);
        done.applied
            .extend(again.applied.into_iter().map(|applied| Applied {
                root: origins.get(&applied.root).copied().unwrap_or(applied.root),
                ..applied
            }));
        done.refused = again.refused;
    }
}
