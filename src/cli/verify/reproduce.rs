//! The command that shows a point again.

use clap::ValueEnum;

use crate::cli::args::{ImproveArgs, VerifyArgs};
use crate::cli::shell;
use crate::verify::Sampling;

/// One line for a shell, with everything that decides what is compared.
pub(super) fn command(args: &VerifyArgs, sampling: Sampling, point: Option<&str>) -> String {
    let path = |path: &std::path::Path| shell::file(&path.display().to_string()).into_owned();
    let mut words = vec!["jaxpeep".to_owned(), "verify".to_owned(), path(&args.original)];
    words.extend(args.rewritten.as_deref().map(path));
    words.extend(improving(&args.improve));
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    match &args.inputs {
        Some(inputs) => option("inputs", path(inputs)),
        None => {
            option("seed", sampling.seed.to_string());
            option("samples", sampling.samples.to_string());
        }
    }
    if let Some(point) = point {
        option("point", point.to_owned());
    }
    shell::line(words.iter().map(String::as_str))
}

/// The options that say how the original is improved, as they were given.
fn improving(args: &ImproveArgs) -> Vec<String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    if !args.only.is_empty() {
        option("only", args.only.join(","));
    }
    if !args.skip.is_empty() {
        option("skip", args.skip.join(","));
    }
    if let Some(folder) = &args.rules {
        option("rules", folder.display().to_string());
    }
    if let Some(mode) = args.regularize {
        option("regularize", spelled(&mode));
    }
    if let Some(ridge) = args.ridge {
        option("ridge", ridge.to_string());
    }
    for class in &args.allow {
        option("allow", spelled(class));
    }
    if let Some(version) = args.dialect {
        option("dialect", version.to_string());
    }
    words
}

fn spelled(value: &impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
