//! `trace --format json`.

use serde::Serialize;

use super::{Dump, Fix, Traced};
use crate::cli::json::{SCHEMA, document as to_text};
use crate::print::equation;
use crate::trace::{Birth, Cause, Division, Extent, Loss, Operand, Origin, Reached, Step};

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    /// Equations that make infinities or NaN out of operands that are neither.
    origins: Vec<Row<'a>>,
    /// Infinities and NaN of inputs and literals, where they are first used.
    given: Vec<Row<'a>>,
    cases: Vec<CaseRow<'a>>,
    /// Equations that divide integers by zero, of which no infinity tells.
    divisions: Vec<DivisionRow<'a>>,
    /// With `--precision`, the equations that lose most digits.
    precision: Vec<LossRow<'a>>,
}

/// An equation that divides integers by zero.
#[derive(Serialize)]
struct DivisionRow<'a> {
    line: Option<u32>,
    column: Option<u32>,
    equation: String,
    source: Option<&'a str>,
    scope: Vec<String>,
    elements: usize,
    example_index: &'a [usize],
    dividend: i64,
    value: i64,
    reaches_outputs: &'a [usize],
    case: &'a str,
}

/// An equation that loses digits.
#[derive(Serialize)]
struct LossRow<'a> {
    line: Option<u32>,
    column: Option<u32>,
    equation: String,
    source: Option<&'a str>,
    scope: Vec<String>,
    bits_lost: f64,
    bits_left: f64,
    operands: Vec<serde_json::Value>,
    value: serde_json::Value,
    exact: serde_json::Value,
    index: &'a [usize],
    fix: Option<&'a str>,
    command: Option<String>,
    case: &'a str,
}

/// One set of inputs.
#[derive(Serialize)]
struct CaseRow<'a> {
    label: &'a str,
    /// How many elements of each output are infinite or NaN.
    nonfinite: &'a [usize],
}

/// An origin.
#[derive(Serialize)]
struct Row<'a> {
    line: Option<u32>,
    column: Option<u32>,
    equation: String,
    /// `nan`, `+inf` or `-inf`.
    kind: &'static str,
    source: Option<&'a str>,
    scope: Vec<String>,
    operands: &'a [Extent],
    elements: usize,
    example_index: &'a [usize],
    reaches_outputs: &'a [usize],
    /// Lines of the steps.
    chain: Vec<Option<u32>>,
    /// The rule that keeps it from the outputs.
    fix: Option<&'a str>,
    /// The command that applies the fix, which may take more rules than one.
    command: Option<String>,
    /// How many elements of those outputs stay infinite or NaN with the fix.
    left: Option<usize>,
    case: &'a str,
    /// What rounding had to do with it, or who gave it.
    cause: Option<String>,
    /// The name stack, for an equation of a backward pass.
    backward: Option<&'a str>,
    /// Lines of the equations in which it ends, if it reaches no output.
    masked_by: Vec<Option<u32>>,
    steps: Vec<StepRow<'a>>,
}

/// A step of a chain.
#[derive(Serialize)]
struct StepRow<'a> {
    line: Option<u32>,
    equation: String,
    source: Option<&'a str>,
    scope: Vec<String>,
    /// `origin`, `lost` (a zero that is not one), `given` or `carried`.
    what: &'static str,
    /// Numbers where one element went into the result, and ranges where more did.
    operands: Vec<serde_json::Value>,
    value: serde_json::Value,
    index: &'a [usize],
}

/// The report as JSON.
pub(super) fn document(dump: &Dump<'_>, all: &[Traced]) -> String {
    let origins = all.iter().flat_map(|traced| {
        let found = traced.fixes.iter().zip(&traced.causes);
        let origins = traced.trace.origins.iter().zip(found);
        origins
            .map(|(origin, (fix, cause))| row(dump, &traced.case.label, origin, fix.as_ref(), cause.as_ref()))
    });
    let given = all.iter().flat_map(|traced| {
        let given = traced.trace.given.iter();
        given.map(|origin| {
            let giver = dump.causes.of_given(origin.eqn, &traced.case.inputs);
            row(dump, &traced.case.label, origin, None, giver.as_ref())
        })
    });
    let cases = all.iter().map(|traced| CaseRow {
        label: &traced.case.label,
        nonfinite: &traced.trace.outputs,
    });
    to_text(&Document {
        schema: SCHEMA,
        origins: origins.collect(),
        given: given.collect(),
        cases: cases.collect(),
        divisions: all
            .iter()
            .flat_map(|traced| division_rows(dump, traced))
            .collect(),
        precision: all.iter().flat_map(|traced| loss_rows(dump, traced)).collect(),
    })
}

