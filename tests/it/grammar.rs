//! The grammars in `grammar/` say what the parsers read: the same productions, the same sentences.

mod generate;
mod jaxpr;
mod notation;
mod recognize;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

/// Each production stands in the comment of the function of its name in `folder`, every name in the grammar is a
/// production, and all serve the file.
fn check_productions(ebnf: &str, folder: &str) {
    let mut commented = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the sources are here") {
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
    let written = notation::productions(ebnf);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        commented.keys().collect::<Vec<_>>()
    );
    assert_eq!(written, commented);
    let grammar = notation::read(ebnf);
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

/// Productions in `///` comments; a production goes on over indented lines.
fn commented_productions(source: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in source.lines() {
        let comment = line.trim_start().strip_prefix("/// ");
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
