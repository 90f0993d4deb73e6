//! The rules: one file each, its name, its reason, its matcher, its replacement and its tests in one place.

mod examples;
mod linalg;

pub use examples::{ExampleResult, run_examples};
pub use linalg::Ridge;

use crate::ir::Program;
use crate::rewrite::{NativeRule, Rule, compile, parse_rule};

/// Whether a rule may change values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// The same value up to rounding, everywhere.
    Exact,
    /// The same value where the original was right; possibly right where it was not.
    Refines,
    /// Changes values where nothing was wrong; has to be asked for.
    Approximate,
}

/// A jaxpr on which a rule fires, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the example shows; for one on which the rule declines, the reason.
    pub title: String,
    /// The jaxpr's text.
    pub jaxpr: String,
}

/// What people read about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// `logsumexp`.
    pub name: String,
    /// The folder of the rule's file: `softmax`.
    pub family: String,
    /// What goes wrong without the rule, in one line.
    pub summary: String,
    /// The identity over the reals.
    pub identity: String,
    /// Where the formula comes from.
    pub source: String,
    /// Whether it may change values.
    pub safety: Safety,
    /// Its `match`, `where` and `rewrite` clauses, as written in the file.
    pub text: String,
    /// Jaxprs on which it fires.
    pub fires: Vec<Example>,
    /// Jaxprs on which it does not, with the reason.
    pub declines: Vec<Example>,
    /// Inputs that the naive form gets wrong: `x = [1000, 2000]`.
    pub witness: Vec<String>,
    /// Inputs on which the value, NaN and infinities included, must stay.
    pub preserve: Vec<String>,
}

/// Something wrong with a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Where in the file.
    pub span: crate::span::Span,
    /// A further place that matters, and what stands there.
    pub related: Option<(crate::span::Span, String)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A set of rules, compiled.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    infos: Vec<RuleInfo>,
    rules: Vec<Rule>,
}

/// The rules that come with jaxpeep: `(family, text)`. A test holds the list against the folder.
macro_rules! rule_files {
    ($($family:ident / $name:ident),+ $(,)?) => {
        &[$((stringify!($family), include_str!(concat!("rules/", stringify!($family), "/", stringify!($name), ".rule")))),+]
    };
}

const BUILTIN: &[(&str, &str)] = rule_files![
    exp_log / log_exp,
    exp_log / log_ratio,
    exp_log / log_scaled_sum,
    exp_log / logaddexp,
    exp_log / logsumexp,
    exp_log / logsumexp_mask,
    exp_log / logsumexp_nested,
    exp_log / logsumexp_product,
    exp_log / logsumexp_weights,
    linalg / regularized_inverse,
    logistic / log_sigmoid,
    logistic / logistic,
    logistic / logistic_reflected,
    logistic / softplus,
    softmax / log_softmax,
    softmax / log_softmax_difference,
    softmax / softmax,
];

/// The rules written in Rust, for one program; without a ridge, inverses are left alone.
pub fn natives(program: &Program, ridge: Option<Ridge>) -> Vec<Box<dyn NativeRule>> {
    let mut natives: Vec<Box<dyn NativeRule>> = Vec::new();
    if let Some(ridge) = ridge {
        natives.push(Box::new(linalg::RegularizedInverse::new(program, ridge)));
    }
    natives
}

impl RuleSet {
    /// The rules that come with jaxpeep.
    ///
    /// # Panics
    /// If one of them does not compile, which every test run would show.
    pub fn builtin() -> Self {
        let mut set = Self::default();
        for (family, text) in BUILTIN {
            if let Err(errors) = set.add_file(family, text) {
                let head = text.lines().next().unwrap_or_default();
                panic!("built-in `{head}`: {errors:?}");
            }
        }
        set
    }

    /// Adds the rule of one `.rule` file.
    ///
    /// # Errors
    /// Everything that is wrong with the file; then its rule is not added.
    pub fn add_file(&mut self, family: &str, text: &str) -> Result<(), Vec<RuleError>> {
        let parsed = parse_rule(text)?;
        if self.infos.iter().any(|info| info.name == parsed.name) {
            return Err(vec![RuleError {
                span: parsed.name_span,
                related: None,
                message: format!("there is a rule `{}` already", parsed.name),
                help: Some("give it a name of its own".to_owned()),
            }]);
        }
        self.rules.push(compile(&parsed)?);
        self.infos.push(RuleInfo {
            name: parsed.name,
            family: family.to_owned(),
            summary: parsed.summary,
            identity: parsed.identity,
            source: parsed.source,
            safety: parsed.safety.unwrap_or(Safety::Approximate),
            text: parsed.body,
            fires: parsed.fires,
            declines: parsed.declines,
            witness: parsed.witness,
            preserve: parsed.preserve,
        });
        Ok(())
    }

    /// What people read about the rules, in the order in which they are tried.
    pub fn infos(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// The compiled rules, in the same order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
