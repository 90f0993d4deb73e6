//! The JAX releases whose print-outs differ, in order.

use std::fmt::{self, Display};
use std::str::FromStr;

/// A JAX release that changed the printed language. A release between two of them prints like the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the release of that number")]
pub enum Version {
    V0_4_13,
    V0_4_23,
    V0_4_30,
    V0_4_38,
    V0_5_3,
    V0_6,
    V0_7,
    V0_8,
    V0_9,
    V0_10,
    V0_12,
}

/// One row a release: the first release that prints this way, and how users write it.
const TABLE: [(Version, [u32; 3], &str); 11] = [
    (Version::V0_4_13, [0, 4, 13], "0.4.13"),
    (Version::V0_4_23, [0, 4, 23], "0.4.23"),
    (Version::V0_4_30, [0, 4, 30], "0.4.30"),
    (Version::V0_4_38, [0, 4, 38], "0.4.38"),
    (Version::V0_5_3, [0, 5, 0], "0.5.3"),
    (Version::V0_6, [0, 6, 0], "0.6"),
    (Version::V0_7, [0, 7, 0], "0.7"),
    (Version::V0_8, [0, 8, 0], "0.8"),
    (Version::V0_9, [0, 9, 0], "0.9"),
    (Version::V0_10, [0, 10, 0], "0.10"),
    (Version::V0_12, [0, 12, 0], "0.12"),
];

/// A text that names no release jaxpeep knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JAX release that jaxpeep knows: give one from 0.4.13 on, such as 0.4.30 or 0.10")]
pub struct UnknownVersion(pub String);

impl Version {
    /// The oldest release.
    pub const OLDEST: Self = Self::V0_4_13;
    /// The newest release.
    pub const NEWEST: Self = Self::V0_12;

    /// All releases, oldest first.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    /// Reads `0.10`, `0.4.30`, `0.12.0.1`: the newest release that is not newer than what is asked for.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion(text.to_owned());
        let mut numbers = Vec::new();
        for part in text.split('.') {
            numbers.push(part.parse::<u32>().map_err(|_| unknown())?);
        }
        if !(2..=4).contains(&numbers.len()) {
            return Err(unknown());
        }
        numbers.resize(3, 0);
        TABLE
            .iter()
            .rev()
            .find(|row| row.1[..] <= numbers[..])
            .map(|row| row.0)
            .ok_or_else(unknown)
    }
}

impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TABLE[*self as usize].2)
    }
}

/// Releases from `since` to `until`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionRange {
    /// The oldest of them.
    pub since: Version,
    /// The newest of them.
    pub until: Version,
}

impl VersionRange {
    /// All releases.
    pub const ALL: Self = Self {
        since: Version::OLDEST,
        until: Version::NEWEST,
    };

    /// Whether `version` is one of them.
    pub fn contains(self, version: Version) -> bool {
        self.since <= version && version <= self.until
    }
}

impl Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.since == self.until {
            self.since.fmt(f)
        } else {
            write!(f, "{} to {}", self.since, self.until)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_rows_stand_in_the_order_of_the_variants() {
        for (index, version) in Version::all().enumerate() {
            assert_eq!(version as usize, index);
            assert_eq!(version.to_string().parse(), Ok(version));
        }
    }

    #[test]
    fn a_release_in_between_prints_like_the_one_before() {
        for (text, version) in [
            ("0.12.0.1", Version::V0_12),
            ("0.10.2", Version::V0_10),
            ("0.11", Version::V0_10),
            ("0.6.2", Version::V0_6),
            ("0.4.29", Version::V0_4_23),
            ("1.0", Version::V0_12),
        ] {
            assert_eq!(text.parse(), Ok(version), "{text}");
        }
        for text in ["", "0", "new", "0.3.25", "0.4.", "1.2.3.4.5", "0.-4.30"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
