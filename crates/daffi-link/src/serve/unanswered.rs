//! How many requests of a group have no answer yet, and the threads that wait until there are none.
//!
//! Invariant: a thread that waits is woken by every answer after its look at the count. The count and the flag that a
//! thread waits are one atomic word, so two changes of it have an order: an answer before the flag is set is in the
//! count that the thread then sees, and an answer after it sees the flag.

use std::sync::Arc;
use std::time::Instant;

use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::wait::Waiter;

/// A thread waits, or has waited. Never cleared, as only a stop waits.
const AWAITED: u64 = 1 << 63;

/// How many there are.
#[derive(Debug)]
pub(crate) struct Unanswered {
    word: AtomicU64,
    waiting: Mutex<Vec<Arc<Waiter>>>,
}

impl Unanswered {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            waiting: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn add(&self) {
        self.word.fetch_add(1, Ordering::Relaxed);
    }

    /// One is answered. Waiting threads are woken each time, as a stop inside a callback waits for all but one.
    pub(crate) fn done(&self) {
        if self.word.fetch_sub(1, Ordering::AcqRel) & AWAITED != 0 {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        for waiter in &*self.waiting.lock() {
            waiter.wake();
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.word.load(Ordering::Acquire) & !AWAITED
    }

    /// Waits until there are no more than so many, or the time is over; whether it came to that.
    pub(crate) fn wait(&self, waiter: &Arc<Waiter>, most: u64, until: Instant) -> bool {
        self.waiting.lock().push(waiter.clone());
        self.word.fetch_or(AWAITED, Ordering::AcqRel);
        let is_few = loop {
            if self.count() <= most {
                break true;
            }
            if until <= Instant::now() {
                break false;
            }
            waiter.park(until);
        };
        self.waiting
            .lock()
            .retain(|other| !Arc::ptr_eq(other, waiter));
        is_few
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::time::Duration;

    use loom::thread;

    use super::*;

    #[test]
    fn whoever_waits_hears_of_the_last_answer() {
        loom::model(|| {
            let unanswered = Arc::new(Unanswered::new());
            unanswered.add();
            unanswered.add();
            let waits = {
                let unanswered = unanswered.clone();
                let until = Instant::now() + Duration::from_secs(3600);
                thread::spawn(move || unanswered.wait(&Waiter::new(), 0, until))
            };
            let answers = {
                let unanswered = unanswered.clone();
                thread::spawn(move || unanswered.done())
            };
            unanswered.done();
            answers.join().expect("no thread of the model panics");
            assert!(waits.join().expect("no thread of the model panics"));
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stop_inside_a_callback_waits_for_all_but_its_own() {
        let unanswered = Arc::new(Unanswered::new());
        let waiter = Waiter::new();
        unanswered.add();
        unanswered.add();
        assert!(!unanswered.wait(&waiter, 1, Instant::now()));
        let answers = {
            let unanswered = unanswered.clone();
            thread::spawn(move || unanswered.done())
        };
        let until = Instant::now() + Duration::from_secs(20);
        assert!(unanswered.wait(&waiter, 1, until));
        assert!(!unanswered.wait(&waiter, 0, Instant::now()));
        answers.join().expect("it does not panic");
        assert_eq!(unanswered.count(), 1);
    }
}
