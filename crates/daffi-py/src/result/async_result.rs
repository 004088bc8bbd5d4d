//! The outcome of a background call, to come: any thread may wait for it, every look gives the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use daffi::{CallError, PendingCall, WaitEnd};
use parking_lot::Mutex;
use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::codec::errors::call_error;
use crate::errors::{Kind, quoted};
use crate::hooks;
use crate::interpreter::context::Blocking;
use crate::interpreter::durations::seconds;
use crate::interpreter::forked::OfThisProcess;
use crate::interpreter::held_up::{Wait, tell_if_held_up};
use crate::interpreter::log::is_called_with_a_line;
use crate::interpreter::notifier::Notifier;
use crate::interpreter::waiter::{Inside, without_lock};
use crate::result::done_callbacks::{DoneCallbacks, call_done, has_ended};
use crate::result::loop_inbox::{LoopInbox, Settlement};
use crate::result::outcome::{Failed, Kept};
use crate::result::pending::Pending;
use crate::result::promise::{Promise, Settle};

// `daffi._aio.async_result` has the part that awaits.
/// What `call & BG` gives: the value, which may be on its way. `get()` waits for it, `await` does in a coroutine.
#[pyclass(frozen, weakref, generic, module = "daffi")]
pub(crate) struct AsyncResult {
    name: String,
    pending: OfThisProcess<Pending>,
    /// Set by the first who looks after the end, and read by all.
    is_read: PyOnceLock<()>,
    /// The thread that reads it now: what it runs for that must not ask for the outcome.
    reader: Mutex<Option<ThreadId>>,
    outcome: Mutex<Option<Kept>>,
    /// What a signal handler raised while the value was read; for the first to ask.
    interrupted: Mutex<Option<PyErr>>,
    uuid: PyOnceLock<Py<PyAny>>,
    /// Whether anyone has asked how the call ended, or wanted it to end: then a failure is theirs to tell of.
    is_looked_at: AtomicBool,
    /// Whether it gives itself when it is awaited next: what an `async def` fetcher gives is to be awaited first.
    gives_itself: AtomicBool,
    done_callbacks: DoneCallbacks,
    /// What `concurrent.futures` looks at, once it does.
    shared_state: PyOnceLock<Py<PyAny>>,
}

impl AsyncResult {
    /// The result of a call that has so much time.
    pub(crate) fn new(name: &str, pending: PendingCall, limit: Option<Duration>) -> Self {
        Self::of(name, Pending::Call(pending, limit))
    }

    /// The result of a call that has failed already.
    pub(crate) fn failed(name: &str, error: PyErr) -> Self {
        let promise = Promise::default();
        promise.give(Err(error));
        Self::of(name, Pending::Promise(Arc::new(promise)))
    }

    pub(crate) fn of(name: &str, pending: Pending) -> Self {
        Self {
            name: name.to_owned(),
            pending: OfThisProcess::new(pending),
            is_read: PyOnceLock::new(),
            reader: Mutex::new(None),
            outcome: Mutex::new(None),
            interrupted: Mutex::new(None),
            uuid: PyOnceLock::new(),
            is_looked_at: AtomicBool::new(false),
            gives_itself: AtomicBool::new(false),
            done_callbacks: DoneCallbacks::default(),
            shared_state: PyOnceLock::new(),
        }
    }

    /// Has the first `await` give this result, as that of the call of a coroutine function.
    pub(crate) fn give_itself(&self) {
        self.gives_itself.store(true, Ordering::Relaxed);
    }

    fn look_at(&self) {
        self.is_looked_at.store(true, Ordering::Relaxed);
    }

