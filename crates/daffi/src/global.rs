//! A running part of a daffi system: a controller, a node, or both. What the front end of every language stands on.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_link::{Body, blocking_in_callback};
use daffi_proto::{CallbackNumber, ChainId, Name, NodeId};

use crate::call::caller::Caller;
use crate::call::options::CallOptions;
use crate::call::pending::PendingCall;
use crate::call::stream_out::StreamSender;
use crate::call::unsent::Unsent;
use crate::controller::{Controller, ControllerSettings};
use crate::error::{CallError, KillError, RegisterError, StartError, WaitError};
use crate::members::awaited::Awaited;
use crate::members::choose::Elsewhere;
use crate::members::choose::{Choice, Reach};
use crate::members::target::Target;
use crate::net::address::{Address, socket_path};
use crate::net::system;
use crate::node::{Node, StartNode};
use crate::serve::callback::Definition;
use crate::settings::Builder;
use crate::stop::{StopSignal, Stopping};
use crate::wait::Wait;

/// How long dropping the last handle lets running callbacks go on. 1 s: who wants more calls [`Global::stop`].
const DROPPED: Duration = Duration::from_secs(1);

/// How long callbacks may go on when the controller orders the process to stop. 10 s: less than its patience of 25 s.
const ORDERED: Duration = Duration::from_secs(10);

/// A running controller, node, or both. Cheap to clone; when the last clone is dropped, it stops.
///
/// ```no_run
/// use daffi::Global;
///
/// let global = Global::builder().process_name("adder").controller(true).start(&mut || false)?;
/// global.stop(std::time::Duration::from_secs(5));
/// # Ok::<(), daffi::StartError>(())
/// ```
#[derive(Clone)]
pub struct Global {
    inner: Arc<Inner>,
}

struct Inner {
    process_name: Name,
    address: Address,
    controller: Option<Controller>,
    node: Option<Node>,
    stop: Arc<StopSignal>,
}

impl Builder {
    /// Starts what was asked for; returns when the controller listens and the node is known to it.
    ///
    /// `interrupt` is asked at least every 100 ms; true ends the wait.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(self, interrupt: &mut dyn FnMut() -> bool) -> Result<Global, StartError> {
        Global::start(self, interrupt)
    }
}

