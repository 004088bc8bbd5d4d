//! The house-keeper of a node: one thread with a small tokio, which does what [`NodeState`] says.
//!
//! It holds the control connection, dials, lets callers in, keeps time, and looks after links that nobody waits on. It
//! never runs callbacks and never waits for the language around it, so a busy process is not taken for a dead one.

mod control;
mod direct;
mod farewell;
mod lanes;
mod routes;
mod sending;
pub(crate) mod starting;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use daffi_link::{CallerLink, LinkOptions, ServeGroup, ServedLinkId, Wire};
use daffi_proto::{
    ControlFrame, Endpoint, ExpectedCallers, Limits, NodeAction, NodeEvent, NodeId, NodeIdentity,
    NodeSettings, NodeState, Pace, PeerGoneReason, Version,
};
use tokio::sync::Notify;
use tokio::task::{self, LocalSet, spawn_local};

use crate::call::caller::Caller;
use crate::call::retry::Retrying;
use crate::error::{NotBegun, StartError};
use crate::host::Host;
use crate::keeper::control::Control;
use crate::keeper::direct::Listening;
use crate::keeper::lanes::CallLane;
use crate::keeper::routes::Routes;
use crate::keeper::starting::Reporter;
use crate::members::commands::Command;
use crate::members::route::{NewRoute, Route};
use crate::net::address::Address;
use crate::serve::delays::Due;
use crate::serve::service::NodeService;
use crate::settings::Direct;

/// What a house-keeper needs to know beside what all threads share.
pub(crate) struct KeeperSettings {
    pub(crate) identity: NodeIdentity,
    pub(crate) address: Address,
    pub(crate) direct: Direct,
    pub(crate) limits: Limits,
    pub(crate) host: Arc<dyn Host>,
}

/// What the house-keeper looks after.
pub(crate) struct NodeParts {
    pub(crate) caller: Arc<Caller>,
    pub(crate) service: Arc<NodeService>,
    pub(crate) retrying: Arc<Retrying>,
    pub(crate) group: Arc<ServeGroup>,
}

pub(crate) struct Keeper {
    pub(crate) settings: KeeperSettings,
    pub(crate) caller: Arc<Caller>,
    service: Arc<NodeService>,
    retrying: Arc<Retrying>,
    pub(crate) group: Arc<ServeGroup>,
    pub(crate) news: Reporter,
    /// Borrowed for the length of one event only; actions are done after.
    state: RefCell<NodeState>,
    /// The deadline of the state may have changed.
    deadline: Notify,
    pub(crate) routes: Routes,
    pub(crate) control: Control,
    pub(crate) lane: CallLane,
    /// The lane for calls to this node, if it was opened.
    pub(crate) serve_lane: Cell<Option<ServedLinkId>>,
    /// What last opened it, or still does.
    opens_serve_lane: RefCell<Option<task::JoinHandle<()>>>,
    pub(crate) listening: Listening,
    pub(crate) expected: RefCell<ExpectedCallers>,
    /// No new callers are let in any more.
    pub(crate) retired: Cell<bool>,
    next_route: Cell<u64>,
}

