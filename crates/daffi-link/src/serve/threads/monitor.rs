//! How the thread that watches the leader sleeps and is woken, without a lost wake-up.
//!
//! ```text
//!  the monitor                          a thread that changes what it looks at
//!  1. writes that it sleeps             1. writes what it changes
//!  2. fence                             2. fence
//!  3. looks whether anything changed    3. looks whether the monitor sleeps, and wakes it
//! ```
//! Invariant: of two that come to their fences, the second sees what the first wrote. So either the monitor sees the
//! change and does not sleep, or it is seen sleeping and woken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sync::{AtomicBool, Mutex, Ordering, fence};
use crate::wait::Waiter;

/// The time limit of one sleep. 1 h: only a wake-up is to end it, and `park` wants a limit.
const SLEEP: Duration = Duration::from_secs(3600);

/// Whether there is a monitor, and whether it sleeps.
#[derive(Debug)]
pub(crate) struct Monitor {
    sleeps: AtomicBool,
    thread: Mutex<Option<Arc<Waiter>>>,
}

impl Monitor {
    pub(crate) fn new() -> Self {
        Self {
            sleeps: AtomicBool::new(false),
            thread: Mutex::new(None),
        }
    }

    /// The thread that can be woken from now on, or none.
    pub(crate) fn set(&self, thread: Option<Arc<Waiter>>) {
        *self.thread.lock() = thread;
    }

    /// Something has changed that a sleeping monitor must see. One that only waits for its next tick is not woken.
    pub(crate) fn changed(&self) {
        fence(Ordering::SeqCst);
        if self.sleeps.load(Ordering::Relaxed) {
            self.wake();
        }
    }

    /// Something has changed that cannot wait for the next tick.
    pub(crate) fn changed_now(&self) {
        fence(Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        self.sleeps.store(false, Ordering::Release);
        if let Some(thread) = &*self.thread.lock() {
            thread.wake();
        }
    }

    /// Sleeps until something changes; false if `is_changed` says that it has meanwhile.
    pub(crate) fn sleep(&self, waiter: &Waiter, is_changed: impl FnOnce() -> bool) -> bool {
        self.sleeps.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if is_changed() {
            self.sleeps.store(false, Ordering::Relaxed);
            return false;
        }
        while self.sleeps.load(Ordering::Acquire) {
            waiter.park(Instant::now() + SLEEP);
        }
        true
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use crate::baton::{Baton, Held};
    use loom::thread;

    struct Group {
        baton: Baton,
        monitor: Monitor,
        stopping: AtomicBool,
    }

    impl Group {
        fn new() -> (Arc<Self>, Held) {
            let (baton, held) = Baton::new();
            let group = Self {
                baton,
                monitor: Monitor::new(),
                stopping: AtomicBool::new(false),
            };
            (Arc::new(group), held)
        }

        /// Watches as the pool does when nothing has begun for long: sleeps whenever it may.
        fn watch(&self, is_over: impl Fn(&Self) -> bool) {
            let waiter = Waiter::new();
            self.monitor.set(Some(waiter.clone()));
            loop {
                let seen = self.baton.word();
                if is_over(self) {
                    return;
                }
                self.monitor.sleep(&waiter, || {
                    self.baton.word() != seen || self.stopping.load(Ordering::Relaxed)
                });
            }
        }
    }

    /// loom reports a deadlock where the monitor sleeps on.
    fn ends(
        is_over: impl Fn(&Group) -> bool + Copy + Send + Sync + 'static,
        lead: impl Fn(&Group, Held) + Send + Sync + 'static,
    ) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let (group, held) = Group::new();
            let watching = {
                let group = group.clone();
                thread::spawn(move || group.watch(is_over))
            };
            lead(&group, held);
            watching.join().expect("no thread of the model panics");
        });
    }

    #[test]
    fn a_callback_that_begins_ends_the_sleep_that_is_about_to_begin() {
        ends(
            |group| group.baton.running().is_some(),
            |group, mut held| {
                group.baton.begin(&mut held);
                group.monitor.changed();
            },
        );
    }

    #[test]
    fn a_lead_that_is_left_is_taken_though_the_monitor_is_about_to_sleep() {
        ends(
            |group| group.baton.take_vacant().is_some(),
            |group, mut held| {
                let call = group.baton.begin(&mut held);
                group.monitor.changed();
                assert!(group.baton.leave(call));
                group.monitor.changed_now();
            },
        );
    }

    #[test]
    fn a_stop_is_seen_though_the_monitor_is_about_to_sleep() {
        ends(
            |group| group.stopping.load(Ordering::Relaxed),
            |group, _held| {
                group.stopping.store(true, Ordering::Relaxed);
                group.monitor.changed_now();
            },
        );
    }
}
