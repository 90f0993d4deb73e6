//! Everything that is written: standard output, standard error, files.

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anstream::{AutoStream, ColorChoice};

use super::Stop;
use super::args::Color;
use super::json;
use super::progress::Progress;
use super::wrong;
use crate::diagnostics::{self, Diagnostic, Source};

/// The two streams, and what the user wants on them.
pub(super) struct Terminal {
    out: ColorChoice,
    err: ColorChoice,
    quiet: bool,
    verbose: bool,
    width: usize,
    /// What is wrong, where the answer is JSON and holds it.
    errors: Option<Mutex<Vec<json::Error>>>,
}

impl Terminal {
    /// Looks at the streams of the process and at `NO_COLOR`.
    pub(super) fn new(color: Color, quiet: bool, verbose: bool) -> Self {
        let resolve = |auto: ColorChoice| match color {
            Color::Auto => auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        Self {
            out: resolve(AutoStream::choice(&io::stdout())),
            err: resolve(AutoStream::choice(&io::stderr())),
            quiet,
            verbose,
            width: width(),
            errors: None,
        }
    }

    /// The same, but diagnostics are kept for [`Self::kept_errors`].
    pub(super) fn keeping_errors(self) -> Self {
        Self {
            errors: Some(Mutex::default()),
            ..self
        }
    }

    /// The diagnostics that were kept, if they are.
    pub(super) fn kept_errors(&self) -> Option<Vec<json::Error>> {
        let errors = self.errors.as_ref()?.lock();
        Some(
            errors
                .map(|mut errors| std::mem::take(&mut *errors))
                .unwrap_or_default(),
        )
    }

    /// Whether `-v` was given.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Writes a result to standard output; colours are taken out where they are not wanted.
    pub(super) fn print(&self, text: &str) -> Result<(), Stop> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.out);
        written(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()))
    }

    /// Writes bytes to standard output as they are.
    pub(super) fn print_raw(bytes: &[u8]) -> Result<(), Stop> {
        let mut stream = io::stdout().lock();
        written(stream.write_all(bytes).and_then(|()| stream.flush()))
    }

    /// Says something on standard error, unless `-q` was given.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Says on standard error what the user has to know.
    pub(super) fn complain(&self, text: &str) {
        // Nobody can be told that standard error is closed.
        let _ = AutoStream::new(io::stderr().lock(), self.err).write_all(text.as_bytes());
    }

    /// A bar for work of `count` steps, which nobody sees who does not watch.
    pub(super) fn progress(&self, count: usize) -> Progress {
        Progress::new(count, !self.quiet && io::stderr().is_terminal())
    }

    /// Shows a diagnostic on standard error, or keeps it.
    pub(super) fn diagnostic(&self, diagnostic: &Diagnostic, source: Option<&Source<'_>>) {
        if let Some(Ok(mut errors)) = self.errors.as_ref().map(Mutex::lock) {
            errors.push(json::Error::new(source.map(Source::name), diagnostic, source));
            return;
        }
        self.complain(&diagnostics::render(diagnostic, source, self.width));
    }

    /// A diagnostic as text for [`Terminal::print`].
    pub(super) fn rendered(&self, diagnostic: &Diagnostic, source: Option<&Source<'_>>) -> String {
        diagnostics::render(diagnostic, source, self.width)
    }

    /// Shows everything that is wrong with one file, up to a number that people read.
    pub(super) fn broken(&self, name: &str, text: &str, diagnostics: &[Diagnostic]) {
        const MOST: usize = 20;
        let source = Source::new(name, text);
        for diagnostic in diagnostics.iter().take(MOST) {
            self.diagnostic(diagnostic, Some(&source));
        }
        if diagnostics.len() > MOST {
            self.complain(&format!("{name}: {} more errors\n", diagnostics.len() - MOST));
        }
    }
}

/// The width of messages: the terminal's within reason, and a fixed one elsewhere.
fn width() -> usize {
    const ELSEWHERE: usize = 100;
    if !io::stderr().is_terminal() {
        return ELSEWHERE;
    }
    terminal_size::terminal_size().map_or(ELSEWHERE, |(width, _)| usize::from(width.0).clamp(60, 120))
}

/// A reader that has seen enough is no fault, and the exit code still tells what was found.
fn written(result: io::Result<()>) -> Result<(), Stop> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(wrong::io("write", "standard output", &error).into())
        }
        _ => Ok(()),
    }
}

/// Writes to standard error when nothing else is sure to work.
pub(super) fn last_words(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes a file so that it has its old content or its new one at every moment.
///
/// A link is followed, and the permissions of a file that exists are kept. Missing folders are made.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    replace(path, content).map_err(|error| wrong::io("write", &path.display().to_string(), &error))
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = resolve(path)?;
    let old = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // A device or a pipe is written to, never replaced.
        Ok(metadata) if !metadata.is_file() => return fs::write(&target, content),
        // Replacing asks for the folder's permission only; the file's own is respected too.
        Ok(metadata) => {
            fs::OpenOptions::new().write(true).open(&target)?;
            Some(metadata)
        }
        Err(_) => None,
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut new = temporary(folder, old.is_some())?;
    new.write_all(content)?;
    if let Some(old) = old {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// An empty file beside the target. A new target gets the permissions of any new file, not a temporary file's.
fn temporary(folder: &Path, replaces: bool) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".jaxpeep-");
    #[cfg(unix)]
    if !replaces {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let _ = replaces;
    builder.tempfile_in(folder)
}

/// The file behind links, even if it does not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}
