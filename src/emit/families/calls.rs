//! Calls of jaxprs, and what stands outside the program: platforms, printing, callbacks.

use super::super::equation::{Equation, Outcome, boolean, sequence};
use super::super::fault::Fault;
use super::super::layout;
use super::super::python::{Expr, Statement};
use super::super::writer::{Given, Shape};
use super::{Row, own};
use crate::ir::ParamValue;
use crate::schema::params;

const BODY: &[&str] = &["call_jaxpr", "jaxpr", "name", "num_consts"];
const JIT: &[&str] = &["jaxpr", "name", "inline", "keep_unused"];
const REMAT: &[&str] = &["differentiated", "jaxpr", "prevent_cse"];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("checkpoint", remat).reads(REMAT),
    own("closed_call", plain_call).reads(BODY),
    own("core_call", plain_call).reads(BODY),
    own("core_closed_call", plain_call).reads(BODY),
    own("debug_callback", callback).lossy().reads(&["callback", "effect", "partitioned"]),
    own("debug_print", debug_print).lossy().reads(&[
        "fmt", "has_placeholders", "in_tree", "logging_record", "np_printoptions", "ordered", "partitioned",
    ]),
    own("jit", jit).reads(JIT),
    own("named_call", plain_call).reads(BODY),
    own("pjit", jit).reads(JIT),
    own("platform_index", platform_index).reads(&["platforms"]),
    own("remat2", remat).reads(REMAT),
    own("xla_call", plain_call).reads(BODY),
];

/// The parameters that may hold the jaxpr of a call.
const JAXPR: &[&str] = &["jaxpr", "call_jaxpr", "fun_jaxpr"];

/// The name that a call's parameter `name` gives, or another.
pub(super) fn name_of(equation: &Equation<'_, '_>, otherwise: &str) -> String {
    equation.text("name").unwrap_or(otherwise).to_owned()
}

/// A call of the jaxpr, as a function with this decorator.
pub(super) fn call_of(equation: &mut Equation<'_, '_>, otherwise: &str, decorator: Option<Expr>) -> Outcome {
    let jaxpr = equation.jaxpr(JAXPR)?;
    let name = name_of(equation, otherwise);
    let operands = equation.operands()?;
    let decorated = decorator.is_some();
    let function = equation.writer.function(jaxpr, &name, decorator)?;
    let operands = equation.writer.with_consts(jaxpr, decorated, operands)?;
    Ok(sequence(Expr::call(function, operands)))
}

fn plain_call(equation: &mut Equation<'_, '_>) -> Outcome {
    call_of(equation, "function", None)
}

fn jit(equation: &mut Equation<'_, '_>) -> Outcome {
    call_of(equation, "function", Some(Expr::atom("jax.jit")))
}

/// The backward pass computes the body again.
fn remat(equation: &mut Equation<'_, '_>) -> Outcome {
    let prevents = equation.param("prevent_cse").is_none() || equation.flag("prevent_cse");
    let decorator = if prevents {
        Expr::atom("jax.checkpoint")
    } else {
        Expr::call("functools.partial", [Expr::atom("jax.checkpoint")])
            .with("prevent_cse", equation.read("prevent_cse", boolean)?)
    };
    call_of(equation, "checkpointed", Some(decorator))
}

/// Its output is the operand of a `cond` that says for which platforms its branches are; see `loops`. Whoever hands it
/// on hands on the branch for all other platforms.
fn platform_index(equation: &mut Equation<'_, '_>) -> Outcome {
    let wrong = || Fault::Param("platforms");
    let platforms = equation
        .given("platforms")
        .and_then(params::items)
        .ok_or_else(wrong)?;
    let default = platforms.iter().position(|names| *names == ParamValue::None);
    let index = Expr::Atom(default.ok_or_else(wrong)?.to_string());
    let &[output] = equation.program().outputs(equation.eqn) else {
        return Err(wrong());
    };
    equation.writer.capture(output, Expr::call("np.int32", [index]));
    Ok(nothing())
}

/// Prints what the text still knows how to print: all placeholders by position, or all by name.
fn debug_print(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut operands = equation.operands()?;
    let format = equation.text("fmt").unwrap_or_default().to_owned();
    let keywords = equation
        .param("in_tree")
        .and_then(|tree| keywords(equation, tree, operands.len()));
    let ordered = equation.flag("ordered");
    let Some(names) = keywords else {
        equation
            .writer
            .lose(equation.eqn, format!("what prints `{format}`"));
        return Ok(nothing());
    };
    let format = Expr::string(&format);
    let positional = names.iter().take_while(|name| name.is_none()).count();
    let named = operands.split_off(positional);
    let mut call = Expr::call("jax.debug.print", std::iter::once(format).chain(operands));
    for (name, value) in names.into_iter().flatten().zip(named) {
        call = call.with(name, value);
    }
    if ordered {
        call = call.with("ordered", Expr::boolean(true));
    }
    Ok(Given {
        expr: call,
        shape: Shape::Nothing,
    })
}

/// The keyword of each operand, from a tree such as `PyTreeDef(((*,), {'x': *}))` whose leaves are all stars.
fn keywords(equation: &Equation<'_, '_>, tree: &ParamValue, count: usize) -> Option<Vec<Option<String>>> {
    let program = equation.program();
    let text = crate::print::param_text(program, tree);
    let inside = text.strip_prefix("PyTreeDef((")?.strip_suffix("))")?;
    let (positional, named) = inside.split_once("), {")?;
    let positional = positional.strip_prefix('(')?;
    let mut found: Vec<Option<String>> = Vec::new();
    for leaf in positional
        .split(',')
        .map(str::trim)
        .filter(|leaf| !leaf.is_empty())
    {
        if leaf != "*" {
            return None;
        }
        found.push(None);
    }
    for item in named
        .strip_suffix('}')?
        .split(", ")
        .filter(|item| !item.is_empty())
    {
        let (name, leaf) = item.split_once(": ")?;
        if leaf != "*" {
            return None;
        }
        found.push(Some(name.trim_matches('\'').to_owned()));
    }
    (found.len() == count).then_some(found)
}

fn nothing() -> Given {
    Given {
        expr: Expr::atom("None"),
        shape: Shape::Absent,
    }
}

/// A callback is a Python function, which the text does not carry.
fn callback(equation: &mut Equation<'_, '_>) -> Outcome {
    if equation.outputs() > 0 {
        return Err(Fault::Other("what it gives is known to Python only".to_owned()));
    }
    equation
        .writer
        .lose(equation.eqn, "a callback into Python".to_owned());
    Ok(nothing())
}

/// `jax.vmap(jax.vmap(call))(operands…)`, over so many leading axes of all operands.
pub(super) fn over_leading_axes(
    equation: &mut Equation<'_, '_>,
    operands: Vec<Expr>,
    parameters: &[&str],
    axes: usize,
    call: impl Fn(Vec<Expr>) -> Expr,
) -> Expr {
    if axes == 0 {
        return call(operands);
    }
    let inner = parameters.iter().map(|&name| Expr::atom(name)).collect();
    let parameters = parameters.iter().map(|&name| name.to_owned()).collect();
    let name = equation.writer.names.fresh("each");
    let body = vec![Statement::Return(call(inner))];
    equation.writer.put_function(&name, parameters, body);
    let mut whole = Expr::Atom(name);
    for _ in 1..axes {
        whole = Expr::call("jax.vmap", [whole]);
    }
    Expr::call(format!("jax.vmap({})", layout::flat(&whole)), operands)
}
