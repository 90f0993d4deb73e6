//! Meshes of devices, and how arrays lie on them.

use super::{int, items};
use crate::ir::{ParamValue, Symbols};

/// The named axes of `Mesh('x': 2, 'y': 4, axis_types=(…))`, with the number of devices along each.
pub(crate) fn mesh_axes(symbols: &Symbols, value: &ParamValue) -> Option<Vec<(String, usize)>> {
    let ParamValue::Text(text) = value else {
        return None;
    };
    let inside = symbols.text(*text).split_once("Mesh(")?.1;
    let mut axes = Vec::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once("': ") {
        let (_, name) = before.rsplit_once('\'')?;
        let digits = after
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(after.len());
        axes.push((name.to_owned(), after[..digits].parse().ok()?));
        rest = &after[digits..];
    }
    Some(axes)
}

/// The names of axes in `'x'`, `i`, `('x', 'y')` and `frozenset({'x'})`; numbers among them are left out.
pub(crate) fn axis_names(symbols: &Symbols, value: &ParamValue) -> Vec<String> {
    match value {
        ParamValue::Quoted(text) | ParamValue::Text(text) => {
            vec![symbols.text(*text).trim_matches(['\'', '"']).to_owned()]
        }
        ParamValue::Set(items) => items.iter().flat_map(|item| axis_names(symbols, item)).collect(),
        ParamValue::Call { arguments, .. } => {
            let names = arguments
                .iter()
                .map(|argument| axis_names(symbols, &argument.value));
            names.flatten().collect()
        }
        value => {
            let items = items(value).unwrap_or_default().iter();
            items.flat_map(|item| axis_names(symbols, item)).collect()
        }
    }
}

/// The numbers among axes: `0` in `(0, 'x')`.
pub(crate) fn axis_numbers(symbols: &Symbols, value: &ParamValue) -> Vec<usize> {
    let items = items(value).unwrap_or_default().iter();
    items
        .filter_map(|item| usize::try_from(int(symbols, item)?).ok())
        .collect()
}

/// How an array is cut: the axes that are, each with the mesh axes over which it is.
pub(crate) type Partition = Vec<(usize, Vec<String>)>;

/// How arrays are cut: for each of them, the axes that are, each with the mesh axes over which it is.
pub(crate) fn partitions(symbols: &Symbols, value: &ParamValue) -> Option<Vec<Partition>> {
    match value {
        // A comma behind the last argument is more than the grammar of values has, so it all stays text.
        ParamValue::Text(text) => {
            let specs = top_level(symbols.text(*text).strip_prefix('(')?.strip_suffix(')')?);
            specs.into_iter().map(spec_in_text).collect()
        }
        value => items(value)?
            .iter()
            .map(|item| partition(symbols, item))
            .collect(),
    }
}

/// The parts of a text between the commas that stand in no bracket; the empty one behind the last comma is none.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0usize, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// `P('x', None,)`, `PartitionSpec(('x', 'y'),)`.
fn spec_in_text(text: &str) -> Option<Partition> {
    let (name, inside) = text.strip_suffix(')')?.split_once('(')?;
    if !matches!(name, "P" | "PartitionSpec") {
        return None;
    }
    let names = |part: &str| -> Vec<String> {
        let inside = part.strip_prefix('(').and_then(|part| part.strip_suffix(')'));
        let names = top_level(inside.unwrap_or(part)).into_iter();
        names
            .map(|name| name.trim_matches(['\'', '"']).to_owned())
            .collect()
    };
    let cut = top_level(inside).into_iter().enumerate();
    let cut = cut.filter(|(_, part)| *part != "None" && !part.contains('='));
    Some(cut.map(|(axis, part)| (axis, names(part))).collect())
}

/// The axes of an array that are cut, each with the mesh axes over which it is: `P('x', None)`, `{0: ('x',)}`.
fn partition(symbols: &Symbols, value: &ParamValue) -> Option<Partition> {
    let cut: Vec<(usize, &ParamValue)> = match value {
        ParamValue::Call { arguments, .. } => {
            let positional = arguments.iter().filter(|argument| argument.keyword.is_none());
            positional.map(|argument| &argument.value).enumerate().collect()
        }
        ParamValue::Dict(entries) => {
            let entry = |(axis, names)| Some((usize::try_from(int(symbols, axis)?).ok()?, names));
            entries
                .iter()
                .map(|(axis, names)| entry((axis, names)))
                .collect::<Option<_>>()?
        }
        ParamValue::Text(text) => return spec_in_text(symbols.text(*text)),
        // An empty dictionary may have been read as a set.
        ParamValue::Set(items) if items.is_empty() => Vec::new(),
        _ => return None,
    };
    let cut = cut.into_iter().filter(|(_, names)| **names != ParamValue::None);
    Some(
        cut.map(|(axis, names)| (axis, axis_names(symbols, names)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::read;

    #[test]
    fn meshes_name_their_axes() {
        let axes = read("Mesh('x': 2, 'y': 4, axis_types=(Auto, Auto))", mesh_axes);
        assert_eq!(axes, Some(vec![("x".to_owned(), 2), ("y".to_owned(), 4)]));
    }

    #[test]
    fn partitions_are_specs_or_dictionaries() {
        let x = || vec!["x".to_owned()];
        assert_eq!(read("P(None, 'x')", partition), Some(vec![(1, x())]));
        assert_eq!(read("PartitionSpec('x',)", partition), Some(vec![(0, x())]));
        assert_eq!(read("{0: ('x',)}", partition), Some(vec![(0, x())]));
        assert_eq!(read("{}", partition), Some(Vec::new()));
        let both = vec!["x".to_owned(), "y".to_owned()];
        assert_eq!(read("P(('x', 'y'),)", partition), Some(vec![(0, both)]));
        let several = read("(P('x',), P(None,), P())", partitions);
        assert_eq!(several, Some(vec![vec![(0, x())], Vec::new(), Vec::new()]));
        assert_eq!(read("frozenset({'x'})", axis_names), x());
    }
}
