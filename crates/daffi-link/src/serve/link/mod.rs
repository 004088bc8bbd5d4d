//! One inbound link, as the threads that answer on it see it.

mod life;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use daffi_proto::{CallId, Leaving, NodeId};
use parking_lot::Mutex;
use rustix::event::epoll;

use self::life::CallerLife;
use crate::budget::{Budget, Kept};
use crate::message::Body;
use crate::outbound::{Announce, Left, Outbound, Sent};
use crate::wire::Wire;

/// One inbound link of a group; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServedLinkId(pub(crate) u64);

/// An inbound link, as all threads share it. What only the leader touches of it is in `sources`.
#[derive(Debug)]
pub(crate) struct ServedLink {
    pub(crate) id: ServedLinkId,
    pub(crate) peer: Option<NodeId>,
    pub(crate) wire: Wire,
    outbound: Outbound,
    /// The group's epoll, so that any thread can ask to be told when the kernel takes bytes again.
    epoll: Arc<std::os::fd::OwnedFd>,
    /// Changed under the lock of `outbound`, so that it fits what is kept there.
    told: Mutex<Told>,
    /// Whether nothing is kept and the epoll watches for requests alone, which is so before and after nearly every flush.
    is_calm: AtomicBool,
    /// So many answers are kept for this caller that its requests are not read any further, and those read are not
    /// served.
    clogged: AtomicBool,
    /// Its next request waits for its share of the budget: nothing is taken in before it.
    paused: AtomicBool,
    /// While it is paused: the buffer is full, so that nothing more is read to find cancels behind that request.
    is_deaf: AtomicBool,
    /// Requests of this caller that have no answer yet. A caller of ours keeps within its own table; another must not
    /// fill the memory of this process.
    unanswered: AtomicUsize,
    /// A [`Receiving`].
    receiving: AtomicU8,
    /// What is known of the life of the caller.
    life: Mutex<CallerLife>,
}

/// What others know of the bytes that are kept.
#[derive(Debug)]
struct Told {
    /// What the epoll watches of this link.
    watched: epoll::EventFlags,
    /// What the budget counts.
    kept: Kept,
}

/// How far the reading of a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Receiving {
    /// All that was read is taken in.
    Nothing,
    /// The reading thread is at it, or this side leaves the rest unread.
    AtWork,
    /// A message has come in part, and the caller owes the rest.
    Rest,
}

/// [`Receiving::Rest`], and someone has looked since the last bytes came.
const REST_SEEN: u8 = 3;

impl ServedLink {
    pub(crate) fn new(
        id: ServedLinkId,
        peer: Option<NodeId>,
        wire: Wire,
        epoll: Arc<std::os::fd::OwnedFd>,
        budget: &Arc<Budget>,
    ) -> Self {
        Self {
            id,
            peer,
            wire,
            outbound: Outbound::default(),
            epoll,
            told: Mutex::new(Told {
                watched: epoll::EventFlags::IN,
                kept: budget.keep(),
            }),
            is_calm: AtomicBool::new(false),
            clogged: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            is_deaf: AtomicBool::new(false),
            unanswered: AtomicUsize::new(0),
            receiving: AtomicU8::new(Receiving::Nothing as u8),
            life: Mutex::default(),
        }
    }

