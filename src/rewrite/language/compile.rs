//! From the lines of a rule to patterns over slots, with every name checked.

use super::clauses::{RuleText, VariantText};
use super::inputs::check_inputs;
use super::known::{self, check_number, check_primitive};
use super::lines::{ConditionText, LineText, OperandText, ParamText, ValueText, conditions, equations};
use super::names::Names;
use super::spellings::spellings;
use super::usage::check_used;
use crate::rewrite::natives::Kind;
use crate::rewrite::pattern::{
    Argument, Condition, Expr, ParamPattern, Pattern, PatternId, PatternNode, Rule, RuleBody, Slot, Step,
    StepValue, Variant,
};
use crate::rewrite::{RuleError, Safety};

/// Compiles a rule.
///
/// # Errors
/// Everything wrong with its lines: names that are unbound, unused or used as two things, unknown primitives,
/// parameters and natives, wrong numbers of operands, and numbers out of range.
pub fn compile(rule: &RuleText) -> Result<Rule, Vec<RuleError>> {
    let mut errors = Vec::new();
    let body = match &rule.native {
        Some(native) => RuleBody::Native(native.clone()),
        None => RuleBody::Variants(
            rule.variants
                .iter()
                .filter_map(|text| variant(text, &mut errors))
                .flat_map(spellings)
                .collect(),
        ),
    };
    check_inputs(rule, &mut errors);
    errors.sort_by_key(|error| error.span);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Rule {
        name: rule.name.clone(),
        summary: rule.summary.clone(),
        safety: rule.safety.unwrap_or(Safety::Approximate),
        phase: rule.phase.unwrap_or_default(),
        body,
    })
}

/// Compiles one variant as it is written. Its clauses are read even if one of them is broken; names are checked if none is.
fn variant(text: &VariantText, errors: &mut Vec<RuleError>) -> Option<Variant> {
    let asked = text.wheres.as_ref().map_or(Ok(Vec::new()), conditions);
    let (lines, asked, steps) = match (equations(&text.matches), asked, equations(&text.rewrites)) {
        (Ok(lines), Ok(asked), Ok(steps)) => (lines, asked, steps),
        (lines, asked, steps) => {
            errors.extend(
                [lines.err(), asked.err(), steps.err()]
                    .into_iter()
                    .flatten()
                    .flatten(),
            );
            return None;
        }
    };
    let before = errors.len();
    let names = Names {
        list: Vec::new(),
        errors,
        clause: &text.matches,
    };
    let mut compiler = Compiler {
        names,
        lines: &lines,
        done: vec![false; lines.len()],
    };
    let pattern = compiler.pattern()?;
    compiler.names.clause = text.wheres.as_ref().unwrap_or(&text.matches);
    let conditions = asked
        .iter()
        .filter_map(|asked| compiler.condition(asked))
        .collect();
    compiler.names.clause = &text.rewrites;
    let steps = compiler.steps(&steps);
    // What is unused may be what a broken line was meant to read.
    if compiler.names.errors.len() == before {
        check_used(&mut compiler.names, &lines, &pattern);
    }
    let slots = compiler.names.list.len();
    Some(Variant {
        pattern,
        conditions,
        steps,
        slots,
    })
}

struct Compiler<'c, 'e> {
    names: Names<'c, 'e>,
    /// The lines of `match`.
    lines: &'c [LineText<'c>],
    /// Which of them stand in the pattern.
    done: Vec<bool>,
}

impl Compiler<'_, '_> {
    /// Compiles the lines of `match`, the last of which is the root.
    fn pattern(&mut self) -> Option<Pattern> {
        let before = self.names.errors.len();
        for (at, line) in self.lines.iter().enumerate() {
            if let Some(first) = self.lines[..at].iter().find(|first| first.name == line.name) {
                let first = self.names.span(first.name);
                let error = RuleError::new(
                    self.names.span(line.name),
                    format!("`{}` has a line already", line.name),
                );
                self.names.errors.push(
                    error
                        .related(first, "here")
                        .help("a name used twice means the same value: give this one another"),
                );
            }
        }
        let mut pattern = Pattern::default();
        self.eqn(self.lines.len().checked_sub(1)?, &mut pattern);
        for (at, line) in self.lines.iter().enumerate() {
            if !self.done[at] && self.names.errors.len() == before {
                let message = format!("`{}` is read by no line below it", line.name);
                self.names.error(
                    line.name,
                    message,
                    "every line of a `match` belongs to the tree of its last line",
                );
            }
        }
        (self.names.errors.len() == before).then_some(pattern)
    }

