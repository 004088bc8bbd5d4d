//! What all threads of a node share: the callers' own, the serving threads, and the house-keeper.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use daffi_link::{Body, SendError};
use daffi_proto::{Candidate, Limits, Name, NodeId, Registry, Request};
use parking_lot::{Condvar, Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};

use super::delays::Delays;
use super::inbox::{Command, Inbox};
use super::offers::Offers;
use super::peer::{NoRoute, Peer, Route};
use crate::call::{Answer, CallOptions, PendingCall, Target};
use crate::error::{CallError, WaitError};
use crate::host::Host;
use crate::stop::{SLICE, StopSignal};

/// How often a call that could not be sent on a route looks for another to the same node. 3: the first may have ended
/// unnoticed, a second in the same moment is rare, a third is a node that goes away.
const ATTEMPTS: usize = 3;

pub(crate) struct NodeShared {
    pub(crate) id: NodeId,
    pub(crate) process: Name,
    pub(crate) limits: Limits,
    pub(crate) host: Arc<dyn Host>,
    /// The callbacks of this process.
    pub(crate) offers: Offers,
    /// Requests that wait for their time.
    pub(crate) delays: Delays,
    pub(crate) inbox: Inbox,
    stop: Arc<StopSignal>,
    /// Who else is there; published by the house-keeper.
    registry: RwLock<Arc<Registry>>,
    /// Held while the registry changes, so that a waiter misses no change.
    registry_lock: Mutex<()>,
    registry_changed: Condvar,
    peers: RwLock<FxHashMap<NodeId, Arc<Peer>>>,
    /// Decides between candidates that are equally busy.
    dice: AtomicU64,
}

impl NodeShared {
    pub(crate) fn new(
        id: NodeId,
        process: Name,
        limits: Limits,
        host: Arc<dyn Host>,
        stop: Arc<StopSignal>,
    ) -> Self {
        Self {
            id,
            process,
            offers: Offers::new(limits.callbacks),
            delays: Delays::new(limits.calls_in_flight),
            limits,
            host,
            inbox: Inbox::default(),
            stop,
            registry: RwLock::new(Arc::new(Registry::new(id))),
            registry_lock: Mutex::new(()),
            registry_changed: Condvar::new(),
            peers: RwLock::default(),
            dice: AtomicU64::new(id.raw()),
        }
    }

    pub(crate) fn stop(&self) -> &StopSignal {
        &self.stop
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

    /// Waits until the others are as `wanted`.
    pub(crate) fn wait_registry(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
        wanted: impl Fn(&Registry) -> bool,
    ) -> Result<(), WaitError> {
        daffi_link::blocking_in_callback();
        loop {
            {
                let mut lock = self.registry_lock.lock();
                if wanted(&self.registry.read()) {
                    return Ok(());
                }
                if self.stop.refuses_calls() {
                    return Err(WaitError::Stopped);
                }
                let now = Instant::now();
                if until.is_some_and(|until| until <= now) {
                    return Err(WaitError::TimedOut);
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
        if let Some(peer) = self.known_peer(id) {
            return peer;
        }
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
        let there: FxHashSet<_> = registry
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
            peer.gone();
        }
    }

    pub(crate) fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.read().values().cloned().collect()
    }

    /// Chooses where a call goes: the candidate with the fewest calls of ours under way.
    pub(crate) fn target(&self, name: &str, node: Option<&str>) -> Result<Target, CallError> {
        if self.stop.refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.registry.read();
        let chosen = match (registry.candidates(name), node) {
            ([only], None) => Some(only),
            (several, None) => self.least_busy(several.iter()),
            (several, Some(node)) => self.least_busy(
                several
                    .iter()
                    .filter(|candidate| candidate.process.as_str() == node),
            ),
        };
        match chosen {
            Some(candidate) => Ok(Target {
                candidate: candidate.clone(),
                peer: self.peer(candidate.node, &candidate.process),
            }),
            None => Err(self.no_candidate(&registry, name, node)),
        }
    }

    fn no_candidate(&self, registry: &Registry, name: &str, node: Option<&str>) -> CallError {
        let nobody_else = registry.candidates(name).is_empty();
        let asks_us = node.is_none_or(|node| node == self.process.as_str());
        if nobody_else && asks_us && self.offers.has(name) {
            return CallError::OnlyLocal(name.to_owned());
        }
        CallError::UnknownCallback {
            name: name.to_owned(),
            node: node.map(str::to_owned),
            offers: registry.listing(),
            nearest: registry
                .nearest(name)
                .filter(|near| near.as_str() != name)
                .cloned(),
        }
    }

    /// The candidate with the fewest calls of ours under way; ties at random.
    fn least_busy<'a>(
        &self,
        candidates: impl Iterator<Item = &'a Candidate>,
    ) -> Option<&'a Candidate> {
        let mut best: Option<(&Candidate, usize)> = None;
        let mut equals = 0;
        for candidate in candidates {
            let busy = self
                .known_peer(candidate.node)
                .map_or(0, |peer| peer.under_way());
            match best {
                Some((_, least)) if busy > least => continue,
                Some((_, least)) if busy == least => equals += 1,
                _ => equals = 1,
            }
            // Each of n equals is kept with probability 1/n.
            if equals == 1 || self.roll().is_multiple_of(equals) {
                best = Some((candidate, busy));
            }
        }
        best.map(|(candidate, _)| candidate)
    }

