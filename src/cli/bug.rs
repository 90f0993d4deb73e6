//! A panic is a bug in jaxpeep: the user is told so, on which file it happened, and how to report it.
//!
//! On one of several files it ends the work on that file only: what is found in the others counts all the same.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use super::Exit;
use super::output::last_words;
use crate::diagnostics::Diagnostic;

/// Deep programs recurse; the stack of a main thread is 1 MiB on some systems.
const STACK: usize = 256 << 20;

thread_local! {
    /// Where the last panic of this thread happened, until it is told.
    static HERE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The code of the diagnostic that stands for a panic.
const CODE: &str = "jaxpeep::bug";

/// Where the last panic of any thread happened: it may be another thread's that ends the work of this one.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work` with a large stack and turns a panic into [`Exit::Bug`].
pub(super) fn guard(work: impl FnOnce() -> Exit + Send) -> Exit {
    panic::set_hook(Box::new(|info| {
        let at = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let here = format!("{}{at}", message(info.payload()));
        HERE.set(Some(here.clone()));
        if let Ok(mut place) = PLACE.lock() {
            *place = Some(here);
        }
    }));
    let ended = std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        worker.map(std::thread::ScopedJoinHandle::join)
    });
    let _ = panic::take_hook();
    match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(_)) => {
            let place = taken().unwrap_or_default();
            last_words(&format!(
                "jaxpeep {} hit a bug in itself: {place}\n\
                 No file was changed half-way. Please report this, with the input if you can share it: \
                 `{}`\n",
                env!("CARGO_PKG_VERSION"),
                std::env::args().collect::<Vec<_>>().join(" ")
            ));
            Exit::Bug
        }
        Err(error) => {
            last_words(&format!("jaxpeep cannot start a thread: {error}\n"));
            Exit::Bad
        }
    }
}

/// What `work` makes of one file, or the panic that ended it as something wrong with that file.
pub(super) fn on_file<T>(file: &str, work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    // What `work` was given is only read, and what it made is dropped.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let place = taken().unwrap_or_else(|| message(&*payload).to_owned());
        let version = env!("CARGO_PKG_VERSION");
        let message = format!("jaxpeep {version} hit a bug in itself: {place}, while reading `{file}`");
        Diagnostic::error(CODE, message).help(
            "the file was left as it is, and the others were gone through; please report this, with the file if you can share it",
        )
    })
}

/// The exit code of a file with which something is wrong.
pub(super) fn exit(wrong: &[Diagnostic]) -> Exit {
    if wrong.iter().any(|diagnostic| diagnostic.code == CODE) {
        Exit::Bug
    } else {
        Exit::Bad
    }
}

/// Where the panic happened, which is told once.
fn taken() -> Option<String> {
    let elsewhere = PLACE.lock().ok().and_then(|mut place| place.take());
    HERE.take().or(elsewhere)
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_three() {
        assert_eq!(guard(|| panic!("on purpose")), Exit::Bug);
        assert_eq!(guard(|| Exit::Findings), Exit::Findings);
        assert_eq!(Exit::Bug as u8, 3);
    }

    #[test]
    fn a_panic_on_one_file_is_a_fault_of_that_file() {
        let wrong = on_file("f.jaxpr", || -> u8 { panic!("on purpose") }).expect_err("it panics");
        assert!(wrong.message.contains("on purpose"), "{}", wrong.message);
        assert!(
            wrong.message.ends_with("while reading `f.jaxpr`"),
            "{}",
            wrong.message
        );
        assert_eq!(exit(&[wrong]), Exit::Bug);
        assert_eq!(
            exit(&[Diagnostic::error("jaxpeep::io::failed", "other")]),
            Exit::Bad
        );
        assert_eq!(on_file("f.jaxpr", || 1), Ok(1));
    }
}
