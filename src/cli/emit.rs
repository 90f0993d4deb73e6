//! `jaxpeep emit`: programs as Python that JAX runs.

use std::path::Path;

use super::args::{EmitArgs, PythonArgs};
use super::input::{self, usage};
use super::output::{Terminal, write_file};
use super::{Exit, Run};
use crate::diagnostics::{Diagnostic, Severity, Source};
use crate::emit::{EmitError, Loss, Module, Options, Paths, emit};
use crate::ir::Program;
use crate::load::{Broken, Loaded, load};
use crate::schema::infer_literal_types;

/// Runs the command.
pub(super) fn run(args: &EmitArgs, terminal: &Terminal) -> Run {
    let name = args.file.display().to_string();
    let gathered = input::gather(std::slice::from_ref(&args.file));
    gathered
        .wrong
        .iter()
        .for_each(|wrong| terminal.diagnostic(wrong, None));
    let [input] = gathered.inputs.as_slice() else {
        if gathered.wrong.is_empty() {
            return Err(usage(format!("`{name}` is not one file")).into());
        }
        return Ok(Exit::Bad);
    };
    let bytes = input::read(input)?;
    let written = load(&input.name, &bytes).and_then(|mut loaded| {
        let paths = paths(&loaded, &args.python);
        let module = module(&input.name, &mut loaded, &args.python, paths)?;
        Ok((loaded, module))
    });
    let (loaded, module) = match written {
        Ok(written) => written,
        Err(Broken { text, diagnostics }) => {
            terminal.broken(&input.name, &text, &diagnostics);
            return Ok(Exit::Bad);
        }
    };
    warn(&input.name, &loaded, &module, terminal);
    deliver(args.output.as_deref(), &module.text)
}

fn deliver(output: Option<&Path>, text: &str) -> Run {
    match output {
        Some(path) => write_file(path, text.as_bytes())?,
        None => Terminal::print_raw(text.as_bytes())?,
    }
    Ok(Exit::Clean)
}

/// Where equations stand in the traced jaxpr, if the module is to ask for it.
pub(super) fn paths(loaded: &Loaded, args: &PythonArgs) -> Option<Paths> {
    loaded
        .units
        .first()
        .filter(|_| args.live)
        .map(|unit| Paths::of(&unit.program))
}

/// A file's only print-out as a module, or everything that stands against it.
pub(super) fn module(
    name: &str,
    loaded: &mut Loaded,
    args: &PythonArgs,
    live: Option<Paths>,
) -> Result<Module, Broken> {
    let broken = |diagnostics| Broken {
        text: loaded.text.clone(),
        diagnostics,
    };
    let [unit] = loaded.units.as_mut_slice() else {
        let count = loaded.units.len();
        let message = format!("`{name}` holds {count} print-outs, and a module holds one");
        return Err(broken(vec![usage(message)]));
    };
    infer_literal_types(&mut unit.program);
    let options = Options {
        name: args.name.clone(),
        live,
    };
    let module = emit(&unit.program, &options).map_err(|errors| {
        let spoken = errors.iter().map(|error| inexpressible(error, &unit.program));
        broken(spoken.collect())
    })?;
    if args.strict && !module.losses.is_empty() {
        let losses = module.losses.iter();
        return Err(broken(
            losses
                .map(|loss| lost(loss, &unit.program, Severity::Error))
                .collect(),
        ));
    }
    Ok(module)
}

/// Says on standard error what a module leaves out.
pub(super) fn warn(name: &str, loaded: &Loaded, module: &Module, terminal: &Terminal) {
    let source = Source::new(name, &loaded.text);
    let Some(unit) = loaded.units.first() else { return };
    for loss in &module.losses {
        terminal.diagnostic(&lost(loss, &unit.program, Severity::Warning), Some(&source));
    }
}

fn inexpressible(error: &EmitError, program: &Program) -> Diagnostic {
    let message = format!("this cannot be written as Python: {error}");
    let diagnostic = Diagnostic::error("jaxpeep::emit::inexpressible", message);
    match error.eqn {
        Some(eqn) => diagnostic.at(program.span(eqn), "this equation"),
        None => diagnostic,
    }
    .help("nothing was written; `rewrite` prints the improved jaxpr")
}

fn lost(loss: &Loss, program: &Program, severity: Severity) -> Diagnostic {
    let message = format!(
        "the text does not carry all of this: the module leaves out {}",
        loss.what
    );
    let mut diagnostic = Diagnostic::error("jaxpeep::emit::lost", message);
    diagnostic.severity = severity;
    diagnostic.at(program.span(loss.eqn), "left out")
}
