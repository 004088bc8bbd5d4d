//! What happens to a controller and what it does about it: the whole surface between its rules and its runtime.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{CallId, ControlFrame, FailureCode, Head, Hello, Name, NodeId, Refused, Welcome};

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
        /// What.
        frame: RelayFrame,
    },
    /// A connection has ended, or broke a rule of the codec.
    Closed {
        /// Which.
        connection: ConnectionId,
    },
    /// [`ControllerState::next_deadline`](crate::ControllerState::next_deadline) is reached.
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

/// What a controller knows of a frame that passes through; it never sees the payload.
///
/// The runtime has read the fixed part and the table of blobs, and closed the lane where these cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayFrame {
    /// Its head.
    pub head: Head,
    /// Of a request, the node that is called.
    pub target: Option<NodeId>,
    /// Of a request or reply, the lengths of the blobs it announces: they follow in chunks.
    pub blobs: Vec<u64>,
}

/// Where relayed calls are under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanesUnderWay {
    /// The lanes of their callers, who wait for this controller and must see that it lives.
    pub callers: BTreeSet<ConnectionId>,
    /// The lanes of their callees, for whom it waits.
    pub callees: BTreeSet<ConnectionId>,
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
    /// Someone came, went, or offers something else: see [`ControllerState::members`](crate::ControllerState::members).
    MembersChanged,
    /// Something that people should hear of.
    Tell(News),
    /// What `StopAll` asked for is over.
    StoppedAll {
        /// The processes that have not left in time.
        remaining: Vec<Name>,
    },
}

/// What people hear of from a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A process did not answer and another has its name now.
    NameTakenOver {
        /// The name.
        process: Name,
        /// The process that had it, as its system numbers it.
        before: u32,
        /// The one that has it.
        now: u32,
    },
    /// A process was silent for too long and counts as gone.
    Silent {
        /// Which.
        process: Name,
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
