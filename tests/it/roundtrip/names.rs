//! Names: words of the language as variables, `_` that is read, and the names that JAX gives.

use jaxpeep::ir::{Program, ValueId, VarName};
use jaxpeep::print::{Naming, SkippedNames, print, renumber};
use jaxpeep::syntax;
use rustc_hash::FxHashMap;

use super::{check_words, fixtures, read, read_one};
use crate::random::Random;

#[test]
fn variables_are_called_like_words_of_the_language() {
    let text = "{ lambda ; im:f32[] let:f32[]. let\n    in:f32[] = add im 1.0:f32[]\n    io:f32[] = sin in\n    inf:f32[] = mul in let\n    nan:f32[] = log inf\n    eq:f32[] = exp nan\n    do:f32[] = sub eq inf:f32[]\n    lambda:f32[] = neg do\n  in (in, lambda) }\n";
    check_words(text);
    let program = read_one(text);
    let literals = program
        .operands
        .iter()
        .filter(|atom| atom.literal().is_some())
        .count();
    assert_eq!(literals, 2, "1.0 and the inf with a type");
}

#[test]
fn words_that_may_be_literals_are_variables_where_one_is_bound() {
    let text = "{ lambda ; a:f32[]. let\n    b:f32[] = custom_call[name=something_rather_long_so_that_the_lines_are_broken] inf\n    inf:f32[] = add b nan\n    c:f32[] = mul inf -inf\n  in (c,) }\n";
    check_words(text);
    let program = read_one(text);
    let kinds: Vec<bool> = program
        .operands
        .iter()
        .map(|atom| atom.literal().is_some())
        .collect();
    assert_eq!(kinds, [true, false, true, false, true]);
}

#[test]
fn a_single_underscore_that_is_read_is_the_one_that_is_bound() {
    let text = "{ lambda ; a:f32[3]. let\n    _:f32[3] b:f32[3] = jit[\n      name=a_rather_long_name_so_that_the_lines_are_broken_here\n      jaxpr={ lambda ; a:f32[3]. let _:f32[3] = sin a; b:f32[3] = mul _ _ in (_, b) }\n    ] a\n  in (b,) }\n";
    check_words(text);
    let program = read_one(text);
    assert_eq!(program.unresolved, []);
}

#[test]
fn underscores_that_the_text_does_not_tell_apart_are_listed() {
    let text = "{ lambda ; a:f32[3]. let\n    _:f32[3] _:f32[3] b:f32[3] = jit[\n      name=g\n      jaxpr={ lambda ; a:f32[3]. let\n          _:f32[3] = sin a\n          _:f32[3] = cos a\n          b:f32[3] = sub _ _\n        in (_, _, b) }\n    ] a\n  in (b,) }\n";
    check_words(text);
    let program = read_one(text);
    assert_eq!(program.unresolved.len(), 2);
    let body = program
        .blocks
        .iter()
        .map(|(_, block)| block)
        .find(|block| block.outputs.len() == 3)
        .expect("the body");
    let results: Vec<Option<ValueId>> = body.outputs.iter().map(|atom| atom.value()).collect();
    assert_ne!(
        results[0], results[1],
        "results called _ are the binders in order"
    );
}

#[test]
fn renumbering_what_jax_printed_changes_nothing() {
    for (path, text) in fixtures() {
        let Some(naming) = naming(&path) else { continue };
        let text = syntax::clean(&text);
        for mut program in read(&text) {
            let before = print(&program);
            renumber(&mut program, naming);
            assert_eq!(print(&program), before, "{}", path.display());
        }
    }
}

/// The release is the name of a directory that the fixture stands in.
fn naming(path: &std::path::Path) -> Option<Naming> {
    let release = |name: &str| {
        let mut numbers = name.split('.').map(|part| part.parse::<u32>().ok());
        (numbers.next()?? == 0).then(|| numbers.next())??
    };
    let minor = path
        .ancestors()
        .filter_map(|part| part.file_name()?.to_str())
        .find_map(release)?;
    Some(naming_of(minor))
}

fn naming_of(minor: u32) -> Naming {
    Naming {
        bodies_reuse_names: minor >= 5,
        repeats_keep_names: minor <= 9,
        drop_top_outputs: minor >= 10,
        skipped: if minor >= 10 {
            SkippedNames::All
        } else {
            SkippedNames::Printed
        },
    }
}

#[test]
fn renumbering_undoes_any_renaming() {
    const SEED: u64 = 20_260_730;
    let mut random = Random::new(SEED);
    for (path, text) in fixtures() {
        let Some(naming) = naming(&path) else { continue };
        let text = syntax::clean(&text);
        for mut program in read(&text) {
            let original = print(&program);
            rename(&mut program, &mut random);
            let renamed = print(&program);
            let mut program = read_one(&renamed);
            renumber(&mut program, naming);
            assert_eq!(print(&program), original, "seed {SEED}, {}", path.display());
        }
    }
}

/// Renames variables: equal names stay equal, because older releases print one jaxpr twice with the same names.
fn rename(program: &mut Program, random: &mut Random) {
    let mut names: FxHashMap<VarName, VarName> = FxHashMap::default();
    for value in program.values.ids().collect::<Vec<_>>() {
        let old = program.values[value].name;
        if old.is_underscore() {
            continue;
        }
        let suffix = if program.name(value).ends_with('_') {
            "_"
        } else {
            ""
        };
        let fresh = format!("q{}{suffix}", letters(names.len() * 7 + random.below(7)));
        let name = *names
            .entry(old)
            .or_insert_with(|| VarName::new(&fresh, &mut program.symbols));
        program.values[value].name = name;
    }
}

fn letters(number: usize) -> String {
    let mut number = number;
    let mut text = String::new();
    while number > 0 || text.is_empty() {
        text.push(char::from(b'a' + u8::try_from(number % 26).expect("26 letters")));
        number /= 26;
    }
    text
}

#[test]
fn every_variable_of_a_new_program_gets_the_name_that_jax_gives() {
    let text = "let d = { lambda ; x:f32[3]. let y:f32[3] = sin x in (y,) } in\n{ lambda ; p:f32[3] q:f32[3]. let\n    r:f32[3] s:f32[3] = jit[\n      name=g\n      jaxpr={ lambda ; t:f32[3] u:f32[3]. let v:f32[3] = add t u in (v, t) }\n    ] p p\n    unread:f32[3] = sin r\n    w:f32[3] = jit[name=d jaxpr=d] r\n  in (s, w) }\n";
    let renumbered = |minor| {
        let mut program = read_one(text);
        renumber(&mut program, naming_of(minor));
        print(&program)
            .replace('\n', " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        renumbered(10),
        "let d = { lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) } in { lambda ; c:f32[3] e:f32[3]. let f:f32[3] g:f32[3] = jit[ name=g jaxpr={ lambda ; c:f32[3] h:f32[3]. let f:f32[3] = add c h in (f, c) } ] c c _:f32[3] = sin f i:f32[3] = jit[name=d jaxpr=d] f in (g, i) }"
    );
    assert!(renumbered(4).contains("f:f32[3] g:f32[3] = jit[ name=g jaxpr={ lambda ; h:f32[3] i:f32[3]. let j:f32[3] = add h i in (j, h) } ] c c"), "{}", renumbered(4));
}
