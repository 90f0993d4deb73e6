//! The values that a program runs on: a file of labelled cases, or an `.npz` archive.

mod narrow;

use std::path::Path;

use super::Stop;
use super::input::{self, usage};
use super::npz::{Announced, Archive};
use super::output::Terminal;
use super::single::spoken;
use crate::diagnostics::Diagnostic;
use crate::interp::{Case, Data, EvalError, Implementation, Inputs, Key, Tensor, layout, read_cases};
use crate::ir::{DType, Program, Type, ValueId, inner_constvars};

/// The cases of a file, or the one with this label. An archive is one case, labelled with the file's name.
///
/// Numbers of 64 bits are made those of 32 that the program takes, as JAX does, and that is said.
pub(super) fn read(
    path: &Path,
    label: Option<&str>,
    program: &Program,
    terminal: &Terminal,
) -> Result<Vec<Case>, Stop> {
    let bytes = input::read_file(path)?;
    let is_archive = path.extension().is_some_and(|extension| extension == "npz");
    let mut cases = if is_archive {
        vec![archive(path, &bytes, program)?]
    } else {
        listed(path, &bytes)?
    };
    if let Some(label) = label {
        let labels: Vec<String> = cases.iter().map(|case| format!("`{}`", case.label)).collect();
        cases.retain(|case| case.label == *label);
        if cases.is_empty() {
            let error = usage(format!("there is no case `{label}` in `{}`", path.display()));
            return Err(error.help(format!("there are {}", labels.join(", "))).into());
        }
    }
    if cases.is_empty() {
        let error = usage(format!(
            "there is nothing to run: `{}` holds no cases",
            path.display()
        ));
        return Err(error.help("its list `cases` is empty").into());
    }
    let narrowed = narrow::all(&mut cases, program)?;
    if !narrowed.is_empty() {
        let narrowed = narrowed.join(", ");
        terminal.say(&format!("note: taken as JAX takes them: {narrowed}\n"));
    }
    Ok(cases)
}

fn listed(path: &Path, bytes: &[u8]) -> Result<Vec<Case>, Diagnostic> {
    read_cases(&String::from_utf8_lossy(bytes)).map_err(|error| {
        let message = format!("`{}` cannot be read as cases: {error}", path.display());
        Diagnostic::error("jaxpeep::inputs::cases", message)
            .help("a file of cases is JSON: `{\"cases\": [{\"label\": …, \"inputs\": [{\"dtype\", \"shape\", \"values\"}]}]}`")
    })
}

/// Arrays by the names of variables, or inputs as `arg0`, `arg1`, …, or as `numpy.savez(path, *inputs)` calls them.
fn archive(path: &Path, bytes: &[u8], program: &Program) -> Result<Case, Diagnostic> {
    let variables = Variables::of(program);
    let mut archive = Archive::open(bytes).map_err(|error| unreadable(path, &error))?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    if let Some(fault) = misfit(path, &variables.all(), &names) {
        return Err(fault);
    }
    let label = path.display().to_string();
    let mut values = |wanted: &[Wanted]| -> Result<Vec<Tensor>, Diagnostic> {
        let mut values = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let Some(name) = wanted.among(&names) else {
                continue;
            };
            let dtype = wanted.ty.dtype();
            let announced = archive
                .announced(name, dtype)
                .map_err(|error| unreadable(path, &error))?;
            // What does not fit is not unpacked: it may be more than memory holds.
            if let Some(error) = wanted.misfit(&announced) {
                return Err(spoken(&error, program, &label));
            }
            let array = archive
                .array(name, dtype)
                .map_err(|error| unreadable(path, &error))?;
            values.push(wanted.keyed(&array));
        }
        Ok(values)
    };
    let inputs = Inputs {
        consts: values(&variables.consts)?,
        inner_consts: variables
            .inner_consts
            .iter()
            .map(|block| values(block))
            .collect::<Result<_, _>>()?,
        inputs: values(&variables.inputs)?,
    };
    Ok(Case {
        jax: None,
        label,
        inputs,
        outputs: None,
    })
}

