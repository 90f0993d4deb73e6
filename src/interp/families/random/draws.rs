//! Keys made of keys, and bits drawn from them, as each implementation has it.
//!
//! Many keys of XLA's generator at once are no more than their first: JAX batches the generator by drawing all numbers
//! from the first state (`_rng_bit_generator_batching_rule`).

use super::philox::Stream;
use super::threefry::{self, Partition};
use crate::interp::key::{Implementation, Key};

/// The key of a number of 64 bits.
pub(super) fn seeded(implementation: Implementation, seed: [u32; 2]) -> Key {
    Key::from_words(implementation, |at| seed[at % 2])
}

/// Each of the keys in `count`.
pub(super) fn split(keys: &[Key], count: usize, how: Partition) -> Vec<Key> {
    let Some(first) = keys.first() else {
        return Vec::new();
    };
    if first.implementation() == Implementation::UnsafeGenerator {
        return hashed(stream(first), keys.len() * count);
    }
    let each = |key: &Key| {
        let pairs = key.pairs().map(|pair| threefry::split_key(pair, count, how));
        let (pairs, implementation): (Vec<_>, _) = (pairs.collect(), key.implementation());
        (0..count).map(move |place| Key::from_words(implementation, |at| pairs[at / 2][place][at % 2]))
    };
    keys.iter().flat_map(each).collect()
}

/// The keys with a number folded into each, where `place` says which of the numbers it is.
pub(super) fn folded(keys: &[Key], numbers: &[u32], place: impl Fn(usize) -> usize) -> Vec<Key> {
    let fold = |(at, key): (usize, &Key)| {
        let implementation = key.implementation();
        if implementation == Implementation::UnsafeGenerator {
            let seeded = seeded(implementation, [0, numbers[0]]);
            // The last of ten blocks of the number's own.
            let block = stream(&seeded).block(10 * place(at) + 9);
            return Key::from_words(implementation, |word| key.words()[word] ^ block[word]);
        }
        let number = [0, numbers[place(at)]];
        let words: Vec<u32> = key
            .pairs()
            .flat_map(|pair| threefry::hash(pair, number))
            .collect();
        Key::from_words(implementation, |at| words[at])
    };
    keys.iter().enumerate().map(fold).collect()
}

/// `count` numbers of `width` random bits from each of the keys.
pub(super) fn bits(keys: &[Key], count: usize, width: u32, how: Partition) -> Option<Vec<i128>> {
    let Some(first) = keys.first() else {
        return Some(Vec::new());
    };
    if first.implementation() == Implementation::Threefry {
        let found = keys
            .iter()
            .flat_map(Key::pairs)
            .map(|pair| threefry::bits_of(pair, count, width, how));
        return Some(found.collect::<Option<Vec<_>>>()?.concat());
    }
    matches!(width, 8 | 16 | 32 | 64).then(|| stream(first).numbers(keys.len() * count, width))
}

/// The stream of the generator whose state a key is.
fn stream(key: &Key) -> Stream {
    let mut numbers = key
        .pairs()
        .map(|[lower, upper]| u64::from(upper) << 32 | u64::from(lower));
    Stream::new(std::array::from_fn(|_| numbers.next().unwrap_or_default()))
}

/// So many keys, each a block; nine blocks are dropped after each of them.
fn hashed(stream: Stream, count: usize) -> Vec<Key> {
    let key = |place: usize| {
        let block = stream.block(10 * place);
        Key::from_words(Implementation::UnsafeGenerator, |word| block[word])
    };
    (0..count).map(key).collect()
}
