//! Exponentials, logarithms, products, quotients and powers.

use std::f64::consts::LN_2;

use super::Here;
use super::sums::shifted;
use crate::ir::{Format, ParamValue};
use crate::lift::Lifter;
use crate::lift::form::Form;
use crate::lift::nodes::NodeId;
use crate::lift::value::Lift;

/// `exp x = 1·exp(x)`.
pub(super) fn exp(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    exponential(lifter, here, 0, 1.0)
}

/// `2ˣ = 1·exp(x·log 2)`.
pub(super) fn exp2(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    exponential(lifter, here, 0, LN_2)
}

fn exponential(lifter: &mut Lifter<'_>, here: &Here, index: usize, coefficient: f64) -> Option<Lift> {
    let x = lifter.aligned(here.operands.get(index)?.node, here.ty);
    // What renormalises a carry is not to be taken for a factor of it.
    if lifter.as_number(x).is_some() || lifter.is_below_whole(x) {
        return None;
    }
    Some(lifter.exponential_of(x, coefficient, here.ty))
}

/// `cˣ = 1·exp(x·log c)` for a constant `c > 0`; `(m·eˢ)ᵏ = mᵏ·e^{k·s}` for `m > 0`.
pub(super) fn pow(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (base, exponent) = (here.operands.first()?, here.operands.get(1)?);
    if let Some(base) = lifter.as_number(base.node) {
        let usable = base > 0.0 && base != 1.0 && lifter.is_real(lifter.nodes.ty(exponent.node));
        return usable.then(|| exponential(lifter, here, 1, base.ln()))?;
    }
    base.lift.as_ref()?;
    let lift = here.lift(lifter, 0)?;
    if !lift.positive {
        return None;
    }
    let Some(power) = lifter.as_number(exponent.node) else {
        let exponent = lifter.aligned(exponent.node, here.ty);
        return raised(lifter, here, &lift, exponent);
    };
    if !power.is_finite() {
        return None;
    }
    let number = lifter.number(power, here.ty);
    let mant = match lifter.as_number(lift.mant) {
        Some(mant) => lifter.number(mant.powf(power), here.ty),
        None => lifter.op("pow", &[lift.mant, number], here.ty)?,
    };
    Some(Lift {
        mant,
        scale: lift.scale.times(power),
        ..lift
    })
}

/// `(m·eˢ)ᵏ` with a real `k` that is no constant. The derivative has `k − 1`, whose scale is `k·s − s`.
fn raised(lifter: &mut Lifter<'_>, here: &Here, lift: &Lift, k: NodeId) -> Option<Lift> {
    let ty = here.ty;
    if !lifter.is_real(lifter.nodes.ty(k)) {
        return None;
    }
    let difference = lifter.operands_of(k, "sub");
    let (whole, less) = difference
        .and_then(|operands| Some((operands[0], lifter.as_number(operands[1])?)))
        .unwrap_or((k, 0.0));
    let sum = lifter.sum(&lift.scale, ty)?;
    let scale = Form::of(lifter.mul(sum, whole, ty)?, 1.0);
    let scale = scale.plus(&lift.scale, -less);
    let mant = match lifter.as_number(lift.mant) {
        Some(1.0) => lift.mant,
        _ => lifter.op("pow", &[lift.mant, k], ty)?,
    };
    Some(Lift {
        mant,
        scale,
        ..lift.clone()
    })
}

/// `logistic x = 1·exp(log(logistic x))`, with `log(logistic x) = min(x, 0) − log1p(exp(−|x|))`. The logarithm is
/// computed only if something asks for it.
pub(super) fn logistic(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let x = lifter.aligned(here.operands.first()?.node, here.ty);
    if lifter.as_number(x).is_some() {
        return None;
    }
    let logarithm = lifter.log_logistic(x, here.ty)?;
    Some(lifter.exponential_of(logarithm, 1.0, here.ty))
}

/// `(a·eˢ)·(b·eᵗ) = (a·b)·e^{s + t}`.
pub(super) fn mul(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    let (scale, won) = lifter.combine(&a.scale, &b.scale);
    let won = won || lifter.is_guarded(&a, &b) || lifter.is_guarded(&b, &a);
    if !(won && lifter.is_bounded(&scale)) {
        let over_first = lifter.distributed(here, 0, &b);
        if let Some(sum) = over_first.or_else(|| lifter.distributed(here, 1, &a)) {
            return Some(sum);
        }
        if won {
            let over_first = lifter.before_contracting(here, 0, &b);
            if let Some(sum) = over_first.or_else(|| lifter.before_contracting(here, 1, &a)) {
                return Some(sum);
            }
        }
    }
    lifter.multiply_addends(here, [&a, &b]);
    Some(Lift {
        mant: lifter.times(a.mant, b.mant, here.ty)?,
        nonzero: a.nonzero && b.nonzero,
        positive: a.positive && b.positive,
        scale,
        merit: a.merit.with(b.merit).winning(won),
    })
}

