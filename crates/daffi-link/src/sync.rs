//! The locks and threads under [`crate::turns`] and the baton: the real ones, or loom's when they are model-checked.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    pub(crate) use std::thread::{Thread, current};

    pub(crate) use parking_lot::{Mutex, MutexGuard};

    /// Blocks until [`Thread::unpark`], the end of the time, or for no reason at all.
    pub(crate) fn park_until(until: std::time::Instant) {
        std::thread::park_timeout(until.saturating_duration_since(std::time::Instant::now()));
    }
}

#[cfg(loom)]
mod model {
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    pub(crate) use loom::thread::{Thread, current};

    /// loom's mutex with the face of parking_lot's.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("no thread of a model panics")
        }
        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// In a model time does not pass: a wake-up that is lost stays lost, and loom reports the deadlock.
    pub(crate) fn park_until(_until: std::time::Instant) {
        loom::thread::park();
    }
}

#[cfg(loom)]
pub(crate) use model::*;
#[cfg(not(loom))]
pub(crate) use real::*;
