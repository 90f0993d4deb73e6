//! Threefry-2x32: the hash, and what JAX makes of it, bit for bit.

use crate::interp::call::Call;
use crate::interp::real::Real;
use crate::schema::{Version, detect};

/// Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011).
pub(super) fn hash(key: [u32; 2], count: [u32; 2]) -> [u32; 2] {
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

/// Which numbers depend on which counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Partition {
    /// Each on its own place only: the default from JAX 0.5 on (`jax_threefry_partitionable`).
    Partitionable,
    /// The first half of them on the second half of the places too.
    Halves,
}

impl Partition {
    /// As the options say. The text does not say; one that 0.5 or an older release may have printed counts as older.
    pub(super) fn of<R: Real>(call: &Call<'_, R>) -> Self {
        let machine = call.machine;
        let stated = machine.options.threefry_partitionable;
        if stated.unwrap_or_else(|| detect(machine.program).until > Version::V0_5_3) {
            Self::Partitionable
        } else {
            Self::Halves
        }
    }
}

/// A key in so many.
pub(super) fn split_key(key: [u32; 2], count: usize, how: Partition) -> Vec<[u32; 2]> {
    match how {
        Partition::Partitionable => (0..count).map(|place| hash_place(key, place)).collect(),
        Partition::Halves => {
            let words = hash_halves(key, 2 * count);
            words.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
        }
    }
}

/// So many numbers of `width` random bits; narrow ones of the older kind are cut out of words of 32 bits.
pub(super) fn bits_of(key: [u32; 2], count: usize, width: u32, how: Partition) -> Option<Vec<i128>> {
    let joined = |upper: u32, lower: u32| i128::from(upper) << 32 | i128::from(lower);
    Some(match (how, width) {
        (Partition::Partitionable, 64) => {
            let pairs = (0..count).map(|place| hash_place(key, place));
            pairs.map(|pair| joined(pair[0], pair[1])).collect()
        }
        // Narrower integers are the low bits.
        (Partition::Partitionable, _) => {
            let pairs = (0..count).map(|place| hash_place(key, place));
            pairs.map(|pair| i128::from(pair[0] ^ pair[1])).collect()
        }
        (Partition::Halves, 64) => {
            let words = hash_halves(key, 2 * count);
            let (upper, lower) = words.split_at(count);
            upper
                .iter()
                .zip(lower)
                .map(|(&upper, &lower)| joined(upper, lower))
                .collect()
        }
        (Partition::Halves, 8 | 16 | 32) => {
            let each = 32 / width as usize;
            let words = hash_halves(key, count.div_ceil(each));
            let pieces = words.iter().flat_map(|&word| {
                let piece = move |at: usize| i128::from(word >> (at as u32 * width));
                (0..each).map(piece)
            });
            pieces.take(count).collect()
        }
        _ => return None,
    })
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
