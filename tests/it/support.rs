//! What several tests need.

use std::path::{Path, PathBuf};

/// All `.jaxpr` files below `fixtures/FOLDER`, sorted.
pub(crate) fn fixtures(folder: &str) -> Vec<PathBuf> {
    jaxprs_below(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(folder),
    )
}

/// All `.jaxpr` files below a folder, sorted.
pub(crate) fn jaxprs_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .expect("a folder of print-outs")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "jaxpr") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
