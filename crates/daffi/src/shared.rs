//! What all threads of a node share: the callers' own, the serving threads, and the house-keeper.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use daffi_link::ServeGroup;
use daffi_proto::{ChainId, Limits, Name, NodeId, Registry};
use parking_lot::{Condvar, Mutex, RwLock};

use crate::call::outgoing::{Outgoing, WaitingLimits};
use crate::call::retry::RetriedCalls;
use crate::call::stream_out::Streams;
use crate::error::{CallError, NotBegun, WaitError};
use crate::host::Host;
use crate::keeper::inbox::{Command, Inbox};
use crate::members::awaited::Awaited;
use crate::members::peer::{Peer, Route};
use crate::serve::cancel::CancelFlag;
use crate::serve::delays::Delays;
use crate::serve::gates::Gates;
use crate::serve::generator::Outlets;
use crate::serve::offers::Offers;
use crate::serve::pool::Pool;
use crate::serve::responder::Callee;
use crate::serve::tasks::Tasks;
use crate::stop::{SLICE, StopSignal};

/// From when on a wait without a limit is worth a warning. 5 s: processes that are started together have met by then.
const LONG: Duration = Duration::from_secs(5);

pub(crate) struct NodeShared {
    pub(crate) id: NodeId,
    pub(crate) process: Name,
    pub(crate) limits: Limits,
    pub(crate) host: Arc<dyn Host>,
    /// The callbacks of this process.
    pub(crate) offers: Offers,
    /// How many calls run at once, and who waits for that.
    pub(crate) gates: Arc<Gates>,
    /// What every call to this process needs.
    pub(crate) callee: Arc<Callee>,
    /// The threads that serve; set before the first link is added.
    pub(crate) threads: OnceLock<Weak<ServeGroup>>,
    /// Requests that wait for their time.
    pub(crate) delays: Delays,
    /// Calls of ours that are made again.
    pub(crate) retried: RetriedCalls,
    /// Their next attempts.
    pub(crate) retrying: Delays,
    /// The threads that make them.
    pub(crate) pool: Arc<Pool>,
    /// What others have scheduled here.
    pub(crate) tasks: Tasks,
    /// Calls of ours that wait to be sent.
    pub(crate) outgoing: Outgoing,
    /// What this process streams to others.
    pub(crate) streams: Streams,
    pub(crate) inbox: Inbox,
    /// Who else is there; published by the house-keeper.
    pub(crate) registry: RwLock<Arc<Registry>>,
    /// Held while the registry changes, so that a waiter misses no change.
    registry_lock: Mutex<()>,
    registry_changed: Condvar,
    /// Ordered, as are all tables whose keys others choose.
    peers: RwLock<BTreeMap<NodeId, Arc<Peer>>>,
    /// Decides between candidates that are equally busy.
    pub(crate) dice: AtomicU64,
    /// What the chains of this node begin with.
    chains: u64,
}

impl NodeShared {
    pub(crate) fn new(
        id: NodeId,
        process: Name,
        limits: Limits,
        host: Arc<dyn Host>,
        stop: Arc<StopSignal>,
        max_waiting_bytes: u64,
    ) -> Self {
        let gates = Gates::new(&limits);
        let waiting = WaitingLimits {
            bytes: max_waiting_bytes,
            calls: limits.calls_in_flight,
        };
        Self {
            id,
            process,
            offers: Offers::new(limits.callbacks, Arc::clone(&gates)),
            callee: Arc::new(Callee {
                loop_gate: gates.gate("async calls".to_owned(), limits.loop_calls),
                outlets: Outlets::new(limits.calls_in_flight),
                stop,
            }),
            gates,
            threads: OnceLock::new(),
            delays: Delays::new(limits.calls_in_flight),
            // How many there may be is looked at before the first attempt.
            retrying: Delays::new(usize::MAX),
            pool: Arc::new(Pool::new(Arc::clone(&host))),
            tasks: Tasks::new(limits.tasks),
            outgoing: Outgoing::new(waiting),
            retried: RetriedCalls::new(waiting),
            limits,
            host,
            streams: Streams::default(),
            inbox: Inbox::default(),
            registry: RwLock::new(Arc::new(Registry::new(id))),
            registry_lock: Mutex::new(()),
            registry_changed: Condvar::new(),
            peers: RwLock::default(),
            dice: AtomicU64::new(id.raw()),
            chains: RandomState::new().hash_one(id.raw()),
        }
    }

    pub(crate) fn stop(&self) -> &StopSignal {
        &self.callee.stop
    }

