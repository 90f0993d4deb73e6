//! The module: imports, functions, and `main` behind them.

use super::Options;
use super::fault::{EmitError, Loss};
use super::layout;
use super::python::{Expr, Function, Statement};
use super::writer::Writer;
use crate::ir::{BlockId, DType, Program, Type, blocks_with_consts};
use crate::schema::detect;

/// A program as a Python module.
#[derive(Clone, Debug)]
pub struct Module {
    /// The module.
    pub text: String,
    /// What it does not do and the traced function did.
    pub losses: Vec<Loss>,
    /// Where the jaxprs stand whose constvars the function takes behind its own, with [`Options::live`].
    pub constants: Vec<String>,
}

/// The imports that a module may need: what shows that it does, and the line.
const IMPORTS: &[(&str, &str)] = &[
    ("functools.", "import functools"),
    ("jax.", "import jax"),
    ("jnp.", "import jax.numpy as jnp"),
    ("jsp.", "import jax.scipy as jsp"),
    ("np.", "import numpy as np"),
    ("lax.", "from jax import lax"),
    ("shard_map", "from jax.experimental.shard_map import shard_map"),
    ("primitives.", "from jax.extend.core import primitives"),
    ("new_ref", NEW_REF),
];

/// The function that makes a mutable reference has had three names.
const NEW_REF: &str = "\
try:
    from jax import new_ref
except ImportError:  # JAX before 0.8
    from jax._src.core import mutable_array as new_ref";

/// Writes a program as a Python module with one public function, which takes the values of the constvars, of
/// those of jaxprs inside, and then the inputs, and gives a tuple of the results.
///
/// The program's literals must have types (see [`crate::schema::infer_literal_types`]).
///
/// # Errors
/// Every equation that cannot be written as Python.
pub fn emit(program: &Program, options: &Options) -> Result<Module, Vec<EmitError>> {
    let mut writer = Writer::new(program, options);
    let main = program.main();
    let inner: Vec<String> = blocks_with_consts(program)
        .into_iter()
        .flat_map(|block| writer.name_consts(block))
        .collect();
    let function = match main_function(&mut writer, main, &inner) {
        Ok(function) => function,
        Err(error) => {
            writer.errors.push(error);
            return Err(writer.errors);
        }
    };
    if !writer.errors.is_empty() {
        return Err(writer.errors);
    }
    writer.functions.push(function);
    Ok(Module {
        text: text(&writer.functions),
        losses: writer.losses,
        constants: constants(program, options),
    })
}

fn constants(program: &Program, options: &Options) -> Vec<String> {
    let Some(paths) = &options.live else {
        return Vec::new();
    };
    let inner = blocks_with_consts(program).into_iter();
    inner
        .filter_map(|block| paths.jaxpr(block))
        .map(str::to_owned)
        .collect()
}

fn main_function(writer: &mut Writer<'_>, main: BlockId, inner: &[String]) -> Result<Function, EmitError> {
    let program = writer.program;
    let wrong = |fault: super::fault::Fault| EmitError {
        eqn: None,
        primitive: "the program".to_owned(),
        message: fault.to_string(),
    };
    writer.open(main).map_err(wrong)?;
    let mut parameters = writer.parameters(&program.blocks[main].consts);
    parameters.extend(inner.iter().cloned());
    parameters.extend(writer.parameters(&program.blocks[main].inputs));
    if holds_64_bits(program) {
        let narrow = Expr::atom("jax.dtypes.canonicalize_dtype(np.float64) != np.float64");
        let raise = Expr::call(
            "RuntimeError",
            [Expr::string("64-bit numbers need jax_enable_x64")],
        );
        writer.push(Statement::If(narrow, Box::new(Statement::Raise(raise))));
    }
    let results = writer.body(main);
    let arrays = results.into_iter().zip(&program.blocks[main].outputs);
    // A result is an array also where it is a constant.
    let arrays = arrays.map(|(result, atom)| match atom.literal() {
        Some(_) if !is_float0(program.atom_type(*atom)) => Expr::call("jnp.asarray", [result]),
        _ => result,
    });
    let arrays = arrays.collect();
    writer.push(Statement::Return(Expr::Tuple(arrays)));
    Ok(Function {
        decorator: None,
        name: writer.options.name.clone(),
        doc: main_doc(program, main, &parameters),
        parameters,
        body: writer.close(),
    })
}

