//! The locks and threads under [`crate::wait`] and the baton: the real ones, or loom's when they are model-checked.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use std::thread::{Thread, current};

    pub(crate) use parking_lot::{Mutex, Mutex as TryLock, MutexGuard as TryLockGuard};

    /// Blocks until [`Thread::unpark`], the end of the time, or for no reason at all.
    pub(crate) fn park_until(until: std::time::Instant) {
        std::thread::park_timeout(until.saturating_duration_since(std::time::Instant::now()));
    }
}

#[cfg(loom)]
mod model {
    use std::ops::{Deref, DerefMut};

    use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use loom::thread::{Thread, current};

    /// loom's mutex with the interface of parking_lot's.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("no thread of a model panics")
        }
    }

    /// A lock that is only ever tried. loom's own `try_lock` does not branch on the release of the lock, so a model
    /// with it finds no lost wake-up; an atomic flag does. The data is in a lock that nobody may ever find taken.
    #[derive(Debug)]
    pub(crate) struct TryLock<T> {
        taken: AtomicBool,
        value: std::sync::Mutex<T>,
    }

    pub(crate) struct TryLockGuard<'a, T> {
        value: Option<std::sync::MutexGuard<'a, T>>,
        taken: &'a AtomicBool,
    }

    impl<T> TryLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self {
                taken: AtomicBool::new(false),
                value: std::sync::Mutex::new(value),
            }
        }
        pub(crate) fn try_lock(&self) -> Option<TryLockGuard<'_, T>> {
            self.taken
                .compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed)
                .ok()?;
            let value = Some(
                self.value
                    .try_lock()
                    .expect("whoever has the flag is alone"),
            );
            Some(TryLockGuard {
                value,
                taken: &self.taken,
            })
        }
    }

    impl<T> Drop for TryLockGuard<'_, T> {
        fn drop(&mut self) {
            self.value = None;
            self.taken.store(false, Ordering::Release);
        }
    }

    impl<T> Deref for TryLockGuard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.value.as_ref().expect("taken out only by drop")
        }
    }

    impl<T> DerefMut for TryLockGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.value.as_mut().expect("taken out only by drop")
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
