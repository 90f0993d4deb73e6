//! The arguments of the commands that run programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ImproveArgs, ListFormat};

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("numbers").required(true).args(["inputs", "cases"]))]
pub(in crate::cli) struct EvalArgs {
    /// The print-out, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) file: PathBuf,
    /// Arrays named by variable, or `arg0`, `arg1`, …, or as `numpy.savez(path, *inputs)` names them; or labelled inputs, with the values of constvars
    #[arg(long, value_name = "FILE.npz|CASES.json")]
    pub(in crate::cli) inputs: Option<PathBuf>,
    /// Recorded inputs and results; the exit code is 1 if any output differs
    #[arg(long, value_name = "CASES.json")]
    pub(in crate::cli) cases: Option<PathBuf>,
    /// Run this case only
    #[arg(long, value_name = "LABEL")]
    pub(in crate::cli) case: Option<String>,
    /// Give up on `while` loops, and on `scan` loops, that run longer than this, all together
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 1_000_000_000,
        allow_negative_numbers = true
    )]
    pub(in crate::cli) max_iterations: u64,
    /// What the numbers are: those of the program's dtypes, doubles without rounding to them, or the reals
    #[arg(long, default_value = "native", conflicts_with = "cases")]
    pub(in crate::cli) precision: Precision,
    /// Write the outputs to this archive, as `out0`, `out1`, …
    #[arg(long, value_name = "FILE.npz", conflicts_with = "cases")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// The form of the report
    #[arg(long, default_value = "text")]
    pub(in crate::cli) format: ListFormat,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct VerifyArgs {
    /// The program as it was
    #[arg(value_name = "ORIGINAL")]
    pub(in crate::cli) original: PathBuf,
    /// The program as it is now [default: what `rewrite` gives]
    #[arg(value_name = "REWRITTEN")]
    pub(in crate::cli) rewritten: Option<PathBuf>,
    /// Compare at these inputs only, and not at drawn ones
    #[arg(long, value_name = "FILE.npz|CASES.json")]
    pub(in crate::cli) inputs: Option<PathBuf>,
    /// Points to draw from each stratum of magnitudes [default: 16]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(in crate::cli) samples: Option<u32>,
    /// Where all randomness comes from [default: 0]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(in crate::cli) seed: Option<u64>,
    /// Compare at this point only
    #[arg(long, value_name = "LABEL")]
    pub(in crate::cli) point: Option<String>,
    /// Write a page with the difference, the derivation, errors and plots
    #[arg(long, value_name = "FILE.html")]
    pub(in crate::cli) report: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) improve: ImproveArgs,
    /// The form of the report
    #[arg(long, default_value = "text")]
    pub(in crate::cli) format: ListFormat,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct TraceArgs {
    /// The print-out, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) file: PathBuf,
    /// Arrays named by variable, or `arg0`, `arg1`, …, or as `numpy.savez(path, *inputs)` names them; or labelled inputs, with the values of constvars
    #[arg(long, value_name = "FILE.npz|CASES.json")]
    pub(in crate::cli) inputs: PathBuf,
    /// Run this case only
    #[arg(long, value_name = "LABEL")]
    pub(in crate::cli) case: Option<String>,
    /// Also find the equations that lose most digits, beside an evaluation that does not round
    #[arg(long)]
    pub(in crate::cli) precision: bool,
    /// Give up on `while` loops, and on `scan` loops, that run longer than this, all together
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 10_000_000,
        allow_negative_numbers = true
    )]
    pub(in crate::cli) max_iterations: u64,
    /// Print the jaxpr with the range of each value and its first infinity or NaN beside its line
    #[arg(long, conflicts_with = "format")]
    pub(in crate::cli) annotate: bool,
    /// The form of the report
    #[arg(long, default_value = "text")]
    pub(in crate::cli) format: ListFormat,
    #[command(flatten)]
    pub(in crate::cli) improve: ImproveArgs,
}

/// The arithmetic of `eval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Precision {
    /// As JAX on CPU computes
    Native,
    /// Doubles that no operation rounds to a dtype
    F64,
    /// Over the reals, rounded to the dtypes of the outputs at the end
    Exact,
}