    /// The outcome of a call that has ended; the first to ask reads it for all.
    fn settled(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let this = Some(thread::current().id());
        if self.is_read.get(py).is_none() && *self.reader.lock() == this {
            // It would wait for itself.
            let text = format!(
                "{}: the value is just being read, and what reads it asks for it\nhint: a `__setstate__` or a signal handler must not look at the result that it belongs to",
                self.name
            );
            return Err(Kind::Serialization.error(py, text));
        }
        self.is_read.get_or_init(py, || {
            *self.reader.lock() = this;
            let taken = self.pending.take(py, &self.name);
            let kept = taken.map_err(|error| Failed::of(py, &self.kept(py, error)));
            *self.outcome.lock() = Some(kept);
            *self.reader.lock() = None;
        });
        // Not under the lock: what is raised is made by Python.
        let kept = match &*self.outcome.lock() {
            Some(Ok(value)) => return Ok(value.clone_ref(py)),
            Some(Err(failed)) => Some(failed.clone_ref(py)),
            None => None,
        };
        Err(match kept {
            Some(failed) => failed.raised(py),
            // Only for who looks while the garbage collector takes it apart.
            None => call_error(py, &self.name, CallError::Cancelled),
        })
    }

    /// The error that every look gives. Ctrl+C in the middle of reading a value is raised now, once, and is no outcome of
    /// the call.
    fn kept(&self, py: Python<'_>, error: PyErr) -> PyErr {
        if error.is_instance_of::<PyException>(py) {
            return error;
        }
        let text = format!("{}: reading the value was interrupted", self.name);
        let kept = Kind::Serialization.error(py, text);
        kept.set_cause(py, Some(error.clone_ref(py)));
        self.interrupted.lock().replace(error);
        kept
    }

    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let patience = timeout.map(patience).transpose()?.flatten();
        self.look_at();
        if self.pending.is_done() {
            return Ok(());
        }
        self.pending.check(py)?;
        tell_if_held_up(py, &self.name, Wait::RESULT)?;
        let until = patience.and_then(|patience| Instant::now().checked_add(patience));
        let blocking = Blocking::of(py)?;
        let wait = |interrupt: &mut dyn FnMut() -> bool| {
            let pending = &*self.pending;
            blocking.wait(|| pending.look(), || pending.wait(until, interrupt))
        };
        match without_lock(py, wait)? {
            WaitEnd::Done => Ok(()),
            WaitEnd::TimedOut => {
                let text = format!(
                    "{}: no result within {} s; the call goes on",
                    self.name,
                    patience.unwrap_or_default().as_secs_f64()
                );
                Err(Kind::Timeout.error(py, text))
            }
            WaitEnd::Interrupted => Err(Kind::Cancelled.error(py, "interrupted")),
        }
    }
}

#[pymethods]
impl AsyncResult {
    /// A result that Python code gives: with what gives it, `settle(value, error)`.
    #[staticmethod]
    fn promise(name: &str) -> (Self, Settle) {
        let promise = Arc::new(Promise::default());
        let result = Self::of(name, Pending::Promise(Arc::clone(&promise)));
        (result, Settle { promise })
    }

    /// Waits for the value, for `timeout` at most, or raises the error of the call.
    #[pyo3(signature = (timeout=None))]
    fn get(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        let _inside = Inside::begin(py);
        self.wait(py, timeout)?;
        self.settled(py).map_err(|error| {
            let interrupted = self.interrupted.lock().take();
            interrupted.unwrap_or(error)
        })
    }

    /// `get`, as `concurrent.futures.Future` spells it.
    #[pyo3(signature = (timeout=None))]
    fn result(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        self.get(py, timeout)
    }

    /// Waits like `get`; the error of the call, None if it gave a value. That it was cancelled is raised, as by a Future.
    #[pyo3(signature = (timeout=None))]
    fn exception(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let _inside = Inside::begin(py);
        self.wait(py, timeout)?;
        match self.settled(py) {
            Err(error) if self.cancelled(py) => Err(error),
            _ => Ok(self.error(py)),
        }
    }

    /// Looks whether the call has ended, for some microseconds at most; for a thread that runs an event loop.
    fn look(&self, py: Python<'_>) -> PyResult<bool> {
        let _inside = Inside::begin(py);
        let pending = self.pending.check(py)?;
        Ok(py.detach(|| pending.look()))
    }

