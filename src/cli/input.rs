//! Everything that is read: the files that arguments name, and their bytes.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::bug::on_file;
use super::output::Terminal;
use super::wrong;
use crate::diagnostics::Diagnostic;
use crate::load::Broken;

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// What messages call it.
    pub(super) name: String,
    /// The file; `None` for standard input.
    pub(super) path: Option<PathBuf>,
    /// Where it goes below an output folder.
    pub(super) below: PathBuf,
}

/// What the arguments name, in order, each file once; and what is wrong with them.
pub(super) struct Gathered {
    pub(super) inputs: Vec<Input>,
    pub(super) wrong: Vec<Diagnostic>,
    /// Whether the arguments allow for several inputs, even if there is only one now.
    pub(super) several: bool,
}

/// Finds the inputs that arguments name. Without arguments, what is piped in is read.
pub(super) fn gather(arguments: &[PathBuf]) -> Gathered {
    let mut gathered = Gathered {
        inputs: Vec::new(),
        wrong: Vec::new(),
        several: arguments.len() > 1 || arguments.iter().any(|path| path.is_dir()),
    };
    if arguments.is_empty() {
        if io::stdin().is_terminal() {
            gathered.wrong.push(
                usage("nothing to read")
                    .help("give files, folders or `-`, or pipe a jaxpr in: `python dump.py | jaxpeep …`"),
            );
        } else {
            gathered.add(stdin());
        }
    }
    for argument in arguments {
        if argument.as_os_str() == "-" {
            gathered.add(stdin());
        } else if argument.is_dir() {
            gathered.add_folder(argument);
        } else {
            gathered.add(file(
                argument,
                argument.file_name().map_or_else(PathBuf::new, PathBuf::from),
            ));
        }
    }
    gathered
}

/// An error in how jaxpeep was called.
pub(super) fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("jaxpeep::usage", message)
}

fn stdin() -> Input {
    Input {
        name: "-".to_owned(),
        path: None,
        below: PathBuf::from("stdin.jaxpr"),
    }
}

fn file(path: &Path, below: PathBuf) -> Input {
    Input {
        name: path.display().to_string(),
        path: Some(path.to_owned()),
        below,
    }
}

impl Gathered {
    fn add(&mut self, input: Input) {
        if !self.inputs.iter().any(|known| known.path == input.path) {
            self.inputs.push(input);
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        match files_below(folder, "jaxpr") {
            Ok(files) if files.is_empty() => {
                let message = format!("there is no `*.jaxpr` file in `{}`", folder.display());
                let error = Diagnostic::error("jaxpeep::io::nothing_in_folder", message);
                self.wrong.push(error.help(
                    "hidden files and those that .gitignore names are passed over; a file given by name is always read",
                ));
            }
            Ok(files) => {
                let known = self.inputs.len();
                for path in files {
                    let below = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                    let input = file(&path, below);
                    // Within a folder all are different; only earlier arguments can have named one.
                    if !self.inputs[..known]
                        .iter()
                        .any(|earlier| earlier.path == input.path)
                    {
                        self.inputs.push(input);
                    }
                }
            }
            Err(error) => self.wrong.push(error),
        }
    }
}

/// The files of a folder with an extension, sorted.
pub(super) fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(folder).require_git(false).build() {
        let entry = entry.map_err(|error| {
            let message = format!("cannot look through `{}`: {error}", folder.display());
            Diagnostic::error("jaxpeep::io::failed", message).help("check its permissions, or name the files")
        })?;
        let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
        if is_file && entry.path().extension().is_some_and(|found| found == extension) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// The bytes of an input.
pub(super) fn read(input: &Input) -> Result<Vec<u8>, Diagnostic> {
    if let Some(path) = &input.path {
        return read_file(path);
    }
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| wrong::io("read", "standard input", &error))?;
    Ok(bytes)
}

/// The bytes of a file.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|error| wrong::io("read", &path.display().to_string(), &error))
}

/// Runs `work` on all inputs, several at a time; the answers come in the order of the inputs.
///
/// A panic on one of them is what is wrong with that one.
pub(super) fn each<T: Send>(
    inputs: &[Input],
    terminal: &Terminal,
    work: impl Fn(&Input) -> Result<T, Broken> + Sync,
) -> Vec<Result<T, Broken>> {
    let progress = terminal.progress(inputs.len());
    let work = |input: &Input| {
        let done = on_file(&input.name, || work(input)).unwrap_or_else(|bug| Err(bug.into()));
        progress.advance();
        done
    };
    if let [only] = inputs {
        return vec![work(only)];
    }
    // Deep programs recurse, and the stacks of pool threads are small.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build();
    match pool {
        Ok(pool) => pool.install(|| inputs.par_iter().map(work).collect()),
        Err(_) => inputs.iter().map(work).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::Color;
    use super::*;

    #[test]
    fn a_panic_on_one_file_leaves_what_is_found_in_the_others() {
        let inputs = ["a", "b", "c"].map(|name| file(Path::new(name), PathBuf::new()));
        let terminal = Terminal::new(Color::Never, true, false);
        let answers = each(&inputs, &terminal, |input| {
            assert_ne!(input.name, "b", "on purpose");
            Ok(input.name.clone())
        });
        let codes = answers.iter().map(|answer| match answer {
            Ok(name) => name.as_str(),
            Err(broken) => broken.diagnostics[0].code.as_ref(),
        });
        assert_eq!(codes.collect::<Vec<_>>(), ["a", "jaxpeep::bug", "c"]);
    }
}
