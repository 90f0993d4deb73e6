//! `jaxpeep eval`: what a program computes.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::args::{EvalArgs, ListFormat, Precision};
use super::arrays::Array;
use super::input::usage;
use super::json::{SCHEMA, document};
use super::output::{Terminal, write_file};
use super::single::Single;
use super::{Exit, Run, Stop, cases, npz, wrong};
use crate::interp::{Difference, EvalError, Inputs, Options, Real, Tensor, compare_outputs, evaluate};
use crate::ir::Program;
use crate::oracle::{Budget, DoubleDouble, truth};

/// `eval --format json`.
#[derive(Serialize)]
struct Evaluation {
    schema: u32,
    cases: Vec<EvaluatedCase>,
}

/// One case of [`Evaluation`].
#[derive(Serialize)]
struct EvaluatedCase {
    label: String,
    outputs: Vec<Array>,
    /// Outputs that differ from the recorded ones; left out where nothing was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<OutputDifference>>,
}

/// An output that differs.
#[derive(Serialize)]
struct OutputDifference {
    index: usize,
    elements: usize,
    first: usize,
    found: String,
    expected: String,
}

/// Runs the command.
pub(super) fn run(args: &EvalArgs, terminal: &Terminal) -> Run {
    let single = Single::read(&args.file, terminal)?;
    let replay = args.cases.is_some();
    let path = args.cases.as_ref().or(args.inputs.as_ref());
    let path = path.ok_or_else(|| usage("there are no inputs"))?;
    let cases = cases::read(path, args.case.as_deref(), &single.program, terminal)?;
    if let Some(case) = cases.iter().find(|case| replay && case.outputs.is_none()) {
        let message = format!(
            "there is nothing to compare with: case `{}` records no outputs",
            case.label
        );
        return Err(usage(message)
            .help("`--inputs` prints what the program gives for such a file")
            .into());
    }
    if args.output.is_some() && cases.len() > 1 {
        let error = usage(format!(
            "the outputs of {} cases do not fit one archive",
            cases.len()
        ));
        return Err(error.help("choose one with `--case LABEL`").into());
    }
    let mut evaluation = Evaluation {
        schema: SCHEMA,
        cases: Vec::new(),
    };
    for case in cases {
        let options = Options {
            flush_subnormals: replay,
            most_iterations: Some(args.max_iterations),
            most_steps: Some(args.max_iterations),
            threefry_partitionable: case.threefry_partitionable(),
        };
        let outputs = match args.precision {
            Precision::Native => evaluate(&single.program, &case.inputs, options),
            Precision::F64 => unrounded(&single.program, &case.inputs),
            Precision::Exact => exact(&single.program, &case.label, &case.inputs, terminal),
        };
        let outputs = outputs.map_err(|error| single.tell(&error, &case.label, terminal))?;
        if let Some(path) = &args.output {
            save(path, &outputs)?;
        }
        let recorded = case.outputs.as_deref().filter(|_| replay);
        evaluation.cases.push(EvaluatedCase {
            differences: recorded.map(|recorded| differences(&single.program, &outputs, recorded)),
            outputs: outputs.iter().map(Array::new).collect(),
            label: case.label,
        });
    }
    let differs = |case: &EvaluatedCase| case.differences.as_ref().is_some_and(|found| !found.is_empty());
    let text = match args.format {
        ListFormat::Json => document(&evaluation),
        ListFormat::Text => table(&evaluation),
    };
    terminal.print(&text)?;
    Ok(Exit::findings_if(evaluation.cases.iter().any(differs)))
}

/// Doubles, of which nothing is rounded.
fn unrounded(program: &Program, inputs: &Inputs) -> Result<Vec<Tensor>, EvalError> {
    let budget = Budget {
        work: 0,
        ..Budget::default()
    };
    let doubles = |tensor: &Tensor<DoubleDouble>| tensor.with_numbers(Real::to_f64);
    Ok(truth(program, inputs, budget)?
        .outputs
        .iter()
        .map(doubles)
        .collect())
}

/// The truth, rounded to the dtypes of the outputs. What it could not be told for is said.
fn exact(
    program: &Program,
    label: &str,
    inputs: &Inputs,
    terminal: &Terminal,
) -> Result<Vec<Tensor>, EvalError> {
    let truth = truth(program, inputs, Budget::default())?;
    if let Some(doubt) = truth.doubt {
        terminal.say(&format!("{label}: {doubt}; this is what {} give\n", truth.rung));
    }
    let nearest = |tensor: &Tensor<DoubleDouble>| {
        let dtype = tensor.dtype;
        tensor.with_numbers(|number| number.nearest(dtype))
    };
    Ok(truth.outputs.iter().map(nearest).collect())
}

/// Writes the outputs of one case.
fn save(path: &Path, outputs: &[Tensor]) -> Result<(), Stop> {
    let named = outputs.iter().enumerate();
    let bytes = npz::write(named.map(|(index, tensor)| (format!("out{index}"), tensor)))
        .map_err(|error| wrong::io("write", &path.display().to_string(), &error))?;
    Ok(write_file(path, &bytes)?)
}

fn differences(program: &Program, found: &[Tensor], recorded: &[Tensor]) -> Vec<OutputDifference> {
    if found.len() != recorded.len() {
        return vec![OutputDifference {
            index: found.len().min(recorded.len()),
            elements: 0,
            first: 0,
            found: format!("{} outputs", found.len()),
            expected: format!("{} outputs", recorded.len()),
        }];
    }
    let compared = compare_outputs(program, found, recorded).into_iter().enumerate();
    let differing = compared.filter_map(|(index, difference)| Some((index, difference?)));
    let row = |(index, difference): (usize, Difference)| OutputDifference {
        index,
        elements: difference.elements,
        first: difference.first,
        found: difference.found,
        expected: difference.expected,
    };
    differing.map(row).collect()
}

/// Outputs, a line each; and differences, a line each.
fn table(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    for case in &evaluation.cases {
        // Writing to a string never fails.
        let _ = match &case.differences {
            Some(found) if found.is_empty() => writeln!(text, "{}: agrees", case.label),
            Some(found) => writeln!(text, "{}: {} outputs differ", case.label, found.len()),
            None => writeln!(text, "{}:", case.label),
        };
        for row in case.differences.iter().flatten() {
            let OutputDifference {
                index,
                elements,
                first,
                found,
                expected,
            } = row;
            let _ = writeln!(
                text,
                "  output {index}: {elements} elements differ; at {first}: {found}, recorded {expected}"
            );
        }
        if case.differences.is_none() {
            for (index, array) in case.outputs.iter().enumerate() {
                let (dtype, shape, values) = (&array.dtype, &array.shape, array.words());
                let _ = writeln!(text, "  {index} {dtype}{shape:?} {values}");
            }
        }
    }
    text
}
