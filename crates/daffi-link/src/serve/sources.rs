//! Where requests come from: the inbound links of a group, and what other threads hand in. Only the leader touches it.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use daffi_proto::{CallId, Failure, FailureCode, Limits};
use rustc_hash::FxHashMap;
use rustix::event::epoll;

use super::group::{Handed, Job, Shared};
use super::link::{ServedLink, ServedLinkId};
use super::responder::Responder;
use super::{Served, Service};
use crate::inbound::{Filled, Inbound, Incoming};
use crate::message::Allocator;

/// The event of the group's own descriptor: something was handed in.
pub(crate) const HANDED_IN: u64 = 0;
/// Links that are read directly while waiting, without asking the epoll: those that last brought something.
const HOT: usize = 2;
/// Every so many attempts on the hot links the epoll is asked for the others.
const EPOLL_EVERY: u32 = 8;
/// Events taken from the epoll at a time.
const EVENTS: usize = 64;

/// A link with its reading side.
struct Source {
    link: Arc<ServedLink>,
    inbound: Inbound,
}

/// All that the leader reads.
pub(crate) struct Sources {
    shared: Arc<Shared>,
    service: Arc<dyn Service>,
    allocator: Arc<dyn Allocator>,
    limits: Limits,
    epoll: Arc<OwnedFd>,
    links: FxHashMap<u64, Source>,
    pub(crate) ready: VecDeque<Job>,
    /// The links that last brought requests, latest first.
    hot: Vec<u64>,
    attempts: u32,
}

impl Sources {
    pub(crate) fn new(
        shared: Arc<Shared>,
        service: Arc<dyn Service>,
        allocator: Arc<dyn Allocator>,
        limits: Limits,
    ) -> Self {
        let epoll = shared.epoll.clone();
        Self {
            shared,
            service,
            allocator,
            limits,
            epoll,
            links: FxHashMap::default(),
            ready: VecDeque::new(),
            hot: Vec::with_capacity(HOT + 1),
            attempts: 0,
        }
    }

    /// One attempt to get something without blocking; whether there was anything at all.
    pub(crate) fn attempt(&mut self) -> bool {
        self.attempts = self.attempts.wrapping_add(1);
        let mut moved = false;
        for place in 0..self.hot.len() {
            if let Some(&token) = self.hot.get(place) {
                moved |= self.read(token);
            }
        }
        if !moved && (self.hot.is_empty() || self.attempts.is_multiple_of(EPOLL_EVERY)) {
            moved = self.ask_epoll(false);
        }
        moved
    }

    /// Blocks until there is something. What ends it: bytes or a hang-up on any link, or something handed in, of which
    /// stopping is one.
    pub(crate) fn block(&mut self) {
        self.ask_epoll(true);
    }

    /// Takes in what other threads have handed in.
    fn take_handed_in(&mut self) {
        let handed_in = self.shared.take_handed_in();
        self.take_all(handed_in);
    }

    fn take_all(&mut self, handed_in: Vec<Handed>) {
        for handed in handed_in {
            match handed {
                Handed::Link(link) => self.add(link),
                Handed::Close(id) => self.remove(id.0),
                Handed::Job(job) => self.ready.push_back(Job::Run(job)),
            }
        }
    }

    /// Ends all links, and those that are handed in from now on. Jobs that have not begun are dropped.
    pub(crate) fn close(&mut self) {
        let handed_in = self.shared.close();
        self.take_all(handed_in);
        self.ready.clear();
        let tokens: Vec<u64> = self.links.keys().copied().collect();
        for token in tokens {
            self.remove(token);
        }
    }

    fn add(&mut self, link: Arc<ServedLink>) {
        let inbound = Inbound::new(true, self.limits.clone(), self.allocator.clone());
        if let Err(error) = link.watch() {
            tracing::warn!(%error, "an inbound link could not be watched and is closed");
            self.forget(&link);
            return;
        }
        self.links.insert(link.id.0, Source { link, inbound });
    }

    fn remove(&mut self, token: u64) {
        self.hot.retain(|&hot| hot != token);
        if let Some(Source { link, .. }) = self.links.remove(&token) {
            self.forget(&link);
        }
    }

    fn forget(&self, link: &ServedLink) {
        link.close();
        self.shared.links.lock().remove(&link.id);
        self.service.link_lost(link.id);
    }

