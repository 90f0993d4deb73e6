//! The rule that would keep an infinity or NaN from the outputs: found where it matches, and tried on the inputs.

use rustc_hash::FxHashMap;

use crate::cli::settings::Settings;
use crate::improve::{Finding, Options, improve};
use crate::interp::{self, Case, Data, Tensor, evaluate};
use crate::ir::{EqnId, Program};
use crate::schema::infer_literal_types;
use crate::span::Span;
use crate::trace::{Loss, Origin, Trace};

/// Rules that give better outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fix {
    /// Those that it takes, the one at the place first; empty if it takes all.
    pub(super) rules: Vec<String>,
    /// What they make of the outputs that the origin reaches: how many elements are still infinite or NaN.
    pub(super) left: usize,
}

/// Finds fixes for one program.
pub(super) struct Fixer<'a> {
    program: &'a Program,
    settings: &'a Settings,
    /// How programs are run.
    running: interp::Options,
    /// Where rules match.
    findings: Vec<Finding>,
    /// Programs that some of the rules have improved.
    improved: FxHashMap<Vec<String>, Program>,
}

impl<'a> Fixer<'a> {
    pub(super) fn new(program: &'a Program, settings: &'a Settings, running: interp::Options) -> Self {
        let findings = improve(&mut program.clone(), &settings.rules, &settings.options).rewrites;
        Self {
            program,
            settings,
            running,
            findings,
            improved: FxHashMap::default(),
        }
    }

    /// What would fix an origin that reaches outputs: the rules at the place alone, or else all rules together.
    pub(super) fn fix(&mut self, origin: &Origin, case: &Case, trace: &Trace) -> Option<Fix> {
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
            let left = self.left(&rules, origin, case)?;
            Some(Fix { rules, left })
        });
        // The first of the best, so the fewest rules that do it.
        results.filter(|fix| fix.left < before).min_by_key(|fix| fix.left)
    }

    /// The rules that rewrite an equation which loses digits, if an output changes with them.
    pub(super) fn save(&mut self, loss: &Loss, case: &Case) -> Option<Fix> {
        let around = loss.place.iter().map(|&(eqn, _)| eqn);
        let tried = self.rules_at([loss.eqn].into_iter().chain(around).collect());
        let running = self.running;
        let before = evaluate(self.program, &case.inputs, running).ok()?;
        tried.into_iter().find_map(|rules| {
            let after = evaluate(self.improved(&rules), &case.inputs, running).ok()?;
            let left = after.iter().map(bad).sum();
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
    fn left(&mut self, rules: &[String], origin: &Origin, case: &Case) -> Option<usize> {
        let running = self.running;
        let outputs = evaluate(self.improved(rules), &case.inputs, running).ok()?;
        Some(origin.outputs().iter().map(|&output| bad(&outputs[output])).sum())
    }

    /// The program under some rules, or under all for none.
    fn improved(&mut self, rules: &[String]) -> &Program {
        self.improved.entry(rules.to_vec()).or_insert_with(|| {
            let mut program = self.program.clone();
            let mut options: Options = self.settings.options.clone();
            if !rules.is_empty() {
                options.only = rules.to_vec();
            }
            improve(&mut program, &self.settings.rules, &options);
            infer_literal_types(&mut program);
            program
        })
    }
}

/// How many elements are infinite or NaN.
fn bad(tensor: &Tensor) -> usize {
    match tensor.data() {
        Data::Float(items) => items.iter().filter(|item| !item.is_finite()).count(),
        Data::Complex(items) => items.iter().filter(|item| !item.is_finite()).count(),
        _ => 0,
    }
}

impl Fix {
    /// The command that applies it to a file.
    pub(super) fn command(&self, file: &str) -> String {
        let file = if file.contains(' ') {
            format!("'{file}'")
        } else {
            file.to_owned()
        };
        if self.rules.is_empty() {
            format!("jaxpeep rewrite {file}")
        } else {
            format!("jaxpeep rewrite --only {} {file}", self.rules.join(","))
        }
    }
}
