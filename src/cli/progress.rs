//! A bar for work that takes long, on a terminal only.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far some work has come.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
    /// Nobody would see it, or it is seen already.
    settled: AtomicBool,
}

impl Progress {
    /// Work of `count` steps; `visible` unless nobody watches standard error.
    pub(super) fn new(count: usize, visible: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files, {eta} left") {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
            settled: AtomicBool::new(!visible),
        }
    }

    /// One step is done.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
        if self.start.elapsed() > PATIENCE && !self.settled.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_work_shows_nothing() {
        let progress = Progress::new(2, true);
        progress.advance();
        assert!(!progress.settled.load(Ordering::Relaxed));
        assert_eq!(progress.bar.position(), 1);
    }
}
