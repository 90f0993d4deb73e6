//! `jaxpeep trace`: where NaN and infinities come from.

mod annotate;
mod data;
mod text;

use super::args::{ListFormat, TraceArgs};
use super::output::Terminal;
use super::settings::Settings;
use super::shell;
use super::single::Single;
use super::{Exit, Run, cases};
use crate::diagnostics::Source;
use crate::interp::{Case, EvalError, Options, Pass};
use crate::ir::{EqnId, EqnNotes, Program, Symbol};
use crate::repair::{Fix, Fixer};
use crate::trace::{Cause, Causes, Giver, Loss, Operand, Origin, Place, Trace, losses, spelled, trace};

/// As XLA on CPU does. An error that names the loop is worth more than a trace that never comes.
fn options(args: &TraceArgs) -> Options {
    Options {
        flush_subnormals: true,
        threefry_partitionable: None,
        most_iterations: Some(args.max_iterations),
        most_steps: Some(args.max_iterations),
    }
}

/// So many equations that lose digits are shown: the rest pass on what these have lost.
const MOST_LOSSES: usize = 5;

/// The print-out, and places in it.
struct Dump<'a> {
    name: &'a str,
    text: &'a str,
    source: Source<'a>,
    program: &'a Program,
    causes: Causes<'a>,
}

/// What was found with one set of inputs.
struct Traced {
    case: Case,
    trace: Trace,
    /// For each origin that reaches an output, what would keep it from that.
    fixes: Vec<Option<Fix>>,
    /// For each origin that reaches an output, what rounding had to do with its operands.
    causes: Vec<Option<Cause>>,
    /// The equations that lose most digits, if they were asked for, and what would save them.
    losses: Vec<(Loss, Option<Fix>)>,
}

/// Runs the command.
pub(super) fn run(args: &TraceArgs, terminal: &Terminal) -> Run {
    let settings = Settings::new(&args.improve, terminal)?;
    let single = Single::read(&args.file, terminal)?;
    let options = options(args);
    let mut fixer = Fixer::new(&single.program, &settings.rules, &settings.options, options);
    let dump = Dump::new(&single);
    let mut all = Vec::new();
    for case in cases::read(&args.inputs, args.case.as_deref(), &single.program, terminal)? {
        let label = case.label.clone();
        let traced = traced(&dump, &mut fixer, case, options, args.precision);
        all.push(traced.map_err(|error| single.tell(&error, &label, terminal))?);
    }
    if args.annotate {
        terminal.print(&annotate::program(&dump, &all))?;
    } else {
        match args.format {
            ListFormat::Json => Terminal::print_raw(data::document(&dump, &all).as_bytes())?,
            ListFormat::Text => text::show(&dump, &all, terminal)?,
        }
    }
    let reaches = |traced: &Traced| {
        let mut divisions = traced.trace.divisions.iter();
        traced.trace.outputs.iter().any(|&bad| bad > 0)
            || divisions.any(|division| !division.outputs.is_empty())
    };
    Ok(Exit::findings_if(all.iter().any(reaches)))
}

/// Traces one set of inputs, and asks for causes and fixes of what is found.
fn traced(
    dump: &Dump<'_>,
    fixer: &mut Fixer<'_>,
    case: Case,
    options: Options,
    precision: bool,
) -> Result<Traced, EvalError> {
    let trace = trace(dump.program, &case.inputs, options)?;
    let fix = |origin| fixer.fix(origin, &case.inputs, &trace);
    let fixes = trace.origins.iter().map(fix).collect();
    let reaches = |origin: &&Origin| !origin.outputs().is_empty();
    let mut lossy = Vec::new();
    if precision || trace.origins.iter().any(|origin| reaches(&origin)) {
        lossy = losses(dump.program, &case.inputs, options)?;
    }
    let cause = |origin| dump.causes.of(origin, &case.inputs, &lossy);
    let each = trace.origins.iter();
    let causes = each.map(|origin| Some(origin).filter(reaches).and_then(cause));
    let causes = causes.collect();
    lossy.truncate(if precision { MOST_LOSSES } else { 0 });
    let with_fix = |loss: Loss| {
        let fix = fixer.save(&loss, &case.inputs);
        (loss, fix)
    };
    let losses = lossy.into_iter().map(with_fix).collect();
    Ok(Traced {
        case,
        trace,
        fixes,
        causes,
        losses,
    })
}

impl<'a> Dump<'a> {
    fn new(single: &'a Single) -> Self {
        Self {
            name: &single.name,
            text: &single.text,
            source: Source::new(&single.name, &single.text),
            program: &single.program,
            causes: Causes::new(&single.program),
        }
    }

    /// The line of an equation, from 1.
    fn line(&self, eqn: EqnId) -> Option<u32> {
        let span = self.program.span(eqn);
        (!span.is_empty()).then(|| self.source.position(span).line)
    }

    /// `` `select_n` at line 7 ``
    fn placed(&self, eqn: EqnId) -> String {
        let name = self.program.primitive(eqn);
        match self.line(eqn) {
            Some(line) => format!("`{name}` at line {line}"),
            None => format!("`{name}`"),
        }
    }

    /// The command that applies a fix to the file.
    fn command(&self, fix: &Fix) -> String {
        let only = fix.rules.join(",");
        let file = shell::file(self.name);
        let mut words = vec!["jaxpeep", "rewrite"];
        if !only.is_empty() {
            words.extend(["--only", &only]);
        }
        words.push(&file);
        shell::line(words)
    }

    /// A cause in one line.
    fn told(&self, cause: &Cause) -> String {
        let giver = |giver: &Giver| match giver {
            Giver::Input(value) => format!("input `{}`", self.program.name(*value)),
            Giver::Constvar(value) => format!("constvar `{}`", self.program.name(*value)),
            Giver::Literal => "a literal of the program".to_owned(),
        };
        match cause {
            Cause::Rounded(loss) => {
                let operands: Vec<String> = loss.operands.iter().map(Operand::to_string).collect();
                format!(
                    "rounding: {} of {} gave {}, and without rounding {}",
                    self.placed(loss.eqn),
                    operands.join(" and "),
                    spelled(loss.value),
                    spelled(loss.exact)
                )
            }
            Cause::Vanished(eqn) => {
                format!("{} adds a constant that its dtype rounds to 0", self.placed(*eqn))
            }
            Cause::Given(givers) => {
                format!(
                    "given by {}",
                    givers.iter().map(giver).collect::<Vec<_>>().join(", ")
                )
            }
        }
    }

    /// The user's line: that of the equation, or of a call around it where a library made the equation.
    fn python(&self, eqn: EqnId, place: &Place) -> Option<&str> {
        // JAX writes an empty comment where all frames are its own.
        self.noted(eqn, place, |notes| notes.source)
            .find(|source| !source.is_empty())
    }

    /// The name stack of an equation, or of one around it, that belongs to a backward pass.
    fn backward(&self, eqn: EqnId, place: &Place) -> Option<&str> {
        self.noted(eqn, place, |notes| notes.name_stack)
            .find(|stack| stack.contains("transpose("))
    }

    /// What is noted of an equation and of those around it, innermost first.
    fn noted(
        &self,
        eqn: EqnId,
        place: &Place,
        of: impl Fn(&EqnNotes) -> Option<Symbol>,
    ) -> impl Iterator<Item = &str> {
        let around = place.iter().rev().map(|&(eqn, _)| eqn);
        let notes = [eqn].into_iter().chain(around);
        let notes = notes.filter_map(|eqn| self.program.notes.get(&eqn));
        notes.filter_map(move |notes| Some(self.program.symbols.text(of(notes)?)))
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
}
