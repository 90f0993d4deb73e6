//! One print-out, as the commands take it that run programs.

use std::path::Path;

use super::Stop;
use super::input::{self, usage};
use super::output::Terminal;
use crate::diagnostics::{Diagnostic, Source};
use crate::interp::{EvalError, MOST_ELEMENTS, reachable};
use crate::ir::{DType, EqnId, Program, Type};
use crate::load::load;
use crate::schema::infer_literal_types;

/// The only print-out of a file.
pub(super) struct Single {
    pub(super) name: String,
    pub(super) text: String,
    /// All literals have types.
    pub(super) program: Program,
}

impl Single {
    pub(super) fn read(path: &Path, terminal: &Terminal) -> Result<Self, Stop> {
        let name = path.display().to_string();
        let gathered = input::gather(&[path.to_owned()]);
        let [input] = gathered.inputs.as_slice() else {
            return Err(usage(format!("`{name}` is not one file")).into());
        };
        let bytes = input::read(input)?;
        let loaded = load(&name, &bytes).map_err(|broken| {
            terminal.broken(&name, &broken.text, &broken.diagnostics);
            Stop::Told
        })?;
        let (text, mut units) = (loaded.text, loaded.units);
        match (units.pop(), units.len()) {
            (Some(unit), 0) => {
                let mut program = unit.program;
                infer_literal_types(&mut program);
                Ok(Self { name, text, program })
            }
            (_, others) => {
                let message = format!("`{name}` holds {} print-outs, and one can be run", others + 1);
                Err(usage(message)
                    .help("save the one that is meant in a file of its own")
                    .into())
            }
        }
    }

    /// Tells why the program could not be run on the inputs of this label.
    pub(super) fn tell(&self, error: &EvalError, label: &str, terminal: &Terminal) -> Stop {
        let source = Source::new(&self.name, &self.text);
        terminal.diagnostic(&spoken(error, &self.program, label), Some(&source));
        Stop::Told
    }
}

/// An error of the interpreter with its places in the text.
pub(super) fn spoken(error: &EvalError, program: &Program, label: &str) -> Diagnostic {
    match error {
        EvalError::Unsupported(found) => {
            let diagnostic = Diagnostic::error("jaxpeep::eval::unsupported", error.to_string());
            let at = |diagnostic: Diagnostic, one: &crate::interp::Unsupported| {
                diagnostic.at(
                    program.span(one.eqn),
                    "the interpreter does not have this primitive",
                )
            };
            let diagnostic = found.iter().fold(diagnostic, at);
            diagnostic.help("nothing was evaluated; `rewrite` and `check` do not need to evaluate it")
        }
        EvalError::Equation { eqn, .. } => {
            let diagnostic = Diagnostic::error("jaxpeep::eval::equation", error.to_string());
            diagnostic.at(program.span(*eqn), format!("evaluated for case `{label}`"))
        }
        EvalError::Type { name, .. } if name == "_" => {
            let message = "the jaxpr reads `_`, and its text does not say which of the variables called so";
            Diagnostic::error("jaxpeep::eval::type", message)
                .help("nothing was evaluated: give the variable that is meant a name, where it is bound and where it is read")
        }
        EvalError::Type { name, ty } if is_too_large(ty) => too_large(name, ty, program),
        EvalError::Type { .. } => Diagnostic::error("jaxpeep::eval::type", error.to_string())
            .help("nothing was evaluated: there are no numbers of this type here"),
        EvalError::Count { .. } | EvalError::Input { .. } => {
            let message = format!("case `{label}`: {error}");
            Diagnostic::error("jaxpeep::eval::inputs", message).help(conversion(error).unwrap_or_else(|| {
                "give one array an input, in order, of the dtype and shape that the jaxpr prints".to_owned()
            }))
        }
    }
}

/// Whether an array has more elements than are tried; symbolic extents have no number.
fn is_too_large(ty: &Type) -> bool {
    elements(ty).is_some_and(|count| count > MOST_ELEMENTS as u128)
}

/// How many elements an array has, also of what no memory holds.
fn elements(ty: &Type) -> Option<u128> {
    let mut sizes = ty.shape()?.iter().map(crate::ir::Dim::size);
    sizes.try_fold(1u128, |count, size| Some(count.saturating_mul(size?.into())))
}

fn too_large(name: &str, ty: &Type, program: &Program) -> Diagnostic {
    let count = elements(ty).unwrap_or(u128::MAX);
    let message =
        format!("`{name}:{ty}` has {count} elements, and arrays of up to {MOST_ELEMENTS} are evaluated");
    let error = Diagnostic::error("jaxpeep::eval::size", message);
    let makes = |eqn: &EqnId| {
        let mut outputs = program.outputs(*eqn).iter();
        outputs.any(|&output| program.name(output) == name && program.type_of(output) == ty)
    };
    let maker = reachable(program).into_iter().find(makes);
    let error = match maker.map(|eqn| program.span(eqn)) {
        Some(span) if !span.is_empty() => error.at(span, "computed here"),
        _ => error,
    };
    error.help("nothing was evaluated: trace the program with smaller shapes; `rewrite` and `check` take any")
}

/// How an array of another dtype is made what the program takes.
fn conversion(error: &EvalError) -> Option<String> {
    let EvalError::Input {
        expected,
        found,
        name,
    } = error
    else {
        return None;
    };
    let dtype = |ty: &str| DType::from_name(ty.split('[').next()?);
    let (expected, found) = (dtype(expected)?, dtype(found)?);
    // `NumPy` has no names for those that it does not have.
    let module = match expected {
        DType::Bfloat16 | DType::Int4 | DType::Uint4 => "jnp",
        _ => "np",
    };
    (expected != found).then(|| {
        let dtype = expected.long_name();
        format!("convert it before it is saved: `{name}.astype({module}.{dtype})`")
    })
}
