//! PRNG keys and random bits, bit for bit as JAX has them.

mod draws;
mod gamma;
mod generator;
mod philox;
mod threefry;

use self::threefry::Partition;
use super::elementwise::{aligned, stretched};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::key::{Implementation, Key};
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};
use crate::ir::{DType, ParamValue};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("threefry2x32", threefry2x32),
            row_of("random_wrap", wrap),
            row_of("random_unwrap", unwrap),
            row_of("random_seed", seed),
            row_of("random_fold_in", fold_in),
            row_of("random_split", split),
            row_of("random_bits", bits),
            row_of("random_gamma", gamma::random_gamma),
            row_of("rng_bit_generator", generator::rng_bit_generator),
        ]
    }
}

fn keys<'a, R: Real>(call: &Call<'a, R>, index: usize) -> Result<&'a [Key], Fault> {
    match call.input(index)?.data() {
        Data::Key(keys) => Ok(keys),
        _ => Err(Fault::Operands("it needs keys".to_owned())),
    }
}

/// The implementation that `impl` names.
fn implementation<R: Real>(call: &Call<'_, R>) -> Result<Implementation, Fault> {
    let name = match call.value("impl")? {
        ParamValue::Text(text) => call.symbols().text(*text),
        _ => return Err(Fault::Param("impl")),
    };
    Implementation::from_name(name).ok_or(Fault::Param("impl"))
}

fn word<R: Real>(x: &Tensor<R>, at: usize) -> Result<u32, Fault> {
    let word = x
        .int(at)
        .and_then(|word| u32::try_from(word & i128::from(u32::MAX)).ok());
    word.ok_or_else(|| Fault::Operands("it needs integers".to_owned()))
}

fn threefry2x32<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let operand = |index| aligned(call, index, &shape);
    let (k1, k2, x1, x2) = (operand(0)?, operand(1)?, operand(2)?, operand(3)?);
    let pairs = (0..elements(&shape)).map(|at| {
        Ok(threefry::hash(
            [word(&k1, at)?, word(&k2, at)?],
            [word(&x1, at)?, word(&x2, at)?],
        ))
    });
    let pairs: Vec<[u32; 2]> = pairs.collect::<Result<_, Fault>>()?;
    let output = |index: usize| {
        Tensor::from_ints(
            DType::Uint32,
            &shape,
            pairs.iter().map(|pair| i128::from(pair[index])),
        )
    };
    Ok(vec![output(0), output(1)])
}

fn wrap<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, shape, implementation) = (call.input(0)?, call.out_shape(0)?, implementation(call)?);
    let size = implementation.size();
    if x.len() != size * elements(&shape) {
        return Err(Fault::Operands(format!("a key is {size} words")));
    }
    let words: Vec<u32> = (0..x.len()).map(|at| word(x, at)).collect::<Result<_, _>>()?;
    let keys = words.chunks_exact(size);
    let keys = keys.map(|words| Key::from_words(implementation, |at| words[at]));
    Ok(vec![Tensor::from_keys(&shape, keys.collect())])
}

fn unwrap<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (keys, shape) = (keys(call, 0)?, call.out_shape(0)?);
    let words = keys.iter().flat_map(Key::words).map(|&word| i128::from(word));
    Ok(vec![Tensor::from_ints(DType::Uint32, &shape, words)])
}

/// A seed in two words: its upper word, which is 0 for 32 bits, and its lower word.
fn seed_words<R: Real>(x: &Tensor<R>, at: usize) -> Result<[u32; 2], Fault> {
    let upper = if x.dtype.bits() > 32 {
        let value = x.int(at).unwrap_or_default() >> 32;
        u32::try_from(value & i128::from(u32::MAX)).unwrap_or_default()
    } else {
        0
    };
    Ok([upper, word(x, at)?])
}

fn seed<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, implementation) = (call.input(0)?, implementation(call)?);
    let keys = (0..x.len()).map(|at| Ok(draws::seeded(implementation, seed_words(x, at)?)));
    Ok(vec![Tensor::from_keys(
        &x.shape,
        keys.collect::<Result<_, Fault>>()?,
    )])
}

/// Keys and numbers go together element by element; either are repeated along the axes that only the other have.
fn fold_in<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (data, shape) = (call.input(1)?, call.out_shape(0)?);
    let aligned = aligned(call, 0, &shape)?;
    let Data::Key(keys) = aligned.data() else {
        return Err(Fault::Operands("it needs keys".to_owned()));
    };
    let numbers: Vec<u32> = (0..data.len())
        .map(|at| word(data, at))
        .collect::<Result<_, _>>()?;
    let own = Tensor::<R>::from_ints(DType::Int64, &data.shape, 0..data.len() as i128);
    let places = stretched(&own, &shape)?;
    let place = |at: usize| places.int(at).and_then(|place| usize::try_from(place).ok());
    let folded = draws::folded(keys, &numbers, |at| place(at).unwrap_or_default());
    Ok(vec![Tensor::from_keys(&shape, folded)])
}

fn split<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (keys, shape) = (keys(call, 0)?, call.out_shape(0)?);
    let each = elements(&call.indices("shape")?);
    let found = draws::split(keys, each, Partition::of(call));
    Ok(vec![Tensor::from_keys(&shape, found)])
}

fn bits<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (keys, shape, dtype) = (keys(call, 0)?, call.out_shape(0)?, call.out_dtype(0)?);
    let (width, each) = (call.int("bit_width")?, elements(&call.indices("shape")?));
    let width = u32::try_from(width).unwrap_or_default();
    let found = draws::bits(keys, each, width, Partition::of(call));
    let found = found.ok_or(Fault::Param("bit_width"))?;
    Ok(vec![Tensor::from_ints(dtype, &shape, found)])
}
