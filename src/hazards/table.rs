//! What can break, one row a primitive.

use super::Kind;
use crate::analysis::ranges::Range;
use crate::ir::DType;

/// What an equation of a primitive can do to clean operands.
pub(super) struct Row {
    pub(super) primitive: &'static str,
    /// What it is if NaN comes out.
    pub(super) nan: Kind,
    /// What it is if an infinity comes out.
    pub(super) infinite: Kind,
    /// The operand whose zeros make it a [`Kind::Pole`] instead.
    pub(super) zero: Option<usize>,
    /// Where its operands lie if they are inputs of the program: whoever calls it sees to that.
    pub(super) natural: &'static [(f64, f64)],
    /// Whether what the ranges do not rule out is worth telling without a witness.
    pub(super) telling: bool,
}

const fn row(primitive: &'static str, nan: Kind, infinite: Kind) -> Row {
    Row {
        primitive,
        nan,
        infinite,
        zero: None,
        natural: &[],
        telling: false,
    }
}

impl Row {
    const fn at_zero(mut self, operand: usize) -> Self {
        self.zero = Some(operand);
        self
    }

    const fn natural(mut self, ranges: &'static [(f64, f64)]) -> Self {
        self.natural = ranges;
        self
    }

    const fn telling(mut self) -> Self {
        self.telling = true;
        self
    }
}

/// No bound of its own.
const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
const POSITIVE: (f64, f64) = (1e-3, f64::INFINITY);

use Kind::{Domain, Narrowing, Overflow, Pole};

#[rustfmt::skip] // One row a primitive.
const ROWS: &[Row] = &[
    row("log", Domain, Pole).natural(&[POSITIVE]).telling(),
    row("log2", Domain, Pole).natural(&[POSITIVE]).telling(),
    row("log1p", Domain, Pole).natural(&[(-0.9, f64::INFINITY)]).telling(),
    row("sqrt", Domain, Overflow).natural(&[(0.0, f64::INFINITY)]).telling(),
    row("rsqrt", Domain, Pole).natural(&[POSITIVE]).telling(),
    row("div", Pole, Overflow).at_zero(1).natural(&[ANY, POSITIVE]).telling(),
    row("rem", Pole, Overflow).at_zero(1).natural(&[ANY, POSITIVE]).telling(),
    row("pow", Domain, Overflow).at_zero(0).natural(&[POSITIVE, (-4.0, 4.0)]).telling(),
    row("integer_pow", Domain, Overflow).at_zero(0),
    row("acos", Domain, Domain).natural(&[(-1.0, 1.0)]).telling(),
    row("asin", Domain, Domain).natural(&[(-1.0, 1.0)]).telling(),
    row("acosh", Domain, Overflow).natural(&[(1.0, f64::INFINITY)]).telling(),
    row("atanh", Domain, Pole).natural(&[(-0.999, 0.999)]).telling(),
    row("erf_inv", Domain, Pole).natural(&[(-0.999, 0.999)]).telling(),
    row("lgamma", Pole, Pole).natural(&[POSITIVE]),
    row("digamma", Pole, Pole).natural(&[POSITIVE]),
    row("igamma", Domain, Domain).natural(&[POSITIVE, POSITIVE]),
    row("igammac", Domain, Domain).natural(&[POSITIVE, POSITIVE]),
    row("zeta", Domain, Pole).natural(&[(1.001, f64::INFINITY), POSITIVE]),
    row("regularized_incomplete_beta", Domain, Domain).natural(&[POSITIVE, POSITIVE, (0.0, 1.0)]),
    row("tan", Domain, Pole),
    row("exp", Overflow, Overflow),
    row("exp2", Overflow, Overflow),
    row("expm1", Overflow, Overflow),
    row("sinh", Overflow, Overflow),
    row("cosh", Overflow, Overflow),
    row("add", Overflow, Overflow),
    row("add_any", Overflow, Overflow),
    row("sub", Overflow, Overflow),
    row("mul", Overflow, Overflow),
    row("square", Overflow, Overflow),
    row("reduce_sum", Overflow, Overflow),
    row("reduce_prod", Overflow, Overflow),
    row("cumsum", Overflow, Overflow),
    row("cumprod", Overflow, Overflow),
    row("dot_general", Overflow, Overflow),
    row("conv_general_dilated", Overflow, Overflow),
    row("convert_element_type", Narrowing, Narrowing),
    row("cholesky", Domain, Domain),
    row("triangular_solve", Pole, Pole),
    row("custom_linear_solve", Pole, Pole),
    row("reduce_precision", Narrowing, Narrowing),
];

/// The row of a primitive that can break.
pub(super) fn breaks(primitive: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.primitive == primitive)
}

/// What it is if results of a primitive lose their digits.
pub(super) fn loses(primitive: &str, dtype: DType) -> Option<Kind> {
    match primitive {
        "reduce_sum" | "cumsum" | "dot_general" | "conv_general_dilated" | "scan" | "reduce_window_sum"
            if dtype.is_half() =>
        {
            Some(Kind::Accumulation)
        }
        "sub" | "add" | "add_any" | "reduce_sum" | "cumsum" | "dot_general" | "conv_general_dilated" => {
            Some(Kind::Cancellation)
        }
        _ => None,
    }
}

/// What an operation on integers gives where nothing wraps around.
#[derive(Clone, Copy)]
pub(super) enum Exact {
    OfOne(fn(f64) -> f64),
    OfTwo(fn(f64, f64) -> f64),
    /// Its operand to the power of the parameter `y`.
    Power,
    /// What its operand folds to along the axes of a reduction, from this number.
    Along(fn(f64, f64) -> f64, f64),
    /// The same up to each place along an axis.
    UpTo(fn(f64, f64) -> f64, f64),
}

#[rustfmt::skip] // One row a primitive.
const WRAPPING: &[(&str, Exact)] = &[
    ("add", Exact::OfTwo(|a, b| a + b)),
    ("sub", Exact::OfTwo(|a, b| a - b)),
    ("mul", Exact::OfTwo(|a, b| a * b)),
    ("neg", Exact::OfOne(|a| -a)),
    ("abs", Exact::OfOne(f64::abs)),
    ("square", Exact::OfOne(|a| a * a)),
    ("integer_pow", Exact::Power),
    ("reduce_sum", Exact::Along(|a, b| a + b, 0.0)),
    ("reduce_prod", Exact::Along(|a, b| a * b, 1.0)),
    ("cumsum", Exact::UpTo(|a, b| a + b, 0.0)),
    ("cumprod", Exact::UpTo(|a, b| a * b, 1.0)),
];

/// The exact operation of a primitive whose integers can wrap around; `None` for those of which they cannot.
pub(super) fn wraps(primitive: &str) -> Option<Exact> {
    let row = WRAPPING.iter().find(|row| row.0 == primitive)?;
    Some(row.1)
}

impl Row {
    /// Where operand `index` lies if it is an input of the program.
    pub(super) fn natural_range(&self, index: usize) -> Option<Range> {
        let &(low, high) = self.natural.get(index)?;
        Some(Range::between(low, high))
    }
}
