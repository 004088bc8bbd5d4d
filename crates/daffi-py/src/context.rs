//! The call that this thread, or this task of the callback loop, is running: its deadline and whether it is cancelled.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daffi::CancelFlag;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::executor::Responder;

/// What a callback inherits from the call that runs it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// When the caller stops waiting; the calls it makes end no later.
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller still waits.
    pub(crate) cancelled: CancelFlag,
}

thread_local! {
    static RUNNING: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// Whether this process has ever run an async callback: looking for one costs as much as encoding two numbers.
static HAS_LOOP: AtomicBool = AtomicBool::new(false);

/// An async callback is going to run.
pub(crate) fn loop_runs() {
    HAS_LOOP.store(true, Ordering::Relaxed);
}

/// Runs a synchronous callback as what this thread does.
pub(crate) fn within<R>(context: Context, run: impl FnOnce() -> R) -> R {
    let outer = RUNNING.replace(Some(context));
    let result = run();
    RUNNING.set(outer);
    result
}

/// What this thread or task is running.
fn current(py: Python<'_>) -> PyResult<Option<Context>> {
    let running = RUNNING.with_borrow(Clone::clone);
    if running.is_some() {
        return Ok(running);
    }
    if !HAS_LOOP.load(Ordering::Relaxed) {
        return Ok(None);
    }
    // Async callbacks share one thread: there a context variable tells their tasks apart.
    static TASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let task = TASK
        .import(py, "daffi._context", "running")?
        .call_method0(intern!(py, "get"))?;
    Ok(task
        .cast::<Responder>()
        .ok()
        .map(|responder| responder.get().context()))
}

/// Whether the running thread or task answers a call.
#[pyfunction]
pub(crate) fn in_callback(py: Python<'_>) -> PyResult<bool> {
    Ok(current(py)?.is_some())
}

/// What the running callback hands on to a thread that works for it.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Inherited(Option<Context>);

#[pymethods]
impl Inherited {
    /// From now on this thread does what the callback does: its calls end no later, and it can ask whether it is
    /// cancelled. Not around a function: a thread that the interpreter ends with itself must have no frame of ours below
    /// Python's.
    fn adopt(&self) {
        RUNNING.replace(self.0.clone());
    }
}

/// For a thread that the running callback starts.
#[pyfunction]
pub(crate) fn inherit(py: Python<'_>) -> PyResult<Inherited> {
    current(py).map(Inherited)
}

/// The time a call may take that asks for `timeout`: no longer than what is left of the call that makes it.
///
/// # Errors
/// Python's, from looking up the running task.
pub(crate) fn time_for(py: Python<'_>, timeout: Option<Duration>) -> PyResult<Option<Duration>> {
    let deadline = current(py)?.and_then(|context| context.deadline);
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    Ok(match (timeout, left) {
        (Some(timeout), Some(left)) => Some(timeout.min(left)),
        (timeout, left) => timeout.or(left),
    })
}

/// Whether nobody waits for the call any more that the running callback answers; False outside of callbacks.
///
/// A synchronous callback that takes long asks now and then; an async one is cancelled by itself.
#[pyfunction]
pub(crate) fn cancelled(py: Python<'_>) -> PyResult<bool> {
    Ok(current(py)?.is_some_and(|context| context.cancelled.is_cancelled()))
}
