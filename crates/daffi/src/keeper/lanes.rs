//! The two lanes to the controller, for nodes that do not meet: one for the calls this node makes, one for those made
//! to it.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Lost, ServeGroup, ServedLinkId};
use daffi_proto::{Hello, NodeId, Purpose, Ticket, Version};
use tokio::task::{JoinHandle, spawn_local};

use super::control::Control;
use super::events::{Event, Reports};
use super::farewell::see_off;
use super::routes::Met;
use crate::error::NotBegun;
use crate::members::route::Route;
use crate::members::table::Members;
use crate::net::backoff::Backoff;
use crate::net::handshake::{HandshakeError, greet};
use crate::net::socket::Socket;

/// How often the serve lane is dialled for one request. 3: the controller waits 3 s for it and asks again for the next.
const SERVE_LANE_ATTEMPTS: usize = 3;

/// How often the call lane is dialled before the calls that wait for it fail. 10: with the waits between, some 6 s.
const CALL_LANE_ATTEMPTS: usize = 10;

/// The lane for calls of this node.
pub(super) struct CallLane {
    control: Rc<Control>,
    members: Arc<Members>,
    reports: Rc<Reports>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    route: Option<Arc<Route>>,
    /// Peers with calls that wait for the lane.
    waiting: Vec<NodeId>,
    dialling: bool,
}

impl CallLane {
    pub(super) fn new(control: Rc<Control>, members: Arc<Members>, reports: Rc<Reports>) -> Self {
        Self {
            control,
            members,
            reports,
            state: RefCell::default(),
        }
    }

    /// The lane has ended.
    pub(super) fn lost(&self, number: u64) {
        let route = &mut self.state.borrow_mut().route;
        if route.as_ref().is_some_and(|route| route.number == number) {
            *route = None;
        }
    }

    /// This peer does not wait any more.
    pub(super) fn forget(&self, node: NodeId) {
        self.state
            .borrow_mut()
            .waiting
            .retain(|waiting| *waiting != node);
    }

    /// Lets the calls to this node travel on the lane, as soon as there is one.
    pub(super) fn relay(self: &Rc<Self>, node: NodeId) {
        let open = {
            let mut state = self.state.borrow_mut();
            let open = state.route.clone().filter(|route| route.link.is_open());
            if open.is_none() && !state.waiting.contains(&node) {
                state.waiting.push(node);
            }
            open
        };
        match open {
            Some(route) => self.found_by_relay(node, route),
            None => self.reopen(),
        }
    }

    fn found_by_relay(&self, node: NodeId, route: Arc<Route>) {
        if let Some(peer) = self.members.known_peer(node) {
            peer.found(route);
        }
    }

    /// This node is not there for now: its calls, and those that wait for the lane, ask for the way anew.
    pub(super) fn relay_no_more(&self, node: NodeId) {
        self.forget(node);
        let lane = self.state.borrow().route.clone();
        if let Some(peer) = self.members.known_peer(node) {
            if let Some(lane) = lane {
                peer.lost(lane.number);
            }
            peer.give_up();
        }
    }

    /// Dials the call lane if anyone waits for it and nobody dials.
    pub(super) fn reopen(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if state.dialling || state.waiting.is_empty() {
                return;
            }
            state.dialling = true;
        }
        // Ends with the lane open, or with the control connection.
        spawn_local(Rc::clone(self).open_call_lane());
    }

    async fn open_call_lane(self: Rc<Self>) {
        let mut backoff = Backoff::new();
        let mut opened = None;
        for _ in 0..CALL_LANE_ATTEMPTS {
            let Some(session) = self.control.session() else {
                break;
            };
            let node = self.control.settings().identity.id;
            let dialled = dial_lane(&self.control, Purpose::CallLane { node, session }).await;
            let met = dialled.and_then(|(socket, version)| {
                let wire = socket.into_wire()?;
                Ok(Met { wire, version })
            });
            match met {
                Ok(met) => {
                    opened = Some(met);
                    break;
                }
                Err(error) => {
                    tracing::debug!(%error, "the call lane cannot be opened yet");
                    tokio::time::sleep(backoff.wait()).await;
                }
            }
        }
        self.reports.report(Event::CallLaneOpened(opened));
    }

    /// The attempts to open it are over; without a route where it could not be opened.
    pub(super) fn opened(&self, opened: Option<&Arc<Route>>) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.dialling = false;
            state.route = opened.cloned();
            std::mem::take(&mut state.waiting)
        };
        for node in waiting {
            match opened {
                Some(route) => self.found_by_relay(node, Arc::clone(route)),
                None => self.no_relay(node),
            }
        }
    }

    /// The calls that wait for this peer fail before they are sent.
    fn no_relay(&self, node: NodeId) {
        if let Some(peer) = self.members.forget_peer(node) {
            peer.gone(NotBegun::NoController);
        }
    }

    /// The control connection has ended: who waits asks anew, and learns whether to wait on.
    pub(super) fn has_no_controller(&self) {
        let waiting = std::mem::take(&mut self.state.borrow_mut().waiting);
        for node in waiting {
            if let Some(peer) = self.members.known_peer(node) {
                peer.give_up();
            }
        }
    }

    /// The controller was silent for too long: what is relayed ends with it.
    pub(super) fn close(&self) {
        let route = self.state.borrow_mut().route.take();
        if let Some(route) = route {
            // What has come before is read.
            route.link.pump();
            route.link.close(Lost::Silent);
        }
    }
}

