//! Functions with derivative rules of their own. The text names the rules and does not carry them.

use super::super::equation::{Equation, Outcome, one, sequence};
use super::super::python::Expr;
use super::calls::call_of;
use super::{Row, own};
use crate::ir::{BlockId, Program};

const JVP: &[&str] = &[
    "call_jaxpr",
    "jvp",
    "jvp_jaxpr_fun",
    "jvp_jaxpr_thunk",
    "name",
    "num_consts",
    "symbolic_zeros",
];
const VJP: &[&str] = &[
    "bwd",
    "call_jaxpr",
    "fun_jaxpr",
    "fwd",
    "fwd_jaxpr_thunk",
    "name",
    "num_consts",
    "out_trees",
    "symbolic_zeros",
];

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("custom_jvp_call", custom_jvp).reads(JVP).lossy(),
    own("custom_vjp_call", custom_vjp).reads(VJP).lossy(),
    own("custom_vjp_call_jaxpr", custom_vjp).reads(VJP).lossy(),
    own("custom_lin", custom_vjp).reads(VJP).lossy(),
];

/// A function of JAX's with a derivative rule of its own.
struct Published {
    /// Its name in print-outs.
    name: &'static str,
    /// What JAX calls it by.
    function: &'static str,
    /// What prints as its rule, where releases print that.
    jvp: &'static str,
    /// The primitives of its body in all releases: a function of the same name may be another.
    core: &'static [&'static str],
    /// Those that a release may have beside them.
    also: &'static [&'static str],
}

const SUM: &[&str] = &["abs", "add", "div", "exp", "exp2", "mul", "ne", "neg", "sub"];
const GUARD: &[&str] = &["broadcast_in_dim", "eq", "ne", "or"];

/// One row a function.
#[rustfmt::skip]
const PUBLISHED: &[Published] = &[
    Published { name: "relu", function: "jax.nn.relu", jvp: "jvp", core: &["max"], also: &[] },
    Published { name: "relu6", function: "jax.nn.relu6", jvp: "jvp", core: &["max", "min"], also: &[] },
    Published {
        name: "logaddexp", function: "jnp.logaddexp", jvp: "_logaddexp_jvp",
        core: &["exp", "log1p", "max", "select_n"], also: SUM,
    },
    Published {
        name: "logaddexp2", function: "jnp.logaddexp2", jvp: "_logaddexp2_jvp",
        core: &["exp2", "log1p", "max", "select_n"], also: SUM,
    },
    Published {
        name: "xlogy", function: "jsp.special.xlogy", jvp: "_xlogy_jvp",
        core: &["log", "mul", "select_n"], also: GUARD,
    },
    Published {
        name: "xlog1py", function: "jsp.special.xlog1py", jvp: "_xlog1py_jvp",
        core: &["log1p", "mul", "select_n"], also: GUARD,
    },
];

fn custom_jvp(equation: &mut Equation<'_, '_>) -> Outcome {
    let operands = equation.operands()?;
    if let Some(published) = published(equation) {
        return Ok(one(Expr::call(published.function, operands)));
    }
    lossy(equation)
}

fn custom_vjp(equation: &mut Equation<'_, '_>) -> Outcome {
    lossy(equation)
}

/// The body in place of the function: the same values, and the derivatives of the body.
fn lossy(equation: &mut Equation<'_, '_>) -> Outcome {
    let name = super::calls::name_of(equation, "a function");
    let what = format!("the derivative rule of {name}; derivatives are those of its body");
    equation.writer.lose(equation.eqn, what);
    let call = call_of(equation, "function", None)?;
    Ok(sequence(call.expr))
}

/// The function of JAX's that an equation calls, if there is no doubt that it is that one.
fn published(equation: &Equation<'_, '_>) -> Option<&'static Published> {
    let program = equation.program();
    let block = equation.jaxpr(&["call_jaxpr"]).ok()?.block();
    let name = match equation.text("name") {
        Some(name) => name,
        // Releases before 0.6 print no name, but those functions are compiled, and that call has one.
        None => compiled_name(program, block)?,
    };
    let found = PUBLISHED.iter().find(|row| row.name == name)?;
    let body = primitives_of(program, block);
    let sound = equation.outputs() == 1
        && equation.text("jvp").is_none_or(|jvp| jvp == found.jvp)
        && found.core.iter().all(|primitive| body.contains(primitive))
        && body
            .iter()
            .all(|primitive| found.core.contains(primitive) || found.also.contains(primitive));
    sound.then_some(found)
}

fn compiled_name(program: &Program, block: BlockId) -> Option<&str> {
    let [eqn] = program.blocks[block].eqns.as_slice() else {
        return None;
    };
    match program.param(*eqn, "name")? {
        crate::ir::ParamValue::Text(name) => Some(program.symbols.text(*name)),
        _ => None,
    }
}

/// The primitives of a jaxpr and of those that it calls, in any order.
fn primitives_of(program: &Program, block: BlockId) -> Vec<&str> {
    const LEFT_OUT: &[&str] = &["jit", "pjit", "convert_element_type", "copy"];
    let (mut found, mut seen, mut stack) = (Vec::new(), Vec::new(), vec![block]);
    while let Some(block) = stack.pop() {
        if seen.contains(&block) {
            continue;
        }
        seen.push(block);
        for &eqn in &program.blocks[block].eqns {
            let primitive = program.primitive(eqn);
            if !LEFT_OUT.contains(&primitive) {
                found.push(primitive);
            }
            stack.extend(program.params(eqn).jaxprs().map(|(_, jaxpr)| jaxpr.block()));
        }
    }
    found
}
