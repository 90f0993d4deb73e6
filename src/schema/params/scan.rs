//! How the operands and outputs of a `scan` divide into constants, carry, and rows.

use super::{int, items};
use crate::ir::Params;
use crate::ir::{CallArgument, ParamValue, Program, Symbols};

/// Operands are `consts`, `carry`, then rows of `xs`; outputs are `carry`, then rows of `ys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanShape {
    /// Operands that every iteration sees as they are.
    pub consts: usize,
    /// Operands that each iteration replaces; as many outputs.
    pub carry: usize,
    /// Operands that iterations see a row of.
    pub xs: usize,
    /// Outputs that iterations add a row to.
    pub ys: usize,
    /// Number of iterations, if it is a number.
    pub length: Option<i64>,
    /// Whether the iterations run from the last row to the first.
    pub reverse: bool,
}

impl ScanShape {
    /// Reads `num_consts` and `num_carry`, or from 0.12 on `ft_in`, for a scan of so many operands and outputs.
    pub(crate) fn read(program: &Program, params: &Params, inputs: usize, outputs: usize) -> Option<Self> {
        let symbols = &program.symbols;
        let param = |name: &str| params.get(symbols.get(name)?);
        let count = |name: &str| usize::try_from(int(symbols, param(name)?)?).ok();
        let (consts, carry) = match param("ft_in") {
            Some(tree) => consts_and_carry(symbols, tree)?,
            None => (count("num_consts")?, count("num_carry")?),
        };
        Some(Self {
            consts,
            carry,
            xs: inputs.checked_sub(consts.checked_add(carry)?)?,
            ys: outputs.checked_sub(carry)?,
            length: param("length").and_then(|length| int(symbols, length)),
            reverse: param("reverse") == Some(&ParamValue::Bool(true)),
        })
    }
}

/// The leaves of the first two parts of `((None,), (None, None), ())`, or of
/// `Pytree(vals=[…], tree=PyTreeDef((([], []), ([], [*]), ([], [], [*]))))`.
fn consts_and_carry(symbols: &Symbols, tree: &ParamValue) -> Option<(usize, usize)> {
    if let Some([consts, carry, _]) = items(tree) {
        return Some((leaves(symbols, consts), leaves(symbols, carry)));
    }
    match tree {
        ParamValue::Call { arguments, .. } => arguments
            .iter()
            .rev()
            .find_map(|CallArgument { value, .. }| consts_and_carry(symbols, value)),
        ParamValue::Text(text) => stars(symbols.text(*text)),
        _ => None,
    }
}

fn leaves(symbols: &Symbols, value: &ParamValue) -> usize {
    match value {
        ParamValue::None => 1,
        ParamValue::Text(text) if symbols.text(*text) == "*" => 1,
        ParamValue::Tuple(items) | ParamValue::List(items) => {
            items.iter().map(|item| leaves(symbols, item)).sum()
        }
        // `RightsOnly(Left(None))` is a leaf that is not there.
        ParamValue::Call { name, .. } if symbols.text(*name) == "Left" => 0,
        ParamValue::Call { arguments, .. } => arguments
            .iter()
            .map(|argument| leaves(symbols, &argument.value))
            .sum(),
        _ => 0,
    }
}

/// Counts the stars of the first two parts of the tree in a text, for values that were kept as text.
fn stars(text: &str) -> Option<(usize, usize)> {
    let tree = &text[text.rfind("PyTreeDef(")? + "PyTreeDef(".len()..];
    let (mut depth, mut part, mut counts) = (0usize, 0usize, [0usize; 3]);
    for letter in tree.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 1 => part += 1,
            '*' => *counts.get_mut(part)? += 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    (part == 2).then_some((counts[0], counts[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::value;

    #[test]
    fn trees_of_new_releases_count_consts_and_carry() {
        for (text, expected) in [
            ("((None,), (None, None), ())", Some((1, 2))),
            (
                "(((), ()), ((None,), (RightsOnly(Right(None)),)), ((None,), (RightsOnly(Right(None)),)))",
                Some((0, 2)),
            ),
            (
                "(((), ()), ((None,), (RightsOnly(Left(None)),)), ())",
                Some((0, 1)),
            ),
            ("((None,),)", None),
        ] {
            let mut symbols = Symbols::default();
            let value = value(text, &mut symbols);
            assert_eq!(consts_and_carry(&symbols, &value), expected, "{text}");
        }
    }

    #[test]
    fn trees_kept_as_text_are_counted_by_their_stars() {
        let text = "Pytree(vals=[None, None], tree=PyTreeDef((([], []), ([*], [*]), ([], [], [*]))))";
        assert_eq!(stars(text), Some((0, 2)));
        assert_eq!(stars("PyTreeDef((([*], [*])))"), None);
        assert_eq!(stars("PyTreeDef("), None);
    }
}
