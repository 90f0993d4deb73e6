//! The arguments, as clap reads them. Their doc comments are the help that users see.

mod numbers;
mod python;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::diagnostics::Severity;
use crate::improve::Regularize;
use crate::schema::Version;

pub(super) use numbers::{EvalArgs, Precision, TraceArgs, VerifyArgs};
pub(super) use python::{Emit, EmitArgs, PythonArgs};

/// Reads printed jaxprs and rewrites them so that they no longer overflow, underflow or cancel.
#[derive(Debug, Parser)]
#[command(name = "jaxpeep", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Get a jaxpr with `print(jax.make_jaxpr(f)(*args))`.\n\
    Exit codes: 0 clean, 1 findings or differences, 2 bad input or usage, 3 a bug in jaxpeep.")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

/// What every command takes.
#[derive(Args, Debug)]
pub(super) struct Global {
    /// When to colour output
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(super) color: Color,
    /// Print results and errors only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(super) quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(super) verbose: u8,
}

/// When to colour output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the improved jaxpr, and say on standard error what was done and why
    Rewrite(RewriteArgs),
    /// Report what would be rewritten: for continuous integration
    Check(CheckArgs),
    /// Print what a jaxpr computes on given inputs, or compare it with what JAX computed
    Eval(EvalArgs),
    /// Compare a program before and after a rewrite with the true values
    Verify(VerifyArgs),
    /// Find where NaN and infinities come from on given inputs, how they reach the outputs, and what would fix it
    Trace(TraceArgs),
    /// Print a jaxpr as Python that JAX runs
    Emit(EmitArgs),
    /// Print jaxprs as JAX prints them
    Fmt(FmtArgs),
    /// List the rules, or start and test rules of your own
    Rules(RulesArgs),
    /// Explain a rule: what goes wrong, the identity, its limits, examples
    Explain(ExplainArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// A subcommand, for its own page
        command: Option<String>,
    },
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags that can be given are independent of each other"
)]
pub(super) struct RewriteArgs {
    #[command(flatten)]
    pub(super) files: Files,
    /// Replace the files
    #[arg(short, long, conflicts_with_all = ["output", "diff"])]
    pub(super) in_place: bool,
    /// Write to this file; to this folder if there are several inputs
    #[arg(short, long, value_name = "PATH", conflicts_with = "diff")]
    pub(super) output: Option<PathBuf>,
    /// Show what would change and write nothing; the exit code is 1 if anything would
    #[arg(long, conflicts_with = "format")]
    pub(super) diff: bool,
    /// Compare with the true values, and write nothing that is worse anywhere
    #[arg(long)]
    pub(super) verify: bool,
    /// Print how often each rule was applied instead of the places and, without `-i` and `-o`, of the program
    #[arg(long, conflicts_with = "diff")]
    pub(super) statistics: bool,
    /// What to write
    #[arg(long, value_name = "LANGUAGE", default_value = "jaxpr")]
    pub(super) emit: Emit,
    #[command(flatten)]
    pub(super) python: PythonArgs,
    #[command(flatten)]
    pub(super) improve: ImproveArgs,
    /// The form of the report: on standard error as text, or instead of the program as JSON
    #[arg(long, default_value = "text")]
    pub(super) format: RewriteFormat,
}

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) files: Files,
    #[command(flatten)]
    pub(super) improve: ImproveArgs,
    /// Also compare each rewrite with the true values; one that is worse anywhere is an error
    #[arg(long)]
    pub(super) verify: bool,
    /// The form of the report
    #[arg(long, default_value = "text")]
    pub(super) format: CheckFormat,
    /// Where an input lies, for hazards: `a=-50:50`, or `*=…` for all
    #[arg(long, value_name = "NAME=LOW:HIGH", allow_hyphen_values = true)]
    pub(super) range: Vec<String>,
    /// What an input is, for hazards: positive, nonnegative, nonzero or probability
    #[arg(long, value_name = "NAME=WORD")]
    pub(super) assume: Vec<String>,
    /// Write the inputs on which hazards happen into this folder, as `.npz`
    #[arg(long, value_name = "DIR")]
    pub(super) witness: Option<PathBuf>,
    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<FailOn>,
    /// Print how often each rule was found instead of the findings
    #[arg(long)]
    pub(super) statistics: bool,
    /// Leave out the findings that this file lists
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings to this file, or to that of `--baseline`, and report none
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "the flag may be given without a file")]
    pub(super) write_baseline: Option<Option<PathBuf>>,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags that can be given are independent of each other"
)]
pub(super) struct FmtArgs {
    #[command(flatten)]
    pub(super) files: Files,
    /// Name the files that are not formatted and write nothing; the exit code is 1 if there are any
    #[arg(long)]
    pub(super) check: bool,
    /// Rename variables as JAX counts them: a, b, .. z, ba
    #[arg(long)]
    pub(super) renumber: bool,
    /// Replace the files
    #[arg(short, long, conflicts_with_all = ["check", "diff"])]
    pub(super) in_place: bool,
    /// Show what would change and write nothing; the exit code is 1 if anything would
    #[arg(long, conflicts_with = "check")]
    pub(super) diff: bool,
}

