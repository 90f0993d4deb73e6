//! Runs jaxprs: one environment a block, one row of the table an equation.

use rustc_hash::{FxHashMap, FxHashSet};

use super::call::Call;
use super::consts::blocks_with_consts;
use super::families::{row, supported};
use super::fault::{EvalError, Fault, Unsupported};
use super::number::is_known;
use super::observer::{Observer, Pass};
use super::real::Real;
use super::tensor::{Data, Tensor};
use crate::ir::{Atom, BlockId, DType, EqnId, LiteralValue, Program, Type, ValueId};

/// Jaxprs inside one another, deeper than any printed one; definitions that name each other could go on forever.
const DEEPEST: usize = 256;

/// More elements than this in one array are not tried.
const MOST_ELEMENTS: usize = 1 << 28;

/// What a program runs on.
#[derive(Clone, Debug, Default)]
pub struct Inputs<R = f64> {
    /// Values of the constvars of the outermost jaxpr.
    pub consts: Vec<Tensor<R>>,
    /// Values of the constvars of jaxprs inside, once a jaxpr, in the order in which a walk meets them.
    pub inner_consts: Vec<Vec<Tensor<R>>>,
    /// Values of the inputs.
    pub inputs: Vec<Tensor<R>>,
}

impl<R: Real> Inputs<R> {
    /// The same values in another arithmetic.
    pub fn with_numbers<S: Real>(&self, mut convert: impl FnMut(&R) -> S) -> Inputs<S> {
        let mut converted = |tensors: &[Tensor<R>]| -> Vec<Tensor<S>> {
            let each = tensors.iter().map(|tensor| tensor.with_numbers(&mut convert));
            each.collect()
        };
        Inputs {
            consts: converted(&self.consts),
            inner_consts: self.inner_consts.iter().map(|consts| converted(consts)).collect(),
            inputs: converted(&self.inputs),
        }
    }
}

/// How a program runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Subnormal results become zero, as on XLA's CPU.
    pub flush_subnormals: bool,
}

/// Evaluates the outermost jaxpr of a program whose types are sound and whose literals have types.
pub fn evaluate<R: Real>(
    program: &Program,
    inputs: &Inputs<R>,
    options: Options,
) -> Result<Vec<Tensor<R>>, EvalError> {
    run(program, inputs, options, None)
}

/// [`evaluate`], with somebody who watches.
pub fn evaluate_observed<R: Real>(
    program: &Program,
    inputs: &Inputs<R>,
    options: Options,
    observer: &dyn Observer<R>,
) -> Result<Vec<Tensor<R>>, EvalError> {
    run(program, inputs, options, Some(observer))
}

fn run<R: Real>(
    program: &Program,
    inputs: &Inputs<R>,
    options: Options,
    observer: Option<&dyn Observer<R>>,
) -> Result<Vec<Tensor<R>>, EvalError> {
    check_supported(program)?;
    let main = &program.blocks[program.main()];
    check_values(program, "constants", &main.consts, &inputs.consts)?;
    check_values(program, "inputs", &main.inputs, &inputs.inputs)?;
    let owners = blocks_with_consts(program);
    if owners.len() != inputs.inner_consts.len() {
        return Err(EvalError::Count {
            what: "sets of constants of inner jaxprs",
            expected: owners.len(),
            found: inputs.inner_consts.len(),
        });
    }
    let mut consts = FxHashMap::default();
    consts.insert(program.main(), inputs.consts.as_slice());
    for (block, values) in owners.into_iter().zip(&inputs.inner_consts) {
        check_values(program, "constants", &program.blocks[block].consts, values)?;
        consts.insert(block, values.as_slice());
    }
    let machine = Machine {
        program,
        options,
        consts,
        observer,
        depth: std::cell::Cell::new(0),
    };
    machine.run(program.main(), &inputs.inputs)
}

/// A program that is being evaluated.
pub(super) struct Machine<'a, R> {
    pub(super) program: &'a Program,
    pub(super) options: Options,
    consts: FxHashMap<BlockId, &'a [Tensor<R>]>,
    observer: Option<&'a dyn Observer<R>>,
    depth: std::cell::Cell<usize>,
}

