//! The layout of the sources: which module may use which, how long files are, and who may do input and output.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::readme::chapter;
use crate::roundtrip::files_under;

/// What each top-level module may use. A module that is not here may be used by nobody but `main`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("span", &[]),
    ("syntax", &["span"]),
    ("ir", &["span"]),
    ("lower", &["span", "syntax", "ir"]),
    ("print", &["span", "ir"]),
    ("schema", &["span", "ir"]),
    ("analysis", &["span", "ir", "schema"]),
    ("edit", &["span", "ir", "schema", "analysis"]),
    ("lift", &["span", "ir", "schema", "analysis", "edit"]),
    (
        "rewrite",
        &[
            "span", "ir", "schema", "analysis", "edit", "syntax", "lower", "print",
        ],
    ),
    (
        "rules",
        &[
            "span", "ir", "schema", "analysis", "edit", "syntax", "lower", "print", "rewrite",
        ],
    ),
    (
        "improve",
        &[
            "span", "ir", "schema", "analysis", "edit", "lift", "rewrite", "rules", "print", "syntax",
            "lower",
        ],
    ),
    (
        "load",
        &["span", "syntax", "lower", "ir", "schema", "print", "diagnostics"],
    ),
    // Beside `print` and not in it: how Python is written depends on what primitives mean, which is `schema`'s.
    ("emit", &["span", "ir", "schema", "print"]),
    ("interp", &["span", "ir", "schema"]),
    (
        "hazards",
        &["span", "ir", "schema", "analysis", "interp", "print", "trace"],
    ),
    ("oracle", &["span", "ir", "schema", "interp"]),
    ("verify", &["span", "ir", "schema", "interp", "oracle"]),
    ("trace", &["span", "ir", "schema", "interp", "oracle"]),
    (
        "refinement",
        &[
            "span", "ir", "schema", "rewrite", "rules", "improve", "interp", "oracle", "verify",
        ],
    ),
    (
        "repair",
        &["span", "ir", "schema", "rules", "improve", "interp", "trace"],
    ),
    (
        "diagnostics",
        &["span", "syntax", "lower", "ir", "schema", "rewrite", "rules"],
    ),
];

/// Uses against the order, each with the reason. One that is used no longer must go from here.
const AGAINST_THE_ORDER: &[(&str, &str, &str)] = &[];

/// Files of more than 400 lines, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[
    ("tests/real_jax/differential/arrays.py", "one program a primitive"),
    (
        "tests/real_jax/differential/elementwise.py",
        "one program a primitive",
    ),
    (
        "tests/real_jax/emitted_programs.py",
        "one function a kind of program",
    ),
    ("tests/real_jax/primitives.py", "one row a primitive"),
    ("tests/real_jax/spellings_table.py", "one row a spelling"),
];

/// Folders with code beside `src`.
const BESIDE: &[&str] = &[
    "benches",
    "fixtures",
    "python/examples",
    "python/jaxpeep",
    "python/tests",
    "tests",
];

/// Sources by path, without modules of tests.
fn sources() -> Vec<(String, String)> {
    let mut sources = texts("src", "rs");
    sources.retain(|(path, _)| !path.ends_with("/tests.rs") && !path.ends_with("/testing.rs"));
    sources
}

/// Files below a folder by path.
fn texts(folder: &str, extension: &str) -> Vec<(String, String)> {
    let text = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        (path.to_string_lossy().replace('\\', "/"), text)
    };
    files_under(Path::new(folder), extension)
        .into_iter()
        .map(text)
        .collect()
}

