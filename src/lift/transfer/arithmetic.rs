//! Exponentials, logarithms, products, quotients and powers.

use std::f64::consts::LN_2;

use super::Here;
use crate::ir::ParamValue;
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
    if lifter.as_number(x).is_some() {
        return None;
    }
    Some(lifter.exponential_of(x, coefficient, here.ty))
}

/// `cˣ = 1·exp(x·log c)` for a constant `c > 0`; `(m·eˢ)ᶜ = mᶜ·e^{c·s}` for a constant `c` and `m > 0`.
pub(super) fn pow(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (base, exponent) = (here.operands.first()?, here.operands.get(1)?);
    if let Some(base) = lifter.as_number(base.node) {
        let usable = base > 0.0 && base != 1.0 && lifter.is_real(lifter.nodes.ty(exponent.node));
        return usable.then(|| exponential(lifter, here, 1, base.ln()))?;
    }
    base.lift.as_ref()?;
    let (power, lift) = (lifter.as_number(exponent.node)?, here.lift(lifter, 0)?);
    if !lift.positive || !power.is_finite() {
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

/// `logistic x = 1·exp(log(logistic x))`, with `log(logistic x) = min(x, 0) − log1p(exp(−|x|))`. The logarithm is
/// computed only if something asks for it.
pub(super) fn logistic(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let x = lifter.aligned(here.operands.first()?.node, here.ty);
    logistic_of(lifter, here, x)
}

fn logistic_of(lifter: &mut Lifter<'_>, here: &Here, x: NodeId) -> Option<Lift> {
    if lifter.as_number(x).is_some() {
        return None;
    }
    let ty = here.ty;
    let zero = lifter.number(0.0, ty);
    let smaller = lifter.op("min", &[x, zero], ty)?;
    let magnitude = lifter.op("abs", &[x], ty)?;
    let small = lifter.neg(magnitude, ty)?;
    let small = lifter.op("exp", &[small], ty)?;
    let small = lifter.op("log1p", &[small], ty)?;
    let logarithm = lifter.sub(smaller, small, ty)?;
    lifter.logistics.insert(logarithm, x);
    Some(lifter.exponential_of(logarithm, 1.0, ty))
}

/// `1 − logistic x = logistic(−x)`.
pub(super) fn one_minus_logistic(lifter: &mut Lifter<'_>, here: &Here, lift: &Lift) -> Option<Lift> {
    let (node, _) = lift.scale.only().filter(|&(_, c)| c == 1.0)?;
    let &x = lifter.logistics.get(&node)?;
    if lifter.as_number(lift.mant) != Some(1.0) {
        return None;
    }
    let reflected = lifter.neg(x, here.ty)?;
    let complement = logistic_of(lifter, here, reflected)?;
    Some(Lift {
        merit: lift.merit,
        ..complement
    })
}

/// `(a·eˢ)·(b·eᵗ) = (a·b)·e^{s + t}`.
pub(super) fn mul(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let (a, b) = (here.lift(lifter, 0)?, here.lift(lifter, 1)?);
    let (scale, won) = lifter.combine(&a.scale, &b.scale);
    if !(won && lifter.is_bounded(&scale)) {
        let over_first = lifter.distributed(here, 0, &b);
        if let Some(sum) = over_first.or_else(|| lifter.distributed(here, 1, &a)) {
            return Some(sum);
        }
    }
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
    let (scale, won) = lifter.combine(&a.scale, &b.scale.times(-1.0));
    Some(Lift {
        mant: lifter.over(a.mant, b.mant, here.ty)?,
        // Only over an infinity is it zero, and there the program has no number to lose.
        nonzero: a.nonzero,
        positive: a.positive && b.positive,
        scale,
        merit: a.merit.with(b.merit).winning(won),
    })
}

/// `−(m·eˢ) = (−m)·eˢ`.
pub(super) fn neg(lifter: &mut Lifter<'_>, here: &Here) -> Option<Lift> {
    let lift = here.lift(lifter, 0)?;
    lifter.negate_addends(here)?;
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
    if lift.merit.loose || (!lift.merit.won && is_number_less(lifter, lift.mant)) {
        return None;
    }
    lifter.reaches_logarithm(&lift.scale);
    let scale = lifter.sum(&lift.scale, here.ty)?;
    let logarithm = match lifter.as_number(lift.mant) {
        Some(mant) if mant > 0.0 => lifter.number(mant.ln(), here.ty),
        _ => lifter.op("log", &[lift.mant], here.ty)?,
    };
    Some(Lift {
        mant: lifter.add(logarithm, scale, here.ty)?,
        nonzero: false,
        positive: false,
        scale: Form::default(),
        merit: lift.merit.winning(true),
    })
}