    /// Whether the call has ended.
    #[getter]
    fn ready(&self, py: Python<'_>) -> PyResult<bool> {
        if self.pending.is_done() {
            return Ok(true);
        }
        // In a forked child it would never be: who looks again and again must hear of that.
        self.pending.check(py).map(|_| false)
    }

    /// `ready`, as `concurrent.futures.Future` spells it.
    fn done(&self, py: Python<'_>) -> PyResult<bool> {
        self.ready(py)
    }

    /// Whether the call is under way.
    fn running(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(!self.ready(py)?)
    }

    /// The error of a call that has ended with one; never waits.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        if !self.pending.is_done() {
            return None;
        }
        self.look_at();
        let _inside = Inside::begin(py);
        let error = self.settled(py).err()?;
        Some(error.into_value(py).into_any())
    }

    /// Ends the call here and asks the callee to; False if it had ended in any other way.
    fn cancel(&self, py: Python<'_>) -> bool {
        if self.pending.is_foreign() {
            return false;
        }
        self.look_at();
        let _inside = Inside::begin(py);
        self.pending.cancel(py, &self.name) || self.cancelled(py)
    }

    /// Whether the call was cancelled.
    fn cancelled(&self, py: Python<'_>) -> bool {
        let cancelled = Kind::Cancelled.error(py, "");
        self.error(py).is_some_and(|error| {
            error
                .bind(py)
                .is_instance(&cancelled.get_type(py))
                .unwrap_or(false)
        })
    }

    /// A name of this call, for logs.
    #[getter]
    fn uuid(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let uuid = self.uuid.get_or_try_init(py, || -> PyResult<_> {
            let made = hooks::UUID4.get(py)?.call0()?;
            Ok(made.str()?.unbind().into_any())
        })?;
        Ok(uuid.clone_ref(py))
    }

    /// The callback.
    #[getter]
    fn func_name(&self) -> &str {
        &self.name
    }

    /// `get` as a coroutine: waits without holding up the event loop.
    #[pyo3(signature = (timeout=None))]
    fn get_async<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(slf.py());
        slf.get().look_at();
        hooks::AWAIT_RESULT.get(slf.py())?.call1((slf, timeout))
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(slf.py());
        let awaited = if slf.get().gives_itself.swap(false, Ordering::Relaxed) {
            let itself = hooks::AWAIT_ITSELF.get(slf.py())?;
            itself.call1((slf,))?
        } else {
            Self::get_async(slf, None)?
        };
        awaited.call_method0("__await__")
    }

    /// Settles an asyncio future of the loop of this inbox when the call has ended, unless it is forgotten before.
    fn settle_in(
        &self,
        py: Python<'_>,
        inbox: &LoopInbox,
        future: Py<PyAny>,
    ) -> PyResult<Settlement> {
        let _inside = Inside::begin(py);
        let settlement = Settlement::of(future, inbox.shared());
        let at_end = settlement.clone();
        self.pending.check(py)?.on_done(move || at_end.end());
        Ok(settlement)
    }

    /// Calls `fn` with this result when the call has ended, at once if it has. What it raises is reported, not raised.
    /// Added where an event loop of asyncio runs, it is called there.
    #[pyo3(name = "add_done_callback")]
    fn add_done_callback_here(slf: &Bound<'_, Self>, r#fn: &Bound<'_, PyAny>) -> PyResult<()> {
        if !r#fn.is_callable() {
            let text = format!(
                "add_done_callback takes a function, not this: {}",
                quoted(r#fn)
            );
            return Err(Kind::Initialization.error(slf.py(), text));
        }
        let here = hooks::CALL_IN_THIS_LOOP.get(slf.py())?;
        let called = here.call1((r#fn,))?;
        // What only hands it to its loop is quick.
        let whose = if called.is(r#fn) {
            Notifier::Users
        } else {
            Notifier::Ours
        };
        Self::add_done_callback(slf, &called, whose)
    }

    /// Takes back what `add_done_callback` was given; how often it had been.
    fn remove_done_callback(&self, r#fn: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.done_callbacks.remove(r#fn)
    }

    /// `add_done_callback` on any thread, for what is quick and waits neither for a loop nor for functions of users.
    fn when_done(slf: &Bound<'_, Self>, r#fn: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::add_done_callback(slf, r#fn, Notifier::Ours)
    }

    /// Passed on in place of the value.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        let text = format!(
            "the AsyncResult of {} does not travel\nhint: send its value: result.get(), or await result",
            self.func_name()
        );
        Err(Kind::Serialization.error(py, text))
    }

    /// The lock that `concurrent.futures.wait` and `as_completed` take.
    #[getter]
    fn _condition<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::shared_state(slf)?.getattr(intern!(slf.py(), "condition"))
    }

    /// How far it is, as they name it.
    #[getter]
    fn _state<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::shared_state(slf)?.getattr(intern!(slf.py(), "state"))
    }

    /// Those of them that wait for this.
    #[getter]
    fn _waiters<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::shared_state(slf)?.getattr(intern!(slf.py(), "waiters"))
    }

    /// What was raised holds the frames that it went through, and those hold this.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held by a thread that has it only for a moment: then it is no garbage.
        match self.outcome.try_lock().as_deref() {
            Some(Some(Ok(value))) => visit.call(value)?,
            Some(Some(Err(failed))) => failed.traverse(&visit)?,
            Some(None) | None => {}
        }
        self.done_callbacks.traverse(&visit)
    }

    fn __clear__(&self) {
        let outcome = self.outcome.lock().take();
        drop(outcome);
        self.done_callbacks.clear();
    }

    fn __repr__(&self) -> String {
        let state = if self.pending.is_done() {
            "ended"
        } else {
            "under way"
        };
        format!("<daffi result of {:?}, {state}>", self.name)
    }
}

