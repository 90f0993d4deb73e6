//! The user's lines, as JAX writes them behind equations: `train.py:7:24 (loss)`.

use std::path::{Component, Path};

/// A line of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PythonLine<'a> {
    /// The file as JAX names it, usually an absolute path.
    pub(super) file: &'a str,
    /// From 1.
    pub(super) line: u32,
    /// From 1, as editors count; JAX prints columns from 0, and none for the first.
    pub(super) column: u32,
    /// The function around the line.
    pub(super) function: Option<&'a str>,
}

impl<'a> PythonLine<'a> {
    /// Reads `file:line (function)` or `file:line:column (function)`.
    pub(super) fn parse(source: &'a str) -> Option<Self> {
        let (place, function) = match source.rsplit_once(" (") {
            Some((place, rest)) => (place, Some(rest.strip_suffix(')')?)),
            None => (source, None),
        };
        let (rest, last) = place.rsplit_once(':')?;
        let last: u32 = last.parse().ok()?;
        let two = rest
            .rsplit_once(':')
            .and_then(|(file, line)| Some((file, line.parse().ok()?, last + 1)));
        let (file, line, column) = two.unwrap_or((rest, last, 1));
        Some(Self {
            file,
            line,
            column,
            function,
        })
    }
}

/// A path as it is seen from `folder`, with `/` on every system.
///
/// A print-out may come from another machine, where the same project lies elsewhere: a file below `folder` whose
/// last parts are those of the path is taken for it. One name in common says nothing, two are asked for.
pub(super) fn seen_from(folder: &Path, file: &str) -> String {
    let path = Path::new(file);
    if !path.is_absolute() {
        return slashes(path);
    }
    if let Ok(below) = path.strip_prefix(folder) {
        return slashes(below);
    }
    let parts: Vec<Component<'_>> = path.components().collect();
    let suffixes = (1..parts.len().saturating_sub(1)).map(|from| parts[from..].iter().collect());
    let there = suffixes
        .into_iter()
        .find(|suffix: &std::path::PathBuf| folder.join(suffix).is_file());
    there.map_or_else(|| slashes(path), |suffix| slashes(&suffix))
}

/// A path as it is reached from `folder`: `../gen.py` for a file beside it, so that another checkout says the same.
///
/// What has nothing but the root in common with the folder stays as it is.
pub(super) fn reached_from(folder: &Path, file: &str) -> String {
    let above = folder
        .ancestors()
        .enumerate()
        .filter(|(_, folder)| folder.parent().is_some());
    let found = above.into_iter().find_map(|(steps, folder)| {
        let seen = seen_from(folder, file);
        (!Path::new(&seen).is_absolute()).then(|| "../".repeat(steps) + &seen)
    });
    found.unwrap_or_else(|| seen_from(folder, file))
}

/// A path with `/` between its parts.
pub(super) fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| match part {
            Component::RootDir => String::new(),
            part => part.as_os_str().to_string_lossy().into_owned(),
        })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_file_a_line_a_column_and_a_function() {
        let parsed = |source| PythonLine::parse(source).map(|line| (line.file, line.line, line.column));
        assert_eq!(parsed("train.py:7:24 (loss)"), Some(("train.py", 7, 25)));
        assert_eq!(
            parsed("/a b/train.py:7 (Model.<lambda>)"),
            Some(("/a b/train.py", 7, 1))
        );
        assert_eq!(parsed("C:/x/train.py:7"), Some(("C:/x/train.py", 7, 1)));
        assert_eq!(parsed("train.py"), None);
        assert_eq!(parsed("<string>:x (f)"), None);
        let function = PythonLine::parse("train.py:7:24 (loss)").and_then(|line| line.function);
        assert_eq!(function, Some("loss"));
    }

    #[test]
    fn a_file_of_the_same_project_elsewhere_is_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("model")).expect("a folder");
        std::fs::write(folder.path().join("model/loss.py"), "").expect("a file");
        let here = |file| seen_from(folder.path(), file);
        assert_eq!(here("/elsewhere/project/model/loss.py"), "model/loss.py");
        assert_eq!(here("/elsewhere/loss.py"), "/elsewhere/loss.py");
        assert_eq!(here("model/loss.py"), "model/loss.py");
        let deep = folder.path().join("ci/known");
        assert_eq!(
            reached_from(&deep, "/elsewhere/project/model/loss.py"),
            "../../model/loss.py"
        );
        assert_eq!(reached_from(&deep, "/elsewhere/loss.py"), "/elsewhere/loss.py");
        let inside = folder.path().join("x.py");
        assert_eq!(reached_from(&deep, &inside.display().to_string()), "../../x.py");
        assert_eq!(here(&inside.display().to_string()), "x.py");
    }
}