/// The lane for calls to this node.
pub(super) struct ServeLane {
    control: Rc<Control>,
    group: Arc<ServeGroup>,
    /// The lane, if it was opened.
    lane: Cell<Option<ServedLinkId>>,
    /// What last opened it, or still does.
    opens: RefCell<Option<JoinHandle<()>>>,
    /// This process stops.
    retired: Cell<bool>,
}

impl ServeLane {
    pub(super) fn new(control: Rc<Control>, group: Arc<ServeGroup>) -> Self {
        Self {
            control,
            group,
            lane: Cell::new(None),
            opens: RefCell::new(None),
            retired: Cell::new(false),
        }
    }

    /// Opens it, as a relayed call waits for it.
    pub(super) fn open(self: &Rc<Self>, session: Ticket) {
        // Ends after a few attempts.
        let opens = spawn_local(Rc::clone(self).dial(session));
        *self.opens.borrow_mut() = Some(opens);
    }

    /// Waits until it is open, where it is just being opened.
    pub(super) async fn opening(&self, until: Instant) {
        if let Some(opens) = self.opens.take() {
            let _ = tokio::time::timeout_at(until.into(), opens).await;
        }
    }

    /// This process stops: what comes on a new lane is told that it does not run.
    pub(super) fn retire(&self) {
        self.retired.set(true);
    }

    /// The controller was silent for too long: what hangs on it ends with it.
    pub(super) fn close(&self) {
        if let Some(lane) = self.lane.take() {
            self.group.close(lane);
        }
    }

    async fn dial(self: Rc<Self>, session: Ticket) {
        let mut backoff = Backoff::new();
        for _ in 0..SERVE_LANE_ATTEMPTS {
            let node = self.control.settings().identity.id;
            match dial_lane(&self.control, Purpose::ServeLane { node, session }).await {
                Ok((socket, _)) => {
                    if let Err(error) = self.opened(socket).await {
                        tracing::warn!(%error, "there is no serve lane");
                    }
                    return;
                }
                Err(error) => tracing::debug!(%error, "the serve lane cannot be opened yet"),
            }
            if self.retired.get() {
                return;
            }
            tokio::time::sleep(backoff.wait()).await;
        }
    }

    async fn opened(&self, socket: Socket) -> io::Result<()> {
        if self.retired.get() {
            // It was asked for before this process began to stop: what waits for it goes elsewhere.
            return see_off(&socket).await;
        }
        let lane = self.group.add(socket.into_wire()?, None);
        // The controller asks for another only where the one before is broken, as it sees it.
        if let Some(earlier) = self.lane.replace(Some(lane)) {
            self.group.close(earlier);
        }
        Ok(())
    }
}

async fn dial_lane(
    control: &Control,
    purpose: Purpose,
) -> Result<(Socket, Version), HandshakeError> {
    let place = control.place();
    let place = place.ok_or(HandshakeError::NotDaffi("there is no controller"))?;
    let limits = &control.settings().limits;
    let open = async {
        let socket = Socket::dial(&place).await?;
        let welcome = greet(&socket, &Hello::new(purpose), limits).await?;
        Ok((socket, welcome.version))
    };
    let in_time = tokio::time::timeout(limits.handshake, open).await;
    in_time.unwrap_or(Err(HandshakeError::TimedOut))
}
