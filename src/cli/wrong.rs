//! Files that cannot be read or written, as diagnostics.

use std::io;

use crate::diagnostics::Diagnostic;

/// A file that cannot be opened, read or written. `doing` is `read` or `write`.
pub(super) fn io(doing: &str, path: &str, error: &io::Error) -> Diagnostic {
    let (code, message, help) = match error.kind() {
        io::ErrorKind::NotFound if doing == "write" => (
            "jaxpeep::io::not_found",
            format!("there is no place for `{path}`"),
            "check the path: the folder is not there and cannot be made",
        ),
        io::ErrorKind::NotFound => (
            "jaxpeep::io::not_found",
            format!("there is no `{path}`"),
            "check the path; `-` reads standard input",
        ),
        io::ErrorKind::PermissionDenied => (
            "jaxpeep::io::permission_denied",
            format!("no permission to {doing} `{path}`"),
            "check the permissions of the file and of the folder that holds it",
        ),
        _ => (
            "jaxpeep::io::failed",
            format!("cannot {doing} `{path}`: {error}"),
            "nothing was changed; try again once the cause is gone",
        ),
    };
    Diagnostic::error(code, message).help(help)
}
