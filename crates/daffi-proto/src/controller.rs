//! What a controller does: it keeps the members, introduces them to each other, and relays calls between those that cannot meet.
//!
//! Pure: the runtime hands in what happens and when, and does what comes out. The parts stand in the modules below.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::{
    CallId, ControlFrame, FailureCode, Head, Hello, Limits, Name, NodeId, Refused, Ticket, Welcome,
};

/// One accepted connection of a controller; the runtime never gives a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What happens to a controller.
#[derive(Clone, Debug)]
pub enum ControllerEvent {
    /// A connection was made and its hello read. What is to be answered comes as `Welcome` or `Refuse`, perhaps later.
    Opened {
        /// The new connection.
        connection: ConnectionId,
        /// What it said.
        hello: Hello,
    },
    /// A frame came on a control connection.
    Control {
        /// Where.
        connection: ConnectionId,
        /// What.
        frame: ControlFrame,
    },
    /// A frame of a call came on a lane: exactly one of `Forward`, `Hold` and `Drop` says what becomes of it.
    Relay {
        /// Where.
        lane: ConnectionId,
        /// Its head.
        head: Head,
        /// Of a request, the node that is called.
        target: Option<NodeId>,
        /// Of a request or reply, how many bytes of blobs it announces: they follow in chunks.
        blob_bytes: u64,
    },
    /// A connection has ended, or broke a rule of the codec.
    Closed {
        /// Which.
        connection: ConnectionId,
    },
    /// [`ControllerState::next_deadline`] is reached.
    Tick,
    /// Every node but one is to stop.
    StopAll {
        /// The one: the node of the controller's own process.
        except: Option<NodeId>,
        /// How long to wait for them.
        wait: Duration,
    },
    /// The controller itself stops: it says goodbye to everyone and takes no one in any more.
    Shutdown,
}

/// What the runtime of a controller is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControllerAction {
    /// Accept a connection. Frames to it follow only after this.
    Welcome {
        /// Which.
        connection: ConnectionId,
        /// With what.
        welcome: Welcome,
    },
    /// Refuse a connection, and close it when that is written.
    Refuse {
        /// Which.
        connection: ConnectionId,
        /// Why.
        refused: Refused,
    },
    /// Write a frame to a control connection.
    Send {
        /// Where.
        connection: ConnectionId,
        /// What.
        frame: ControlFrame,
    },
    /// Write the same frame to several control connections.
    Announce {
        /// Where.
        connections: Vec<ConnectionId>,
        /// What.
        frame: ControlFrame,
    },
    /// Close a connection when what was sent is written. No `Closed` is needed for it, and no action follows for it.
    Close {
        /// Which.
        connection: ConnectionId,
        /// Why.
        reason: CloseReason,
    },
    /// The relay frame that was just handed in goes on to this lane with this call id.
    Forward {
        /// To which lane.
        to: ConnectionId,
        /// With which id in place of its own.
        call: CallId,
    },
    /// The relay frame that was just handed in is kept, after others kept under the same call.
    Hold {
        /// The id it will go on with.
        call: CallId,
    },
    /// The relay frame that was just handed in belongs to a call that is over, and is dropped.
    Drop,
    /// What is kept under this call goes on to this lane, in order, with this call id.
    Release {
        /// What was kept.
        call: CallId,
        /// To which lane.
        to: ConnectionId,
    },
    /// What is kept under this call is dropped.
    Discard {
        /// What was kept.
        call: CallId,
    },
    /// Read no more from this lane for now: enough is kept for it.
    Pause {
        /// Which lane.
        lane: ConnectionId,
    },
    /// Read again from this lane.
    Resume {
        /// Which lane.
        lane: ConnectionId,
    },
    /// Write a failed reply to a call lane: a relayed call ended without its callee.
    ReplyFailed {
        /// To which lane.
        to: ConnectionId,
        /// For which call, by the caller's id.
        call: CallId,
        /// Why.
        code: FailureCode,
    },
    /// Write a cancel to a serve lane: the caller of a relayed call has gone.
    Cancel {
        /// To which lane.
        to: ConnectionId,
        /// For which call, by the id it went on with.
        call: CallId,
    },
    /// Someone came, went, or offers something else: see [`ControllerState::members`].
    MembersChanged,
    /// What `StopAll` asked for is over.
    StoppedAll {
        /// The processes that have not left in time.
        remaining: Vec<Name>,
    },
}

/// Why a controller closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CloseReason {
    /// The node said goodbye.
    #[error("the node said goodbye")]
    Goodbye,
    /// The node was silent for too long.
    #[error("the node was silent for too long")]
    Silent,
    /// Another connection has taken its place.
    #[error("another connection took its place")]
    Replaced,
    /// The node it belongs to has left.
    #[error("the node it belongs to has left")]
    NodeLeft,
    /// A frame that has no place on this connection.
    #[error("a frame came that has no place on this connection")]
    Protocol,
    /// The node registered more callbacks than allowed.
    #[error("the node registered more callbacks than allowed")]
    TooManyCallbacks,
    /// The controller stops.
    #[error("the controller stops")]
    Shutdown,
}

/// The state of a controller: who is there, who wants to meet whom, and which calls pass through.
pub struct ControllerState {
    instance: u64,
    limits: Limits,
    tickets: Box<dyn FnMut() -> Ticket + Send>,
    connections: BTreeMap<ConnectionId, NodeId>,
}

impl core::fmt::Debug for ControllerState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ControllerState")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

impl ControllerState {
    /// A controller without members. `instance` is a random number of this start of it; `tickets` makes unguessable tickets.
    pub fn new(
        instance: u64,
        limits: Limits,
        tickets: impl FnMut() -> Ticket + Send + 'static,
    ) -> Self {
        Self {
            instance,
            limits,
            tickets: Box::new(tickets),
            connections: BTreeMap::new(),
        }
    }

    /// Takes in what happened at `now` and appends what is to be done to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: ControllerEvent,
        out: &mut Vec<ControllerAction>,
    ) {
        let _ = (
            now,
            event,
            out,
            &self.limits,
            &mut self.tickets,
            &self.connections,
        );
    }

    /// When a `Tick` has something to do; asked again after every event.
    pub fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Everyone who is there, as snapshots show them, by id.
    pub fn members(&self) -> impl Iterator<Item = &crate::Member> {
        core::iter::empty()
    }
}
