//! Branches, loops, and linear solves whose parts are jaxprs.

use super::super::equation::{Equation, Outcome, sequence};
use super::super::fault::Fault;
use super::super::python::{Expr, Function, Statement, Target};
use super::super::writer::{Given, Shape};
use super::{Row, own};
use crate::ir::{Atom, BlockId, JaxprRef, ParamValue, Program, Type, ValueId};
use crate::schema::params::{self, ScanShape};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("cond", cond).reads(&["branches", "branches_platforms", "linear"]),
    own("custom_linear_solve", custom_linear_solve).reads(&["const_lengths", "jaxprs"]),
    own("scan", scan).reads(&[
        "ft_in", "ft_out", "jaxpr", "length", "linear", "num_carry", "num_consts", "reverse", "unroll",
    ]),
    own("while", while_loop).reads(&["body_jaxpr", "body_nconsts", "cond_jaxpr", "cond_nconsts"]),
];

/// Branches take all operands but the first, which chooses among them.
fn cond(equation: &mut Equation<'_, '_>) -> Outcome {
    let branches = equation
        .param("branches")
        .map(ParamValue::jaxprs)
        .ok_or(Fault::Param("branches"))?;
    let operands: Vec<Expr> = equation.operands_from(1)?;
    let several = branches.len() > 2;
    let mut functions = Vec::with_capacity(branches.len());
    for (index, &branch) in branches.iter().enumerate() {
        let wanted = match (several, index) {
            (false, 0) => "if_false".to_owned(),
            (false, _) => "if_true".to_owned(),
            (true, index) => format!("branch_{index}"),
        };
        functions.push(branch_function(equation, branch, &wanted)?);
    }
    if let Some(platforms) = equation.given("branches_platforms") {
        return by_platform(equation, platforms, functions, operands);
    }
    let program = equation.program();
    let index = equation.atom(0)?;
    if let (Some(test), [if_false, if_true]) = (truth(program, equation, index), functions.as_slice()) {
        let test = equation.writer.atom(test)?;
        let start = [test, if_true.clone(), if_false.clone()];
        return Ok(sequence(Expr::call(
            "lax.cond",
            start.into_iter().chain(operands),
        )));
    }
    let index = equation.operand(0)?;
    let start = [index, Expr::Tuple(functions)];
    Ok(sequence(Expr::call(
        "lax.switch",
        start.into_iter().chain(operands),
    )))
}

/// A branch as a function of the operands alone.
pub(super) fn branch_function(
    equation: &mut Equation<'_, '_>,
    branch: JaxprRef,
    wanted: &str,
) -> Result<Expr, Fault> {
    let wanted = match branch {
        JaxprRef::Shared(name, _) => equation.program().symbols.text(name).to_owned(),
        JaxprRef::Inline(_) => wanted.to_owned(),
    };
    let function = equation.writer.function(branch, &wanted, None)?;
    let consts = equation.writer.with_consts(branch, false, Vec::new())?;
    let function = Expr::Atom(function);
    Ok(if consts.is_empty() {
        function
    } else {
        Expr::call("functools.partial", std::iter::once(function).chain(consts))
    })
}

/// The truth value that an index was made from, one equation before.
fn truth(program: &Program, equation: &Equation<'_, '_>, index: Atom) -> Option<Atom> {
    let value = index.value()?;
    let made = equation.writer.definition(value)?;
    let [operand] = program.inputs(made) else {
        return None;
    };
    let is_bool = program.atom_type(*operand)?.dtype()? == crate::ir::DType::Bool;
    (program.primitive(made) == "convert_element_type" && is_bool).then_some(*operand)
}

/// `(('cuda', 'rocm'), None)`: the platforms of each branch, or that it is for all others.
fn by_platform(
    equation: &Equation<'_, '_>,
    platforms: &ParamValue,
    functions: Vec<Expr>,
    operands: Vec<Expr>,
) -> Outcome {
    const KNOWN: [&str; 6] = ["cpu", "cuda", "gpu", "mosaic", "rocm", "tpu"];
    let wrong = || Fault::Param("branches_platforms");
    let symbols = &equation.program().symbols;
    let mut call = Expr::call("lax.platform_dependent", operands);
    for (names, function) in params::items(platforms).ok_or_else(wrong)?.iter().zip(functions) {
        if *names == ParamValue::None {
            call = call.with("default", function);
            continue;
        }
        for name in params::items(names).ok_or_else(wrong)? {
            let (ParamValue::Quoted(name) | ParamValue::Text(name)) = name else {
                return Err(wrong());
            };
            let name = symbols.text(*name).trim_matches('\'');
            let known = KNOWN.iter().find(|known| **known == name).ok_or_else(wrong)?;
            call = call.with(*known, function.clone());
        }
    }
    Ok(sequence(call))
}

