//! The call that this thread, or this task of the callback loop, is running: its deadline and whether it is cancelled.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daffi::{CancelFlag, ChainId};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::executor::Responder;
use crate::generator::Outlet;

/// What a callback inherits from the call that runs it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// When the caller stops waiting; the calls it makes end no later.
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller still waits.
    pub(crate) cancelled: CancelFlag,
    /// What the calls that it makes belong to.
    pub(crate) chain: Option<ChainId>,
}

thread_local! {
    static RUNNING: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// Whether this process has ever had an event loop for callbacks: looking for one costs as much as encoding two numbers.
static HAS_LOOP: AtomicBool = AtomicBool::new(false);

/// Runs a synchronous callback as what this thread does.
pub(crate) fn within<R>(context: Context, run: impl FnOnce() -> R) -> R {
    let _outer = Outer(RUNNING.replace(Some(context)));
    run()
}

/// What this thread did before, and does again.
struct Outer(Option<Context>);

impl Drop for Outer {
    fn drop(&mut self) {
        RUNNING.set(self.0.take());
    }
}

thread_local! {
    /// Whether this thread runs an event loop of callbacks.
    static RUNS_LOOP: Cell<bool> = const { Cell::new(false) };
}

/// This thread runs an event loop of callbacks from now on.
#[pyfunction]
pub(crate) fn loop_thread() {
    RUNS_LOOP.set(true);
    HAS_LOOP.store(true, Ordering::Relaxed);
}

/// An async callback that waits in a blocking way holds up its event loop. While this lives, calls that come because of
/// what it waits for run on another loop: it would wait for itself.
pub(crate) struct HeldLoop<'py>(Option<(Python<'py>, ChainId)>);

impl<'py> HeldLoop<'py> {
    /// Begins a wait of this thread.
    pub(crate) fn begin(py: Python<'py>) -> PyResult<Self> {
        if !RUNS_LOOP.get() {
            return Ok(Self(None));
        }
        let chain = current(py)?.and_then(|context| context.chain);
        if let Some(chain) = chain {
            tell_loop(py, "hold", chain)?;
        }
        Ok(Self(chain.map(|chain| (py, chain))))
    }
}

impl Drop for HeldLoop<'_> {
    fn drop(&mut self) {
        if let Some((py, chain)) = self.0
            && let Err(error) = tell_loop(py, "release", chain)
        {
            error.write_unraisable(py, None);
        }
    }
}

fn tell_loop(py: Python<'_>, what: &str, chain: ChainId) -> PyResult<()> {
    static LOOP: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = LOOP.get_or_try_init(py, || py.import("daffi._loop").map(Bound::unbind))?;
    module.call_method1(py, what, (chain.0,))?;
    Ok(())
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
    if let Ok(outlet) = task.cast::<Outlet>() {
        return Ok(Some(outlet.get().context()));
    }
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

/// Whether what this thread or task does is in vain: nobody waits for it any more, or its time is over.
#[pyfunction]
pub(crate) fn in_vain(py: Python<'_>) -> PyResult<bool> {
    Ok(current(py)?.is_some_and(|context| {
        let is_late = context
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now());
        is_late || context.cancelled.is_cancelled()
    }))
}

/// The time that a call may take which asks for `timeout`, and its chain: a callback's calls get no more than what is
/// left of its own time, and belong to the same chain.
///
/// # Errors
/// Python's, from looking up the running task.
pub(crate) fn bounds(
    py: Python<'_>,
    timeout: Option<Duration>,
) -> PyResult<(Option<Duration>, Option<ChainId>)> {
    let Some(context) = current(py)? else {
        return Ok((timeout, None));
    };
    let left = context
        .deadline
        .map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let timeout = match (timeout, left) {
        (Some(timeout), Some(left)) => Some(timeout.min(left)),
        (timeout, left) => timeout.or(left),
    };
    Ok((timeout, context.chain))
}

/// Whether nobody waits for the call any more that the running callback answers; False outside of callbacks.
///
/// A synchronous callback that takes long asks now and then; an async one is cancelled by itself.
#[pyfunction]
pub(crate) fn cancelled(py: Python<'_>) -> PyResult<bool> {
    Ok(current(py)?.is_some_and(|context| context.cancelled.is_cancelled()))
}
