//! Philox-4x32: the hash, and the stream of words that XLA's CPU makes of it.

/// Philox-4x32 with 10 rounds (Salmon, Moraes, Dror & Shaw 2011).
fn hash(mut key: [u32; 2], count: [u32; 4]) -> [u32; 4] {
    const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
    const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    let mut x = count;
    for _ in 0..10 {
        let first = halves(u64::from(MULTIPLIERS[0]) * u64::from(x[0]));
        let second = halves(u64::from(MULTIPLIERS[1]) * u64::from(x[2]));
        x = [
            second[1] ^ x[1] ^ key[0],
            second[0],
            first[1] ^ x[3] ^ key[1],
            first[0],
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    x
}

/// The lower word and the upper one.
pub(super) fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

/// Blocks of four words from the hashes of successive counts.
#[derive(Clone, Copy)]
pub(super) struct Stream {
    key: u64,
    /// The count of the first block.
    first: u128,
}

impl Stream {
    /// The words in a block.
    pub(super) const BLOCK: usize = 4;

    /// The stream of a state of two numbers: the key is the upper half of the first count as well.
    pub(super) fn new([key, count]: [u64; 2]) -> Self {
        let first = u128::from(key) << 64 | u128::from(count);
        Self { key, first }
    }

    /// The words of a block.
    pub(super) fn block(&self, place: usize) -> [u32; Self::BLOCK] {
        let count = self.first.wrapping_add(place as u128);
        let ([a, b], [c, d]) = (halves(count as u64), halves((count >> 64) as u64));
        hash(halves(self.key), [a, b, c, d])
    }

    /// So many numbers of `width` bits: two words, the lower one first, or the low bits of a word.
    pub(super) fn numbers(&self, count: usize, width: u32) -> Vec<i128> {
        let each = if width == 64 { 2 } else { 1 };
        let blocks = (count * each).div_ceil(Self::BLOCK);
        let words: Vec<u32> = (0..blocks).flat_map(|place| self.block(place)).collect();
        let joined = |words: &[u32]| {
            let join = |upper: i128, &word: &u32| upper << 32 | i128::from(word);
            words.iter().rev().fold(0, join)
        };
        words.chunks_exact(each).take(count).map(joined).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of Random123's `kat_vectors`.
    #[test]
    fn published_answers() {
        let zeros = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8];
        assert_eq!(hash([0; 2], [0; 4]), zeros);
        let ones = [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd];
        assert_eq!(hash([u32::MAX; 2], [u32::MAX; 4]), ones);
        let count = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let pi = [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1];
        assert_eq!(hash([0xa409_3822, 0x299f_31d0], count), pi);
    }
}
