//! PRNG keys: words of 32 bits, and the implementation that says how they are used.

/// How keys are made, split and drawn from (`jax.random.key(seed, impl=…)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// Threefry-2x32 for everything.
    Threefry,
    /// XLA's generator of bits; keys are split and folded as two keys of threefry.
    Generator,
    /// XLA's generator of bits for everything.
    UnsafeGenerator,
}

impl Implementation {
    const ALL: [Self; 3] = [Self::Threefry, Self::Generator, Self::UnsafeGenerator];

    /// As types name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Threefry => "fry",
            Self::Generator => "rbg",
            Self::UnsafeGenerator => "urbg",
        }
    }

    /// The implementation of this name, as types have it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|implementation| implementation.name() == name)
    }

    /// The number of words in a key.
    pub fn size(self) -> usize {
        match self {
            Self::Threefry => 2,
            Self::Generator | Self::UnsafeGenerator => 4,
        }
    }
}

/// One key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key {
    implementation: Implementation,
    /// As many as the implementation has, and zeros behind them.
    words: [u32; 4],
}

impl Key {
    /// The key that `word` gives the words of.
    pub fn from_words(implementation: Implementation, word: impl FnMut(usize) -> u32) -> Self {
        let mut words = [0; 4];
        let places = (0..implementation.size()).map(word);
        for (to, from) in words.iter_mut().zip(places) {
            *to = from;
        }
        Self {
            implementation,
            words,
        }
    }

    /// The implementation of all keys of an array; one without keys counts as one of the default.
    pub fn common_implementation(keys: &[Self]) -> Implementation {
        keys.first()
            .map_or(Implementation::Threefry, Self::implementation)
    }

    /// The implementation that it is a key of.
    pub(super) fn implementation(&self) -> Implementation {
        self.implementation
    }

    /// The words.
    pub fn words(&self) -> &[u32] {
        &self.words[..self.implementation.size()]
    }

    /// The words two by two: the keys of threefry in it.
    pub(super) fn pairs(&self) -> impl Iterator<Item = [u32; 2]> {
        self.words().chunks_exact(2).map(|pair| [pair[0], pair[1]])
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.words().fmt(formatter)
    }
}
