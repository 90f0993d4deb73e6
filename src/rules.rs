//! The rules: one file each, its name, its reason, its matcher, its replacement and its tests in one place.

mod exp_log;
mod linalg;
pub mod measured;
mod segments;
mod table;

pub use crate::rewrite::{Example, RuleError, Safety};
pub use linalg::Ridge;
pub use table::markdown_table;

use crate::ir::Program;
use crate::rewrite::{Inputs, NativeRule, Phase, Rule, compile, parse_rule};

/// What people read about a rule.
#[derive(Clone, Debug, PartialEq)]
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
    /// When it is tried.
    pub phase: Phase,
    /// Its `match`, `where` and `rewrite` clauses, as written in the file.
    pub text: String,
    /// Jaxprs on which it fires.
    pub fires: Vec<Example>,
    /// Jaxprs on which it does not, with the reason.
    pub declines: Vec<Example>,
    /// Inputs that the naive form gets wrong: `x = [1000, 2000]`. The names are those of the first `match`, or the
    /// inputs of the first example.
    pub witness: Vec<Inputs>,
    /// Inputs on which the value, NaN and infinities included, must stay.
    pub preserve: Vec<Inputs>,
}

/// A set of rules, compiled.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    infos: Vec<RuleInfo>,
    rules: Vec<Rule>,
    /// How many of them, the first ones, come with jaxpeep.
    builtin: usize,
}

/// The rules that come with jaxpeep: `(family, text)`. A test holds the list against the folder.
macro_rules! rule_files {
    ($($family:ident / $name:ident),+ $(,)?) => {
        &[$((stringify!($family), include_str!(concat!("rules/", stringify!($family), "/", stringify!($name), ".rule")))),+]
    };
}

const BUILTIN: &[(&str, &str)] = rule_files![
    cancellation / cosh_minus_one,
    cancellation / difference_of_squares,
    cancellation / exp_from_expm1,
    cancellation / expm1_minus,
    cancellation / expm1,
    cancellation / log1p,
    cancellation / log_one_minus_square,
    cancellation / log_one_plus_power,
    cancellation / log_one_plus_square,
    cancellation / log_ratio_near,
    cancellation / one_minus_cos,
    cancellation / power_minus_one,
    cancellation / power_near_one,
    cancellation / pythagoras,
    cancellation / sine_complement,
    cancellation / square_root_difference,
    cancellation / square_root_minus,
    cumulative / cumlogsumexp,
    exp_log / exp_product_chain,
    exp_log / exp_product,
    exp_log / log1mexp,
    exp_log / log2,
    exp_log / log_difference,
    exp_log / log_exp,
    exp_log / log_expm1,
    exp_log / log_power,
    exp_log / log_product,
    exp_log / log_ratio,
    exp_log / log_root,
    exp_log / log_scaled_sum,
    exp_log / logaddexp_constants,
    exp_log / logaddexp,
    exp_log / logaddexp_weights,
    exp_log / logsumexp,
    exp_log / logsumexp_base,
    exp_log / logsumexp_difference,
    exp_log / logsumexp_dot,
    exp_log / logsumexp_mask,
    exp_log / logsumexp_nested,
    exp_log / logsumexp_pieces,
    exp_log / logsumexp_product,
    exp_log / logsumexp_weights,
    exp_log / power,
    hyperbolic / inverse_hyperbolic,
    hyperbolic / log_cosh,
    hyperbolic / log_tanh_complement,
    hyperbolic / sinh,
    hyperbolic / tanh,
    hyperbolic / tanh_complement,
    hyperbolic / tanh_derivative,
    lift / exponent_lifting,
    gradients / double_where,
    gradients / select_sink,
    linalg / log_determinant,
    linalg / regularized_inverse,
    logistic / log_sigmoid,
    logistic / logistic,
    logistic / log_logistic_difference,
    logistic / logistic_complement,
    logistic / logistic_derivative,
    logistic / logistic_numerator,
    logistic / logistic_pair,
    logistic / logistic_reflected,
    logistic / logistic_tanh,
    logistic / log_logistic_mixture,
    logistic / logit,
    logistic / odds,
    logistic / softplus,
    logistic / softplus_reflected,
    norms / absolute_value,
    norms / hypot,
    norms / log_norm,
    norms / normalize,
    norms / p_norm,
    norms / quotient_of_squares,
    norms / scaled_norm,
    norms / squared_distance,
    norms / squared_norm,
    norms / squared_norm_gradient,
    precision / accumulate,
    precision / round_late,
    precision / round_product_late,
    segments / logsumexp_segments,
    segments / softmax_segments,
    products / geometric_mean,
    products / log_prod,
    softmax / log_softmax,
    softmax / log_softmax_difference,
    softmax / log_softmax_weights,
    softmax / softmax,
    softmax / softmax_offset,
    special / angle,
    special / erfc,
    special / gamma_ratio,
    special / lbeta,
    special / log_binomial,
    special / log_erfc,
    special / log_ndtr,
    special / normal_survival,
    special / removable_singularity,
    special / xlogy,
    special / xlogy_dot,
    variance / two_pass_covariance,
    variance / two_pass_dot,
    variance / two_pass_variance,
];

/// The rules written in Rust, for one program; without a ridge, inverses are left alone.
pub fn natives(program: &Program, ridge: Option<Ridge>) -> Vec<Box<dyn NativeRule>> {
    let mut natives: Vec<Box<dyn NativeRule>> = vec![
        Box::new(exp_log::LogsumexpPieces),
        Box::new(linalg::LogDeterminant),
        Box::new(segments::LogsumexpSegments),
        Box::new(segments::SoftmaxSegments),
    ];
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
        let mut errors = Vec::new();
        if let Some(known) = self.infos.iter().find(|info| info.name == parsed.name) {
            let message = format!(
                "there is a rule `{}` already, in the family {}",
                parsed.name, known.family
            );
            errors.push(RuleError::new(parsed.name_span, message).help("give this one a name of its own"));
        }
        let is_builtin = BUILTIN.iter().any(|(_, builtin)| *builtin == text);
        // A rule in Rust needs its code, which the file of somebody else does not bring.
        if parsed.native.is_some() && !is_builtin {
            let error = RuleError::new(
                parsed.name_span,
                "only rules that come with jaxpeep are written in Rust",
            );
            errors.push(error.help("say with `match` and `rewrite` what this one does"));
        }
        let rule = match compile(&parsed) {
            Ok(rule) if errors.is_empty() => rule,
            compiled => {
                errors.extend(compiled.err().into_iter().flatten());
                return Err(errors);
            }
        };
        let at = if is_builtin {
            self.builtin
        } else {
            self.rules.len()
        };
        self.builtin += usize::from(is_builtin);
        self.rules.insert(at, rule);
        let info = RuleInfo {
            name: parsed.name,
            family: family.to_owned(),
            summary: parsed.summary,
            identity: parsed.identity,
            source: parsed.source,
            safety: parsed.safety.unwrap_or(Safety::Approximate),
            phase: parsed.phase.unwrap_or_default(),
            text: parsed.body,
            fires: parsed.fires,
            declines: parsed.declines,
            witness: parsed.witness,
            preserve: parsed.preserve,
        };
        self.infos.insert(at, info);
        Ok(())
    }

    /// What people read about the rules: first those that come with jaxpeep.
    pub fn infos(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// The compiled rules in the order in which they are tried in a phase: the user's own ones come first, so that they
    /// may replace what others would.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let (builtin, own) = self.rules.split_at(self.builtin);
        own.iter().chain(builtin)
    }
}
