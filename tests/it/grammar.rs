//! `grammar/jaxpr.ebnf` says what the parser reads: the same productions, the same sentences.

mod generate;
mod notation;
mod recognize;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use generate::Generator;
use recognize::Recognizer;

const EBNF: &str = include_str!("../../grammar/jaxpr.ebnf");

#[test]
fn each_production_stands_in_the_comment_of_the_function_of_its_name() {
    let mut commented = BTreeMap::new();
    for entry in std::fs::read_dir("src/syntax").expect("the sources are here") {
        let path = entry.expect("the directory can be read").path();
        let source = std::fs::read_to_string(&path).expect("a source can be read");
        for (name, text) in commented_productions(&source) {
            assert!(
                source.contains(&format!("fn {name}(")) || source.contains(&format!("fn {name}<")),
                "fn {name}"
            );
            assert_eq!(
                commented.insert(name, text),
                None,
                "{} repeats a production",
                path.display()
            );
        }
    }
    let written = notation::productions(EBNF);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        commented.keys().collect::<Vec<_>>()
    );
    assert_eq!(written, commented);
}

/// Productions in `///` comments; a production goes on over indented lines.
fn commented_productions(source: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in source.lines() {
        let comment = line.strip_prefix("/// ");
        if let Some((name, text)) = comment.and_then(|comment| comment.split_once(" := ")) {
            found.push((name.to_owned(), notation::single_blanks(text)));
            open = true;
        } else if let Some(text) = comment.filter(|text| open && text.starts_with(' ')) {
            let (_, production) = found.last_mut().expect("a production has been opened");
            *production = format!("{production} {}", notation::single_blanks(text));
        } else {
            open = false;
        }
    }
    found
}

#[test]
fn every_name_in_the_grammar_is_a_production_and_all_serve_the_file() {
    let grammar = notation::read(EBNF);
    let mut reached = BTreeSet::new();
    let mut open = vec!["file".to_owned()];
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            let term = grammar
                .get(&name)
                .unwrap_or_else(|| panic!("{name} has no production"));
            collect_names(term, &mut open);
        }
    }
    assert_eq!(reached, grammar.keys().cloned().collect::<BTreeSet<_>>());
}

fn collect_names(term: &notation::Term, names: &mut Vec<String>) {
    use notation::Term;
    match term {
        Term::Text(_) | Term::Special(_) => {}
        Term::Name(name) => names.push(name.clone()),
        Term::Sequence(terms) | Term::Choice(terms) => {
            for term in terms {
                collect_names(term, names);
            }
        }
        Term::Repeat(term) | Term::Optional(term) => collect_names(term, names),
    }
}

#[test]
fn the_grammar_derives_the_fixtures_and_they_use_all_of_it() {
    let grammar = notation::read(EBNF);
    let mut used = BTreeSet::new();
    for path in crate::roundtrip::files_under(Path::new("fixtures"), "jaxpr") {
        if path.components().any(|part| part.as_os_str() == "malformed") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a fixture can be read");
        let text = jaxpeep::syntax::clean(&text);
        // Following every reading of a long text takes long, and long fixtures hold nothing that short ones do not.
        if text.len() > 1_200 {
            continue;
        }
        match Recognizer::new(&grammar, &text).derive("file") {
            Ok(productions) => used.extend(productions.into_iter().map(str::to_owned)),
            Err(at) => panic!(
                "{} is no sentence of the grammar behind {:?}",
                path.display(),
                &text[..at]
            ),
        }
    }
    let unused: Vec<_> = grammar.keys().filter(|name| !used.contains(*name)).collect();
    assert_eq!(unused, Vec::<&String>::new(), "no fixture has these");
}

#[test]
fn sentences_made_up_from_the_grammar_are_read_and_printing_settles_them() {
    const SEED: u64 = 20_260_730;
    let grammar = notation::read(EBNF);
    let mut generator = Generator::new(&grammar, false, SEED);
    for number in 0..3_000 {
        let sentence = generator.sentence("file", 12 + number % 12);
        let printed = reprint(&sentence)
            .unwrap_or_else(|fault| panic!("seed {SEED}, sentence {number}: {fault}\n{sentence}"));
        let again = reprint(&printed)
            .unwrap_or_else(|fault| panic!("seed {SEED}, printed {number}: {fault}\n{printed}"));
        assert_eq!(printed, again, "seed {SEED}, sentence {number}\n{sentence}");
    }
}

/// A comment belongs to the last equation on its line, and lines move, so printing need not settle these at once.
#[test]
fn sentences_with_comments_anywhere_are_read() {
    const SEED: u64 = 20_260_731;
    let grammar = notation::read(EBNF);
    let mut generator = Generator::new(&grammar, true, SEED);
    for number in 0..2_000 {
        let sentence = generator.sentence("file", 12 + number % 12);
        if let Err(fault) = reprint(&sentence) {
            panic!("seed {SEED}, sentence {number}: {fault}\n{sentence}");
        }
    }
}

/// Parses and prints. Names that nothing binds are no matter of the grammar.
fn reprint(text: &str) -> Result<String, String> {
    let (ast, errors) = jaxpeep::syntax::parse(text);
    if let Some(error) = errors.first() {
        let (before, behind) = text.split_at(error.span.start as usize);
        let before = before.len() - before.chars().rev().take(80).map(char::len_utf8).sum::<usize>();
        let place = &text[before..text.len() - behind.len() + behind.find('\n').unwrap_or(behind.len())];
        return Err(format!("{:?} at the end of {place:?}", error.kind));
    }
    let (programs, errors) = jaxpeep::lower::lower(text, &ast);
    let params = |kind: &_| matches!(kind, jaxpeep::lower::LowerErrorKind::Params(_));
    if let Some(error) = errors.iter().find(|error| params(&error.kind)) {
        return Err(format!("{:?} at {:?}", error.kind, error.span.text(text)));
    }
    Ok(programs.iter().map(jaxpeep::print::print).collect())
}