    /// Generators of our callbacks that others iterate.
    pub(crate) fn outlets(&self) -> &Arc<Outlets> {
        &self.callee.outlets
    }

    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read())
    }

    pub(crate) fn publish(&self, registry: Arc<Registry>) {
        let _lock = self.registry_lock.lock();
        *self.registry.write() = registry;
        self.registry_changed.notify_all();
    }

    /// Wakes all that wait for a change of the registry, to see that this process stops.
    pub(crate) fn wake_waiters(&self) {
        let _lock = self.registry_lock.lock();
        self.registry_changed.notify_all();
    }

    /// Waits until it is there. A wait without a limit tells people after a while what it waits for.
    pub(crate) fn wait_registry(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
        awaited: Awaited<'_>,
    ) -> Result<(), WaitError> {
        daffi_link::blocking_in_callback();
        let mut tells_at = until.is_none().then(|| Instant::now() + LONG);
        loop {
            if tells_at.is_some_and(|at| at <= Instant::now()) {
                tells_at = None;
                let seen = awaited.seen(&self.registry());
                let what = format!("waiting for {awaited}, without a limit; {seen}");
                self.host.waiting(&what, true);
            }
            {
                let mut lock = self.registry_lock.lock();
                // Also for a callback that may finish: what comes now comes too late for it.
                if self.stop().refuses_requests() {
                    return Err(WaitError::Stopped);
                }
                if awaited.is_there(&self.registry.read()) {
                    return Ok(());
                }
                let now = Instant::now();
                if until.is_some_and(|until| until <= now) {
                    let seen = awaited.seen(&self.registry.read());
                    return Err(WaitError::TimedOut { seen });
                }
                let slice = until.map_or(now + SLICE, |until| until.min(now + SLICE));
                self.registry_changed.wait_until(&mut lock, slice);
            }
            if interrupt() {
                return Err(WaitError::Interrupted);
            }
        }
    }

    /// The peer of this id, made if it is not known yet.
    pub(crate) fn peer(&self, id: NodeId, process: &Name) -> Arc<Peer> {
        self.known_peer(id)
            .unwrap_or_else(|| self.new_peer(id, process))
    }

    #[cold]
    fn new_peer(&self, id: NodeId, process: &Name) -> Arc<Peer> {
        let mut peers = self.peers.write();
        let peer = peers
            .entry(id)
            .or_insert_with(|| Arc::new(Peer::new(id, process.clone())));
        Arc::clone(peer)
    }

    pub(crate) fn known_peer(&self, id: NodeId) -> Option<Arc<Peer>> {
        self.peers.read().get(&id).cloned()
    }

    pub(crate) fn forget_peer(&self, id: NodeId) -> Option<Arc<Peer>> {
        self.peers.write().remove(&id)
    }

    /// Forgets the peers that are no longer there. Their direct links end by themselves.
    pub(crate) fn forget_absent_peers(&self) {
        let registry = self.registry();
        let there: BTreeSet<_> = registry
            .members()
            .map(|member| member.identity.id)
            .collect();
        let mut absent = Vec::new();
        self.peers.write().retain(|id, peer| {
            let stays = there.contains(id);
            if !stays {
                absent.push(Arc::clone(peer));
            }
            stays
        });
        for peer in absent {
            peer.gone(NotBegun::Away);
        }
    }

    pub(crate) fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.read().values().cloned().collect()
    }

    /// Has the house-keeper look after a link until it has no calls under way.
    pub(crate) fn sweep(&self, route: &Arc<Route>) {
        if route.swept.ask() {
            self.inbox.send(Command::Sweep(Arc::clone(route)));
        }
    }

    /// Has the house-keeper send what the kernel has not taken of a link.
    pub(crate) fn see_out(&self, route: &Arc<Route>) {
        if route.link.is_sending() && route.seen_out.ask() {
            self.inbox.send(Command::SeeOut(Arc::clone(route)));
        }
    }

    /// The chain that begins with a request. Random, and another than those of the other requests that are here now: that
    /// is all that is needed of it.
    pub(crate) fn chain_of(&self, request: &CancelFlag) -> ChainId {
        ChainId(self.chains ^ request.address() as u64)
    }

    /// Why a call really ended: a peer that goes while this process stops goes because of that, and a call that was not
    /// sent could not be.
    pub(crate) fn blamed(&self, error: CallError) -> CallError {
        match error {
            CallError::NodeGone { .. }
            | CallError::NodeSilent { .. }
            | CallError::RelayGone { .. }
            | CallError::TooManyCalls { .. }
            | CallError::Vanished { .. }
            | CallError::StreamCut { .. }
                if self.stop().refuses_calls() =>
            {
                CallError::Stopped
            }
            error => error,
        }
    }

    /// The same for a stream that has begun: to its ends, a node that vanishes has gone in the middle.
    pub(crate) fn blamed_for_stream(&self, error: CallError) -> CallError {
        match self.blamed(error) {
            CallError::Vanished { process, why } => match why {
                NotBegun::RelayGone | NotBegun::NoController => CallError::RelayGone { process },
                NotBegun::Silent(silence) => CallError::NodeSilent { process, silence },
                NotBegun::Away | NotBegun::NotKept => CallError::NodeGone { process },
            },
            error => error,
        }
    }

    /// Has the house-keeper read a link as soon as something comes, until the guard is dropped.
    pub(crate) fn watch(&self, route: &Arc<Route>) -> Watch {
        route.watchers.fetch_add(1, Ordering::AcqRel);
        // Where a look has left something, no new event will tell of it.
        if route.watched.ask() || route.link.take_unread() {
            self.inbox.send(Command::Watch(Arc::clone(route)));
        }
        Watch {
            route: Arc::clone(route),
        }
    }
}

/// While it lives, the house-keeper reads the link of a call whose end someone wants to be told of.
pub(crate) struct Watch {
    route: Arc<Route>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.route.watchers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for NodeShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({}, {})", self.process, self.id)
    }
}
