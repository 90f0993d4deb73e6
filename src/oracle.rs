//! The oracle: what a program computes over the real numbers, told by arithmetics wider than its own.
//!
//! A ladder of arithmetics (doubles without the dtype's rounding, pairs of doubles, numbers of any precision) is
//! climbed until two rungs agree in every element of every output. Literals and inputs are exact numbers of their
//! dtypes; no operation rounds to a dtype; integers, keys and complex numbers are computed as the interpreter does.
//! Nothing here knows how programs are rewritten, so it can judge that.

mod agreement;
mod big;
mod context;
mod double_double;
mod unrounded;

use crate::interp::{EvalError, Inputs, Options, Real, Tensor, evaluate};
use crate::ir::{DType, Program};

pub use double_double::DoubleDouble;

use agreement::agree;
use big::Big;
use context::{Count, Events};
use unrounded::Unrounded;

/// How far the ladder may be climbed for one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Work, in units of about a nanosecond. It is counted and not timed, so that equal programs end on equal rungs.
    pub work: u64,
    /// The widest arithmetic, in bits.
    pub most_bits: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            work: 2_000_000_000,
            most_bits: 4096,
        }
    }
}

/// An arithmetic of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Doubles, 53 bits.
    F64,
    /// Unevaluated sums of two doubles, about 104 bits, with exponents of 64 bits.
    DoubleDouble,
    /// So many bits, with exponents of 127 bits.
    Big(usize),
}

/// Why a truth may not be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The next rung costs more than the budget.
    Budget,
    /// The widest rungs still differ: the value is a discontinuity, or it cancels to nothing.
    Disagreement,
    /// A number left the range of the widest exponents.
    Range,
    /// A comparison, or a rounding to an integer, of numbers that no rung tells apart.
    Comparison,
    /// Complex numbers are computed in doubles only.
    Complex,
}

/// What a program computes over the real numbers.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The outputs. Floats are not rounded to their dtype: [`DoubleDouble::nearest`] does that.
    pub outputs: Vec<Tensor<DoubleDouble>>,
    /// The arithmetic that they were computed in.
    pub rung: Rung,
    /// Why they may not be true, if there is a reason.
    pub doubt: Option<Doubt>,
}

/// Evaluates a program over the real numbers.
pub fn truth(program: &Program, inputs: &Inputs, budget: Budget) -> Result<Truth, EvalError> {
    let mut last = attempt::<Unrounded>(program, inputs, Rung::F64)?;
    if has_complex_numbers(program) {
        return Ok(last.truth(Some(Doubt::Complex)));
    }
    let range = range_bits(program);
    loop {
        let rung = last.higher(range);
        if rung > Rung::Big(budget.most_bits) {
            return Ok(last.truth(Some(Doubt::Disagreement)));
        }
        if last.count.work_at(rung) > budget.work {
            return Ok(last.truth(Some(Doubt::Budget)));
        }
        let next = match rung {
            Rung::F64 | Rung::DoubleDouble => attempt::<DoubleDouble>(program, inputs, rung)?,
            Rung::Big(_) => attempt::<Big>(program, inputs, rung)?,
        };
        let settled = agree(&last.outputs, &next.outputs) && next.is_trusted(range);
        last = next;
        if settled {
            return Ok(last.truth(None));
        }
    }
}

/// One evaluation of the program.
struct Attempt {
    outputs: Vec<Tensor<DoubleDouble>>,
    rung: Rung,
    events: Events,
    count: Count,
}

/// Real numbers of one rung.
trait Wide: Real {
    /// The nearest sum of two doubles.
    fn to_double_double(&self) -> DoubleDouble;
}

fn attempt<R: Wide>(program: &Program, inputs: &Inputs, rung: Rung) -> Result<Attempt, EvalError> {
    let bits = match rung {
        Rung::F64 => 53,
        Rung::DoubleDouble => double_double::BITS,
        Rung::Big(bits) => bits,
    };
    let inputs = inputs.with_numbers(|&number| R::from_f64(number));
    let (outputs, events, count) =
        context::observed(bits, || evaluate::<R>(program, &inputs, Options::default()));
    let narrowed = |tensor: &Tensor<R>| tensor.with_numbers(R::to_double_double);
    Ok(Attempt {
        outputs: outputs?.iter().map(narrowed).collect(),
        rung,
        events,
        count,
    })
}

impl Attempt {
    fn truth(self, doubt: Option<Doubt>) -> Truth {
        let doubt = match doubt {
            Some(Doubt::Disagreement) | None if self.events.range => Some(Doubt::Range),
            Some(Doubt::Disagreement) | None if self.events.undecided => Some(Doubt::Comparison),
            doubt => doubt,
        };
        Truth {
            outputs: self.outputs,
            rung: self.rung,
            doubt,
        }
    }

    /// Whether a small number may have been lost beside a large one, or a large one have left the range, which
    /// two rungs can agree on and both be wrong.
    fn is_trusted(&self, range: usize) -> bool {
        match self.rung {
            Rung::F64 => false,
            Rung::DoubleDouble => !self.events.any(),
            Rung::Big(bits) => bits >= range || !(self.events.cancelled || self.events.undecided),
        }
    }

    /// The next rung.
    fn higher(&self, range: usize) -> Rung {
        let least = if self.events.cancelled || self.events.undecided {
            range
        } else {
            0
        };
        match self.rung {
            Rung::F64 => Rung::DoubleDouble,
            Rung::DoubleDouble => Rung::Big(least.max(256)),
            Rung::Big(bits) => Rung::Big(least.max(2 * bits)),
        }
    }
}

/// So many bits hold a number about one, and the least number of the program's dtypes beside it.
fn range_bits(program: &Program) -> usize {
    let bits = |dtype: DType| match dtype {
        DType::Float64 => 1152,
        DType::Float32 | DType::Bfloat16 => 320,
        _ => 256,
    };
    let dtypes = program.types.iter().filter_map(|(_, ty)| ty.dtype());
    dtypes.map(bits).max().unwrap_or_default()
}

fn has_complex_numbers(program: &Program) -> bool {
    let mut dtypes = program.types.iter().filter_map(|(_, ty)| ty.dtype());
    dtypes.any(DType::is_complex)
}
