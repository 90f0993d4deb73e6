//! The primitive table: the rows of all families, found by name.
//!
//! A family is a file of rows and of the rules that they name.

mod calls;
mod collectives;
mod contractions;
mod elementwise;
mod indexing;
mod library;
mod linalg;
mod loops;
mod random;
mod reductions;
mod references;
mod special;
mod views;
mod windows;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::primitive::Primitive;

const FAMILIES: &[&[Primitive]] = &[
    elementwise::ROWS,
    special::ROWS,
    views::ROWS,
    reductions::ROWS,
    indexing::ROWS,
    contractions::ROWS,
    windows::ROWS,
    linalg::ROWS,
    calls::ROWS,
    loops::ROWS,
    random::ROWS,
    collectives::ROWS,
    references::ROWS,
    library::ROWS,
];

static BY_NAME: LazyLock<FxHashMap<&str, &Primitive>> = LazyLock::new(|| {
    primitives()
        .map(|primitive| (primitive.name, primitive))
        .collect()
});

/// The row of the primitive that is printed as `name`.
pub fn primitive(name: &str) -> Option<&'static Primitive> {
    BY_NAME.get(name).copied()
}

/// All rows.
pub fn primitives() -> impl Iterator<Item = &'static Primitive> {
    FAMILIES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use rustc_hash::FxHashSet;

    use super::*;
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
}
