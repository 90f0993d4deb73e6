//! Inputs on which a rule is held against what it replaces: `witness x = [1000, 2000]; p = [true, false]`.

use std::fmt;

use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, satisfy};
use nom::combinator::{map, not, value as constant};
use nom::multi::separated_list0;
use nom::sequence::{delimited, terminated};

use super::clauses::{Clause, RuleText};
use super::lines::{LineText, OperandText, Read, ValueText, all, blanks, comma, equations, name, signed};
use crate::rewrite::{Example, RuleError};
use crate::span::Span;

/// Values for names, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The values.
    pub values: Vec<Input>,
}

/// A value for a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The name.
    pub name: String,
    /// Where the name stands in the file.
    pub span: Span,
    /// The value.
    pub value: InputValue,
}

/// A scalar, or an array as nested lists whose rows have equal lengths.
#[derive(Clone, Debug, PartialEq)]
pub enum InputValue {
    /// A number, infinite and NaN included.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// Rows.
    List(Vec<InputValue>),
}

impl InputValue {
    /// The extents, outermost first; `None` if rows differ in length.
    pub fn shape(&self) -> Option<Vec<usize>> {
        let Self::List(rows) = self else {
            return Some(Vec::new());
        };
        let mut shapes = rows.iter().map(Self::shape);
        let first = shapes.next().unwrap_or(Some(Vec::new()))?;
        let even = shapes.all(|shape| shape.as_ref() == Some(&first));
        even.then(|| [&[rows.len()], &first[..]].concat())
    }

    /// Whether truth values and numbers stand side by side.
    fn is_mixed(&self) -> bool {
        let (mut numbers, mut bools) = (false, false);
        self.leaves(&mut |leaf| match leaf {
            Self::Bool(_) => bools = true,
            _ => numbers = true,
        });
        numbers && bools
    }

    fn leaves(&self, visit: &mut impl FnMut(&Self)) {
        match self {
            Self::List(rows) => rows.iter().for_each(|row| row.leaves(visit)),
            leaf => visit(leaf),
        }
    }
}

