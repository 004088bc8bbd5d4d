//! A node: its calling side ([`crate::call`]), its serving side ([`crate::serve`]) and its house-keeper ([`crate::keeper`]), a
//! thread of its own that never runs callbacks.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use daffi_link::{ServeGroup, ServeOptions};
use daffi_proto::{CallbackInfo, CallbackNumber, Limits, Name, NodeIdentity};
use parking_lot::Mutex;

use crate::call::caller::{Caller, CallerSettings, WaitingLimits};
use crate::call::retry::Retrying;
use crate::call::stream_out::Streams;
use crate::error::{RegisterError, StartError, WaitError};
use crate::host::Host;
use crate::keeper::settings::KeeperSettings;
use crate::keeper::{Keeper, NodeParts, starting};
use crate::members::awaited::Awaited;
use crate::members::commands::Command;
use crate::net::address::Address;
use crate::net::system;
use crate::serve::callback::Definition;
use crate::serve::service::{self, NodeService, ServiceSettings};
use crate::settings::{Direct, Serving};
use crate::stop::{StopSignal, Stopping};
use crate::wait::Wait;

/// What stands for a patience without an end. A year: no timer counts beyond what it can.
const ENDLESS: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long calls that nobody waits for may still take to be sent when this process stops. 2 s, of the bound of the stop: a
/// node that takes them does so within milliseconds, and a frozen one must not hold up the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long the threads of streams that have ended may take to see it. 1 s: they need no time, unless the language around
/// holds one of them up.
const LAST: Duration = Duration::from_secs(1);

/// What a node is started with.
pub(crate) struct StartNode {
    pub(crate) process: Name,
    pub(crate) address: Address,
    pub(crate) direct: Direct,
    pub(crate) limits: Limits,
    pub(crate) serving: Serving,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) callbacks: Vec<Definition>,
    pub(crate) stop: Arc<StopSignal>,
    pub(crate) max_waiting_bytes: u64,
}

/// A running node.
pub(crate) struct Node {
    caller: Arc<Caller>,
    group: Arc<ServeGroup>,
    service: Arc<NodeService>,
    host: Arc<dyn Host>,
    /// What this process streams to others.
    streams: Streams,
    /// Calls of ours that are made again.
    retrying: Arc<Retrying>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

/// How long the threads of a node that was not taken in may need to end. 1 s: they run nothing of the user's, but each may
/// be on its way into the language, where the end of the process must not meet it.
const NOT_STARTED: Duration = Duration::from_secs(1);

impl Node {
    /// Starts the threads and waits until the controller has taken the node in, or the time is over.
    pub(crate) fn start(start: StartNode, wait: &mut Wait<'_>) -> Result<Self, StartError> {
        if matches!(start.address, Address::Tcp { port: None, .. }) {
            return Err(StartError::NoPort);
        }
        let system = |what| move |source| StartError::System { what, source };
        let id = system::random_node_id().map_err(system("get random bytes"))?;
        let host = Arc::clone(&start.host);
        let caller = Arc::new(Caller::new(CallerSettings {
            id,
            process: start.process.clone(),
            limits: &start.limits,
            max_waiting_bytes: start.max_waiting_bytes,
            stop: Arc::clone(&start.stop),
        }));
        let retrying = Arc::new(retrying(&start, &caller));
        let service = Arc::new(NodeService::new(ServiceSettings {
            limits: &start.limits,
            host: Arc::clone(&host),
            caller: Arc::clone(&caller),
        }));
        for definition in start.callbacks {
            let offer = |info: CallbackInfo| caller.members.offer(&info.name);
            service.offers.add(definition, offer)?;
        }
        let patience = start.limits.patience.unwrap_or(ENDLESS);
        let options = ServeOptions {
            allocator: host.clone(),
            limits: start.limits.clone(),
            threads: start.serving.threads,
            pending_bytes: start.serving.pending_bytes,
            stack_size: start.serving.stack_size,
            patience,
        };
        let group = ServeGroup::start(service.clone(), options);
        let group = Arc::new(group.map_err(system("start a serving thread"))?);
        service.serve_on(&group);
        let (news, starting) = starting::channel();
        let settings = KeeperSettings {
            identity: NodeIdentity {
                id,
                process: start.process,
                host: system::host_identity(),
                pid: std::process::id(),
            },
            address: start.address,
            direct: start.direct,
            limits: start.limits,
            host: Arc::clone(&host),
        };
        let endpoint = settings.address.to_string();
        let parts = NodeParts {
            caller: Arc::clone(&caller),
            service: Arc::clone(&service),
            retrying: Arc::clone(&retrying),
            group: Arc::clone(&group),
        };
        let keeper = Keeper::spawn(settings, parts, news);
        let node = Self {
            caller,
            group,
            service,
            host,
            streams: Streams::default(),
            retrying,
            keeper: Mutex::new(Some(keeper?)),
        };
        match starting.wait(&endpoint, &*node.host, wait) {
            Ok(()) => Ok(node),
            Err(error) => {
                node.caller.stop.advance(Stopping::UnderWay);
                node.stop(NOT_STARTED);
                Err(error)
            }
        }
    }

