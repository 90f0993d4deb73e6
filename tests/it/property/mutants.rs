//! Texts as they come out of bad copies: bytes changed, lines lost, doubled and out of order.

use std::path::Path;

use crate::random::Random;
use crate::roundtrip::files_under;

/// Short real print-outs.
pub(super) fn originals() -> Vec<String> {
    let texts = files_under(Path::new("fixtures/jaxpr"), "jaxpr")
        .into_iter()
        .map(|path| std::fs::read_to_string(path).expect("a fixture can be read"));
    let texts: Vec<String> = texts.filter(|text| text.len() < 6_000).collect();
    assert!(!texts.is_empty());
    texts
}

/// A damaged copy.
pub(super) fn damage(text: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = match random.below(6) {
            0 => truncated(&text, &mut random),
            1 => shuffled(&text, &mut random),
            2 => doubled(&text, &mut random),
            _ => edited(&text, &mut random),
        };
    }
    text
}

fn boundary(text: &str, random: &mut Random) -> usize {
    let at = random.below(text.len() + 1);
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn truncated(text: &str, random: &mut Random) -> String {
    let at = boundary(text, random);
    if random.below(2) == 0 {
        text[..at].to_owned()
    } else {
        text[at..].to_owned()
    }
}

/// One place replaced, removed or filled with something that means much to a parser.
fn edited(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "",
        "",
        " ",
        "\n",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "'",
        "\"",
        "\\",
        "=",
        ":",
        ";",
        ",",
        ".",
        "#",
        "_",
        "é",
        "\u{1b}[",
        "{ lambda ",
        " in (",
        "let ",
        "let a = ",
        " <- ",
        " += ",
        "0",
        "-",
        "inf",
        "jaxpr=f",
        "\r\n",
        "\t",
        "...",
        "b''",
        "( a b )",
    ];
    let start = boundary(text, random);
    let mut end = (start + random.below(4)).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    format!("{}{}{}", &text[..start], random.pick(PIECES), &text[end..])
}

fn shuffled(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 1 {
        let (first, second) = (random.below(lines.len()), random.below(lines.len()));
        lines.swap(first, second);
    }
    lines.join("\n")
}

fn doubled(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if !lines.is_empty() {
        let at = random.below(lines.len());
        lines.insert(at, lines[at]);
    }
    lines.join("\n")
}