/// `(a·eˢ)/(b·eᵗ) = (a/b)·e^{s − t}`.
pub(super) fn div(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    if lifter.as_number(a.mant).is_none() && is_scale_of_norm(lifter, b.mant) {
        return None;
    }
    let (scale, won) = lifter.combine(&a.scale, &b.scale.times(-1.0));
    let won = won || is_by_shifted_sum(lifter, &a, &b);
    lifter.divide_addends(here, &b);
    Some(Lift {
        mant: lifter.over(a.mant, b.mant, here.ty)?,
        // Only over an infinity is it zero, and there the program has no number to lose.
        nonzero: a.nonzero,
        positive: a.positive && b.positive,
        scale,
        merit: a.merit.with(b.merit).winning(won),
    })
}

/// Whether a norm was scaled by this power of two, as `scaled-norm` does: what is divided by it has a square in range, and
/// mantissa and power by themselves have not.
fn is_scale_of_norm(lifter: &Lifter<'_>, divisor: NodeId) -> bool {
    let mut node = divisor;
    loop {
        let (base, _) = lifter.unviewed(node);
        node = match lifter.operation(base) {
            Some(("reduce_precision", _)) => return true,
            Some(("div", &[scale, _]) | ("clamp", &[_, scale, _])) => scale,
            _ => return false,
        };
    }
}

/// Whether an exponential is divided by a sum of others, whose largest is taken out already: `eˢ⁻ᵗ` is as large as the
/// result, though nothing is known of `s` and `t`.
fn is_by_shifted_sum(lifter: &mut Lifter<'_>, dividend: &Lift, divisor: &Lift) -> bool {
    let is_sum = lifter.as_number(divisor.mant).is_none();
    let faint = dividend.merit.faint || divisor.merit.faint;
    is_sum
        && !faint
        && ![dividend, divisor]
            .iter()
            .any(|lift| lifter.stays_in_range(&lift.scale))
}

/// `−(m·eˢ) = (−m)·eˢ`.
pub(super) fn neg(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    Some(Lift {
        mant: lifter.neg(lift.mant, here.ty)?,
        positive: false,
        ..lift
    })
}

/// `|m·eˢ| = |m|·eˢ`.
pub(super) fn abs(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    if lift.positive {
        return Some(lift);
    }
    Some(Lift {
        mant: lifter.op("abs", &[lift.mant], here.ty)?,
        positive: lift.nonzero,
        ..lift
    })
}

/// `(m·eˢ)ⁿ = mⁿ·e^{n·s}`.
pub(super) fn integer_pow(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let Some(&ParamValue::Int(y)) = lifter.program.param(here.eqn, "y") else {
        return None;
    };
    let lift = here.lift(lifter, 0)?;
    if y == 1 {
        return Some(lift);
    }
    let mant = match lifter.as_number(lift.mant) {
        Some(mant) => lifter.number(mant.powi(i32::try_from(y).ok()?), here.ty),
        None => lifter.op_with("integer_pow", &[("y", ParamValue::Int(y))], &[lift.mant], here.ty)?,
    };
    let by = f64::from(i32::try_from(y).ok()?);
    Some(power(&lift, mant, by, y % 2 == 0))
}

/// `(m·eˢ)² = m²·e^{2s}`.
pub(super) fn square(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let mant = match lifter.as_number(lift.mant) {
        Some(mant) => lifter.number(mant * mant, here.ty),
        None => lifter.op("square", &[lift.mant], here.ty)?,
    };
    Some(power(&lift, mant, 2.0, true))
}

/// `√(m·eˢ) = √m·e^{s/2}`.
pub(super) fn sqrt(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let mant = match lifter.as_number(lift.mant) {
        Some(mant) => lifter.number(mant.sqrt(), here.ty),
        None => lifter.op("sqrt", &[lift.mant], here.ty)?,
    };
    Some(power(&lift, mant, 0.5, false))
}

/// `1/√(m·eˢ) = (1/√m)·e^{−s/2}`.
pub(super) fn rsqrt(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let mant = match lifter.as_number(lift.mant) {
        Some(mant) => lifter.number(mant.sqrt().recip(), here.ty),
        None => lifter.op("rsqrt", &[lift.mant], here.ty)?,
    };
    Some(power(&lift, mant, -0.5, false))
}

