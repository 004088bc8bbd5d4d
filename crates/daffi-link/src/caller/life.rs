//! Whether the callee of a link lives, and whether it leaves.

use std::sync::atomic::{AtomicBool, Ordering};

use daffi_proto::{Leaving, Look, Silence};
use parking_lot::Mutex;

use super::CallerLink;
use super::pending::Lost;
use crate::inbound::Filled;

/// What a link knows of the life of its callee.
#[derive(Debug)]
pub(super) struct Life {
    /// Whether the callee can be judged.
    shows_life: bool,
    silence: Mutex<Silence>,
    /// Something was read since the last look.
    heard: AtomicBool,
    /// The callee has said that all it took is answered.
    all_answered: AtomicBool,
}

impl Life {
    pub(super) fn new(shows_life: bool) -> Self {
        Self {
            shows_life,
            silence: Mutex::default(),
            heard: AtomicBool::new(false),
            all_answered: AtomicBool::new(false),
        }
    }

    /// The reading thread notes a sign of life.
    pub(super) fn heard(&self, filled: &Filled) {
        // Loaded first: a store for each reply would take the cache line away from the core that sends.
        if *filled == Filled::Some && !self.heard.load(Ordering::Relaxed) {
            self.heard.store(true, Ordering::Relaxed);
        }
    }

    /// Why the link is lost: a hang-up is no fault where the callee said before that all is answered.
    pub(super) fn really(&self, why: Lost) -> Lost {
        if why == Lost::HungUp && self.all_answered.load(Ordering::Acquire) {
            Lost::Left
        } else {
            why
        }
    }
}

impl CallerLink {
    /// Looks whether the callee lives, where it owes something; whether it does. After six looks in a row without a sign
    /// of life the link ends with [`Lost::Silent`]. For a house-keeper; `late` is whether it comes far too late itself.
    ///
    /// A sign is any byte, also one that nobody has read yet, as the reading thread may be waiting for the language's
    /// lock (the GIL). So is that the callee has read what it had left unread.
    pub fn look_for_life(&self, late: bool) -> bool {
        let owes = self.needs_pump();
        // The thread that would send the rest may be waiting for the language's lock (the GIL), and the callee judges
        // this side.
        self.flush();
        let unread = owes && self.wire.is_readable();
        if unread {
            self.pump();
        }
        let heard = self.life.heard.swap(false, Ordering::Relaxed);
        let shown = heard | self.outbound.take_unblocked() | unread;
        let look = Look { owes, shown, late };
        if self.life.shows_life && self.life.silence.lock().look(look) {
            self.lose(Lost::Silent);
        }
        owes
    }

    /// The callee says something about its leaving.
    pub(super) fn leaves(&self, leaving: Leaving) {
        if leaving == Leaving::AllAnswered {
            self.life.all_answered.store(true, Ordering::Release);
        }
        (self.on_leaving)();
    }
}
