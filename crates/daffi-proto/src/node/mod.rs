//! What a node does with its controller: it keeps its copy of the registry and finds the way to every node it wants to
//! call.
//!
//! Pure: the runtime hands in what happens and when, and does what comes out. The way to each peer is in `peers`, what
//! becomes of members that the controller no longer shows in `absent`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::liveness::{Beat, Heartbeat};
use crate::{
    CallbackInfo, CallbackNumber, ControlFrame, Endpoint, ExpectOutcome, ExpectRefusal, LeftReason,
    Member, NodeId, NodeIdentity, Registry, Ticket,
};
use absent::{Absence, GRACE};
use peers::Way;

mod absent;
mod events;
mod expected;
mod peers;

pub use events::{NodeAction, NodeEvent, PeerGoneReason};
pub use expected::ExpectedCallers;

/// How long a caller has to dial with its ticket. 10 s: it dials at once; a new TCP connection may need three tries.
const DIALLING: Duration = Duration::from_secs(10);

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

/// The state of a node. The same events at the same times give the same actions.
#[derive(Debug)]
pub struct NodeState {
    settings: NodeSettings,
    registry: Arc<Registry>,
    /// What this node offers, told to every controller it meets.
    callbacks: Vec<CallbackInfo>,
    /// The control connection, while it is up.
    control: Option<Control>,
    /// There was a control connection before.
    was_connected: bool,
    /// The way to each node that was wanted; a node that is not here was not.
    ways: BTreeMap<NodeId, Way>,
    /// Members the controller does not show, and that are kept for now.
    absent: BTreeMap<NodeId, Absence>,
    is_leaving: bool,
}

/// What the controller is pinged with behind the first `Register`; the pings of the heartbeat have 0.
const REGISTERED: u64 = 1;

/// A control connection that is up.
#[derive(Debug)]
struct Control {
    session: Ticket,
    /// The controller was away and is back: until then others that it loses may be on their way back, too.
    settles_at: Option<Instant>,
    /// Who was shown so far, until the snapshot is complete.
    snapshot: Option<BTreeSet<NodeId>>,
    /// The controller has yet to say that it has read what this node offers.
    is_unread: bool,
    heartbeat: Heartbeat,
}

/// One event being handled: when, and what comes of it.
struct Step<'a> {
    now: Instant,
    out: &'a mut Vec<NodeAction>,
}

impl Step<'_> {
    fn push(&mut self, action: NodeAction) {
        self.out.push(action);
    }

    fn send(&mut self, frame: ControlFrame) {
        self.push(NodeAction::Send(frame));
    }
}

impl NodeState {
    /// A node that has no controller yet.
    pub fn new(settings: NodeSettings) -> Self {
        Self {
            registry: Arc::new(Registry::new(settings.identity.id)),
            settings,
            callbacks: Vec::new(),
            control: None,
            was_connected: false,
            ways: BTreeMap::new(),
            absent: BTreeMap::new(),
            is_leaving: false,
        }
    }

    /// Takes in what happened at `now` and appends what is to be done to `out`.
    pub fn handle(&mut self, now: Instant, event: NodeEvent, out: &mut Vec<NodeAction>) {
        let step = &mut Step { now, out };
        match event {
            NodeEvent::ControlUp { session } => self.control_up(step, session),
            NodeEvent::Control(frame) => self.control_frame(step, frame),
            NodeEvent::ControlLost => self.control_lost(),
            NodeEvent::Register(callbacks) => self.register(step, callbacks),
            NodeEvent::Unregister(numbers) => self.unregister(step, numbers),
            NodeEvent::Want(node) => self.want(step, node),
            NodeEvent::DialSucceeded(node) => self.dial_succeeded(node),
            NodeEvent::DialFailed(node) => self.dial_failed(step, node),
            NodeEvent::LinkLost(node) => self.link_lost(step, node),
            NodeEvent::PeerLeaves(node) => self.peer_leaves(step, node),
            NodeEvent::Leave { reason } => {
                self.is_leaving = true;
                if self.control.is_some() {
                    step.send(ControlFrame::Goodbye { reason });
                }
            }
            NodeEvent::Tick => {
                self.check_controller(step);
                // Before the ways are looked at: a member that is given up here is not waited for there.
                self.check_absent(step);
                self.check_ways(step);
            }
        }
    }

    /// When a `Tick` has something to do; asked again after every event.
    pub fn next_deadline(&self) -> Option<Instant> {
        let control = self.control.as_ref();
        let control = control.map(|control| control.heartbeat.next_look());
        let ways = self.ways.values().filter_map(Way::deadline);
        let absent = self.absent.values().filter_map(Absence::deadline);
        control.into_iter().chain(ways).chain(absent).min()
    }

    /// The registry as it is now; cheap.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Whether the controller has welcomed this node and the connection lives.
    pub const fn is_connected(&self) -> bool {
        self.control.is_some()
    }

    /// Sets where the node can be dialled from now on.
    pub fn set_endpoints(&mut self, endpoints: Vec<Endpoint>) {
        self.settings.endpoints = endpoints;
    }

    fn control_up(&mut self, step: &mut Step<'_>, session: Ticket) {
        self.control_lost();
        let is_back = core::mem::replace(&mut self.was_connected, true);
        self.control = Some(Control {
            session,
            settles_at: is_back.then(|| step.now + GRACE),
            snapshot: Some(BTreeSet::new()),
            is_unread: true,
            heartbeat: Heartbeat::new(step.now),
        });
        // At once, and even if empty: with it the controller shows this node to the others.
        step.send(ControlFrame::Register {
            callbacks: self.callbacks.clone(),
        });
        // Answered once that has been read: whoever starts after this node is ready sees it.
        step.send(ControlFrame::Ping { token: REGISTERED });
    }

