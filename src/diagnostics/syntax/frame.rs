//! What is wrong around equations: braces, keywords, results, definitions, and texts as a whole.

use super::{Here, Words, say, unclosed, within};
use crate::diagnostics::GOOD_DUMP;
use crate::syntax::{MAX_DEPTH, Unexpected};

const JAXPR_SHAPE: &str = "a jaxpr reads `{ lambda CONSTANTS ; INPUTS. let EQUATIONS in (RESULTS) }`";

/// Faults of the text as a whole.
pub(super) fn whole(kind: Unexpected, here: &Here<'_>) -> Words {
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
        Unexpected::Truncated => within(say(
            "jaxpeep::syntax::truncated",
            "the print-out stops in the middle",
            "the text ends here",
            format!("copy it whole, down to its last `}}`; {GOOD_DUMP}"),
        )),
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
pub(super) fn frame(kind: Unexpected, here: &Here<'_>) -> Words {
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
        Unexpected::In => within(say(
            "jaxpeep::syntax::missing_in",
            "the jaxpr closes without `in` and its results",
            "expected an equation or `in (…)`",
            "write `in` before the results: `in (c,) }`, or `in () }` where there are none",
        )),
        Unexpected::JaxprEnd if here.follows(')') && here.line().starts_with(')') => say(
            "jaxpeep::syntax::unmatched_bracket",
            "this `)` closes nothing",
            "the results are closed before it",
            "delete it",
        ),
        _ => unclosed(
            "jaxpeep::syntax::unclosed_jaxpr",
            "this jaxpr is never closed",
            format!("expected `}}` before {found}"),
            "write ` }` behind the results: `in (c,) }`",
        ),
    }
}

pub(super) fn results(kind: Unexpected, here: &Here<'_>) -> Words {
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

pub(super) fn definition(kind: Unexpected, here: &Here<'_>) -> Words {
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
