//! The house-keeper of a node: one thread with a small tokio, and on it one loop that takes in an [`Event`] after the other.
//!
//! Its parts hold the control connection, dial, let callers in, and look after links that nobody waits on; each has its own
//! state, and reports what happens. It never runs callbacks and never waits for the language around it, so a busy process
//! is not taken for a dead one.

mod control;
mod direct;
mod events;
mod farewell;
mod introducer;
mod lanes;
mod routes;
mod sending;
pub(crate) mod settings;
pub(crate) mod starting;

use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use daffi_link::ServeGroup;
use daffi_proto::{ControlFrame, Limits, NodeId, NodeSettings, NodeState, Pace, PeerGoneReason};
use tokio::task::{LocalSet, spawn_local};

use crate::call::caller::Caller;
use crate::call::retry::Retrying;
use crate::error::{NotBegun, StartError};
use crate::members::commands::Command;
use crate::serve::delays::Due;
use crate::serve::service::NodeService;
use crate::settings::Direct;
use control::Control;
use direct::{Dialler, Door};
use events::{Event, Reports};
use introducer::{Ask, Introducer, Told};
use lanes::{CallLane, ServeLane};
use routes::Routes;
use sending::Sender;
use settings::KeeperSettings;
use starting::Reporter;

/// What the house-keeper looks after.
pub(crate) struct NodeParts {
    pub(crate) caller: Arc<Caller>,
    pub(crate) service: Arc<NodeService>,
    pub(crate) retrying: Arc<Retrying>,
    pub(crate) group: Arc<ServeGroup>,
}

