//! The requests that have no answer yet, from the moment they are read, so that a cancel or the loss of their link finds
//! them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use daffi_link::{Over, Served, ServedLinkId};
use daffi_proto::{CallId, NodeId, Wanted};
use parking_lot::Mutex;

use crate::serve::cancel::CancelFlag;
use crate::serve::cut_off::Unfinished;
use crate::serve::gates::gate::Slot;
use crate::serve::offers::Offered;

/// From how many places of requests that are over on the places of a link are closed up. 64: seldom, and few bytes.
const OVER: usize = 64;

/// What is known of each request under way, by the link that it came on.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<Links>);

/// Few, of which one is asked for many times in a row.
#[derive(Default)]
struct Links {
    /// By rising numbers, as links are numbered in the order in which they come.
    calls: Vec<(ServedLinkId, Calls<Entry>)>,
    /// Where the one is that was last asked for.
    last: usize,
}

struct Entry {
    unfinished: Unfinished,
    /// The node that called; not known of relayed calls.
    caller: Option<NodeId>,
    cancelled: CancelFlag,
    /// Whether its caller waits for the outcome, so that it is in vain once that has gone.
    is_awaited: bool,
    /// What runs it, until it is served.
    ahead: Ahead,
}

/// What a request that was read needs when it is served.
#[derive(Default)]
pub(crate) struct Ahead {
    /// Its callback, where it is one of this process.
    pub(crate) offered: Option<Offered>,
    /// Its place among those of its callback that run at once, if it has one.
    pub(crate) place: Option<Slot>,
}

/// A request whose caller waits for it.
pub(crate) struct Awaited {
    pub(crate) unfinished: Unfinished,
    pub(crate) caller: Option<NodeId>,
    pub(crate) cancelled: CancelFlag,
}

impl Links {
    #[inline]
    fn get_mut(&mut self, link: ServedLinkId) -> Option<&mut Calls<Entry>> {
        if self.calls.get(self.last).is_none_or(|(id, _)| *id != link) {
            self.last = self.calls.binary_search_by_key(&link, |(id, _)| *id).ok()?;
        }
        Some(&mut self.calls[self.last].1)
    }

    #[inline]
    fn get_or_insert(&mut self, link: ServedLinkId) -> &mut Calls<Entry> {
        if self.calls.get(self.last).is_none_or(|(id, _)| *id != link) {
            self.last = match self.calls.binary_search_by_key(&link, |(id, _)| *id) {
                Ok(place) => place,
                Err(place) => {
                    self.calls.insert(place, (link, Calls::default()));
                    place
                }
            };
        }
        &mut self.calls[self.last].1
    }

    fn remove(&mut self, link: ServedLinkId) {
        self.calls.retain(|(id, _)| *id != link);
    }
}

impl UnderWay {
    /// Whether it is the only one of its number: what a peer numbers twice could not be told apart.
    pub(crate) fn enter(&self, served: &Served, ahead: Ahead) -> bool {
        let entry = Entry {
            unfinished: Unfinished {
                callback: served.request.callback,
                since: Instant::now(),
            },
            caller: served.peer,
            cancelled: CancelFlag::default(),
            is_awaited: served.request.wanted == Wanted::Outcome,
            ahead,
        };
        let mut links = self.0.lock();
        let refused = links.get_or_insert(served.link).insert(served.call, entry);
        drop(links);
        // Dropped without the lock: see `over`.
        refused.is_none()
    }

    /// What tells a request that it is cancelled, and what runs it, once: it is served now.
    pub(crate) fn begin(&self, link: ServedLinkId, call: CallId) -> (CancelFlag, Ahead) {
        let mut links = self.0.lock();
        let entry = links.get_mut(link).and_then(|calls| calls.get(call));
        entry.map_or_else(Default::default, |entry| {
            (entry.cancelled.clone(), std::mem::take(&mut entry.ahead))
        })
    }

    pub(crate) fn find(&self, link: ServedLinkId, call: CallId) -> Option<CancelFlag> {
        let mut links = self.0.lock();
        let entry = links.get_mut(link)?.get(call)?;
        Some(entry.cancelled.clone())
    }

    /// The link is gone: those on it whose caller waits for them.
    pub(crate) fn link_lost(&self, link: ServedLinkId) -> Vec<Awaited> {
        let mut links = self.0.lock();
        let Some(calls) = links.get_mut(link) else {
            return Vec::new();
        };
        calls.is_lost = true;
        let awaited = calls
            .values()
            .filter(|entry| entry.is_awaited && !entry.cancelled.is_cancelled())
            .map(|entry| Awaited {
                unfinished: entry.unfinished,
                caller: entry.caller,
                cancelled: entry.cancelled.clone(),
            })
            .collect();
        if calls.is_empty() {
            links.remove(link);
        }
        awaited
    }

    pub(crate) fn all(&self) -> Vec<Unfinished> {
        let links = self.0.lock();
        let entries = links.calls.iter().flat_map(|(_, calls)| calls.values());
        entries.map(|entry| entry.unfinished).collect()
    }

    /// What tells those whose caller waits that they are cancelled.
    pub(crate) fn awaited(&self) -> Vec<CancelFlag> {
        let links = self.0.lock();
        let entries = links.calls.iter().flat_map(|(_, calls)| calls.values());
        let awaited = entries.filter(|entry| entry.is_awaited);
        awaited.map(|entry| entry.cancelled.clone()).collect()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0
            .lock()
            .calls
            .iter()
            .all(|(_, calls)| calls.is_empty())
    }
}

