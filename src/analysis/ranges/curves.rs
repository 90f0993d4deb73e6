//! Functions of one number that rise or fall over their whole domain, one row each, and a few that do not.

use super::Range;
use super::operation::Operation;
use super::table::{Row, one};
use crate::ir::{DType, Format};

/// A monotone function.
pub(super) struct Curve {
    pub(super) name: &'static str,
    value: fn(f64) -> f64,
    /// Outside of it the function gives NaN.
    domain: (f64, f64),
    /// No result lies outside, however it is rounded.
    image: (f64, f64),
    /// A point that is met exactly: no result of a number on one side of it lies on the other side.
    anchor: (f64, f64),
    falls: bool,
    /// How far results may be off; 0 for those that are rounded correctly.
    ulps: f64,
}

const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
const POSITIVE: (f64, f64) = (0.0, f64::INFINITY);

const fn rising(name: &'static str, value: fn(f64) -> f64, anchor: (f64, f64)) -> Curve {
    Curve {
        name,
        value,
        domain: ALL,
        image: ALL,
        anchor,
        falls: false,
        ulps: 32.0,
    }
}

impl Curve {
    const fn on(mut self, low: f64, high: f64) -> Self {
        self.domain = (low, high);
        self
    }

    const fn into(mut self, low: f64, high: f64) -> Self {
        self.image = (low, high);
        self
    }

    const fn falling(mut self) -> Self {
        self.falls = true;
        self
    }

    const fn within(mut self, ulps: f64) -> Self {
        self.ulps = ulps;
        self
    }
}

const HALF_PI: f64 = 1.570_796_4;

/// Anchors at the origin.
const ORIGIN: (f64, f64) = (0.0, 0.0);

#[rustfmt::skip] // One row a primitive.
pub(super) const CURVES: &[Curve] = &[
    rising("exp", f64::exp, (0.0, 1.0)).into(0.0, f64::INFINITY),
    rising("exp2", f64::exp2, (0.0, 1.0)).into(0.0, f64::INFINITY),
    rising("expm1", f64::exp_m1, ORIGIN).into(-1.0, f64::INFINITY),
    rising("log", f64::ln, (1.0, 0.0)).on(0.0, f64::INFINITY),
    rising("log2", f64::log2, (1.0, 0.0)).on(0.0, f64::INFINITY),
    rising("log1p", f64::ln_1p, ORIGIN).on(-1.0, f64::INFINITY),
    rising("sqrt", f64::sqrt, ORIGIN).on(0.0, f64::INFINITY).into(POSITIVE.0, POSITIVE.1).within(1.0),
    rising("cbrt", f64::cbrt, ORIGIN),
    rising("logistic", |x| 1.0 / (1.0 + (-x).exp()), (0.0, 0.5)).into(0.0, 1.0),
    rising("tanh", f64::tanh, ORIGIN).into(-1.0, 1.0),
    rising("sinh", f64::sinh, ORIGIN),
    rising("asinh", f64::asinh, ORIGIN),
    rising("atanh", f64::atanh, ORIGIN).on(-1.0, 1.0),
    rising("acosh", f64::acosh, (1.0, 0.0)).on(1.0, f64::INFINITY).into(POSITIVE.0, POSITIVE.1),
    rising("asin", f64::asin, ORIGIN).on(-1.0, 1.0).into(-HALF_PI, HALF_PI),
    rising("acos", f64::acos, (1.0, 0.0)).falling().on(-1.0, 1.0).into(0.0, 2.0 * HALF_PI),
    rising("atan", f64::atan, ORIGIN).into(-HALF_PI, HALF_PI),
    rising("erf", libm::erf, ORIGIN).into(-1.0, 1.0),
    rising("erfc", libm::erfc, (0.0, 1.0)).falling().into(0.0, 2.0),
    rising("floor", f64::floor, ORIGIN).within(0.0),
    rising("ceil", f64::ceil, ORIGIN).within(0.0),
    rising("round", f64::round, ORIGIN).within(0.0),
];

/// Of zeros it gives infinities of either sign, so it has a row of its own below.
const RSQRT: Curve = rising("rsqrt", |x| 1.0 / x.sqrt(), (1.0, 1.0))
    .falling()
    .on(0.0, f64::INFINITY)
    .into(0.0, f64::INFINITY);

