//! The lines of `match`, `where` and `rewrite`, read with nom and resolved by nobody.

use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, multispace0, satisfy};
use nom::combinator::{opt, recognize, value, verify};
use nom::multi::{many0, separated_list0};
use nom::number::complete::recognize_float;
use nom::sequence::{delimited, pair, preceded};

use super::clauses::Clause;
use crate::rules::RuleError;
use crate::span::Span;

type Read<'a, T> = nom::IResult<&'a str, T>;

/// `m = reduce_max[axes=$A] x`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineText<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: ValueText<'a>,
}

/// What stands behind `=`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ValueText<'a> {
    /// A primitive with parameters and operands.
    Eqn { primitive: &'a str, params: Vec<(&'a str, ParamText<'a>)>, operands: Vec<OperandText<'a>> },
    /// A value without an equation of its own.
    Operand(OperandText<'a>),
}

/// What stands behind a parameter's `=`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ParamText<'a> {
    /// `$A`.
    Bind(&'a str),
    /// Anything else, as printed.
    Text(&'a str),
}

/// An operand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OperandText<'a> {
    /// `x`.
    Name(&'a str),
    /// `#n`.
    Constant(&'a str),
    /// `$A`, as an argument.
    Param(&'a str),
    /// `1.0`.
    Number(f64, &'a str),
    /// `?B(s)`, or `??M(s)`.
    Chain { name: &'a str, moves: bool, inner: Box<OperandText<'a>> },
    /// `?B` alone, as an argument.
    ChainName(&'a str),
    /// `keepdims(c, x, $A)`.
    Call { function: &'a str, arguments: Vec<OperandText<'a>> },
}

/// `not shifted(x, $A)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConditionText<'a> {
    pub(crate) negated: bool,
    pub(crate) name: &'a str,
    pub(crate) arguments: Vec<OperandText<'a>>,
}

/// equations := equation { ( ";" | newline ) equation }
pub(crate) fn equations(clause: &Clause) -> Result<Vec<LineText<'_>>, RuleError> {
    all(clause, equation, "an equation such as `e = exp x`")
}

/// conditions := condition { ( ";" | newline ) condition }
pub(crate) fn conditions(clause: &Clause) -> Result<Vec<ConditionText<'_>>, RuleError> {
    all(clause, condition, "a condition such as `float(x)` or `not shifted(x)`")
}

/// Reads one thing after another; a thing ends at `;`, or where a line ends.
fn all<'a, T>(clause: &'a Clause, read: fn(&'a str) -> Read<'a, T>, wanted: &str) -> Result<Vec<T>, RuleError> {
    let mut things = Vec::new();
    let mut rest = skip(&clause.text);
    while !rest.is_empty() {
        let (after, thing) = read(rest).map_err(|error| unreadable(clause, rest, error, wanted))?;
        let ended = after.trim_start_matches([' ', '\t', '\r']);
        if !ended.is_empty() && !ended.starts_with([';', '\n']) {
            return Err(wrong_at(clause, ended, wanted));
        }
        things.push(thing);
        rest = skip(ended);
    }
    Ok(things)
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', ';'])
}

fn unreadable(clause: &Clause, line: &str, error: nom::Err<nom::error::Error<&str>>, wanted: &str) -> RuleError {
    let at = match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error.input,
        nom::Err::Incomplete(_) => line,
    };
    wrong_at(clause, at, wanted)
}

fn wrong_at(clause: &Clause, at: &str, wanted: &str) -> RuleError {
    let offset = clause.start + (at.as_ptr() as usize - clause.text.as_ptr() as usize);
    let length = at.find(['\n', ' ', ';']).unwrap_or(at.len()).max(1);
    RuleError {
        span: Span::new(offset, offset + length),
        related: None,
        message: format!("this is not {wanted}"),
        help: None,
    }
}

/// equation := name "=" ( application | operand )
fn equation(input: &str) -> Read<'_, LineText<'_>> {
    let (input, name) = name(input)?;
    let (input, _) = delimited(blanks, char('='), blanks).parse(input)?;
    let (input, value) = alt((application, operand.map(ValueText::Operand))).parse(input)?;
    Ok((input, LineText { name, value }))
}

/// application := primitive [ "[" { param } "]" ] operand { operand }
fn application(input: &str) -> Read<'_, ValueText<'_>> {
    let word = recognize(pair(satisfy(|c| c.is_ascii_lowercase()), take_while(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')));
    let (input, primitive) = verify(word, |word: &str| word.len() > 1).parse(input)?;
    let (input, params) = opt(delimited(char('['), many0(preceded(blanks, param)), pair(blanks, char(']')))).parse(input)?;
    // A name followed by nothing is an operand, and one followed by a parenthesis is a function.
    let (input, operands) = nom::multi::many1(preceded(take_while1(blank), operand)).parse(input)?;
    Ok((input, ValueText::Eqn { primitive, params: params.unwrap_or_default(), operands }))
}

/// param := name "=" ( "$" name | text )
fn param(input: &str) -> Read<'_, (&str, ParamText<'_>)> {
    let (input, key) = name(input)?;
    let (input, _) = char('=').parse(input)?;
    let bind = preceded(char('$'), name).map(ParamText::Bind);
    let text = take_while1(|c: char| !c.is_whitespace() && c != ']').map(ParamText::Text);
    let (input, value) = alt((bind, text)).parse(input)?;
    Ok((input, (key, value)))
}

/// operand := chain | call | number | "#" name | "$" name | name
fn operand(input: &str) -> Read<'_, OperandText<'_>> {
    let constant = preceded(char('#'), name).map(OperandText::Constant);
    let param = preceded(char('$'), name).map(OperandText::Param);
    alt((chain, call, number, constant, param, name.map(OperandText::Name))).parse(input)
}

/// chain := ( "?" | "??" ) name [ "(" operand ")" ]
fn chain(input: &str) -> Read<'_, OperandText<'_>> {
    let (input, moves) = alt((value(true, tag("??")), value(false, tag("?")))).parse(input)?;
    let (input, name) = name(input)?;
    let (input, inner) = opt(delimited(char('('), operand, char(')'))).parse(input)?;
    let operand = match inner {
        Some(inner) => OperandText::Chain { name, moves, inner: Box::new(inner) },
        None => OperandText::ChainName(name),
    };
    Ok((input, operand))
}

/// call := name "(" [ operand { "," operand } ] ")"
fn call(input: &str) -> Read<'_, OperandText<'_>> {
    let (input, function) = name(input)?;
    let (input, arguments) = arguments(input)?;
    Ok((input, OperandText::Call { function, arguments }))
}

fn arguments(input: &str) -> Read<'_, Vec<OperandText<'_>>> {
    let comma = delimited(multispace0, char(','), multispace0);
    delimited(char('('), separated_list0(comma, operand), char(')')).parse(input)
}

/// number := [ "-" ] ( digits [ "." digits ] [ exponent ] | "inf" )
fn number(input: &str) -> Read<'_, OperandText<'_>> {
    let infinity = recognize(pair(opt(char('-')), tag("inf")));
    let (rest, text) = verify(alt((infinity, recognize_float)), |text: &str| !text.is_empty()).parse(input)?;
    let number = match text {
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        _ => text.parse().map_err(|_| nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Float)))?,
    };
    Ok((rest, OperandText::Number(number, text)))
}

/// condition := [ "not" ] name "(" [ operand { "," operand } ] ")"
fn condition(input: &str) -> Read<'_, ConditionText<'_>> {
    let (input, negated) = opt(pair(tag("not"), take_while1(blank))).parse(input)?;
    let (input, name) = name(input)?;
    let (input, arguments) = arguments(input)?;
    Ok((input, ConditionText { negated: negated.is_some(), name, arguments }))
}

/// name := letter { letter | digit | "_" }
fn name(input: &str) -> Read<'_, &str> {
    let first = satisfy(|c| c.is_ascii_alphabetic());
    recognize(pair(first, take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'))).parse(input)
}

fn blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn blanks(input: &str) -> Read<'_, &str> {
    take_while(blank).parse(input)
}
