//! Life on the lanes: callers of relayed calls see that their controller lives, and nodes that serve them must show it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use daffi_proto::{CallId, FrameKind, Head, Look, Pace, Silence};

use super::connection::Connection;
use super::core::Core;

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
}

impl Connection {
    /// Looks whether the node lives; false where it has given no sign of it for too long.
    fn lives(&self, owes: bool, late: bool) -> bool {
        let heard = self.life.heard.take();
        let unblocked = self.outbox.take_unblocked();
        // Something may be left unread, as it cannot go on yet.
        let shown = heard || unblocked || (owes && self.outbox.stream().is_readable());
        !self.life.judged
            || !self
                .life
                .silence
                .borrow_mut()
                .look(Look { owes, shown, late })
    }
}

impl Core {
    /// Shows life and looks for it while calls are relayed. Runs for ever.
    pub(super) async fn watch_life(self: Rc<Self>) {
        let alive = Head::new(FrameKind::Alive, 0, CallId::NONE, 0).to_bytes();
        let mut pace = Pace::new(&self.limits);
        loop {
            let before = Instant::now();
            tokio::time::sleep(pace.pause()).await;
            let late = pace.is_late(before.elapsed());
            let lanes = self.lanes_under_way();
            for connection in self.connections() {
                if lanes.callers.contains(&connection.id) {
                    connection.outbox.push_if_idle(&alive);
                }
                if !connection.lives(lanes.callees.contains(&connection.id), late) {
                    tracing::warn!(
                        connection = connection.id.0,
                        "a lane is closed: its node is silent"
                    );
                    connection.break_off();
                }
            }
            pace.set(lanes != Default::default());
        }
    }
}