/// Starts the body of a loop: what it holds constant is read from the function around.
fn open_body(equation: &mut Equation<'_, '_>, block: BlockId, consts: &[Atom]) -> Result<(), Fault> {
    let values: Vec<Expr> = consts
        .iter()
        .map(|&atom| equation.writer.atom(atom))
        .collect::<Result<_, _>>()?;
    equation.writer.open(block)?;
    let inputs = &equation.program().blocks[block].inputs;
    if inputs.len() < consts.len() {
        return Err(Fault::Param("jaxpr"));
    }
    for (&input, value) in inputs.iter().zip(values) {
        equation.writer.capture(input, value);
    }
    Ok(())
}

/// `a, b = carry`
fn unpack(equation: &mut Equation<'_, '_>, values: &[ValueId], from: &str) {
    if !values.is_empty() {
        let names = equation.writer.locals(values);
        equation
            .writer
            .push(Statement::Assign(Target::tuple(names), Expr::atom(from)));
    }
}

fn close_body(equation: &mut Equation<'_, '_>, name: &str, parameters: &[&str], result: Expr) {
    equation.writer.push(Statement::Return(result));
    let body = equation.writer.close();
    equation.writer.push(Statement::Function(Function {
        decorator: None,
        name: name.to_owned(),
        parameters: parameters.iter().map(|&name| name.to_owned()).collect(),
        doc: Vec::new(),
        body,
    }));
}

/// Operands are the constants of the condition, those of the body, and the carry.
fn while_loop(equation: &mut Equation<'_, '_>) -> Outcome {
    let condition = equation.jaxpr(&["cond_jaxpr"])?.block();
    let body = equation.jaxpr(&["body_jaxpr"])?.block();
    let (of_condition, of_body) = (equation.index("cond_nconsts")?, equation.index("body_nconsts")?);
    let atoms = equation.atoms();
    let carry = of_condition
        .checked_add(of_body)
        .filter(|&from| from <= atoms.len());
    let carry = carry.ok_or(Fault::Param("body_nconsts"))?;
    let blocks = &equation.program().blocks;

    let condition_name = equation.writer.names.fresh("condition");
    open_body(equation, condition, &atoms[..of_condition])?;
    unpack(equation, &blocks[condition].inputs[of_condition..], "carry");
    let answer = equation.writer.body(condition).into_iter().next();
    close_body(
        equation,
        &condition_name,
        &["carry"],
        answer.ok_or(Fault::Param("cond_jaxpr"))?,
    );
    let batch = batch_of(equation, condition);
    let test = match batch {
        0 => condition_name.clone(),
        _ => any_condition(equation, &condition_name),
    };

    let body_name = equation.writer.names.fresh("body");
    open_body(equation, body, &atoms[of_condition..carry])?;
    unpack(equation, &blocks[body].inputs[of_body..], "carry");
    let results = equation.writer.body(body);
    let results = match batch {
        0 => results,
        batch => chosen(equation, &condition_name, results, body, batch),
    };
    close_body(equation, &body_name, &["carry"], Expr::Tuple(results));

    let start = Expr::Tuple(equation.operands_from(carry)?);
    let arguments = [Expr::Atom(test), Expr::Atom(body_name), start];
    Ok(sequence(Expr::call("lax.while_loop", arguments)))
}

/// The rank of a condition's answer: `vmap` of a loop gives one for each element of the batch.
fn batch_of(equation: &Equation<'_, '_>, condition: BlockId) -> usize {
    let program = equation.program();
    let answer = program.blocks[condition].outputs.first();
    let ty = answer.and_then(|&answer| program.atom_type(answer));
    ty.and_then(Type::shape).map_or(0, <[_]>::len)
}

/// The loop goes on while any element of the batch does.
fn any_condition(equation: &mut Equation<'_, '_>, condition: &str) -> String {
    let name = equation.writer.names.fresh("any_condition");
    let answer = Expr::call(condition, [Expr::atom("carry")]);
    equation.writer.push(Statement::Function(Function {
        decorator: None,
        name: name.clone(),
        parameters: vec!["carry".to_owned()],
        doc: Vec::new(),
        body: vec![Statement::Return(Expr::call("jnp.any", [answer]))],
    }));
    name
}

/// An element of the batch that is done keeps its carry.
fn chosen(
    equation: &mut Equation<'_, '_>,
    condition: &str,
    results: Vec<Expr>,
    body: BlockId,
    batch: usize,
) -> Vec<Expr> {
    let program = equation.program();
    let goes_on = equation.writer.names.fresh("goes_on");
    let answer = Expr::call(condition, [Expr::atom("carry")]);
    equation
        .writer
        .push(Statement::Assign(Target::Name(goes_on.clone()), answer));
    let outputs = program.blocks[body].outputs.iter().enumerate();
    let ranks = outputs.map(|(index, &output)| {
        let rank = program
            .atom_type(output)
            .and_then(Type::shape)
            .map_or(batch, <[_]>::len);
        (index, rank)
    });
    let choose = |((index, rank), result): ((usize, usize), Expr)| {
        let axes: Vec<usize> = (batch..rank).collect();
        let test = Expr::atom(goes_on.as_str());
        let test = if axes.is_empty() {
            test
        } else {
            Expr::call("jnp.expand_dims", [test, Expr::ints(axes)])
        };
        Expr::call("jnp.where", [test, result, Expr::Atom(format!("carry[{index}]"))])
    };
    ranks.zip(results).map(choose).collect()
}