    /// The registry stays as it is, and so do direct links; relayed calls end with their lanes.
    fn control_lost(&mut self) {
        self.control = None;
        self.forget_relays();
    }

    fn control_frame(&mut self, step: &mut Step<'_>, frame: ControlFrame) {
        let Some(control) = &mut self.control else {
            return;
        };
        if control.heartbeat.is_overdue(step.now) {
            control.settles_at = Some(step.now + GRACE);
        }
        control.heartbeat.heard(step.now);
        match frame {
            ControlFrame::Snapshot { members, done } => self.snapshot(step, members, done),
            ControlFrame::Joined { member } => self.joined(step, member),
            ControlFrame::Left { node, reason } => self.left(step, node, reason),
            ControlFrame::Registered { node, callbacks } => {
                self.change(step, |registry| registry.register(node, &callbacks));
            }
            ControlFrame::Unregistered { node, numbers } => {
                self.change(step, |registry| registry.unregister(node, &numbers));
            }
            ControlFrame::Expect { caller, ticket } => self.expect(step, caller, ticket),
            ControlFrame::Introduced { target, outcome } => self.introduced(step, target, outcome),
            ControlFrame::OpenLane => step.push(NodeAction::OpenServeLane {
                session: control.session,
            }),
            ControlFrame::Ping { token } => step.send(ControlFrame::Pong { token }),
            ControlFrame::Stop => step.push(NodeAction::StopRequested),
            ControlFrame::Pong { token: REGISTERED } if control.is_unread => {
                control.is_unread = false;
                if control.snapshot.is_none() {
                    step.push(NodeAction::Ready);
                }
            }
            // Another Pong counts by coming, which has been noted; after a Goodbye the connection ends, and that is handled.
            // The other frames are sent by nodes alone.
            ControlFrame::Pong { .. }
            | ControlFrame::Goodbye { .. }
            | ControlFrame::Register { .. }
            | ControlFrame::Unregister { .. }
            | ControlFrame::Introduce { .. }
            | ControlFrame::Expecting { .. } => {}
        }
    }

    fn register(&mut self, step: &mut Step<'_>, callbacks: Vec<CallbackInfo>) {
        CallbackInfo::merge(&mut self.callbacks, &callbacks);
        if self.control.is_some() {
            step.send(ControlFrame::Register { callbacks });
        }
    }

    fn unregister(&mut self, step: &mut Step<'_>, numbers: Vec<CallbackNumber>) {
        self.callbacks
            .retain(|callback| !numbers.contains(&callback.number));
        if self.control.is_some() {
            step.send(ControlFrame::Unregister { numbers });
        }
    }

    /// Members come in parts, each of which takes effect at once; who is missing is known with the last.
    fn snapshot(&mut self, step: &mut Step<'_>, members: Vec<Member>, done: bool) {
        if !members.is_empty() {
            for member in members {
                self.enter(step, member);
            }
            step.push(NodeAction::RegistryChanged);
        }
        let Some(control) = self.control.as_mut().filter(|_| done) else {
            return;
        };
        if let Some(shown) = control.snapshot.take() {
            let is_ready = !control.is_unread;
            self.mark_missing(step, &shown);
            if is_ready {
                step.push(NodeAction::Ready);
            }
            self.ask_waiting(step);
        }
    }

    fn joined(&mut self, step: &mut Step<'_>, member: Member) {
        self.enter(step, member);
        step.push(NodeAction::RegistryChanged);
        self.ask_waiting(step);
    }

    fn enter(&mut self, step: &mut Step<'_>, member: Member) {
        let id = member.identity.id;
        self.absent.remove(&id);
        if let Some(shown) = self
            .control
            .as_mut()
            .and_then(|control| control.snapshot.as_mut())
        {
            shown.insert(id);
        }
        if let Some(other) = Arc::make_mut(&mut self.registry).join(member) {
            self.peer_gone(step, other, PeerGoneReason::Left(LeftReason::Replaced));
        }
    }

    fn expect(&mut self, step: &mut Step<'_>, caller: NodeId, ticket: Ticket) {
        let refusal = if self.is_leaving {
            Some(ExpectRefusal::Stopping)
        } else if !self.settings.direct {
            Some(ExpectRefusal::RelayOnly)
        } else {
            self.settings
                .endpoints
                .is_empty()
                .then_some(ExpectRefusal::NoEndpoint)
        };
        let outcome = match refusal {
            Some(reason) => ExpectOutcome::Refused(reason),
            None => {
                // Before the answer: else the caller could dial before it is expected.
                step.push(NodeAction::ExpectCaller {
                    caller,
                    ticket,
                    until: step.now + DIALLING,
                });
                ExpectOutcome::At(self.settings.endpoints.clone())
            }
        };
        step.send(ControlFrame::Expecting {
            caller,
            ticket,
            outcome,
        });
    }

    fn check_controller(&mut self, step: &mut Step<'_>) {
        let Some(control) = &mut self.control else {
            return;
        };
        if control.heartbeat.next_look() > step.now {
            return;
        }
        match control.heartbeat.look(step.now) {
            Beat::Lives => {}
            Beat::Ask => step.send(ControlFrame::Ping { token: 0 }),
            Beat::Lost => {
                step.push(NodeAction::CloseControl);
                self.control_lost();
            }
        }
    }

    /// Changes the registry and says so, if there was anything to change.
    fn change(&mut self, step: &mut Step<'_>, change: impl FnOnce(&mut Registry) -> bool) {
        if change(Arc::make_mut(&mut self.registry)) {
            step.push(NodeAction::RegistryChanged);
        }
    }
}

#[cfg(test)]
mod tests;
