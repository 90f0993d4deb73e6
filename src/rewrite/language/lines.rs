//! The lines of `match`, `where` and `rewrite`, read with nom and resolved by nobody.

use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, satisfy};
use nom::combinator::{not, opt, recognize, value, verify};
use nom::multi::{many1, separated_list0, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};

use super::clauses::Clause;
use crate::rewrite::RuleError;
use crate::span::Span;

/// What is left, and what was read.
pub(super) type Read<'a, T> = nom::IResult<&'a str, T>;

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
    Eqn {
        primitive: &'a str,
        params: Vec<(&'a str, ParamText<'a>)>,
        operands: Vec<OperandText<'a>>,
    },
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
    Chain {
        name: &'a str,
        moves: bool,
        inner: Box<OperandText<'a>>,
    },
    /// `?B` alone, as an argument.
    ChainName(&'a str),
    /// `keepdims(c, x, $A)`.
    Call {
        function: &'a str,
        arguments: Vec<OperandText<'a>>,
    },
}

/// `not shifted(x)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConditionText<'a> {
    pub(crate) negated: bool,
    pub(crate) name: &'a str,
    pub(crate) arguments: Vec<OperandText<'a>>,
}

/// equations := equation { ?break? equation }
pub(crate) fn equations(clause: &Clause) -> Result<Vec<LineText<'_>>, Vec<RuleError>> {
    all(clause, equation, "an equation such as `e = exp x`")
}

/// conditions := condition { ?break? condition }
pub(crate) fn conditions(clause: &Clause) -> Result<Vec<ConditionText<'_>>, Vec<RuleError>> {
    all(
        clause,
        condition,
        "a condition such as `float(x)` or `not shifted(x)`",
    )
}

/// Reads one thing after another; a thing ends at `;`, or where a line ends. One that cannot be read is skipped.
pub(super) fn all<'a, T>(
    clause: &'a Clause,
    read: fn(&'a str) -> Read<'a, T>,
    wanted: &str,
) -> Result<Vec<T>, Vec<RuleError>> {
    let (mut things, mut errors) = (Vec::new(), Vec::new());
    let mut rest = skip(&clause.text);
    while !rest.is_empty() {
        let (after, wrong) = match read(rest) {
            Ok((after, thing)) => {
                things.push(thing);
                let after = after.trim_start_matches([' ', '\t', '\r']);
                (after, !after.is_empty() && !after.starts_with([';', '\n']))
            }
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => (error.input, true),
            Err(nom::Err::Incomplete(_)) => (rest, true),
        };
        if wrong {
            errors.push(wrong_at(clause, after, wanted));
        }
        let end = after
            .find([';', '\n'])
            .filter(|_| wrong)
            .unwrap_or(if wrong { after.len() } else { 0 });
        rest = skip(&after[end..]);
    }
    if things.is_empty() && errors.is_empty() {
        // The place is the end of the keyword, as there is nothing else.
        let span = Span::new(clause.start.saturating_sub(1), clause.start);
        errors.push(
            RuleError::new(span, "nothing stands behind this keyword")
                .help(format!("this should be {wanted}")),
        );
    }
    if errors.is_empty() {
        Ok(things)
    } else {
        Err(errors)
    }
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', ';'])
}

fn wrong_at(clause: &Clause, at: &str, wanted: &str) -> RuleError {
    let offset = clause.start + Span::of(&clause.text, at).start as usize;
    let length = at.find(['\n', ' ', ';']).unwrap_or(at.len());
    if length == 0 {
        // The line ends too early: the place is its end, which takes no room.
        let span = Span::new(offset, offset);
        return RuleError::new(span, "the line ends too early").help(format!("this should be {wanted}"));
    }
    RuleError::new(
        Span::new(offset, offset + length),
        format!("`{}` does not fit here", &at[..length]),
    )
    .help(format!("this should be {wanted}"))
}

/// equation := name blanks "=" blanks ( application | operand )
fn equation(input: &str) -> Read<'_, LineText<'_>> {
    let (input, name) = name(input)?;
    let (input, _) = delimited(blanks, char('='), blanks).parse(input)?;
    let (input, value) = alt((application, operand.map(ValueText::Operand))).parse(input)?;
    Ok((input, LineText { name, value }))
}

/// application := primitive [ "[" blanks [ param { ?space? param } blanks ] "]" ] ?space? operand { ?space? operand }
fn application(input: &str) -> Read<'_, ValueText<'_>> {
    let (input, primitive) = primitive(input)?;
    let params = terminated(separated_list1(space, param), blanks);
    let params = delimited(pair(char('['), blanks), opt(params), char(']'));
    let (input, params) = opt(params).parse(input)?;
    // A name followed by nothing is an operand, and one followed by a parenthesis is a function.
    let (input, operands) = many1(preceded(space, operand)).parse(input)?;
    let params = params.flatten().unwrap_or_default();
    Ok((
        input,
        ValueText::Eqn {
            primitive,
            params,
            operands,
        },
    ))
}

