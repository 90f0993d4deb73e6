//! The part of Python that emitted modules are made of. Nothing here knows jaxprs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// A name, a dotted name, a number: text that no line break may stand in.
    Atom(String),
    /// `function(arguments)`.
    Call {
        /// A dotted name.
        function: String,
        /// In order; those with a keyword come last.
        arguments: Vec<Argument>,
    },
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Argument {
    /// `axis` in `axis=0`.
    pub(super) keyword: Option<Cow<'static, str>>,
    /// The value.
    pub(super) value: Expr,
}

/// What an assignment binds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// A name.
    Name(String),
    /// A sequence that is unpacked.
    Tuple(Vec<Target>),
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// `# text`
    Comment(String),
    /// `target = value`
    Assign(Target, Expr),
    /// An expression whose value nobody needs.
    Expression(Expr),
    /// `return value`
    Return(Expr),
    /// `if test:` with one statement.
    If(Expr, Box<Statement>),
    /// `raise value`
    Raise(Expr),
    /// `target[index] = value`
    Store(String, Expr),
    /// A function inside a function.
    Function(Function),
}

/// A function definition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Function {
    /// What stands behind the `@`.
    pub(super) decorator: Option<Expr>,
    /// Its name.
    pub(super) name: String,
    /// Names of its positional parameters.
    pub(super) parameters: Vec<String>,
    /// Lines of its docstring.
    pub(super) doc: Vec<String>,
    /// Never empty.
    pub(super) body: Vec<Statement>,
}

impl Expr {
    /// A name or a number.
    pub(super) fn atom(text: impl Into<String>) -> Self {
        Self::Atom(text.into())
    }

    /// `function(operands)`.
    pub(super) fn call(function: impl Into<String>, operands: impl IntoIterator<Item = Expr>) -> Self {
        let positional = |value| Argument { keyword: None, value };
        Self::Call {
            function: function.into(),
            arguments: operands.into_iter().map(positional).collect(),
        }
    }

    /// The call with one more argument, `keyword=value`. Other expressions take none.
    #[must_use]
    pub(super) fn with(mut self, keyword: impl Into<Cow<'static, str>>, value: Expr) -> Self {
        if let Self::Call { arguments, .. } = &mut self {
            arguments.push(Argument {
                keyword: Some(keyword.into()),
                value,
            });
        }
        self
    }

    /// A tuple of whole numbers.
    pub(super) fn ints<T: ToString>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Tuple(
            items
                .into_iter()
                .map(|item| Self::Atom(item.to_string()))
                .collect(),
        )
    }

    /// `True`, `False`.
    pub(super) fn boolean(value: bool) -> Self {
        Self::atom(if value { "True" } else { "False" })
    }

    /// `"text"`.
    pub(super) fn string(text: &str) -> Self {
        let mut quoted = String::from("\"");
        for letter in text.chars() {
            match letter {
                '"' => quoted.push_str("\\\""),
                '\\' => quoted.push_str("\\\\"),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                letter if letter.is_control() => {
                    // Writing to a string never fails.
                    let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
                }
                letter => quoted.push(letter),
            }
        }
        quoted.push('"');
        Self::Atom(quoted)
    }

    /// Calls `see` with every atom and every name of a called function.
    pub(super) fn names(&self, see: &mut impl FnMut(&str)) {
        match self {
            Self::Atom(text) => see(text),
            Self::Call { function, arguments } => {
                see(function);
                for argument in arguments {
                    argument.value.names(see);
                }
            }
            Self::Tuple(items) | Self::List(items) => items.iter().for_each(|item| item.names(see)),
        }
    }
}

impl Target {
    /// Names that are unpacked from a sequence.
    pub(super) fn tuple(names: impl IntoIterator<Item = String>) -> Self {
        Self::Tuple(names.into_iter().map(Self::Name).collect())
    }
}

impl Statement {
    /// Calls `see` with every atom and every name of a called function.
    pub(super) fn names(&self, see: &mut impl FnMut(&str)) {
        match self {
            Self::Comment(_) => {}
            Self::Assign(_, value)
            | Self::Expression(value)
            | Self::Return(value)
            | Self::Raise(value)
            | Self::Store(_, value) => value.names(see),
            Self::If(test, then) => {
                test.names(see);
                then.names(see);
            }
            Self::Function(function) => function.names(see),
        }
    }
}

impl Function {
    /// Calls `see` with every atom and every name of a called function.
    pub(super) fn names(&self, see: &mut impl FnMut(&str)) {
        if let Some(decorator) = &self.decorator {
            decorator.names(see);
        }
        self.body.iter().for_each(|statement| statement.names(see));
    }
}

/// A double as Python's `repr` writes it, in the spelling of `ruff format`: `1.0`, `1e-06`, `1e16`.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "np.nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "np.inf" } else { "-np.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { "-" } else { "" };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_python_and_ruff_spell_them() {
        for (value, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (0.100_000_001_490_116_12, "0.10000000149011612"),
            (1e-6, "1e-06"),
            (2.5e-5, "2.5e-05"),
            (1e16, "1e16"),
            (1e15, "1000000000000000.0"),
            (123_456_792.0, "123456792.0"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::NEG_INFINITY, "-np.inf"),
            (f64::NAN, "np.nan"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(
            Expr::string("a \"b\"\n\\\u{1}"),
            Expr::atom("\"a \\\"b\\\"\\n\\\\\\u0001\"")
        );
    }
}