/// Variables without an array, and arrays that are no variable's.
fn misfit(path: &Path, all: &[&Wanted], names: &[String]) -> Option<Diagnostic> {
    let missing: Vec<String> = all
        .iter()
        .filter(|wanted| wanted.among(names).is_none())
        .map(|wanted| wanted.spoken())
        .collect();
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| !all.iter().any(|wanted| wanted.is_called(name)))
        .map(|name| format!("`{name}`"))
        .collect();
    let faults: Vec<String> = [("it has no array for", missing), ("nothing is called", unknown)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(fault, names)| format!("{fault} {}", names.join(", ")))
        .collect();
    if faults.is_empty() {
        return None;
    }
    let message = format!(
        "`{}` does not fit the program: {}",
        path.display(),
        faults.join("; ")
    );
    Some(Diagnostic::error("jaxpeep::inputs::names", message)
        .help("arrays are named as the variables are, or inputs `arg0`, `arg1`, … or `arr_0`, `arr_1`, … in their order"))
}

/// The variables of a program that need a value.
struct Variables {
    consts: Vec<Wanted>,
    inner_consts: Vec<Vec<Wanted>>,
    inputs: Vec<Wanted>,
}

impl Variables {
    fn of(program: &Program) -> Self {
        let wanted = |values: &[ValueId], also: &dyn Fn(usize) -> Vec<String>| -> Vec<Wanted> {
            let values = values.iter().enumerate();
            let one = |(index, &value): (usize, &ValueId)| Wanted {
                name: program.name(value),
                also: also(index),
                ty: program.type_of(value).clone(),
            };
            values.map(one).collect()
        };
        let main = &program.blocks[program.main()];
        let inner = inner_constvars(program).into_iter().enumerate();
        let inner =
            inner.map(|(jaxpr, values)| wanted(&values, &|index| vec![format!("inner{jaxpr}_{index}")]));
        Self {
            consts: wanted(&main.consts, &|_| Vec::new()),
            inner_consts: inner.collect(),
            inputs: wanted(&main.inputs, &|index| {
                vec![format!("arg{index}"), format!("arr_{index}")]
            }),
        }
    }

    /// Inputs first: a name that is also a number means them.
    fn all(&self) -> Vec<&Wanted> {
        let consts = self.consts.iter().chain(self.inner_consts.iter().flatten());
        self.inputs.iter().chain(consts).collect()
    }
}

fn unreadable(path: &Path, error: &str) -> Diagnostic {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Diagnostic::error("jaxpeep::inputs::npz", message).help("`numpy.savez(path, *inputs)` writes such a file")
}

/// A variable that needs a value.
struct Wanted {
    name: String,
    /// The names that say its place, by which it goes as well.
    also: Vec<String>,
    ty: Type,
}

impl Wanted {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.iter().any(|also| also == name)
    }

    /// The name among those given that means it.
    fn among<'a>(&self, names: &'a [String]) -> Option<&'a str> {
        names.iter().map(String::as_str).find(|name| self.is_called(name))
    }

    fn spoken(&self) -> String {
        match self.also.first() {
            Some(also) => format!("`{}:{}` (`{also}`)", self.name, self.ty),
            None => format!("`{}:{}`", self.name, self.ty),
        }
    }

    /// Why an array of this header cannot be the value.
    fn misfit(&self, announced: &Announced) -> Option<EvalError> {
        let Some((dtype, mut shape)) = layout(&self.ty) else {
            return Some(EvalError::Type {
                name: self.name.clone(),
                ty: self.ty.clone(),
            });
        };
        if let Type::Key { implementation, .. } = &self.ty {
            shape.push(Implementation::from_name(implementation)?.size());
        }
        let fits = announced.dtype == dtype || narrow::narrows(announced.dtype, dtype);
        let sizes: Vec<u64> = announced.shape.iter().map(|&size| size as u64).collect();
        (!fits || announced.shape != shape).then(|| EvalError::Input {
            name: self.name.clone(),
            expected: self.ty.to_string(),
            found: Type::array(announced.dtype, &sizes).to_string(),
        })
    }

    /// Words become keys where keys are wanted.
    fn keyed(&self, array: &Tensor) -> Tensor {
        let (Type::Key { implementation, .. }, DType::Uint32, Data::Int(words)) =
            (&self.ty, array.dtype, array.data())
        else {
            return array.clone();
        };
        match (
            Implementation::from_name(implementation),
            array.shape.split_last(),
        ) {
            (Some(implementation), Some((&size, shape))) if size == implementation.size() => {
                let key =
                    |words: &[i64]| Key::from_words(implementation, |at| words[at].cast_unsigned() as u32);
                Tensor::from_keys(shape, words.chunks_exact(size).map(key).collect())
            }
            _ => array.clone(),
        }
    }
}
