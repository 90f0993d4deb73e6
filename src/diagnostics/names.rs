//! Names that mean nothing where they stand.

use super::{Diagnostic, similar, syntax};
use crate::lower::{LowerError, LowerErrorKind};
use crate::span::Span;
use crate::syntax::SyntaxError;

/// A fault that lowering found.
pub(crate) fn name(error: &LowerError, source: &str) -> Diagnostic {
    let span = error.span;
    match &error.kind {
        LowerErrorKind::UnknownVariable {
            name,
            similar,
            later,
            outside,
        } => unknown_variable(name, span, similar.as_deref(), *later, *outside),
        LowerErrorKind::BoundTwice { name, first } => Diagnostic::error(
            "jaxpeep::name::bound_twice",
            format!("`{name}` is bound twice in one jaxpr"),
        )
        .at(span, "bound again here")
        .at(*first, "bound first here")
        .help("every variable of a jaxpr is bound once: give one of them a name that is not in use"),
        LowerErrorKind::UnknownDefinition { name, defined } => unknown_definition(name, defined, span),
        LowerErrorKind::DefinedTwice { name, first } => Diagnostic::error(
            "jaxpeep::name::defined_twice",
            format!("`{name}` is defined twice"),
        )
        .at(span, "defined again here")
        .at(*first, "defined first here")
        .help("JAX numbers jaxprs of the same name (`f`, `f1`, `f2`): is this two print-outs joined in one?"),
        LowerErrorKind::Params(kind) => {
            let error = SyntaxError {
                span,
                kind: *kind,
                opened: None,
            };
            syntax(&error, source)
        }
    }
}

fn unknown_variable(
    name: &str,
    span: Span,
    similar: Option<&str>,
    later: Option<Span>,
    outside: Option<Span>,
) -> Diagnostic {
    let error = |message: String| Diagnostic::error("jaxpeep::name::unknown_variable", message);
    if let Some(later) = later {
        return error(format!("`{name}` is read before it is bound"))
            .at(span, "read here")
            .at(later, "bound only here")
            .help("equations are evaluated from top to bottom: move the one that binds it up");
    }
    if let Some(outside) = outside {
        return error(format!("`{name}` is not bound in this jaxpr"))
            .at(span, "a nested jaxpr does not see the variables around it")
            .at(outside, "this one belongs to the enclosing jaxpr")
            .help(format!(
                "hand it in: add an input to the nested jaxpr, and `{name}` to the operands of the equation that \
                 holds it"
            ));
    }
    let unbound =
        error(format!("`{name}` is not bound in this jaxpr")).at(span, "no equation or input binds it");
    match similar {
        Some(similar) => unbound.help(format!("a variable with a similar name is bound above: `{similar}`")),
        None => unbound.help(
            "an equation may be missing above, or the variable may have been renamed in one place and not in the \
             other",
        ),
    }
}

fn unknown_definition(name: &str, defined: &[String], span: Span) -> Diagnostic {
    let error = Diagnostic::error(
        "jaxpeep::name::unknown_definition",
        format!("no jaxpr called `{name}` is defined"),
    )
    .at(span, "refers to a definition");
    let near = similar(name, defined.iter().map(String::as_str));
    let help = match (near, defined) {
        (Some(near), _) => format!("a definition with a similar name stands above: `{near}`"),
        (None, []) => format!(
            "JAX prints `let {name} = {{ lambda … }} in` before the jaxpr that uses it: copy the print-out from its \
             first line on"
        ),
        (None, _) => format!(
            "defined here: {}; `let {name} = {{ … }} in` may have been cut off",
            list(defined)
        ),
    };
    error.help(help)
}

/// "`f`, `g` and 3 more"
fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