    pub(crate) const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub(crate) const fn retrying(&self) -> &Arc<Retrying> {
        &self.retrying
    }

    pub(crate) const fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Waits until it is there.
    pub(crate) fn wait(&self, awaited: Awaited<'_>, wait: &mut Wait<'_>) -> Result<(), WaitError> {
        let tell = |what: &str| self.host.waiting(what, true);
        self.caller.members.wait(wait, awaited, &tell)
    }

    /// Whether the calling thread runs callbacks of this node.
    pub(crate) fn serves_this_thread(&self) -> bool {
        service::serves_this_thread(self.caller.id)
    }

    pub(crate) fn register(&self, definition: Definition) -> Result<CallbackNumber, RegisterError> {
        let tell = |info| self.tell(vec![info]);
        self.service.offers.add(definition, tell)
    }

    pub(crate) fn replace(&self, definition: Definition) -> Result<CallbackNumber, RegisterError> {
        Ok(self.replace_all(vec![definition])?[0])
    }

    pub(crate) fn replace_all(
        &self,
        definitions: Vec<Definition>,
    ) -> Result<Vec<CallbackNumber>, RegisterError> {
        let tell = |infos| self.tell(infos);
        self.service.offers.replace(definitions, tell)
    }

    /// Has others told of callbacks.
    fn tell(&self, infos: Vec<CallbackInfo>) {
        for info in &infos {
            self.caller.members.offer(&info.name);
        }
        self.caller.commands.send(Command::Register(infos));
    }

    /// Takes the node down, in this order: nothing new comes in, what runs may end within the bound and make calls for
    /// that, then no calls are made any more, what nobody waits for is sent, links are closed, threads are joined. New
    /// requests are refused before this is called.
    pub(crate) fn stop(&self, bound: Duration) {
        let until = Instant::now() + bound;
        self.caller.commands.send(Command::Retire);
        self.caller.members.wake_waiters();
        self.service.close();
        self.retrying.close();
        // Calls that cross the news are still read, and refused: they have not run, and may be made elsewhere.
        self.group.settle(bound);
        let left = until.saturating_duration_since(Instant::now());
        if !self.group.stop(left) {
            self.service.cut_off();
        }
        self.caller.stop.advance(Stopping::Closing);
        self.caller.end_waited_for();
        self.streams.close();
        self.retrying.close_pool();
        let until = until.min(Instant::now() + FAREWELL);
        self.caller.send_the_rest(until);
        self.caller.commands.send(Command::Leave(until));
        self.join();
        // Whatever they wait for has ended by now.
        self.streams.join(Instant::now() + LAST);
        self.retrying.join(Instant::now() + LAST);
        self.service.offers.clear();
    }

    fn join(&self) {
        let Some(keeper) = self.keeper.lock().take() else {
            return;
        };
        // A hook that was told the end of a call runs on the house-keeper, and may stop the process.
        if keeper.thread().id() != std::thread::current().id() {
            let ended = keeper.join();
            debug_assert!(ended.is_ok(), "the house-keeper does not panic");
        }
    }
}

/// What makes the calls of a node again; as much is kept for that as may wait to be sent.
fn retrying(start: &StartNode, caller: &Caller) -> Retrying {
    let limits = WaitingLimits {
        bytes: start.max_waiting_bytes,
        calls: start.limits.calls_in_flight,
    };
    Retrying::new(limits, Arc::clone(&start.host), Arc::clone(&caller.stop))
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Node({}, {})",
            self.caller.members.process(),
            self.caller.id
        )
    }
}
