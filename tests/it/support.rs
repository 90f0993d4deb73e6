//! What several tests need.

use std::path::{Path, PathBuf};

/// `log(x³) = 3 log |x|` as a rule of the user's own, which claims to be as safe as `safety` says. It holds for positive
/// numbers only: the logarithm of a negative cube is NaN.
pub(crate) fn rule_of_three_logs(safety: &str) -> String {
    THREE_LOGS.replace("SAFETY", safety)
}

const THREE_LOGS: &str = "rule three-logs
summary  the cube overflows
identity log(x³) = 3 log |x|
source   nobody
safety   SAFETY
match    y = integer_pow[y=3] x
         r = log y
where    float(x)
rewrite  u = abs x
         v = log u
         r = mul 3.0 v
fires \"log(x ** 3)\" { lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=3] a; c:f32[4] = log b in (c,) }
declines \"a square\" { lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=2] a; c:f32[4] = log b in (c,) }
witness  a = [1e30, 1, 1, 1]
";

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
