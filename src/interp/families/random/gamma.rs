//! `random_gamma`, number for number as JAX draws it.

use super::threefry::Partition;
use super::{draws, keys};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::key::Key;
use crate::interp::real::{Function, Pair, Real};
use crate::interp::tensor::Data;
use crate::ir::DType;

/// A sample for each shape parameter; a key is split over the axes that it has not got.
pub(super) fn random_gamma<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (own, alpha) = (keys(call, 0)?, call.input(1)?);
    let Data::Float(alphas) = alpha.data() else {
        return Err(call.not_on(alpha));
    };
    let draw = Draw {
        dtype: alpha.dtype,
        how: Partition::of(call),
        in_logarithms: call.flag("log_space"),
    };
    if !matches!(alpha.dtype, DType::Float32 | DType::Float64) {
        return Err(call.not_on(alpha));
    }
    let each = alphas.len().checked_div(own.len()).unwrap_or_default();
    if each * own.len() != alphas.len() {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    let all = draws::split(own, each, draw.how);
    let items = all
        .into_iter()
        .zip(alphas)
        .map(|(key, alpha)| draw.sample(key, alpha));
    Ok(vec![call.floats(alpha.dtype, &alpha.shape, items)])
}

/// How numbers are drawn and rounded.
struct Draw {
    dtype: DType,
    how: Partition,
    in_logarithms: bool,
}

impl Draw {
    fn number<R: Real>(&self, value: f64) -> R {
        self.round(R::from_f64(value))
    }

    fn round<R: Real>(&self, value: R) -> R {
        value.rounded(self.dtype)
    }

    /// Uniform from `low` up to 1, from the bits of one number.
    fn uniform<R: Real>(&self, key: Key, low: f64) -> R {
        let width = self.dtype.bits();
        let digits = if width == 32 { 23 } else { 52 };
        let bits = draws::bits(&[key], 1, width, self.how).and_then(|bits| bits.first().copied());
        let unit = R::from_integer(bits.unwrap_or_default() >> (width - digits))
            * R::from_f64(2f64.powi(-digits.cast_signed()));
        let range = self.round(R::from_f64(1.0) - R::from_f64(low));
        let value = self.round(self.round(unit * range) + R::from_f64(low));
        if value < R::from_f64(low) {
            R::from_f64(low)
        } else {
            value
        }
    }

    /// Of the standard normal distribution.
    fn normal<R: Real>(&self, key: Key) -> R {
        let above = if self.dtype == DType::Float32 {
            f64::from((-1f32).next_up())
        } else {
            (-1f64).next_up()
        };
        let inverse = self.round(self.uniform::<R>(key, above).map(Function::ErfInv));
        self.round(inverse * self.number(std::f64::consts::SQRT_2))
    }

    /// The method of Marsaglia and Tsang (2000); a shape below 1 is raised by 1, and the sample multiplied by a power
    /// of a uniform number.
    fn sample<R: Real>(&self, key: Key, alpha: &R) -> R {
        let one: R = self.number(1.0);
        let is_boosted = alpha.partial_cmp(&one).is_none_or(std::cmp::Ordering::is_lt);
        let raised = if is_boosted {
            self.round(alpha.clone() + one.clone())
        } else {
            alpha.clone()
        };
        let third: R = self.number(1.0 / 3.0);
        let d = self.round(raised - third.clone());
        let c = self.round(third / self.round(d.map(Function::Sqrt)));
        let [next, last] = self.split(key);
        let volume = self.accepted(next, &c, &d);
        let power = self.round(one.clone() / alpha.clone());
        if self.in_logarithms {
            // A logarithm of a uniform number is the negative of an exponential one.
            let uniform = self.uniform::<R>(last, 0.0);
            let sample = self.round((-uniform).map(Function::Log1p));
            let boost = if is_boosted && !sample.is_zero() {
                self.round(sample * power)
            } else {
                self.number(0.0)
            };
            let sum = self.round(self.log(&d) + self.log(&volume));
            return self.round(sum + boost);
        }
        let sample = self.round(one.clone() - self.uniform(last, 0.0));
        let boost = if is_boosted {
            self.round(sample.join(Pair::Pow, &power))
        } else {
            one
        };
        self.round(self.round(d * volume) * boost)
    }

    fn log<R: Real>(&self, value: &R) -> R {
        self.round(value.map(Function::Log))
    }

    fn split<const COUNT: usize>(&self, key: Key) -> [Key; COUNT] {
        let parts = draws::split(&[key], COUNT, self.how);
        std::array::from_fn(|at| parts[at])
    }

    /// The cube of 1 + c·x for the first normal number x that is accepted.
    fn accepted<R: Real>(&self, mut key: Key, c: &R, d: &R) -> R {
        let one: R = self.number(1.0);
        let zero: R = self.number(0.0);
        loop {
            let [next, mut for_normal, for_uniform] = self.split(key);
            key = next;
            let (x, v) = loop {
                let [rest, own] = self.split(for_normal);
                for_normal = rest;
                let x: R = self.normal(own);
                let v = self.round(one.clone() + self.round(x.clone() * c.clone()));
                if v.partial_cmp(&zero) != Some(std::cmp::Ordering::Less) && !v.is_zero() {
                    break (x, v);
                }
            };
            let square = self.round(x.clone() * x);
            let cube = self.round(self.round(v.clone() * v.clone()) * v);
            let uniform: R = self.uniform(for_uniform, 0.0);
            let squeeze = self.round(self.number::<R>(0.0331) * self.round(square.clone() * square.clone()));
            if uniform < self.round(one.clone() - squeeze) {
                return cube;
            }
            let rest = self.round(self.round(one.clone() - cube.clone()) + self.log(&cube));
            let bound = self.round(self.round(square * self.number(0.5)) + self.round(d.clone() * rest));
            let logarithm = self.log(&uniform);
            if logarithm
                .partial_cmp(&bound)
                .is_none_or(std::cmp::Ordering::is_lt)
            {
                return cube;
            }
        }
    }
}
