//! Calls: the jaxpr in a parameter, run on the operands.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::Tensor;
use crate::ir::ParamValue;
use crate::schema::{Port, bodies, params};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("jit", run_body),
            row_of("pjit", run_body),
            row_of("xla_call", run_body),
            row_of("core_call", run_body),
            row_of("closed_call", run_body),
            row_of("core_closed_call", run_body),
            row_of("remat", run_body),
            row_of("remat2", run_body),
            row_of("checkpoint", run_body),
            row_of("custom_jvp_call", run_body),
            row_of("custom_vjp_call", run_body),
            row_of("custom_jvp_call_jaxpr", run_body),
            row_of("custom_vjp_call_jaxpr", run_body),
            row_of("platform_index", platform_index),
            row_of("empty2", empty),
            row_of("empty", empty),
            row_of("debug_print", nothing),
            row_of("debug_callback", nothing),
        ]
    }
}

/// Runs the one jaxpr on the operands that the schema says it takes.
fn run_body<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let unreadable = Fault::Operands("its jaxpr cannot be found".to_owned());
    let mut found = bodies(call.machine.program, call.eqn).ok_or_else(|| unreadable.clone())?;
    if found.len() != 1 {
        return Err(unreadable);
    }
    let body = found.remove(0);
    let operand = |port: &Port| match port {
        Port::Whole(index) => call.input(*index).cloned(),
        _ => Err(Fault::Operands(
            "its jaxpr takes parts of the operands".to_owned(),
        )),
    };
    let inputs: Vec<Tensor<R>> = body.inputs.iter().map(operand).collect::<Result<_, _>>()?;
    Ok(call.machine.run(body.block, &inputs)?)
}

/// Which branch a CPU takes: the first that names it, or the default one.
fn platform_index<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let platforms = params::items(call.value("platforms")?).ok_or(Fault::Param("platforms"))?;
    let names_cpu = |value: &ParamValue| match value {
        ParamValue::Quoted(text) | ParamValue::Text(text) => {
            call.symbols().text(*text).trim_matches('\'') == "cpu"
        }
        _ => false,
    };
    let takes = |value: &ParamValue| match value {
        ParamValue::None => true,
        value => params::items(value).is_some_and(|names| names.iter().any(names_cpu)),
    };
    let index = platforms
        .iter()
        .position(takes)
        .ok_or(Fault::Param("platforms"))?;
    Ok(vec![Tensor::from_ints(call.out_dtype(0)?, &[], [index as i128])])
}

/// An array whose elements nobody reads.
fn empty<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    Ok(vec![Tensor::filled(call.out_dtype(0)?, &call.out_shape(0)?, 0.0)])
}

fn nothing<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    match call.out_count() {
        0 => Ok(Vec::new()),
        _ => Err(Fault::Operands(
            "what it gives is known to Python only".to_owned(),
        )),
    }
}
