//! Primitives that run jaxprs some number of times: loops and branches.

use super::calls::{call, check, run, type_of};
use crate::ir::{DType, Dim, ParamValue, Type};
use crate::schema::bodies::{Body, Port};
use crate::schema::fault::TypeFault;
use crate::schema::params::{self, ScanShape};
use crate::schema::primitive::{Arity, Primitive, Purity, param};
use crate::schema::shape::{any_extent, held_by, types_agree};
use crate::schema::typed_eqn::{TypedEqn, as_printed};
use crate::schema::version::Version;

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    Primitive::new("scan", Arity::AtLeast(0), scan).bodies(scanned).params(&[
        param("_split_transpose").or("False").since(Version::V0_4_30).until(Version::V0_9),
        param("ft_in").since(Version::V0_12),
        param("ft_out").since(Version::V0_12),
        param("jaxpr"),
        param("length"),
        param("linear").until(Version::V0_9),
        param("num_carry").until(Version::V0_10),
        param("num_consts").until(Version::V0_10),
        param("reverse").or("False"),
        param("unroll").or("1"),
    ]),
    Primitive::new("while", Arity::AtLeast(0), while_loop).bodies(condition_and_step).params(&[
        param("body_jaxpr"),
        param("body_nconsts"),
        param("cond_jaxpr"),
        param("cond_nconsts"),
    ]),
    Primitive::new("cond", Arity::AtLeast(1), cond).bodies(branches).params(&[
        param("branches"),
        param("branches_platforms").unless("None").since(Version::V0_6),
        param("linear").until(Version::V0_4_30),
    ]),
    Primitive::new("platform_index", Arity::Exactly(0), index)
        .params(&[param("platforms")]),
    Primitive::new("for", Arity::AtLeast(0), on_references).bodies(on_references_bodies).params(&[
        param("jaxpr"),
        param("nsteps"),
        param("reverse"),
        param("unroll"),
        param("which_linear"),
    ]).until(Version::V0_7),
    Primitive::new("run_state", Arity::AtLeast(0), on_references).bodies(on_references_bodies).params(&[
        param("is_initialized").since(Version::V0_4_38),
        param("jaxpr"),
        param("which_linear"),
    ]),
    Primitive::new("run_scoped", Arity::AtLeast(0), as_printed).params(&[param("collective_axes"), param("jaxpr")])
        .purity(Purity::Effect),
    Primitive::new("pallas_call", Arity::AtLeast(0), pallas_call).bodies(kernel).purity(Purity::Effect).params(&[
        param("backend").since(Version::V0_4_38).until(Version::V0_8),
        param("compiler_params"),
        param("cost_estimate").since(Version::V0_4_38),
        param("debug"),
        param("grid_mapping"),
        param("in_shapes").until(Version::V0_4_30),
        param("input_output_aliases"),
        param("interpret"),
        param("jaxpr"),
        param("mesh").since(Version::V0_5_3),
        param("metadata").since(Version::V0_7),
        param("name").until(Version::V0_4_30),
        param("name").since(Version::V0_7),
        param("out_avals").since(Version::V0_4_38),
        param("out_shapes").until(Version::V0_4_30),
        param("which_linear").until(Version::V0_4_30),
    ]),
];

fn unreadable_count(name: &'static str) -> TypeFault {
    TypeFault::Unreadable(name)
}

fn scanned(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let block = eqn.block("jaxpr")?;
    let results = eqn.program.blocks[block].outputs.len();
    let shape = ScanShape::read(eqn.program, eqn.params, eqn.inputs.len(), results)
        .ok_or_else(|| unreadable_count("num_carry"))?;
    let whole = shape.consts + shape.carry;
    let rows = |from: usize, count: usize| (from..from + count).map(|index| Port::Row(index, 0));
    Ok(vec![Body {
        block,
        inputs: (0..whole).map(Port::Whole).chain(rows(whole, shape.xs)).collect(),
        outputs: (0..shape.carry)
            .map(Port::Whole)
            .chain(rows(shape.carry, shape.ys))
            .collect(),
    }])
}

fn scan(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let bodies = scanned(eqn)?;
    let length = match eqn.value("length")? {
        ParamValue::Text(text) => Dim::Symbolic(eqn.program.symbols.text(*text).into()),
        value => match params::int(&eqn.program.symbols, value) {
            Some(length) => super::views::extent_of("length", length)?,
            None => any_extent(),
        },
    };
    let types = run(eqn, &bodies, &length)?;
    for body in &bodies {
        let consts = body
            .inputs
            .iter()
            .filter(|port| matches!(port, Port::Whole(_)))
            .count();
        let carried = body
            .outputs
            .iter()
            .filter(|port| matches!(port, Port::Whole(_)))
            .count();
        same_carry(eqn, body, consts.saturating_sub(carried), carried)?;
    }
    Ok(types)
}

/// What an iteration hands on is what the next one takes.
fn same_carry(eqn: &TypedEqn<'_>, body: &Body, first: usize, count: usize) -> Result<(), TypeFault> {
    let block = &eqn.program.blocks[body.block];
    for (&taken, &given) in block.inputs.iter().skip(first).zip(&block.outputs).take(count) {
        let (taken, given) = (eqn.program.type_of(taken), type_of(eqn.program, given));
        if !types_agree(taken, given) {
            let message = format!(
                "an iteration of {} takes {taken} and hands on {given}",
                eqn.primitive.name
            );
            return Err(TypeFault::equation(message));
        }
    }
    Ok(())
}

