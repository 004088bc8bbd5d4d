//! What a node does with its controller: it keeps its copy of the registry and finds the way to every node it wants to call.
//!
//! Pure: the runtime hands in what happens and when, and does what comes out.

use std::sync::Arc;
use std::time::Instant;

use crate::{
    CallbackInfo, CallbackNumber, ControlFrame, Endpoint, LeftReason, NodeId, NodeIdentity,
    Registry, Ticket,
};

mod expected;

pub use expected::ExpectedCallers;

/// What a node is told when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSettings {
    /// Who it is.
    pub identity: NodeIdentity,
    /// Whether it makes and takes direct links; without, all its calls are relayed.
    pub direct: bool,
    /// Where it can be dialled, in its order of preference.
    pub endpoints: Vec<Endpoint>,
}

/// What happens to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// The controller has welcomed the node.
    ControlUp {
        /// The number the controller chose when it started.
        instance: u64,
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
    /// A call to this node is to be sent and there is no way to it yet: `Dial`, `Relay` or `PeerGone` follows, once.
    Want(NodeId),
    /// The direct link that was dialled is up.
    DialSucceeded(NodeId),
    /// None of the endpoints could be dialled.
    DialFailed(NodeId),
    /// The direct link to a node has ended.
    LinkLost(NodeId),
    /// The node leaves on purpose: it says goodbye and takes no new callers.
    Leave {
        /// What others' logs show.
        reason: String,
    },
    /// [`NodeState::next_deadline`] is reached.
    Tick,
}

/// What the runtime of a node is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeAction {
    /// Write a frame to the control connection.
    Send(ControlFrame),
    /// The registry is complete for the first time on this control connection: the node is ready.
    Ready,
    /// Publish [`NodeState::registry`].
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
    /// Let this caller in, once, until then.
    ExpectCaller {
        /// Who will dial.
        caller: NodeId,
        /// What it will show.
        ticket: Ticket,
        /// Until when.
        until: Instant,
    },
    /// Dial the serve lane and show the session: a relayed call waits.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeerGoneReason {
    /// It left.
    Left(LeftReason),
    /// The controller does not know it.
    Unknown,
    /// There is no controller to ask, and there was none for a while.
    NoController,
}

/// The state of a node.
#[derive(Debug)]
pub struct NodeState {
    settings: NodeSettings,
    registry: Arc<Registry>,
}

impl NodeState {
    /// A node that has no controller yet.
    pub fn new(settings: NodeSettings) -> Self {
        let registry = Arc::new(Registry::new(settings.identity.id));
        Self { settings, registry }
    }

    /// Takes in what happened at `now` and appends what is to be done to `out`.
    pub fn handle(&mut self, now: Instant, event: NodeEvent, out: &mut Vec<NodeAction>) {
        let _ = (now, event, out, &self.settings);
    }

    /// When a `Tick` has something to do; asked again after every event.
    pub fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// The registry as it is now; cheap.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Whether the controller has welcomed this node and the connection lives.
    pub fn is_connected(&self) -> bool {
        false
    }

    /// Sets where the node can be dialled from now on.
    pub fn set_endpoints(&mut self, endpoints: Vec<Endpoint>) {
        self.settings.endpoints = endpoints;
    }
}
