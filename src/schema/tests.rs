//! What real releases printed agrees with the table.

use std::path::PathBuf;

use super::*;
use crate::ir::{Id as _, Program};

/// Every print-out among the fixtures, with the release that printed it.
fn printed() -> Vec<(Version, PathBuf, Program)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/jaxpr");
    let mut found = Vec::new();
    for version in std::fs::read_dir(root).expect("fixtures").flatten() {
        let Ok(release) = version.file_name().to_string_lossy().parse() else {
            continue;
        };
        for file in std::fs::read_dir(version.path())
            .expect("a release's fixtures")
            .flatten()
        {
            if file
                .path()
                .extension()
                .is_some_and(|extension| extension == "jaxpr")
            {
                let text = std::fs::read_to_string(file.path()).expect("a fixture");
                found.push((release, file.path(), testing::program(&text)));
            }
        }
    }
    assert!(!found.is_empty());
    found.sort_by(|left, right| left.1.cmp(&right.1));
    found
}

#[test]
fn every_equation_agrees_with_its_row() {
    for (_, path, mut program) in printed() {
        infer_literal_types(&mut program);
        let known = |(_, eqn): (_, &crate::ir::Eqn)| primitive(program.symbols.text(eqn.primitive)).is_some();
        assert!(program.eqns.iter().all(known), "{}", path.display());
        assert_eq!(check(&program), [], "{}", path.display());
        let unknown = program
            .operands
            .iter()
            .filter(|atom| program.atom_type_id(**atom).is_none());
        assert_eq!(unknown.count(), 0, "{}", path.display());
    }
}

#[test]
fn the_release_that_printed_a_text_is_among_those_detected() {
    for (release, path, program) in printed() {
        let found = detect(&program);
        assert!(
            found.contains(release),
            "{} is said to be of {found}",
            path.display()
        );
    }
}

/// Leaves out what the release leaves out, adds nothing, and keeps the order.
#[test]
fn parameters_are_printed_as_the_release_prints_them() {
    for (release, path, mut program) in printed() {
        // Printed with all parameters, hidden ones too (`custom_pp_eqn_rules=False`).
        if path.to_string_lossy().ends_with(".raw.jaxpr") {
            continue;
        }
        for index in 0..program.eqns.len() {
            let eqn = crate::ir::EqnId::from_index(index);
            let Some(row) = primitive(program.primitive(eqn)).filter(|row| !row.params.is_empty()) else {
                continue;
            };
            let params = program.params(eqn).clone();
            let given = params
                .iter()
                .map(|(name, value)| (program.symbols.text(name).to_owned(), value.clone()));
            let given: Vec<_> = given.collect();
            let given: Vec<_> = given
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let fresh = new_params(&mut program.symbols, row, release, &given);
            assert_eq!(fresh, params, "{} in {}", row.name, path.display());
        }
    }
}
