//! The table holds together, and each family's rules notice a wrong element type, rank or extent.

mod arrays;
mod calls;

use rustc_hash::FxHashSet;

use super::primitives;
use crate::schema::Version;

#[test]
fn a_primitive_has_one_row() {
    let mut names = FxHashSet::default();
    for row in primitives() {
        assert!(names.insert(row.name), "{} has two rows", row.name);
    }
}

#[test]
fn parameters_of_one_release_are_told_apart_by_name() {
    for row in primitives() {
        for version in Version::all() {
            let mut names = FxHashSet::default();
            for spec in row.params.iter().filter(|spec| spec.exists_in(version)) {
                assert!(
                    names.insert(spec.name),
                    "{} has two `{}` in {version}",
                    row.name,
                    spec.name
                );
            }
        }
    }
}
