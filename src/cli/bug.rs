//! A panic is a bug in jaxpeep: the user is told so, on which file it happened, and how to report it.

use std::any::Any;
use std::cell::RefCell;
use std::panic;
use std::sync::Mutex;

use super::Exit;
use super::output::last_words;

/// Deep programs recurse; the stack of a main thread is 1 MiB on some systems.
const STACK: usize = 256 << 20;

thread_local! {
    /// The file that this thread is working on.
    static CURRENT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Where the first panic happened.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work` with a large stack and turns a panic into [`Exit::Bug`].
pub(super) fn guard(work: impl FnOnce() -> Exit + Send) -> Exit {
    panic::set_hook(Box::new(|info| {
        let file = CURRENT.with_borrow(Clone::clone);
        let at = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let on = file.map_or_else(String::new, |file| format!(", while reading `{file}`"));
        if let Ok(mut place) = PLACE.lock() {
            place.get_or_insert(format!("{}{at}{on}", message(info.payload())));
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
            let place = PLACE
                .lock()
                .ok()
                .and_then(|mut place| place.take())
                .unwrap_or_default();
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

/// Notes that this thread works on `file` while `work` runs.
pub(super) fn on_file<T>(file: &str, work: impl FnOnce() -> T) -> T {
    CURRENT.set(Some(file.to_owned()));
    let done = work();
    CURRENT.set(None);
    done
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
}
