//! Spellings of types and values that came or went with a release.

use super::Releases;
use crate::ir::{DType, Dim, IndexPart, ParamValue, Program, Type};
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

/// One row a spelling: a name before a parenthesis or a keyword, and the first and last release that prints it.
const SPELLINGS: &[(&str, Version, Version)] = &[
    ("PartitionSpec", Version::OLDEST, Version::V0_8),
    ("P", Version::V0_9, Version::NEWEST),
    ("np.int64", Version::V0_4_38, Version::NEWEST),
    ("operand_batching_dims", Version::V0_4_38, Version::NEWEST),
];

/// What the values of parameters tell.
pub(super) fn of_params(program: &Program) -> Vec<Releases> {
    let mut found = Vec::new();
    for (_, params) in program.params.iter() {
        for (_, value) in params.iter() {
            of_value(program, value, &mut found);
        }
    }
    found
}

fn of_value(program: &Program, value: &ParamValue, found: &mut Vec<Releases>) {
    match value {
        ParamValue::Text(text) => found.extend(of_text(program.symbols.text(*text))),
        ParamValue::Tuple(items) | ParamValue::List(items) => {
            items.iter().for_each(|item| of_value(program, item, found));
        }
        ParamValue::Call { name, arguments } => {
            found.extend(of_name(program.symbols.text(*name)));
            for argument in arguments {
                found.extend(
                    argument
                        .keyword
                        .and_then(|keyword| of_name(program.symbols.text(keyword))),
                );
                of_value(program, &argument.value, found);
            }
        }
        ParamValue::Indexer(parts) => {
            let ellipsis = |part: &IndexPart| match part {
                IndexPart::Text(text) => program.symbols.text(*text).contains("..."),
                IndexPart::Operand => false,
            };
            if parts.iter().any(ellipsis) {
                found.push(Releases::since(Version::V0_8));
            }
        }
        _ => {}
    }
}

fn of_name(name: &str) -> Option<Releases> {
    let (_, since, until) = SPELLINGS.iter().find(|(spelling, ..)| *spelling == name)?;
    Some(Releases::that(|version| *since <= version && version <= *until))
}

/// `NamedSharding(mesh=Mesh('x': 1), spec=P('x',))` is no Python and stays text.
/// `<function f at 0x7fde515fdb20>`: the address is masked from 0.10 on.
fn of_text(text: &str) -> Option<Releases> {
    if text.contains("PartitionSpec(") {
        return of_name("PartitionSpec");
    }
    if text.contains("spec=P(") {
        return of_name("P");
    }
    let (_, address) = text.split_once(" at 0x")?;
    if address.starts_with("XXXX") {
        return Some(Releases::since(Version::V0_10));
    }
    address
        .starts_with(|digit: char| digit.is_ascii_hexdigit())
        .then(|| Releases::until(Version::V0_9))
}
