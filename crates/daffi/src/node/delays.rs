//! Requests that wait for their time (`eta`): kept in order, handed to a serving thread when they are due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What runs when its time has come; told whether it has, or the node stops first.
pub(crate) type Delayed = Box<dyn FnOnce(Due) + Send>;

/// Why a delayed request is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Its time has come.
    Now,
    /// More wait than may.
    TooMany,
    /// The node stops.
    Stopping,
}

pub(crate) struct Delays {
    most: usize,
    queue: Mutex<Queue>,
    /// Something is due sooner than before.
    sooner: Notify,
}

#[derive(Default)]
struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    /// Keeps requests of one moment in the order in which they came.
    next: u64,
    closed: bool,
}

struct Entry {
    at: Instant,
    order: u64,
    run: Delayed,
}

impl Delays {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            queue: Mutex::default(),
            sooner: Notify::new(),
        }
    }

    /// Keeps a request until its time; it is told at once where too many wait, or the node stops.
    pub(crate) fn add(&self, at: Instant, run: Delayed) {
        let mut queue = self.queue.lock();
        if queue.closed || queue.heap.len() >= self.most {
            let due = if queue.closed {
                Due::Stopping
            } else {
                Due::TooMany
            };
            drop(queue);
            return run(due);
        }
        let order = queue.next;
        queue.next += 1;
        let is_first = queue.heap.peek().is_none_or(|Reverse(first)| at < first.at);
        queue.heap.push(Reverse(Entry { at, order, run }));
        drop(queue);
        if is_first {
            self.sooner.notify_one();
        }
    }

    /// Waits until something is due and takes it. One task runs this.
    pub(crate) async fn next(&self) -> Delayed {
        loop {
            let next = {
                let mut queue = self.queue.lock();
                let now = Instant::now();
                let at = queue.heap.peek().map(|Reverse(first)| first.at);
                if at.is_some_and(|at| at <= now)
                    && let Some(Reverse(entry)) = queue.heap.pop()
                {
                    return entry.run;
                }
                at
            };
            match next {
                None => self.sooner.notified().await,
                Some(at) => {
                    let _ = tokio::time::timeout_at(at.into(), self.sooner.notified()).await;
                }
            }
        }
    }

    /// Takes no more, and tells what waits that the node stops.
    pub(crate) fn close(&self) {
        let heap = {
            let mut queue = self.queue.lock();
            queue.closed = true;
            std::mem::take(&mut queue.heap)
        };
        for Reverse(entry) in heap {
            (entry.run)(Due::Stopping);
        }
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delays({} waiting)", self.queue.lock().heap.len())
    }
}
