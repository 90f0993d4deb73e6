//! Runs the examples of a rule file: what `rules test` does, and what the project's own tests do with every rule.

use super::{Options, improve};
use crate::ir::{Program, validate};
use crate::lower::lower;
use crate::print::print;
use crate::rules::{Example, RuleInfo, RuleSet};
use crate::schema;
use crate::syntax;

/// What became of one example.
#[derive(Clone, Debug)]
pub struct ExampleResult {
    /// The rule's name.
    pub rule: String,
    /// The example's title.
    pub title: String,
    /// Whether the rule was meant to fire.
    pub fires: bool,
    /// The rewritten jaxpr, where it was meant to fire and did.
    pub rewritten: Option<String>,
    /// What went wrong.
    pub failure: Option<String>,
}

/// Runs all examples of the rules that `wanted` picks, with all rules of the set loaded.
pub fn run_examples(rules: &RuleSet, wanted: impl Fn(&RuleInfo) -> bool) -> Vec<ExampleResult> {
    let chosen = rules.infos().iter().filter(|info| wanted(info));
    chosen
        .flat_map(|info| {
            let fires = info.fires.iter().map(|example| (example, true));
            let declines = info.declines.iter().map(|example| (example, false));
            fires
                .chain(declines)
                .map(|(example, fires)| run(rules, info, example, fires))
        })
        .collect()
}

fn run(rules: &RuleSet, info: &RuleInfo, example: &Example, fires: bool) -> ExampleResult {
    let (rewritten, failure) = match outcome(rules, info, example, fires) {
        Ok(rewritten) => (rewritten, None),
        Err(failure) => (None, Some(failure)),
    };
    ExampleResult {
        rule: info.name.clone(),
        title: example.title.clone(),
        fires,
        rewritten,
        failure,
    }
}

fn outcome(
    rules: &RuleSet,
    info: &RuleInfo,
    example: &Example,
    fires: bool,
) -> Result<Option<String>, String> {
    let options = Options {
        approximate: true,
        ..Options::default()
    };
    let mut program = read_example(&example.jaxpr)?;
    let outcome = improve(&mut program, rules, &options);
    let fired = outcome
        .rewrites
        .iter()
        .any(|finding| finding.rule == info.name || finding.then.contains(&info.name));
    match (fires, fired) {
        (true, false) => {
            let others: Vec<&str> = outcome
                .rewrites
                .iter()
                .map(|finding| finding.rule.as_str())
                .collect();
            let mut refused = outcome
                .pending
                .iter()
                .filter(|pending| pending.finding.rule == info.name);
            return Err(match (others.is_empty(), refused.next()) {
                (_, Some(pending)) => format!("it matches and cannot be applied: {}", pending.reason),
                (true, None) => "it does not fire".to_owned(),
                (false, None) => format!("it does not fire, but {} does", others.join(", ")),
            });
        }
        (false, true) => return Err("it fires, and should not".to_owned()),
        (false, false) => return Ok(None),
        (true, true) => {}
    }
    if let Some(fault) = validate(&program).first() {
        return Err(format!("the result is not sound: {fault}"));
    }
    if let Some(disagreement) = schema::check(&program).first() {
        return Err(format!(
            "the result does not type-check: {}",
            disagreement.message
        ));
    }
    let text = print(&program);
    let mut again = read_example(&text)?;
    if print(&again) != text {
        return Err("the result does not print as it was read".to_owned());
    }
    if let Some(finding) = improve(&mut again, rules, &options).rewrites.first() {
        return Err(format!(
            "`{}` fires on the result: {}",
            finding.rule, finding.equation
        ));
    }
    Ok(Some(text))
}

/// The program of an example, type-checked, or what is wrong with it.
pub(crate) fn read_example(text: &str) -> Result<Program, String> {
    let (ast, errors) = syntax::parse(text);
    if let Some(error) = errors.first() {
        return Err(format!(
            "`{}` is not a jaxpr: {:?}",
            error.span.text(text),
            error.kind
        ));
    }
    let (programs, errors) = lower(text, &ast);
    if let Some(error) = errors.first() {
        return Err(format!("`{}`: {:?}", error.span.text(text), error.kind));
    }
    let mut program = programs.into_iter().next().ok_or("there is no jaxpr")?;
    schema::infer_literal_types(&mut program);
    match schema::check(&program).first() {
        Some(disagreement) => Err(format!(
            "the example does not type-check: {}",
            disagreement.message
        )),
        None => Ok(program),
    }
}
