//! What rules may name beyond their own lines: primitives with their parameters, conditions, functions, numbers.

use super::lines::{OperandText, ParamText};
use super::names::Names;
use super::suggest::{near, one_of};
use crate::rewrite::natives::{CONDITIONS, FUNCTIONS, Kind};
use crate::schema::{self, Arity, Primitive};

/// Checks the name of a primitive, its parameters and the number of its operands.
pub(super) fn check_primitive(
    names: &mut Names<'_, '_>,
    primitive: &str,
    params: &[(&str, ParamText<'_>)],
    operands: usize,
    new: bool,
) {
    let Some(row) = schema::primitive(primitive) else {
        let known: Vec<&str> = schema::primitives().map(|row| row.name).collect();
        let help = near(primitive, &known).map_or_else(
            || "it is written as JAX prints it".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        names.error(primitive, format!("there is no primitive `{primitive}`"), help);
        return;
    };
    check_params(names, row, params);
    if new {
        check_needed(names, primitive, row, params);
    }
    check_arity(names, primitive, row, operands);
}

/// Parameters that are given must exist, and stand there once.
fn check_params(names: &mut Names<'_, '_>, row: &Primitive, params: &[(&str, ParamText<'_>)]) {
    let primitive = row.name;
    let known: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    for (at, (key, value)) in params.iter().enumerate() {
        if params[..at].iter().any(|(other, _)| other == key) {
            names.error(key, format!("`{key}` is given twice"), "leave one of them out");
        } else if !known.contains(key) {
            let help = match known.as_slice() {
                [] => format!("`{primitive}` has no parameters"),
                known => one_of(key, known, "its parameters"),
            };
            names.error(key, format!("`{primitive}` has no parameter `{key}`"), help);
        }
        if let ParamText::Text(text) = value {
            check_int(names, text);
        }
    }
}

/// A new equation needs the parameters for which nothing stands if they are left out.
fn check_needed(
    names: &mut Names<'_, '_>,
    primitive: &str,
    row: &Primitive,
    params: &[(&str, ParamText<'_>)],
) {
    let needed = row
        .params
        .iter()
        .filter(|param| param.until.is_none() && param.default.is_none());
    let missing: Vec<&str> = needed
        .map(|param| param.name)
        .filter(|name| !params.iter().any(|(key, _)| key == name))
        .collect();
    if !missing.is_empty() {
        let message = format!("`{primitive}` cannot be built without {}", missing.join(", "));
        let help = format!("write `{primitive}[{}=…]`", missing.join("=… "));
        names.error(primitive, message, help);
    }
}

fn check_arity(names: &mut Names<'_, '_>, primitive: &str, row: &Primitive, operands: usize) {
    if row.arity.allows(operands) {
        return;
    }
    let wanted = match row.arity {
        Arity::Exactly(1) => "1 operand".to_owned(),
        Arity::Exactly(count) => format!("{count} operands"),
        Arity::AtLeast(count) => format!("at least {count} operands"),
    };
    names.error(
        primitive,
        format!("`{primitive}` takes {wanted}, and here it has {operands}"),
        "operands stand behind the primitive, with blanks between them",
    );
}

/// Parameters that are integers are read as such.
fn check_int(names: &mut Names<'_, '_>, text: &str) {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_err() {
        names.error(
            text,
            format!("`{text}` is no 64-bit integer"),
            "parameters are written as JAX prints them",
        );
    }
}

/// Numbers are those of f64; only `inf` is infinite.
pub(super) fn check_number(names: &mut Names<'_, '_>, number: f64, text: &str) {
    if number.is_infinite() && !text.ends_with("inf") {
        names.error(
            text,
            format!("`{text}` is too large for f64"),
            "the largest number is about 1.8e308; infinity is `inf`",
        );
    }
    let digits = text.trim_start_matches('-').split('e').next().unwrap_or("");
    if number == 0.0 && digits.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        names.error(
            text,
            format!("`{text}` is too small for f64"),
            "the smallest number above 0 is about 4.9e-324",
        );
    }
}

/// The index of a condition that takes `arguments`.
pub(super) fn condition(
    names: &mut Names<'_, '_>,
    name: &str,
    arguments: &[OperandText<'_>],
) -> Option<usize> {
    let Some(native) = CONDITIONS.iter().position(|row| row.name == name) else {
        let known: Vec<&str> = CONDITIONS.iter().map(|row| row.name).collect();
        names.error(
            name,
            format!("there is no condition `{name}`"),
            one_of(name, &known, "conditions"),
        );
        return None;
    };
    let row = &CONDITIONS[native];
    check_arguments(names, row.name, row.arguments, row.doc, name, arguments).then_some(native)
}

/// The index of a function that takes `arguments`.
pub(super) fn function(
    names: &mut Names<'_, '_>,
    name: &str,
    arguments: &[OperandText<'_>],
) -> Option<usize> {
    let Some(native) = FUNCTIONS.iter().position(|row| row.name == name) else {
        let known: Vec<&str> = FUNCTIONS.iter().map(|row| row.name).collect();
        names.error(
            name,
            format!("there is no function `{name}`"),
            one_of(name, &known, "functions"),
        );
        return None;
    };
    let row = &FUNCTIONS[native];
    check_arguments(names, row.name, row.arguments, row.doc, name, arguments).then_some(native)
}

fn check_arguments(
    names: &mut Names<'_, '_>,
    native: &str,
    wanted: &[Kind],
    doc: &str,
    at: &str,
    arguments: &[OperandText<'_>],
) -> bool {
    if wanted.len() != arguments.len() {
        let count = if wanted.len() == 1 {
            "1 argument".to_owned()
        } else {
            format!("{} arguments", wanted.len())
        };
        let message = format!("`{native}` takes {count}, and here it has {}", arguments.len());
        let kinds: Vec<&str> = wanted.iter().map(|kind| kind.word()).collect();
        names.error(at, message, format!("it takes {}: {doc}", kinds.join(", ")));
        return false;
    }
    let mut fit = true;
    for (&wanted, argument) in wanted.iter().zip(arguments) {
        let (at, found) = kind(argument);
        // What a function gives is seen when it is called.
        if found.is_some_and(|found| !wanted.accepts(found)) {
            names.error(at, format!("`{native}` takes {} here", wanted.word()), doc);
            fit = false;
        }
    }
    fit
}

/// What an argument is, and a place for messages about it.
pub(super) fn kind<'t>(operand: &OperandText<'t>) -> (&'t str, Option<Kind>) {
    match operand {
        OperandText::ChainName(name) => (name, Some(Kind::Chain)),
        OperandText::Param(name) => (name, Some(Kind::Param)),
        OperandText::Constant(text) | OperandText::Number(_, text) => (text, Some(Kind::Constant)),
        OperandText::Name(name) | OperandText::Chain { name, .. } => (name, Some(Kind::Value)),
        OperandText::Call { function, .. } => (function, None),
    }
}