impl Over for UnderWay {
    fn over(&self, link: ServedLinkId, call: CallId) {
        let mut links = self.0.lock();
        let Some(calls) = links.get_mut(link) else {
            return;
        };
        let entry = calls.remove(call);
        if calls.is_lost && calls.is_empty() {
            links.remove(link);
        }
        drop(links);
        // Not under the lock: a place that is free lets in the next one.
        drop(entry);
    }
}

/// The calls of one link. A caller of ours numbers them in the order in which they come, so that a new one goes to the end
/// and the next to be over is among the first.
struct Calls<V> {
    /// By rising numbers; without a value where one is over that others came before.
    in_order: VecDeque<(CallId, Option<V>)>,
    /// How many of those are over.
    over: usize,
    /// Those that came after one with a higher number: only a peer that is none of ours sends such. Ordered, as it could
    /// choose numbers that share a place in a table that hashes them.
    astray: BTreeMap<CallId, V>,
    /// The link is gone: nothing is kept of it once its last call is over.
    is_lost: bool,
}

impl<V> Default for Calls<V> {
    fn default() -> Self {
        Self {
            in_order: VecDeque::new(),
            over: 0,
            astray: BTreeMap::new(),
            is_lost: false,
        }
    }
}

impl<V> Calls<V> {
    /// Gives the value back where there is one of this number.
    #[inline]
    fn insert(&mut self, call: CallId, value: V) -> Option<V> {
        let is_next = self.in_order.back().is_none_or(|(last, _)| *last < call);
        if is_next && self.astray.is_empty() {
            self.in_order.push_back((call, Some(value)));
            return None;
        }
        self.insert_astray(call, value)
    }

    #[cold]
    fn insert_astray(&mut self, call: CallId, value: V) -> Option<V> {
        if self.get(call).is_some() {
            return Some(value);
        }
        self.astray.insert(call, value)
    }

    #[inline]
    fn get(&mut self, call: CallId) -> Option<&mut V> {
        match self.place_of(call) {
            Some(place) => self.in_order.get_mut(place)?.1.as_mut(),
            None => self.get_astray(call),
        }
    }

    #[inline]
    fn remove(&mut self, call: CallId) -> Option<V> {
        let Some(place) = self.place_of(call) else {
            return self.remove_astray(call);
        };
        let value = self.in_order.get_mut(place)?.1.take();
        self.over += 1;
        self.close_up();
        value
    }

    #[cold]
    fn get_astray(&mut self, call: CallId) -> Option<&mut V> {
        self.astray.get_mut(&call)
    }

    #[cold]
    fn remove_astray(&mut self, call: CallId) -> Option<V> {
        self.astray.remove(&call)
    }

    fn values(&self) -> impl Iterator<Item = &V> {
        let in_order = self.in_order.iter().filter_map(|(_, value)| value.as_ref());
        in_order.chain(self.astray.values())
    }

    fn is_empty(&self) -> bool {
        self.in_order.is_empty() && self.astray.is_empty()
    }

    /// Where a call is that is in order and not over.
    #[inline]
    fn place_of(&self, call: CallId) -> Option<usize> {
        let is_first = self
            .in_order
            .front()
            .is_some_and(|(first, _)| *first == call);
        if is_first {
            return Some(0);
        }
        let place = self
            .in_order
            .binary_search_by_key(&call, |(other, _)| *other);
        place.ok().filter(|place| self.in_order[*place].1.is_some())
    }

    /// Gives up the places of those that are over: at the front at once, in the middle where they are many.
    fn close_up(&mut self) {
        while let Some((_, None)) = self.in_order.front() {
            self.in_order.pop_front();
            self.over -= 1;
        }
        if self.over > OVER && self.over > self.in_order.len() / 2 {
            self.in_order.retain(|(_, value)| value.is_some());
            self.over = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = u64>) -> Calls<u64> {
        let mut calls = Calls::default();
        for number in numbers {
            assert_eq!(calls.insert(CallId(number), number), None);
        }
        calls
    }

    #[test]
    fn calls_are_found_in_whatever_order_they_come_and_go() {
        for numbers in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 5, 1, 2, 4]] {
            let mut calls = of(numbers);
            for number in 1..=5 {
                assert_eq!(
                    calls.insert(CallId(number), 0),
                    Some(0),
                    "{number} is there"
                );
            }
            for number in [2, 4, 1, 5, 3] {
                assert_eq!(calls.get(CallId(number)), Some(&mut number.clone()));
                assert_eq!(calls.remove(CallId(number)), Some(number));
                assert_eq!(calls.remove(CallId(number)), None);
            }
            assert!(calls.is_empty());
        }
    }

    #[test]
    fn a_number_can_come_again_once_its_call_is_over() {
        let mut calls = of([1, 2, 3]);
        assert_eq!(calls.remove(CallId(2)), Some(2));
        assert_eq!(calls.insert(CallId(2), 20), None);
        assert_eq!(calls.insert(CallId(2), 30), Some(30));
        assert_eq!(calls.remove(CallId(2)), Some(20));
        assert_eq!(calls.values().sum::<u64>(), 4);
    }

    #[test]
    fn one_that_takes_long_does_not_keep_the_places_of_those_behind_it() {
        let mut calls = of([1]);
        for number in 2..10_000 {
            assert_eq!(calls.insert(CallId(number), number), None);
            assert_eq!(calls.remove(CallId(number)), Some(number));
        }
        assert!(calls.in_order.len() <= 2 * OVER + 2);
        assert_eq!(calls.values().count(), 1);
    }
}