#[derive(Args, Debug)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) command: Option<RulesCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List all rules, each with what goes wrong without it
    List {
        #[command(flatten)]
        own: OwnRules,
        /// The form of the list
        #[arg(long, default_value = "text")]
        format: ListFormat,
    },
    /// Check rule files and run their examples
    Test {
        /// Folder of `.rule` files, or one such file
        dir: PathBuf,
    },
    /// Write NAME.rule: a rule that works, with comments, to start from
    New {
        /// Name of the rule: letters, digits, `-` and `_`
        name: String,
    },
    /// Measure the errors of rules before and after, and what they cost
    Measure {
        /// Names of rules; all if there are none
        #[arg(value_name = "RULE")]
        names: Vec<String>,
        #[command(flatten)]
        own: OwnRules,
        /// Write to this file of measurements what in it is stale, or what is named
        #[arg(long, value_name = "FILE")]
        update: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Name of the rule, as `jaxpeep rules list` prints it
    pub(super) rule: String,
    #[command(flatten)]
    pub(super) own: OwnRules,
}

/// Rules of the user's own.
#[derive(Args, Debug)]
pub(super) struct OwnRules {
    /// Folder with `.rule` files of your own, used beside the built-in rules
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
}

/// What to read.
#[derive(Args, Debug)]
pub(super) struct Files {
    /// Files, folders (all `*.jaxpr` in them), or `-` for standard input
    #[arg(value_name = "FILE|DIR|-")]
    pub(super) files: Vec<PathBuf>,
}

/// How to improve.
#[derive(Args, Debug)]
pub(super) struct ImproveArgs {
    /// Apply these rules only
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(super) only: Vec<String>,
    /// Do not apply these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(super) skip: Vec<String>,
    /// Folder with `.rule` files of your own, used beside the built-in rules
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub(super) rules: Option<PathBuf>,
    /// Add a ridge to inverted matrices: those without an inverse in working precision, all, or none [default: guarded]
    #[arg(long, value_name = "MODE", help_heading = "Rules")]
    pub(super) regularize: Option<RegularizeMode>,
    /// The ridge, relative to the largest absolute entry of the matrix
    #[arg(long, value_name = "R", value_parser = positive, allow_negative_numbers = true, help_heading = "Rules")]
    pub(super) ridge: Option<f64>,
    /// Also apply rules that change values where nothing was wrong
    #[arg(long, value_name = "CLASS", help_heading = "Rules")]
    pub(super) allow: Vec<Allow>,
    /// The JAX release whose spelling new equations use [default: the one that the text shows]
    #[arg(long, value_name = "VERSION", help_heading = "Rules")]
    pub(super) dialect: Option<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RewriteFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people, with the lines that findings are about
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// GitHub annotations
    Github,
    /// XML of `JUnit`, for servers that show results of tests
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Allow {
    Approximate,
}

/// A severity, as `--fail-on` and `fail-on` spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FailOn {
    Error,
    Warning,
    Note,
}

impl FailOn {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
    }
}

/// A mode, as `--regularize` and `[regularize] mode` spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RegularizeMode {
    Guarded,
    Always,
    Off,
}

impl RegularizeMode {
    pub(super) fn mode(self) -> Regularize {
        match self {
            Self::Guarded => Regularize::Guarded,
            Self::Always => Regularize::Always,
            Self::Off => Regularize::Off,
        }
    }
}

/// A finite number above zero.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0, such as 1e-6".to_owned()),
    }
}