/// Constants of the condition, constants of the step, and the state.
fn condition_and_step(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let count = |name| usize::try_from(eqn.int(name)?).map_err(|_| unreadable_count(name));
    let (condition, step) = (count("cond_nconsts")?, count("body_nconsts")?);
    let state = condition
        .checked_add(step)
        .filter(|&consts| consts <= eqn.inputs.len());
    let state = state.ok_or_else(|| TypeFault::equation("there are fewer operands than constants"))?;
    let carry = || (state..eqn.inputs.len()).map(Port::Whole);
    Ok(vec![
        Body {
            block: eqn.block("cond_jaxpr")?,
            inputs: (0..condition).map(Port::Whole).chain(carry()).collect(),
            outputs: vec![Port::Inner],
        },
        Body {
            block: eqn.block("body_jaxpr")?,
            inputs: (condition..state).map(Port::Whole).chain(carry()).collect(),
            outputs: (0..eqn.inputs.len() - state).map(Port::Whole).collect(),
        },
    ])
}

fn while_loop(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let bodies = condition_and_step(eqn)?;
    let types = call(eqn)?;
    if let [condition, step] = &bodies[..] {
        let state = step.inputs.len().saturating_sub(types.len());
        same_carry(eqn, step, state, types.len())?;
        let results = &eqn.program.blocks[condition.block].outputs;
        let verdict = results.first().map(|&atom| type_of(eqn.program, atom));
        // A loop that was mapped over a batch may decide for each element.
        if verdict.is_some_and(|ty| ty.dtype().is_some_and(|dtype| dtype != DType::Bool)) {
            return Err(TypeFault::parameter(
                "cond_jaxpr",
                "the condition of a loop gives a bool",
            ));
        }
    }
    Ok(types)
}

/// The index of a branch, then the operands of the branches.
fn branches(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let jaxprs = eqn.value("branches")?.jaxprs();
    if jaxprs.is_empty() {
        return Err(TypeFault::Unreadable("branches"));
    }
    let body = |jaxpr: &crate::ir::JaxprRef| {
        let block = jaxpr.block();
        Body {
            block,
            inputs: (1..eqn.inputs.len()).map(Port::Whole).collect(),
            outputs: (0..eqn.program.blocks[block].outputs.len())
                .map(Port::Whole)
                .collect(),
        }
    };
    Ok(jaxprs.iter().map(body).collect())
}

fn cond(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    if let Ok(index) = eqn.operand(0)
        && !types_agree(index, &Type::scalar(DType::Int32))
    {
        return Err(TypeFault::operand_type(0, &Type::scalar(DType::Int32), index));
    }
    call(eqn)
}

/// The index of a platform, a program or a device.
#[expect(clippy::unnecessary_wraps, reason = "it is a rule of the table")]
pub(super) fn index(_site: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![Type::scalar(DType::Int32)])
}

/// The jaxpr of `for` counts, and then both it and that of `run_state` take a reference to each operand. An operand
/// that `run_state` does not initialise is not there.
fn on_references_bodies(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let mut inputs = Vec::new();
    if eqn.param("nsteps").is_some() {
        inputs.push(Port::Inner);
    }
    let initialized = eqn.param("is_initialized").and_then(params::items);
    match initialized {
        None => inputs.extend((0..eqn.inputs.len()).map(Port::Reference)),
        Some(flags) => {
            let mut operands = 0..eqn.inputs.len();
            for flag in flags {
                let operand = if *flag == ParamValue::Bool(true) {
                    operands.next()
                } else {
                    None
                };
                inputs.push(operand.map_or(Port::Inner, Port::Reference));
            }
        }
    }
    Ok(vec![Body {
        block: eqn.block("jaxpr")?,
        inputs,
        outputs: Vec::new(),
    }])
}

/// The outputs are what the references hold at the end.
fn on_references(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let bodies = on_references_bodies(eqn)?;
    check(eqn, &bodies)?;
    let [body] = &bodies[..] else {
        return Err(TypeFault::Unknown);
    };
    let counters = usize::from(eqn.param("nsteps").is_some());
    let block = &eqn.program.blocks[body.block];
    let held = |&value| held_by(eqn.program.type_of(value)).unwrap_or(Type::Untyped);
    Ok(block.inputs.iter().skip(counters).map(held).collect())
}

/// How the grid cuts operands into blocks is not followed: the kernel's references are its own.
fn kernel(eqn: &TypedEqn<'_>) -> Result<Vec<Body>, TypeFault> {
    let block = eqn.block("jaxpr")?;
    let body = &eqn.program.blocks[block];
    Ok(vec![Body {
        block,
        inputs: vec![Port::Inner; body.inputs.len()],
        outputs: vec![Port::Inner; body.outputs.len()],
    }])
}

fn pallas_call(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let symbols = &eqn.program.symbols;
    let stated = eqn.param("out_avals").or_else(|| eqn.param("out_shapes"));
    stated
        .and_then(|value| params::avals(symbols, value))
        .ok_or(TypeFault::Unknown)
}
