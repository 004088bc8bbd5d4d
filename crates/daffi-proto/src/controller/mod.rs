//! What a controller does: it keeps the members, introduces them to each other, and relays calls between those that
//! cannot meet.
//!
//! Pure: the runtime hands in what happens and when, and does what comes out. Who comes and goes is in `members`, whose
//! name it is in `contests`, how two nodes meet in `introductions`, and the calls that pass through in `relay`.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::{Hello, Limits, Member, Purpose, RefusalReason, Refused, Ticket};
use contests::Contest;
use introductions::{Introduction, Pair};
use members::{Node, StopAll};
use relay::Relay;
use timers::{Timer, Timers};

mod contests;
mod events;
mod introductions;
mod lanes;
mod members;
mod relay;
mod timers;

pub use events::{
    CloseReason, ConnectionId, ControllerAction, ControllerEvent, LanesUnderWay, News, RelayFrame,
};

use crate::NodeId;

/// The state of a controller: who is there, who wants to meet whom, and which calls pass through.
///
/// The same events at the same times give the same actions, given the same tickets.
pub struct ControllerState {
    instance: u64,
    limits: Limits,
    tickets: Box<dyn FnMut() -> Ticket + Send>,
    /// What each open connection is; one that is not here is closed, and what comes from it is dropped.
    connections: BTreeMap<ConnectionId, Role>,
    nodes: BTreeMap<NodeId, Node>,
    /// Newcomers that wait for a name, by their connections.
    contests: BTreeMap<ConnectionId, Contest>,
    introductions: BTreeMap<Pair, Introduction>,
    relay: Relay,
    timers: Timers,
    /// The token of the last ping.
    last_token: u64,
    stop_all: Option<StopAll>,
    /// Set by `Shutdown`, for good.
    is_shut_down: bool,
}

/// What a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Of a newcomer that waits for its name, and is not welcomed yet.
    Contesting,
    Control(NodeId),
    CallLane(NodeId),
    ServeLane(NodeId),
}

/// One event being handled: when, and what comes of it.
struct Step<'a> {
    now: Instant,
    out: &'a mut Vec<ControllerAction>,
}

impl Step<'_> {
    fn push(&mut self, action: ControllerAction) {
        self.out.push(action);
    }

    fn send(&mut self, connection: ConnectionId, frame: crate::ControlFrame) {
        self.push(ControllerAction::Send { connection, frame });
    }

    fn close(&mut self, connection: ConnectionId, reason: CloseReason) {
        self.push(ControllerAction::Close { connection, reason });
    }

    fn refuse(&mut self, connection: ConnectionId, reason: RefusalReason, text: &str) {
        self.push(ControllerAction::Refuse {
            connection,
            refused: Refused::new(reason, text),
        });
    }
}

impl core::fmt::Debug for ControllerState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ControllerState")
            .field("instance", &self.instance)
            .field("nodes", &self.nodes.len())
            .field("connections", &self.connections.len())
            .finish_non_exhaustive()
    }
}

impl ControllerState {
    /// A controller without members. `instance` is a random number of this start of it; `tickets` makes unguessable
    /// tickets.
    pub fn new(
        instance: u64,
        limits: Limits,
        tickets: impl FnMut() -> Ticket + Send + 'static,
    ) -> Self {
        Self {
            instance,
            relay: Relay::new(&limits),
            limits,
            tickets: Box::new(tickets),
            connections: BTreeMap::new(),
            nodes: BTreeMap::new(),
            contests: BTreeMap::new(),
            introductions: BTreeMap::new(),
            timers: Timers::default(),
            last_token: 0,
            stop_all: None,
            is_shut_down: false,
        }
    }

    /// Takes in what happened at `now` and appends what is to be done to `out`.
    pub fn handle(
        &mut self,
        now: Instant,
        event: ControllerEvent,
        out: &mut Vec<ControllerAction>,
    ) {
        let step = &mut Step { now, out };
        match event {
            ControllerEvent::Opened { connection, hello } => self.opened(step, connection, hello),
            ControllerEvent::Control { connection, frame } => {
                self.control_frame(step, connection, frame);
            }
            ControllerEvent::Relay { lane, frame } => self.relay_frame(step, lane, frame),
            ControllerEvent::Closed { connection } => self.closed(step, connection),
            ControllerEvent::Tick => self.tick(step),
            ControllerEvent::StopAll { except, wait } => self.start_stop_all(step, except, wait),
            ControllerEvent::Shutdown => self.shut_down(step),
        }
    }

    /// When a `Tick` has something to do; asked again after every event.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Everyone who is there, as snapshots show them, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.nodes
            .values()
            .filter(|node| node.is_announced)
            .map(|node| &node.member)
    }

    /// How many calls pass through now.
    pub fn relayed_calls(&self) -> usize {
        self.relay.len()
    }

    /// The lanes on which calls are under way now.
    pub fn lanes_under_way(&self) -> LanesUnderWay {
        self.relay.lanes_under_way()
    }

    /// Answers a hello. Whether its authentication is good is for the runtime to check before.
    fn opened(&mut self, step: &mut Step<'_>, connection: ConnectionId, hello: Hello) {
        if self.is_shut_down {
            return step.refuse(
                connection,
                RefusalReason::Stopping,
                "the controller is stopping",
            );
        }
        match hello.purpose {
            Purpose::Control(identity) => self.newcomer(step, connection, identity),
            Purpose::CallLane { node, session } => {
                self.lane_opened(step, connection, Role::CallLane(node), session);
            }
            Purpose::ServeLane { node, session } => {
                self.lane_opened(step, connection, Role::ServeLane(node), session);
            }
            Purpose::Direct { .. } => {
                let text = "a controller takes no direct links";
                step.refuse(connection, RefusalReason::WrongPurpose, text);
            }
        }
    }

    fn closed(&mut self, step: &mut Step<'_>, connection: ConnectionId) {
        match self.connections.get(&connection) {
            None => {}
            Some(Role::Contesting) => self.forget_contest(connection),
            Some(&Role::Control(node)) => self.node_left(step, node, crate::LeftReason::Lost, None),
            Some(Role::CallLane(_) | Role::ServeLane(_)) => self.lane_closed(step, connection),
        }
    }

    /// Ends a connection that broke a rule, and what hangs on it; nothing else.
    fn violation(&mut self, step: &mut Step<'_>, connection: ConnectionId, reason: CloseReason) {
        match self.connections.get(&connection) {
            Some(&Role::Control(node)) => {
                self.node_left(step, node, crate::LeftReason::Lost, Some(reason));
            }
            Some(_) => {
                step.close(connection, reason);
                self.closed(step, connection);
            }
            None => {}
        }
    }

    fn tick(&mut self, step: &mut Step<'_>) {
        while let Some(timer) = self.timers.due(step.now) {
            match timer {
                Timer::Heartbeat(node) => self.check_heartbeat(step, node),
                Timer::Contest(newcomer) => self.contest_is_due(step, newcomer),
                Timer::Introduction { caller, target } => {
                    self.introduction_is_due(step, Pair { caller, target });
                }
                Timer::ServeLane(node) => self.relay.give_up_waiting(step, node),
                Timer::LastAnswers(lane) => self.violation(step, lane, CloseReason::NodeLeft),
                Timer::StopAll => self.stop_all_is_due(step),
            }
        }
    }

    fn next_token(&mut self) -> u64 {
        self.last_token += 1;
        self.last_token
    }
}

#[cfg(test)]
mod tests;