/// The code of a source: no comments, nothing from `#[cfg(test)]` on.
fn code(source: &str) -> String {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn top_module(path: &str) -> &str {
    let path = path.trim_start_matches("src/");
    path.split(['/', '.']).next().unwrap_or_default()
}

/// The modules named in `use crate::{a::b, c}` and `crate::a::b`.
fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && c.is_ascii_lowercase() => {
                        used.insert(word(&group[at..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            used.insert(word(rest));
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let may_use: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let sources = sources();
    let top: BTreeSet<&str> = sources.iter().map(|(path, _)| top_module(path)).collect();
    let mut exceptions: BTreeSet<_> = AGAINST_THE_ORDER.iter().map(|row| (row.0, row.1)).collect();
    for (path, source) in &sources {
        let module = top_module(path);
        if ["cli", "main", "lib"].contains(&module) {
            continue;
        }
        let allowed = may_use
            .get(module)
            .unwrap_or_else(|| panic!("{module} has no place in the order of modules"));
        for used in used_modules(&code(source)) {
            let below = used == module || allowed.contains(&used.as_str()) || !top.contains(used.as_str());
            let excepted = AGAINST_THE_ORDER
                .iter()
                .any(|row| (row.0, row.1) == (module, used.as_str()));
            exceptions.retain(|&exception| exception != (module, used.as_str()));
            assert!(
                below || excepted,
                "{path} uses {used}, which does not lie below {module}"
            );
        }
    }
    assert_eq!(exceptions, BTreeSet::new(), "no longer needed");
}

/// Whoever lies at the bottom of what is left is taken away, until nothing is left.
#[test]
fn the_order_of_modules_is_an_order() {
    let mut left: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    assert_eq!(left.len(), MAY_USE.len(), "a module has one row");
    while !left.is_empty() {
        let names: BTreeSet<&str> = left.keys().copied().collect();
        left.retain(|_, uses| uses.iter().any(|used| names.contains(used)));
        assert!(left.len() < names.len(), "these use each other: {names:?}");
    }
}

#[test]
fn every_row_of_the_order_is_a_module() {
    let sources = sources();
    let modules: BTreeSet<&str> = sources.iter().map(|(path, _)| top_module(path)).collect();
    let ordered = MAY_USE.iter().flat_map(|(name, uses)| uses.iter().chain([name]));
    let unknown: BTreeSet<_> = ordered.filter(|name| !modules.contains(*name)).collect();
    assert_eq!(unknown, BTreeSet::new());
}

#[test]
fn the_reader_of_use_declarations_sees_groups() {
    let code =
        "use crate::{ir::{Program, Block}, span::Span};\nuse crate::syntax;\nlet x = crate::lower::lower(y);";
    let expected = ["ir", "lower", "span", "syntax"].map(str::to_owned);
    assert_eq!(used_modules(code), BTreeSet::from(expected));
}

#[test]
fn only_the_command_line_does_input_and_output() {
    let words = [
        "std::fs",
        "std::env",
        "std::io",
        "std::process",
        "std::net",
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
    ];
    for (path, source) in sources() {
        if !["cli", "main"].contains(&top_module(&path)) {
            // Diagnostics say in words what an `io::Error` says; they cause none.
            let code = code(&source).replace("use std::io;", "");
            let found: Vec<_> = words.iter().filter(|word| code.contains(**word)).collect();
            assert!(found.is_empty(), "{path} holds {found:?}");
        }
    }
}

#[test]
fn miette_stays_in_diagnostics_and_the_command_line() {
    for (path, source) in sources() {
        let place = ["cli", "main", "diagnostics"].contains(&top_module(&path));
        assert!(place || !code(&source).contains("miette"), "{path} names miette");
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let beside = |extension| BESIDE.iter().flat_map(move |folder| texts(folder, extension));
    let rust = texts("src", "rs").into_iter().chain(beside("rs"));
    let python = beside("py");
    let mut long: BTreeSet<&str> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    for (path, source) in rust.chain(python) {
        let is_rust = Path::new(&path)
            .extension()
            .is_some_and(|extension| extension == "rs");
        let start = if is_rust { "//! " } else { "\"\"\"" };
        assert!(source.starts_with(start), "{path} starts with no header");
        assert!(!path.ends_with("/mod.rs"), "{path}");
        let lines = source.lines().count();
        let may_be_long = long.remove(path.as_str());
        assert_eq!(lines > 400, may_be_long, "{path}: {lines} lines");
    }
    assert_eq!(long, BTreeSet::new(), "no longer there");
}

#[test]
fn the_code_map_in_the_readme_is_that_of_the_tree() {
    let map = chapter("## Architecture");
    for (path, _) in sources() {
        let module = top_module(&path);
        let named = [format!("`src/{module}/`"), format!("`src/{module}.rs`")];
        assert!(
            module == "lib" || named.iter().any(|name| map.contains(name.as_str())),
            "the code map has no {module}"
        );
    }
    for (path, _) in ["rs", "py"]
        .iter()
        .flat_map(|extension| texts("benches", extension))
    {
        assert!(map.contains(&path), "the code map has no {path}");
    }
    for path in map.split('`').filter(|code| code.starts_with("src/")) {
        assert!(
            Path::new(path).exists(),
            "the code map has {path}, which is not there"
        );
    }
}
