//! How a caller's link is read: by the threads that wait on it, by one that only looks, and by the house-keeper.

use std::sync::atomic::Ordering;
use std::time::Instant;

use parking_lot::MutexGuard;

use super::pending::{Lost, Outcome, Pending, WaitEnd};
use super::{CallerLink, Reader, SLICE};
use crate::inbound::{Filled, Inbound, Incoming, Violation};
use crate::wait::Waiter;
use crate::wire::Interest;

/// How often a thread reads before it looks after other things. 256: 16 MiB of small replies. Without it a peer that
/// never stops sending would keep a house-keeper from its heartbeats, and a caller from its deadline.
pub(super) const READS: usize = 256;

/// How often a look reads at most. 4: what came meanwhile in small replies is read in one or two; a large one is for the
/// house-keeper, as whoever looks has other work to do.
const LOOKS: usize = 4;

impl CallerLink {
    /// Reads and writes what is possible without blocking, and no more than some megabytes at a time. For a
    /// house-keeper, when nobody waits on the link. Whether something came, and so more may.
    ///
    /// A thread that is reading at that time and will not wait for more is told to read once more.
    pub fn pump(&self) -> bool {
        self.flush();
        self.read_if_free(READS)
    }

    /// Whether a look has left something to be read, told once.
    pub fn take_unread(&self) -> bool {
        self.unread.swap(false, Ordering::AcqRel)
    }

    pub(super) fn wait(
        &self,
        pending: &Pending,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        // `interrupt` is asked by the clock, not once a round: a follower may be woken many times within a slice.
        let mut asked = Instant::now();
        loop {
            if pending.is_done() {
                return WaitEnd::Done;
            }
            let slice = asked + SLICE;
            let limit = [until, pending.deadline]
                .into_iter()
                .flatten()
                .fold(slice, Instant::min);
            let signalled = match self.reading.try_lead() {
                Some(lead) => self.lead(lead, pending, limit),
                None => self.follow(pending, limit),
            };
            if pending.is_done() {
                return WaitEnd::Done;
            }
            let now = Instant::now();
            if pending.deadline.is_some_and(|deadline| deadline <= now) {
                self.abandon(pending.id, Outcome::TimedOut);
            } else if until.is_some_and(|until| until <= now) {
                return WaitEnd::TimedOut;
            } else if signalled || slice <= now {
                if interrupt() {
                    return WaitEnd::Interrupted;
                }
                asked = now;
            }
        }
    }

    /// Reads without blocking, a few times at most, and spins only where spinning has been paying. Ends whatever calls
    /// have their replies in what it reads; whether this call is one of them.
    pub(super) fn look(&self, pending: &Pending) -> bool {
        // Another thread reads the link, and ends this call when it meets its reply.
        let Some(mut lead) = self.reading.try_lead() else {
            return pending.is_done();
        };
        let (mut lost, mut is_all) = (None, false);
        lead.inbound.set_at_once(true);
        for _ in 0..LOOKS {
            match self.fill(&mut lead) {
                Filled::Some => lost = self.dispatch(&mut lead.inbound),
                Filled::Gone => lost = Some(Lost::HungUp),
                Filled::NotNow => {
                    is_all = true;
                    break;
                }
            }
            if pending.is_done() || lost.is_some() {
                is_all = true;
                break;
            }
        }
        lead.inbound.set_at_once(false);
        if !is_all {
            self.unread.store(true, Ordering::Release);
        }
        self.leave(lead, LOOKS);
        self.lose_if(lost);
        pending.is_done()
    }

    /// Reads once; tries again only where spinning or yielding has been paying on this link.
    fn fill(&self, reader: &mut Reader) -> Filled {
        let Reader { inbound, ladder } = reader;
        let mut filled = Filled::NotNow;
        ladder.climb(|| {
            filled = inbound.fill(&self.wire);
            filled != Filled::NotNow
        });
        self.life.heard(&filled);
        filled
    }

