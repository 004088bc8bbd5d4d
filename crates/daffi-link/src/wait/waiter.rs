//! A thread that waits, and that another can wake.

use std::sync::Arc;
use std::time::Instant;

use crate::sync::{AtomicBool, Ordering, Thread, current, park_until};

/// One thread that can be woken; made once per thread and used for all its waits.
#[derive(Debug)]
pub(crate) struct Waiter {
    thread: Thread,
    woken: AtomicBool,
}

impl Waiter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            thread: current(),
            woken: AtomicBool::new(false),
        })
    }

    /// The waiter of the calling thread.
    #[cfg(not(loom))]
    pub(crate) fn of_this_thread() -> Arc<Self> {
        thread_local!(static WAITER: Arc<Waiter> = Waiter::new());
        WAITER.with(Arc::clone)
    }

    pub(crate) fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }

    /// Blocks the calling thread, whose waiter this is, until it is woken or the time is over. May return early.
    pub(crate) fn park(&self, until: Instant) {
        if !self.woken.swap(false, Ordering::Acquire) {
            park_until(until);
            self.woken.store(false, Ordering::Relaxed);
        }
    }
}
