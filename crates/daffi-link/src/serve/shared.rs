//! What the links, responders and threads of a serving group share, and what they hand to the thread that leads.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use daffi_proto::CallId;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use rustix::event::{EventfdFlags, epoll, eventfd};

use super::handed_in::HandedIn;
use super::link::{ServedLink, ServedLinkId};
use super::threads::Baton;
use super::unanswered::Unanswered;
use crate::budget::Budget;
use crate::descriptors::Registered;

/// The event of the group's own descriptor: something was handed in.
pub(super) const HANDED_IN: u64 = 0;

/// Hears of the end of requests: whoever keeps track of those under way.
pub trait Over: Send + Sync {
    /// This request has its answer, which goes out next. Called on the thread that answers; must be quick.
    fn over(&self, link: ServedLinkId, call: CallId);
}

/// What other threads hand in for the thread that leads.
pub(crate) enum Handed {
    Link(Arc<ServedLink>),
    Close(ServedLinkId),
    Job(HandedIn),
}

/// What links, responders and threads share.
pub(crate) struct Shared {
    _registered: [Registered; 2],
    pub(crate) epoll: Arc<OwnedFd>,
    /// Readable while something is handed in.
    doorbell: Arc<OwnedFd>,
    pub(crate) budget: Arc<Budget>,
    /// `None` once the group has ended.
    handed_in: Mutex<Option<Vec<Handed>>>,
    pub(crate) links: Mutex<FxHashMap<ServedLinkId, Arc<ServedLink>>>,
    /// The requests without an answer: a stop waits for them.
    pub(super) unanswered: Unanswered,
    /// The most bytes of one answer.
    pub(crate) message_bytes: u64,
    pub(super) over: Option<Arc<dyn Over>>,
    pub(super) baton: Baton,
}

impl Shared {
    pub(super) fn new(
        message_bytes: u64,
        pending_bytes: u64,
        over: Option<Arc<dyn Over>>,
        baton: Baton,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let doorbell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        epoll::add(
            &epoll,
            &doorbell,
            epoll::EventData::new_u64(HANDED_IN),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            _registered: [
                Registered::new(epoll.as_raw_fd()),
                Registered::new(doorbell.as_raw_fd()),
            ],
            epoll: Arc::new(epoll),
            budget: Arc::new(Budget::new(pending_bytes, doorbell.clone())),
            doorbell,
            handed_in: Mutex::new(Some(Vec::new())),
            links: Mutex::default(),
            unanswered: Unanswered::new(),
            message_bytes,
            over,
            baton,
        })
    }

    /// Leaves it to the leader; it comes back where the group has ended.
    pub(super) fn hand_in(&self, handed: Handed) -> Result<(), Handed> {
        let mut handed_in = self.handed_in.lock();
        let Some(list) = &mut *handed_in else {
            return Err(handed);
        };
        list.push(handed);
        drop(handed_in);
        self.ring();
        Ok(())
    }

    pub(super) fn all_links(&self) -> Vec<Arc<ServedLink>> {
        self.links.lock().values().cloned().collect()
    }

    pub(super) fn ring(&self) {
        // Fails only when the counter is full, and then the bell rings anyway.
        let _ = rustix::io::write(&self.doorbell, &1u64.to_ne_bytes());
    }

    pub(crate) fn take_handed_in(&self) -> Vec<Handed> {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.doorbell, &mut counter);
        self.handed_in
            .lock()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Takes what was handed in, and nothing more from now on.
    pub(crate) fn close(&self) -> Vec<Handed> {
        self.handed_in.lock().take().unwrap_or_default()
    }
}
