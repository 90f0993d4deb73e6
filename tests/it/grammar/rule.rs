//! `grammar/rule.ebnf` against the reader of rule files: the same productions, the same sentences.

use std::collections::BTreeSet;
use std::path::Path;

use jaxpeep::rewrite::parse_rule;
use jaxpeep::rules::{RuleError, RuleSet};

use super::generate::Generator;
use super::notation;
use super::recognize::Recognizer;
use crate::random::Random;
use crate::roundtrip::files_under;

const EBNF: &str = include_str!("../../../grammar/rule.ebnf");

#[test]
fn the_grammar_is_whole_and_stands_in_the_comments() {
    super::check_productions(EBNF, "src/rewrite/language");
}

fn rule_texts() -> Vec<(String, String)> {
    let mut paths = files_under(Path::new("src"), "rule");
    paths.extend(files_under(Path::new("fixtures/rules"), "rule"));
    paths.retain(|path| !path.components().any(|part| part.as_os_str() == "broken"));
    let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("a rule file can be read");
    paths
        .iter()
        .map(|path| (path.display().to_string(), read(path)))
        .collect()
}

#[test]
fn the_grammar_derives_the_rules_and_they_use_all_of_it() {
    let grammar = notation::read(EBNF);
    let mut used = BTreeSet::new();
    for (path, text) in rule_texts() {
        match Recognizer::new(&grammar, special_ends, &text).derive("file") {
            Ok(productions) => used.extend(productions.into_iter().map(str::to_owned)),
            Err(at) => panic!("{path} is no sentence of the grammar behind {:?}", &text[..at]),
        }
    }
    let unused: Vec<_> = grammar.keys().filter(|name| !used.contains(*name)).collect();
    assert_eq!(unused, Vec::<&String>::new(), "no rule has these");
}

const HEAD: &str = "rule mine\nsummary s\nidentity i\nsource s\nsafety exact\n";
const TAIL: &str = "\nfires \"x\" { lambda ; a:f32[]. let b:f32[] = exp a in (b,) }\n";

/// What is said of a text that is no sentence of the grammar.
const UNREADABLE: &[&str] = &[
    "does not fit here",
    "ends too early",
    "nothing stands",
    "is not a clause",
    "is not a name",
    "says nothing",
];

#[test]
fn sentences_made_up_from_the_grammar_can_be_read() {
    const SEED: u64 = 20_260_801;
    let grammar = notation::read(EBNF);
    let mut generator = Generator::new(&grammar, sample, None, SEED);
    for number in 0..4_000 {
        let (before, production, behind) = [("", "file", ""), (HEAD, "variant", TAIL)][number % 2];
        let sentence = generator.sentence(production, 8 + number % 8);
        let text = format!("{before}{sentence}{behind}");
        let errors =
            check(&text).unwrap_or_else(|fault| panic!("seed {SEED}, sentence {number}: {fault}\n{text}"));
        // What the file as a whole must have is there; what its names mean is another matter.
        assert!(
            production == "file" || parse_rule(&text).is_ok(),
            "seed {SEED}, sentence {number}\n{text}"
        );
        let unreadable = errors
            .iter()
            .find(|error| UNREADABLE.iter().any(|part| error.message.contains(part)));
        assert_eq!(unreadable, None, "seed {SEED}, sentence {number}\n{text}");
    }
}

/// Rule files with parts left out, repeated and mixed: they load, or say what is wrong at places that exist.
#[test]
fn mangled_rules_are_refused_without_a_panic() {
    const SEED: u64 = 20_260_802;
    let mut random = Random::new(SEED);
    let texts = rule_texts();
    for number in 0..3_000 {
        let (path, text) = random.pick(&texts);
        let (_, other) = random.pick(&texts);
        let mut place = |text: &str| {
            let at = random.below(text.len() + 1);
            (at..=text.len())
                .find(|&at| text.is_char_boundary(at))
                .unwrap_or(text.len())
        };
        let (cut, resume) = (place(text), place(text));
        let start = place(other);
        let length = [0, 1, 3, 20][number % 4];
        let end = (start + length..=other.len())
            .find(|&at| other.is_char_boundary(at))
            .unwrap_or(start);
        let resume = if number % 3 == 0 { resume } else { cut };
        let mangled = format!("{}{}{}", &text[..cut], &other[start..end], &text[resume..]);
        if let Err(fault) = check(&mangled) {
            panic!("seed {SEED}, number {number}, {path}: {fault}\n{mangled}");
        }
    }
}

