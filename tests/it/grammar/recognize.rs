//! Derives a text from a grammar: every way of reading is followed, and all places where one may end are kept.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::notation::{Grammar, Term};

/// Reads one text.
pub(super) struct Recognizer<'g> {
    grammar: &'g Grammar,
    text: &'g str,
    ends: HashMap<(*const Term, usize), Rc<BTreeSet<usize>>>,
}

impl<'g> Recognizer<'g> {
    pub(super) fn new(grammar: &'g Grammar, text: &'g str) -> Self {
        Self {
            grammar,
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
            Term::Special(special) => special_ends(special, &self.text[start..])
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

/// Lengths of the texts at the start of `text` that a special sequence stands for.
fn special_ends(special: &str, text: &str) -> Vec<usize> {
    let run = |inside: fn(char) -> bool| text.find(|c| !inside(c)).unwrap_or(text.len());
    let first = |inside: fn(char) -> bool| {
        text.chars()
            .next()
            .filter(|&c| inside(c))
            .map(char::len_utf8)
            .into_iter()
            .collect()
    };
    let upto = |stops: &[char]| {
        (1..=text.find(stops).unwrap_or(text.len()))
            .filter(|&end| text.is_char_boundary(end))
            .collect()
    };
    match special {
        "gap" => gap_ends(text),
        "margin" => [0].into_iter().chain(gap_ends(text)).collect(),
        "letter" => first(|c| c.is_ascii_alphabetic()),
        "lower" => first(|c| c.is_ascii_lowercase()),
        "digit" => first(|c| c.is_ascii_digit()),
        "line" => vec![text.find('\n').unwrap_or(text.len())],
        "number" => number_ends(text),
        "size" => vec![run(|c| c.is_ascii_digit())]
            .into_iter()
            .filter(|&end| end > 0)
            .collect(),
        "axes" | "expression" => upto(&['\n', '[', ']', '{', '}', ';']),
        "effects" => vec![text.find('}').unwrap_or(text.len())],
        "index" => upto(&['[', ']', '\n']),
        "transform" => upto(&['{', '}', '\n']),
        "quotable" if text.starts_with('\\') => vec![1 + text[1..].chars().next().map_or(0, char::len_utf8)],
        "quotable" => first(|c| c != '\n' && c != '\'' && c != '"'),
        "text" => text_ends(text),
        "unquoted" => [" ", "\n", "]"]
            .iter()
            .flat_map(|stop| text.match_indices(stop))
            .map(|(at, _)| at)
            .filter(|&at| at > 0)
            .collect(),
        other => panic!("?{other}? is not known"),
    }
}

fn gap_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text.as_bytes()[at] {
            b' ' | b'\n' => at += 1,
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            _ => break,
        }
        ends.push(at);
    }
    ends
}

fn number_ends(text: &str) -> Vec<usize> {
    if text.starts_with(['(', '[']) {
        return text.find([')', ']']).map(|end| end + 1).into_iter().collect();
    }
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
        .unwrap_or(text.len());
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let word = ["inf", "nan", "True", "False"].contains(&&text[..end]);
    if plain || word { vec![end] } else { Vec::new() }
}

/// Places where a text such as `<function f at 0x7f>` may end: before blanks too, where the next parameter follows.
fn text_ends(text: &str) -> Vec<usize> {
    let (mut ends, mut depth) = (Vec::new(), 0i32);
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            '\n' => break,
            _ if depth > 0 => {}
            ',' | '(' | ')' | '[' | ']' | '{' | '}' => {
                ends.push(at);
                break;
            }
            ' ' | ':' => ends.push(at),
            _ => {}
        }
    }
    let line_end = text.find('\n').unwrap_or(text.len());
    ends.push(line_end);
    ends.retain(|&end| end > 0 && !text[..end].contains('\n'));
    ends
}
