//! `jaxpeep completions` and `jaxpeep man`: made from the same definitions that parse the arguments.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::input::usage;
use super::output::Terminal;
use super::wrong;
use super::{Exit, Run};
use crate::diagnostics;

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) -> Run {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "jaxpeep", &mut script);
    Terminal::print_raw(&script)?;
    Ok(Exit::Clean)
}

/// Prints the manual page of jaxpeep, or of one of its commands.
pub(super) fn man(name: Option<&str>) -> Run {
    let mut command = Cli::command();
    command.build();
    let command = match name {
        None => command,
        Some(name) => {
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let Some(found) = command.find_subcommand(name) else {
                let near = diagnostics::similar(name, names.iter().copied());
                let help = near.map_or_else(
                    || format!("commands: {}", names.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(usage(format!("there is no command `{name}`")).help(help).into());
            };
            found.clone().display_name(format!("jaxpeep-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| wrong::io("write", "standard output", &error))?;
    Terminal::print_raw(&page)?;
    Ok(Exit::Clean)
}