/// Loads a rule. What is wrong with it must be said in words, at places of the text.
fn check(text: &str) -> Result<Vec<RuleError>, String> {
    let Err(errors) = RuleSet::default().add_file("own", text) else {
        return Ok(Vec::new());
    };
    if errors.is_empty() {
        return Err("refused without a reason".to_owned());
    }
    for error in &errors {
        let spans = [Some(error.span), error.related.as_ref().map(|(span, _)| *span)];
        for span in spans.into_iter().flatten() {
            if text.get(span.start as usize..span.end as usize).is_none() {
                return Err(format!("{span:?} is no place of the text: {}", error.message));
            }
        }
        if error.message.is_empty() || error.help.as_ref().is_none_or(String::is_empty) {
            return Err(format!("{error:?} does not say what to do"));
        }
    }
    Ok(errors)
}

/// Lengths of the texts at the start of `text` that a special sequence stands for.
fn special_ends(special: &str, text: &str) -> Vec<usize> {
    let run = |inside: fn(char) -> bool| {
        let end = text.find(|c| !inside(c)).unwrap_or(text.len());
        Vec::from_iter((end > 0).then_some(end))
    };
    let first = |inside: fn(char) -> bool| Vec::from_iter(text.starts_with(inside).then_some(1));
    let ends_line = |end: &usize| *end > 0 && text.as_bytes()[end - 1] == b'\n';
    match special {
        "letter" => first(|c| c.is_ascii_alphabetic()),
        "lower" => first(|c| c.is_ascii_lowercase()),
        "digit" => first(|c| c.is_ascii_digit()),
        "space" => run(|c| c == ' ' || c == '\t'),
        "text" => run(|c| !c.is_whitespace() && !"[]$;".contains(c)),
        "margin" => {
            let ends = [0].into_iter().chain(blank_ends(text, false));
            ends.filter(|end| ends_line(end) || *end == text.len()).collect()
        }
        "gap" => blank_ends(text, false)
            .into_iter()
            .filter(|end| !ends_line(end))
            .collect(),
        "break" => {
            let ends = blank_ends(text, true).into_iter().filter(|end| !ends_line(end));
            ends.filter(|&end| text[..end].contains([';', '\n'])).collect()
        }
        "prose" => prose_end(text).into_iter().collect(),
        "title" => text
            .find('"')
            .filter(|&end| end > 0 && !text[..end].contains('\n'))
            .into_iter()
            .collect(),
        "jaxpr" => balanced_ends(text),
        other => panic!("?{other}? is not known"),
    }
}

/// Everywhere white space and comments may end, and `;` if it is among them.
fn blank_ends(text: &str, semicolons: bool) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let line = at == 0 || text.as_bytes()[at - 1] == b'\n';
        at += match rest.as_bytes()[0] {
            b' ' | b'\t' | b'\n' => 1,
            b';' if semicolons => 1,
            b'#' if line || ["# ", "#\t", "#\n"].iter().any(|start| rest.starts_with(start)) => {
                rest.find('\n').unwrap_or(rest.len())
            }
            _ => break,
        };
        ends.push(at);
    }
    ends
}

/// The end of a line, or of the indented lines behind it.
fn prose_end(text: &str) -> Option<usize> {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number > 0 && (!line.starts_with([' ', '\t']) || line.trim().is_empty()) {
            break;
        }
        end += line.len();
    }
    let end = text[..end].trim_end().len();
    (end > 0).then_some(end)
}

/// Behind each brace that leaves none open.
fn balanced_ends(text: &str) -> Vec<usize> {
    let (mut ends, mut depth) = (Vec::new(), 0i32);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => {
                depth = 0;
                ends.push(at + 1);
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    ends
}

/// A text that a special sequence stands for. Names of things that exist are among them, so that rules come out.
fn sample(special: &str, random: &mut Random) -> &'static str {
    let samples: &[&str] = match special {
        "letter" => &["a", "e", "r", "x", "B"],
        "lower" => &["a", "e", "s"],
        "digit" => &["0", "1", "9"],
        "space" => &[" ", "  ", "\t"],
        "text" => &["True", "2", "float32", "(0,)", "99999999999999999999"],
        "margin" => &["\n", "\n\n", " # why\n# more\n", "\n#\n"],
        "gap" => &[" ", "   ", "\n  ", " # why\n   "],
        "break" => &["; ", ";", "\n  ", " # why\n  ", ";\n\n  "],
        "prose" => &["exp overflows", "log(exp x) = x, see #17", "in two\n  lines"],
        "title" => &["of two", "{", "ü"],
        "jaxpr" => &[
            "{ lambda ; a:f32[]. let b:f32[] = exp a in (b,) }",
            "{ lambda ; a:f32[]. let\nb:f32[] = exp a\nin (b,) }",
            "let f = { lambda ; a:f32[]. let  in (a,) } in\n  { lambda ; a:f32[]. let  in (a,) }",
        ],
        other => panic!("?{other}? has no samples"),
    };
    random.pick::<&str>(samples)
}
