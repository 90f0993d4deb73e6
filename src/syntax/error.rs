//! What can be wrong with a text, as data. `diagnostics` says it in words.

use crate::span::Span;

/// Something in the text that is not a jaxpr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: Unexpected,
    /// The bracket or brace that is never closed, where that is what is wrong.
    pub opened: Option<Span>,
}

/// What was expected and is not there. Variants are named for the thing that is missing or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages in `diagnostics` say what each one is")]
pub enum Unexpected {
    EmptyFile,
    NotAJaxpr,
    TextBefore,
    JaxprStart,
    Lambda,
    ConstsEnd,
    InputsEnd,
    Let,
    In,
    ResultsStart,
    ResultsEnd,
    ResultsComma,
    SingleResultComma,
    JaxprEnd,
    EffectsEnd,
    DefinitionName,
    DefinitionEquals,
    DefinitionIn,
    MainJaxpr,
    BinderName,
    BinderColon,
    Type,
    TypeEnd,
    Equals,
    Primitive,
    ParamKey,
    ParamEquals,
    ParamValue,
    ParamsEnd,
    SpaceBeforeOperands,
    Operand,
    TypedVariable,
    IndicesEnd,
    Reference,
    QuoteEnd,
    EquationEnd,
    TooDeep,
    TextAfter,
    Truncated,
    Elided,
}

/// A nom error: where, and what was expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault<'a> {
    pub(crate) at: &'a str,
    pub(crate) kind: Unexpected,
    /// The text from the bracket or brace on that is never closed.
    pub(crate) opened: Option<&'a str>,
}

impl<'a> Fault<'a> {
    pub(crate) fn new(at: &'a str, kind: Unexpected) -> Self {
        Self {
            at,
            kind,
            opened: None,
        }
    }
}

impl<'a> nom::error::ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(at: &'a str, _: nom::error::ErrorKind) -> Self {
        Self::new(at, Unexpected::NotAJaxpr)
    }

    fn append(_: &'a str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

/// What a production returns: the rest of the text and what it read.
pub(crate) type Parse<'a, T> = nom::IResult<&'a str, T, Fault<'a>>;

/// Fails for good: no other production could read on from here.
pub(crate) fn fail<T>(at: &str, kind: Unexpected) -> Parse<'_, T> {
    Err(nom::Err::Failure(Fault::new(at, kind)))
}

/// Fails for good, because what starts at `opened` is never closed.
pub(crate) fn unclosed<'a, T>(at: &'a str, kind: Unexpected, opened: &'a str) -> Parse<'a, T> {
    let opened = Some(opened);
    Err(nom::Err::Failure(Fault { at, kind, opened }))
}
