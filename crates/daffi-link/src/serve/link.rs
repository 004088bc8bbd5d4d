//! One inbound link, as the threads that answer on it see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use daffi_proto::{CallId, Farewell, NodeId};
use parking_lot::Mutex;
use rustix::event::epoll;

use crate::message::Body;
use crate::outbound::{Announce, Outbound, Sent};
use crate::wire::Wire;

/// One inbound link of a group; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServedLinkId(pub(crate) u64);

/// An inbound link. Its reading side is with the leader, in `sources`.
#[derive(Debug)]
pub(crate) struct ServedLink {
    pub(crate) id: ServedLinkId,
    pub(crate) peer: Option<NodeId>,
    pub(crate) wire: Wire,
    outbound: Outbound,
    /// The group's epoll, so that any thread can ask to be told when the kernel takes bytes again.
    epoll: Arc<std::os::fd::OwnedFd>,
    /// What the epoll watches of this link. Changed under the lock of `outbound`, so that it fits what is kept there.
    watched: Mutex<epoll::EventFlags>,
    /// So much is kept for this caller that its requests are left unread.
    clogged: AtomicBool,
    /// Requests of this caller that have no answer yet. A caller of ours keeps within its own table; another must not
    /// fill the memory of this process.
    unanswered: AtomicUsize,
    /// The reading thread is at it, or a message has come in part.
    receiving: AtomicBool,
}

impl ServedLink {
    pub(crate) fn new(
        id: ServedLinkId,
        peer: Option<NodeId>,
        wire: Wire,
        epoll: Arc<std::os::fd::OwnedFd>,
    ) -> Self {
        Self {
            id,
            peer,
            wire,
            outbound: Outbound::default(),
            epoll,
            watched: Mutex::new(epoll::EventFlags::IN),
            clogged: AtomicBool::new(false),
            unanswered: AtomicUsize::new(0),
            receiving: AtomicBool::new(false),
        }
    }

    /// Puts the link under the eyes of the epoll.
    pub(crate) fn watch(&self) -> std::io::Result<()> {
        let watched = self.watched.lock();
        Ok(epoll::add(
            &*self.epoll,
            &self.wire,
            epoll::EventData::new_u64(self.id.0),
            *watched,
        )?)
    }

    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    pub(crate) fn request_came(&self) {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request_answered(&self) {
        self.unanswered.fetch_sub(1, Ordering::Relaxed);
    }

    /// Told by the reading thread, which may wait for memory in between.
    pub(crate) fn set_receiving(&self, receiving: bool) {
        self.receiving.store(receiving, Ordering::Relaxed);
    }

    /// Whether the caller waits for something of this side: an answer, or that its bytes are read.
    pub(crate) fn owes(&self) -> bool {
        self.unanswered() > 0
            || self.receiving.load(Ordering::Relaxed)
            || self.outbound.is_waiting()
            || self.wire.is_readable()
    }

    /// Shows the caller that this side lives.
    pub(crate) fn show_life(&self) {
        self.outbound.show_life();
        self.flush();
    }

    /// Tells the caller that this side leaves.
    pub(crate) fn say(&self, farewell: Farewell) {
        self.outbound.say(farewell);
        self.flush();
    }

    pub(crate) fn is_clogged(&self) -> bool {
        self.clogged.load(Ordering::Acquire)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.outbound.is_waiting()
    }

    /// Answers now.
    pub(crate) fn send(&self, announce: Announce, call: CallId, mut body: Body) {
        if self.outbound.send(&self.wire, announce, call, &mut body) == Sent::Waiting {
            self.flush();
        }
    }

    /// Answers with the next [`Self::flush`].
    pub(crate) fn defer(&self, announce: Announce, call: CallId, body: Body) {
        self.outbound.defer(announce, call, body);
    }

    /// Sends what the kernel takes and has the rest sent when it takes more. A link that is gone is noticed when it is
    /// read.
    pub(crate) fn flush(&self) {
        self.outbound.flush_then(&self.wire, |sent, clogged| {
            let mut wanted = epoll::EventFlags::empty();
            wanted.set(epoll::EventFlags::IN, !clogged);
            wanted.set(epoll::EventFlags::OUT, sent == Sent::Waiting);
            self.clogged.store(clogged, Ordering::Release);
            let mut watched = self.watched.lock();
            if *watched != wanted {
                *watched = wanted;
                // Fails only for a link that was taken out meanwhile, which nobody watches.
                let _ = epoll::modify(
                    &*self.epoll,
                    &self.wire,
                    epoll::EventData::new_u64(self.id.0),
                    wanted,
                );
            }
        });
    }

    /// Ends the link; the caller sees a hang-up.
    pub(crate) fn close(&self) {
        let _ = epoll::delete(&*self.epoll, &self.wire);
        self.outbound.close();
        self.wire.shut();
    }
}
