//! Requests that wait for their time (`eta`): kept in order, handed to a serving thread when they are due.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What runs when its time has come; told whether it has, or the node stops first.
pub(crate) type Delayed = Box<dyn FnOnce(Due) + Send>;

/// Why what waits for its time is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its time has come.
    Now,
    /// More wait than may.
    TooMany,
    /// Nobody waits for it any more.
    Cancelled,
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
    waiting: BTreeMap<Moment, Delayed>,
    next: u64,
    closed: bool,
}

/// When a request is due, and a number that keeps those of one time in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    at: Instant,
    order: u64,
}

impl Delays {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            queue: Mutex::default(),
            sooner: Notify::new(),
        }
    }

    /// The moment of a request that is going to wait until then.
    pub(crate) fn moment(&self, at: Instant) -> Moment {
        let mut queue = self.queue.lock();
        queue.next += 1;
        let order = queue.next;
        Moment { at, order }
    }

    /// Keeps a request until its time; it is told at once where too many wait, or the node stops.
    pub(crate) fn add(&self, moment: Moment, run: Delayed) {
        let mut queue = self.queue.lock();
        if queue.closed || queue.waiting.len() >= self.most {
            let due = if queue.closed {
                Due::Stopping
            } else {
                Due::TooMany
            };
            drop(queue);
            return run(due);
        }
        let first = queue.waiting.first_key_value();
        let is_first = first.is_none_or(|(first, _)| moment < *first);
        queue.waiting.insert(moment, run);
        drop(queue);
        if is_first {
            self.sooner.notify_one();
        }
    }

    /// Takes out a request that is cancelled, if it still waits: what it holds is free before its time.
    pub(crate) fn give_up(&self, moment: Moment) {
        let run = self.queue.lock().waiting.remove(&moment);
        if let Some(run) = run {
            run(Due::Cancelled);
        }
    }

    /// Waits until something is due and takes it. One task runs this.
    pub(crate) async fn next(&self) -> Delayed {
        loop {
            let next = {
                let mut queue = self.queue.lock();
                let now = Instant::now();
                let at = queue.waiting.keys().next().map(|first| first.at);
                if at.is_some_and(|at| at <= now)
                    && let Some((_, run)) = queue.waiting.pop_first()
                {
                    return run;
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
        let waiting = {
            let mut queue = self.queue.lock();
            queue.closed = true;
            std::mem::take(&mut queue.waiting)
        };
        for run in waiting.into_values() {
            run(Due::Stopping);
        }
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delays({} waiting)", self.queue.lock().waiting.len())
    }
}