impl fmt::Display for InputValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) if number.is_nan() => f.write_str("nan"),
            // `{:?}` has an exponent where the digits would be many.
            Self::Number(number) => f.write_str(format!("{number:?}").trim_end_matches(".0")),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::List(rows) => {
                f.write_str("[")?;
                for (at, row) in rows.iter().enumerate() {
                    write!(f, "{}{row}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Input { name, value, .. }) in self.values.iter().enumerate() {
            write!(f, "{}{name} = {value}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// Reads the lines behind `witness` or `preserve`.
///
/// inputs := ( "witness" | "preserve" ) ?gap? assignment { ?break? assignment }
pub(super) fn inputs(clause: &Clause) -> Result<Inputs, Vec<RuleError>> {
    let wanted = "values such as `x = [1000, 2000]; p = [true, false]`";
    let assignments = all(clause, assignment, wanted)?;
    let mut errors = Vec::new();
    let mut values: Vec<Input> = Vec::new();
    for (name, value) in assignments {
        let start = clause.start + Span::of(&clause.text, name).start as usize;
        let span = Span::new(start, start + name.len());
        if let Some(first) = values.iter().find(|input| input.name == name) {
            let error = RuleError::new(span, format!("`{name}` has a value already"));
            errors.push(
                error
                    .related(first.span, "here")
                    .help("write one clause for each set of inputs"),
            );
        }
        if value.shape().is_none() {
            let error = RuleError::new(span, format!("the rows of `{name}` differ in length"));
            errors.push(error.help("an array is written as nested lists whose rows have equal lengths"));
        }
        if value.is_mixed() {
            let error = RuleError::new(span, format!("`{name}` holds numbers and truth values"));
            errors.push(error.help("an array has one dtype: write numbers, or `true` and `false`"));
        }
        values.push(Input {
            name: name.to_owned(),
            span,
            value,
        });
    }
    if errors.is_empty() {
        Ok(Inputs { values })
    } else {
        Err(errors)
    }
}

/// Checks that inputs name the values that the first `match` starts from, or else the inputs of the first example:
/// a rule that only prepares for others is shown on what those see.
pub(super) fn check_inputs(rule: &RuleText, errors: &mut Vec<RuleError>) {
    if rule.native.is_some() {
        // Its names are those of its identity.
        return;
    }
    let matched = rule
        .variants
        .first()
        .and_then(|variant| equations(&variant.matches).ok());
    let matched: Vec<String> = matched
        .iter()
        .flat_map(|lines| leaves(lines))
        .map(str::to_owned)
        .collect();
    let shown = std::cell::OnceCell::new();
    for inputs in rule.witness.iter().chain(&rule.preserve) {
        let given = |names: &[String]| {
            inputs
                .values
                .iter()
                .filter(|input| names.contains(&input.name))
                .count()
        };
        if given(&matched) == matched.len() && given(&matched) == inputs.values.len() {
            continue;
        }
        let shown: &Vec<String> =
            shown.get_or_init(|| rule.fires.first().map(example_inputs).unwrap_or_default());
        let names = if given(&matched) >= given(shown) {
            &matched
        } else {
            shown
        };
        let from = if given(&matched) >= given(shown) {
            "the first `match` starts from"
        } else {
            "the first example has the inputs"
        };
        for input in inputs.values.iter().filter(|input| !names.contains(&input.name)) {
            let error = RuleError::new(
                input.span,
                format!("`{}` names nothing that could have a value", input.name),
            );
            errors.push(error.help(format!("{from} {}", names.join(", "))));
        }
        for missing in names
            .iter()
            .filter(|name| inputs.values.iter().all(|input| input.name != **name))
        {
            let span = inputs.values.first().map_or(rule.name_span, |input| input.span);
            let error = RuleError::new(span, format!("`{missing}` has no value here"));
            errors.push(error.help(format!("{from} {}", names.join(", "))));
        }
    }
}

/// The names that lines read and none of them binds.
fn leaves<'t>(lines: &[LineText<'t>]) -> Vec<&'t str> {
    let mut leaves = Vec::new();
    for line in lines {
        let ValueText::Eqn { operands, .. } = &line.value else {
            continue;
        };
        for operand in operands {
            let mut operand = operand;
            while let OperandText::Chain { inner, .. } = operand {
                operand = inner;
            }
            if let OperandText::Name(name) = operand
                && !leaves.contains(name)
                && lines.iter().all(|line| line.name != *name)
            {
                leaves.push(*name);
            }
        }
    }
    leaves
}

/// The names of an example's inputs; none if it cannot be read, which its test will say.
fn example_inputs(example: &Example) -> Vec<String> {
    let (ast, _) = crate::syntax::parse(&example.jaxpr);
    let (programs, _) = crate::lower::lower(&example.jaxpr, &ast);
    let Some(program) = programs.first() else {
        return Vec::new();
    };
    program.blocks[program.main()]
        .inputs
        .iter()
        .map(|&input| program.name(input))
        .collect()
}

/// assignment := name blanks "=" blanks value
fn assignment(input: &str) -> Read<'_, (&str, InputValue)> {
    let (input, name) = name(input)?;
    let (input, _) = delimited(blanks, char('='), blanks).parse(input)?;
    let (input, value) = value(input)?;
    Ok((input, (name, value)))
}

/// value := "[" [ value { comma value } ] "]" | "true" | "false" | "nan" | signed
fn value(input: &str) -> Read<'_, InputValue> {
    let rows = delimited(char('['), separated_list0(comma, value), char(']'));
    let word = |text| {
        terminated(
            tag(text),
            not(satisfy(|c: char| c.is_ascii_alphanumeric() || c == '_')),
        )
    };
    alt((
        map(rows, InputValue::List),
        constant(InputValue::Bool(true), word("true")),
        constant(InputValue::Bool(false), word("false")),
        constant(InputValue::Number(f64::NAN), word("nan")),
        map(signed, |(number, _)| InputValue::Number(number)),
    ))
    .parse(input)
}
