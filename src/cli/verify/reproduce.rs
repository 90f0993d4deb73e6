//! The command that shows a point again.

use clap::ValueEnum;

use crate::cli::args::{ImproveArgs, VerifyArgs};
use crate::verify::Sampling;

/// One line for a shell, with everything that decides what is compared.
pub(super) fn command(args: &VerifyArgs, sampling: Sampling, point: Option<&str>) -> String {
    let path = |path: &std::path::Path| path.display().to_string();
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
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
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

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("dumps/loss-1.jaxpr"), "dumps/loss-1.jaxpr");
        assert_eq!(quoted("my loss.jaxpr"), "'my loss.jaxpr'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
