//! The command line: one module a subcommand, each of which gathers, calls and renders.
//!
//! Everything that is read or written passes through [`input`] and [`output`]; nothing else in the crate touches
//! a file or a terminal. Nothing here knows how programs are improved.

mod args;
mod arrays;
mod baseline;
mod bug;
mod cases;
mod check;
mod config;
mod emit;
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
mod shell;
mod single;
mod trace;
mod verify;
mod wrong;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, ListFormat};
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

impl Exit {
    /// Of a command that ran through.
    fn findings_if(found: bool) -> Self {
        if found { Self::Findings } else { Self::Clean }
    }
}

/// Why a command gave up.
#[derive(Debug)]
enum Stop {
    /// This is wrong.
    Wrong(Box<crate::diagnostics::Diagnostic>),
    /// The user has been told already.
    Told,
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
    let terminal = if answers_in_json(&cli.command) {
        terminal.keeping_errors()
    } else {
        terminal
    };
    let ended = match &cli.command {
        Command::Rewrite(args) => rewrite::run(args, &terminal),
        Command::Check(args) => check::run(args, &terminal),
        Command::Eval(args) => eval::run(args, &terminal),
        Command::Verify(args) => verify::run(args, &terminal),
        Command::Trace(args) => trace::run(args, &terminal),
        Command::Emit(args) => emit::run(args, &terminal),
        Command::Fmt(args) => fmt::run(args, &terminal),
        Command::Rules(args) => rules::run(args, &terminal),
        Command::Explain(args) => explain::run(args, &terminal),
        Command::Completions { shell } => pages::completions(*shell),
        Command::Man { command } => pages::man(command.as_deref()),
    };
    let exit = match ended {
        Ok(exit) => exit,
        Err(Stop::Wrong(diagnostic)) => {
            terminal.diagnostic(&diagnostic, None);
            Exit::Bad
        }
        Err(Stop::Told) => Exit::Bad,
    };
    match terminal.kept_errors() {
        Some(errors) if !errors.is_empty() => {
            // Nobody can be told that standard output cannot be written to.
            let _ = terminal.print(&json::failure(errors));
        }
        _ => {}
    }
    exit
}

/// Whether a command that gives one answer gives it as JSON: then what is wrong is JSON too, on the same stream.
fn answers_in_json(command: &Command) -> bool {
    let format = match command {
        Command::Eval(args) => args.format,
        Command::Verify(args) => args.format,
        Command::Trace(args) => args.format,
        _ => return false,
    };
    format == ListFormat::Json
}
