//! Kinds of numbers on which programs fail in different ways, and arrays of each kind.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::ulps::{format, precision};
use crate::interp::Real as _;
use crate::ir::DType;

/// A kind of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stratum {
    /// Around one, of either sign.
    Ordinary,
    /// Around one and positive.
    Positive,
    /// Beyond what `exp` takes, but not far beyond.
    Large,
    /// Up to the largest number of the dtype.
    Huge,
    /// Down to the least normal number of the dtype.
    Tiny,
    /// A few units in the last place from one another.
    Close,
    /// From a few units in the last place to a quarter away from 0, 1 or −1.
    NearOne,
    /// Zeros of either sign among ordinary numbers, or nothing else.
    Zeros,
    /// Infinities among ordinary numbers, or nothing else.
    Infinite,
    /// One NaN among ordinary numbers.
    Nan,
    /// All magnitudes beside one another.
    Mixed,
}

impl Stratum {
    /// All of them, in the order in which they are tried.
    pub(crate) const ALL: [Self; 11] = [
        Self::Ordinary,
        Self::Positive,
        Self::Large,
        Self::Huge,
        Self::Tiny,
        Self::Close,
        Self::NearOne,
        Self::Zeros,
        Self::Infinite,
        Self::Nan,
        Self::Mixed,
    ];

    /// The name in labels of points.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Positive => "positive",
            Self::Large => "large",
            Self::Huge => "huge",
            Self::Tiny => "tiny",
            Self::Close => "close",
            Self::NearOne => "near-one",
            Self::Zeros => "zeros",
            Self::Infinite => "infinite",
            Self::Nan => "nan",
            Self::Mixed => "mixed",
        }
    }

    /// The stratum that has numbers of the same magnitudes, where this one is about special values among them.
    pub(super) fn magnitudes(self) -> Self {
        match self {
            Self::Positive | Self::Zeros | Self::Infinite | Self::Nan => Self::Ordinary,
            stratum => stratum,
        }
    }

    /// `count` numbers of `dtype`; those of [`Stratum::Close`] lie around `center`.
    pub(super) fn draw(self, rng: &mut ChaCha8Rng, center: f64, dtype: DType, count: usize) -> Vec<f64> {
        let signs = Signs::draw(rng);
        let numbers: Vec<f64> = match self {
            Self::Ordinary => fill(count, || signs.draw_one(rng, -3.0, 3.0)),
            Self::Positive => fill(count, || magnitude(rng, -3.0, 3.0)),
            Self::Large => fill(count, || signs.draw_one(rng, 3.5, 10.0)),
            Self::Huge => {
                // Sums overflow only where all that is added is near the limit.
                if rng.random_range(0..4) == 0 {
                    fill(count, || format(dtype).largest * rng.random_range(0.4..0.999))
                } else {
                    let most = large(dtype).log2();
                    fill(count, || signs.draw_one(rng, most / 2.0, most))
                }
            }
            Self::Tiny => {
                let least = format(dtype).least.log2();
                fill(count, || signs.draw_one(rng, least, least / 8.0))
            }
            Self::Close => fill(count, || center * (1.0 + few(rng, dtype))),
            Self::NearOne => fill(count, || {
                let around = [0.0, 1.0, 1.0, -1.0].choose(rng).copied().unwrap_or(1.0);
                let near = if rng.random() {
                    few(rng, dtype)
                } else {
                    signs.draw_one(rng, 1.0 - precision(dtype), -2.0)
                };
                around + near
            }),
            Self::Zeros => sprinkled(rng, count, &[0.0, -0.0]),
            Self::Infinite => sprinkled(rng, count, &[f64::INFINITY, f64::NEG_INFINITY]),
            Self::Nan => {
                let mut numbers = fill(count, || signs.draw_one(rng, -3.0, 3.0));
                if count > 0 {
                    let at = rng.random_range(0..count);
                    numbers[at] = f64::NAN;
                }
                numbers
            }
            Self::Mixed => {
                let (least, most) = (format(dtype).least.log2(), large(dtype).log2());
                fill(count, || signs.draw_one(rng, least, most))
            }
        };
        numbers.into_iter().map(|number| number.rounded(dtype)).collect()
    }
}

/// Where the numbers of [`Stratum::Close`] lie.
pub(super) fn center(rng: &mut ChaCha8Rng) -> f64 {
    Signs::Both.draw_one(rng, -3.0, 8.0)
}

/// Which signs an array has: half of all arrays have one sign only.
#[derive(Clone, Copy)]
enum Signs {
    Both,
    One(f64),
}

impl Signs {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..4) {
            0 => Self::One(1.0),
            1 => Self::One(-1.0),
            _ => Self::Both,
        }
    }

    /// A number with such a sign, of a size between two powers of two.
    fn draw_one(self, rng: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
        let size = magnitude(rng, least, most);
        match self {
            Self::Both if rng.random() => -size,
            Self::Both => size,
            Self::One(sign) => sign * size,
        }
    }
}

fn fill(count: usize, mut number: impl FnMut() -> f64) -> Vec<f64> {
    (0..count).map(|_| number()).collect()
}

/// A power of two whose exponent is uniform.
fn magnitude(rng: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    rng.random_range(least..most).exp2()
}

/// A few units in the last place of one.
fn few(rng: &mut ChaCha8Rng, dtype: DType) -> f64 {
    f64::from(rng.random_range(-8..=8)) * (1.0 - precision(dtype)).exp2()
}

/// Ordinary numbers with some of `special` among them; now and then nothing but one of `special`.
fn sprinkled(rng: &mut ChaCha8Rng, count: usize, special: &[f64]) -> Vec<f64> {
    let one = special.choose(rng).copied().unwrap_or_default();
    let (all, likely) = (rng.random_range(0..4) == 0, rng.random_range(1..4));
    fill(count, || match rng.random_range(0..4) {
        _ if all => one,
        below if below < likely => special.choose(rng).copied().unwrap_or_default(),
        _ => Signs::Both.draw_one(rng, -3.0, 3.0),
    })
}

/// Half of the largest finite number, which what is drawn below it does not leave when it is rounded.
pub(super) fn large(dtype: DType) -> f64 {
    format(dtype).largest / 2.0
}
