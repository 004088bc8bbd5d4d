//! Where requests come from: the inbound links of a group, and what other threads hand in. Only the leader touches it.

mod admission;
mod job;
mod ready;
mod shortage;

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{CallId, Failure, FailureCode, Limits};
use rustc_hash::FxHashMap;
use rustix::event::epoll;

use self::admission::AdmissionQueue;
pub(crate) use self::job::Job;
use self::ready::Ready;
use self::shortage::Shortage;
use super::link::{Receiving, ServedLink, ServedLinkId};
use super::responder::Responder;
use super::shared::{HANDED_IN, Handed, Shared};
use super::{Asked, Served, Service};
use crate::inbound::{Filled, Inbound, Incoming};
use crate::message::Allocator;

/// How many links are read directly before the epoll is asked: those that last brought something.
const HOT: usize = 2;
/// Every so many attempts on the hot links that brought nothing the epoll is asked for the others.
const EPOLL_EVERY: u32 = 8;
/// While hot links bring something, the epoll is asked for the others after this time. 1 ms: others wait no longer than
/// that, at the price of one system call in it.
const UNASKED: Duration = Duration::from_millis(1);
/// After so many reads it is asked in any case; the clock is read with every fourth.
const UNASKED_READS: u32 = 64;
/// A link with so many requests in the queues is not read any further: the rest waits at its caller. 256: four batches.
const ENOUGH: usize = 256;
/// The pause after a failed wait, which would fail again at once. 100 ms: ten lines of the log in a second.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// Events taken from the epoll at a time.
const EVENTS: usize = 64;

/// A link with its reading side.
pub(super) struct Source {
    pub(super) link: Arc<ServedLink>,
    pub(super) inbound: Inbound,
    /// Not all that was read was taken in, as the link became clogged or a request waits for its share of the budget.
    pub(super) has_left: bool,
    /// Its peer has hung up while it was paused: what it sent before is read when the link goes on.
    pub(super) has_hung_up: bool,
}

/// All that the leader reads.
pub(crate) struct Sources {
    pub(super) shared: Arc<Shared>,
    service: Arc<dyn Service>,
    allocator: Arc<dyn Allocator>,
    limits: Limits,
    epoll: Arc<OwnedFd>,
    pub(super) links: FxHashMap<u64, Source>,
    pub(crate) ready: Ready,
    /// Set while requests wait for a thread and none becomes free.
    pub(crate) shortage: Option<Shortage>,
    /// The links that last brought requests, latest first.
    hot: Vec<u64>,
    attempts: u32,
    /// When the epoll was last asked, and how many reads there were since.
    asked: Instant,
    unasked: u32,
    admissions: AdmissionQueue,
    pub(super) patience: Duration,
}

impl Sources {
    pub(crate) fn new(
        shared: Arc<Shared>,
        service: Arc<dyn Service>,
        allocator: Arc<dyn Allocator>,
        limits: Limits,
        patience: Duration,
    ) -> Self {
        let epoll = shared.epoll.clone();
        Self {
            shared,
            service,
            allocator,
            limits,
            epoll,
            links: FxHashMap::default(),
            ready: Ready::default(),
            shortage: None,
            hot: Vec::with_capacity(HOT + 1),
            attempts: 0,
            asked: Instant::now(),
            unasked: 0,
            admissions: AdmissionQueue::default(),
            patience,
        }
    }

    /// One attempt to get something without blocking; whether there was anything at all.
    pub(crate) fn attempt(&mut self) -> bool {
        self.attempts = self.attempts.wrapping_add(1);
        let mut moved = false;
        for index in 0..self.hot.len() {
            if let Some(&token) = self.hot.get(index) {
                moved |= self.read(token);
            }
        }
        if moved {
            if self.is_time_to_ask() {
                self.look_around();
            }
        } else if self.hot.is_empty() || self.attempts.is_multiple_of(EPOLL_EVERY) {
            moved = self.look_around();
        }
        moved
    }

    /// Whether the other links have waited for long while hot links brought something.
    fn is_time_to_ask(&mut self) -> bool {
        self.unasked += 1;
        self.unasked >= UNASKED_READS
            || (self.unasked.is_multiple_of(4) && self.asked.elapsed() >= UNASKED)
    }

