//! What a primitive sees of its equation: operands, parameters, and the types that its outputs must have.

use std::borrow::Cow;

use super::fault::Fault;
use super::machine::Machine;
use super::plan::Output;
use super::real::Real;
use super::tensor::{Data, Tensor};
use crate::ir::{BlockId, DType, EqnId, ParamValue, Symbols};
use crate::schema::params;

/// What a primitive gives.
pub(super) type Outcome<R> = Result<Vec<Tensor<R>>, Fault>;

/// One evaluation of an equation.
pub(super) struct Call<'a, R: 'static> {
    pub(super) machine: &'a Machine<'a, R>,
    pub(super) eqn: EqnId,
    pub(super) inputs: &'a [Tensor<R>],
    pub(super) outputs: &'a [Output],
}

impl<'a, R: Real> Call<'a, R> {
    pub(super) fn input(&self, index: usize) -> Result<&'a Tensor<R>, Fault> {
        self.inputs
            .get(index)
            .ok_or_else(|| Fault::Operands(format!("operand {index} is missing")))
    }

    pub(super) fn symbols(&self) -> &'a Symbols {
        &self.machine.program.symbols
    }

    pub(super) fn param(&self, name: &'static str) -> Option<&'a ParamValue> {
        self.machine.program.param(self.eqn, name)
    }

    pub(super) fn value(&self, name: &'static str) -> Result<&'a ParamValue, Fault> {
        self.param(name).ok_or(Fault::Param(name))
    }

    /// Whether a parameter is there and is not `None`.
    pub(super) fn given(&self, name: &'static str) -> Option<&'a ParamValue> {
        self.param(name).filter(|value| **value != ParamValue::None)
    }

    pub(super) fn int(&self, name: &'static str) -> Result<i64, Fault> {
        params::int(self.symbols(), self.value(name)?).ok_or(Fault::Param(name))
    }

    pub(super) fn index(&self, name: &'static str) -> Result<usize, Fault> {
        usize::try_from(self.int(name)?).map_err(|_| Fault::Param(name))
    }

    pub(super) fn indices(&self, name: &'static str) -> Result<Vec<usize>, Fault> {
        params::indices(self.symbols(), self.value(name)?).ok_or(Fault::Param(name))
    }

    pub(super) fn flag(&self, name: &'static str) -> bool {
        self.param(name).and_then(params::boolean) == Some(true)
    }

    /// An axis of `rank`.
    pub(super) fn axis(&self, name: &'static str, rank: usize) -> Result<usize, Fault> {
        Some(self.index(name)?)
            .filter(|&axis| axis < rank)
            .ok_or(Fault::Param(name))
    }

    /// Different axes of `rank`.
    pub(super) fn axes(&self, name: &'static str, rank: usize) -> Result<Vec<usize>, Fault> {
        let axes = self.indices(name)?;
        let sound = |(at, axis): (usize, &usize)| *axis < rank && !axes[..at].contains(axis);
        if axes.iter().enumerate().all(sound) {
            Ok(axes)
        } else {
            Err(Fault::Param(name))
        }
    }

    /// The one jaxpr in a parameter.
    pub(super) fn block(&self, name: &'static str) -> Result<BlockId, Fault> {
        match self.value(name)?.jaxprs() {
            [jaxpr] => Ok(jaxpr.block()),
            _ => Err(Fault::Param(name)),
        }
    }

    /// The element type of an output, as the binder has it.
    pub(super) fn out_dtype(&self, index: usize) -> Result<DType, Fault> {
        Ok(self.output(index)?.dtype)
    }

    /// The shape of an output, as the binder has it.
    pub(super) fn out_shape(&self, index: usize) -> Result<Vec<usize>, Fault> {
        Ok(self.output(index)?.shape.clone())
    }

    /// The number of outputs.
    pub(super) fn out_count(&self) -> usize {
        self.outputs.len()
    }

    fn output(&self, index: usize) -> Result<&'a Output, Fault> {
        let output = self.outputs.get(index);
        output.ok_or_else(|| Fault::Operands(format!("output {index} is missing")))
    }

    /// Real numbers, rounded to the dtype and flushed if that is asked for.
    pub(super) fn floats(
        &self,
        dtype: DType,
        shape: &[usize],
        items: impl IntoIterator<Item = R>,
    ) -> Tensor<R> {
        let flushes = self.machine.options.flush_subnormals;
        Tensor::rounded_floats(dtype, shape, items.into_iter().collect(), flushes)
    }

    /// An operand as XLA's arithmetic reads it: where subnormal results become zero, subnormal operands are zeros too.
    pub(super) fn flushed<'t>(&self, tensor: &'t Tensor<R>) -> Cow<'t, Tensor<R>> {
        if !self.machine.options.flush_subnormals || !matches!(tensor.data(), Data::Float(_)) {
            return Cow::Borrowed(tensor);
        }
        let mut tensor = tensor.clone();
        self.flush(&mut tensor);
        Cow::Owned(tensor)
    }

    /// Flushes subnormal numbers if that is asked for.
    pub(super) fn flush(&self, tensor: &mut Tensor<R>) {
        if !self.machine.options.flush_subnormals {
            return;
        }
        let part = tensor.dtype.real_part();
        match tensor.data_mut() {
            Data::Float(items) => items
                .iter_mut()
                .for_each(|item| *item = item.clone().flushed(part)),
            Data::Complex(items) => items.iter_mut().for_each(|item| {
                item.re = item.re.flushed(part);
                item.im = item.im.flushed(part);
            }),
            _ => {}
        }
    }

    /// The fault of operands that the primitive is not defined on.
    #[expect(clippy::unused_self, reason = "what is wrong is wrong with this call")]
    pub(super) fn not_on(&self, tensor: &Tensor<R>) -> Fault {
        Fault::Operands(format!("it is not evaluated on {}", tensor.dtype.short_name()))
    }
}
