//! Where the outcome of a background call comes from: the call itself, or Python code that promised it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi::{CallError, PendingCall, WaitEnd};
use pyo3::prelude::*;

use crate::codec::errors::{call_error, call_error_at};
use crate::hooks;
use crate::interpreter::current::is_running;
use crate::interpreter::notifier::notify;
use crate::result::promise::Promise;
use crate::result::remote_stream::{self, value_of};

/// Where the outcome comes from.
pub(crate) enum Pending {
    /// A call that was made, and the time that it has.
    Call(PendingCall, Option<Duration>),
    Promise(Arc<Promise>),
}

impl Pending {
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Call(call, _) => call.is_done(),
            Self::Promise(promise) => promise.is_done(),
        }
    }

    /// Whether it is there now, after some microseconds at most.
    pub(crate) fn look(&self) -> bool {
        match self {
            Self::Call(call, _) => call.look(),
            Self::Promise(promise) => promise.is_done(),
        }
    }

    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        match self {
            Self::Call(call, _) => call.wait(until, interrupt),
            Self::Promise(promise) => promise.wait(until, interrupt),
        }
    }

    pub(crate) fn on_done(&self, hook: impl FnOnce() + Send + 'static) {
        match self {
            Self::Call(call, _) => call.on_done(hook),
            Self::Promise(promise) => promise.on_done(hook),
        }
    }

    /// The outcome of what has ended, once.
    pub(crate) fn take(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        let cancelled = || call_error(py, name, CallError::Cancelled);
        match self {
            Self::Call(call, limit) => match remote_stream::take(call).ok_or_else(cancelled)? {
                Ok((received, opened)) => value_of(py, name, received, opened).map(Bound::unbind),
                Err(error) => {
                    let at = (&call.process(), *limit);
                    Err(call_error_at(py, name, error, at))
                }
            },
            Self::Promise(promise) => promise.take().unwrap_or_else(|| Err(cancelled())),
        }
    }

    /// Lets go of it, and has it logged if it fails.
    pub(crate) fn tell_failure(self, name: String) {
        match self {
            Self::Call(call, limit) => {
                let call = Arc::new(call);
                let ended = Arc::clone(&call);
                call.on_done(move || {
                    if let Some(Err(error)) = ended.take() {
                        let (at, in_stop) = ((ended.process(), limit), !is_running());
                        notify(move |py| {
                            let error = call_error_at(py, &name, error, (&at.0, at.1));
                            log_unseen(py, &name, &error, in_stop);
                        });
                    }
                });
            }
            Self::Promise(promise) => {
                // It runs what it is told to with the outcome there, and is held by whoever gives that.
                let ended = Arc::downgrade(&promise);
                promise.on_done(move || {
                    let outcome = ended.upgrade().and_then(|promise| promise.take());
                    if let Some(Err(error)) = outcome {
                        let in_stop = !is_running();
                        notify(move |py| log_unseen(py, &name, &error, in_stop));
                    }
                });
            }
        }
    }

    /// Ends it here; what was promised is told so, and goes on unseen.
    pub(crate) fn cancel(&self, py: Python<'_>, name: &str) -> bool {
        match self {
            Self::Call(call, _) => call.cancel(),
            Self::Promise(promise) => promise.give(Err(call_error(py, name, CallError::Cancelled))),
        }
    }
}

/// Logs a failure that nobody has looked at, and that came while this process stopped, or had.
fn log_unseen(py: Python<'_>, name: &str, error: &PyErr, in_stop: bool) {
    let logged = hooks::LOG_UNSEEN
        .get(py)
        .and_then(|log| log.call1((name, error.value(py), in_stop)));
    if let Err(problem) = logged {
        problem.write_unraisable(py, None);
    }
}