    /// Takes what is there on any link, and what was handed in; whether there was anything.
    pub(crate) fn look_around(&mut self) -> bool {
        let moved = self.ask_epoll(Some(Duration::ZERO));
        (self.asked, self.unasked) = (Instant::now(), 0);
        moved
    }

    /// Blocks until there is something, or for so long. What else ends it: bytes or a hang-up on any link, or something
    /// handed in, of which stopping is one.
    pub(crate) fn block(&mut self, at_most: Option<Duration>) {
        self.ask_epoll(at_most);
    }

    /// Sends what is kept for the caller of a link, as far as the kernel takes it.
    pub(crate) fn flush(&mut self, link: &ServedLink) {
        if link.flush_by_reader() {
            self.freed(link.id.0);
        }
    }

    /// The same where all of it is small; whether it is.
    pub(crate) fn flush_small(&mut self, link: &ServedLink) -> bool {
        let Some(is_free) = link.flush_small_by_reader() else {
            return false;
        };
        if is_free {
            self.freed(link.id.0);
        }
        true
    }

    /// The caller of a link has read so many answers that its requests are taken in again.
    #[cold]
    fn freed(&mut self, token: u64) {
        self.ready.resume(token);
        self.go_on(token);
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
                Handed::Job(job) => self.ready.push(HANDED_IN, Job::Run(job), true),
            }
        }
    }

    /// Ends all links, and those that are handed in from now on. What has not begun is refused.
    pub(crate) fn close(&mut self) {
        let handed_in = self.shared.close();
        self.take_all(handed_in);
        for job in self.ready.drain() {
            job.refuse(&Failure::stopping());
        }
        let tokens: Vec<u64> = self.links.keys().copied().collect();
        for token in tokens {
            if let Some(source) = self.links.get(&token) {
                // It may have been added after the other callers were told.
                source.link.say_all_answered();
            }
            self.remove(token);
        }
    }

    fn add(&mut self, link: Arc<ServedLink>) {
        let budget = self.shared.budget.clone();
        let inbound = Inbound::of_requests(budget, self.limits.clone(), self.allocator.clone());
        if let Err(error) = link.watch() {
            tracing::warn!(%error, "an inbound link could not be watched and is closed");
            self.forget(&link);
            return;
        }
        let source = Source {
            link,
            inbound,
            has_left: false,
            has_hung_up: false,
        };
        self.links.insert(source.link.id.0, source);
    }

    pub(super) fn remove(&mut self, token: u64) {
        self.admissions.remove(token);
        self.hot.retain(|&hot| hot != token);
        if let Some(Source { link, .. }) = self.links.remove(&token) {
            self.forget(&link);
        }
    }

    fn forget(&mut self, link: &ServedLink) {
        link.close();
        self.ready.retire(link.id.0);
        self.shared.links.lock().remove(&link.id);
        self.service.link_lost(link.id);
    }

    fn ask_epoll(&mut self, at_most: Option<Duration>) -> bool {
        let mut room = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS];
        let at_most = at_most.and_then(|time| rustix::event::Timespec::try_from(time).ok());
        let events = match epoll::wait(&*self.epoll, &mut room, at_most.as_ref()) {
            Ok((events, _)) => events,
            Err(rustix::io::Errno::INTR) => return false,
            Err(error) => {
                // Cannot happen for a descriptor that is open and an epoll; spinning on it must not hide.
                tracing::error!(error = %io::Error::from(error), "waiting for requests failed");
                std::thread::park_timeout(AFTER_FAILURE);
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
            if flags.intersects(
                epoll::EventFlags::OUT | epoll::EventFlags::HUP | epoll::EventFlags::ERR,
            ) && let Some(source) = self.links.get(&token)
            {
                let link = source.link.clone();
                self.flush(&link);
                if link.is_paused()
                    && flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR)
                {
                    self.hung_up(token);
                }
            }
            if flags
                .intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR)
            {
                self.read(token);
                self.listen(token);
            }
        }
        moved
    }

    /// Reads one link once; whether it brought anything.
    fn read(&mut self, token: u64) -> bool {
        let has_enough = self.shortage.is_none() && self.ready.len_of(token) >= ENOUGH;
        let Some(source) = self.links.get_mut(&token) else {
            return false;
        };
        if has_enough || source.link.is_clogged() || source.link.is_paused() {
            return false;
        }
        if source.has_left {
            self.take_all_read(token);
            return true;
        }
        match source.inbound.fill(&source.link.wire) {
            Filled::NotNow => return false,
            Filled::Gone => {
                self.remove(token);
                return true;
            }
            Filled::Some => source.link.set_receiving(Receiving::AtWork),
        }
        self.take_all_read(token);
        if self.hot.first() != Some(&token) && self.links.contains_key(&token) {
            self.hot.retain(|&hot| hot != token);
            self.hot.insert(0, token);
            self.hot.truncate(HOT);
        }
        true
    }

    /// Takes in what was read of a link, as long as its caller reads the answers.
    pub(super) fn take_all_read(&mut self, token: u64) {
        loop {
            let Some(source) = self.links.get_mut(&token) else {
                return;
            };
            source.has_left = source.link.is_clogged();
            if source.has_left {
                source.link.set_receiving(Receiving::AtWork);
                return;
            }
            let terms = self.admissions.terms(token, &source.inbound);
            source.inbound.set_terms(terms);
            let next = source.inbound.next();
            if source.inbound.awaits_share() {
                source.has_left = true;
                source.link.set_receiving(Receiving::AtWork);
                source.link.pause(true);
                self.admissions.add(token);
                return;
            }
            self.admissions.remove(token);
            match next {
                Ok(None) => {
                    let receiving = match source.inbound.is_within_message() {
                        true => Receiving::Rest,
                        false => Receiving::Nothing,
                    };
                    source.link.set_receiving(receiving);
                    return;
                }
                Ok(Some(incoming)) => {
                    let link = source.link.clone();
                    let is_all = !source.inbound.is_within_message();
                    if is_all {
                        link.set_receiving(Receiving::Nothing);
                        source.has_left = false;
                    }
                    if !self.take(link, incoming) {
                        self.remove(token);
                    }
                    if is_all {
                        return;
                    }
                }
                Err(violation) => {
                    tracing::warn!(%violation, peer = source.link.peer.map(tracing::field::display), "an inbound link was closed");
                    self.remove(token);
                }
            }
        }
    }

    /// The peer of a paused link has hung up. The calls that it waited for are cancelled now; what it sent before is
    /// read when the link goes on.
    pub(super) fn hung_up(&mut self, token: u64) {
        if let Some(source) = self.links.get_mut(&token)
            && !source.has_hung_up
        {
            source.has_hung_up = true;
            source.link.unwatch();
            self.service.link_lost(source.link.id);
        }
    }

    /// Takes in one message; false if a caller may not send it.
    #[inline]
    fn take(&mut self, link: Arc<ServedLink>, incoming: Incoming) -> bool {
        match incoming {
            Incoming::Request {
                call,
                request,
                body,
                share,
            } => {
                let (id, peer) = (link.id, link.peer);
                let is_too_many = link.unanswered() >= self.limits.calls_in_flight;
                let shared = self.shared.clone();
                let responder = Responder::new(link, call, request.wanted, shared, share);
                if is_too_many {
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
                    link: id,
                    peer,
                    call,
                    request,
                    body,
                    deadline,
                };
                let asked = Box::new(Asked { served, responder });
                if let Some(asked) = self.service.accept(asked) {
                    let may_block = self.service.may_block(&asked.served);
                    let job = Job::Serve(asked);
                    self.ready.push(id.0, job, may_block);
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
                Responder::new(link, call, wanted, shared, None).fail(&failure);
                true
            }
            Incoming::Reply { .. } | Incoming::Leaving(_) => false,
        }
    }

    pub(super) fn cancel(&mut self, link: ServedLinkId, call: CallId) {
        match self.ready.cancel(link.0, call) {
            Some(responder) => responder.fail(&Failure::new(
                FailureCode::Cancelled,
                "cancelled before it ran",
            )),
            None => self.service.cancelled(link, call),
        }
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sources({} links, {:?})", self.links.len(), self.ready)
    }
}
