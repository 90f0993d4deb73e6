//! Makes up sentences from a grammar.

use std::collections::BTreeMap;

use super::notation::{Grammar, Term};
use crate::random::Random;

/// Writes sentences of bounded depth.
pub(super) struct Generator<'g> {
    grammar: &'g Grammar,
    /// The least number of productions inside one another that each production needs.
    heights: BTreeMap<&'g str, usize>,
    random: Random,
    sample: Sample,
    /// A production that is left empty.
    without: Option<&'static str>,
}

/// A text that a special sequence stands for.
pub(super) type Sample = fn(&str, &mut Random) -> &'static str;

impl<'g> Generator<'g> {
    pub(super) fn new(
        grammar: &'g Grammar,
        sample: Sample,
        without: Option<&'static str>,
        seed: u64,
    ) -> Self {
        let mut heights: BTreeMap<&str, usize> =
            grammar.keys().map(|name| (name.as_str(), usize::MAX)).collect();
        for _ in 0..grammar.len() {
            for (name, term) in grammar {
                let height = height(term, &heights).saturating_add(1);
                heights.insert(name, height);
            }
        }
        Self {
            grammar,
            heights,
            random: Random::new(seed),
            sample,
            without,
        }
    }

    /// A sentence of `production` in which few productions stand deeper than `depth` inside one another.
    pub(super) fn sentence(&mut self, production: &str, depth: usize) -> String {
        let mut out = String::new();
        self.write(&Term::Name(production.to_owned()), depth, &mut out);
        out
    }

    fn write(&mut self, term: &Term, depth: usize, out: &mut String) {
        let grammar = self.grammar;
        match term {
            Term::Text(text) => out.push_str(text),
            Term::Special(special) => out.push_str((self.sample)(special, &mut self.random)),
            Term::Name(name) if self.without == Some(name) => {}
            Term::Name(name) => self.write(&grammar[name], depth.saturating_sub(1), out),
            Term::Sequence(parts) => parts.iter().for_each(|part| self.write(part, depth, out)),
            Term::Choice(branches) => {
                let fitting: Vec<&Term> = self.fitting(branches, depth);
                let branch = *self.random.pick(&fitting);
                self.write(branch, depth, out);
            }
            Term::Repeat(inside) => {
                while height(inside, &self.heights) <= depth && self.random.below(5) > 1 {
                    self.write(inside, depth, out);
                }
            }
            Term::Optional(inside) => {
                if height(inside, &self.heights) <= depth && self.random.below(2) == 0 {
                    self.write(inside, depth, out);
                }
            }
        }
    }

    /// The branches that end within `depth`, or the one that ends first.
    fn fitting<'t>(&self, branches: &'t [Term], depth: usize) -> Vec<&'t Term> {
        let height = |term: &&Term| height(term, &self.heights);
        let fitting: Vec<&Term> = branches.iter().filter(|term| height(term) <= depth).collect();
        if fitting.is_empty() {
            branches.iter().min_by_key(height).into_iter().collect()
        } else {
            fitting
        }
    }
}

fn height(term: &Term, heights: &BTreeMap<&str, usize>) -> usize {
    match term {
        Term::Text(_) | Term::Special(_) | Term::Repeat(_) | Term::Optional(_) => 0,
        Term::Name(name) => heights[name.as_str()],
        Term::Sequence(parts) => parts.iter().map(|part| height(part, heights)).max().unwrap_or(0),
        Term::Choice(branches) => branches
            .iter()
            .map(|branch| height(branch, heights))
            .min()
            .unwrap_or(0),
    }
}
