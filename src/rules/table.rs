//! The rules as a table, for people who choose among them.

use std::fmt::Write as _;

use super::RuleSet;

/// The rules as a Markdown table, in the order of families and names.
pub fn markdown_table(rules: &RuleSet) -> String {
    let mut out = String::from("| Rule | Without it | Identity | Safety |\n| --- | --- | --- | --- |\n");
    let mut infos: Vec<_> = rules.infos().iter().collect();
    infos.sort_by_key(|info| (&info.family, &info.name));
    for info in infos {
        let (summary, identity) = (cell(&info.summary), cell(&info.identity));
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {summary} | {identity} | {} |",
            info.name,
            info.safety.word()
        );
    }
    out
}

/// A bar would end the cell, and a star or an underscore would start emphasis.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '|' | '*' | '_' | '<' | '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_take_for_its_own_is_escaped() {
        assert_eq!(cell("|x| < a_b*c"), "\\|x\\| \\< a\\_b\\*c");
    }
}
