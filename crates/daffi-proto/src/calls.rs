//! The calls that wait for an answer on one link: each ends exactly once.

use std::collections::BTreeSet;
use std::time::Instant;

use rustc_hash::FxHashMap;

use crate::CallId;

/// The calls in flight: for each its deadline, and the waiter that is told how it ended.
///
/// ```text
///             insert               complete: a reply, or the caller gave up
///  (not here) ------> in flight -+----------------------------------------> over, with W
///                                | expire: the deadline passed
///                                +----------------------------------------> over, with W
///                                | drain: the peer has gone
///                                +----------------------------------------> over, with W
/// ```
///
/// The caller of these methods that is handed the waiter `W` ends the call; as there is one waiter, a call ends once. A
/// reply for a call that is over finds no entry and is dropped.
#[derive(Debug)]
pub struct InFlight<W> {
    calls: FxHashMap<CallId, (W, Option<Instant>)>,
    /// The calls with a deadline, soonest first.
    deadlines: BTreeSet<(Instant, CallId)>,
    limit: usize,
}

/// A call that could not be entered, with its waiter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InsertError<W> {
    /// As many calls are in flight as may be.
    #[error("too many calls are in flight")]
    Full(W),
    /// A call of this id is in flight.
    #[error("a call of this id is in flight")]
    Duplicate(W),
}

impl<W> InFlight<W> {
    /// An empty table for at most `limit` calls; see [`Limits::calls_in_flight`](crate::Limits).
    pub fn new(limit: usize) -> Self {
        Self {
            calls: FxHashMap::default(),
            deadlines: BTreeSet::new(),
            limit,
        }
    }

    /// Enters a call before it is sent.
    ///
    /// # Errors
    /// [`InsertError`] gives the waiter back: the call is not in the table and must not be sent.
    pub fn insert(
        &mut self,
        id: CallId,
        waiter: W,
        deadline: Option<Instant>,
    ) -> Result<(), InsertError<W>> {
        if self.calls.len() >= self.limit {
            return Err(InsertError::Full(waiter));
        }
        if self.calls.contains_key(&id) {
            return Err(InsertError::Duplicate(waiter));
        }
        self.calls.insert(id, (waiter, deadline));
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, id));
        }
        Ok(())
    }

    /// Takes a call out, for whatever reason; `None` where it is over already.
    pub fn complete(&mut self, id: CallId) -> Option<W> {
        let (waiter, deadline) = self.calls.remove(&id)?;
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(waiter)
    }

    /// The waiter of a call that is in flight.
    pub fn waiter_mut(&mut self, id: CallId) -> Option<&mut W> {
        self.calls.get_mut(&id).map(|(waiter, _)| waiter)
    }

    /// Takes out every call whose deadline is `now` or before, soonest first.
    pub fn expire(&mut self, now: Instant) -> Vec<(CallId, W)> {
        let mut over = Vec::new();
        while let Some(&(deadline, id)) = self
            .deadlines
            .first()
            .filter(|(deadline, _)| *deadline <= now)
        {
            self.deadlines.remove(&(deadline, id));
            over.extend(self.calls.remove(&id).map(|(waiter, _)| (id, waiter)));
        }
        over
    }

    /// When [`Self::expire`] has something to do next.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Takes out every call, in order of their ids.
    pub fn drain_all(&mut self) -> Vec<(CallId, W)> {
        self.deadlines.clear();
        let mut all: Vec<_> = self
            .calls
            .drain()
            .map(|(id, (waiter, _))| (id, waiter))
            .collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// How many calls are in flight.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no call is in flight.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn second(seconds: u64, start: Instant) -> Option<Instant> {
        Some(start + Duration::from_secs(seconds))
    }

    #[test]
    fn a_call_ends_once() {
        let mut calls = InFlight::new(10);
        assert_eq!(calls.insert(CallId(1), "waiter", None), Ok(()));
        assert_eq!(calls.complete(CallId(1)), Some("waiter"));
        assert_eq!(calls.complete(CallId(1)), None);
        assert_eq!(calls.drain_all(), []);
    }

    #[test]
    fn calls_expire_in_order_of_their_deadlines_and_the_others_stay() {
        let now = Instant::now();
        let mut calls = InFlight::new(10);
        for (id, deadline) in [
            (1, second(3, now)),
            (2, second(1, now)),
            (3, None),
            (4, second(9, now)),
        ] {
            calls
                .insert(CallId(id), id, deadline)
                .expect("there is room");
        }
        assert_eq!(calls.next_deadline(), second(1, now));
        assert_eq!(calls.expire(now), []);
        assert_eq!(
            calls.expire(now + Duration::from_secs(3)),
            [(CallId(2), 2), (CallId(1), 1)]
        );
        assert_eq!(calls.next_deadline(), second(9, now));
        assert_eq!(calls.len(), 2);
    }

    #[test]
    fn a_completed_call_does_not_expire() {
        let now = Instant::now();
        let mut calls = InFlight::new(10);
        calls
            .insert(CallId(1), (), Some(now))
            .expect("there is room");
        assert_eq!(calls.complete(CallId(1)), Some(()));
        assert_eq!(calls.next_deadline(), None);
        assert_eq!(calls.expire(now), []);
    }

    #[test]
    fn a_full_table_and_a_used_id_give_the_waiter_back() {
        let mut calls = InFlight::new(1);
        calls
            .insert(CallId(1), "first", None)
            .expect("there is room");
        assert_eq!(
            calls.insert(CallId(2), "second", None),
            Err(InsertError::Full("second"))
        );
        calls.limit = 2;
        assert_eq!(
            calls.insert(CallId(1), "third", None),
            Err(InsertError::Duplicate("third"))
        );
        assert_eq!(calls.len(), 1);
    }
}
