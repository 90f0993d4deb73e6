//! `jaxpeep trace`: where NaN and infinities come from.

mod advice;
mod annotate;
mod data;
mod fix;
mod text;

use super::args::{ListFormat, TraceArgs};
use super::input::usage;
use super::output::Terminal;
use super::settings::Settings;
use super::{Exit, Run, Stop, cases, eval};
use crate::diagnostics::Source;
use crate::interp::{Case, Options, Pass};
use crate::ir::{EqnId, Program};
use crate::schema::infer_literal_types;
use crate::trace::{Origin, Place, Trace, trace};
use fix::{Fix, Fixer};

/// As XLA on CPU does.
const OPTIONS: Options = Options {
    flush_subnormals: true,
};

/// The print-out and what is known of it.
struct Dump<'a> {
    name: &'a str,
    text: &'a str,
    source: Source<'a>,
    program: &'a Program,
}

/// What was found with one set of inputs.
struct Traced {
    case: Case,
    trace: Trace,
    /// For each origin that reaches an output, what would keep it from that.
    fixes: Vec<Option<Fix>>,
}

/// Runs the command.
pub(super) fn run(args: &TraceArgs, terminal: &Terminal) -> Run {
    let settings = Settings::new(&args.improve, terminal)?;
    let name = args.file.display().to_string();
    let loaded = eval::read(&args.file, &name, terminal)?;
    let [unit] = loaded.units.as_slice() else {
        let count = loaded.units.len();
        let message = format!("`{name}` holds {count} print-outs, and one can be traced");
        return Err(usage(message).into());
    };
    let mut program = unit.program.clone();
    infer_literal_types(&mut program);
    let dump = Dump {
        name: &name,
        text: &loaded.text,
        source: Source::new(&name, &loaded.text),
        program: &program,
    };
    let mut fixer = Fixer::new(&unit.program, &settings);
    let mut all = Vec::new();
    for case in cases::read(&args.inputs, args.case.as_deref(), &program)? {
        all.push(one(&dump, case, &mut fixer, terminal)?);
    }
    if args.annotate {
        terminal.print(&annotate::program(&dump, &all))?;
    } else {
        match args.format {
            ListFormat::Json => Terminal::print_raw(data::document(&dump, &all).as_bytes())?,
            ListFormat::Text => text::show(&dump, &all, terminal)?,
        }
    }
    let reaches = |traced: &Traced| traced.trace.outputs.iter().any(|&bad| bad > 0);
    Ok(if all.iter().any(reaches) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn one(dump: &Dump<'_>, case: Case, fixer: &mut Fixer<'_>, terminal: &Terminal) -> Result<Traced, Stop> {
    let trace = trace(dump.program, &case.inputs, OPTIONS).map_err(|error| {
        let diagnostic = eval::spoken(&error, dump.program, &case.label);
        terminal.diagnostic(&diagnostic, Some(&dump.source));
        Stop::Told
    })?;
    let fixes = trace
        .origins
        .iter()
        .map(|origin| fixer.fix(origin, &case, &trace))
        .collect();
    Ok(Traced { case, trace, fixes })
}

impl Dump<'_> {
    /// The line of an equation, from 1.
    fn line(&self, eqn: EqnId) -> Option<u32> {
        let span = self.program.span(eqn);
        (!span.is_empty()).then(|| self.source.position(span).line)
    }

    /// The user's line.
    fn python(&self, eqn: EqnId) -> Option<&str> {
        let source = self.program.notes.get(&eqn)?.source?;
        Some(self.program.symbols.text(source))
    }

    /// What the name stack says, if the equation belongs to a backward pass.
    fn backward(&self, eqn: EqnId) -> Option<&str> {
        let stack = self.program.notes.get(&eqn)?.name_stack?;
        Some(self.program.symbols.text(stack)).filter(|stack| stack.contains("transpose("))
    }

    /// The equations around a place, outermost first: `jit:loss`, `scan[3]`.
    fn scope(&self, place: &Place) -> Vec<String> {
        let one = |&(eqn, pass): &(EqnId, Option<Pass>)| {
            let name = self.program.call_name(eqn);
            match pass {
                None => name,
                Some(Pass::Branch(index) | Pass::Step(index)) => format!("{name}[{index}]"),
                Some(Pass::Condition(index)) => format!("{name}[{index}] condition"),
            }
        };
        place.iter().map(one).collect()
    }

    /// The backward pass that an origin belongs to: that of its equation, or of one around it.
    fn backward_of(&self, origin: &Origin) -> Option<&str> {
        let around = origin.place.iter().rev().map(|&(eqn, _)| eqn);
        [origin.eqn]
            .into_iter()
            .chain(around)
            .find_map(|eqn| self.backward(eqn))
    }
}