pub(crate) struct Keeper {
    parts: NodeParts,
    limits: Limits,
    reports: Rc<Reports>,
    introducer: Introducer,
    control: Rc<Control>,
    routes: Rc<Routes>,
    dialler: Rc<Dialler>,
    door: Rc<Door>,
    call_lane: Rc<CallLane>,
    serve_lane: Rc<ServeLane>,
    sender: Rc<Sender>,
    news: Rc<Reporter>,
    /// Other threads are not listened to any more.
    is_leaving: bool,
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
                Self::new(settings, parts, news)?.run().await;
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
        let settings = Rc::new(settings);
        let (reports, news) = (Rc::new(Reports::default()), Rc::new(news));
        let NodeParts { caller, group, .. } = &parts;
        let door = Rc::new(Door::new(Rc::clone(&settings), Arc::clone(group)));
        let control = Rc::new(Control::new(
            Rc::clone(&settings),
            caller,
            Rc::clone(&reports),
            Rc::clone(&news),
            Rc::clone(&door),
        ));
        let state = NodeState::new(NodeSettings {
            identity: settings.identity.clone(),
            direct: settings.direct != Direct::Never,
            endpoints: Vec::new(),
        });
        Ok(Self {
            limits: settings.limits.clone(),
            introducer: Introducer::new(state, Rc::clone(&control)),
            routes: Rc::new(Routes::new(Rc::clone(&settings), caller)?),
            dialler: Rc::new(Dialler::new(Rc::clone(&settings))),
            call_lane: Rc::new(CallLane::new(
                Rc::clone(&control),
                Arc::clone(&caller.members),
                Rc::clone(&reports),
            )),
            serve_lane: Rc::new(ServeLane::new(Rc::clone(&control), Arc::clone(group))),
            sender: Rc::new(Sender::new(Arc::clone(caller))),
            door,
            control,
            reports,
            news,
            parts,
            is_leaving: false,
        })
    }

    async fn run(mut self) {
        self.ask(Ask::Offer(self.parts.service.offers.infos()));
        self.start_tasks();
        loop {
            let deadline = self.introducer.next_deadline();
            let end = tokio::select! {
                biased;
                reported = self.reports.take() => {
                    reported.into_iter().try_for_each(|event| self.take_in(event))
                }
                asked = self.parts.caller.commands.take(), if !self.is_leaving => {
                    let mut events = asked.into_iter().map(Event::Asked);
                    events.try_for_each(|event| self.take_in(event))
                }
                () = until(deadline) => self.take_in(Event::Due),
            };
            if end.is_break() {
                return;
            }
        }
    }

    /// Starts what goes on by itself. All of it ends with the thread, when the set of its tasks is dropped.
    fn start_tasks(&self) {
        let NodeParts {
            caller,
            service,
            retrying,
            group,
        } = &self.parts;
        let delays = Arc::clone(&service.delays);
        spawn_local(async move {
            loop {
                let due = delays.next().await;
                due(Due::Now);
            }
        });
        let retrying = Arc::clone(retrying);
        spawn_local(async move {
            loop {
                let due = retrying.next.next().await;
                due(Due::Now);
            }
        });
        let tasks = Arc::clone(&service.tasks);
        spawn_local(async move {
            loop {
                let run = tasks.next().await;
                tasks.run_due(run);
            }
        });
        let gates = Arc::clone(&service.gates);
        spawn_local(async move { gates.keep_time().await });
        let limited = Arc::clone(caller);
        spawn_local(async move { sending::end_late(&limited.outgoing).await });
        let swept = Rc::clone(&self.routes);
        spawn_local(async move { swept.run_sweeps().await });
        let watched = Rc::clone(&self.routes);
        spawn_local(async move {
            if let Err(error) = watched.run_events().await {
                tracing::error!(%error, "links are no longer watched for their end");
            }
        });
        let pace = Pace::new(&self.limits);
        spawn_local(watch_life(pace, Arc::clone(group), Rc::clone(&self.routes)));
        spawn_local(Rc::clone(&self.control).stay_connected());
    }

    /// Does what an event asks for; breaks where that was the last.
    fn take_in(&mut self, event: Event) -> ControlFlow<()> {
        match event {
            // What comes behind the order to leave is in vain.
            Event::Asked(_) if self.is_leaving => {}
            Event::Asked(command) => self.obey(command),
            Event::ControlUp { session, endpoints } => {
                let told = self.introducer.connected(session, endpoints);
                self.follow(told);
                self.call_lane.reopen();
            }
            Event::Control(frame) => {
                if let ControlFrame::Left { node, reason } = &frame {
                    self.control.tell_left(*node, *reason);
                }
                let told = self.introducer.heard(frame);
                self.follow(told);
            }
            Event::ControlLost => {
                let told = self.introducer.disconnected();
                self.follow(told);
                self.call_lane.has_no_controller();
            }
            Event::Dialled { target, met } => {
                let route = met.map(|met| self.routes.open(met, Some(target)));
                let is_met = route.is_some();
                self.ask(Ask::Dialled { target, is_met });
                if let (Some(route), Some(peer)) =
                    (route, self.parts.caller.members.known_peer(target))
                {
                    peer.found(route);
                }
            }
            Event::CallLaneOpened(met) => {
                let route = met.map(|met| self.routes.open(met, None));
                self.call_lane.opened(route.as_ref());
            }
            Event::Due => {
                let told = self.introducer.tick();
                self.follow(told);
            }
            Event::Finished => self.say_goodbye(),
            Event::Left => {
                // What was being dialled meanwhile.
                self.routes.close();
                for peer in self.parts.caller.members.peers() {
                    peer.gone(NotBegun::Away);
                }
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Want(node) => self.want(node),
            Command::Send(node) => {
                // Ends when nothing waits to be sent to this node.
                spawn_local(Rc::clone(&self.sender).send_to(node));
            }
            Command::SeeOut(number) => self.routes.see_out(number),
            Command::RouteLost(number) => self.route_lost(number),
            Command::PeerLeaves(node) => self.ask(Ask::PeerLeaves(node)),
            Command::Sweep(number) => self.routes.sweep(number),
            Command::Watch(number) => self.routes.watch(number),
            Command::Register(callbacks) => self.ask(Ask::Offer(callbacks)),
            Command::Retire => self.retire(),
            Command::Leave(until) => self.leave(until),
        }
    }

    fn ask(&mut self, ask: Ask) {
        let told = self.introducer.ask(ask);
        self.follow(told);
    }

    /// Does what whoever introduces this node says.
    fn follow(&self, told: Vec<Told>) {
        let members = &self.parts.caller.members;
        for told in told {
            match told {
                Told::Ready => self.news.ready(),
                Told::Members(registry) => {
                    members.publish(registry);
                    members.forget_absent_peers();
                }
                Told::Dial {
                    target,
                    endpoints,
                    ticket,
                } => {
                    let (dialler, reports) = (Rc::clone(&self.dialler), Rc::clone(&self.reports));
                    // Ends within the time of a few handshakes.
                    spawn_local(async move {
                        let met = dialler.dial(target, endpoints, ticket).await;
                        reports.report(Event::Dialled { target, met });
                    });
                }
                Told::Expect {
                    caller,
                    ticket,
                    until,
                } => self.door.expect(caller, ticket, until),
                Told::Relay(node) => self.call_lane.relay(node),
                Told::AskAnew(node) => self.call_lane.relay_no_more(node),
                Told::OpenServeLane { session } => self.serve_lane.open(session),
                Told::Gone { node, reason } => self.peer_gone(node, reason),
                Told::Silent => {
                    self.call_lane.close();
                    self.serve_lane.close();
                }
                Told::Stop => self.parts.caller.stop.order(),
            }
        }
    }

    fn peer_gone(&self, node: NodeId, reason: PeerGoneReason) {
        self.call_lane.forget(node);
        if let Some(peer) = self.parts.caller.members.forget_peer(node) {
            tracing::debug!(process = %peer.process(), %reason, "there is no way to a process any more");
            peer.gone(match reason {
                PeerGoneReason::NoController => NotBegun::NoController,
                PeerGoneReason::Left(_) | PeerGoneReason::Unknown => NotBegun::Away,
            });
        }
    }

    fn want(&mut self, node: NodeId) {
        // A peer that was away for a moment is made anew, while its link may have lived on.
        let known = self.parts.caller.members.known_peer(node);
        match (self.routes.direct(node), known) {
            (Some(route), Some(peer)) => peer.found(route),
            _ => self.ask(Ask::Want(node)),
        }
    }

    fn route_lost(&mut self, number: u64) {
        match self.routes.remove(number) {
            None => (),
            Some(Some(node)) => {
                self.ask(Ask::LinkLost(node));
                if let Some(peer) = self.parts.caller.members.known_peer(node) {
                    peer.lost(number);
                    // Whoever waits may have asked when the link still counted as there.
                    peer.give_up();
                }
            }
            Some(None) => {
                self.call_lane.lost(number);
                for peer in self.parts.caller.members.peers() {
                    peer.lost(number);
                }
            }
        }
    }

    /// No new callers are let in, and nothing is offered any more.
    fn retire(&mut self) {
        self.door.retire();
        self.serve_lane.retire();
        let infos = self.parts.service.offers.infos();
        let numbers = infos.into_iter().map(|info| info.number).collect();
        self.ask(Ask::Withdraw(numbers));
        // The controller may be away, or slower than the next call.
        self.parts.group.say_leaving();
    }

    /// Sends what is on its way, for as long as the time allows; the loop goes on meanwhile.
    fn leave(&mut self, until: Instant) {
        self.is_leaving = true;
        let (routes, reports) = (Rc::clone(&self.routes), Rc::clone(&self.reports));
        let serve_lane = Rc::clone(&self.serve_lane);
        // Ends then at the latest.
        spawn_local(async move {
            routes.finish(until).await;
            // Calls may wait for a lane that is just being opened: they hear that they do not run.
            serve_lane.opening(until).await;
            reports.report(Event::Finished);
        });
    }

    fn say_goodbye(&mut self) {
        // Before the controller hears of it, and hangs up on the lanes: what ends here ends because of this process.
        self.routes.close();
        self.ask(Ask::Leave);
        let (control, reports) = (Rc::clone(&self.control), Rc::clone(&self.reports));
        // Ends within the time of a goodbye.
        spawn_local(async move {
            control.leave().await;
            reports.report(Event::Left);
        });
    }
}

/// Waits until then; without a time for ever.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Shows those who wait for this process that it lives, and looks whether those live that it waits for. Runs for ever.
async fn watch_life(mut pace: Pace, group: Arc<ServeGroup>, routes: Rc<Routes>) {
    loop {
        let before = Instant::now();
        tokio::time::sleep(pace.pause()).await;
        let late = pace.is_late(before.elapsed());
        let owes = group.show_life();
        group.look_for_life(late);
        let is_owed = routes.look_for_life(late);
        pace.set(owes || is_owed);
    }
}
