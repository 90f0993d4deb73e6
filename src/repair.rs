//! The rule that would keep an infinity or NaN from the outputs: found where it matches, and tried on the inputs.
//!
//! Beside `trace` and not in it: what judges rewrites knows none.

use rustc_hash::FxHashMap;

use crate::improve::{Finding, Options, improve};
use crate::interp::{self, Inputs, Tensor, evaluate};
use crate::ir::{EqnId, Program};
use crate::rules::RuleSet;
use crate::schema::infer_literal_types;
use crate::span::Span;
use crate::trace::{Loss, Origin, Trace};

/// Rules that give better outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fix {
    /// Those that it takes, the one at the place first; empty if it takes all.
    pub rules: Vec<String>,
    /// What they make of the outputs that the origin reaches: how many elements are still infinite or NaN.
    pub left: usize,
}

/// Finds fixes for one program.
pub(crate) struct Fixer<'a> {
    program: &'a Program,
    rules: &'a RuleSet,
    /// Which of the rules are applied.
    options: &'a Options,
    /// How programs are run.
    running: interp::Options,
    /// Where rules match.
    findings: Vec<Finding>,
    /// Programs that some of the rules have improved.
    improved: FxHashMap<Vec<String>, Program>,
}

impl<'a> Fixer<'a> {
    /// Finds where rules match.
    pub(crate) fn new(
        program: &'a Program,
        rules: &'a RuleSet,
        options: &'a Options,
        running: interp::Options,
    ) -> Self {
        let findings = improve(&mut program.clone(), rules, options).rewrites;
        Self {
            program,
            rules,
            options,
            running,
            findings,
            improved: FxHashMap::default(),
        }
    }

    /// What would fix an origin that reaches outputs: the rules at the place alone, or else all rules together.
    pub(crate) fn fix(&mut self, origin: &Origin, inputs: &Inputs, trace: &Trace) -> Option<Fix> {
        if origin.outputs().is_empty() || self.findings.is_empty() {
            return None;
        }
        let before: usize = origin.outputs().iter().map(|&output| trace.outputs[output]).sum();
        let around = origin
            .chain
            .iter()
            .flat_map(|step| step.place.iter().map(|&(eqn, _)| eqn));
        let eqns = origin.chain.iter().map(|step| step.eqn).chain(around);
        let mut tried = self.rules_at(eqns.collect());
        tried.push(Vec::new());
        let results = tried.into_iter().filter_map(|rules| {
            let left = self.left(&rules, origin, inputs)?;
            Some(Fix { rules, left })
        });
        // The first of the best, so the fewest rules that do it.
        results.filter(|fix| fix.left < before).min_by_key(|fix| fix.left)
    }

    /// The rules that rewrite an equation which loses digits, if an output changes with them.
    pub(crate) fn save(&mut self, loss: &Loss, inputs: &Inputs) -> Option<Fix> {
        let around = loss.place.iter().map(|&(eqn, _)| eqn);
        let tried = self.rules_at([loss.eqn].into_iter().chain(around).collect());
        let running = self.running;
        let before = evaluate(self.program, inputs, running).ok()?;
        tried.into_iter().find_map(|rules| {
            let after = evaluate(self.improved(&rules), inputs, running).ok()?;
            let left = after.iter().map(Tensor::nonfinite).sum();
            (after != before).then_some(Fix { rules, left })
        })
    }

    /// The rules that match at equations: each alone, and with those that go on with its result.
    fn rules_at(&self, eqns: Vec<EqnId>) -> Vec<Vec<String>> {
        let places: Vec<Span> = eqns.into_iter().map(|eqn| self.program.span(eqn)).collect();
        let near = |finding: &&Finding| !finding.span.is_empty() && places.contains(&finding.span);
        let mut tried: Vec<Vec<String>> = Vec::new();
        for finding in self.findings.iter().filter(near) {
            let rules: Vec<String> = [&finding.rule]
                .into_iter()
                .chain(&finding.then)
                .cloned()
                .collect();
            for rules in [vec![finding.rule.clone()], rules] {
                if !tried.contains(&rules) {
                    tried.push(rules);
                }
            }
        }
        tried
    }

    /// How many elements of the outputs stay infinite or NaN under some rules, or under all for none.
    fn left(&mut self, rules: &[String], origin: &Origin, inputs: &Inputs) -> Option<usize> {
        let running = self.running;
        let outputs = evaluate(self.improved(rules), inputs, running).ok()?;
        let reached = origin.outputs().iter();
        Some(reached.map(|&output| outputs[output].nonfinite()).sum())
    }

    /// The program under some rules, or under all for none.
    fn improved(&mut self, rules: &[String]) -> &Program {
        self.improved.entry(rules.to_vec()).or_insert_with(|| {
            let mut program = self.program.clone();
            let mut options = self.options.clone();
            if !rules.is_empty() {
                options.only = rules.to_vec();
            }
            improve(&mut program, self.rules, &options);
            infer_literal_types(&mut program);
            program
        })
    }
}
