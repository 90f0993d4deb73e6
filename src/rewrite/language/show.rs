//! Rules as text: what is printed reads back as the same rule. Comments and the author's layout are not kept.

use std::fmt;

use super::clauses::{RuleText, VariantText};
use super::lines::{ConditionText, LineText, OperandText, ParamText, ValueText, conditions, equations};
use crate::rewrite::Example;

/// Continued lines stand below what follows the keyword.
const INDENT: &str = "\n         ";

impl fmt::Display for RuleText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rule     {}", self.name)?;
        writeln!(
            f,
            "summary  {}\nidentity {}\nsource   {}",
            self.summary, self.identity, self.source
        )?;
        if let Some(safety) = self.safety {
            writeln!(f, "safety   {}", safety.word())?;
        }
        if let Some(phase) = self.phase {
            writeln!(f, "phase    {}", phase.word())?;
        }
        if let Some(native) = &self.native {
            writeln!(f, "native   {native}")?;
        }
        self.variants
            .iter()
            .try_for_each(|variant| write!(f, "\n{variant}"))?;
        writeln!(f)?;
        let examples = self.fires.iter().map(|example| ("fires", example));
        for (keyword, Example { title, jaxpr }) in
            examples.chain(self.declines.iter().map(|example| ("declines", example)))
        {
            // Behind an opened brace a line may start at the margin, as those of a print-out do.
            writeln!(f, "{keyword} \"{title}\" {}", jaxpr.trim_end())?;
        }
        self.witness
            .iter()
            .try_for_each(|inputs| writeln!(f, "witness  {inputs}"))?;
        self.preserve
            .iter()
            .try_for_each(|inputs| writeln!(f, "preserve {inputs}"))
    }
}

impl fmt::Display for VariantText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        clause(f, "match   ", equations(&self.matches).ok(), INDENT)?;
        if let Some(wheres) = &self.wheres {
            clause(f, "where   ", conditions(wheres).ok(), ";  ")?;
        }
        clause(f, "rewrite ", equations(&self.rewrites).ok(), INDENT)
    }
}

/// Nothing if the clause cannot be read: then the rule has been refused.
fn clause<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    keyword: &str,
    lines: Option<Vec<T>>,
    between: &str,
) -> fmt::Result {
    write!(f, "{keyword} {}", join(&lines.unwrap_or_default(), between))?;
    writeln!(f)
}

fn join<T: fmt::Display>(parts: &[T], between: &str) -> String {
    parts.iter().map(T::to_string).collect::<Vec<_>>().join(between)
}

impl fmt::Display for LineText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.name)?;
        match &self.value {
            ValueText::Operand(operand) => write!(f, "{operand}"),
            ValueText::Eqn {
                primitive,
                params,
                operands,
            } => {
                f.write_str(primitive)?;
                if !params.is_empty() {
                    let params: Vec<String> = params
                        .iter()
                        .map(|(key, value)| format!("{key}={value}"))
                        .collect();
                    write!(f, "[{}]", params.join(" "))?;
                }
                write!(f, " {}", join(operands, " "))
            }
        }
    }
}

impl fmt::Display for ParamText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(name) => write!(f, "${name}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for OperandText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Number(_, text) => f.write_str(text),
            Self::Constant(name) => write!(f, "#{name}"),
            Self::Param(name) => write!(f, "${name}"),
            Self::Chain { name, moves, inner } => {
                write!(f, "{}{name}({inner})", if *moves { "??" } else { "?" })
            }
            Self::ChainName(name) => write!(f, "?{name}"),
            Self::Call { function, arguments } => write!(f, "{function}({})", join(arguments, ", ")),
        }
    }
}

impl fmt::Display for ConditionText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "not " } else { "" };
        write!(f, "{not}{}({})", self.name, join(&self.arguments, ", "))
    }
}