impl<R: Real> Machine<'_, R> {
    /// The results of a jaxpr that runs more than once, or instead of others.
    pub(super) fn pass(
        &self,
        pass: Pass,
        block: BlockId,
        inputs: &[Tensor<R>],
    ) -> Result<Vec<Tensor<R>>, EvalError> {
        if let Some(observer) = self.observer {
            observer.pass(pass);
        }
        self.run(block, inputs)
    }

    /// The results of a jaxpr.
    pub(super) fn run(&self, block: BlockId, inputs: &[Tensor<R>]) -> Result<Vec<Tensor<R>>, EvalError> {
        let code = &self.program.blocks[block];
        let found = inputs.len();
        if code.inputs.len() != found {
            let expected = code.inputs.len();
            return Err(EvalError::Count {
                what: "operands of a jaxpr",
                expected,
                found,
            });
        }
        let consts = self.consts.get(&block).copied().unwrap_or_default();
        let bound = code
            .consts
            .iter()
            .zip(consts)
            .chain(code.inputs.iter().zip(inputs));
        let mut values: FxHashMap<ValueId, Tensor<R>> =
            bound.map(|(&id, tensor)| (id, tensor.clone())).collect();
        self.depth.set(self.depth.get() + 1);
        for &eqn in &code.eqns {
            let outputs = self.step(eqn, &values)?;
            values.extend(self.program.outputs(eqn).iter().copied().zip(outputs));
        }
        self.depth.set(self.depth.get() - 1);
        code.outputs
            .iter()
            .map(|&atom| self.read(atom, &values))
            .collect()
    }

    fn step(&self, eqn: EqnId, values: &FxHashMap<ValueId, Tensor<R>>) -> Result<Vec<Tensor<R>>, EvalError> {
        let primitive = self.program.primitive(eqn);
        let wrong = |fault| match fault {
            Fault::Inside(error) => *error,
            fault => EvalError::Equation {
                eqn,
                primitive: primitive.to_owned(),
                fault,
            },
        };
        if self.depth.get() > DEEPEST {
            return Err(wrong(Fault::Operands(
                "jaxprs call one another without end".to_owned(),
            )));
        }
        let Some(row) = row::<R>(primitive) else {
            let primitive = primitive.to_owned();
            return Err(EvalError::Unsupported(vec![Unsupported { primitive, eqn }]));
        };
        let atoms = self.program.inputs(eqn).iter();
        let inputs: Vec<Tensor<R>> = atoms
            .map(|&atom| self.read(atom, values))
            .collect::<Result<_, _>>()?;
        let call = Call {
            machine: self,
            eqn,
            inputs: &inputs,
        };
        if let Some(observer) = self.observer {
            observer.start(eqn);
        }
        let outputs = (row.run)(&call).map_err(wrong)?;
        self.check_outputs(eqn, &outputs).map_err(wrong)?;
        Ok(match self.observer {
            Some(observer) => observer.finish(eqn, &inputs, outputs),
            None => outputs,
        })
    }

    /// Outputs are what the binder says, or the next equation would read elements that are not there.
    fn check_outputs(&self, eqn: EqnId, outputs: &[Tensor<R>]) -> Result<(), Fault> {
        let binders = self.program.outputs(eqn);
        if binders.len() != outputs.len() {
            let counts = format!("it gives {} outputs, not {}", outputs.len(), binders.len());
            return Err(Fault::Operands(counts));
        }
        for (&binder, tensor) in binders.iter().zip(outputs) {
            let ty = self.program.type_of(binder);
            if !fits(ty, tensor) {
                return Err(Fault::Operands(format!(
                    "it gives {}, not {ty}",
                    described(tensor)
                )));
            }
        }
        Ok(())
    }

    fn read(&self, atom: Atom, values: &FxHashMap<ValueId, Tensor<R>>) -> Result<Tensor<R>, EvalError> {
        let missing = |name: String| EvalError::Type {
            name,
            ty: Type::Untyped,
        };
        match atom {
            Atom::Value(value) => {
                let known = values.get(&value).cloned();
                known.ok_or_else(|| missing(self.program.name(value)))
            }
            Atom::Literal(literal) => {
                let literal = &self.program.literals[literal];
                let dtype = literal.ty.and_then(|ty| self.program.types[ty].dtype());
                let text = || self.program.symbols.text(literal.text).to_owned();
                constant(literal.value, dtype).ok_or_else(|| missing(text()))
            }
        }
    }
}

