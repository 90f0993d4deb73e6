//! What is wrong inside an equation: its variables, parameters and operands.

use super::{Here, Words, say, unclosed};
use crate::syntax::Unexpected;

pub(super) fn binder(kind: Unexpected, here: &Here<'_>) -> Words {
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
            "the type behind `:` is missing",
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

pub(super) fn param(kind: Unexpected, here: &Here<'_>) -> Words {
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

pub(super) fn operand(kind: Unexpected, here: &Here<'_>) -> Words {
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

pub(super) fn reference(kind: Unexpected, here: &Here<'_>) -> Words {
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
