//! What is wrong with the text of a jaxpr. A message says what JAX prints at the place.

use super::{Diagnostic, GOOD_DUMP};
use crate::span::Span;
use crate::syntax::{MAX_DEPTH, SyntaxError, Unexpected};

/// A fault that the parser found.
pub fn syntax(error: &SyntaxError, source: &str) -> Diagnostic {
    let here = Here::new(error, source);
    let words = words(error.kind, &here);
    let mut diagnostic = Diagnostic::error(words.code, words.message);
    // A bracket that is never closed is where the mistake is; what follows it only shows that it is one.
    match error.opened.filter(|&opened| opened != error.span) {
        Some(opened) if words.blames_bracket => {
            diagnostic = diagnostic.at(opened, "opened here and never closed");
            // The end of the text is no place worth showing, unless that is what is wrong.
            diagnostic = diagnostic.at(error.span, words.label);
        }
        Some(opened) => diagnostic = diagnostic.at(error.span, words.label).at(opened, "of this jaxpr"),
        None => diagnostic = diagnostic.at(error.span, words.label),
    }
    diagnostic.help(words.help)
}

/// The text around a fault.
struct Here<'a> {
    source: &'a str,
    span: Span,
    /// What stands there, quoted: "`]`", or "the end of the text".
    found: String,
}

impl<'a> Here<'a> {
    fn new(error: &SyntaxError, source: &'a str) -> Self {
        let span = error.span;
        let rest = &source[span.start as usize..];
        let found = if rest.trim().is_empty() {
            "the end of the text".to_owned()
        } else if rest.starts_with('\n') {
            "the end of the line".to_owned()
        } else {
            format!("`{}`", span.text(source).trim())
        };
        Self { source, span, found }
    }

    /// The rest of the line from the fault on.
    fn line(&self) -> &'a str {
        let rest = &self.source[self.span.start as usize..];
        rest.lines().next().unwrap_or_default()
    }
}

/// The words for one kind of fault.
struct Words {
    code: &'static str,
    message: String,
    label: String,
    help: String,
    /// Whether the bracket that stays open is the mistake, rather than the place where that shows.
    blames_bracket: bool,
}

fn say(
    code: &'static str,
    message: impl Into<String>,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words {
        code,
        message: message.into(),
        label: label.into(),
        help: help.into(),
        blames_bracket: false,
    }
}

fn unclosed(
    code: &'static str,
    message: impl Into<String>,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words {
        blames_bracket: true,
        ..say(code, message, label, help)
    }
}

const JAXPR_SHAPE: &str = "a jaxpr reads `{ lambda CONSTANTS ; INPUTS. let EQUATIONS in (RESULTS) }`";

fn words(kind: Unexpected, here: &Here<'_>) -> Words {
    use Unexpected as U;
    match kind {
        U::EmptyFile
        | U::NotAJaxpr
        | U::TextBefore
        | U::TextAfter
        | U::Truncated
        | U::TooDeep
        | U::Elided => whole(kind, here),
        U::JaxprStart | U::Lambda | U::ConstsEnd | U::InputsEnd | U::Let | U::In | U::JaxprEnd => {
            frame(kind, here)
        }
        U::ResultsStart | U::ResultsEnd | U::ResultsComma | U::SingleResultComma | U::EffectsEnd => {
            results(kind, here)
        }
        U::DefinitionName | U::DefinitionEquals | U::DefinitionIn | U::MainJaxpr => definition(kind, here),
        U::BinderName | U::BinderColon | U::Type | U::TypeEnd | U::Equals | U::Primitive => {
            binder(kind, here)
        }
        U::ParamKey | U::ParamEquals | U::ParamValue | U::ParamsEnd | U::QuoteEnd => param(kind, here),
        U::SpaceBeforeOperands | U::Operand | U::TypedVariable | U::EquationEnd => operand(kind, here),
        U::IndicesEnd | U::Reference => reference(kind, here),
    }
}

/// Faults of the text as a whole.
fn whole(kind: Unexpected, here: &Here<'_>) -> Words {
    match kind {
        Unexpected::EmptyFile => say(
            "jaxpeep::file::empty",
            "there is nothing here",
            "empty",
            GOOD_DUMP,
        ),
        Unexpected::TextBefore => say(
            "jaxpeep::syntax::text_before",
            "there is text before the jaxpr",
            "this is no part of a print-out",
            "delete it or make it a comment with `#`; a print-out starts with `{ lambda` or `let NAME = {` at the \
             start of a line",
        ),
        Unexpected::TextAfter if here.line().starts_with(['}', ')', ']']) => say(
            "jaxpeep::syntax::unmatched_bracket",
            format!("this {} closes nothing", here.found),
            "everything is closed before it",
            "delete it",
        ),
        Unexpected::TextAfter => say(
            "jaxpeep::syntax::text_after",
            "there is text behind the jaxpr",
            "this is no part of a print-out",
            "delete it or make it a comment with `#`; a further print-out starts with `{ lambda` or `let NAME = {`",
        ),
        Unexpected::Truncated => unclosed(
            "jaxpeep::syntax::truncated",
            "the print-out stops in the middle",
            "the text ends here",
            format!("copy it whole, down to its last `}}`; {GOOD_DUMP}"),
        ),
        Unexpected::TooDeep => say(
            "jaxpeep::syntax::too_deep",
            format!("jaxprs and brackets are nested more than {MAX_DEPTH} deep"),
            "too deep from here on",
            "JAX's own printer fails before that; if a program needs it, trace its parts separately",
        ),
        Unexpected::Elided => say(
            "jaxpeep::syntax::elided",
            "a part of the jaxpr has been left out",
            "`...` stands for text that is not there",
            format!("error messages, logs and notebooks shorten jaxprs: {GOOD_DUMP}"),
        ),
        _ => say(
            "jaxpeep::file::not_a_jaxpr",
            "this is not a printed jaxpr",
            "expected `{ lambda` or `let NAME = {`",
            GOOD_DUMP,
        ),
    }
}

