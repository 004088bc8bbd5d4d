//! The call that this thread, or this task of the callback loop, is running: its deadline and whether it is cancelled.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use daffi::{CancelFlag, ChainId};
use pyo3::intern;
use pyo3::prelude::*;

use crate::hooks;
use crate::interpreter::forked::{only_parent_goes_on, only_parent_returns};
use crate::interpreter::loops::{has_loop, loop_here, loops};

/// What a callback inherits from the call that runs it. It is lent until the call has its answer: a task or a thread that
/// the callback leaves behind goes on on its own account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// When the caller stops waiting; the calls it makes end no later.
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller still waits.
    pub(crate) cancelled: CancelFlag,
    /// What the calls that it makes belong to.
    pub(crate) chain: Option<ChainId>,
}

impl Context {
    /// The same as far as the call still lends it.
    fn lent(self) -> Option<Self> {
        (!self.cancelled.is_over()).then_some(self)
    }

    /// Whether nobody waits for the call any more, or its time is over.
    pub(crate) fn is_in_vain(&self) -> bool {
        let is_late = self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now());
        is_late || self.cancelled.is_cancelled()
    }

    /// What the calls belong to that are made now. What was left behind has a chain of its own: should it hold up the
    /// loop, what comes back because of that is told from the rest.
    fn chain_now(&self) -> Option<ChainId> {
        if self.cancelled.is_over() {
            Some(self.cancelled.chain_after())
        } else {
            self.chain
        }
    }
}

/// What a task of an event loop answers, as that loop knows it: what is made of it says how it is answered.
#[pyclass(frozen, subclass, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct RunningCall(pub(crate) Context);

thread_local! {
    static RUNNING: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// Runs code of a synchronous callback as what this thread does, and gives the context back. Where it forks, only the parent
/// comes back.
#[inline]
pub(crate) fn within<T>(
    py: Python<'_>,
    context: Context,
    run: impl FnOnce() -> PyResult<T>,
) -> (PyResult<T>, Context) {
    only_parent_goes_on(py);
    let outer = Outer(RUNNING.replace(Some(context)));
    let result = only_parent_returns(py, run);
    let context = RUNNING.take();
    drop(outer);
    (result, context.unwrap_or_default())
}

/// To be called in a forked child: the call that this thread ran is its parent's.
pub(crate) fn forked() {
    // Leaked on purpose: its drop could wait for a lock that nobody will ever free.
    Box::leak(Box::new(RUNNING.take()));
}

/// What this thread did before, and does again.
struct Outer(Option<Context>);

impl Drop for Outer {
    fn drop(&mut self) {
        RUNNING.set(self.0.take());
    }
}

/// A wait of this thread that may hold up its event loop, and what it belongs to. Only what really waits asks for one:
/// sending does not, nor does a look at what is there.
#[derive(Clone, Copy)]
pub(crate) struct Blocking(Option<(usize, ChainId)>);

impl Blocking {
    pub(crate) fn of(py: Python<'_>) -> PyResult<Self> {
        let Some(place) = loop_here() else {
            return Ok(Self(None));
        };
        let chain = task(py)?.and_then(|context| context.chain_now());
        Ok(Self(chain.map(|chain| (place, chain))))
    }

    /// Waits, unless a first look shows that there is nothing to wait for. Meanwhile, if that holds up an event loop,
    /// calls that come because of the wait run on another one: it would wait for itself.
    pub(crate) fn wait<T>(self, is_there: impl FnOnce() -> bool, wait: impl FnOnce() -> T) -> T {
        let held = self.0.filter(|_| !is_there());
        let _held = held.map(|(place, chain)| HeldLoop::begin(place, chain));
        wait()
    }
}

/// A loop is held up as long as this lives.
struct HeldLoop(usize, ChainId);

impl HeldLoop {
    fn begin(place: usize, chain: ChainId) -> Self {
        loops().hold(place, chain);
        Self(place, chain)
    }
}

impl Drop for HeldLoop {
    fn drop(&mut self) {
        loops().release(self.0, self.1);
    }
}

/// What this thread or task is running, as far as the call lends it.
pub(crate) fn lent_here(py: Python<'_>) -> PyResult<Option<Context>> {
    Ok(task(py)?.and_then(Context::lent))
}

/// The call that made this thread or task do what it does, over or not.
#[inline]
fn task(py: Python<'_>) -> PyResult<Option<Context>> {
    let running = RUNNING.with_borrow(Clone::clone);
    if running.is_some() {
        return Ok(running);
    }
    if !has_loop() {
        return Ok(None);
    }
    // Async callbacks share one thread: there a context variable tells their tasks apart.
    let task = hooks::RUNNING_CALL
        .get(py)?
        .call_method0(intern!(py, "get"))?;
    let running = task.cast::<RunningCall>().ok();
    Ok(running.map(|running| running.get().0.clone()))
}

/// Whether the running thread or task answers a call.
#[pyfunction]
pub(crate) fn in_callback(py: Python<'_>) -> PyResult<bool> {
    Ok(lent_here(py)?.is_some())
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
    let Some(task) = task(py)? else {
        return Ok((timeout, None));
    };
    let chain = task.chain_now();
    let Some(context) = task.lent() else {
        return Ok((timeout, chain));
    };
    let left = context
        .deadline
        .map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let timeout = match (timeout, left) {
        (Some(timeout), Some(left)) => Some(timeout.min(left)),
        (timeout, left) => timeout.or(left),
    };
    Ok((timeout, chain))
}

/// Whether nobody waits for the call any more that the running callback answers; False outside of callbacks.
///
/// A synchronous callback that takes long asks now and then; an async one is cancelled by itself.
#[pyfunction]
pub(crate) fn cancelled(py: Python<'_>) -> PyResult<bool> {
    Ok(lent_here(py)?.is_some_and(|context| context.cancelled.is_cancelled()))
}
