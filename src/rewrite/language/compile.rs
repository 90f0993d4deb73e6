//! From the lines of a rule to patterns over slots, with every name checked.

use rustc_hash::FxHashMap;

use super::clauses::{Clause, RuleText, near};
use super::lines::{ConditionText, LineText, OperandText, ParamText, ValueText, conditions, equations};
use crate::rewrite::natives::{CONDITIONS, FUNCTIONS, Kind};
use crate::rewrite::pattern::{
    Condition, Expr, ParamPattern, Pattern, PatternId, PatternNode, Rule, RuleBody, Slot, Step, StepValue, Variant,
};
use crate::rules::{RuleError, Safety};
use crate::schema::{self, Arity};
use crate::span::Span;

/// Compiles a rule.
///
/// # Errors
/// Everything wrong with its lines: names that are unbound or unused, unknown primitives, parameters and natives,
/// and wrong numbers of operands.
pub fn compile(rule: &RuleText) -> Result<Rule, Vec<RuleError>> {
    let mut errors = Vec::new();
    let body = match &rule.native {
        Some(native) => RuleBody::Native(native.clone()),
        None => RuleBody::Variants(rule.variants.iter().filter_map(|clauses| variant(clauses, &mut errors)).collect()),
    };
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

fn variant(clauses: &[Option<Clause>; 3], errors: &mut Vec<RuleError>) -> Option<Variant> {
    let [matches, wheres, rewrites] = clauses;
    let matches = matches.as_ref()?;
    let Some(rewrites) = rewrites.as_ref() else {
        errors.push(RuleError {
            span: Span::new(matches.start, matches.start + matches.text.trim_end().len()),
            related: None,
            message: "this `match` has no `rewrite`".to_owned(),
            help: Some("say below it what takes its place".to_owned()),
        });
        return None;
    };
    let mut take = |result: Result<_, RuleError>| result.map_err(|error| errors.push(error)).ok();
    let lines = take(equations(matches))?;
    let steps = take(equations(rewrites))?;
    let asked = match wheres {
        Some(clause) => conditions(clause).map_err(|error| errors.push(error)).ok()?,
        None => Vec::new(),
    };
    let mut compiler = Compiler { slots: FxHashMap::default(), used: Vec::new(), errors, clause: matches };
    let pattern = compiler.pattern(&lines)?;
    if let Some(clause) = wheres {
        compiler.clause = clause;
    }
    let conditions = asked.iter().filter_map(|asked| compiler.condition(asked)).collect();
    compiler.clause = rewrites;
    let steps = compiler.steps(&steps, lines.last()?.name);
    compiler.check_used();
    let slots = compiler.slots.len();
    Some(Variant { pattern, conditions, steps, slots })
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named {
    slot: Slot,
    kind: Kind,
    span: Span,
}

struct Compiler<'c, 'e> {
    slots: FxHashMap<String, Named>,
    used: Vec<Slot>,
    errors: &'e mut Vec<RuleError>,
    /// The clause whose lines are looked at.
    clause: &'c Clause,
}

impl<'c> Compiler<'c, '_> {
    fn error(&mut self, at: &str, message: String, help: Option<String>) {
        let span = self.span(at);
        self.errors.push(RuleError { span, related: None, message, help });
    }

    fn span(&self, at: &str) -> Span {
        let start = self.clause.start + (at.as_ptr() as usize).saturating_sub(self.clause.text.as_ptr() as usize);
        Span::new(start, start + at.len())
    }

    /// The slot of a name; sigils keep values, constants, chains and parameters apart.
    fn slot(&mut self, name: &str, kind: Kind) -> Slot {
        let span = self.span(name);
        let next = Slot(self.slots.len() as u8);
        let key = format!("{kind:?}{name}");
        self.slots.entry(key).or_insert(Named { slot: next, kind, span }).slot
    }

    fn known(&mut self, name: &str, kind: Kind) -> Option<Slot> {
        let found = self.slots.get(&format!("{kind:?}{name}")).map(|named| named.slot);
        match found {
            Some(slot) => self.used.push(slot),
            None => {
                let names: Vec<String> = self.slots.keys().map(|key| key.trim_start_matches(|c: char| c.is_alphabetic() && c.is_uppercase()).to_owned()).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let help = near(name, &names).map(|near| format!("did you mean `{near}`?"));
                self.error(name, format!("`{name}` is bound nowhere above"), help);
            }
        }
        found
    }

    /// Compiles the lines of `match`, the last of which is the root.
    fn pattern(&mut self, lines: &[LineText<'_>]) -> Option<Pattern> {
        let Some(root) = lines.last() else {
            let at = self.clause.text.trim_end();
            let at = &at[at.len()..];
            self.error(at, "a `match` needs at least one equation".to_owned(), None);
            return None;
        };
        let mut pattern = Pattern::default();
        self.eqn(root, lines, &mut pattern)?;
        for line in lines {
            if !self.slots.contains_key(&format!("{:?}{}", Kind::Value, line.name)) {
                self.error(line.name, format!("`{}` is not read by the lines below it", line.name), Some("every line of a `match` belongs to the tree of its last line".to_owned()));
            }
        }
        Some(pattern)
    }

    fn eqn(&mut self, line: &LineText<'_>, lines: &[LineText<'_>], pattern: &mut Pattern) -> Option<PatternId> {
        let ValueText::Eqn { primitive, params, operands } = &line.value else {
            self.error(line.name, format!("`{}` must be an equation: a primitive and its operands", line.name), None);
            return None;
        };
        self.check_primitive(primitive, params.iter().map(|(key, _)| *key), operands.len());
        let slot = self.slot(line.name, Kind::Value);
        let params = params.iter().map(|(key, text)| ((*key).to_owned(), self.param(text, true))).collect();
        let id = pattern.nodes.len();
        let commutes = COMMUTATIVE.contains(primitive);
        pattern.nodes.push(PatternNode::Any(slot));
        let mut ids = Vec::with_capacity(operands.len());
        for operand in operands {
            ids.push(self.operand(operand, lines, pattern)?);
        }
        let primitive = (*primitive).to_owned();
        pattern.nodes[id] = PatternNode::Eqn { slot, primitive, params, operands: ids, commutes };
        Some(id)
    }

    fn operand(&mut self, operand: &OperandText<'_>, lines: &[LineText<'_>], pattern: &mut Pattern) -> Option<PatternId> {
        let node = match operand {
            OperandText::Name(name) => match lines.iter().find(|line| line.name == *name) {
                Some(line) => return self.eqn(line, lines, pattern),
                None => PatternNode::Any(self.slot(name, Kind::Value)),
            },
            OperandText::Constant(name) => PatternNode::Constant(self.slot(name, Kind::Constant)),
            OperandText::Number(value, _) => PatternNode::Number(*value),
            OperandText::Chain { name, moves, inner } => {
                let slot = self.slot(name, Kind::Chain);
                let id = pattern.nodes.len();
                pattern.nodes.push(PatternNode::Any(slot));
                let inner = self.operand(inner, lines, pattern)?;
                pattern.nodes[id] = PatternNode::Chain { slot, moves: *moves, inner };
                return Some(id);
            }
            OperandText::Param(at) | OperandText::ChainName(at) | OperandText::Call { function: at, .. } => {
                self.error(at, "a `match` has names, constants and chains as operands".to_owned(), None);
                return None;
            }
        };
        pattern.nodes.push(node);
        Some(pattern.nodes.len() - 1)
    }

    fn param(&mut self, text: &ParamText<'_>, binds: bool) -> ParamPattern {
        match text {
            ParamText::Bind(name) if binds => ParamPattern::Bind(self.slot(name, Kind::Param)),
            ParamText::Bind(name) => ParamPattern::Bind(self.known(name, Kind::Param).unwrap_or(Slot(0))),
            ParamText::Text(text) => ParamPattern::Text((*text).to_owned()),
        }
    }

    fn check_primitive<'k>(&mut self, name: &str, keys: impl Iterator<Item = &'k str>, operands: usize) {
        let Some(row) = schema::primitive(name) else {
            let names: Vec<&str> = schema::primitives().map(|row| row.name).collect();
            let help = near(name, &names).map(|near| format!("did you mean `{near}`?"));
            self.error(name, format!("there is no primitive `{name}`"), help);
            return;
        };
        for key in keys {
            if !row.params.iter().any(|param| param.name == key) {
                let names: Vec<&str> = row.params.iter().map(|param| param.name).collect();
                let help = if names.is_empty() { format!("`{name}` has none") } else { format!("it has {}", names.join(", ")) };
                self.error(key, format!("`{name}` has no parameter `{key}`"), Some(help));
            }
        }
        if !row.arity.allows(operands) {
            let wanted = match row.arity {
                Arity::Exactly(count) => count.to_string(),
                Arity::AtLeast(count) => format!("at least {count}"),
            };
            self.error(name, format!("`{name}` takes {wanted} operands, and here it has {operands}"), None);
        }
    }

    fn condition(&mut self, text: &ConditionText<'_>) -> Option<Condition> {
        let Some(native) = CONDITIONS.iter().position(|row| row.name == text.name) else {
            let names: Vec<&str> = CONDITIONS.iter().map(|row| row.name).collect();
            let help = near(text.name, &names).map_or_else(|| format!("conditions are {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            self.error(text.name, format!("there is no condition `{}`", text.name), Some(help));
            return None;
        };
        let row = &CONDITIONS[native];
        if row.arguments.len() != text.arguments.len() {
            self.error(text.name, format!("`{}` takes {} arguments: {}", row.name, row.arguments.len(), row.doc), None);
            return None;
        }
        let arguments: Option<Vec<Slot>> =
            row.arguments.iter().zip(&text.arguments).map(|(&kind, argument)| self.argument(argument, kind)).collect();
        Some(Condition { native, arguments: arguments?, negated: text.negated })
    }

    fn argument(&mut self, argument: &OperandText<'_>, kind: Kind) -> Option<Slot> {
        let (at, found) = match argument {
            OperandText::Name(name) => (*name, Kind::Value),
            OperandText::Constant(name) => (*name, Kind::Constant),
            OperandText::ChainName(name) => (*name, Kind::Chain),
            OperandText::Param(name) => (*name, Kind::Param),
            OperandText::Number(_, text) => (*text, Kind::Constant),
            OperandText::Chain { name, .. } => (*name, Kind::Value),
            OperandText::Call { function, .. } => (*function, Kind::Value),
        };
        let plain = !matches!(argument, OperandText::Number(..) | OperandText::Chain { .. } | OperandText::Call { .. });
        if found != kind || !plain {
            self.error(at, format!("{} is wanted here", kind.word()), None);
            return None;
        }
        self.known(at, kind)
    }

    /// Compiles the lines of `rewrite`, the last of which must give the root's name a new value.
    fn steps(&mut self, lines: &[LineText<'_>], root: &str) -> Vec<Step> {
        if let Some(last) = lines.last().filter(|last| last.name != root) {
            self.error(last.name, format!("the last line must give `{root}` its new value"), Some(format!("`{root}` is the last line of `match`")));
        }
        let mut steps = Vec::new();
        for line in lines {
            let value = match &line.value {
                ValueText::Operand(operand) => self.expr(operand).map(StepValue::Expr),
                ValueText::Eqn { primitive, params, operands } => {
                    self.check_primitive(primitive, params.iter().map(|(key, _)| *key), operands.len());
                    let params = params.iter().map(|(key, text)| ((*key).to_owned(), self.param(text, false))).collect();
                    let operands: Option<Vec<Expr>> = operands.iter().map(|operand| self.expr(operand)).collect();
                    operands.map(|operands| StepValue::Eqn { primitive: (*primitive).to_owned(), params, operands })
                }
            };
            let fresh = !self.slots.contains_key(&format!("{:?}{}", Kind::Value, line.name));
            if !fresh && line.name != root {
                self.error(line.name, format!("`{}` has a value already", line.name), Some("a line of `rewrite` binds a new name".to_owned()));
            }
            let slot = self.slot(line.name, Kind::Value);
            steps.extend(value.map(|value| Step { slot, value }));
        }
        steps
    }

    fn expr(&mut self, operand: &OperandText<'_>) -> Option<Expr> {
        Some(match operand {
            OperandText::Name(name) => Expr::Slot(self.known(name, Kind::Value)?),
            OperandText::Constant(name) => Expr::Slot(self.known(name, Kind::Constant)?),
            OperandText::Param(name) => Expr::Slot(self.known(name, Kind::Param)?),
            OperandText::Number(value, _) => Expr::Number(*value),
            OperandText::Chain { name, inner, .. } => {
                Expr::Chain(self.known(name, Kind::Chain)?, Box::new(self.expr(inner)?))
            }
            OperandText::ChainName(name) => {
                self.error(name, "a chain is applied to a value: `?B(x)`".to_owned(), None);
                return None;
            }
            OperandText::Call { function, arguments } => {
                let Some(native) = FUNCTIONS.iter().position(|row| row.name == *function) else {
                    let names: Vec<&str> = FUNCTIONS.iter().map(|row| row.name).collect();
                    let help = near(function, &names).map_or_else(|| format!("functions are {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
                    self.error(function, format!("there is no function `{function}`"), Some(help));
                    return None;
                };
                let row = &FUNCTIONS[native];
                if row.arguments.len() != arguments.len() {
                    self.error(function, format!("`{}` takes {} arguments: {}", row.name, row.arguments.len(), row.doc), None);
                    return None;
                }
                let arguments: Option<Vec<Expr>> = arguments.iter().map(|argument| self.expr(argument)).collect();
                Expr::Native { native, arguments: arguments? }
            }
        })
    }

    /// Parameters and chains that nobody reads are mistakes; a value may be a wildcard.
    fn check_used(&mut self) {
        let mut unused: Vec<(String, Named)> = self
            .slots
            .iter()
            .filter(|(_, named)| matches!(named.kind, Kind::Param | Kind::Constant) && !self.used.contains(&named.slot))
            .map(|(key, named)| (key.clone(), *named))
            .collect();
        unused.sort_by_key(|(_, named)| named.span);
        for (key, named) in unused {
            let name = key.trim_start_matches(&format!("{:?}", named.kind)).to_owned();
            self.errors.push(RuleError {
                span: named.span,
                related: None,
                message: format!("`{name}` is bound and never used"),
                help: Some("leave it out, or say what it is for".to_owned()),
            });
        }
    }
}

/// Primitives whose two operands may change places.
const COMMUTATIVE: [&str; 8] = ["add", "add_any", "mul", "max", "min", "and", "or", "eq"];
