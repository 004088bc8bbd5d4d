//! What happens to a node and what it does about it: the whole surface between its rules and its runtime.

use std::time::Instant;

use crate::{CallbackInfo, CallbackNumber, ControlFrame, Endpoint, LeftReason, NodeId, Ticket};

/// What happens to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// The controller has welcomed the node.
    ControlUp {
        /// What the node's lanes show.
        session: Ticket,
    },
    /// A frame came from the controller.
    Control(ControlFrame),
    /// The control connection has ended. The runtime dials again.
    ControlLost,
    /// The process offers more callbacks.
    Register(Vec<CallbackInfo>),
    /// The process offers fewer callbacks.
    Unregister(Vec<CallbackNumber>),
    /// A call to this node is to be sent and the runtime knows no way to it: no direct link is up, nor was a relay named. `Relay` or `PeerGone` follows, or a `Dial` whose
    /// end decides; at once or later, but in any case.
    Want(NodeId),
    /// The direct link that was dialled is up.
    DialSucceeded(NodeId),
    /// None of the endpoints could be dialled.
    DialFailed(NodeId),
    /// The direct link to a node has ended.
    LinkLost(NodeId),
    /// A peer has said on its direct link that it takes no new calls; those under way go on.
    PeerLeaves(NodeId),
    /// The node leaves on purpose: it says goodbye and takes no new callers.
    Leave {
        /// What others' logs show.
        reason: String,
    },
    /// [`NodeState::next_deadline`](crate::NodeState::next_deadline) is reached.
    Tick,
}

/// What the runtime of a node is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeAction {
    /// Write a frame to the control connection.
    Send(ControlFrame),
    /// For the first time on this control connection the registry is complete, and the controller shows this node to
    /// others: it is ready.
    Ready,
    /// Publish [`NodeState::registry`](crate::NodeState::registry).
    RegistryChanged,
    /// Dial one of these endpoints, the first that answers, and show the ticket. Ends in `DialSucceeded` or `DialFailed`.
    Dial {
        /// Who is there.
        target: NodeId,
        /// Where, best first.
        endpoints: Vec<Endpoint>,
        /// What to show.
        ticket: Ticket,
    },
    /// Send the calls to this node over the call lane.
    Relay(NodeId),
    /// The calls to this node no longer travel on the call lane: it is not there for now. Who calls it, or waits for that
    /// lane, wants it anew.
    AskAnew(NodeId),
    /// Let this caller in, once, until then.
    ExpectCaller {
        /// Who will dial.
        caller: NodeId,
        /// What it will show.
        ticket: Ticket,
        /// Until when.
        until: Instant,
    },
    /// Dial the serve lane and show the session, unless that is being done: a relayed call waits. One that was open is
    /// broken, as the controller sees it, and is replaced.
    OpenServeLane {
        /// What to show.
        session: Ticket,
    },
    /// There is no way to this node: its waiting and relayed calls fail. Those on a direct link end with the link.
    PeerGone {
        /// Which.
        node: NodeId,
        /// Why.
        reason: PeerGoneReason,
    },
    /// The controller was silent for too long: close the control connection. No `ControlLost` is needed for it.
    CloseControl,
    /// The controller asks this process to stop.
    StopRequested,
}

/// Why there is no way to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PeerGoneReason {
    /// It left.
    #[error("{0}")]
    Left(LeftReason),
    /// The controller does not know it.
    #[error("the controller does not know it")]
    Unknown,
    /// There is no controller to ask, and there was none for a while.
    #[error("there is no controller to ask")]
    NoController,
}
