//! Threefry keys and random bits, bit for bit as JAX has them.

use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, elements};
use crate::ir::DType;
use crate::schema::{Version, detect};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("threefry2x32", threefry),
            row_of("random_wrap", wrap),
            row_of("random_unwrap", unwrap),
            row_of("random_seed", seed),
            row_of("random_fold_in", fold_in),
            row_of("random_split", split),
            row_of("random_bits", bits),
        ]
    }
}

/// Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011).
fn hash(key: [u32; 2], count: [u32; 2]) -> [u32; 2] {
    const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
    const PARITY: u32 = 0x1BD1_1BDA;
    let keys = [key[0], key[1], key[0] ^ key[1] ^ PARITY];
    let mut x = [count[0].wrapping_add(keys[0]), count[1].wrapping_add(keys[1])];
    for group in 0..5u8 {
        let at = usize::from(group);
        for rotation in ROTATIONS[at % 2] {
            x[0] = x[0].wrapping_add(x[1]);
            x[1] = x[1].rotate_left(rotation) ^ x[0];
        }
        x[0] = x[0].wrapping_add(keys[(at + 1) % 3]);
        x[1] = x[1]
            .wrapping_add(keys[(at + 2) % 3])
            .wrapping_add(u32::from(group) + 1);
    }
    x
}

/// The counts `0, 1, …` hashed as JAX did before 0.5: the first half of them beside the second.
fn hash_halves(key: [u32; 2], count: usize) -> Vec<u32> {
    let half = count.div_ceil(2);
    let at = |place: usize| if place < count { place as u32 } else { 0 };
    let pairs: Vec<[u32; 2]> = (0..half)
        .map(|place| hash(key, [at(place), at(half + place)]))
        .collect();
    let words = (0..2).flat_map(|word| pairs.iter().map(move |pair| pair[word]));
    words.take(count).collect()
}

/// The count `place` in two words, hashed.
fn hash_place(key: [u32; 2], place: usize) -> [u32; 2] {
    hash(key, [((place as u64) >> 32) as u32, place as u32])
}

/// Whether numbers depend on their own place only: the default from JAX 0.5 on (`jax_threefry_partitionable`).
/// The text does not say; one that 0.5 or an older release may have printed counts as older.
fn partitionable<R: Real>(call: &Call<'_, R>) -> bool {
    detect(call.machine.program).until > Version::V0_5_3
}

fn keys<'a, R: Real>(call: &Call<'a, R>, index: usize) -> Result<(&'a [[u32; 2]], &'a [usize]), Fault> {
    let x = call.input(index)?;
    match x.data() {
        Data::Key(keys) => Ok((keys, &x.shape)),
        _ => Err(Fault::Operands("it needs keys".to_owned())),
    }
}

fn key_tensor<R: Real>(shape: &[usize], keys: Vec<[u32; 2]>) -> Tensor<R> {
    Tensor::new(DType::Uint32, shape, Data::Key(keys))
}

fn word<R: Real>(x: &Tensor<R>, at: usize) -> Result<u32, Fault> {
    let word = x
        .int(at)
        .and_then(|word| u32::try_from(word & i128::from(u32::MAX)).ok());
    word.ok_or_else(|| Fault::Operands("it needs integers".to_owned()))
}

fn threefry<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let operand = |index| super::elementwise::aligned(call, index, &shape);
    let (k1, k2, x1, x2) = (operand(0)?, operand(1)?, operand(2)?, operand(3)?);
    let pairs = (0..elements(&shape)).map(|at| {
        Ok(hash(
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
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    if x.len() != 2 * elements(&shape) {
        return Err(Fault::Operands("a key is two words".to_owned()));
    }
    let keys = (0..elements(&shape)).map(|at| Ok([word(x, 2 * at)?, word(x, 2 * at + 1)?]));
    Ok(vec![key_tensor(&shape, keys.collect::<Result<_, Fault>>()?)])
}

fn unwrap<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let ((keys, _), shape) = (keys(call, 0)?, call.out_shape(0)?);
    let words = keys.iter().flatten().map(|&word| i128::from(word));
    Ok(vec![Tensor::from_ints(DType::Uint32, &shape, words)])
}

/// The key of a seed: its upper word, which is 0 for 32 bits, and its lower word.
fn seed_key<R: Real>(x: &Tensor<R>, at: usize) -> Result<[u32; 2], Fault> {
    let upper = if x.dtype.bits() > 32 {
        let value = x.int(at).unwrap_or_default() >> 32;
        u32::try_from(value & i128::from(u32::MAX)).unwrap_or_default()
    } else {
        0
    };
    Ok([upper, word(x, at)?])
}

fn seed<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let x = call.input(0)?;
    let keys = (0..x.len()).map(|at| seed_key(x, at));
    Ok(vec![key_tensor(&x.shape, keys.collect::<Result<_, _>>()?)])
}

fn fold_in<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let ((keys, shape), data) = (keys(call, 0)?, call.input(1)?);
    if data.len() != keys.len() {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    let folded = keys
        .iter()
        .enumerate()
        .map(|(at, &key)| Ok(hash(key, [0, word(data, at)?])));
    Ok(vec![key_tensor(shape, folded.collect::<Result<_, Fault>>()?)])
}

fn split<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let ((keys, _), shape) = (keys(call, 0)?, call.out_shape(0)?);
    let each = elements(&call.indices("shape")?);
    let mut found = Vec::new();
    for &key in keys {
        if partitionable(call) {
            found.extend((0..each).map(|place| hash_place(key, place)));
        } else {
            found.extend(
                hash_halves(key, 2 * each)
                    .chunks_exact(2)
                    .map(|pair| [pair[0], pair[1]]),
            );
        }
    }
    Ok(vec![key_tensor(&shape, found)])
}

fn bits<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let ((keys, _), shape, dtype) = (keys(call, 0)?, call.out_shape(0)?, call.out_dtype(0)?);
    let (width, each) = (call.int("bit_width")?, elements(&call.indices("shape")?));
    let mut found: Vec<i128> = Vec::new();
    for &key in keys {
        match (partitionable(call), width) {
            (true, 64) => found.extend((0..each).map(|place| {
                let pair = hash_place(key, place);
                i128::from(pair[0]) << 32 | i128::from(pair[1])
            })),
            // Narrower integers are the low bits.
            (true, _) => found.extend((0..each).map(|place| {
                let pair = hash_place(key, place);
                i128::from(pair[0] ^ pair[1])
            })),
            (false, 32) => found.extend(hash_halves(key, each).into_iter().map(i128::from)),
            (false, 64) => {
                let words = hash_halves(key, 2 * each);
                let (upper, lower) = words.split_at(each);
                let joined = upper.iter().zip(lower);
                found.extend(joined.map(|(&upper, &lower)| i128::from(upper) << 32 | i128::from(lower)));
            }
            _ => {
                return Err(Fault::Operands(
                    "narrow bits of JAX before 0.5 are not evaluated".to_owned(),
                ));
            }
        }
    }
    Ok(vec![Tensor::from_ints(dtype, &shape, found)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123's `kat_vectors`.
    #[test]
    fn published_answers() {
        assert_eq!(hash([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
        let ones = [u32::MAX; 2];
        assert_eq!(hash(ones, ones), [0x1cb9_96fc, 0xbb00_2be7]);
        let pi = hash([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]);
        assert_eq!(pi, [0xc492_3a9c, 0x483d_f7a0]);
    }
}
