//! Which thread reads a link (the leader/followers pattern): of those that wait one leads, the others follow, and no
//! wake-up is lost between them.
//!
//! ```text
//!            try_lock ok                       own reply in, slice over, interrupted
//!  waiting ---------------> leading ---------------------------------------------> gone, wakes one parked
//!     |  try_lock fails        ^
//!     v                        | woken to lead, try_lock ok
//!  parked ---------------------+
//!     | woken because its reply is in -> gone; if it was also handed the lead, it hands it on
//! ```
//! Invariant: whenever the reader is free and a thread is parked, some thread is on its way to lead. A follower parks
//! in the list first and tries the lock again after; a leader frees the lock first and looks into the list after. The
//! list has a lock of its own, so one of the two sees the other.

use std::sync::Arc;
use std::time::Instant;

use super::Waiter;
use crate::sync::{Mutex, TryLock, TryLockGuard};

/// What is read by one thread at a time, and the threads that wait to.
#[derive(Debug)]
pub(crate) struct LeaderFollowers<R> {
    reader: TryLock<R>,
    parked: Mutex<Vec<Arc<Waiter>>>,
}

impl<R> LeaderFollowers<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader: TryLock::new(reader),
            parked: Mutex::new(Vec::new()),
        }
    }

    /// Takes the lead if nobody else has it. It must be given up with [`Self::end`].
    pub(crate) fn try_lead(&self) -> Option<TryLockGuard<'_, R>> {
        self.reader.try_lock()
    }

    /// Waits as a follower until `is_done`, the time is over, or this thread is handed the lead, which it then returns.
    pub(crate) fn follow(
        &self,
        waiter: &Arc<Waiter>,
        until: Instant,
        is_done: impl Fn() -> bool,
    ) -> Option<TryLockGuard<'_, R>> {
        self.parked.lock().push(waiter.clone());
        if let Some(lead) = self.reader.try_lock() {
            self.leave(waiter);
            return Some(lead);
        }
        if !is_done() {
            waiter.park(until);
        }
        let was_handed_the_lead = !self.leave(waiter);
        if was_handed_the_lead {
            if is_done() {
                self.hand_over();
            } else {
                // If another thread was quicker, that one hands over when it gives up the lead.
                return self.reader.try_lock();
            }
        }
        None
    }

    /// Gives up the lead: the next follower takes over.
    pub(crate) fn end(&self, lead: TryLockGuard<'_, R>) {
        drop(lead);
        self.hand_over();
    }

    fn hand_over(&self) {
        let next = self.parked.lock().pop();
        if let Some(next) = next {
            next.wake();
        }
    }

    /// Takes the waiter out of the list; false if it was taken out already, to be handed the lead.
    fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        let mut parked = self.parked.lock();
        let index = parked.iter().position(|other| Arc::ptr_eq(other, waiter));
        index.map(|index| parked.swap_remove(index)).is_some()
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use crate::sync::{AtomicBool, Ordering};
    use loom::thread;

    /// A wire that holds the replies of all threads from the start; reading takes one out, for whomever it is.
    struct Wire {
        replies: Vec<usize>,
    }

    struct Link {
        reading: LeaderFollowers<Wire>,
        done: Vec<(AtomicBool, Mutex<Option<Arc<Waiter>>>)>,
    }

    impl Link {
        fn wait(&self, me: usize) {
            let waiter = Waiter::new();
            let is_done = || self.done[me].0.load(Ordering::Acquire);
            *self.done[me].1.lock() = Some(waiter.clone());
            while !is_done() {
                let lead = match self.reading.try_lead() {
                    Some(lead) => Some(lead),
                    None => self.reading.follow(&waiter, Instant::now(), is_done),
                };
                if let Some(mut lead) = lead {
                    while !is_done() {
                        let Some(whose) = lead.replies.pop() else {
                            break;
                        };
                        self.done[whose].0.store(true, Ordering::Release);
                        if whose != me
                            && let Some(waiter) = self.done[whose].1.lock().take()
                        {
                            waiter.wake();
                        }
                    }
                    self.reading.end(lead);
                }
            }
        }
    }

    fn all_end(order: Vec<usize>) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let threads = order.len();
            let link = Arc::new(Link {
                reading: LeaderFollowers::new(Wire {
                    replies: order.clone(),
                }),
                done: (0..threads)
                    .map(|_| (AtomicBool::new(false), Mutex::new(None)))
                    .collect(),
            });
            // The main thread only joins: loom's join is disturbed by wake-ups meant for its thread.
            let waiting: Vec<_> = (0..threads)
                .map(|me| {
                    let link = link.clone();
                    thread::spawn(move || link.wait(me))
                })
                .collect();
            for thread in waiting {
                thread.join().expect("no thread of the model panics");
            }
        });
    }

    #[test]
    fn two_threads_both_get_their_reply() {
        all_end(vec![0, 1]);
        all_end(vec![1, 0]);
    }
}