    fn ask_epoll(&mut self, block: bool) -> bool {
        let mut room = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS];
        let no_time = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let at_most = if block { None } else { Some(&no_time) };
        let events = match epoll::wait(&*self.epoll, &mut room, at_most) {
            Ok((events, _)) => events,
            Err(rustix::io::Errno::INTR) => return false,
            Err(error) => {
                // Cannot happen for a descriptor that is open and an epoll; spinning on it must not hide.
                tracing::error!(error = %io::Error::from(error), "waiting for requests failed");
                return false;
            }
        };
        let moved = !events.is_empty();
        for event in events {
            // Copied: the event is packed.
            let (token, flags) = (event.data.u64(), event.flags);
            if token == HANDED_IN {
                self.take_handed_in();
                continue;
            }
            if flags.contains(epoll::EventFlags::OUT)
                && let Some(source) = self.links.get(&token)
            {
                source.link.flush();
            }
            if flags
                .intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR)
            {
                self.read(token);
            }
        }
        moved
    }

    /// Reads one link once; whether it brought anything.
    fn read(&mut self, token: u64) -> bool {
        let Some(source) = self.links.get_mut(&token) else {
            return false;
        };
        if source.link.is_clogged() {
            return false;
        }
        match source.inbound.fill(&source.link.wire) {
            Filled::NotNow => return false,
            Filled::Gone => {
                self.remove(token);
                return true;
            }
            Filled::Some => source.link.set_receiving(true),
        }
        loop {
            let Some(source) = self.links.get_mut(&token) else {
                return true;
            };
            match source.inbound.next() {
                Ok(None) => {
                    let receiving = source.inbound.is_within_message();
                    source.link.set_receiving(receiving);
                    break;
                }
                Ok(Some(incoming)) => {
                    let link = source.link.clone();
                    if !self.take(&link, incoming) {
                        self.remove(token);
                    }
                }
                Err(violation) => {
                    tracing::warn!(%violation, peer = source.link.peer.map(tracing::field::display), "an inbound link was closed");
                    self.remove(token);
                }
            }
        }
        if self.hot.first() != Some(&token) {
            self.hot.retain(|&hot| hot != token);
            self.hot.insert(0, token);
            self.hot.truncate(HOT);
        }
        true
    }

    /// Takes in one message; false if it has no place on this side of a link.
    fn take(&mut self, link: &Arc<ServedLink>, incoming: Incoming) -> bool {
        match incoming {
            Incoming::Request {
                call,
                request,
                body,
            } => {
                let shared = self.shared.clone();
                let responder = Responder::new(link.clone(), call, request.wanted, shared);
                if link.unanswered() > self.limits.calls_in_flight {
                    responder.fail(&Failure::new(
                        FailureCode::Overloaded,
                        "more calls are under way on one link than allowed",
                    ));
                    return true;
                }
                let deadline = request.time_left.and_then(|left| {
                    Instant::now().checked_add(left.saturating_add(request.delay))
                });
                let served = Served {
                    link: link.id,
                    peer: link.peer,
                    call,
                    request,
                    body,
                    deadline,
                };
                if let Some((served, responder)) = self.service.accept(served, responder) {
                    self.ready
                        .push_back(Job::Serve(link.clone(), served, responder));
                }
                true
            }
            Incoming::Cancel { call } => {
                self.cancel(link.id, call);
                true
            }
            Incoming::Refused {
                call,
                wanted,
                failure,
            } => {
                let shared = self.shared.clone();
                Responder::new(link.clone(), call, wanted, shared).fail(&failure);
                true
            }
            Incoming::Reply { .. } | Incoming::Leaving(_) => false,
        }
    }

    fn cancel(&mut self, link: ServedLinkId, call: CallId) {
        let waiting = self.ready.iter().position(
            |job| matches!(job, Job::Serve(_, served, _) if served.link == link && served.call == call),
        );
        match waiting.and_then(|place| self.ready.remove(place)) {
            Some(Job::Serve(_, _, responder)) => {
                responder.fail(&Failure::new(
                    FailureCode::Cancelled,
                    "cancelled before it ran",
                ));
            }
            Some(Job::Run(_)) | None => self.service.cancelled(link, call),
        }
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Sources({} links, {} ready)",
            self.links.len(),
            self.ready.len()
        )
    }
}
