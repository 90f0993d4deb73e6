//! Derives a text from a grammar: every way of reading is followed, and all places where one may end are kept.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::notation::{Grammar, Term};

/// Where the texts at the start of a text may end that a special sequence stands for.
pub(super) type SpecialEnds = fn(&str, &str) -> Vec<usize>;

/// Reads one text.
pub(super) struct Recognizer<'g> {
    grammar: &'g Grammar,
    special_ends: SpecialEnds,
    text: &'g str,
    ends: HashMap<(*const Term, usize), Rc<BTreeSet<usize>>>,
}

impl<'g> Recognizer<'g> {
    pub(super) fn new(grammar: &'g Grammar, special_ends: SpecialEnds, text: &'g str) -> Self {
        Self {
            grammar,
            special_ends,
            text,
            ends: HashMap::new(),
        }
    }

    /// The productions in one derivation of the whole text, or the offset up to which one goes.
    pub(super) fn derive(mut self, production: &str) -> Result<BTreeSet<&'g str>, usize> {
        let grammar = self.grammar;
        let (name, term) = grammar.get_key_value(production).expect("the production exists");
        let ends = self.ends(term, 0);
        if !ends.contains(&self.text.len()) {
            return Err(self
                .ends
                .values()
                .filter_map(|ends| ends.last().copied())
                .max()
                .unwrap_or(0));
        }
        let mut used = BTreeSet::from([name.as_str()]);
        self.trace(term, 0, self.text.len(), &mut used);
        Ok(used)
    }

    /// Everywhere a reading of `term` from `start` on may end.
    fn ends(&mut self, term: &'g Term, start: usize) -> Rc<BTreeSet<usize>> {
        if let Some(ends) = self.ends.get(&(std::ptr::from_ref(term), start)) {
            return Rc::clone(ends);
        }
        let grammar = self.grammar;
        let ends = match term {
            Term::Text(text) => self.text[start..]
                .starts_with(text.as_str())
                .then_some(start + text.len())
                .into_iter()
                .collect(),
            Term::Special(special) => (self.special_ends)(special, &self.text[start..])
                .into_iter()
                .map(|end| start + end)
                .collect(),
            Term::Name(name) => (*self.ends(&grammar[name], start)).clone(),
            Term::Sequence(parts) => parts.iter().fold(BTreeSet::from([start]), |starts, part| {
                self.all_ends(part, &starts)
            }),
            Term::Choice(branches) => branches
                .iter()
                .flat_map(|branch| (*self.ends(branch, start)).clone())
                .collect(),
            Term::Optional(inside) => self.ends(inside, start).iter().copied().chain([start]).collect(),
            Term::Repeat(inside) => {
                let mut reached = BTreeSet::from([start]);
                let mut new = reached.clone();
                while !new.is_empty() {
                    new = &self.all_ends(inside, &new) - &reached;
                    reached.extend(&new);
                }
                reached
            }
        };
        let ends = Rc::new(ends);
        self.ends
            .insert((std::ptr::from_ref(term), start), Rc::clone(&ends));
        ends
    }

    fn all_ends(&mut self, term: &'g Term, starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        starts
            .iter()
            .flat_map(|&start| (*self.ends(term, start)).clone())
            .collect()
    }

    /// Collects the productions of one reading of `term` from `start` to `end`, which is known to exist.
    fn trace(&mut self, term: &'g Term, start: usize, end: usize, used: &mut BTreeSet<&'g str>) {
        let grammar = self.grammar;
        match term {
            Term::Name(name) => {
                used.insert(name);
                self.trace(&grammar[name], start, end, used);
            }
            Term::Choice(branches) => {
                let branch = branches
                    .iter()
                    .find(|branch| self.ends(branch, start).contains(&end));
                self.trace(branch.expect("a branch reads it"), start, end, used);
            }
            Term::Optional(inside) if start < end => self.trace(inside, start, end, used),
            Term::Optional(_) | Term::Text(_) | Term::Special(_) => {}
            Term::Sequence(parts) => {
                // From the back: every place where the parts before may end has been noted.
                let mut places = vec![BTreeSet::from([start])];
                for part in parts {
                    let next = self.all_ends(part, &places[places.len() - 1]);
                    places.push(next);
                }
                let mut end = end;
                for (part, starts) in parts.iter().zip(&places).rev() {
                    let from = starts
                        .iter()
                        .copied()
                        .find(|&start| self.ends(part, start).contains(&end));
                    let from = from.expect("some reading leads here");
                    self.trace(part, from, end, used);
                    end = from;
                }
            }
            Term::Repeat(inside) => {
                let mut at = start;
                while at < end {
                    let nexts = self.ends(inside, at);
                    let next = nexts.iter().copied().filter(|&next| next > at);
                    let next = next
                        .into_iter()
                        .find(|&next| next == end || self.ends(term, next).contains(&end));
                    let next = next.expect("some reading leads on");
                    self.trace(inside, at, next, used);
                    at = next;
                }
            }
        }
    }
}
