//! An outcome that Python code of ours gives, where a result does not come straight from one call: retries.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daffi::{WaitEnd, blocking_in_callback};
use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;

/// How often a wait asks for signals.
const SLICE: Duration = Duration::from_millis(100);

type Hook = Box<dyn FnOnce() + Send>;

/// Given once, waited for by any thread. What ends the wait: whoever promised gives it, also when that fails.
#[derive(Default)]
pub(crate) struct Promise {
    /// Written with the state locked; read without, also in a forked child, where the lock may be held for ever.
    done: AtomicBool,
    state: Mutex<State>,
    given: Condvar,
}

#[derive(Default)]
struct State {
    outcome: Option<PyResult<Py<PyAny>>>,
    hooks: Vec<Hook>,
}

impl Promise {
    /// Gives the outcome; false if there is one.
    pub(crate) fn give(&self, outcome: PyResult<Py<PyAny>>) -> bool {
        let hooks = {
            let mut state = self.state.lock();
            if self.is_done() {
                return false;
            }
            state.outcome = Some(outcome);
            self.done.store(true, Ordering::Release);
            std::mem::take(&mut state.hooks)
        };
        self.given.notify_all();
        hooks.into_iter().for_each(|hook| hook());
        true
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// The outcome, once.
    pub(crate) fn take(&self) -> Option<PyResult<Py<PyAny>>> {
        self.state.lock().outcome.take()
    }

    /// Calls `hook` when the outcome is there, at once if it is. It must be quick and run no Python.
    pub(crate) fn on_done(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        if self.is_done() {
            drop(state);
            hook();
        } else {
            state.hooks.push(Box::new(hook));
        }
    }

    /// Waits like a call in flight does.
    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        blocking_in_callback();
        loop {
            let now = Instant::now();
            let slice = until.map_or(now + SLICE, |until| until.min(now + SLICE));
            {
                let mut state = self.state.lock();
                if !self.is_done() {
                    self.given.wait_until(&mut state, slice);
                }
                if self.is_done() {
                    return WaitEnd::Done;
                }
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return WaitEnd::TimedOut;
            }
            if interrupt() {
                return WaitEnd::Interrupted;
            }
        }
    }
}

/// Gives a promise its outcome, from Python.
#[pyclass(frozen, module = "daffi._daffi")]
pub(crate) struct Settle {
    pub(crate) promise: std::sync::Arc<Promise>,
}

#[pymethods]
impl Settle {
    /// The value, or the error if there is one.
    fn __call__(&self, value: Py<PyAny>, error: Option<Bound<'_, PyAny>>) {
        self.promise.give(match error {
            Some(error) => Err(PyErr::from_value(error)),
            None => Ok(value),
        });
    }
}