    /// A number that spreads well; not for secrets. (splitmix64)
    fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.dice.fetch_add(STEP, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Sends a call. The first to a node makes the link to it; who comes meanwhile waits for the same attempt.
    pub(crate) fn begin(
        self: &Arc<Self>,
        target: &Target,
        body: Body,
        options: CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let deadline = options
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout.saturating_add(options.delay)));
        let peer = &target.peer;
        let mut body = Some(body);
        for left in (0..ATTEMPTS).rev() {
            let route = self.route(peer, deadline, interrupt)?;
            // The body is only needed again where the route has ended before anything was sent.
            let this_body = if left == 0 { body.take() } else { body.clone() };
            let this_body = this_body.unwrap_or_default();
            let sent = self.send(target, &route, this_body, options, deadline, interrupt);
            match sent {
                Ok(pending) => return Ok(pending),
                Err(SendError::Lost(_)) => self.route_ended(peer, &route),
                Err(SendError::TooLarge { length, limit }) => {
                    return Err(CallError::TooLarge {
                        size: length,
                        limit,
                    });
                }
                Err(SendError::TimedOut) => return Err(CallError::TimedOut),
                Err(SendError::Interrupted) => return Err(CallError::Interrupted),
            }
        }
        Err(CallError::Vanished {
            process: peer.process().clone(),
        })
    }

    fn route(
        &self,
        peer: &Peer,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Arc<Route>, CallError> {
        if let Some(route) = peer.route() {
            return Ok(route);
        }
        let mut stopped_or_interrupted = || self.stop.refuses_calls() || interrupt();
        let found = peer.meet(deadline, &mut stopped_or_interrupted, || {
            self.inbox.send(Command::Want(peer.id()));
        });
        found.map_err(|problem| match problem {
            NoRoute::Interrupted if self.stop.refuses_calls() => CallError::Stopped,
            NoRoute::Interrupted => CallError::Interrupted,
            NoRoute::TimedOut => CallError::TimedOut,
            NoRoute::Gone => CallError::Vanished {
                process: peer.process().clone(),
            },
        })
    }

    fn send(
        self: &Arc<Self>,
        target: &Target,
        route: &Arc<Route>,
        body: Body,
        options: CallOptions,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, SendError> {
        let request = Request {
            target: route.relayed.then_some(target.candidate.node),
            callback: target.candidate.number,
            // What is left of the time, for the wait for a route may have taken some.
            time_left: deadline.map(|deadline| {
                deadline
                    .saturating_duration_since(Instant::now())
                    .saturating_sub(options.delay)
            }),
            delay: options.delay,
        };
        if options.answer == Answer::None {
            route.link.send_without_reply(&request, body, interrupt)?;
            if route.link.needs_pump() {
                self.sweep(route);
            }
            return Ok(None);
        }
        let pending = route.link.call(&request, body, deadline, interrupt)?;
        if options.answer == Answer::Later {
            self.sweep(route);
        }
        let (route, peer) = (Arc::clone(route), Arc::clone(&target.peer));
        Ok(Some(PendingCall::new(
            pending,
            route,
            peer,
            Arc::clone(self),
        )))
    }

    /// The house-keeper is told first: it must know of the loss before it is asked for another route.
    fn route_ended(&self, peer: &Peer, route: &Route) {
        self.inbox.send(Command::RouteLost(route.number));
        peer.lost(route.number);
    }

    /// Has the house-keeper look after a link until it has no calls under way.
    pub(crate) fn sweep(&self, route: &Arc<Route>) {
        if !route.swept.swap(true, Ordering::AcqRel) {
            self.inbox.send(Command::Sweep(Arc::clone(route)));
        }
    }

    /// Has the house-keeper read a link as soon as something comes, until the guard is dropped.
    pub(crate) fn watch(&self, route: &Arc<Route>) -> Watch {
        route.watchers.fetch_add(1, Ordering::AcqRel);
        if !route.watched.swap(true, Ordering::AcqRel) {
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
