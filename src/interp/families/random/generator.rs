//! `rng_bit_generator`: the generators of XLA, bit for bit as its CPU has them.
//!
//! A state is two numbers of 64 bits, a key and a count, or the four words of them.

use super::philox::{Stream, halves};
use super::threefry;
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, each_index, elements};
use crate::ir::{DType, ParamValue};

/// The next state, and the bits.
pub(super) fn rng_bit_generator<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (state, dtype, shape) = (call.input(0)?, call.out_dtype(1)?, call.out_shape(1)?);
    let [key, count] = numbers(state)?;
    let algorithm = match call.value("algorithm")? {
        ParamValue::Text(text) => call.symbols().text(*text),
        _ => return Err(Fault::Param("algorithm")),
    };
    let width = dtype.bits();
    let (bits, counts) = match algorithm.rsplit('.').next() {
        Some("RNG_THREE_FRY") if width == 64 => threefry_wide(key, count, elements(&shape)),
        Some("RNG_THREE_FRY") => threefry_words(key, count, &shape),
        // On the CPU, the default is Philox.
        Some("RNG_DEFAULT" | "RNG_PHILOX") => {
            let bits = Stream::new([key, count]).numbers(elements(&shape), width);
            let words = bits.len() * width.div_ceil(32) as usize;
            (bits, words.div_ceil(Stream::BLOCK))
        }
        _ => return Err(Fault::Param("algorithm")),
    };
    let next = [key, count.wrapping_add(counts as u64)];
    let next: Vec<i128> = if state.dtype == DType::Uint64 {
        next.into_iter().map(i128::from).collect()
    } else {
        next.into_iter().flat_map(halves).map(i128::from).collect()
    };
    Ok(vec![
        Tensor::from_ints(state.dtype, &state.shape, next),
        Tensor::from_ints(dtype, &shape, bits),
    ])
}

/// The two numbers of a state.
fn numbers<R: Real>(state: &Tensor<R>) -> Result<[u64; 2], Fault> {
    let number = |at: usize| {
        let part = |at: usize| state.int(at).and_then(|part| u64::try_from(part).ok());
        match (state.dtype, state.len()) {
            (DType::Uint64, 2) => part(at),
            (DType::Uint32, 4) => Some(part(2 * at)? | part(2 * at + 1)? << 32),
            _ => None,
        }
    };
    let both = number(0).zip(number(1));
    let (key, count) = both.ok_or_else(|| Fault::Operands("a state is four words".to_owned()))?;
    Ok([key, count])
}

/// Numbers of 64 bits, each the hash of a count, the lower word first; and the number of counts.
fn threefry_wide(key: u64, count: u64, size: usize) -> (Vec<i128>, usize) {
    let number = |at: usize| {
        let [lower, upper] = threefry::hash(halves(key), halves(count.wrapping_add(at as u64)));
        i128::from(upper) << 32 | i128::from(lower)
    };
    ((0..size).map(number).collect(), size)
}

/// Numbers of 32 bits, of which narrower ones are the low bits, and the number of counts.
///
/// The hash of a count is two neighbours along one axis: the first of even extent, or else the first of the longest.
fn threefry_words(key: u64, count: u64, shape: &[usize]) -> (Vec<i128>, usize) {
    let is_longer = |best: usize, axis: usize| if shape[axis] > shape[best] { axis } else { best };
    let even = shape.iter().position(|extent| extent.is_multiple_of(2));
    let split = even.or_else(|| (0..shape.len()).reduce(is_longer));
    let mut half = shape.to_vec();
    if let Some(axis) = split {
        half[axis] = half[axis].div_ceil(2);
    }
    let mut bits = Vec::with_capacity(elements(shape));
    each_index(shape, |index| {
        let place = index.iter().enumerate().fold(0, |place, (axis, &at)| {
            place * half[axis] + if split == Some(axis) { at / 2 } else { at }
        });
        let pair = threefry::hash(halves(key), halves(count.wrapping_add(place as u64)));
        let word = split.map_or(0, |axis| index[axis] % 2);
        bits.push(i128::from(pair[word]));
    });
    (bits, elements(&half))
}
