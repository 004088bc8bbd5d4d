//! How calls end without an answer, and how the link itself ends.

use std::time::Instant;

use daffi_proto::CallId;

use super::CallerLink;
use super::pending::{Lost, Outcome, Pending};
use super::read::READS;

impl CallerLink {
    /// The soonest deadline of a call in flight.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.table.lock().calls.next_deadline()
    }

    /// Ends the calls whose deadline has passed. For a house-keeper: a thread that waits ends its own call itself.
    pub fn expire(&self, now: Instant) {
        let late = self.table.lock().calls.expire(now);
        for (_, pending) in late {
            self.tell_abandoned(&pending);
            pending.end(Outcome::TimedOut);
        }
    }

    /// Ends the link; every call in flight ends with [`Outcome::Lost`].
    pub fn close(&self, why: Lost) {
        self.lose(why);
    }

    /// Takes a call out and tells the callee; true if it was still in flight.
    pub(super) fn abandon(&self, id: CallId, outcome: Outcome) -> bool {
        let Some(pending) = self.table.lock().calls.complete(id) else {
            return false;
        };
        self.tell_abandoned(&pending);
        pending.end(outcome);
        true
    }

    fn tell_abandoned(&self, pending: &Pending) {
        pending.abandon();
        self.outbound.cancel(&self.wire, pending.id);
    }

    /// Ends the link after a failed write: the peer has gone. Its last replies are read first, by this thread or by the
    /// one that is reading already, which then finds the end of the connection.
    pub(super) fn hung_up(&self) -> Lost {
        if let Some(mut lead) = self.reading.try_lead() {
            let (_, lost) = self.read_at_once(&mut lead, READS);
            self.leave(lead, READS);
            self.lose(lost.unwrap_or(Lost::HungUp));
        } else {
            self.wire.shut();
        }
        self.table.lock().lost.unwrap_or(Lost::HungUp)
    }

    pub(super) fn lose_if(&self, lost: Option<Lost>) {
        if let Some(lost) = lost {
            self.lose(lost);
        }
    }

    pub(super) fn lose(&self, why: Lost) {
        let why = self.life.really(why);
        let calls = {
            let mut table = self.table.lock();
            if table.lost.is_some() {
                return;
            }
            table.lost = Some(why);
            table.calls.drain_all()
        };
        let unsent = self.outbound.close();
        self.wire.shut();
        // Told before the calls end: a thread whose call ends may ask for another link at once.
        (self.on_lost)(why);
        for (id, pending) in calls {
            pending.end(if unsent.contains(&id) {
                Outcome::Unsent(why)
            } else {
                Outcome::Lost(why)
            });
        }
    }
}
