//! Where the program is while it runs.

use std::cell::RefCell;

use super::link::Place;
use crate::interp::Pass;
use crate::ir::EqnId;

/// The equations that have started and not finished.
#[derive(Default)]
pub(super) struct Places {
    frames: RefCell<Vec<Frame>>,
    /// Made when it is asked for, and kept while it holds.
    place: RefCell<Option<Place>>,
}

/// An equation that is being evaluated.
struct Frame {
    eqn: EqnId,
    pass: Option<Pass>,
    /// Whether it has run equations of its own.
    runs_jaxprs: bool,
}

impl Places {
    /// An equation starts.
    pub(super) fn start(&self, eqn: EqnId) {
        let mut frames = self.frames.borrow_mut();
        if let Some(around) = frames.last_mut() {
            around.runs_jaxprs = true;
        }
        frames.push(Frame {
            eqn,
            pass: None,
            runs_jaxprs: false,
        });
        self.place.replace(None);
    }

    /// The innermost equation runs a jaxpr.
    pub(super) fn pass(&self, pass: Pass) {
        if let Some(frame) = self.frames.borrow_mut().last_mut() {
            frame.pass = Some(pass);
        }
        self.place.replace(None);
    }

    /// The innermost equation finishes; says whether it has run others.
    pub(super) fn finish(&self) -> bool {
        let frame = self.frames.borrow_mut().pop();
        self.place.replace(None);
        frame.is_some_and(|frame| frame.runs_jaxprs)
    }

    /// The equations around the one that has just finished.
    pub(super) fn place(&self) -> Place {
        let frames = self.frames.borrow();
        let mut place = self.place.borrow_mut();
        place
            .get_or_insert_with(|| frames.iter().map(|frame| (frame.eqn, frame.pass)).collect())
            .clone()
    }
}
