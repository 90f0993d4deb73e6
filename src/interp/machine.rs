//! Runs jaxprs: one environment a block, one row of the table an equation.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::call::Call;
use super::checks::{canonical, check_supported, check_values, described};
use super::devices::Frames;
use super::fault::{EvalError, Fault};
use super::observer::{Observer, Pass};
use super::plan::{Operand, Output, Plan, Step, missing};
use super::real::Real;
use super::tensor::Tensor;
use crate::ir::{BlockId, DType, LiteralValue, Program, blocks_with_consts};

/// Jaxprs inside one another, deeper than any printed one; definitions that name each other could go on forever.
const DEEPEST: usize = 256;

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
        self.map(|tensor| tensor.with_numbers(&mut convert))
    }

    /// The inputs with each array made into another.
    pub fn map<S: Real>(&self, mut change: impl FnMut(&Tensor<R>) -> Tensor<S>) -> Inputs<S> {
        let mut changed = |tensors: &[Tensor<R>]| tensors.iter().map(&mut change).collect();
        Inputs {
            consts: changed(&self.consts),
            inner_consts: self.inner_consts.iter().map(|consts| changed(consts)).collect(),
            inputs: changed(&self.inputs),
        }
    }
}

/// How a program runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Subnormal results become zero, as on XLA's CPU.
    pub flush_subnormals: bool,
    /// Whether random numbers depend on their own place only (`jax_threefry_partitionable`); `None` is the default of
    /// the release that printed the program.
    pub threefry_partitionable: Option<bool>,
    /// Ends a `while` when so many iterations of all loops of the kind have run; `None` lets them run for ever.
    pub most_iterations: Option<u64>,
    /// Does not start a `scan` with which so many steps of all loops of the kind would have run.
    pub most_steps: Option<u64>,
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
pub(crate) fn evaluate_observed<R: Real>(
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
    let main_consts = canonical(program, &main.consts, &inputs.consts);
    check_values(program, "constants", &main.consts, &main_consts)?;
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
    consts.insert(program.main(), main_consts);
    for (block, values) in owners.into_iter().zip(&inputs.inner_consts) {
        let variables = &program.blocks[block].consts;
        let values = canonical(program, variables, values);
        check_values(program, "constants", variables, &values)?;
        consts.insert(block, values);
    }
    let machine = Machine {
        program,
        options,
        consts,
        observer,
        cells: RefCell::default(),
        frames: RefCell::default(),
        plans: RefCell::default(),
        depth: Cell::new(0),
        iterations: Cell::new(0),
        steps: Cell::new(0),
    };
    machine.run(program.main(), &inputs.inputs)
}