    /// Adds the link to the epoll.
    pub(crate) fn watch(&self) -> std::io::Result<()> {
        let told = self.told.lock();
        Ok(epoll::add(
            &*self.epoll,
            &self.wire,
            epoll::EventData::new_u64(self.id.0),
            told.watched,
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

    /// Noted by the reading thread, which may wait for memory while it reads.
    pub(super) fn set_receiving(&self, receiving: Receiving) {
        self.receiving.store(receiving as u8, Ordering::Relaxed);
    }

    /// Whether the caller owes the rest of a message, and whether some of it came since this was last asked.
    pub(super) fn look_for_rest(&self) -> (bool, bool) {
        let rest = Receiving::Rest as u8;
        let order = Ordering::Relaxed;
        match self
            .receiving
            .compare_exchange(rest, REST_SEEN, order, order)
        {
            Ok(_) => (true, true),
            Err(found) => (found == REST_SEEN, false),
        }
    }

    /// Whether answers wait for the caller to read, and whether it has since this was last asked.
    pub(super) fn look_for_reading(&self) -> (bool, bool) {
        let reads = self.outbound.take_unblocked();
        (self.outbound.is_blocked(), reads)
    }

    /// Whether the caller waits for something of this side: an answer, or that its bytes are read.
    pub(crate) fn owes(&self) -> bool {
        self.unanswered() > 0
            || self.receiving.load(Ordering::Relaxed) != Receiving::Nothing as u8
            || self.outbound.is_waiting()
            || self.wire.is_readable()
    }

    /// Shows the caller that this side lives.
    pub(crate) fn show_life(&self) {
        self.outbound.show_life();
        self.flush();
    }

    /// Tells the caller that this side leaves.
    pub(crate) fn say(&self, leaving: Leaving) {
        self.outbound.say(leaving);
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

    /// Answers with the next [`Self::flush`]; how many bytes wait for it.
    pub(crate) fn defer(&self, announce: Announce, call: CallId, body: Body) -> u64 {
        self.outbound.defer(announce, call, body)
    }

    /// Sends what the kernel takes and has the rest sent when it takes more. A link that is gone is noticed when it is
    /// read.
    pub(crate) fn flush(&self) {
        self.outbound.flush_then(&self.wire, |left| {
            self.left(left, false);
        });
    }

    /// The same for the reading thread, which alone takes back that a link is clogged, as it must then go on with the
    /// requests that waited for that; whether the link was clogged until now.
    pub(crate) fn flush_by_reader(&self) -> bool {
        let read = |left| self.left(left, true);
        self.outbound.flush_then(&self.wire, read)
    }

    /// The same where all that is kept is small; nothing where it is not.
    pub(crate) fn flush_small_by_reader(&self) -> Option<bool> {
        let read = |left| self.left(left, true);
        self.outbound.flush_small_then(&self.wire, read)
    }

    /// What a flush has left, for those who wait for it; whether the link was clogged until now. Under the lock of
    /// `outbound`.
    fn left(&self, left: Left, by_reader: bool) -> bool {
        let too_much = left.is_clogged;
        let was_clogged = self.clogged.load(Ordering::Acquire);
        let clogged = too_much || (was_clogged && !by_reader);
        self.clogged.store(clogged, Ordering::Release);
        let mut wanted = epoll::EventFlags::empty();
        let is_read = !clogged && !self.is_deaf.load(Ordering::Acquire);
        wanted.set(epoll::EventFlags::IN, is_read);
        // Also where nothing is kept any more: the event makes the reading thread come here and unclog the link.
        let is_to_be_told = clogged && !too_much;
        wanted.set(
            epoll::EventFlags::OUT,
            left.sent == Sent::Waiting || is_to_be_told,
        );
        self.tell(wanted, left.bytes);
        was_clogged && !clogged
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Stops taking in requests of this link, or goes on with it. For the reading thread.
    pub(super) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
        self.set_deaf(false);
    }

    /// Stops reading the link at all, or goes on with it. For the reading thread.
    pub(super) fn set_deaf(&self, is_deaf: bool) {
        if self.is_deaf.swap(is_deaf, Ordering::AcqRel) != is_deaf {
            self.flush();
        }
    }

    /// Removes the link from the epoll, which would report its end again and again while nobody reads it.
    pub(crate) fn unwatch(&self) {
        let _ = epoll::delete(&*self.epoll, &self.wire);
    }

    fn tell(&self, wanted: epoll::EventFlags, kept: u64) {
        let is_calm = wanted == epoll::EventFlags::IN && kept == 0;
        if is_calm && self.is_calm.load(Ordering::Relaxed) {
            return;
        }
        let mut told = self.told.lock();
        self.is_calm.store(is_calm, Ordering::Relaxed);
        told.kept.set(kept);
        if told.watched != wanted {
            told.watched = wanted;
            // Fails only for a link that was taken out meanwhile, which nobody watches.
            let _ = epoll::modify(
                &*self.epoll,
                &self.wire,
                epoll::EventData::new_u64(self.id.0),
                wanted,
            );
        }
    }

    /// Tells the caller that everything that was taken is answered, where it is: then it knows that the rest did not
    /// run. Called after the last thread has ended, and only if the kernel has all answers: before that this would
    /// overtake the chunks of a large one, and a call that has run would be made again.
    pub(super) fn say_all_answered(&self) {
        if self.is_all_answered() {
            self.say(Leaving::AllAnswered);
        }
    }

    /// Whether nothing is owed to the caller.
    pub(super) fn is_all_answered(&self) -> bool {
        self.unanswered() == 0 && !self.is_waiting()
    }

    /// Ends the link; the caller sees a hang-up.
    pub(crate) fn close(&self) {
        let _ = epoll::delete(&*self.epoll, &self.wire);
        self.outbound.close();
        self.told.lock().kept.set(0);
        self.wire.shut();
    }
}
