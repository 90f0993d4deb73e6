//! `jaxpeep fmt`: jaxprs as JAX prints them.

use std::borrow::Cow;

use super::args::FmtArgs;
use super::input::{self, Input, usage};
use super::output::{Terminal, write_file};
use super::settings::worst;
use super::{Exit, Run, bug, report};
use crate::load::{Broken, Loaded, load};
use crate::print::{Naming, SkippedNames, print, renumber};
use crate::schema::{self, Version};

/// Runs the command.
pub(super) fn run(args: &FmtArgs, terminal: &Terminal) -> Run {
    let gathered = input::gather(&args.files.files);
    gathered
        .wrong
        .iter()
        .for_each(|wrong| terminal.diagnostic(wrong, None));
    let to_stdout = !(args.check || args.diff || args.in_place);
    if to_stdout && gathered.inputs.len() > 1 {
        let error = usage(format!(
            "{} inputs cannot go to one standard output",
            gathered.inputs.len()
        ));
        return Err(error
            .help("replace the files with `-i`, or look at them with `--diff` or `--check`")
            .into());
    }
    if args.in_place && gathered.inputs.iter().any(|input| input.path.is_none()) {
        return Err(usage("standard input cannot be replaced: `-i` needs files").into());
    }
    let files = input::each(&gathered.inputs, terminal, |input| format(input, args.renumber));
    let mut exit = worst(gathered.wrong.iter().map(|_| Exit::Bad));
    for (input, file) in gathered.inputs.iter().zip(&files) {
        exit = exit.max(finish(input, file, args, terminal)?);
    }
    Ok(exit)
}

/// A file formatted, or why it cannot be.
type Answer = Result<Formatted, Broken>;

struct Formatted {
    loaded: Loaded,
    /// What the file held, colours included.
    before: Vec<u8>,
    after: String,
}

fn format(input: &Input, renumbered: bool) -> Answer {
    let before = input::read(input)?;
    let mut loaded = load(&input.name, &before)?;
    let texts = loaded.units.iter_mut().map(|unit| {
        if renumbered {
            let version = schema::detect(&unit.program).until;
            renumber(&mut unit.program, naming(version));
        }
        Cow::Owned(print(&unit.program))
    });
    let texts: Vec<Cow<'_, str>> = texts.collect();
    let after = tidy(&loaded.assemble(&texts));
    Ok(Formatted {
        loaded,
        before,
        after,
    })
}

/// How a release names variables.
fn naming(version: Version) -> Naming {
    Naming {
        bodies_reuse_names: version >= Version::V0_5_3,
        repeats_keep_names: version <= Version::V0_9,
        drop_top_outputs: version >= Version::V0_10,
        skipped: if version >= Version::V0_10 {
            SkippedNames::All
        } else {
            SkippedNames::Printed
        },
    }
}

/// White space around the print-outs is nobody's; one newline ends the file, as `print` ends it.
fn tidy(text: &str) -> String {
    let mut tidy = text.trim_start_matches([' ', '\t', '\n']).trim_end().to_owned();
    // An equation without operands ends in a blank, but no print-out does.
    tidy.push('\n');
    tidy
}

fn finish(input: &Input, file: &Answer, args: &FmtArgs, terminal: &Terminal) -> Run {
    let formatted = match file {
        Ok(formatted) => formatted,
        Err(Broken { text, diagnostics }) => {
            terminal.broken(&input.name, text, diagnostics);
            return Ok(bug::exit(diagnostics));
        }
    };
    let after = formatted.loaded.with_line_ends(&formatted.after);
    let differs = formatted.before != after.as_bytes();
    if args.check {
        if differs {
            terminal.print(&format!("{}\n", input.name))?;
        }
    } else if args.diff {
        let before = String::from_utf8_lossy(&formatted.before);
        terminal.print(&report::diff(&input.name, &before, &after))?;
    } else if args.in_place {
        if let (true, Some(path)) = (differs, &input.path) {
            if let Err(wrong) = write_file(path, after.as_bytes()) {
                terminal.diagnostic(&wrong, None);
                return Ok(Exit::Bad);
            }
            terminal.say(&format!("{}: formatted\n", input.name));
        }
    } else {
        Terminal::print_raw(after.as_bytes())?;
    }
    let reports = args.check || args.diff;
    Ok(Exit::findings_if(reports && differs))
}