    fn read_if_free(&self, most: usize) -> bool {
        let mut any = false;
        loop {
            let lead = self.reading.try_lead().or_else(|| {
                // This thread sets the flag and then tries the lock; the reader frees the lock and then looks at the
                // flag. So at least one of the two reads what has come.
                self.missed.store(true, Ordering::SeqCst);
                self.reading.try_lead()
            });
            let Some(mut lead) = lead else { return any };
            self.missed.store(false, Ordering::SeqCst);
            let (read, lost) = self.read_at_once(&mut lead, most);
            self.reading.end(lead);
            any |= read > 0;
            let is_over = lost.is_some();
            self.lose_if(lost);
            // Another thread may have come while this one read, and left it to this one to read once more.
            if is_over || !self.missed.swap(false, Ordering::SeqCst) {
                return any;
            }
        }
    }

    /// Gives up the lead for good. Another thread may have found this one reading and left the rest to it: then it
    /// reads once more, if nobody else does.
    pub(super) fn leave(&self, lead: MutexGuard<'_, Reader>, most: usize) {
        self.reading.end(lead);
        if self.missed.swap(false, Ordering::SeqCst) {
            self.read_if_free(most);
        }
    }

    /// Reads for all waiting threads until the reply of this call is in, the time is over or a signal comes; whether a
    /// signal came.
    fn lead(&self, mut lead: MutexGuard<'_, Reader>, pending: &Pending, limit: Instant) -> bool {
        let mut signalled = false;
        let mut lost = None;
        while !pending.is_done() && !signalled && lost.is_none() {
            let filled = self.fill(&mut lead);
            match filled {
                Filled::Some => lost = self.dispatch(&mut lead.inbound),
                Filled::Gone => lost = Some(Lost::HungUp),
                Filled::NotNow => {
                    let write = self.outbound.is_waiting();
                    let left = limit.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    signalled = self.wire.block(Interest { read: true, write }, left);
                    if write {
                        self.flush();
                    }
                }
            }
            if filled == Filled::Some && !pending.is_done() && limit <= Instant::now() {
                break;
            }
        }
        self.leave(lead, READS);
        self.lose_if(lost);
        signalled
    }

    /// Parks until the thread that leads has read the reply of this call, or gives up the lead, which this thread then
    /// takes; whether a signal came.
    fn follow(&self, pending: &Pending, limit: Instant) -> bool {
        let waiter = Waiter::of_this_thread();
        if !pending.wake_at_end(&waiter) {
            return false;
        }
        let lead = self.reading.follow(&waiter, limit, || pending.is_done());
        pending.forget_waiter(&waiter);
        lead.is_some_and(|lead| self.lead(lead, pending, limit))
    }

    /// Like [`Self::read_all`], on a thread that must not wait for memory.
    pub(super) fn read_at_once(&self, reader: &mut Reader, most: usize) -> (usize, Option<Lost>) {
        reader.inbound.set_at_once(true);
        let read = self.read_all(reader, most);
        reader.inbound.set_at_once(false);
        read
    }

    /// Reads and dispatches until nothing is left to read, or `most` times: how many reads brought something, and why the
    /// link is lost if it is.
    pub(super) fn read_all(&self, reader: &mut Reader, most: usize) -> (usize, Option<Lost>) {
        for read in 0..most {
            let filled = reader.inbound.fill(&self.wire);
            self.life.heard(&filled);
            match filled {
                Filled::Some => {
                    if let Some(lost) = self.dispatch(&mut reader.inbound) {
                        return (read, Some(lost));
                    }
                }
                Filled::NotNow => return (read, None),
                Filled::Gone => return (read, Some(Lost::HungUp)),
            }
        }
        (most, None)
    }

    /// Ends the calls whose replies have come in whole.
    fn dispatch(&self, inbound: &mut Inbound) -> Option<Lost> {
        loop {
            match inbound.next() {
                Ok(Some(Incoming::Reply { call, status, body })) => {
                    // The reply of a call that has ended already is dropped.
                    let pending = self.table.lock().calls.complete(call);
                    if let Some(pending) = pending {
                        pending.end(Outcome::Reply { status, body });
                    }
                }
                Ok(Some(Incoming::Leaving(leaving))) => self.leaves(leaving),
                Ok(Some(
                    Incoming::Request { .. } | Incoming::Cancel { .. } | Incoming::Refused { .. },
                )) => {
                    return Some(Lost::Violation);
                }
                Ok(None) => return None,
                Err(violation) => {
                    report(&violation);
                    return Some(Lost::Violation);
                }
            }
        }
    }
}

fn report(violation: &Violation) {
    tracing::warn!(%violation, "a link ended: the callee sent what cannot be read");
}
