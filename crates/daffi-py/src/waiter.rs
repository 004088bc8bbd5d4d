//! Waiting without the interpreter lock: every wait of the seam goes through here, and asks for signals as it goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use daffi::fork;
use pyo3::prelude::*;

use crate::context::HeldLoop;

/// Threads that wait without the interpreter lock and will want it back.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Waits until no thread is in [`without_lock`], or the bound is over. For the end of the process: a thread that wants
/// the lock of an interpreter that is gone is ended by it in the middle of our code, which takes the process along.
pub(crate) fn wait_for_waiting(bound: Duration) {
    let until = Instant::now() + bound;
    while WAITING.load(Ordering::Acquire) > 0 && Instant::now() < until {
        // There is nothing to be told by: they are on their way through the interpreter's own lock.
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// To be called in a forked child: the threads that were counted are its parent's.
pub(crate) fn forked() {
    WAITING.store(0, Ordering::Release);
}

/// One of them, and the process that it waits in: a signal handler may fork in the middle of a wait.
struct Waiting(u32);

impl Waiting {
    fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::AcqRel);
        Self(fork::generation())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0 == fork::generation() {
            WAITING.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Runs `wait` without the interpreter lock. What it is given asks Python for signals; it says true when a handler
/// raised (Ctrl+C), and that error comes out here in place of the result.
///
/// Ends when `wait` ends; that every wait below asks at least every 100 ms is what makes Ctrl+C work.
///
/// # Errors
/// What a signal handler raised.
pub(crate) fn without_lock<T: Send>(
    py: Python<'_>,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    let mut raised = None;
    let _held = HeldLoop::begin(py)?;
    let _waiting = Waiting::begin();
    let result = py.detach(|| {
        wait(&mut || {
            // An interpreter that shuts down runs no handlers any more, and must not be waited for.
            // What a handler raised counts for all waits that follow in this one.
            if raised.is_none() {
                let checked = Python::try_attach(|py| py.check_signals());
                raised = checked.and_then(Result::err);
            }
            raised.is_some()
        })
    });
    match raised {
        Some(error) => Err(error),
        None => Ok(result),
    }
}
