//! One stream to several receivers: which items each gets next, and when the producer must wait.

use std::collections::VecDeque;

/// The items of one stream that not every receiver has taken yet.
///
/// ```text
///                    kept items, oldest first
///        +-------------------+-----------+--------------+
/// taken  | under way         | under way | kept for all |  <- push, while less than a window is kept
/// by all | to the slowest    | to others |              |
///        +-------------------+-----------+--------------+
///        ^ leaves when the slowest receiver has taken it
///
/// a receiver:   idle --next_batch--> under way --taken--> idle
/// ```
///
/// Each receiver gets every item once, in order, by itself; it has one batch under way at a time. What is kept never
/// exceeds a window, except by the one item that filled it: so the slowest receiver holds back the producer, and
/// memory does not grow with the length of the stream.
#[derive(Clone, Debug)]
pub struct Fanout<T> {
    kept: VecDeque<Kept<T>>,
    /// The number of the oldest item that is kept.
    first: u64,
    /// What the kept items weigh together.
    weight: usize,
    receivers: Vec<Receiver>,
}

#[derive(Clone, Debug)]
struct Kept<T> {
    item: T,
    weight: usize,
    alone: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Receiver {
    /// The first item it has not taken.
    taken: u64,
    /// The first item it was not sent.
    sent: u64,
}

impl<T: Clone> Fanout<T> {
    /// How much may be kept, in bytes. 64 KiB: more than a fast receiver takes while its answer travels.
    pub const WINDOW: usize = 64 * 1024;
    /// How much goes into one batch, in bytes. A quarter of the window, so that it is refilled while a batch is under
    /// way; frames of 4 to 32 KiB were measured to be the fastest.
    pub const BATCH: usize = Self::WINDOW / 4;
    /// What an item weighs beside its bytes. 64 bytes, about what keeping it costs: items of no bytes are bounded too.
    pub const OVERHEAD: usize = 64;

    /// A stream that has not begun, to so many receivers.
    pub fn new(receivers: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            first: 0,
            weight: 0,
            receivers: vec![Receiver::default(); receivers],
        }
    }

    /// Whether the producer may go on.
    pub const fn has_room(&self) -> bool {
        self.weight < Self::WINDOW
    }

    /// Whether every receiver has taken every item.
    pub fn is_drained(&self) -> bool {
        self.kept.is_empty()
    }

    /// The receivers that have not taken every item.
    pub fn behind(&self) -> impl Iterator<Item = usize> {
        let end = self.first + self.kept.len() as u64;
        let receivers = self.receivers.iter().enumerate();
        receivers.filter_map(move |(place, receiver)| (receiver.taken < end).then_some(place))
    }

    /// Adds an item of so many bytes; one that travels `alone` shares its batch with no other.
    pub fn push(&mut self, item: T, bytes: usize, alone: bool) {
        if self.receivers.is_empty() {
            return;
        }
        let weight = bytes.saturating_add(Self::OVERHEAD);
        self.weight = self.weight.saturating_add(weight);
        self.kept.push_back(Kept {
            item,
            weight,
            alone,
        });
    }

    /// What this receiver is sent now; empty while it has a batch under way, and where nothing is left for it.
    pub fn next_batch(&mut self, receiver: usize) -> Vec<T> {
        let Some(state) = self.receivers.get_mut(receiver) else {
            return Vec::new();
        };
        if state.sent != state.taken {
            return Vec::new();
        }
        let from = usize::try_from(state.sent - self.first).unwrap_or(usize::MAX);
        let mut batch = Vec::new();
        let mut weight = 0_usize;
        for kept in self.kept.iter().skip(from) {
            let full = weight.saturating_add(kept.weight) > Self::BATCH;
            if !batch.is_empty() && (full || kept.alone) {
                break;
            }
            weight = weight.saturating_add(kept.weight);
            batch.push(kept.item.clone());
            state.sent += 1;
            if kept.alone {
                break;
            }
        }
        batch
    }

