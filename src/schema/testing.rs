//! Programs for unit tests, read from text.

use crate::ir::{ParamValue, Program, Symbols};
use crate::schema::check;

/// The program that `text` prints. Lines may be indented as the test is.
pub(super) fn program(text: &str) -> Program {
    let text = &crate::syntax::clean(text);
    let (ast, errors) = crate::syntax::parse(text);
    assert!(errors.is_empty(), "{text}: {errors:?}");
    let (mut programs, errors) = crate::lower::lower(text, &ast);
    assert!(errors.is_empty(), "{text}: {errors:?}");
    programs.pop().expect("a text with a jaxpr")
}

/// A program of one equation: `inputs` are binders, `eqn` binds variables that nobody reads.
pub(crate) fn one(inputs: &str, eqn: &str) -> Program {
    program(&format!("{{ lambda ; {inputs}. let {eqn} in () }}\n"))
}

/// The value of a parameter spelled `text`, with the symbols that it refers to.
pub(super) fn value(text: &str, symbols: &mut Symbols) -> ParamValue {
    let program = one("a:f32[3]", &format!("b:f32[3] = foo[x={text}] a"));
    let (_, params) = program.params.iter().last().expect("the parameters of `foo`");
    let value = params.iter().next().expect("one parameter").1.clone();
    *symbols = program.symbols;
    value
}

/// What a view makes of the parameter spelled `text`.
pub(super) fn read<T>(text: &str, view: impl Fn(&Symbols, &ParamValue) -> T) -> T {
    let mut symbols = Symbols::default();
    let value = value(text, &mut symbols);
    view(&symbols, &value)
}

/// Checks equations that agree (`Ok`) or disagree with the words of `Err`.
#[track_caller]
pub(super) fn check_each(cases: &[(&str, &str, Result<(), &str>)]) {
    for (inputs, eqn, expected) in cases {
        let found = check(&one(inputs, eqn));
        match (expected, &found[..]) {
            (Ok(()), []) => {}
            (Err(words), [disagreement]) if disagreement.message.contains(words) => {}
            _ => panic!("{eqn}: expected {expected:?}, found {found:#?}"),
        }
    }
}

/// As [`check_each`], with a line a case: `inputs :: equation`, and behind another `::` the words to expect.
#[track_caller]
pub(super) fn check_lines(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split("::").map(str::trim).collect();
        let (inputs, eqn, expected) = match parts[..] {
            [inputs, eqn] => (inputs, eqn, Ok(())),
            [inputs, eqn, words] => (inputs, eqn, Err(words)),
            _ => panic!("{line}: neither two nor three parts"),
        };
        // JAX prints the blank before operands even if there are none.
        let eqn = if eqn.ends_with(']') {
            format!("{eqn} ")
        } else {
            eqn.to_owned()
        };
        check_each(&[(inputs, &eqn, expected)]);
    }
}