    fn eqn(&mut self, at: usize, pattern: &mut Pattern) -> Option<PatternId> {
        let line = &self.lines[at];
        self.done[at] = true;
        let ValueText::Eqn {
            primitive,
            params,
            operands,
        } = &line.value
        else {
            let message = format!("`{}` must be an equation", line.name);
            self.names.error(
                line.name,
                message,
                "a line of a `match` has a primitive and its operands: `e = exp x`",
            );
            return None;
        };
        check_primitive(&mut self.names, primitive, params, operands.len(), false);
        let slot = self.names.bind(line.name, Kind::Value)?;
        let params = params
            .iter()
            .filter_map(|(key, text)| Some(((*key).to_owned(), self.param(text, true)?)))
            .collect();
        let id = pattern.nodes.len();
        let commutes = COMMUTATIVE.contains(primitive);
        pattern.nodes.push(PatternNode::Any(slot));
        let operands = operands
            .iter()
            .filter_map(|operand| self.operand(operand, at, pattern))
            .collect();
        let primitive = (*primitive).to_owned();
        pattern.nodes[id] = PatternNode::Eqn {
            slot,
            primitive,
            params,
            operands,
            commutes,
        };
        Some(id)
    }

    /// Compiles an operand of the line `at`.
    fn operand(&mut self, operand: &OperandText<'_>, at: usize, pattern: &mut Pattern) -> Option<PatternId> {
        let node = match operand {
            OperandText::Name(name) => match self.lines.iter().position(|line| line.name == *name) {
                Some(line) if line >= at => {
                    let error =
                        RuleError::new(self.names.span(name), format!("`{name}` is read before its line"));
                    let there = self.names.span(self.lines[line].name);
                    self.names.errors.push(
                        error
                            .related(there, "its line")
                            .help("a line reads what stands above it"),
                    );
                    return None;
                }
                Some(line) if !self.done[line] => return self.eqn(line, pattern),
                // The second time it is the same value, and its line has been matched.
                _ => PatternNode::Any(self.names.bind(name, Kind::Value)?),
            },
            OperandText::Constant(name) => PatternNode::Constant(self.bind_once(name, Kind::Constant)?),
            OperandText::Number(value, text) => {
                check_number(&mut self.names, *value, text);
                PatternNode::Number(*value)
            }
            OperandText::Chain { name, moves, inner } => {
                let slot = self.bind_once(name, Kind::Chain)?;
                let id = pattern.nodes.len();
                pattern.nodes.push(PatternNode::Any(slot));
                let inner = self.operand(inner, at, pattern)?;
                pattern.nodes[id] = PatternNode::Chain {
                    slot,
                    moves: *moves,
                    inner,
                };
                return Some(id);
            }
            OperandText::Param(at) | OperandText::ChainName(at) | OperandText::Call { function: at, .. } => {
                let help = "names, constants such as `#n`, numbers and chains such as `?B(s)` do";
                self.names
                    .error(at, format!("`{at}` cannot stand here in a `match`"), help);
                return None;
            }
        };
        pattern.nodes.push(node);
        Some(pattern.nodes.len() - 1)
    }

    /// Only values and parameters can be compared with themselves.
    fn bind_once(&mut self, name: &str, kind: Kind) -> Option<Slot> {
        self.names.bind_new(
            name,
            kind,
            "a constant or a chain has one place in a `match`: give this one another name",
        )
    }

    fn param(&mut self, text: &ParamText<'_>, binds: bool) -> Option<ParamPattern> {
        Some(match text {
            ParamText::Bind(name) if binds => ParamPattern::Bind(self.names.bind(name, Kind::Param)?),
            ParamText::Bind(name) => ParamPattern::Bind(self.names.read(name, Kind::Param)?),
            ParamText::Text(text) => ParamPattern::Text((*text).to_owned()),
        })
    }

    fn condition(&mut self, text: &ConditionText<'_>) -> Option<Condition> {
        let native = known::condition(&mut self.names, text.name, &text.arguments)?;
        let arguments: Option<Vec<Argument>> = text
            .arguments
            .iter()
            .map(|argument| self.argument(argument))
            .collect();
        Some(Condition {
            native,
            arguments: arguments?,
            negated: text.negated,
        })
    }

