//! Spellings of types and values that came or went with a release.

use super::Releases;
use crate::ir::{DType, Dim, Program, Type};
use crate::schema::version::Version;

/// What the types of a program tell.
pub(super) fn of_types(program: &Program) -> Vec<Releases> {
    program.types.iter().filter_map(|(_, ty)| of_type(ty)).collect()
}

fn of_type(ty: &Type) -> Option<Releases> {
    match ty {
        Type::Reference { constructor, content } => {
            let dtype = content.split('[').next().and_then(DType::from_name);
            let long = dtype.map(|dtype| content.starts_with(dtype.long_name()));
            match long {
                // `bool` is long and short.
                _ if dtype == Some(DType::Bool) => None,
                Some(true) => Some(Releases::until(Version::V0_6)),
                Some(false) => Some(Releases::since(Version::V0_7)),
                None if constructor.starts_with("MemRef") => Some(Releases::until(Version::V0_6)),
                None => None,
            }
        }
        Type::Array(array) if array.manual_axes.is_some() => Some(Releases::since(Version::V0_6)),
        Type::Array(array) if array.named_axes.is_some() => Some(Releases::until(Version::V0_4_38)),
        Type::Array(array) if array.memory_space.is_some() => Some(Releases::since(Version::V0_8)),
        Type::Array(array) if array.shape.iter().any(|dim| matches!(dim, Dim::Sharded(..))) => {
            Some(Releases::since(Version::V0_5_3))
        }
        _ => None,
    }
}

/// One row a spelling: what a text starts with or is, and the first and last release that prints it.
const SPELLINGS: &[(&str, Version, Version)] = &[
    ("PartitionSpec", Version::OLDEST, Version::V0_8),
    ("P", Version::V0_9, Version::NEWEST),
    ("np.int64", Version::V0_4_38, Version::NEWEST),
    ("operand_batching_dims", Version::V0_4_38, Version::NEWEST),
    ("[...]", Version::V0_8, Version::NEWEST),
    ("[:]", Version::OLDEST, Version::V0_7),
];

/// What names, keywords and texts tell. A symbol that no equation uses any more tells as much.
pub(super) fn of_symbols(program: &Program) -> Vec<Releases> {
    let found = program.symbols.iter().filter_map(|(_, text)| {
        if let Some((_, since, until)) = SPELLINGS.iter().find(|(spelling, ..)| *spelling == text) {
            return Some(Releases::that(|version| *since <= version && version <= *until));
        }
        of_address(text)
    });
    found.collect()
}

/// `<function f at 0x7fde515fdb20>`: the address is masked from 0.10 on.
fn of_address(text: &str) -> Option<Releases> {
    let (_, address) = text.split_once(" at 0x")?;
    Some(if address.starts_with("XXXX") {
        Releases::since(Version::V0_10)
    } else if address.starts_with(|digit: char| digit.is_ascii_hexdigit()) {
        Releases::until(Version::V0_9)
    } else {
        return None;
    })
}
