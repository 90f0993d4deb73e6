//! `trace --format text`: origins with the lines that they go through.

use std::borrow::Cow;

use super::{Dump, Fix, Traced};
use crate::cli::Stop;
use crate::cli::output::Terminal;
use crate::cli::report::counted;
use crate::diagnostics::{Diagnostic, Label, Severity};
use crate::ir::{EqnId, Program};
use crate::schema::{Moves, moves};
use crate::span::Span;
use crate::trace::{
    Birth, Cause, DIVISION, Division, Extent, Loss, Operand, Origin, Place, Reached, Step, spelled,
};

/// A chain longer than this is cut in its middle.
const LONGEST_CHAIN: usize = 8;

/// Shows what was found on standard output, and a summary on standard error.
pub(super) fn show(dump: &Dump<'_>, all: &[Traced], terminal: &Terminal) -> Result<(), Stop> {
    for traced in all {
        let label = &traced.case.label;
        let found = traced.fixes.iter().zip(&traced.causes);
        for (origin, (fix, cause)) in traced.trace.origins.iter().zip(found) {
            if !origin.outputs().is_empty() || terminal.is_verbose() {
                let diagnostic = diagnostic(dump, label, origin, fix.as_ref(), cause.as_ref());
                terminal.print(&terminal.rendered(&diagnostic, Some(&dump.source)))?;
            }
        }
        for given in &traced.trace.given {
            // What went on to make a NaN was told with that.
            let went_on = given.chain.iter().any(|step| step.birth == Birth::Origin);
            if !given.outputs().is_empty() && !went_on {
                let giver = dump.causes.of_given(given.eqn, &traced.case.inputs);
                let diagnostic = diagnostic(dump, label, given, None, giver.as_ref());
                terminal.print(&terminal.rendered(&diagnostic, Some(&dump.source)))?;
            }
        }
        for division in &traced.trace.divisions {
            if !division.outputs.is_empty() || terminal.is_verbose() {
                let diagnostic = divided(dump, label, division);
                terminal.print(&terminal.rendered(&diagnostic, Some(&dump.source)))?;
            }
        }
        for (loss, fix) in &traced.losses {
            let diagnostic = lossy(dump, label, loss, fix.as_ref());
            terminal.print(&terminal.rendered(&diagnostic, Some(&dump.source)))?;
        }
        terminal.say(&summary(dump, traced));
    }
    Ok(())
}

fn diagnostic(
    dump: &Dump<'_>,
    case: &str,
    origin: &Origin,
    fix: Option<&Fix>,
    cause: Option<&Cause>,
) -> Diagnostic {
    let given = origin.chain.iter().all(|step| step.birth != Birth::Origin);
    let reaches = !origin.outputs().is_empty();
    Diagnostic {
        code: Cow::Borrowed(if given {
            "jaxpeep::trace::given"
        } else {
            "jaxpeep::trace::origin"
        }),
        severity: if reaches && !given {
            Severity::Warning
        } else {
            Severity::Note
        },
        message: message(dump, case, origin, given),
        labels: labels(dump, origin),
        help: Some(help(dump, origin, fix, cause, given)),
    }
}

/// `` `div` divides an integer by zero and gives -1, which reaches output 0 (case `empty`) ``
fn divided(dump: &Dump<'_>, case: &str, division: &Division) -> Diagnostic {
    let name = dump.program.primitive(division.eqn);
    let (dividend, value) = (division.dividend, division.value);
    let mut lines = context(dump, division.eqn, &division.place);
    lines.push(counted(division.elements, "element"));
    lines.push(DIVISION.to_owned());
    let (severity, becomes) = if division.outputs.is_empty() {
        (Severity::Note, "reaches no output".to_owned())
    } else {
        (Severity::Warning, reaches(&division.outputs))
    };
    Diagnostic {
        code: Cow::Borrowed("jaxpeep::trace::division"),
        severity,
        message: format!(
            "`{name}` divides an integer by zero and gives {value}, which {becomes} (case `{case}`)"
        ),
        labels: head(dump, division.eqn)
            .map(|span| Label {
                span,
                text: format!("{name} of {dividend} and 0 gives {value}{}", at(&division.index)),
            })
            .into_iter()
            .collect(),
        help: Some(lines.join("\n")),
    }
}