fn is_float0(ty: Option<&Type>) -> bool {
    ty.and_then(Type::dtype) == Some(DType::Float0)
}

/// What goes in and what comes out, a line each.
fn main_doc(program: &Program, main: BlockId, parameters: &[String]) -> Vec<String> {
    let block = &program.blocks[main];
    let releases = detect(program);
    let mut lines = vec![
        format!("Computes what a jaxpr printed by JAX {releases} computes."),
        String::new(),
    ];
    let inner = blocks_with_consts(program);
    let inner = inner.iter().flat_map(|&inner| &program.blocks[inner].consts);
    let all = block.consts.iter().chain(inner).chain(&block.inputs);
    let kinds = all.zip(parameters);
    lines.extend(kinds.map(|(&value, name)| format!("{name}: {}", typed(program.type_of(value)))));
    let results = block.outputs.iter().map(|&atom| match program.atom_type(atom) {
        Some(ty) => typed(ty),
        None => "a number".to_owned(),
    });
    lines.push(format!("Returns ({}).", results.collect::<Vec<_>>().join(", ")));
    lines
}

fn typed(ty: &Type) -> String {
    match ty {
        Type::Untyped => "an array".to_owned(),
        ty => ty.to_string().replace(['\\', '"'], "'"),
    }
}

/// `f32[3], f32[] -> f32[3]`
pub(super) fn signature(program: &Program, block: BlockId) -> String {
    let block = &program.blocks[block];
    let inputs = block.inputs.iter().map(|&value| typed(program.type_of(value)));
    let outputs = block.outputs.iter().map(|&atom| match program.atom_type(atom) {
        Some(ty) => typed(ty),
        None => "a number".to_owned(),
    });
    let list = |items: Vec<String>| {
        if items.is_empty() {
            "()".to_owned()
        } else {
            items.join(", ")
        }
    };
    format!("{} -> {}", list(inputs.collect()), list(outputs.collect()))
}

/// Whether JAX must be told to keep 64 bits.
fn holds_64_bits(program: &Program) -> bool {
    let wide = |dtype| {
        matches!(
            dtype,
            DType::Int64 | DType::Uint64 | DType::Float64 | DType::Complex128
        )
    };
    program.types.iter().any(|(_, ty)| ty.dtype().is_some_and(wide))
}

fn text(functions: &[Function]) -> String {
    let mut heads = vec![false; IMPORTS.len()];
    for function in functions {
        function.names(&mut |text| {
            // An atom may be an expression of several names.
            for name in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "._".contains(letter)))
            {
                for (head, (start, _)) in heads.iter_mut().zip(IMPORTS) {
                    let is_module = start.ends_with('.');
                    *head |= name == *start || (is_module && name.starts_with(start));
                }
            }
        });
    }
    let mut out = String::from("\"\"\"Written by jaxpeep from a printed jaxpr.\"\"\"\n");
    let mut group = "";
    for ((_, line), _) in IMPORTS.iter().zip(&heads).filter(|(_, used)| **used) {
        // The standard library comes first, and a blank line behind it.
        let this = match *line {
            "import functools" => "standard",
            NEW_REF => "by release",
            _ => "others",
        };
        if this != group {
            out.push('\n');
            group = this;
        }
        out.push_str(line);
        out.push('\n');
    }
    for function in functions {
        out.push_str("\n\n");
        layout::function(function, 0, &mut out);
    }
    out
}
