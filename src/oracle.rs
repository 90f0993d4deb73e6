//! The oracle: what a program computes over the real numbers, told by arithmetics wider than its own.
//!
//! A ladder of arithmetics (doubles without the dtype's rounding, pairs of doubles, numbers of any precision) is
//! climbed until two rungs agree in every element of every output. Literals and inputs are exact numbers of their
//! dtypes; no operation rounds to a dtype; integers, keys and complex numbers are computed as the interpreter does.
//! Nothing here knows how programs are rewritten, so it can judge that.
//!
//! The ladder goes from doubles to unevaluated sums of two doubles with exponents of 64 bits, and on to 256, 512, …
//! bits with exponents of 127 bits. Two rungs can agree and both be wrong: where numbers that are not exact cancel to
//! nothing, or are compared and hardly differ, agreement counts only from the precision on that holds the dtype's least
//! number beside a one; where a number leaves the range of the exponents, and where no precision decides a comparison,
//! the truth says so. Work is counted, not timed, so the rung on which a budget ends is the same everywhere.
//!
//! Significands are those of `astro-float`, which took 0.4 to 0.7 of the time of `dashu-float` for exp, 0.1 to 1.1 for
//! ln, and a tenth for atan, from 192 to 2048 bits. Its elementary functions are used behind reductions of our own; the
//! others are series with their source in the code, held to 40 digits of mpmath.

mod agreement;
mod big;
mod context;
mod double_double;
mod edges;
mod unrounded;

use std::fmt;

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
    /// The widest arithmetic, in bits; 0 for none beyond pairs of doubles.
    pub most_bits: usize,
    /// Iterations of all `while` loops together.
    pub iterations: u64,
}

impl Budget {
    /// A second or two for one evaluation.
    pub const DEFAULT: Self = Self {
        work: 2_000_000_000,
        most_bits: 4096,
        iterations: 1_000_000,
    };
}

impl Default for Budget {
    fn default() -> Self {
        Self::DEFAULT
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

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F64 => f.write_str("doubles"),
            Self::DoubleDouble => f.write_str("pairs of doubles"),
            Self::Big(bits) => write!(f, "{bits} bits"),
        }
    }
}

/// Why a truth may not be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The next rung costs more than the budget.
    #[error("a wider arithmetic is not within the budget")]
    Budget,
    /// The widest rungs still differ: the value is a discontinuity, or it cancels to nothing.
    #[error("the widest arithmetics still differ")]
    Disagreement,
    /// A number left the range of the widest exponents.
    #[error("a number left the range of all arithmetics")]
    Range,
    /// A comparison, or a rounding to an integer, of numbers that no rung tells apart.
    #[error("the result hangs on numbers that no precision tells apart")]
    Comparison,
    /// Inexact numbers cancelled to nothing in the widest arithmetic that was tried: they are equal, or they differ by
    /// less than it can tell.
    #[error("numbers cancelled to nothing, or to less than any arithmetic tells")]
    Cancellation,
    /// Complex numbers are computed in doubles only.
    #[error("complex numbers are not computed more widely")]
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

/// More steps of `scan` loops than this are not run in any arithmetic.
const MOST_STEPS: u64 = 10_000_000;

/// Evaluates a program over the real numbers.
pub fn truth(program: &Program, inputs: &Inputs, budget: Budget) -> Result<Truth, EvalError> {
    let options = Options {
        most_iterations: Some(budget.iterations),
        most_steps: Some(MOST_STEPS),
        ..Options::default()
    };
    let mut last = attempt::<Unrounded>(program, inputs, Rung::F64, options)?;
    if has_complex_numbers(program) {
        return Ok(last.truth(Some(Doubt::Complex)));
    }
    let range = range_bits(program);
    let mut left = budget.work;
    loop {
        let rung = last.higher(range);
        if rung > Rung::Big(budget.most_bits) && rung != Rung::DoubleDouble {
            return Ok(last.truth(Some(Doubt::Disagreement)));
        }
        let needed = last.count.work_at(rung);
        if needed > left {
            return Ok(last.truth(Some(Doubt::Budget)));
        }
        let (next, is_whole) = context::within(left, || match rung {
            Rung::F64 | Rung::DoubleDouble => attempt::<DoubleDouble>(program, inputs, rung, options),
            Rung::Big(_) => attempt::<Big>(program, inputs, rung, options),
        });
        // What doubles could evaluate ends otherwise in a loop that takes too long here.
        let Some(next) = next.ok().filter(|_| is_whole) else {
            return Ok(last.truth(Some(Doubt::Budget)));
        };
        left -= needed;
        let settled = agree(&last.outputs, &next.outputs) && next.is_trusted(range);
        last = next;
        if settled {
            return Ok(last.truth(None));
        }
    }
}

/// As [`truth`], but zero times anything is zero, as is zero divided by anything and anything by an infinity.
///
/// That is what a program means that masks a value: `where(x > 0, sqrt(x), 0)` has a derivative at −1, but the
/// chain rule multiplies the zero of the mask by that of the root, which is NaN. 0·log 0 is 0 in the same sense.
pub(crate) fn truth_behind_zeros(
    program: &Program,
    inputs: &Inputs,
    budget: Budget,
) -> Result<Truth, EvalError> {
    context::with_annihilating_zeros(|| truth(program, inputs, budget))
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

fn attempt<R: Wide>(
    program: &Program,
    inputs: &Inputs,
    rung: Rung,
    options: Options,
) -> Result<Attempt, EvalError> {
    let bits = match rung {
        Rung::F64 => 53,
        Rung::DoubleDouble => double_double::BITS,
        Rung::Big(bits) => bits,
    };
    let inputs = inputs.with_numbers(|&number| R::from_f64(number));
    let (outputs, events, count) = context::observed(bits, || evaluate::<R>(program, &inputs, options));
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
            None if self.events.cancelled => Some(Doubt::Cancellation),
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

/// So many bits hold one beside e^−1000, whose difference a logarithm makes visible again, or beside the least number
/// of the program's dtypes.
fn range_bits(program: &Program) -> usize {
    let bits = |dtype: DType| match dtype {
        DType::Float64 => 2304,
        _ => 1536,
    };
    let dtypes = program.types.iter().filter_map(|(_, ty)| ty.dtype());
    dtypes.map(bits).max().unwrap_or_default()
}

fn has_complex_numbers(program: &Program) -> bool {
    let mut dtypes = program.types.iter().filter_map(|(_, ty)| ty.dtype());
    dtypes.any(DType::is_complex)
}
