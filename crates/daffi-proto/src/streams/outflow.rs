//! The items of a generator on their way to the one who iterates: what is made ahead, and when making pauses.

use std::collections::VecDeque;

use super::Fanout;

/// The items that a generator has given and nobody has asked for yet.
///
/// ```text
///            pull                        window full
///  idle -------------> producing -------------------------> paused
///                      |       ^                              |
///                      |       +------------ pull ------------+
///                      +--end--> over: what is kept, then the end
/// ```
///
/// A pull is answered at once where an item is kept, else by the next item. The generator runs ahead of the pulls by
/// less than a window of bytes: backpressure for one that is faster than its consumer.
#[derive(Clone, Debug)]
pub struct Outflow<T> {
    kept: VecDeque<(T, usize, bool)>,
    weight: usize,
    /// A pull waits for an item.
    asked: bool,
    producing: bool,
    over: bool,
}

/// What follows from an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow<T> {
    /// The answer to the pull that waits; nothing where none waits, or nothing is there.
    pub items: Vec<T>,
    /// The pull that waits is answered with the end.
    pub ends: bool,
    /// The generator goes on, or begins to.
    pub produce: bool,
}

impl<T> Outflow<T> {
    /// A generator that has not begun.
    pub const fn new() -> Self {
        Self {
            kept: VecDeque::new(),
            weight: 0,
            asked: false,
            producing: false,
            over: false,
        }
    }

    /// Whether the generator runs.
    pub const fn is_producing(&self) -> bool {
        self.producing
    }

    /// Someone wants items. `produce` says that the generator is to be started, or started again.
    pub fn pull(&mut self) -> Flow<T> {
        self.asked = true;
        let was_producing = self.producing;
        let mut flow = self.answer();
        self.producing = !self.over && self.has_room();
        flow.produce = self.producing && !was_producing;
        // One that runs goes on until it is told otherwise.
        self.producing |= was_producing;
        flow
    }

    /// The generator has given an item of so many bytes. `produce` says whether it goes on.
    pub fn push(&mut self, item: T, bytes: usize, alone: bool) -> Flow<T> {
        let weight = bytes.saturating_add(Fanout::<()>::OVERHEAD);
        self.weight = self.weight.saturating_add(weight);
        self.kept.push_back((item, weight, alone));
        let mut flow = self.answer();
        self.producing = self.has_room();
        flow.produce = self.producing;
        flow
    }

    /// The generator gives no more.
    pub fn end(&mut self) -> Flow<T> {
        self.over = true;
        self.producing = false;
        self.answer()
    }

    const fn has_room(&self) -> bool {
        self.weight < Fanout::<()>::WINDOW
    }

    fn answer(&mut self) -> Flow<T> {
        let mut items = Vec::new();
        let mut weight = 0_usize;
        while self.asked
            && let Some((_, next, alone)) = self.kept.front()
        {
            let full = weight.saturating_add(*next) > Fanout::<()>::BATCH;
            if !items.is_empty() && (full || *alone) {
                break;
            }
            weight = weight.saturating_add(*next);
            let last = *alone;
            items.extend(self.kept.pop_front().map(|(item, _, _)| item));
            if last {
                break;
            }
        }
        self.weight = self.weight.saturating_sub(weight);
        let ends = self.asked && self.over && items.is_empty();
        self.asked &= items.is_empty() && !ends;
        Flow {
            items,
            ends,
            produce: false,
        }
    }
}

impl<T> Default for Outflow<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow<T>(items: Vec<T>, ends: bool, produce: bool) -> Flow<T> {
        Flow {
            items,
            ends,
            produce,
        }
    }

    #[test]
    fn a_generator_begins_with_the_first_pull_and_answers_it_at_once() {
        let mut out = Outflow::new();
        assert_eq!(out.pull(), flow(vec![], false, true));
        assert_eq!(out.push('a', 0, false), flow(vec!['a'], false, true));
        assert_eq!(out.push('b', 0, false), flow(vec![], false, true));
        assert_eq!(out.pull(), flow(vec!['b'], false, false));
        assert_eq!(out.end(), flow(vec![], false, false));
        assert_eq!(out.pull(), flow(vec![], true, false));
    }

    #[test]
    fn the_end_answers_a_pull_that_waits() {
        let mut out = Outflow::<char>::new();
        out.pull();
        assert_eq!(out.end(), flow(vec![], true, false));
    }

    #[test]
    fn what_is_kept_comes_before_the_end() {
        let mut out = Outflow::new();
        out.pull();
        out.push('a', 0, false);
        out.push('b', 0, false);
        out.end();
        assert_eq!(out.pull(), flow(vec!['b'], false, false));
        assert_eq!(out.pull(), flow(vec![], true, false));
    }

    #[test]
    fn a_generator_pauses_when_nobody_asks_and_goes_on_when_someone_does() {
        let mut out = Outflow::new();
        out.pull();
        let mut made = 0;
        loop {
            made += 1;
            if !out.push(made, 1000, false).produce {
                break;
            }
        }
        assert!(!out.is_producing());
        assert!((60..70).contains(&made), "{made}");
        let mut seen = 1;
        let first = out.pull();
        assert!(first.produce, "there is room again");
        seen += first.items.len();
        out.end();
        loop {
            let next = out.pull();
            if next.ends {
                break;
            }
            seen += next.items.len();
        }
        assert_eq!(seen, made);
    }

    #[test]
    fn an_item_that_travels_alone_shares_no_answer() {
        let mut out = Outflow::new();
        out.pull();
        for (item, alone) in [('x', false), ('a', false), ('b', true), ('c', false)] {
            out.push(item, 1, alone);
        }
        out.end();
        let mut batches = Vec::new();
        loop {
            let next = out.pull();
            if next.ends {
                break;
            }
            batches.push(next.items);
        }
        assert_eq!(batches, [vec!['a'], vec!['b'], vec!['c']]);
    }
}
