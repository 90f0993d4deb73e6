//! What values an array holds.

use serde::Serialize;

use crate::interp::{Data, Real, Tensor};

/// What was seen of a variable, over all runs of its equation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The values.
    pub extent: Extent,
    /// How often the equation ran.
    pub runs: usize,
}

/// The range of the finite elements of an array, and how many are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Extent {
    /// The least finite element, if there is a finite one.
    pub min: Option<f64>,
    /// The greatest finite element.
    pub max: Option<f64>,
    /// Number of elements.
    pub elements: usize,
    /// How many of them are NaN.
    pub nan: usize,
    /// How many are +∞.
    pub positive_infinity: usize,
    /// How many are −∞.
    pub negative_infinity: usize,
}

impl Extent {
    /// Of all elements; those of complex arrays by parts, and keys have none.
    pub fn of<R: Real>(tensor: &Tensor<R>) -> Self {
        let mut extent = Self::default();
        match tensor.data() {
            Data::Float(items) => items.iter().for_each(|item| extent.add(item.to_f64())),
            Data::Complex(items) => items
                .iter()
                .flat_map(|item| [item.re, item.im])
                .for_each(|item| extent.add(item)),
            Data::Int(items) => items.iter().for_each(|&item| {
                // A range is for reading: beyond 2^53 it may be off by one.
                extent.add(f64::from_integer(i128::from(item)));
            }),
            Data::Bool(items) => items
                .iter()
                .for_each(|&item| extent.add(f64::from(u8::from(item)))),
            Data::Key(_) | Data::Reference(_) => {}
        }
        extent
    }

    /// Both together.
    pub(super) fn merge(&mut self, other: &Self) {
        self.min = less(self.min, other.min);
        self.max = greater(self.max, other.max);
        self.elements += other.elements;
        self.nan += other.nan;
        self.positive_infinity += other.positive_infinity;
        self.negative_infinity += other.negative_infinity;
    }

    fn add(&mut self, value: f64) {
        self.elements += 1;
        if value.is_nan() {
            self.nan += 1;
        } else if value == f64::INFINITY {
            self.positive_infinity += 1;
        } else if value == f64::NEG_INFINITY {
            self.negative_infinity += 1;
        } else {
            self.min = less(self.min, Some(value));
            self.max = greater(self.max, Some(value));
        }
    }
}

fn less(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn greater(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}
