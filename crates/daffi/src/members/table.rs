//! Who takes part: this process, the others with what they offer, and the way to each.
//!
//! Whoever introduces this process to the others (today the house-keeper, on the word of a controller) publishes here what
//! it knows; calls and waits only look.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{Name, NodeId, Registry};
use parking_lot::{Condvar, Mutex, RwLock, RwLockReadGuard};
use rustc_hash::FxHashSet;

use crate::error::absence::{Absence, NoCandidate, NoProcess};
use crate::error::{CallError, NotBegun, WaitError};
use crate::members::awaited::Awaited;
use crate::members::peer::Peer;
use crate::stop::StopSignal;
use crate::wait::Wait;

/// From when on a wait without a limit is worth a warning. 5 s: processes that are started together have met by then.
const LONG: Duration = Duration::from_secs(5);

pub(crate) struct Members {
    /// What others call this process.
    process: Name,
    stop: Arc<StopSignal>,
    /// What this process offers, which it does not call itself.
    own: RwLock<FxHashSet<Name>>,
    /// Who else is there.
    registry: RwLock<Arc<Registry>>,
    /// Held while the registry changes, so that a waiter misses no change.
    lock: Mutex<()>,
    changed: Condvar,
    /// Ordered, as are all tables whose keys others choose.
    peers: RwLock<BTreeMap<NodeId, Arc<Peer>>>,
}

impl Members {
    pub(crate) fn new(id: NodeId, process: Name, stop: Arc<StopSignal>) -> Self {
        Self {
            process,
            stop,
            own: RwLock::default(),
            registry: RwLock::new(Arc::new(Registry::new(id))),
            lock: Mutex::new(()),
            changed: Condvar::new(),
            peers: RwLock::default(),
        }
    }

    /// What others call this process.
    pub(crate) const fn process(&self) -> &Name {
        &self.process
    }

    /// This process offers a callback of this name.
    pub(crate) fn offer(&self, name: &Name) {
        self.own.write().insert(name.clone());
    }

    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read())
    }

    /// The registry as it is now, for a look: it does not change meanwhile.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, Arc<Registry>> {
        self.registry.read()
    }

    pub(crate) fn publish(&self, registry: Arc<Registry>) {
        let _lock = self.lock.lock();
        *self.registry.write() = registry;
        self.changed.notify_all();
    }

    /// Wakes all that wait for a change of the registry, to see that this process stops.
    pub(crate) fn wake_waiters(&self) {
        let _lock = self.lock.lock();
        self.changed.notify_all();
    }

    /// Waits until it is there. A wait without a limit has people told after a while what it waits for.
    pub(crate) fn wait(
        &self,
        wait: &mut Wait<'_>,
        awaited: Awaited<'_>,
        tell: &dyn Fn(&str),
    ) -> Result<(), WaitError> {
        daffi_link::blocking_in_callback();
        let mut tells_at = wait.until.is_none().then(|| Instant::now() + LONG);
        loop {
            if tells_at.is_some_and(|at| at <= Instant::now()) {
                tells_at = None;
                let seen = awaited.seen(&self.registry());
                let what = format!("waiting for {awaited}, without a limit; {seen}");
                tell(&what);
            }
            {
                let mut lock = self.lock.lock();
                // Also for a callback that may finish: what comes now comes too late for it.
                if self.stop.refuses_requests() {
                    return Err(WaitError::Stopped);
                }
                if awaited.is_there(&self.registry.read()) {
                    return Ok(());
                }
                if wait.is_late() {
                    let seen = awaited.seen(&self.registry.read());
                    return Err(WaitError::TimedOut { seen });
                }
                self.changed.wait_until(&mut lock, wait.next_look());
            }
            if wait.is_interrupted() {
                return Err(WaitError::Interrupted);
            }
        }
    }

    /// Why nobody can be called by this name.
    pub(crate) fn no_candidate(
        &self,
        registry: &Registry,
        name: &str,
        node: Option<&str>,
    ) -> CallError {
        let nobody_else = registry.candidates(name).is_empty();
        let asks_us = node.is_none_or(|node| node == self.process.as_str());
        if nobody_else && asks_us && self.own.read().contains(name) {
            return CallError::OnlyLocal(name.to_owned());
        }
        let absence = |node: &str| Absence::of(node, &self.process, registry);
        let node = node.map(|node| (node.to_owned(), absence(node)));
        let nearest = match &node {
            Some((node, Some(_))) => registry.nearest_process(node),
            _ => registry.nearest(name).filter(|near| near.as_str() != name),
        };
        CallError::UnknownCallback(NoCandidate {
            name: name.to_owned(),
            offers: registry.listing(),
            nearest: nearest.cloned(),
            left: registry
                .last_offered_by(name, node.as_ref().map(|(node, _)| node.as_str()))
                .cloned(),
            node,
        })
    }

    /// Why a process of this name cannot be called.
    pub(crate) fn no_process(&self, registry: &Registry, process: &str) -> CallError {
        CallError::UnknownProcess(NoProcess {
            name: process.to_owned(),
            why: Absence::of(process, &self.process, registry).unwrap_or(Absence::Unknown),
            nearest: registry.nearest_process(process).cloned(),
            others: registry
                .members()
                .map(|member| member.identity.process.clone())
                .collect(),
        })
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
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members(of {})", self.process)
    }
}