    /// The receiver has taken the batch that was under way to it.
    pub fn taken(&mut self, receiver: usize) {
        if let Some(state) = self.receivers.get_mut(receiver) {
            state.taken = state.sent;
        }
        let slowest = self.receivers.iter().map(|receiver| receiver.taken).min();
        while slowest.is_some_and(|slowest| self.first < slowest) {
            let Some(kept) = self.kept.pop_front() else {
                break;
            };
            self.weight = self.weight.saturating_sub(kept.weight);
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many items of no bytes as fill a window.
    const FULL: u64 = (Fanout::<u64>::WINDOW / Fanout::<u64>::OVERHEAD) as u64;

    #[test]
    fn every_receiver_gets_every_item_in_order() {
        let mut fanout = Fanout::new(3);
        let mut got = vec![Vec::new(); 3];
        for item in 0..10_000_u64 {
            // Each at its own pace: one takes at once, one now and then, one only when the producer must wait.
            for (receiver, got) in got.iter_mut().enumerate() {
                let due = receiver == 0 || (receiver == 1 && item % 7 == 0) || !fanout.has_room();
                if due {
                    fanout.taken(receiver);
                    got.extend(fanout.next_batch(receiver));
                }
            }
            while !fanout.has_room() {
                for (receiver, got) in got.iter_mut().enumerate() {
                    fanout.taken(receiver);
                    got.extend(fanout.next_batch(receiver));
                }
            }
            fanout.push(item, 0, false);
        }
        while !fanout.is_drained() {
            for (receiver, got) in got.iter_mut().enumerate() {
                fanout.taken(receiver);
                got.extend(fanout.next_batch(receiver));
            }
        }
        for got in got {
            assert!(got.into_iter().eq(0..10_000));
        }
    }

    #[test]
    fn the_slowest_receiver_holds_the_producer_back() {
        let mut fanout = Fanout::new(2);
        let mut pushed = 0_u64;
        while fanout.has_room() {
            fanout.push(pushed, 0, false);
            pushed += 1;
        }
        assert_eq!(pushed, FULL);
        // One receiver takes all of it; the other none.
        while !fanout.next_batch(0).is_empty() {
            fanout.taken(0);
        }
        assert!(!fanout.has_room());
        assert!(!fanout.next_batch(1).is_empty());
        assert!(!fanout.has_room(), "what is under way is not taken yet");
        fanout.taken(1);
        assert!(fanout.has_room());
    }

    #[test]
    fn one_batch_is_under_way_to_a_receiver() {
        let mut fanout = Fanout::new(1);
        fanout.push('a', 0, false);
        assert_eq!(fanout.next_batch(0), ['a']);
        fanout.push('b', 0, false);
        assert_eq!(fanout.next_batch(0), []);
        fanout.taken(0);
        assert_eq!(fanout.next_batch(0), ['b']);
        fanout.taken(0);
        assert!(fanout.is_drained());
    }

    #[test]
    fn an_item_larger_than_the_window_passes_by_itself() {
        let mut fanout = Fanout::new(1);
        fanout.push("small", 5, false);
        fanout.push("large", 10_000_000, false);
        assert!(!fanout.has_room());
        assert_eq!(fanout.next_batch(0), ["small"]);
        fanout.taken(0);
        assert_eq!(fanout.next_batch(0), ["large"]);
        fanout.taken(0);
        assert!(fanout.has_room() && fanout.is_drained());
    }

    #[test]
    fn an_item_that_travels_alone_shares_no_batch() {
        let mut fanout = Fanout::new(1);
        for (item, alone) in [('a', false), ('b', true), ('c', false), ('d', false)] {
            fanout.push(item, 1, alone);
        }
        let mut batches = Vec::new();
        while !fanout.is_drained() {
            batches.push(fanout.next_batch(0));
            fanout.taken(0);
        }
        assert_eq!(batches, [vec!['a'], vec!['b'], vec!['c', 'd']]);
    }
}
