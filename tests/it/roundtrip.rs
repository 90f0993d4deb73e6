//! What JAX printed comes back byte for byte, whatever release printed it and wherever it was copied from.

mod forms;
mod names;

use std::path::{Path, PathBuf};

use jaxpeep::ir::{self, Program};
use jaxpeep::{lower, print, syntax};

/// All files with an extension in a directory and those inside it, in order.
pub(crate) fn files_under(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the directory can be read").path();
        if path.is_dir() {
            found.extend(files_under(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The print-outs of a text that is known to be right.
pub(crate) fn read(text: &str) -> Vec<Program> {
    let (ast, errors) = syntax::parse(text);
    assert_eq!(errors, [], "{text}");
    let (programs, errors) = lower::lower(text, &ast);
    assert_eq!(errors, [], "{text}");
    programs
}

/// The one print-out of a text that is known to be right.
pub(crate) fn read_one(text: &str) -> Program {
    let mut programs = read(text);
    assert_eq!(programs.len(), 1);
    programs.remove(0)
}

/// Print-outs one after another.
pub(crate) fn printed(programs: &[Program]) -> String {
    programs.iter().map(print::print).collect()
}

/// Text in, the same text out, and nothing lost on the way.
fn check(text: &str) {
    let programs = read(text);
    assert_eq!(printed(&programs), text);
    for program in &programs {
        assert_eq!(ir::validate(program), [], "{text}");
    }
    let again = read(text);
    assert_eq!(programs.len(), again.len());
    assert!(
        programs
            .iter()
            .zip(&again)
            .all(|(left, right)| ir::equal(left, right)),
        "{text}"
    );
}

/// The same for a text written by hand, whose lines need not be broken where JAX breaks them.
fn check_words(text: &str) {
    let words = |text: &str| {
        let parts: Vec<String> = text
            .split_whitespace()
            .map(|word| word.trim_end_matches(';').to_owned())
            .collect();
        parts.join(" ").replace("[ ", "[").replace(" ]", "]")
    };
    let laid_out = printed(&read(text));
    assert_eq!(words(&laid_out), words(text));
    check(&laid_out);
}

fn fixtures() -> Vec<(PathBuf, String)> {
    let mut paths = files_under(Path::new("fixtures/jaxpr"), "jaxpr");
    let corpus = std::env::var("JAXPEEP_CORPUS").map(|directory| files_under(Path::new(&directory), "jaxpr"));
    paths.extend(corpus.unwrap_or_default());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture can be read");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_fixture_comes_back_byte_for_byte() {
    let fixtures = fixtures();
    let mut equations = 0;
    for (path, text) in &fixtures {
        println!("{}", path.display());
        let text = syntax::clean(text);
        check(&text);
        equations += read(&text)
            .iter()
            .map(|program| program.eqns.len())
            .sum::<usize>();
    }
    println!("{} print-outs with {equations} equations", fixtures.len());
}

#[test]
fn carriage_returns_and_a_byte_order_mark_change_nothing() {
    for (path, text) in fixtures() {
        let clean = syntax::clean(&text).into_owned();
        let dos = format!("\u{feff}{}", clean.replace('\n', "\r\n"));
        assert_eq!(syntax::clean(&dos), clean, "{}", path.display());
    }
}

#[test]
fn colours_change_nothing() {
    for (path, text) in fixtures() {
        let clean = syntax::clean(&text).into_owned();
        let coloured = clean
            .replace("lambda", "\u{1b}[34;1mlambda\u{1b}[39;22m")
            .replace(":f32[]", "\u{1b}[35m:f32[]\u{1b}[39m");
        assert_eq!(syntax::clean(&coloured), clean, "{}", path.display());
    }
}

#[test]
fn print_outs_one_behind_the_other_are_read_one_by_one() {
    let texts: Vec<String> = fixtures()
        .into_iter()
        .map(|(_, text)| syntax::clean(&text).into_owned())
        .collect();
    for pair in texts.chunks(2) {
        let text = pair.concat();
        assert_eq!(printed(&read(&text)), text);
        // Blank lines between them are the user's, and go.
        assert_eq!(printed(&read(&pair.join("\n\n"))), text);
    }
}
