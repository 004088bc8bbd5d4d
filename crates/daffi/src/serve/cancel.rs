//! Whether a request that runs is still wanted: cancelled, over, or neither.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use daffi_proto::{ChainId, Failure, FailureCode};
use parking_lot::Mutex;

/// Whether a running request was cancelled: by its caller, its deadline, or the loss of the link; and whether it has its
/// answer. Cheap to clone.
#[derive(Clone, Default)]
pub struct CancelFlag(Arc<CancelState>);

#[derive(Default)]
struct CancelState {
    cancelled: AtomicBool,
    over: AtomicBool,
    /// Whether there was ever something to run: most requests have nothing, and need not look for it.
    had_hook: AtomicBool,
    /// What to run when it happens; taken once.
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[cold]
fn cancelled() -> Failure {
    Failure::new(FailureCode::Cancelled, "cancelled before it ran")
}

#[cold]
fn expired() -> Failure {
    Failure::new(FailureCode::Expired, "its time was over before it ran")
}

impl CancelFlag {
    /// Whether nobody waits for the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Why a request with this deadline that has not begun need not; nothing where someone still waits for it.
    #[inline]
    pub fn in_vain(&self, deadline: Option<Instant>) -> Option<Failure> {
        if self.is_cancelled() {
            return Some(cancelled());
        }
        let is_over = deadline.is_some_and(|deadline| deadline <= Instant::now());
        is_over.then(expired)
    }

    /// Whether the request has its answer. What works on after that does so on its own account.
    pub fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Acquire)
    }

    /// What calls belong to that are made by what the request left behind: another chain than that of any request that
    /// is here now, as long as someone holds this.
    pub fn chain_after(&self) -> ChainId {
        static SALT: OnceLock<u64> = OnceLock::new();
        let salt = SALT.get_or_init(|| RandomState::new().hash_one("after"));
        ChainId(salt ^ self.address() as u64)
    }

    /// The request has its answer. A cancel comes too late from now on.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::Release);
        self.forget_hook();
    }

    /// Runs `hook` when the request is cancelled, at once where it already is. A second hook takes the place of the
    /// first. The hook runs on the thread that cancels, a serving one mostly, and must not block.
    pub fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        // First: an end that comes after sees it.
        self.0.had_hook.store(true, Ordering::SeqCst);
        let before = self.0.hook.lock().replace(Box::new(hook));
        // Not under the lock: what it holds may be an object of another language.
        drop(before);
        if self.is_cancelled() {
            self.run_hook();
        }
    }

    fn forget_hook(&self) {
        if !self.0.had_hook.load(Ordering::SeqCst) {
            return;
        }
        let hook = self.0.hook.lock().take();
        // Not under the lock: what it holds may be an object of another language.
        drop(hook);
    }

    /// Which of this process it is, among those that are there now.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.run_hook();
    }

    fn run_hook(&self) {
        let hook = self.0.hook.lock().take();
        if let Some(hook) = hook {
            hook();
        }
    }
}

impl fmt::Debug for CancelFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelFlag({})", self.is_cancelled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_cancel_hook_runs_once_whether_it_comes_before_or_after() {
        let runs = Arc::new(AtomicUsize::new(0));
        let count = || {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(1, Ordering::Relaxed);
            }
        };
        let before = CancelFlag::default();
        before.on_cancel(count());
        before.cancel();
        before.cancel();
        let after = CancelFlag::default();
        after.cancel();
        after.on_cancel(count());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_hook_whose_place_another_takes_goes_without_the_lock() {
        // What it held was dropped under the lock: where that came back to the flag, its thread waited for itself.
        struct ComesBack(CancelFlag, Arc<AtomicUsize>);
        impl Drop for ComesBack {
            fn drop(&mut self) {
                let free = self.0.0.hook.try_lock().is_some();
                self.1.fetch_add(usize::from(free), Ordering::Relaxed);
            }
        }
        let (flag, free) = (CancelFlag::default(), Arc::default());
        let held = ComesBack(flag.clone(), Arc::clone(&free));
        flag.on_cancel(move || drop(held));
        flag.on_cancel(|| {});
        assert_eq!(free.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_requests_leave_behind_is_of_chains_of_its_own() {
        let (first, second) = (CancelFlag::default(), CancelFlag::default());
        assert_eq!(first.chain_after(), first.chain_after());
        assert_ne!(first.chain_after(), second.chain_after());
    }
}
