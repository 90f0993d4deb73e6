//! Who watches a program while it runs.

use super::tensor::Tensor;
use crate::ir::EqnId;

/// Sees every equation, in the order in which they are evaluated.
///
/// Between [`start`](Observer::start) and [`finish`](Observer::finish) of an equation come those of the jaxprs that
/// it runs.
pub(crate) trait Observer<R> {
    /// An equation is about to be evaluated.
    fn start(&self, eqn: EqnId);

    /// The jaxpr of the innermost equation that has started runs for this reason.
    fn pass(&self, pass: Pass);

    /// An equation was evaluated on these operands. What it gives goes on as its results: the same values, and
    /// whatever else the arithmetic carries with them.
    fn finish(&self, eqn: EqnId, inputs: &[Tensor<R>], outputs: Vec<Tensor<R>>) -> Vec<Tensor<R>>;
}

/// Why a jaxpr runs that need not run exactly once. All count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// It is the branch that was chosen.
    Branch(usize),
    /// It is that condition of a loop which decides about this step.
    Condition(usize),
    /// It is this step of a loop; of a scan the row, whatever the direction.
    Step(usize),
}
