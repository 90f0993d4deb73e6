//! `jaxpeep eval`: what a program computes.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::args::{EvalArgs, ListFormat};
use super::input::usage;
use super::json::{SCHEMA, document};
use super::output::{Terminal, write_file};
use super::single::Single;
use super::{Exit, Run, Stop, cases, npz, wrong};
use crate::interp::{Data, Difference, Options, Tensor, compare, evaluate};
use crate::ir::DType;

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

/// An array: `"nan"`, `"inf"` and `"-inf"` stand for what JSON has no number for.
#[derive(Serialize)]
struct Array {
    dtype: String,
    shape: Vec<usize>,
    values: Vec<serde_json::Value>,
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
    let cases = cases::read(path, args.case.as_deref(), &single.program)?;
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
        };
        let outputs = evaluate(&single.program, &case.inputs, options)
            .map_err(|error| single.tell(&error, &case.label, terminal))?;
        if let Some(path) = &args.output {
            save(path, &outputs)?;
        }
        let recorded = case.outputs.as_deref().filter(|_| replay);
        evaluation.cases.push(EvaluatedCase {
            differences: recorded.map(|recorded| differences(&outputs, recorded)),
            outputs: outputs.iter().map(array).collect(),
            label: case.label,
        });
    }
    let differs = |case: &EvaluatedCase| case.differences.as_ref().is_some_and(|found| !found.is_empty());
    let text = match args.format {
        ListFormat::Json => document(&evaluation),
        ListFormat::Text => table(&evaluation),
    };
    terminal.print(&text)?;
    Ok(if evaluation.cases.iter().any(differs) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// Writes the outputs of one case.
fn save(path: &Path, outputs: &[Tensor]) -> Result<(), Stop> {
    let named = outputs.iter().enumerate();
    let bytes = npz::write(named.map(|(index, tensor)| (format!("out{index}"), tensor)))
        .map_err(|error| wrong::io("write", &path.display().to_string(), &error))?;
    Ok(write_file(path, &bytes)?)
}

fn differences(found: &[Tensor], recorded: &[Tensor]) -> Vec<OutputDifference> {
    if found.len() != recorded.len() {
        return vec![OutputDifference {
            index: found.len().min(recorded.len()),
            elements: 0,
            first: 0,
            found: format!("{} outputs", found.len()),
            expected: format!("{} outputs", recorded.len()),
        }];
    }
    let pairs = found.iter().zip(recorded).enumerate();
    let differing = pairs.filter_map(|(index, (found, recorded))| Some((index, compare(found, recorded)?)));
    let row = |(index, difference): (usize, Difference)| OutputDifference {
        index,
        elements: difference.elements,
        first: difference.first,
        found: difference.found,
        expected: difference.expected,
    };
    differing.map(row).collect()
}

fn array(tensor: &Tensor) -> Array {
    let values = match tensor.data() {
        Data::Bool(items) => items.iter().map(|&item| item.into()).collect(),
        Data::Int(items) if tensor.dtype == DType::Uint64 => {
            items.iter().map(|&item| item.cast_unsigned().into()).collect()
        }
        Data::Int(items) => items.iter().map(|&item| item.into()).collect(),
        Data::Float(items) => items.iter().map(|&item| number(item)).collect(),
        Data::Complex(items) => {
            let pair = |item: &num_complex::Complex64| vec![number(item.re), number(item.im)].into();
            items.iter().map(pair).collect()
        }
        Data::Key(items) => items.iter().map(|item| item.to_vec().into()).collect(),
    };
    let is_key = matches!(tensor.data(), Data::Key(_));
    Array {
        dtype: if is_key {
            "key<fry>"
        } else {
            tensor.dtype.long_name()
        }
        .to_owned(),
        shape: tensor.shape.clone(),
        values,
    }
}

fn number(item: f64) -> serde_json::Value {
    match item {
        item if item.is_nan() => "nan".into(),
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        item => item.into(),
    }
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
                let values: Vec<String> = array
                    .values
                    .iter()
                    .map(|value| value.to_string().replace('"', ""))
                    .collect();
                let (dtype, shape) = (&array.dtype, &array.shape);
                let _ = writeln!(text, "  {index} {dtype}{shape:?} {}", values.join(" "));
            }
        }
    }
    text
}
