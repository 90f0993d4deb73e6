//! Reads the notation in which `grammar/*.ebnf` is written.

use std::collections::BTreeMap;

/// The right-hand side of a production, or a part of it.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Text(String),
    Special(String),
    Name(String),
    Sequence(Vec<Term>),
    Choice(Vec<Term>),
    Repeat(Box<Term>),
    Optional(Box<Term>),
}

/// Productions by name.
pub(super) type Grammar = BTreeMap<String, Term>;

/// The text of each production, its white space made single blanks, by name.
pub(super) fn productions(ebnf: &str) -> BTreeMap<String, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in strip_comments(ebnf).lines().map(str::trim_end) {
        match line.split_once(" := ") {
            Some((name, text)) if !name.contains(' ') => found.push((name.to_owned(), text.to_owned())),
            _ if line.is_empty() => {}
            _ => {
                let (_, text) = found.last_mut().expect("a line continues a production");
                text.push_str(line);
            }
        }
    }
    found
        .into_iter()
        .map(|(name, text)| (name, single_blanks(&text)))
        .collect()
}

/// The text with every run of white space made one blank; terminals hold no runs.
pub(super) fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The grammar as terms.
pub(super) fn read(ebnf: &str) -> Grammar {
    productions(ebnf)
        .into_iter()
        .map(|(name, text)| {
            let mut reader = Reader { rest: &text };
            let term = reader.choice();
            assert_eq!(reader.rest.trim(), "", "{name} is read to its end");
            (name, term)
        })
        .collect()
}

fn strip_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("(* ") {
        out.push_str(before);
        rest = comment.split_once("*)").expect("a comment ends").1;
    }
    out + rest
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn choice(&mut self) -> Term {
        let mut branches = vec![self.sequence()];
        while self.take("|") {
            branches.push(self.sequence());
        }
        if branches.len() == 1 {
            branches.remove(0)
        } else {
            Term::Choice(branches)
        }
    }

    fn sequence(&mut self) -> Term {
        let mut parts = Vec::new();
        while let Some(part) = self.part() {
            parts.push(part);
        }
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            Term::Sequence(parts)
        }
    }

    fn part(&mut self) -> Option<Term> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        match first {
            '"' | '\'' => Some(Term::Text(
                self.quoted(first).replace("\\n", "\n").replace("\\t", "\t"),
            )),
            '?' => Some(Term::Special(self.quoted(first))),
            '{' => Some(Term::Repeat(Box::new(self.bracketed("{", "}")))),
            '[' => Some(Term::Optional(Box::new(self.bracketed("[", "]")))),
            '(' => Some(self.bracketed("(", ")")),
            c if c.is_ascii_lowercase() => {
                let end = self
                    .rest
                    .find(|c: char| !c.is_ascii_lowercase() && c != '_')
                    .unwrap_or(self.rest.len());
                let (name, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(Term::Name(name.to_owned()))
            }
            _ => None,
        }
    }

    fn quoted(&mut self, quote: char) -> String {
        let (text, rest) = self.rest[1..].split_once(quote).expect("a terminal ends");
        self.rest = rest;
        text.to_owned()
    }

    fn bracketed(&mut self, open: &str, close: &str) -> Term {
        assert!(self.take(open));
        let inside = self.choice();
        assert!(self.take(close), "`{close}` expected before `{}`", self.rest);
        inside
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}