/// param := name "=" ( "$" name | ?text? )
fn param(input: &str) -> Read<'_, (&str, ParamText<'_>)> {
    let (input, key) = name(input)?;
    let (input, _) = char('=').parse(input)?;
    let bind = preceded(char('$'), name).map(ParamText::Bind);
    let text = take_while1(|c: char| !c.is_whitespace() && c != '[' && c != ']' && c != '$' && c != ';');
    let (input, value) = alt((bind, text.map(ParamText::Text))).parse(input)?;
    Ok((input, (key, value)))
}

/// operand := chain | call | number | "#" name | "$" name | name
fn operand(input: &str) -> Read<'_, OperandText<'_>> {
    let constant = preceded(char('#'), name).map(OperandText::Constant);
    let param = preceded(char('$'), name).map(OperandText::Param);
    alt((chain, call, number, constant, param, name.map(OperandText::Name))).parse(input)
}

/// chain := ( "??" | "?" ) name [ "(" operand ")" ]
fn chain(input: &str) -> Read<'_, OperandText<'_>> {
    let (input, moves) = alt((value(true, tag("??")), value(false, tag("?")))).parse(input)?;
    let (input, name) = name(input)?;
    let (input, inner) = opt(delimited(char('('), operand, char(')'))).parse(input)?;
    let operand = match inner {
        Some(inner) => OperandText::Chain {
            name,
            moves,
            inner: Box::new(inner),
        },
        None => OperandText::ChainName(name),
    };
    Ok((input, operand))
}

/// call := name arguments
fn call(input: &str) -> Read<'_, OperandText<'_>> {
    let (input, function) = name(input)?;
    let (input, arguments) = arguments(input)?;
    Ok((input, OperandText::Call { function, arguments }))
}

/// arguments := "(" [ operand { comma operand } ] ")"
fn arguments(input: &str) -> Read<'_, Vec<OperandText<'_>>> {
    delimited(char('('), separated_list0(comma, operand), char(')')).parse(input)
}

/// number := signed
fn number(input: &str) -> Read<'_, OperandText<'_>> {
    signed
        .map(|(number, text)| OperandText::Number(number, text))
        .parse(input)
}

/// A number and how it is written.
///
/// signed := [ "-" ] ( "inf" | digits [ "." digits ] [ "e" [ "-" | "+" ] digits ] )
pub(super) fn signed(input: &str) -> Read<'_, (f64, &str)> {
    let exponent = (char('e'), opt(alt((char('-'), char('+')))), digits);
    let decimal = recognize((digits, opt(pair(char('.'), digits)), opt(exponent)));
    let magnitude = terminated(alt((tag("inf"), decimal)), not(satisfy(is_word)));
    let (rest, text) = recognize(pair(opt(char('-')), magnitude)).parse(input)?;
    // Rust reads everything that is written so.
    let number = text
        .parse()
        .map_err(|_| nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Float)))?;
    Ok((rest, (number, text)))
}

/// digits := ?digit? { ?digit? }
fn digits(input: &str) -> Read<'_, &str> {
    digit1(input)
}

/// condition := [ "not" ?space? ] name arguments
fn condition(input: &str) -> Read<'_, ConditionText<'_>> {
    let (input, negated) = opt(pair(tag("not"), space)).parse(input)?;
    let (input, name) = name(input)?;
    let (input, arguments) = arguments(input)?;
    Ok((
        input,
        ConditionText {
            negated: negated.is_some(),
            name,
            arguments,
        },
    ))
}

/// A name of one letter is no primitive.
///
/// primitive := ?lower? ( ?letter? | ?digit? | "_" | "-" ) { ?letter? | ?digit? | "_" | "-" }
fn primitive(input: &str) -> Read<'_, &str> {
    let word = recognize(pair(
        satisfy(|c| c.is_ascii_lowercase()),
        take_while(|c| is_word(c) || c == '-'),
    ));
    verify(word, |word: &str| word.len() > 1).parse(input)
}

/// name := ( ?letter? | "_" ) { ?letter? | ?digit? | "_" }
pub(super) fn name(input: &str) -> Read<'_, &str> {
    recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(is_word),
    ))
    .parse(input)
}

/// comma := blanks "," blanks
pub(super) fn comma(input: &str) -> Read<'_, &str> {
    recognize((blanks, char(','), blanks)).parse(input)
}

/// blanks := { " " | "\t" }
pub(super) fn blanks(input: &str) -> Read<'_, &str> {
    take_while(is_blank).parse(input)
}

fn space(input: &str) -> Read<'_, &str> {
    take_while1(is_blank).parse(input)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}