/// What stands around equations.
fn frame(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    match kind {
        Unexpected::JaxprStart => say(
            "jaxpeep::syntax::jaxpr_start",
            format!("expected a jaxpr, found {found}"),
            "expected `{ lambda`",
            JAXPR_SHAPE,
        ),
        Unexpected::Lambda => say(
            "jaxpeep::syntax::missing_lambda",
            format!("expected `lambda` behind the brace, found {found}"),
            "expected `lambda`",
            JAXPR_SHAPE,
        ),
        Unexpected::ConstsEnd => say(
            "jaxpeep::syntax::missing_semicolon",
            "the `;` between constants and inputs is missing",
            "expected `;` before this",
            "it is printed even where there are no constants: `{ lambda ; a:f32[3]. let`",
        ),
        Unexpected::InputsEnd => say(
            "jaxpeep::syntax::missing_dot",
            "the `.` behind the inputs is missing",
            "expected `.` before this",
            "the inputs end with a dot: `{ lambda ; a:f32[3]. let`",
        ),
        Unexpected::Let => say(
            "jaxpeep::syntax::missing_let",
            format!("expected `let` before the equations, found {found}"),
            "expected `let`",
            JAXPR_SHAPE,
        ),
        Unexpected::In => say(
            "jaxpeep::syntax::missing_in",
            "the jaxpr closes without `in` and its results",
            "expected an equation or `in (…)`",
            "write `in` before the results: `in (c,) }`, or `in () }` where there are none",
        ),
        _ => unclosed(
            "jaxpeep::syntax::unclosed_jaxpr",
            "this jaxpr is never closed",
            format!("expected `}}` before {found}"),
            "write ` }` behind the results: `in (c,) }`",
        ),
    }
}

fn results(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    match kind {
        Unexpected::ResultsStart => say(
            "jaxpeep::syntax::results_without_parentheses",
            "results stand in parentheses",
            "expected `(` before this",
            "write `in (c,) }` for one result, `in (c, d) }` for two",
        ),
        Unexpected::ResultsEnd => say(
            "jaxpeep::syntax::unclosed_results",
            "the results are never closed",
            format!("expected `)` before {found}"),
            "write `in (c,) }` for one result, `in (c, d) }` for two",
        ),
        Unexpected::ResultsComma => say(
            "jaxpeep::syntax::missing_comma",
            "results are separated by commas",
            "expected `,` before this",
            "write `in (c, d) }`; only operands are separated by blanks alone",
        ),
        Unexpected::SingleResultComma => say(
            "jaxpeep::syntax::single_result",
            "a single result is followed by a comma",
            "expected `,` before this",
            "JAX prints a tuple of one, as Python does: `in (c,) }`",
        ),
        _ => say(
            "jaxpeep::syntax::unclosed_effects",
            "the effects behind the results are never closed",
            "expected `}` behind this",
            "with `print_effects=True` JAX prints `in (c,) : { … } }`",
        ),
    }
}

fn definition(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    let help =
        "a jaxpr that is used more than once is printed before the main one: `let f = { lambda … } in`";
    match kind {
        Unexpected::DefinitionName => say(
            "jaxpeep::syntax::definition_name",
            format!("expected the name of a jaxpr behind `let`, found {found}"),
            "expected a name",
            help,
        ),
        Unexpected::DefinitionEquals => say(
            "jaxpeep::syntax::definition_equals",
            format!("expected `=` behind the name of the jaxpr, found {found}"),
            "expected `=`",
            help,
        ),
        Unexpected::DefinitionIn => say(
            "jaxpeep::syntax::definition_in",
            "the `in` behind a definition is missing",
            "expected `in` before this",
            help,
        ),
        _ => say(
            "jaxpeep::syntax::no_main_jaxpr",
            "only definitions, and no main jaxpr behind them",
            "expected `{ lambda` here",
            format!("the print-out was cut off behind its definitions; {GOOD_DUMP}"),
        ),
    }
}

