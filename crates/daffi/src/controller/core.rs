//! The controller's one state and its connections: events go in from the tasks of the connections, actions come out.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};

use daffi_proto::{
    CallId, ConnectionId, ControlFrame, ControllerAction, ControllerEvent, ControllerState,
    FrameKind, Head, LanesUnderWay, Limits, Name, News, NodeId, Pace,
};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

use super::connection::{Connection, Verdict};
use super::relay::{self, Relayed};
use crate::net::system;

/// How long a stopping controller waits until the goodbyes are written. 1 s: a node that does not read learns from the
/// hang-up.
const GOODBYES: Duration = Duration::from_secs(1);

pub(crate) struct Core {
    pub(super) limits: Limits,
    /// Borrowed for the length of one event only; actions are done after.
    state: RefCell<ControllerState>,
    connections: RefCell<FxHashMap<ConnectionId, Rc<Connection>>>,
    /// Frames of relayed calls that wait for a lane.
    pub(super) held: RefCell<FxHashMap<CallId, Vec<u8>>>,
    next_connection: Cell<u64>,
    /// Connections whose handshake is under way.
    pub(super) handshakes: Cell<usize>,
    pub(super) handshake_over: Notify,
    /// The deadline of the state may have changed.
    deadline: Notify,
    /// A connection has ended.
    closed: Notify,
    /// Who waits for all nodes to stop.
    stop_all: RefCell<Vec<std_mpsc::Sender<Vec<Name>>>>,
}

impl Core {
    pub(crate) fn new(limits: Limits) -> io::Result<Self> {
        let instance = u64::from_le_bytes(system::random()?);
        // The system's random numbers do not fail once they have begun to flow.
        let tickets = || system::random_ticket().expect("random bytes came before");
        Ok(Self {
            state: RefCell::new(ControllerState::new(instance, limits.clone(), tickets)),
            limits,
            connections: RefCell::default(),
            held: RefCell::default(),
            next_connection: Cell::new(1),
            handshakes: Cell::new(0),
            handshake_over: Notify::new(),
            deadline: Notify::new(),
            closed: Notify::new(),
            stop_all: RefCell::default(),
        })
    }

    pub(super) fn add(
        &self,
        connection: impl FnOnce(ConnectionId) -> Connection,
    ) -> Rc<Connection> {
        let id = ConnectionId(self.next_connection.get());
        self.next_connection.set(id.0 + 1);
        let connection = Rc::new(connection(id));
        self.connections
            .borrow_mut()
            .insert(id, Rc::clone(&connection));
        connection
    }

    pub(super) fn remove(&self, id: ConnectionId) {
        self.connections.borrow_mut().remove(&id);
        self.closed.notify_waiters();
    }

    pub(super) fn connections(&self) -> Vec<Rc<Connection>> {
        self.connections.borrow().values().cloned().collect()
    }

    pub(super) fn lanes_under_way(&self) -> LanesUnderWay {
        self.state.borrow().lanes_under_way()
    }

    pub(super) fn connection(&self, id: ConnectionId) -> Option<Rc<Connection>> {
        self.connections.borrow().get(&id).cloned()
    }

    /// Hands an event to the rules and does what they say.
    pub(super) fn handle(&self, event: ControllerEvent) {
        self.handle_with(event, None);
    }

    /// The same for a frame of a relayed call; gives the lane it was forwarded to.
    pub(super) fn relay(
        &self,
        event: ControllerEvent,
        frame: &Relayed<'_>,
    ) -> Option<Rc<Connection>> {
        self.handle_with(event, Some(frame))
    }

    fn handle_with(
        &self,
        event: ControllerEvent,
        frame: Option<&Relayed<'_>>,
    ) -> Option<Rc<Connection>> {
        let mut actions = Vec::new();
        self.state
            .borrow_mut()
            .handle(Instant::now(), event, &mut actions);
        let mut forwarded = None;
        for action in actions {
            match (action, frame) {
                (ControllerAction::Forward { to, call }, Some(frame)) => {
                    forwarded = self.connection(to);
                    if let Some(lane) = &forwarded {
                        frame.push_to(&lane.outbox, call);
                    }
                }
                (ControllerAction::Hold { call }, Some(frame)) => {
                    let mut held = self.held.borrow_mut();
                    frame.append_to(held.entry(call).or_default(), call);
                }
                (action, _) => self.act(action),
            }
        }
        self.deadline.notify_one();
        forwarded
    }

