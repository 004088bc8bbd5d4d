//! What a controller knows of the life of a node whose calls it relays.

use std::cell::{Cell, RefCell};

use daffi_proto::{Look, Silence};

/// What a controller knows of the life of the node at the other end of a connection.
#[derive(Debug)]
pub(super) struct LaneLife {
    /// Whether it is a serve lane whose node shows life.
    judged: bool,
    silence: RefCell<Silence>,
    /// Something was read since the last look.
    heard: Cell<bool>,
}

impl LaneLife {
    pub(super) fn new(judged: bool) -> Self {
        Self {
            judged,
            silence: RefCell::default(),
            heard: Cell::new(false),
        }
    }

    pub(super) fn heard(&self) {
        self.heard.set(true);
    }

    /// Whether something was read since the last look.
    pub(super) fn take_heard(&self) -> bool {
        self.heard.take()
    }

    /// Whether the node lives, as far as it has to show that.
    pub(super) fn look(&self, look: Look) -> bool {
        !self.judged || !self.silence.borrow_mut().look(look)
    }
}