fn binder(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    match kind {
        Unexpected::BinderName => say(
            "jaxpeep::syntax::binder",
            format!("expected a variable with its type, found {found}"),
            "expected `name:type`",
            "variables are lower-case letters, followed by a type: `a:f32[3]`",
        ),
        Unexpected::BinderColon => say(
            "jaxpeep::syntax::missing_colon",
            "the `:` between variable and type is missing",
            "expected `:` before this type",
            "a binder is a variable, a colon and a type without blanks: `b:f32[3]`",
        ),
        Unexpected::Type => say(
            "jaxpeep::syntax::missing_type",
            format!("expected a type behind `:`, found {found}"),
            "expected a type",
            "types are a short dtype and extents: `f32[3,4]`, `i32[]`, `bool[2]`, `key<fry>[]`",
        ),
        Unexpected::TypeEnd => say(
            "jaxpeep::syntax::unclosed_type",
            "the bracket of this type is never closed",
            "opened here and never closed",
            "extents stand in brackets without blanks: `f32[3,4]`, and `f32[]` for a scalar",
        ),
        Unexpected::Equals => say(
            "jaxpeep::syntax::missing_equals",
            "the `=` between variables and primitive is missing",
            "expected `=` before this",
            "an equation reads `c:f32[3] = add a b`",
        ),
        _ => say(
            "jaxpeep::syntax::missing_primitive",
            format!("expected the name of a primitive, found {found}"),
            "expected a primitive such as `add`",
            "an equation reads `c:f32[3] = add a b`, or `c:f32[] = reduce_sum[axes=(0,)] a`",
        ),
    }
}

fn param(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    let shape = "parameters read `[key=value key=value]`, separated by blanks or line breaks";
    match kind {
        Unexpected::ParamKey => say(
            "jaxpeep::syntax::param_key",
            format!("expected the name of a parameter, found {found}"),
            "expected `key=value` or `]`",
            shape,
        ),
        Unexpected::ParamEquals => say(
            "jaxpeep::syntax::param_equals",
            "the `=` between a parameter's name and value is missing",
            "expected `=` here",
            shape,
        ),
        Unexpected::ParamValue => say(
            "jaxpeep::syntax::param_value",
            "the brackets of this value do not match",
            "this value does not end",
            "tuples read `(0, 1)`, tuples of one `(0,)`, lists `[0, 1]`",
        ),
        Unexpected::QuoteEnd => say(
            "jaxpeep::syntax::unclosed_quote",
            "this string is never closed",
            "its quote has no partner on this line",
            "strings end on the line where they start",
        ),
        _ => unclosed(
            "jaxpeep::syntax::unclosed_params",
            "the parameters are never closed",
            "they should have ended before this",
            format!("write `]` behind the last one; {shape}"),
        ),
    }
}

fn operand(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    let line = here.line();
    match kind {
        Unexpected::EquationEnd if line.starts_with(',') => say(
            "jaxpeep::syntax::comma_between_operands",
            "operands are separated by blanks, not by commas",
            "delete this comma",
            "JAX prints `c:f32[3] = add a b`",
        ),
        Unexpected::SpaceBeforeOperands if line.starts_with([']', ')', '}']) => say(
            "jaxpeep::syntax::unmatched_bracket",
            format!("this {found} closes nothing"),
            "the parameters are closed before it",
            "delete it",
        ),
        Unexpected::SpaceBeforeOperands => say(
            "jaxpeep::syntax::missing_blank",
            format!("expected a blank and the operands, found {found}"),
            "expected a blank before this",
            "an equation reads `c:f32[] = reduce_sum[axes=(0,)] a`",
        ),
        Unexpected::TypedVariable if line.contains(" = ") => say(
            "jaxpeep::syntax::missing_line_break",
            "another equation starts before this one has ended",
            "expected `;` or a line break before this",
            "on one line equations are separated by `; `",
        ),
        Unexpected::TypedVariable => say(
            "jaxpeep::syntax::typed_operand",
            "a variable has its type where it is bound, not where it is read",
            "expected a variable without a type, or a number",
            "delete the type; only literals carry one here: `mul a 2.0:f32[]`",
        ),
        Unexpected::EquationEnd => say(
            "jaxpeep::syntax::equation_end",
            format!("expected a blank or the end of the equation, found {found}"),
            "this cannot follow an operand",
            "operands are variables and numbers, separated by blanks: `add a 1.0:f32[]`",
        ),
        _ => say(
            "jaxpeep::syntax::operand",
            format!("expected a variable or a number, found {found}"),
            "neither a variable nor a literal",
            "variables are lower-case letters; literals read `1.0:f32[]`, `3:i32[]`, `inf:f32[]`, `True:bool[]`",
        ),
    }
}

fn reference(kind: Unexpected, here: &Here<'_>) -> Words {
    let Here { found, .. } = here;
    let help =
        "references are read as `c:f32[3] <- b[...]`, written as `b[0] <- a`, added to as `b[...] += a`";
    match kind {
        Unexpected::IndicesEnd => say(
            "jaxpeep::syntax::reference_indices",
            format!("expected the indices of a reference, found {found}"),
            "expected `[…]`",
            help,
        ),
        _ => say(
            "jaxpeep::syntax::reference",
            format!("expected a reference and its indices, found {found}"),
            "expected `name[…]`",
            help,
        ),
    }
}