impl Global {
    /// The settings of a new one.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn start(builder: Builder, interrupt: &mut dyn FnMut() -> bool) -> Result<Self, StartError> {
        if !builder.controller && !builder.node {
            return Err(StartError::Nothing);
        }
        builder.address.check()?;
        let no_random = |source| StartError::System {
            what: "get random bytes",
            source,
        };
        let process_name = match &builder.process_name {
            Some(name) => Name::new(name)?,
            None => system::default_process_name().map_err(no_random)?,
        };
        let stop = Arc::new(StopSignal::new());
        let until = deadline(builder.connect_timeout);
        let mut address = builder.address.clone();
        let controller = match builder.controller {
            false => None,
            true => {
                let settings = ControllerSettings {
                    address: address.clone(),
                    limits: builder.limits.clone(),
                };
                Some(Controller::start(settings, Wait::new(until, interrupt))?)
            }
        };
        if let Some(controller) = &controller {
            address = controller.address();
        }
        let node = match builder.node {
            false => None,
            true => Some(Node::start(
                StartNode {
                    process: process_name.clone(),
                    address: address.clone(),
                    direct: builder.direct,
                    limits: builder.limits,
                    serving: builder.serving,
                    host: builder.host,
                    callbacks: builder.callbacks,
                    stop: Arc::clone(&stop),
                    max_waiting_bytes: builder.max_waiting_bytes,
                },
                &mut Wait::new(until, interrupt),
            )?),
        };
        let inner = Arc::new(Inner {
            process_name,
            address,
            controller,
            node,
            stop,
        });
        let ordered = Arc::downgrade(&inner);
        inner.stop.when_ordered(move || stop_as_ordered(&ordered));
        Ok(Self { inner })
    }

    /// What others call this process.
    pub fn process_name(&self) -> &Name {
        &self.inner.process_name
    }

    /// The host of the controller, where it is on TCP.
    pub fn host(&self) -> Option<&str> {
        match &self.inner.address {
            Address::Tcp { host, .. } => Some(host),
            Address::Unix { .. } => None,
        }
    }

    /// The port of the controller, where it is on TCP.
    pub fn port(&self) -> Option<u16> {
        match &self.inner.address {
            Address::Tcp { port, .. } => *port,
            Address::Unix { .. } => None,
        }
    }

    /// The socket of the controller, where it is a unix socket.
    pub fn unix_path(&self) -> Option<PathBuf> {
        match &self.inner.address {
            Address::Tcp { .. } => None,
            Address::Unix { folder } => Some(socket_path(folder)),
        }
    }

    /// Whether this process has the controller.
    pub fn is_controller(&self) -> bool {
        self.inner.controller.is_some()
    }

    /// The id of the node of this process, where it has one.
    pub fn node_id(&self) -> Option<NodeId> {
        self.inner.node.as_ref().map(|node| node.caller().id)
    }

    /// Whether calls can be made and served: not any more once it stops.
    pub fn is_running(&self) -> bool {
        !self.inner.stop.refuses_requests()
    }

    /// Offers a callback to the others.
    ///
    /// # Errors
    /// [`RegisterError`], of which a second callback of one name is the usual one.
    pub fn register(&self, definition: Definition) -> Result<CallbackNumber, RegisterError> {
        let node = self.inner.node.as_ref().ok_or(RegisterError::NoNode)?;
        node.register(definition)
    }

    /// Offers a callback in place of the one of its name, as reloading a module does. Requests that run go on with the
    /// old one; what comes later gets the new one. Without one of its name, this is [`Self::register`].
    ///
    /// # Errors
    /// [`RegisterError`].
    pub fn replace(&self, definition: Definition) -> Result<CallbackNumber, RegisterError> {
        let node = self.inner.node.as_ref().ok_or(RegisterError::NoNode)?;
        node.replace(definition)
    }

    /// [`Self::replace`] for many: others see all of them or none, and so do their waits.
    ///
    /// # Errors
    /// [`RegisterError`]; where they are too many, none is offered.
    pub fn replace_all(&self, definitions: Vec<Definition>) -> Result<(), RegisterError> {
        let node = self.inner.node.as_ref().ok_or(RegisterError::NoNode)?;
        node.replace_all(definitions).map(drop)
    }

    /// What the others offer, each in order of registration.
    pub fn registered_callbacks(&self) -> Vec<(Name, Vec<Name>)> {
        let node = self.inner.node.as_ref();
        node.map_or_else(Vec::new, |node| node.caller().members.registry().listing())
    }

    /// Chooses where a call of this name goes: of those who offer it the one with the fewest calls of ours under way,
    /// ties at random; with `node`, only that process.
    ///
    /// # Errors
    /// [`CallError::UnknownCallback`], [`CallError::OnlyLocal`], [`CallError::NoNode`], [`CallError::Stopped`].
    pub fn target(&self, name: &str, node: Option<&str>) -> Result<Target, CallError> {
        let choice = Choice {
            node,
            ..Choice::default()
        };
        self.caller()?.target(name, choice)
    }

    /// All who offer a callback of this name, or those of them that `nodes` names: where a broadcast goes.
    ///
    /// # Errors
    /// As [`Self::target`], where none of them offers it.
    pub fn reach(&self, name: &str, nodes: Option<&[String]>) -> Result<Reach, CallError> {
        self.caller()?.reach(name, nodes)
    }

    /// The same where all that `nodes` names are needed: where a stream goes.
    ///
    /// # Errors
    /// As [`Self::target`]; also where one of `nodes` does not offer it.
    pub fn targets(&self, name: &str, nodes: Option<&[String]>) -> Result<Vec<Target>, CallError> {
        let Reach { targets, missing } = self.reach(name, nodes)?;
        missing
            .into_iter()
            .next()
            .map_or(Ok(targets), |(_, why)| Err(why))
    }

    /// Sends a call. The first to a node makes the link to it. `None` where no answer is wanted.
    ///
    /// Arguments are not checked here: see [`Target::signature`].
    ///
    /// # Errors
    /// [`CallError`]; the callback has not run then. After [`CallError::Vanished`] another target may be chosen.
    pub fn begin(
        &self,
        target: &Target,
        body: Body,
        options: CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let unsent = Unsent::new(body, options, None);
        PendingCall::begin(self.caller()?, target, unsent, interrupt)
    }

    /// Makes a call without waiting for anything. It is sent at once where that is possible; else it is kept, within
    /// [`Builder::max_waiting_bytes`], and sent as soon as it can be, behind those made before. `elsewhere` says who else
    /// may be called where the target vanishes before it is sent.
    ///
    /// Arguments are not checked here: see [`Target::signature`].
    ///
    /// # Errors
    /// [`CallError`]; the callback has not run then. [`CallError::Backlog`]: too much waits already.
    pub fn dispatch(
        &self,
        target: Target,
        body: Body,
        options: CallOptions,
        elsewhere: Option<Elsewhere>,
    ) -> Result<PendingCall, CallError> {
        let unsent = Unsent::new(body, options, elsewhere);
        PendingCall::dispatch(self.caller()?, target, unsent)
    }

    /// Begins a stream of items to these targets, to end within `timeout`.
    ///
    /// # Errors
    /// [`CallError`]; nothing was sent then.
    pub fn stream_to(
        &self,
        targets: Vec<Target>,
        timeout: Option<Duration>,
        chain: Option<ChainId>,
    ) -> Result<StreamSender, CallError> {
        let node = self.node()?;
        StreamSender::start(node.caller(), node.streams(), targets, timeout, chain)
    }

    /// Waits until a process of this name is there.
    ///
    /// # Errors
    /// [`WaitError`] says why not.
    pub fn wait_process(
        &self,
        name: &str,
        timeout: Option<Duration>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), WaitError> {
        let node = self.inner.node.as_ref().ok_or(WaitError::NoNode)?;
        let mut wait = Wait::new(deadline(timeout), interrupt);
        node.wait(Awaited::Process(name), &mut wait)
    }

    /// Waits until another process offers a callback of this name.
    ///
    /// # Errors
    /// [`WaitError`] says why not.
    pub fn wait_function(
        &self,
        name: &str,
        timeout: Option<Duration>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), WaitError> {
        let node = self.inner.node.as_ref().ok_or(WaitError::NoNode)?;
        let mut wait = Wait::new(deadline(timeout), interrupt);
        node.wait(Awaited::Function(name), &mut wait)
    }

    /// Waits until this process is to stop: asked by its controller or [`Self::request_stop`], or stopped by any
    /// thread. False where `interrupt` said so or the time is over.
    pub fn wait_stopped(
        &self,
        timeout: Option<Duration>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> bool {
        let stop = &self.inner.stop;
        let mut wait = Wait::new(deadline(timeout), interrupt);
        stop.wait(Stopping::Requested, &mut wait)
    }

    /// Whether this process is to stop, or has stopped.
    pub fn stop_requested(&self) -> bool {
        self.inner.stop.state() >= Stopping::Requested
    }

    /// Asks this process to stop: [`Self::wait_stopped`] returns. Quick, from any thread.
    pub fn request_stop(&self) {
        self.inner.stop.advance(Stopping::Requested);
    }

    /// Stops taking part: no new requests, running callbacks may answer within the bound, then every link is closed and
    /// every call still under way ends with [`CallError::Stopped`].
    ///
    /// From any thread and more than once: who comes second waits for the first, for as long as the bound. Inside a
    /// callback it returns at once, so that this callback, too, may answer; a thread of its own does the rest.
    pub fn stop(&self, bound: Duration) {
        let inside = self
            .inner
            .node
            .as_ref()
            .is_some_and(Node::serves_this_thread);
        if !inside {
            return self.inner.stop(bound);
        }
        if self.inner.stop.advance(Stopping::UnderWay) {
            let inner = Arc::clone(&self.inner);
            let thread = std::thread::Builder::new().name("daffi-stop".into());
            // Nobody joins it: it ends within the bound, and who wants to wait for that calls `stop` outside.
            let spawned = thread.spawn(move || inner.take_down(bound));
            if spawned.is_err() {
                self.inner.take_down(bound);
            }
        }
    }

    /// Asks every other process to stop and waits for them. Gives the names of those that did not in time.
    ///
    /// # Errors
    /// [`KillError`]; a process without the controller may not.
    pub fn kill_all(
        &self,
        bound: Duration,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Name>, KillError> {
        let controller = self.inner.controller.as_ref();
        let controller = controller.ok_or(KillError::NoController)?;
        blocking_in_callback();
        controller.stop_all(self.node_id(), bound, interrupt)
    }

    pub(crate) fn node(&self) -> Result<&Node, CallError> {
        self.inner.node.as_ref().ok_or_else(|| CallError::NoNode)
    }

    /// The calling side of the node of this process.
    pub(crate) fn caller(&self) -> Result<&Arc<Caller>, CallError> {
        Ok(self.node()?.caller())
    }
}

/// Stops a process whose controller orders it. On its house-keeping thread, so a thread of its own does it; it ends
/// within the bound.
fn stop_as_ordered(inner: &Weak<Inner>) {
    let Some(inner) = inner.upgrade() else { return };
    let thread = std::thread::Builder::new().name("daffi-stop".into());
    if let Err(error) = thread.spawn(move || inner.stop(ORDERED)) {
        tracing::error!(%error, "cannot stop as the controller orders: there is no thread to do it");
    }
}

impl Inner {
    fn stop(&self, bound: Duration) {
        blocking_in_callback();
        if self.stop.advance(Stopping::UnderWay) {
            self.take_down(bound);
        } else {
            let until = Instant::now() + bound;
            let mut never = || false;
            let mut wait = Wait::new(Some(until), &mut never);
            self.stop.wait(Stopping::Over, &mut wait);
        }
    }

    /// Done once, by whoever made the stop go under way.
    fn take_down(&self, bound: Duration) {
        if let Some(node) = &self.node {
            node.stop(bound);
        }
        if let Some(controller) = &self.controller {
            controller.stop();
        }
        self.stop.advance(Stopping::Over);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop(DROPPED);
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global")
            .field("process_name", &self.inner.process_name)
            .field("controller", &self.is_controller())
            .field("node", &self.inner.node)
            .finish_non_exhaustive()
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}
