//! Equations whose variables, operands and parameters do not fit one another.

use super::Diagnostic;
use crate::ir::{Program, Type};
use crate::schema::{Place, TypeDisagreement};
use crate::span::Span;
use crate::syntax::{Ast, Enclosing, Equation, ParamList, enclosing};

/// A fault that the type check found. `ast` is the tree of `source`, from which `program` was made.
pub(crate) fn type_disagreement(
    found: &TypeDisagreement,
    program: &Program,
    ast: &Ast<'_>,
    source: &str,
) -> Diagnostic {
    let span = program.span(found.eqn);
    let around = enclosing(ast, span);
    let equation = around
        .equations
        .iter()
        .rev()
        .find(|equation| equation.span == span);
    let Some(equation) = equation else {
        return error("jaxpeep::types::equation", found).at(span, "in this equation");
    };
    let text = |ty: Option<&Type>| ty.map(|ty| format!("`{ty}`"));
    let is = text(found.found.map(|id| &program.types[id]));
    let should = text(found.expected.as_ref());
    match found.place {
        Place::Operand(index) => operand(found, equation, index, ast, source, &around, is.as_deref()),
        Place::Output(index) => output(found, equation, index, ast, source, should.as_deref()),
        Place::Parameter(name) => error("jaxpeep::types::parameter", found)
            .at(
                parameter(equation, name, source).unwrap_or_else(|| primitive(equation, source)),
                "this value does not fit",
            )
            .help(
                "types are printed with every variable: compare the shapes of the operands with this value",
            ),
        Place::Equation => error("jaxpeep::types::equation", found)
            .at(primitive(equation, source), "")
            .help("a line may have been edited or cut: print the jaxpr again if it was not meant to be"),
    }
}

fn error(code: &'static str, found: &TypeDisagreement) -> Diagnostic {
    Diagnostic::error(code, &found.message)
}

fn operand(
    found: &TypeDisagreement,
    equation: &Equation<'_>,
    index: usize,
    ast: &Ast<'_>,
    source: &str,
    around: &Enclosing<'_, '_>,
    is: Option<&str>,
) -> Diagnostic {
    let error = error("jaxpeep::types::operand", found);
    let Some(operand) = ast.operands[equation.inputs.indices()].get(index) else {
        return error.at(primitive(equation, source), "in this equation");
    };
    let this = is.map_or_else(|| "this does not fit".to_owned(), |is| format!("this is {is}"));
    let error = error.at(Span::of(source, operand.text), this);
    let binder = around
        .jaxprs
        .last()
        .filter(|_| !operand.literal)
        .and_then(|jaxpr| ast.binders_of(jaxpr).find(|binder| binder.name == operand.text));
    let help = "change the operand, or the type where it is bound; JAX converts and broadcasts in equations of their \
                own, so types agree to the letter";
    match binder {
        Some(binder) => error.at(Span::of(source, binder.name), "bound here").help(help),
        None => error.help(help),
    }
}

fn output(
    found: &TypeDisagreement,
    equation: &Equation<'_>,
    index: usize,
    ast: &Ast<'_>,
    source: &str,
    should: Option<&str>,
) -> Diagnostic {
    let error = error("jaxpeep::types::result", found);
    let binder = ast.binders[equation.outputs.indices()].get(index);
    let place = binder.map(|binder| Span::of(source, binder.ty.unwrap_or(binder.name)));
    match should {
        Some(should) => error
            .at(place.unwrap_or(equation.span), format!("should be {should}"))
            .help("correct this type, or the operands and parameters that it follows from"),
        None => error
            .at(
                place.unwrap_or(equation.span),
                "does not follow from the operands",
            )
            .help("correct this type, or the operands and parameters that it follows from"),
    }
}

/// The name of the primitive, or the equation where its name is not written.
fn primitive(equation: &Equation<'_>, source: &str) -> Span {
    if equation.reference.is_some() {
        equation.span
    } else {
        Span::of(source, equation.primitive)
    }
}

/// `key=value` of a parameter on the equation's own level, to the end of its line.
fn parameter(equation: &Equation<'_>, name: &str, source: &str) -> Option<Span> {
    let at = match &equation.params {
        ParamList::Absent => return None,
        ParamList::Text(text) => {
            let start = Span::of(source, text).start as usize;
            let key = format!("{name}=");
            let mut found = text.match_indices(&key);
            let (at, _) = found.find(|&(at, _)| at == 0 || text[..at].ends_with([' ', '\n']))?;
            start + at
        }
        ParamList::Parsed(params) => {
            let param = params.iter().find(|param| param.key == name)?;
            Span::of(source, param.key).start as usize
        }
    };
    let rest = &source[at..];
    let mut depth = 0usize;
    let length = rest.find(|c: char| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return true,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        c == '\n' || (c == ' ' && depth == 0)
    });
    Some(Span::new(at, at + length.unwrap_or(rest.len())))
}
