//! The command line: one module a subcommand, each of which gathers, calls and renders.
//!
//! Everything that is read or written passes through [`input`] and [`output`]; nothing else in the crate touches
//! a file or a terminal. Nothing here knows how programs are improved.

mod args;
mod baseline;
mod bug;
mod cases;
mod check;
mod config;
mod eval;
mod explain;
mod fmt;
mod input;
mod json;
mod npz;
mod output;
mod pages;
mod progress;
mod python_line;
mod report;
mod rewrite;
mod rules;
mod settings;
mod single;
mod wrong;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use output::Terminal;

/// How a run ended; the number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Nothing to report.
    Clean = 0,
    /// Findings, or differences.
    Findings = 1,
    /// Input or usage that is wrong.
    Bad = 2,
    /// A bug in jaxpeep.
    Bug = 3,
}

/// Why a command gave up.
#[derive(Debug)]
enum Stop {
    /// This is wrong.
    Wrong(Box<crate::diagnostics::Diagnostic>),
    /// The user has been told already.
    Told,
    /// Nobody reads standard output any more.
    Closed,
}

impl From<crate::diagnostics::Diagnostic> for Stop {
    fn from(diagnostic: crate::diagnostics::Diagnostic) -> Self {
        Self::Wrong(Box::new(diagnostic))
    }
}

/// What commands return.
type Run = Result<Exit, Stop>;

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(bug::guard(move || run(&cli)) as u8)
}

fn run(cli: &Cli) -> Exit {
    let terminal = Terminal::new(cli.global.color, cli.global.quiet, cli.global.verbose > 0);
    let ended = match &cli.command {
        Command::Rewrite(args) => rewrite::run(args, &terminal),
        Command::Check(args) => check::run(args, &terminal),
        Command::Eval(args) => eval::run(args, &terminal),
        Command::Fmt(args) => fmt::run(args, &terminal),
        Command::Rules(args) => rules::run(args, &terminal),
        Command::Explain(args) => explain::run(args, &terminal),
        Command::Completions { shell } => pages::completions(*shell),
        Command::Man { command } => pages::man(command.as_deref()),
    };
    match ended {
        Ok(exit) => exit,
        Err(Stop::Wrong(diagnostic)) => {
            terminal.diagnostic(&diagnostic, None);
            Exit::Bad
        }
        Err(Stop::Told) => Exit::Bad,
        Err(Stop::Closed) => Exit::Clean,
    }
}
