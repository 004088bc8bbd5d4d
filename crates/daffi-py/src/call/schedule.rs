//! Scheduled tasks from Python: `call & PERIOD(...)`, what was scheduled where, and its end.

use std::time::{Instant, SystemTime};

use daffi::{CallError, CancelTask, Global, NewTask, TaskId, TaskInfo};
use pyo3::intern;
use pyo3::prelude::*;

use crate::call::given::Given;
use crate::call::plan::Plan;
use crate::codec::Giver;
use crate::codec::errors::call_error;
use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::context::Blocking;
use crate::interpreter::held_up::{Wait, in_event_loop, tell_if_held_up};
use crate::interpreter::waiter::{GivenUp, unlocked, without_lock};
use crate::result::async_result::AsyncResult;

/// Schedules a call at one of its candidates and gives its `ScheduledTask`. In an event loop, which it must not hold up,
/// it does not wait for the answer: a failure is logged.
#[inline(never)]
pub(crate) fn schedule<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let class = hooks::SCHEDULED_TASK.get(py)?;
    let no_times = || Kind::Initialization.error(py, "PERIOD without its times");
    let cadence = plan.cadence.as_ref().ok_or_else(no_times)?;
    let uuid = hooks::UUID4.get(py)?.call0()?;
    let id = TaskId(uuid.getattr(intern!(py, "bytes"))?.extract()?);
    let mut search = global.search(given.name, plan.node());
    let in_loop = in_event_loop(py)?;
    let giver = if in_loop { Giver::GoesOn } else { Giver::Waits };
    let shape = given.shape()?;
    // Once: a point that passes while candidates are tried is run at once, and is no mistake of the caller.
    let since = Instant::now();
    let timing = cadence.timing(SystemTime::now()).map_err(|stamp| {
        let text = format!(
            "{}: this time has passed: {stamp}\nhint: make a new PERIOD for each call",
            given.name
        );
        Kind::Initialization.error(py, text)
    })?;
    let task = NewTask { id, timing, since };
    loop {
        let target = search
            .fitting(&shape)
            .map_err(|error| call_error(py, given.name, error))?;
        let body = given.encode(Some(&target), giver)?;
        let task = task.clone();
        let scheduled = if in_loop {
            let sent = unlocked(py, || global.schedule_soon(&target, body, task));
            // It tells of a failure, as nobody looks.
            sent.map(|pending| drop(AsyncResult::new(given.name, pending, None)))
        } else {
            let blocking = Blocking::of(py)?;
            without_lock(py, |interrupt| {
                let schedule = || global.schedule(&target, body, task, interrupt);
                blocking.wait(|| false, schedule)
            })?
        };
        match scheduled {
            Ok(()) => return class.call1((given.name, uuid.str()?, target.process().as_str())),
            Err(error @ CallError::Vanished { .. }) => search.vanished(&target, error),
            Err(error) => return Err(call_error(py, given.name, error)),
        }
    }
}

/// A task in a list: uuid, callback, how many times are left (None for an interval).
pub(crate) type Row = ([u8; 16], String, Option<u32>);

/// What this process has scheduled at another. Once nobody wants it any more it ends soon.
pub(crate) fn scheduled_tasks(
    py: Python<'_>,
    global: &Global,
    node: &str,
    given_up: Option<&Bound<'_, GivenUp>>,
) -> PyResult<Vec<Row>> {
    tell_if_held_up(py, "", Wait::TASKS)?;
    let tasks = ask(py, given_up, |interrupt| {
        global.scheduled_tasks(node, interrupt)
    })?;
    let tasks = tasks.map_err(|error| call_error(py, "get_scheduled_tasks", error))?;
    Ok(tasks
        .into_iter()
        .map(|TaskInfo { id, left, callback }| (id.0, callback.as_str().to_owned(), left))
        .collect())
}

/// Ends a task at another process: True, False if it was over, None if there is none. As [`scheduled_tasks`].
pub(crate) fn cancel_task(
    py: Python<'_>,
    global: &Global,
    node: &str,
    uuid: [u8; 16],
    given_up: Option<&Bound<'_, GivenUp>>,
) -> PyResult<Option<bool>> {
    tell_if_held_up(py, "", Wait::CANCEL_TASK)?;
    let answer = ask(py, given_up, |interrupt| {
        global.cancel_task(node, TaskId(uuid), interrupt)
    })?;
    match answer {
        Ok(CancelTask::Cancelled) => Ok(Some(true)),
        Ok(CancelTask::WasOver) => Ok(Some(false)),
        Ok(CancelTask::Unknown) => Ok(None),
        Err(error) => Err(call_error(py, "cancel_scheduled_task_by_uuid", error)),
    }
}

/// Waits for the answer of another process.
fn ask<T: Send>(
    py: Python<'_>,
    given_up: Option<&Bound<'_, GivenUp>>,
    ask: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    let blocking = Blocking::of(py)?;
    let given_up = given_up.map(Bound::get);
    without_lock(py, |interrupt| {
        let interrupt = &mut || given_up.is_some_and(GivenUp::is_set) || interrupt();
        blocking.wait(|| false, || ask(interrupt))
    })
}