fn power(lift: &Lift, mant: NodeId, by: f64, even: bool) -> Lift {
    Lift {
        mant,
        positive: lift.positive || (even && lift.nonzero),
        scale: lift.scale.times(by),
        ..lift.clone()
    }
}

/// `max(a·eˢ, c) = exp(max(log a + s, log c))` for a number `c > 0` and `a > 0`, and the same for the smaller.
pub(super) fn extremum(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    let (lift, bound) = match (lifter.as_number(a.mant), lifter.as_number(b.mant)) {
        (_, Some(bound)) if b.scale.is_zero() => (a, bound),
        (Some(bound), _) if a.scale.is_zero() => (b, bound),
        _ => return None,
    };
    if !lift.positive || bound <= 0.0 || !bound.is_finite() {
        return None;
    }
    let name = lifter.program.primitive(here.eqn).to_owned();
    let logarithm = lifter.logarithm(&lift, here.ty)?;
    let bound = lifter.number(bound.ln(), here.ty);
    let exponent = lifter.op(&name, &[logarithm, bound], here.ty)?;
    if name == "max" {
        // What the logarithm is the logarithm of is as large as what its scale bounds.
        lifter.note_bound(exponent, &lift.scale);
    }
    Some(Lift {
        merit: lift.merit,
        ..lifter.exponential_of(exponent, 1.0, here.ty)
    })
}

/// Whether a mantissa is that of `c − eˢ`: where this is above zero, nothing in it is large.
fn is_number_less(lifter: &Lifter<'_>, mant: NodeId) -> bool {
    let Some(&[first, _]) = lifter.operands_of(mant, "sub") else {
        return false;
    };
    let is_exponential = |node| {
        let exponent = lifter
            .operands_of(node, "exp")
            .and_then(|inputs| inputs.first().copied());
        exponent.is_some_and(|exponent| lifter.operands_of(exponent, "neg").is_some())
    };
    match lifter.operands_of(first, "mul") {
        Some(&[number, exponential]) => lifter.as_number(number).is_some() && is_exponential(exponential),
        _ => is_exponential(first),
    }
}

/// `log(m·eˢ) = log m + s`: what the lifting is for.
pub(super) fn log(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let faint = lift.merit.faint || is_number_less(lifter, lift.mant);
    if lift.merit.loose || (!lift.merit.won && faint) {
        return None;
    }
    lifter.reaches_logarithm(&lift.scale);
    Some(Lift {
        mant: lifter.logarithm(&lift, here.ty)?,
        nonzero: false,
        positive: false,
        scale: Form::default(),
        merit: lift.merit.winning(true),
    })
}

/// `log₂ x = log x / log 2`.
pub(super) fn log2(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let natural = log(lifter, here)?;
    let base = lifter.number(LN_2, here.ty);
    let mant = lifter.div(natural.mant, base, here.ty)?;
    Some(Lift { mant, ..natural })
}

/// `log(1 + m·eˢ) = log1p(m·e^{s−t} + expm1(−t)) + t` with `t = max(s − c, 0)`. Up to `s = c`, half of the largest exponent
/// of the dtype, that is `log1p(m·eˢ)`, which has the digits of small numbers that a sum with 1 has not.
pub(super) fn log1p(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    let is_taken_off = lifter.as_number(lift.mant).is_some_and(|number| number < 0.0)
        || lifter.operands_of(lift.mant, "neg").is_some();
    let faint = lift.merit.faint && !lift.merit.won;
    let held = faint || is_taken_off || lift.merit.loose || lifter.has_whole(&lift.scale);
    if held || lifter.stays_in_range(&lift.scale) {
        return None;
    }
    let (ty, hides) = (here.ty, !lift.nonzero);
    let largest = Format::of(lifter.array(ty)?.dtype)?.exponent?;
    let (half, zero) = (lifter.number(largest / 2.0, ty), lifter.number(0.0, ty));
    let scale = lifter.effective(&lift, &lift.scale, hides, ty)?;
    let above = lifter.sub(scale, half, ty)?;
    let above = lifter.max(above, zero, ty)?;
    let shift = lifter.finite(above, ty)?;
    let power = shifted(lifter, &lift, &lift.scale, shift, hides, ty)?;
    let negated = lifter.neg(shift, ty)?;
    let less = lifter.op("expm1", &[negated], ty)?;
    let sum = lifter.add(power, less, ty)?;
    let logarithm = lifter.op("log1p", &[sum], ty)?;
    Some(Lift {
        mant: lifter.add(logarithm, shift, ty)?,
        nonzero: false,
        positive: false,
        scale: Form::default(),
        merit: lift.merit.winning(true),
    })
}