impl Drop for AsyncResult {
    /// A failure that nobody has looked at is told of, now or when it comes.
    fn drop(&mut self) {
        if !self.is_looked_at.load(Ordering::Relaxed)
            && !is_called_with_a_line()
            && let Some(pending) = self.pending.take_out()
        {
            pending.tell_failure(std::mem::take(&mut self.name));
        }
    }
}

impl AsyncResult {
    pub(crate) const fn done_callbacks(&self) -> &DoneCallbacks {
        &self.done_callbacks
    }

    /// Calls `done` with this result when the call has ended, at once if it has.
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        done: &Bound<'_, PyAny>,
        whose: Notifier,
    ) -> PyResult<()> {
        let py = slf.py();
        let _inside = Inside::begin(py);
        let this = slf.get();
        if this.pending.is_done() {
            call_done(slf, done);
            return Ok(());
        }
        let pending = this.pending.check(py)?;
        if this.done_callbacks.add(whose, done.clone().unbind()) {
            // Calls end on threads that must not run Python.
            let result = slf.clone().unbind();
            pending.on_done(move || has_ended(result, Self::done_callbacks, whose));
        } else if this.pending.is_done() && this.done_callbacks.take_one(whose, done) {
            // Those before it may have been called already.
            call_done(slf, done);
        }
        Ok(())
    }

    fn shared_state<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        this.pending.check(py)?;
        let state = this.shared_state.get_or_try_init(py, || {
            let class = hooks::FUTURE_STATE.get(py)?;
            Ok::<_, PyErr>(class.call0()?.unbind())
        })?;
        let state = state.bind(py);
        state.call_method1(intern!(py, "watch"), (slf,))?;
        Ok(state.clone())
    }
}

/// How long to wait at most, as the user says it; 0 is no limit, as everywhere else.
fn patience(timeout: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    let read = hooks::SECONDS.get(timeout.py())?;
    let patience = seconds(read.call1((timeout,))?.extract()?)?;
    Ok((!patience.is_zero()).then_some(patience))
}
