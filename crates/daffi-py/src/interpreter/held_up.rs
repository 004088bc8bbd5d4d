//! Event loops that are held up: a blocking wait on the thread of a running one is told of, once for each place.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::hooks;

/// What waits, and how to write it in a coroutine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// The call itself; empty where the name of the callback says it.
    what: &'static str,
    /// What does not hold up the loop.
    hint: &'static str,
}

impl Wait {
    pub(crate) const CALL: Self = Self::new(
        "",
        "await it: make the fetcher `async def`, or write `await (g.call.name(...) & FG)`",
    );
    pub(crate) const STREAM: Self = Self::new(
        "",
        "await it: make the fetcher `async def`, or write `await (g.call.name(...) & STREAM)`",
    );
    pub(crate) const RESULT: Self = Self::new("the wait for a result", "await the result");
    pub(crate) const ITEM: Self =
        Self::new("the wait for the next item", "`async for item in ...`");
    pub(crate) const PROCESS: Self = Self::new("wait_process", "await g.wait_process_async(...)");
    pub(crate) const FUNCTION: Self =
        Self::new("wait_function", "await g.wait_function_async(...)");
    pub(crate) const TASKS: Self = Self::new(
        "get_scheduled_tasks",
        "await g.get_scheduled_tasks_async(...)",
    );
    pub(crate) const CANCEL_TASK: Self = Self::new(
        "the end of a scheduled task",
        "await task.cancel_async(), or g.cancel_scheduled_task_by_uuid_async(...)",
    );
    pub(crate) const KILL_ALL: Self = Self::new("kill_all", "await g.kill_all_async()");
    pub(crate) const STOP: Self = Self::new("join", "await g.join_async()");

    const fn new(what: &'static str, hint: &'static str) -> Self {
        Self { what, hint }
    }
}

/// Says so where the wait that begins holds up an event loop. `name` is the callback that is waited for.
///
/// # Errors
/// Python's, from looking for a loop; what fails in the telling does not come out.
pub(crate) fn tell_if_held_up(py: Python<'_>, name: &str, wait: Wait) -> PyResult<()> {
    if !in_event_loop(py)? {
        return Ok(());
    }
    let Wait { what, hint } = wait;
    let what = if what.is_empty() { name } else { what };
    let told = hooks::TELL_HELD_UP
        .get(py)
        .and_then(|tell| tell.call1((what, hint)));
    if let Err(error) = told {
        error.write_unraisable(py, None);
    }
    Ok(())
}

/// Whether an event loop runs in this thread. Imports none: a process without asyncio and trio has none.
pub(crate) fn in_event_loop(py: Python<'_>) -> PyResult<bool> {
    static RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static IN_TRIO_RUN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let modules = hooks::MODULES.get(py)?;
    // Either comes with dozens of other modules: as long as there are as many as when neither was there, neither is. Once
    // one has been seen this says nothing any more, as others may go.
    let count = modules.len();
    let is_one_known = RUNNING_LOOP.get(py).is_some() || IN_TRIO_RUN.get(py).is_some();
    if !is_one_known && NEITHER_AMONG.load(Ordering::Relaxed) == count {
        return Ok(false);
    }
    if RUNNING_LOOP.get(py).is_none()
        && let Some(asyncio) = imported(modules, intern!(py, hooks::ASYNCIO))?
    {
        let running = asyncio.getattr(intern!(py, "_get_running_loop"))?;
        let _ = RUNNING_LOOP.set(py, running.unbind());
    }
    if let Some(running) = RUNNING_LOOP.get(py)
        && !running.bind(py).call0()?.is_none()
    {
        return Ok(true);
    }
    if IN_TRIO_RUN.get(py).is_none()
        && let Some(trio) = imported(modules, intern!(py, hooks::TRIO))?
    {
        let in_trio_run = trio.getattr(intern!(py, "in_trio_run"))?;
        let _ = IN_TRIO_RUN.set(py, in_trio_run.unbind());
    }
    if let Some(in_trio_run) = IN_TRIO_RUN.get(py) {
        return in_trio_run.bind(py).call0()?.is_truthy();
    }
    if RUNNING_LOOP.get(py).is_none()
        && !modules.contains(intern!(py, hooks::ASYNCIO))?
        && !modules.contains(intern!(py, hooks::TRIO))?
    {
        NEITHER_AMONG.store(count, Ordering::Relaxed);
    }
    Ok(false)
}

/// How many modules there were when neither asyncio nor trio was among them, not even in part.
static NEITHER_AMONG: AtomicUsize = AtomicUsize::new(0);

/// A module that is here and whole. While a thread imports it, it lacks things, or has them in another form than in the
/// end, and no event loop of it can run.
fn imported<'py>(
    modules: &Bound<'py, PyDict>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = modules.py();
    let Some(module) = modules.get_item(name)? else {
        return Ok(None);
    };
    let spec = module.getattr_opt(intern!(py, "__spec__"))?;
    let is_being_imported = match spec {
        Some(spec) => spec.getattr_opt(intern!(py, "_initializing"))?,
        None => None,
    };
    let is_whole = !is_being_imported.is_some_and(|given| given.is_truthy().unwrap_or(true));
    Ok(is_whole.then_some(module))
}