/// `` `sub` loses 23 bits (case `large`) ``
fn lossy(dump: &Dump<'_>, case: &str, loss: &Loss, fix: Option<&Fix>) -> Diagnostic {
    let name = dump.program.primitive(loss.eqn);
    let (operands, at) = (of(&loss.operands), at(&loss.index));
    let (value, exact) = (spelled(loss.value), spelled(loss.exact));
    let mut lines = context(dump, loss.eqn, &loss.place);
    lines.push(format!("{:.0} bits of the result are right", loss.left));
    if let Some(fix) = fix {
        lines.push(format!("`{}` rewrites it", dump.command(fix)));
    }
    Diagnostic {
        code: Cow::Borrowed("jaxpeep::trace::precision"),
        severity: Severity::Warning,
        message: format!("`{name}` loses {:.0} bits (case `{case}`)", loss.bits),
        labels: head(dump, loss.eqn)
            .map(|span| Label {
                span,
                text: format!("{name}{operands} gives {value}{at}, and without rounding {exact}"),
            })
            .into_iter()
            .collect(),
        help: Some(lines.join("\n")),
    }
}

/// `` `exp` gives inf, which reaches output 0 (case `large`) ``
fn message(dump: &Dump<'_>, case: &str, origin: &Origin, given: bool) -> String {
    let name = dump.program.primitive(origin.eqn);
    let kind = origin.kind.word().trim_start_matches('+');
    let verb = if given { "is given" } else { "gives" };
    let becomes = match &origin.reached {
        Reached::Outputs(outputs) => reaches(outputs),
        Reached::Masked(eqns) => match eqns.first() {
            Some(&eqn) => format!("ends in {}", dump.placed(eqn)),
            None => "nothing reads".to_owned(),
        },
    };
    format!("`{name}` {verb} {kind}, which {becomes} (case `{case}`)")
}

/// `reaches outputs 0, 2`
fn reaches(outputs: &[usize]) -> String {
    match outputs {
        [output] => format!("reaches output {output}"),
        outputs => {
            let outputs: Vec<String> = outputs.iter().map(usize::to_string).collect();
            format!("reaches outputs {}", outputs.join(", "))
        }
    }
}

/// The steps that say something, with numbers in their order.
fn labels(dump: &Dump<'_>, origin: &Origin) -> Vec<Label> {
    let speaks = |step: &&Step| step.birth != Birth::Carried || !is_silent(dump.program.primitive(step.eqn));
    let mut steps: Vec<&Step> = origin.chain.iter().filter(speaks).collect();
    // A loop that goes on with its own infinity says nothing new.
    steps.dedup_by_key(|step| step.eqn);
    let left_out = steps.len().saturating_sub(LONGEST_CHAIN);
    let kept = steps
        .iter()
        .enumerate()
        .filter(|(at, _)| *at < LONGEST_CHAIN / 2 || *at >= LONGEST_CHAIN / 2 + left_out);
    let label = |(at, step): (usize, &&Step)| {
        let text = sentence(dump.program, step);
        Some(Label {
            span: head(dump, step.eqn)?,
            text: match steps.len() {
                1 => text,
                _ => format!("{}. {text}", at + 1),
            },
        })
    };
    let mut labels: Vec<Label> = kept.filter_map(label).collect();
    // The origin is what the message is about; what stands first is marked as such.
    let own = head(dump, origin.eqn);
    if let Some(at) = labels.iter().position(|label| Some(label.span) == own) {
        labels[..=at].rotate_right(1);
    }
    labels
}

/// Whether a chain goes through equations of a primitive without a word: they keep all elements, while a word is due
/// to those that choose some.
fn is_silent(primitive: &str) -> bool {
    match moves(primitive) {
        Some(Moves::Nowhere | Moves::Dimensions) => true,
        Some(Moves::Elements) => false,
        None => matches!(primitive, "convert_element_type" | "stop_gradient"),
    }
}

