//! One connection of a controller: what waits to be written to it, and what the rules have said of it.

use std::cell::Cell;
use std::fmt;

use daffi_proto::{ConnectionId, Look};
use tokio::sync::Notify;

use super::life::LaneLife;
use crate::net::outbox::Outbox;
use crate::net::socket::Socket;

/// The most bytes kept for a node that does not read its control connection. 16 MiB: the registry of a large system
/// fits, and its heartbeat ends a dead node soon after.
const CONTROL_KEEPS: usize = 16 << 20;

/// A lane keeps what its back-pressure lets through: one frame for each lane that writes to it, beyond the mark where
/// these hold back. Closing it for more would punish one node for the number of the others.
const LANE_KEEPS: usize = usize::MAX;

pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) outbox: Outbox,
    pub(super) life: LaneLife,
    verdict: Cell<Option<Verdict>>,
    /// No more is read from this lane for now.
    paused: Cell<bool>,
    /// The rules have closed the connection; they know.
    closed_by_rules: Cell<bool>,
    /// Any of the above has changed. Wakes all that wait at this moment: each looks at what it waits for before.
    changed: Notify,
}

/// What the rules say to a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Welcome,
    Refuse,
}

impl Connection {
    /// A connection that has said hello. `judged`: its node must show life while it serves relayed calls.
    pub(super) fn new(id: ConnectionId, socket: Socket, is_lane: bool, judged: bool) -> Self {
        Self {
            id,
            outbox: Outbox::new(socket, if is_lane { LANE_KEEPS } else { CONTROL_KEEPS }),
            life: LaneLife::new(judged),
            verdict: Cell::new(None),
            paused: Cell::new(false),
            closed_by_rules: Cell::new(false),
            changed: Notify::new(),
        }
    }

    pub(super) fn decide(&self, verdict: Verdict) {
        self.verdict.set(Some(verdict));
        self.changed.notify_waiters();
    }

    pub(super) fn pause(&self, paused: bool) {
        self.paused.set(paused);
        self.changed.notify_waiters();
    }

    /// Ends the connection when what was sent is written.
    pub(super) fn close(&self) {
        self.closed_by_rules.set(true);
        self.outbox.close();
        self.changed.notify_waiters();
    }

    /// Whether the rules have closed it themselves.
    pub(super) fn is_closed_by_rules(&self) -> bool {
        self.closed_by_rules.get()
    }

    fn is_closed(&self) -> bool {
        self.closed_by_rules.get() || self.outbox.is_closing()
    }

    /// Ends a lane whose node gives no sign of life. The rules are told as of any that breaks.
    pub(super) fn break_off(&self) {
        self.outbox.close_now();
        self.changed.notify_waiters();
    }

    /// Looks whether the node lives; false where it has given no sign of it for too long.
    pub(super) fn lives(&self, owes: bool, late: bool) -> bool {
        let heard = self.life.take_heard();
        let unblocked = self.outbox.take_unblocked();
        // Something may be left unread, as it cannot go on yet.
        let shown = heard || unblocked || (owes && self.outbox.socket().is_readable());
        self.life.look(Look { owes, shown, late })
    }

    /// Waits while this lane is paused.
    pub(super) async fn unpaused(&self) {
        while self.paused.get() && !self.is_closed() {
            self.changed.notified().await;
        }
    }

    pub(super) async fn closed(&self) {
        while !self.is_closed() {
            self.changed.notified().await;
        }
    }

    pub(super) async fn decided(&self) -> Verdict {
        loop {
            if let Some(verdict) = self.verdict.get() {
                return verdict;
            }
            if self.is_closed() {
                return Verdict::Refuse;
            }
            self.changed.notified().await;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.id.0)
    }
}
