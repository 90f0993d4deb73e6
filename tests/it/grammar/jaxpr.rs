//! `grammar/jaxpr.ebnf` against the parser of jaxprs: the same productions, the same sentences.

use std::collections::BTreeSet;
use std::path::Path;

use super::generate::Generator;
use super::notation;
use super::recognize::Recognizer;
use crate::random::Random;

const EBNF: &str = include_str!("../../../grammar/jaxpr.ebnf");

#[test]
fn the_grammar_is_whole_and_stands_in_the_comments() {
    super::check_productions(EBNF, "src/syntax");
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
        match Recognizer::new(&grammar, special_ends, &text).derive("file") {
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
    let mut generator = Generator::new(&grammar, sample, Some("comment"), SEED);
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
    let mut generator = Generator::new(&grammar, sample, None, SEED);
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

/// A text that a special sequence stands for.
fn sample(special: &str, random: &mut Random) -> &'static str {
    let samples: &[&str] = match special {
        "gap" => &[" "],
        "margin" => &["", "\n"],
        "letter" => &["a", "q", "z", "B", "X"],
        "lower" => &["a", "b", "c", "m", "z"],
        "digit" => &["0", "1", "9"],
        "line" => &[" file.py:7:4 (loss)", " [jvp(head)]", ""],
        "number" => &[
            "1", "-2.5", "1e-06", "inf", "-inf", "nan", "True", "1j", "(1-2j)", "[...]", "(b'',)",
        ],
        "size" => &["0", "3", "128"],
        "axes" => &["x", "V:x", "U:z", "i:2"],
        "expression" => &["b", "2*b - 1", "floordiv(b + 1, 2)"],
        "effects" => &[" Debug ", ""],
        "index" => &["...", "0", "b,0", "b:b+2,:", ":2,1:3"],
        "transform" => &["reshape([2, 3])", "bitcast(int32)"],
        "quotable" => &["x", " ", ",", ")", "\\'", "é"],
        "text" => &[
            "float32",
            "<function f.<locals>.<lambda> at 0xXXXXXXXXXXXX>",
            "-1",
            "0.5",
            "Mode.CLIP",
            "two words",
        ],
        "unquoted" => &[
            "x={x}",
            "can't",
            "<lambda>",
            "a, b and c",
            "float32",
            "cannot be vmap'd. Sorry.",
        ],
        other => panic!("?{other}? has no samples"),
    };
    random.pick::<&str>(samples)
}