impl Curve {
    /// The range of the results.
    pub(super) fn image(&self, operation: &Operation<'_, '_>) -> Range {
        let operand = operation.operand(0);
        let domain = Range::between(self.domain.0, self.domain.1);
        let inside = operand.meet(domain.or_nan(true));
        let outside = operand.low < self.domain.0 || operand.high > self.domain.1;
        if inside.is_empty() {
            return Range::NOTHING.or_nan(operand.nan || outside);
        }
        let dtype = operation.dtype(0);
        let (least, greatest) = ends(inside, dtype);
        let (from, to) = if self.falls {
            (greatest, least)
        } else {
            (least, greatest)
        };
        let rough = Range::between((self.value)(from), (self.value)(to));
        let loose = dtype.map_or(rough, |dtype| rough.loosened(dtype, self.ulps));
        let anchored = self.anchored(inside, loose);
        let bounded = anchored.meet(Range::between(self.image.0, self.image.1));
        let integral = matches!(self.name, "floor" | "ceil" | "round");
        Range {
            // A function that is 0 at 0 alone, and that is steep there or the identity, gives 0 for 0 alone.
            zero: bounded.zero && (operand.zero || !matches!(self.name, "sqrt" | "cbrt")),
            integral,
            ..bounded
        }
        .or_nan(operand.nan || outside)
    }

    fn anchored(&self, operand: Range, loose: Range) -> Range {
        let (x, y) = self.anchor;
        let (mut low, mut high) = (loose.low, loose.high);
        if operand.low >= x {
            if self.falls {
                high = high.min(y);
            } else {
                low = low.max(y);
            }
        }
        if operand.high <= x {
            if self.falls {
                low = low.max(y);
            } else {
                high = high.min(y);
            }
        }
        Range::between(low, high)
    }
}

/// The ends of a range; one at a zero that is not in it is the smallest number beside it.
fn ends(range: Range, dtype: Option<DType>) -> (f64, f64) {
    let smallest = dtype
        .and_then(Format::arithmetic_of)
        .map_or(0.0, |format| format.least * format.epsilon);
    let end = |end: f64, side: f64| {
        if end == 0.0 && !range.zero {
            side * smallest
        } else {
            end
        }
    };
    (end(range.low, 1.0), end(range.high, -1.0))
}

pub(super) const ROWS: &[Row] = &[
    one("rsqrt", |op| {
        let range = RSQRT.image(op);
        if op.operand(0).zero {
            range.join(Range::exactly(f64::NEG_INFINITY))
        } else {
            range
        }
    }),
    one("sin", wave),
    one("cos", wave),
    one("tan", |op| {
        Range::between(f64::NEG_INFINITY, f64::INFINITY)
            .or_nan(op.operand(0).nan || op.operand(0).may_be_infinite())
    }),
    one("cosh", |op| {
        let x = op.operand(0);
        Range::between(x.least_magnitude().cosh() * 0.999, x.magnitude().cosh() * 1.001)
            .meet(Range::between(1.0, f64::INFINITY))
            .or_nan(x.nan)
    }),
    one("erf_inv", |op| {
        let x = op.operand(0);
        let outside = x.low < -1.0 || x.high > 1.0;
        let low = if x.low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
        let high = if x.high <= 0.0 { 0.0 } else { f64::INFINITY };
        Range::between(low, high).or_nan(x.nan || outside)
    }),
    one("lgamma", |op| {
        let x = op.operand(0);
        // Γ is least at 1.4616, where lgamma is −0.1215.
        let low = if x.low >= 0.0 { -0.122 } else { f64::NEG_INFINITY };
        Range::between(low, f64::INFINITY).or_nan(x.nan)
    }),
    one("atan2", |op| {
        Range::between(-2.0 * HALF_PI, 2.0 * HALF_PI).or_nan(op.operand(0).nan || op.operand(1).nan)
    }),
    one("bessel_i0e", |op| {
        Range::between(0.0, 1.0).or_nan(op.operand(0).nan)
    }),
    one("bessel_i1e", |op| {
        Range::between(-1.0, 1.0).or_nan(op.operand(0).nan)
    }),
    one("one_minus_square", |op| {
        let x = op.operand(0);
        let (least, most) = (x.least_magnitude(), x.magnitude());
        Range::between(1.0 - most * most, 1.0 - least * least).or_nan(x.nan)
    }),
];

fn wave(op: &Operation<'_, '_>) -> Range {
    let x = op.operand(0);
    Range::between(-1.0, 1.0).or_nan(x.nan || x.may_be_infinite())
}
