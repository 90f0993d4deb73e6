//! The arguments of what writes Python.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::emit::is_identifier;

#[derive(Args, Debug)]
pub(in crate::cli) struct EmitArgs {
    /// The print-out, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) file: PathBuf,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) python: PythonArgs,
}

/// How Python is written.
#[derive(Args, Debug)]
pub(in crate::cli) struct PythonArgs {
    /// The name of the function
    #[arg(long, value_name = "NAME", default_value = "main", value_parser = identifier, help_heading = "Python")]
    pub(in crate::cli) name: String,
    /// Refuse a program whose derivatives, callbacks or shardings the text does not carry
    #[arg(long, help_heading = "Python")]
    pub(in crate::cli) strict: bool,
    /// Call `live(path, operands)` for them: the package `jaxpeep` takes them from the traced jaxpr
    #[arg(long, conflicts_with = "strict", help_heading = "Python")]
    pub(in crate::cli) live: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Emit {
    /// Jaxpr text
    Jaxpr,
    /// A Python module
    Python,
}

/// A name that a Python function may have.
fn identifier(text: &str) -> Result<String, String> {
    if is_identifier(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a name that Python and the module leave free, such as loss".to_owned())
    }
}