    /// A condition asks about names and numbers, and computes nothing.
    fn argument(&mut self, argument: &OperandText<'_>) -> Option<Argument> {
        if let OperandText::Number(number, text) = argument {
            known::check_number(&mut self.names, *number, text);
            return Some(Argument::Number(*number));
        }
        let (at, kind) = known::kind(argument);
        let plain = !matches!(argument, OperandText::Chain { .. } | OperandText::Call { .. });
        match kind.filter(|_| plain) {
            Some(kind) => self.names.ask(at, kind).map(Argument::Slot),
            None => {
                self.names.error(
                    at,
                    "a condition asks about names only",
                    "match the value on a line of its own and name that",
                );
                None
            }
        }
    }

    /// Compiles the lines of `rewrite`, the last of which must give the root's name a new value.
    fn steps(&mut self, lines: &[LineText<'_>]) -> Vec<Step> {
        let Some(root) = self.lines.last().map(|root| root.name) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let is_last = at + 1 == lines.len();
            let value = self.step(&line.value, root);
            let slot = if is_last && line.name == root {
                self.names.bind(line.name, Kind::Value)
            } else if is_last {
                let message = format!("the last line must give `{root}` its new value");
                self.names.error(
                    line.name,
                    message,
                    format!("`{root}` is the last line of `match`, and that is what is replaced"),
                );
                None
            } else {
                self.names
                    .bind_new(line.name, Kind::Value, "a line of `rewrite` binds a new name")
            };
            steps.extend(value.zip(slot).map(|(value, slot)| Step { slot, value }));
        }
        steps
    }

    fn step(&mut self, value: &ValueText<'_>, root: &str) -> Option<StepValue> {
        match value {
            ValueText::Operand(operand) => {
                if let OperandText::Number(_, at) | OperandText::Constant(at) = operand {
                    self.names.error(
                        at,
                        "a constant alone has no dtype and no shape",
                        "make it an operand of an equation",
                    );
                }
                self.expr(operand, root).map(StepValue::Expr)
            }
            ValueText::Eqn {
                primitive,
                params,
                operands,
            } => {
                check_primitive(&mut self.names, primitive, params, operands.len(), true);
                let given: Option<Vec<_>> = params
                    .iter()
                    .map(|(key, text)| Some(((*key).to_owned(), self.param(text, false)?)))
                    .collect();
                let read: Option<Vec<Expr>> = operands
                    .iter()
                    .map(|operand| match operand {
                        OperandText::Param(at) => {
                            self.names.error(
                                at,
                                format!("`${at}` is no value"),
                                "a parameter stands in brackets, or as an argument",
                            );
                            None
                        }
                        operand => self.expr(operand, root),
                    })
                    .collect();
                Some(StepValue::Eqn {
                    primitive: (*primitive).to_owned(),
                    params: given?,
                    operands: read?,
                })
            }
        }
    }

    fn expr(&mut self, operand: &OperandText<'_>, root: &str) -> Option<Expr> {
        Some(match operand {
            OperandText::Name(name) if *name == root => {
                self.names.error(
                    name,
                    format!("`{name}` is what is being replaced"),
                    "its old value is gone: read its operands",
                );
                return None;
            }
            OperandText::Name(name) => Expr::Slot(self.names.read(name, Kind::Value)?),
            OperandText::Constant(name) => Expr::Slot(self.names.read(name, Kind::Constant)?),
            OperandText::Param(name) => Expr::Slot(self.names.read(name, Kind::Param)?),
            OperandText::Number(value, text) => {
                check_number(&mut self.names, *value, text);
                Expr::Number(*value)
            }
            OperandText::Chain { name, inner, .. } => {
                let chain = self.names.read(name, Kind::Chain);
                let inner = self.expr(inner, root)?;
                Expr::Chain(chain?, Box::new(inner))
            }
            OperandText::ChainName(name) => {
                self.names.error(
                    name,
                    "a chain alone is no value",
                    format!("it is applied to one: `?{name}(x)`"),
                );
                return None;
            }
            OperandText::Call { function, arguments } => {
                let native = known::function(&mut self.names, function, arguments);
                let arguments: Vec<Option<Expr>> = arguments
                    .iter()
                    .map(|argument| self.expr(argument, root))
                    .collect();
                Expr::Native {
                    native: native?,
                    arguments: arguments.into_iter().collect::<Option<_>>()?,
                }
            }
        })
    }
}

/// Primitives whose two operands may change places.
pub(super) const COMMUTATIVE: [&str; 8] = ["add", "add_any", "mul", "max", "min", "and", "or", "eq"];
