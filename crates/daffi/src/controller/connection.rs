//! One connection of a controller, from its first byte to its last: handshake, then control frames or relayed calls.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use daffi_proto::{ConnectionId, ControlReader, ControllerEvent, FrameDecoder, Purpose};
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::core::Core;
use super::life::LaneLife;
use super::relay;
use crate::net::handshake::read_hello;
use crate::net::outbox::Outbox;
use crate::net::socket::Stream;

/// Bytes read from a node at a time. 16 KiB: most frames are far shorter.
const READ: usize = 16 << 10;

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

    fn is_closed(&self) -> bool {
        self.closed_by_rules.get() || self.outbox.is_closing()
    }

    /// Ends a lane whose node gives no sign of life. The rules are told as of any that breaks.
    pub(super) fn break_off(&self) {
        self.outbox.close_now();
        self.changed.notify_waiters();
    }

    /// Waits while this lane is paused.
    pub(super) async fn unpaused(&self) {
        while self.paused.get() && !self.is_closed() {
            self.changed.notified().await;
        }
    }

    async fn closed(&self) {
        while !self.is_closed() {
            self.changed.notified().await;
        }
    }

    async fn decided(&self) -> Verdict {
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

/// The life of one connection.
pub(super) async fn run(core: Rc<Core>, stream: Stream) {
    let hello = read_hello(&stream, &core.limits).await;
    let handshake_over = || {
        core.handshakes.set(core.handshakes.get() - 1);
        core.handshake_over.notify_one();
    };
    let hello = match hello {
        Ok(hello) => hello,
        Err(error) => {
            handshake_over();
            tracing::debug!(%error, "a connection did not get through its handshake");
            return;
        }
    };
    let judged = matches!(hello.purpose, Purpose::ServeLane { .. }) && hello.version.shows_life();
    let is_lane = !matches!(hello.purpose, Purpose::Control(_));
    let connection = core.add(|id| Connection {
        id,
        outbox: Outbox::new(stream, if is_lane { LANE_KEEPS } else { CONTROL_KEEPS }),
        life: LaneLife::new(judged),
        verdict: Cell::new(None),
        paused: Cell::new(false),
        closed_by_rules: Cell::new(false),
        changed: Notify::new(),
    });
    let id = connection.id;
    core.handle(ControllerEvent::Opened {
        connection: id,
        hello,
    });
    let verdict = tokio::time::timeout(core.limits.handshake, connection.decided()).await;
    handshake_over();
    let writer = Rc::clone(&connection);
    // Ends when the outbox is closed, below at the latest.
    let writing = spawn_local(async move { writer.outbox.run().await });
    if verdict == Ok(Verdict::Welcome) {
        tokio::select! {
            () = connection.closed() => (),
            () = converse(&core, &connection, is_lane) => (),
        }
    }
    if verdict == Ok(Verdict::Refuse) || connection.closed_by_rules.get() {
        connection.outbox.close();
    } else {
        connection.outbox.close_now();
        core.handle(ControllerEvent::Closed { connection: id });
    }
    let _ = writing.await;
    core.remove(id);
}

/// Reads until the connection ends or breaks a rule.
async fn converse(core: &Core, connection: &Connection, is_lane: bool) {
    let ended = if is_lane {
        relay::read_lane(core, connection).await
    } else {
        read_control(core, connection).await
    };
    if let Err(problem) = ended {
        tracing::debug!(connection = connection.id.0, problem, "a connection ends");
    }
}

async fn read_control(core: &Core, connection: &Connection) -> Result<(), String> {
    let mut reader = ControlReader::new(core.limits.clone());
    let mut decoder = FrameDecoder::new(core.limits.clone());
    let mut buffer = vec![0; READ];
    loop {
        match connection.outbox.stream().read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(read) => decoder.feed(&buffer[..read]),
            Err(error) => return Err(error.to_string()),
        }
        while let Some(frame) = decoder.next_frame().map_err(|error| error.to_string())? {
            let frame = reader.read(&frame.head, &frame.body);
            let Some(frame) = frame.map_err(|error| error.to_string())? else {
                continue;
            };
            core.handle(ControllerEvent::Control {
                connection: connection.id,
                frame,
            });
        }
    }
}