/// The equation up to its comment or its first jaxpr, on one line.
fn head(dump: &Dump<'_>, eqn: EqnId) -> Option<Span> {
    let span = dump.program.span(eqn);
    let line = span
        .text(dump.text)
        .lines()
        .next()
        .filter(|line| !line.is_empty())?;
    let head = line.split(" # ").next().unwrap_or_default().trim_end();
    Some(Span::new(span.start as usize, span.start as usize + head.len()))
}

/// `exp of 1000 gives inf at [3]`
fn sentence(program: &Program, step: &Step) -> String {
    let name = program.primitive(step.eqn);
    let (operands, at) = (of(&step.operands), at(&step.index));
    let value = match step.birth {
        Birth::Lost => format!("underflows to {}", spelled(step.value)),
        _ => format!("gives {}", spelled(step.value)),
    };
    format!("{name}{operands} {value}{at}")
}

/// ` of 0 and inf`
fn of(operands: &[Operand]) -> String {
    let operands: Vec<String> = operands.iter().map(Operand::to_string).collect();
    match operands.as_slice() {
        [] => String::new(),
        operands => format!(" of {}", operands.join(" and ")),
    }
}

/// ` at [3]`
fn at(index: &[usize]) -> String {
    match index {
        [] => String::new(),
        index => format!(" at {index:?}"),
    }
}

/// The user's line, the calls and loops around, the backward pass.
fn context(dump: &Dump<'_>, eqn: EqnId, place: &Place) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(python) = dump.python(eqn, place) {
        lines.push(format!("from {python}"));
    }
    let scope = dump.scope(place);
    if !scope.is_empty() {
        lines.push(format!("inside {}", scope.join(" > ")));
    }
    if let Some(stack) = dump.backward(eqn, place) {
        lines.push(format!("in the backward pass: {stack}"));
    }
    lines
}

fn help(dump: &Dump<'_>, origin: &Origin, fix: Option<&Fix>, cause: Option<&Cause>, given: bool) -> String {
    let mut lines = context(dump, origin.eqn, &origin.place);
    let ranges: Vec<String> = origin.operands.iter().map(Extent::to_string).collect();
    if !ranges.is_empty() {
        let elements = counted(origin.elements, "element");
        lines.push(format!("{elements}; operands {}", ranges.join(" and ")));
    }
    lines.extend(cause.map(|cause| dump.told(cause)));
    match fix {
        Some(fix) => {
            let what = match fix.left {
                0 => "gives finite outputs here".to_owned(),
                left => format!("leaves {left} elements infinite or NaN"),
            };
            lines.push(format!("`{}` {what}", dump.command(fix)));
        }
        None if !given && !origin.outputs().is_empty() => {
            lines.extend(dump.causes.advice(origin).map(str::to_owned));
        }
        None => {}
    }
    lines.join("\n")
}

/// `large: output 0 holds 1 infinity or NaN; 1 origin reaches it, 2 are masked`
fn summary(dump: &Dump<'_>, traced: &Traced) -> String {
    let reaching = traced
        .trace
        .origins
        .iter()
        .filter(|origin| !origin.outputs().is_empty())
        .count();
    let masked = traced.trace.origins.len() - reaching;
    let bad = traced.trace.outputs.iter().filter(|&&bad| bad > 0).count();
    let outputs = match (bad, traced.trace.outputs.len()) {
        (0, _) => "all outputs are finite".to_owned(),
        (bad, all) => format!("{bad} of {all} outputs are infinite or NaN"),
    };
    let masked = match masked {
        0 => String::new(),
        masked => format!(", {masked} masked (`-v` shows them)"),
    };
    let divisions = traced.trace.divisions.iter();
    let divisions = match divisions.filter(|division| !division.outputs.is_empty()).count() {
        0 => String::new(),
        1 => ", 1 division of integers by zero".to_owned(),
        many => format!(", {many} divisions of integers by zero"),
    };
    let label = &traced.case.label;
    format!(
        "{}: {label}: {outputs}; {}{masked}{divisions}\n",
        dump.name,
        counted(reaching, "origin")
    )
}