impl Keeper {
    /// Starts the thread. It ends by [`Command::Leave`].
    pub(crate) fn spawn(
        settings: KeeperSettings,
        parts: NodeParts,
        news: Reporter,
    ) -> Result<JoinHandle<()>, StartError> {
        let system = |source| StartError::System {
            what: "start the house-keeping thread",
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(system)?;
        let thread = std::thread::Builder::new().name("daffi-keeper".into());
        let body = move || {
            let local = LocalSet::new();
            let ended = local.block_on(&runtime, async {
                let keeper = Self::new(settings, parts, news)?;
                Rc::new(keeper).run().await;
                Ok::<_, io::Error>(())
            });
            if let Err(error) = ended {
                tracing::error!(%error, "the house-keeping thread could not start");
            }
            drop(local);
            // A name that is being looked up may take as long as it likes: nobody waits for it any more.
            runtime.shutdown_background();
        };
        thread.spawn(body).map_err(system)
    }

    fn new(settings: KeeperSettings, parts: NodeParts, news: Reporter) -> io::Result<Self> {
        let state = NodeState::new(NodeSettings {
            identity: settings.identity.clone(),
            direct: settings.direct != Direct::Never,
            endpoints: Vec::new(),
        });
        Ok(Self {
            state: RefCell::new(state),
            deadline: Notify::new(),
            routes: Routes::new()?,
            control: Control::default(),
            lane: CallLane::default(),
            serve_lane: Cell::new(None),
            opens_serve_lane: RefCell::new(None),
            listening: Listening::default(),
            expected: RefCell::default(),
            retired: Cell::new(false),
            next_route: Cell::new(1),
            settings,
            caller: parts.caller,
            service: parts.service,
            retrying: parts.retrying,
            group: parts.group,
            news,
        })
    }

    async fn run(self: Rc<Self>) {
        self.handle(NodeEvent::Register(self.service.offers.infos()));
        // All of these end with the thread, when the set of its tasks is dropped.
        spawn_local(Rc::clone(&self).keep_time());
        spawn_local(Rc::clone(&self).run_delays());
        spawn_local(Rc::clone(&self).run_retries());
        spawn_local(Rc::clone(&self).run_tasks());
        spawn_local(Rc::clone(&self).run_patience());
        spawn_local(Rc::clone(&self).run_sending_limits());
        spawn_local(Rc::clone(&self).run_sweeps());
        spawn_local(Rc::clone(&self).run_link_events());
        spawn_local(Rc::clone(&self).watch_life());
        spawn_local(Rc::clone(&self).stay_connected());
        loop {
            for command in self.caller.commands.take().await {
                match command {
                    Command::Want(node) => self.want(node),
                    Command::Send(node) => {
                        // Ends when nothing waits to be sent to this node.
                        spawn_local(Rc::clone(&self).send_to(node));
                    }
                    Command::SeeOut(route) => self.routes.see_out(route),
                    Command::RouteLost(number) => self.route_lost(number),
                    Command::PeerLeaves(node) => self.handle(NodeEvent::PeerLeaves(node)),
                    Command::Sweep(route) => self.routes.sweep(route),
                    Command::Watch(route) => self.routes.watch(route),
                    Command::Register(callbacks) => self.handle(NodeEvent::Register(callbacks)),
                    Command::Retire => self.retire(),
                    Command::Leave(until) => return self.leave(until).await,
                }
            }
        }
    }

    /// Hands an event to the rules and does what they say.
    pub(crate) fn handle(self: &Rc<Self>, event: NodeEvent) {
        let mut actions = Vec::new();
        self.state
            .borrow_mut()
            .handle(Instant::now(), event, &mut actions);
        for action in actions {
            self.act(action);
        }
        self.deadline.notify_one();
    }

    fn act(self: &Rc<Self>, action: NodeAction) {
        match action {
            NodeAction::Send(frame) => self.control.send(&frame),
            NodeAction::Ready => self.news.ready(),
            NodeAction::RegistryChanged => {
                let registry = self.state.borrow().registry();
                self.caller.members.publish(registry);
                self.caller.members.forget_absent_peers();
            }
            NodeAction::Dial {
                target,
                endpoints,
                ticket,
            } => {
                spawn_local(Rc::clone(self).dial(target, endpoints, ticket));
            }
            NodeAction::Relay(node) => self.relay(node),
            NodeAction::AskAnew(node) => self.relay_no_more(node),
            NodeAction::ExpectCaller {
                caller,
                ticket,
                until,
            } => {
                let mut expected = self.expected.borrow_mut();
                expected.expect(Instant::now(), caller, ticket, until);
            }
            NodeAction::OpenServeLane { session } => {
                let opens = spawn_local(Rc::clone(self).open_serve_lane(session));
                *self.opens_serve_lane.borrow_mut() = Some(opens);
            }
            NodeAction::PeerGone { node, reason } => {
                self.lane.forget(node);
                if let Some(peer) = self.caller.members.forget_peer(node) {
                    tracing::debug!(process = %peer.process(), %reason, "there is no way to a process any more");
                    peer.gone(match reason {
                        PeerGoneReason::NoController => NotBegun::NoController,
                        PeerGoneReason::Left(_) | PeerGoneReason::Unknown => NotBegun::Away,
                    });
                }
            }
            NodeAction::CloseControl => {
                self.control.close_silently();
                self.close_lanes();
            }
            NodeAction::StopRequested => self.caller.stop.order(),
        }
    }

    fn want(self: &Rc<Self>, node: NodeId) {
        // A peer that was away for a moment is made anew, while its link may have lived on.
        match (
            self.routes.direct(node),
            self.caller.members.known_peer(node),
        ) {
            (Some(route), Some(peer)) => peer.found(route),
            _ => self.handle(NodeEvent::Want(node)),
        }
    }

    /// Makes a caller's link of a wire and enters it among the routes.
    pub(crate) fn add_route(&self, met: Met, node: Option<NodeId>) -> Arc<Route> {
        let Met { wire, version } = met;
        let number = self.next_route.get();
        self.next_route.set(number + 1);
        let commands = Arc::downgrade(&self.caller.commands);
        let (leaves, stop) = (Weak::clone(&commands), Arc::clone(&self.caller.stop));
        let ended_by_us = Arc::new(AtomicBool::new(false));
        let by_us = Arc::clone(&ended_by_us);
        let link = CallerLink::new(
            wire,
            LinkOptions {
                allocator: self.settings.host.clone(),
                limits: self.settings.limits.clone(),
                on_lost: Box::new(move |_| {
                    by_us.store(stop.refuses_calls(), Ordering::Release);
                    if let Some(commands) = commands.upgrade() {
                        commands.send(Command::RouteLost(number));
                    }
                }),
                on_leaving: Box::new(move || {
                    if let (Some(commands), Some(node)) = (leaves.upgrade(), node) {
                        commands.send(Command::PeerLeaves(node));
                    }
                }),
                shows_life: version.shows_life(),
            },
        );
        let new = NewRoute {
            number,
            relayed: node.is_none(),
            commands: Arc::clone(&self.caller.commands),
            silence: self.settings.limits.silence(),
            ended_by_us,
        };
        let route = Arc::new(Route::new(link, new));
        self.routes.add(&route, node);
        route
    }

    fn route_lost(self: &Rc<Self>, number: u64) {
        match self.routes.remove(number) {
            None => (),
            Some(Some(node)) => {
                self.handle(NodeEvent::LinkLost(node));
                if let Some(peer) = self.caller.members.known_peer(node) {
                    peer.lost(number);
                    // Whoever waits may have asked when the link still counted as there.
                    peer.give_up();
                }
            }
            Some(None) => {
                self.lane.lost(number);
                for peer in self.caller.members.peers() {
                    peer.lost(number);
                }
            }
        }
    }

    /// Sets where others can dial this node.
    pub(crate) fn set_endpoints(&self, endpoints: Vec<Endpoint>) {
        self.state.borrow_mut().set_endpoints(endpoints);
    }

    fn retire(self: &Rc<Self>) {
        self.retired.set(true);
        let numbers = self.service.offers.infos();
        let numbers = numbers.into_iter().map(|info| info.number).collect();
        self.handle(NodeEvent::Unregister(numbers));
        // The controller may be away, or slower than the next call.
        self.group.say_leaving();
    }

    async fn leave(self: &Rc<Self>, until: Instant) {
        self.routes.finish(until).await;
        // Calls may wait for a lane that is just being opened: they hear that they do not run.
        if let Some(opens) = self.opens_serve_lane.take() {
            let _ = tokio::time::timeout_at(until.into(), opens).await;
        }
        // Before the controller hears of it, and hangs up on the lanes: what ends here ends because of this process.
        self.routes.close();
        self.handle(NodeEvent::Leave {
            reason: "stopped".to_owned(),
        });
        self.control.leave().await;
        // What was being dialled meanwhile.
        self.routes.close();
        for peer in self.caller.members.peers() {
            peer.gone(NotBegun::Away);
        }
    }

    async fn keep_time(self: Rc<Self>) {
        loop {
            let next = self.state.borrow().next_deadline();
            let changed = self.deadline.notified();
            match next {
                None => changed.await,
                Some(at) => {
                    if tokio::time::timeout_at(at.into(), changed).await.is_err() {
                        self.handle(NodeEvent::Tick);
                    }
                }
            }
        }
    }

    /// Shows those who wait for this process that it lives, and looks whether those live that it waits for.
    async fn watch_life(self: Rc<Self>) {
        let mut pace = Pace::new(&self.settings.limits);
        loop {
            let before = Instant::now();
            tokio::time::sleep(pace.pause()).await;
            let late = pace.is_late(before.elapsed());
            let owes = self.group.show_life();
            self.group.look_for_life(late);
            let is_owed = self.routes.look_for_life(late);
            pace.set(owes || is_owed);
        }
    }

    async fn run_delays(self: Rc<Self>) {
        loop {
            let due = self.service.delays.next().await;
            due(Due::Now);
        }
    }

    async fn run_retries(self: Rc<Self>) {
        loop {
            let due = self.retrying.next.next().await;
            due(Due::Now);
        }
    }

    async fn run_tasks(self: Rc<Self>) {
        loop {
            let run = self.service.tasks.next().await;
            self.service.tasks.run_due(run);
        }
    }

    async fn run_patience(self: Rc<Self>) {
        self.service.gates.keep_time().await;
    }

    async fn run_sweeps(self: Rc<Self>) {
        self.routes.run_sweeps().await;
    }

    async fn run_link_events(self: Rc<Self>) {
        if let Err(error) = self.routes.run_events().await {
            tracing::error!(%error, "links are no longer watched for their end");
        }
    }
}

/// A dialled connection after its handshake.
pub(crate) struct Met {
    pub(crate) wire: Wire,
    /// What the other side speaks.
    pub(crate) version: Version,
}

/// Writes a frame as it travels.
pub(crate) fn encoded(frame: &ControlFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}