/// A program that is being evaluated.
pub(super) struct Machine<'a, R: 'static> {
    pub(super) program: &'a Program,
    pub(super) options: Options,
    consts: FxHashMap<BlockId, Vec<Tensor<R>>>,
    observer: Option<&'a dyn Observer<R>>,
    /// What mutable references hold.
    pub(super) cells: RefCell<Vec<Tensor<R>>>,
    /// The meshes of devices that are being simulated.
    pub(super) frames: Frames<R>,
    plans: RefCell<FxHashMap<BlockId, Rc<Plan<R>>>>,
    depth: Cell<usize>,
    iterations: Cell<u64>,
    steps: Cell<u64>,
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
        let plan = self.plan(block)?;
        let consts = self.consts.get(&block).map(Vec::as_slice).unwrap_or_default();
        let mut slots: Vec<Option<Tensor<R>>> = Vec::with_capacity(plan.slots);
        slots.extend((0..code.consts.len()).map(|place| consts.get(place).cloned()));
        slots.extend(inputs.iter().cloned().map(Some));
        slots.resize(plan.slots, None);
        self.depth.set(self.depth.get() + 1);
        let ran = plan.steps.iter().try_for_each(|step| self.step(step, &mut slots));
        self.depth.set(self.depth.get() - 1);
        ran?;
        let outputs = plan.outputs.iter();
        outputs.map(|operand| self.read(operand, &mut slots)).collect()
    }

    /// How a jaxpr runs, worked out once.
    fn plan(&self, block: BlockId) -> Result<Rc<Plan<R>>, EvalError> {
        if let Some(plan) = self.plans.borrow().get(&block) {
            return Ok(Rc::clone(plan));
        }
        let plan = Rc::new(Plan::of(self.program, block)?);
        self.plans.borrow_mut().insert(block, Rc::clone(&plan));
        Ok(plan)
    }

    /// Counts one iteration of a loop that may have no end.
    pub(super) fn count_iteration(&self) -> Result<(), Fault> {
        self.iterations.set(self.iterations.get() + 1);
        match self.options.most_iterations {
            Some(most) if self.iterations.get() > most => Err(Fault::Operands(format!(
                "it has not ended after {most} iterations"
            ))),
            _ => Ok(()),
        }
    }

    /// Counts the steps of a loop before it starts: it ends, but perhaps not while anybody waits.
    pub(super) fn count_steps(&self, length: usize) -> Result<(), Fault> {
        self.steps.set(self.steps.get().saturating_add(length as u64));
        match self.options.most_steps {
            Some(most) if self.steps.get() > most => Err(Fault::Operands(format!(
                "it has {length} steps, and more than {most} are not run"
            ))),
            _ => Ok(()),
        }
    }

    fn step(&self, step: &Step<R>, slots: &mut [Option<Tensor<R>>]) -> Result<(), EvalError> {
        let wrong = |fault| match fault {
            Fault::Inside(error) => *error,
            fault => EvalError::Equation {
                eqn: step.eqn,
                primitive: self.program.primitive(step.eqn).to_owned(),
                fault,
            },
        };
        if self.depth.get() > DEEPEST {
            return Err(wrong(Fault::Operands(
                "jaxprs call one another without end".to_owned(),
            )));
        }
        let operands = step.operands.iter().map(|operand| self.read(operand, slots));
        let inputs: Vec<Tensor<R>> = operands.collect::<Result<_, _>>()?;
        let call = Call {
            machine: self,
            eqn: step.eqn,
            inputs: &inputs,
            outputs: &step.outputs,
        };
        if let Some(observer) = self.observer {
            observer.start(step.eqn);
        }
        let results = (step.row.run)(&call).map_err(wrong)?;
        self.check_outputs(&step.outputs, &results).map_err(wrong)?;
        let results = match self.observer {
            Some(observer) => observer.finish(step.eqn, &inputs, results),
            None => results,
        };
        for (output, tensor) in step.outputs.iter().zip(results) {
            slots[output.slot] = output.is_read.then_some(tensor);
        }
        Ok(())
    }

    /// Outputs are what the binder says, or the next equation would read elements that are not there.
    fn check_outputs(&self, outputs: &[Output], results: &[Tensor<R>]) -> Result<(), Fault> {
        if outputs.len() != results.len() {
            let counts = format!("it gives {} outputs, not {}", results.len(), outputs.len());
            return Err(Fault::Operands(counts));
        }
        for (output, tensor) in outputs.iter().zip(results) {
            if !output.fits(tensor) {
                let ty = self.program.type_of(output.value);
                return Err(Fault::Operands(format!(
                    "it gives {}, not {ty}",
                    described(tensor)
                )));
            }
        }
        Ok(())
    }

    fn read(&self, operand: &Operand<R>, slots: &mut [Option<Tensor<R>>]) -> Result<Tensor<R>, EvalError> {
        match operand {
            Operand::Literal(tensor) => Ok(tensor.clone()),
            Operand::Variable { value, slot, is_last } => {
                let known = if *is_last {
                    slots[*slot].take()
                } else {
                    slots[*slot].clone()
                };
                known.ok_or_else(|| missing(self.program.name(*value)))
            }
        }
    }
}

/// The scalar that a literal stands for. A type that nothing in the text gives is the default one.
pub(super) fn constant<R: Real>(value: LiteralValue, dtype: Option<DType>) -> Option<Tensor<R>> {
    let dtype = dtype.unwrap_or(match value {
        LiteralValue::Bool(_) => DType::Bool,
        LiteralValue::Int(_) => DType::Int32,
        LiteralValue::Float(_) => DType::Float32,
        LiteralValue::Complex(..) => DType::Complex64,
        LiteralValue::Opaque => return None,
    });
    if dtype == DType::Float0 {
        return Some(Tensor::filled(dtype, &[], 0.0));
    }
    if let (LiteralValue::Int(number), true) = (value, dtype.is_integer()) {
        return Some(Tensor::from_ints(dtype, &[], [number]));
    }
    if let LiteralValue::Complex(re, im) = value {
        let number = num_complex::Complex64::new(f64::from_bits(re), f64::from_bits(im));
        return Some(Tensor::from_complex(dtype, &[], [number]));
    }
    Some(Tensor::filled(dtype, &[], value.as_f64()?))
}