/// The scalar that a literal stands for. A type that nothing in the text gives is the default one.
fn constant<R: Real>(value: LiteralValue, dtype: Option<DType>) -> Option<Tensor<R>> {
    let dtype = dtype.unwrap_or(match value {
        LiteralValue::Bool(_) => DType::Bool,
        LiteralValue::Int(_) => DType::Int32,
        LiteralValue::Float(_) => DType::Float32,
        LiteralValue::Complex(..) => DType::Complex64,
        LiteralValue::Opaque => return None,
    });
    if let (LiteralValue::Int(number), true) = (value, dtype.is_integer()) {
        return Some(Tensor::from_ints(dtype, &[], [number]));
    }
    if let LiteralValue::Complex(re, im) = value {
        let number = num_complex::Complex64::new(f64::from_bits(re), f64::from_bits(im));
        return Some(Tensor::from_complex(dtype, &[], [number]));
    }
    Some(Tensor::filled(dtype, &[], value.as_f64()?))
}

/// The element type and extents of a type whose values can be held.
pub fn layout(ty: &Type) -> Option<(DType, Vec<usize>)> {
    let dtype = match ty {
        Type::Array(array) => Some(array.dtype).filter(|&dtype| is_known(dtype)),
        Type::Key { implementation, .. } => (&**implementation == "fry").then_some(DType::Uint32),
        _ => None,
    }?;
    let extent = |dim: &crate::ir::Dim| usize::try_from(dim.size()?).ok();
    let shape: Vec<usize> = ty.shape()?.iter().map(extent).collect::<Option<_>>()?;
    let count = shape
        .iter()
        .try_fold(1usize, |count, &size| count.checked_mul(size))?;
    (count <= MOST_ELEMENTS).then_some((dtype, shape))
}

fn fits<R: Real>(ty: &Type, tensor: &Tensor<R>) -> bool {
    let is_key = matches!(tensor.data(), Data::Key(_));
    matches!(ty, Type::Key { .. }) == is_key && layout(ty) == Some((tensor.dtype, tensor.shape.clone()))
}

/// A tensor's type as jaxprs spell it.
fn described<R: Real>(tensor: &Tensor<R>) -> String {
    let sizes: Vec<u64> = tensor.shape.iter().map(|&size| size as u64).collect();
    match tensor.data() {
        Data::Key(_) => format!("key<fry>{:?}", tensor.shape),
        _ => Type::array(tensor.dtype, &sizes).to_string(),
    }
}

fn check_values<R: Real>(
    program: &Program,
    what: &'static str,
    variables: &[ValueId],
    values: &[Tensor<R>],
) -> Result<(), EvalError> {
    let (expected, found) = (variables.len(), values.len());
    if expected != found {
        return Err(EvalError::Count {
            what,
            expected,
            found,
        });
    }
    for (&variable, value) in variables.iter().zip(values) {
        let ty = program.type_of(variable);
        if !fits(ty, value) {
            return Err(EvalError::Input {
                name: program.name(variable),
                expected: ty.to_string(),
                found: described(value),
            });
        }
    }
    Ok(())
}

/// Finds what cannot be evaluated before anything is.
fn check_supported(program: &Program) -> Result<(), EvalError> {
    let mut seen = FxHashSet::default();
    let eqns = reachable(program);
    let unknown = eqns.iter().copied().filter(|&eqn| {
        let name = program.primitive(eqn);
        !supported(name) && seen.insert(name)
    });
    let unsupported: Vec<Unsupported> = unknown
        .map(|eqn| Unsupported {
            primitive: program.primitive(eqn).to_owned(),
            eqn,
        })
        .collect();
    if !unsupported.is_empty() {
        return Err(EvalError::Unsupported(unsupported));
    }
    let main = &program.blocks[program.main()];
    let bound = eqns.iter().flat_map(|&eqn| program.outputs(eqn));
    for &value in main.consts.iter().chain(&main.inputs).chain(bound) {
        let ty = program.type_of(value);
        if layout(ty).is_none() {
            let name = program.name(value);
            return Err(EvalError::Type { name, ty: ty.clone() });
        }
    }
    Ok(())
}

/// The equations of the outermost jaxpr and of all that it runs. Bodies that are only printed, such as the
/// derivative of a custom rule, are left out.
fn reachable(program: &Program) -> Vec<EqnId> {
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    let mut stack = vec![program.main()];
    while let Some(block) = stack.pop() {
        if !seen.insert(block) {
            continue;
        }
        for &eqn in &program.blocks[block].eqns {
            found.push(eqn);
            let bodies = crate::schema::bodies(program, eqn).unwrap_or_default();
            stack.extend(bodies.iter().map(|body| body.block));
        }
    }
    found
}