/// Operands are constants, the carry, and arrays of which each step sees a row.
fn scan(equation: &mut Equation<'_, '_>) -> Outcome {
    let program = equation.program();
    let atoms = equation.atoms();
    let shape = ScanShape::read(
        program,
        program.params(equation.eqn),
        atoms.len(),
        equation.outputs(),
    );
    let shape = shape.ok_or(Fault::Param("num_carry"))?;
    let block = equation.jaxpr(&["jaxpr"])?.block();
    let carry = shape.consts + shape.carry;
    let inputs = &program.blocks[block].inputs;
    if inputs.len() != atoms.len() {
        return Err(Fault::Param("jaxpr"));
    }
    let name = equation.writer.names.fresh("step");
    open_body(equation, block, &atoms[..shape.consts])?;
    unpack(equation, &inputs[shape.consts..carry], "carry");
    unpack(equation, &inputs[carry..], "row");
    let mut results = equation.writer.body(block);
    let rows = results.split_off(shape.carry.min(results.len()));
    let result = Expr::Tuple(vec![Expr::Tuple(results), Expr::Tuple(rows)]);
    close_body(equation, &name, &["carry", "row"], result);

    let starts = Expr::Tuple(
        equation
            .operands_from(shape.consts)?
            .into_iter()
            .take(shape.carry)
            .collect(),
    );
    let rows = Expr::Tuple(equation.operands_from(carry)?);
    let length = shape.length.ok_or(Fault::Param("length"))?;
    let mut call = Expr::call("lax.scan", [Expr::Atom(name), starts, rows])
        .with("length", Expr::atom(length.to_string()));
    if shape.reverse {
        call = call.with("reverse", Expr::boolean(true));
    }
    if equation.int("unroll").is_ok_and(|unroll| unroll > 1) {
        call = call.with("unroll", equation.read("unroll", super::super::equation::int)?);
    }
    Ok(Given {
        expr: call,
        shape: Shape::Groups(vec![shape.carry, shape.ys]),
    })
}

/// The parts of a linear solve, as print-outs inside a named tuple: each takes its constants, then a vector.
fn custom_linear_solve(equation: &mut Equation<'_, '_>) -> Outcome {
    let program = equation.program();
    let symbols = &program.symbols;
    let parts = equation.param("jaxprs").ok_or(Fault::Param("jaxprs"))?;
    let lengths = equation
        .param("const_lengths")
        .ok_or(Fault::Param("const_lengths"))?;
    let mut start = 0;
    let mut functions = Vec::new();
    for name in ["matvec", "vecmat", "solve", "transpose_solve"] {
        let count = params::argument(symbols, lengths, name).and_then(|value| params::int(symbols, value));
        let count = usize::try_from(count.unwrap_or(0)).map_err(|_| Fault::Param("const_lengths"))?;
        let consts = equation
            .atoms()
            .get(start..start + count)
            .ok_or(Fault::Param("const_lengths"))?;
        start += count;
        let part = params::argument(symbols, parts, name).ok_or(Fault::Param("jaxprs"))?;
        // `vecmat` is what JAX derives from `matvec`.
        functions.push(match part {
            ParamValue::Listing(listing) if name != "vecmat" => Some(part_of_solve(
                equation,
                name,
                program.listings[*listing].main,
                consts,
            )?),
            _ => None,
        });
    }
    let vector = Expr::Tuple(equation.operands_from(start)?);
    let [Some(matvec), _, Some(solve), transposed] = functions.as_slice() else {
        return Err(Fault::Param("jaxprs"));
    };
    let call = Expr::call("lax.custom_linear_solve", [matvec.clone(), vector, solve.clone()]);
    Ok(sequence(match transposed {
        Some(transposed) => call.with("transpose_solve", transposed.clone()),
        None => call,
    }))
}

/// `matvec(x)`, or `solve(matvec, b)`.
fn part_of_solve(
    equation: &mut Equation<'_, '_>,
    part: &str,
    block: BlockId,
    consts: &[Atom],
) -> Result<Expr, Fault> {
    let name = equation.writer.names.fresh(part);
    open_body(equation, block, consts)?;
    let inputs = &equation.program().blocks[block].inputs;
    unpack(equation, &inputs[consts.len()..], "vector");
    let results = equation.writer.body(block);
    let parameters: &[&str] = if part == "matvec" {
        &["vector"]
    } else {
        &["_", "vector"]
    };
    close_body(equation, &name, parameters, Expr::Tuple(results));
    Ok(Expr::Atom(name))
}