    fn act(&self, action: ControllerAction) {
        match action {
            ControllerAction::Welcome {
                connection,
                welcome,
            } => self.with(connection, |connection| {
                let mut bytes = Vec::new();
                welcome.encode(&mut bytes);
                connection.outbox.push(&bytes);
                connection.decide(Verdict::Welcome);
            }),
            ControllerAction::Refuse {
                connection,
                refused,
            } => self.with(connection, |connection| {
                let mut bytes = Vec::new();
                refused.encode(&mut bytes);
                connection.outbox.push(&bytes);
                connection.decide(Verdict::Refuse);
            }),
            ControllerAction::Send { connection, frame } => {
                let bytes = encoded(&frame);
                self.with(connection, |connection| connection.outbox.push(&bytes));
            }
            ControllerAction::Announce { connections, frame } => {
                let bytes = encoded(&frame);
                for connection in connections {
                    self.with(connection, |connection| connection.outbox.push(&bytes));
                }
            }
            ControllerAction::Close { connection, reason } => {
                tracing::debug!(connection = connection.0, %reason, "a connection is closed");
                self.with(connection, Connection::close);
            }
            ControllerAction::Release { call, to } => {
                let held = self.held.borrow_mut().remove(&call).unwrap_or_default();
                self.with(to, |lane| lane.outbox.push(&held));
            }
            ControllerAction::Discard { call } => {
                self.held.borrow_mut().remove(&call);
            }
            ControllerAction::Pause { lane } => self.with(lane, |lane| lane.pause(true)),
            ControllerAction::Resume { lane } => self.with(lane, |lane| lane.pause(false)),
            ControllerAction::ReplyFailed { to, call, code } => {
                let bytes = relay::failed_reply(call, code);
                self.with(to, |lane| lane.outbox.push(&bytes));
            }
            ControllerAction::Cancel { to, call } => {
                let bytes = relay::cancel(call);
                self.with(to, |lane| lane.outbox.push(&bytes));
            }
            ControllerAction::Tell(news) => tell(&news),
            ControllerAction::StoppedAll { remaining } => {
                for waiting in self.stop_all.borrow_mut().drain(..) {
                    let _ = waiting.send(remaining.clone());
                }
            }
            // These two belong to a frame; without one there is nothing to forward.
            ControllerAction::Forward { .. } | ControllerAction::Hold { .. } => (),
            ControllerAction::Drop | ControllerAction::MembersChanged => (),
        }
    }

    fn with(&self, id: ConnectionId, then: impl FnOnce(&Connection)) {
        if let Some(connection) = self.connection(id) {
            then(&connection);
        }
    }

    pub(super) async fn keep_time(&self) {
        loop {
            let next = self.state.borrow().next_deadline();
            let changed = self.deadline.notified();
            match next {
                None => changed.await,
                Some(at) => {
                    if tokio::time::timeout_at(at.into(), changed).await.is_err() {
                        self.handle(ControllerEvent::Tick);
                    }
                }
            }
        }
    }

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

    /// Asks every node but one to stop; `remaining` hears who has not left in time.
    pub(super) fn stop_all(
        &self,
        except: Option<NodeId>,
        wait: Duration,
        remaining: std_mpsc::Sender<Vec<Name>>,
    ) {
        self.stop_all.borrow_mut().push(remaining);
        self.handle(ControllerEvent::StopAll { except, wait });
    }

    /// Waits until every connection has ended, for a while.
    pub(super) async fn wait_closed(&self) {
        let all = async {
            loop {
                let closed = self.closed.notified();
                if self.connections.borrow().is_empty() {
                    return;
                }
                closed.await;
            }
        };
        let _ = tokio::time::timeout(GOODBYES, all).await;
    }
}

fn tell(news: &News) {
    match news {
        News::NameTakenOver {
            process,
            before,
            now,
        } => {
            tracing::warn!(%process, before, now, "a process did not answer, and another has taken its name");
        }
        News::Silent { process } => {
            tracing::warn!(%process, "a process was silent for too long and counts as gone");
        }
    }
}

fn encoded(frame: &ControlFrame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(Head::SIZE);
    frame.encode(&mut bytes);
    bytes
}