fn row<'a>(
    dump: &'a Dump<'_>,
    case: &'a str,
    origin: &'a Origin,
    fix: Option<&'a Fix>,
    cause: Option<&Cause>,
) -> Row<'a> {
    let span = dump.program.span(origin.eqn);
    let (line, column) = crate::cli::json::line_and_column(span, &dump.source);
    let masked_by = match &origin.reached {
        Reached::Masked(eqns) => eqns.iter().map(|&eqn| dump.line(eqn)).collect(),
        Reached::Outputs(_) => Vec::new(),
    };
    Row {
        line,
        column,
        equation: equation(dump.program, origin.eqn),
        kind: origin.kind.word(),
        source: dump.python(origin.eqn, &origin.place),
        scope: dump.scope(&origin.place),
        operands: &origin.operands,
        elements: origin.elements,
        example_index: &origin.index,
        reaches_outputs: origin.outputs(),
        chain: origin.chain.iter().map(|step| dump.line(step.eqn)).collect(),
        fix: fix.and_then(|fix| fix.rules.first()).map(String::as_str),
        command: fix.map(|fix| dump.command(fix)),
        left: fix.map(|fix| fix.left),
        case,
        cause: cause.map(|cause| dump.told(cause)),
        backward: dump.backward(origin.eqn, &origin.place),
        masked_by,
        steps: origin.chain.iter().map(|step| step_row(dump, step)).collect(),
    }
}

fn division_rows<'a>(dump: &'a Dump<'_>, traced: &'a Traced) -> Vec<DivisionRow<'a>> {
    let row = |division: &'a Division| {
        let span = dump.program.span(division.eqn);
        let (line, column) = crate::cli::json::line_and_column(span, &dump.source);
        DivisionRow {
            line,
            column,
            equation: equation(dump.program, division.eqn),
            source: dump.python(division.eqn, &division.place),
            scope: dump.scope(&division.place),
            elements: division.elements,
            example_index: &division.index,
            dividend: division.dividend,
            value: division.value,
            reaches_outputs: &division.outputs,
            case: &traced.case.label,
        }
    };
    traced.trace.divisions.iter().map(row).collect()
}

fn loss_rows<'a>(dump: &'a Dump<'_>, traced: &'a Traced) -> Vec<LossRow<'a>> {
    let row = |(loss, fix): &'a (Loss, Option<Fix>)| {
        let span = dump.program.span(loss.eqn);
        let (line, column) = crate::cli::json::line_and_column(span, &dump.source);
        LossRow {
            line,
            column,
            equation: equation(dump.program, loss.eqn),
            source: dump.python(loss.eqn, &loss.place),
            scope: dump.scope(&loss.place),
            bits_lost: tenths(loss.bits),
            bits_left: tenths(loss.left),
            operands: loss.operands.iter().map(operand).collect(),
            value: number(loss.value),
            exact: number(loss.exact),
            index: &loss.index,
            fix: fix.as_ref().and_then(|fix| fix.rules.first()).map(String::as_str),
            command: fix.as_ref().map(|fix| dump.command(fix)),
            case: &traced.case.label,
        }
    };
    traced.losses.iter().map(row).collect()
}

/// More digits of a number of bits say nothing.
fn tenths(bits: f64) -> f64 {
    (bits * 10.0).round() / 10.0
}

fn operand(operand: &Operand) -> serde_json::Value {
    match operand {
        Operand::Element(value) => number(*value),
        Operand::Array(extent) => serde_json::json!(extent),
    }
}

fn step_row<'a>(dump: &'a Dump<'_>, step: &'a Step) -> StepRow<'a> {
    StepRow {
        line: dump.line(step.eqn),
        equation: equation(dump.program, step.eqn),
        source: dump.python(step.eqn, &step.place),
        scope: dump.scope(&step.place),
        what: match step.birth {
            Birth::Origin => "origin",
            Birth::Lost => "lost",
            Birth::Given => "given",
            Birth::Carried => "carried",
        },
        operands: step.operands.iter().map(operand).collect(),
        value: number(step.value),
        index: &step.index,
    }
}

/// JSON has no words for what is not finite.
fn number(value: f64) -> serde_json::Value {
    if value.is_finite() {
        value.into()
    } else {
        crate::trace::spelled(value).into()
    }
}
