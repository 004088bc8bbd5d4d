//! The requests of a group that have no answer yet, and the threads that wait for their end.
//!
//! Invariant: whoever waits is woken by every answer that comes after its look. The count and whether somebody waits are one
//! word: an answer that counts a request out before a thread says that it waits is seen by that thread, and one that does so
//! after sees that it waits.

use std::sync::Arc;
use std::time::Instant;

use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::wait::Waiter;

/// Somebody waits, or has: only a stop does, so that it is never taken back.
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

    /// One is answered. Not only the last is told of: a stop inside a callback does not wait for that one.
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
