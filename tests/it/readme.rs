//! What README says is made from what it speaks of.

use jaxpeep::rules::{RuleSet, markdown_table};

const START: &str = "<!-- rules -->\n";
const END: &str = "<!-- /rules -->";

/// `UPDATE=1 cargo test` writes the table anew.
#[test]
fn the_table_of_rules_is_that_of_the_rule_files() {
    let readme = std::fs::read_to_string("README.md").unwrap_or_default();
    let Some((before, rest)) = readme.split_once(START) else {
        return;
    };
    let (table, behind) = rest.split_once(END).expect("the table ends with <!-- /rules -->");
    let expected = format!("\n{}\n", markdown_table(&RuleSet::builtin()));
    if std::env::var_os("UPDATE").is_some() && table != expected {
        std::fs::write("README.md", format!("{before}{START}{expected}{END}{behind}"))
            .expect("README.md can be written");
        return;
    }
    assert_eq!(table, expected, "the table is stale: run `UPDATE=1 cargo test`");
}

#[test]
fn the_table_has_a_row_for_each_rule() {
    let rules = RuleSet::builtin();
    let table = markdown_table(&rules);
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(rows.len(), rules.infos().len());
    for row in rows {
        // A bar in a cell is escaped, so that four cells stay four.
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    }
}
