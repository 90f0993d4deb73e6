//! What README says is made from what it speaks of.

use std::collections::BTreeSet;

use jaxpeep::hazards::Kind;
use jaxpeep::rules::{RuleSet, markdown_table};

use crate::cli::run;

const START: &str = "<!-- rules -->\n";
const END: &str = "<!-- /rules -->";
/// Columns of prose.
const WIDTH: usize = 110;
/// Options that every command takes.
const GLOBAL: [&str; 5] = ["color", "quiet", "verbose", "help", "version"];
const COMMANDS: [&str; 12] = [
    "rewrite",
    "check",
    "eval",
    "verify",
    "trace",
    "emit",
    "fmt",
    "rules list",
    "rules test",
    "rules new",
    "rules measure",
    "explain",
];

pub(crate) fn readme() -> String {
    std::fs::read_to_string("README.md").expect("README.md can be read")
}

/// What stands under a heading, up to the next one of any rank.
pub(crate) fn chapter(heading: &str) -> String {
    let readme = readme();
    let (_, rest) = readme
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("README has no chapter {heading}"));
    rest.split("\n#").next().unwrap_or_default().to_owned()
}

/// The rows of the first table of a chapter, by cells.
fn rows(chapter: &str) -> Vec<Vec<&str>> {
    let lines = chapter.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The pieces of code in a cell.
fn codes(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The long name of the option that a line of help starts with, behind the short one if there is one.
fn option(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let long = match line.split_once(", --") {
        Some((short, long)) if short.len() == 2 => long,
        _ => line.strip_prefix("--")?,
    };
    long.split([' ', '.']).next()
}

/// `UPDATE=1 cargo test` writes the table anew.
#[test]
fn the_table_of_rules_is_that_of_the_rule_files() {
    let readme = readme();
    let (before, rest) = readme
        .split_once(START)
        .expect("README has <!-- rules --> before the table");
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

#[test]
fn prose_is_wrapped() {
    let mut in_code = false;
    for (number, line) in (1..).zip(readme().lines()) {
        let fence = line.starts_with("```");
        in_code ^= fence;
        let wide = line.chars().count() > WIDTH;
        assert!(
            in_code || fence || line.starts_with('|') || !wide,
            "README.md:{number} has more than {WIDTH} columns"
        );
    }
    assert!(!in_code, "a block of code has no end");
}

#[test]
fn the_table_of_options_is_that_of_the_commands() {
    let chapter = chapter("### Options");
    let mut told = BTreeSet::new();
    for row in rows(&chapter) {
        for command in codes(row[1]) {
            let options = codes(row[0]).filter_map(|code| code.split(' ').next());
            let long = options.filter(|option| option.starts_with("--"));
            told.extend(long.map(|option| format!("{command} {option}")));
        }
    }
    let mut taken = BTreeSet::new();
    for command in COMMANDS {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = run(&args).out;
        let options = help.lines().filter_map(option);
        let own = options.filter(|option| !GLOBAL.contains(option));
        taken.extend(own.map(|option| format!("{command} --{option}")));
    }
    assert_eq!(told, taken);
}

#[test]
fn the_table_of_hazards_names_all() {
    let chapter = chapter("### Hazards");
    let mut told: Vec<&str> = rows(&chapter).iter().flat_map(|row| codes(row[0])).collect();
    let mut kinds: Vec<&str> = Kind::all().map(Kind::name).collect();
    told.sort_unstable();
    kinds.sort_unstable();
    assert_eq!(told, kinds);
}

#[test]
fn the_errors_that_are_shown_are_those_that_explain_prints() {
    let chapter = chapter("## Write a rule");
    let (_, block) = chapter
        .split_once("```text\nMeasured")
        .expect("the chapter shows what was measured");
    let page = run(&["explain", "logsumexp"]).out;
    for line in block.lines().skip(1).take_while(|line| *line != "```") {
        assert!(page.lines().any(|shown| shown == line), "{line}");
    }
}
