//! Who reads a link: of the threads that wait on it one leads, the others follow, and no wake-up is lost between them.
//!
//! ```text
//!            try_lock ok                       own reply in, slice over, interrupted
//!  waiting ---------------> leading ---------------------------------------------> gone, wakes one parked
//!     |  try_lock fails        ^
//!     v                        | woken for the turn, try_lock ok
//!  parked ---------------------+
//!     | woken because its reply is in -> gone; if it was also given the turn, it passes the turn on
//! ```
//! Invariant: whenever the reader is free and a thread is parked, some thread is on its way to lead. A follower parks
//! in the list first and tries the lock again after; a leader frees the lock first and looks into the list after. The
//! list has a lock of its own, so one of the two sees the other.

use std::sync::Arc;
use std::time::Instant;

use super::Waiter;
use crate::sync::{Mutex, TryLock, TryLockGuard};

/// The reading side of a link and the threads that wait for it.
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

    /// Leads if nobody else does. What is led must end with [`Self::end`].
    pub(crate) fn try_lead(&self) -> Option<TryLockGuard<'_, R>> {
        self.reader.try_lock()
    }

    /// Waits as a follower until `is_done`, the time is over, or it is this thread's turn: then it leads.
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
        let was_given_the_turn = !self.leave(waiter);
        if was_given_the_turn {
            if is_done() {
                self.hand_over();
            } else {
                // If someone else was quicker, that thread hands over when it ends.
                return self.reader.try_lock();
            }
        }
        None
    }

    /// Ends a lead: the next follower takes over.
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

    /// Takes the waiter out of the list; false if it was taken out already, to be given the turn.
    fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        let mut parked = self.parked.lock();
        let place = parked.iter().position(|other| Arc::ptr_eq(other, waiter));
        place.map(|place| parked.swap_remove(place)).is_some()
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
        turns: LeaderFollowers<Wire>,
        done: Vec<(AtomicBool, Mutex<Option<Arc<Waiter>>>)>,
    }

    impl Link {
        fn wait(&self, me: usize) {
            let waiter = Waiter::new();
            let is_done = || self.done[me].0.load(Ordering::Acquire);
            *self.done[me].1.lock() = Some(waiter.clone());
            while !is_done() {
                let lead = match self.turns.try_lead() {
                    Some(lead) => Some(lead),
                    None => self.turns.follow(&waiter, Instant::now(), is_done),
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
                    self.turns.end(lead);
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
                turns: LeaderFollowers::new(Wire {
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
