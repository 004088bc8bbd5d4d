//! One call to all who offer it: forgotten, waited for, or awaited.

use daffi::{Answer, CallError, Global, PendingCall, Reach, Target, WaitEnd};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::call::given::Given;
use crate::call::one::{Budget, check_arguments};
use crate::call::plan::Plan;
use crate::codec::Giver;
use crate::codec::errors::{call_error, call_error_at};
use crate::hooks;
use crate::interpreter::context::Blocking;
use crate::interpreter::held_up::{Wait, tell_if_held_up};
use crate::interpreter::waiter::{unlocked, without_lock};
use crate::result::async_result::AsyncResult;
use crate::result::remote_stream::{self, value_of};

/// A call to one of the targets, as far as it was sent.
type Sent = Result<PendingCall, CallError>;

/// Sends the call to all and gives nothing; failures are logged.
#[inline(never)]
pub(crate) fn forget<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let Reach { targets, missing } = reach(py, global, given, plan)?;
    let sent = send(py, global, given, (plan, plan.answer_later()), &targets)?;
    let missing = missing.into_iter().map(|(_, error)| Err(error));
    for sent in sent.into_iter().chain(missing) {
        // It tells of a failure, as nobody looks.
        drop(result_of(py, (given.name, plan), sent));
    }
    Ok(py.None().into_bound(py))
}

/// Waits for all: `{node: value}`, where a node's failure is its value.
#[inline(never)]
pub(crate) fn gather<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    tell_if_held_up(py, given.name, Wait::CALL)?;
    let Reach { targets, missing } = reach(py, global, given, plan)?;
    let sent = send(py, global, given, (plan, Answer::Awaited), &targets)?;
    let blocking = Blocking::of(py)?;
    let sent = without_lock(py, move |interrupt| {
        let calls = || sent.iter().flatten();
        let are_there = || calls().all(PendingCall::look);
        let interrupted = blocking.wait(are_there, || {
            calls().any(|call| call.wait(None, interrupt) == WaitEnd::Interrupted)
        });
        if interrupted {
            cancel_all(&sent);
        }
        sent
    })?;
    let values = PyDict::new(py);
    for (target, sent) in targets.iter().zip(sent) {
        let outcome = sent
            .and_then(|pending| remote_stream::take(&pending).unwrap_or(Err(CallError::Cancelled)));
        let value = match outcome {
            Ok((received, opened)) => value_of(py, given.name, received, opened),
            Err(error) => {
                let at = (target.process(), plan.timeout);
                Err(call_error_at(py, given.name, error, at))
            }
        };
        let value = value.unwrap_or_else(|error| error.into_value(py).into_bound(py).into_any());
        values.set_item(target.process().as_str(), value)?;
    }
    for (node, error) in missing {
        let error = call_error(py, given.name, error);
        values.set_item(node, error.into_value(py))?;
    }
    Ok(values.into_any())
}

/// The same to come, for those who await it.
pub(crate) fn gather_in_background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, AsyncResult>> {
    let Reach { targets, missing } = reach(py, global, given, plan)?;
    let sent = send(py, global, given, (plan, Answer::Later), &targets)?;
    let nodes = targets.iter().map(|target| target.process().to_string());
    let missing = missing.into_iter().map(|(node, error)| (node, Err(error)));
    let rows = nodes.zip(sent).chain(missing).map(|(node, sent)| {
        let result = Bound::new(py, result_of(py, (given.name, plan), sent))?;
        Ok((node, result))
    });
    gathered(py, given.name, rows.collect::<PyResult<_>>()?)
}

/// One result of those of each process.
pub(crate) fn gathered<'py>(
    py: Python<'py>,
    name: &str,
    rows: Vec<(String, Bound<'py, AsyncResult>)>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let gathered = hooks::GATHER_RESULTS.get(py)?.call1((name, rows))?;
    Ok(gathered.cast_into()?)
}

/// All whom the call goes to, and who was named and is not there; an error where it does not fit one of them.
pub(crate) fn reach(
    py: Python<'_>,
    global: &Global,
    given: &Given<'_, '_>,
    plan: &Plan,
) -> PyResult<Reach> {
    let reach = global
        .reach(given.name, plan.nodes.as_deref())
        .map_err(|error| call_error(py, given.name, error))?;
    for target in &reach.targets {
        check_arguments(py, given, target)?;
    }
    Ok(reach)
}

/// Sends the call to all its targets, encoded once, side by side: one that cannot take it now holds up no other.
fn send(
    py: Python<'_>,
    global: &Global,
    given: &Given<'_, '_>,
    (plan, answer): (&Plan, Answer),
    targets: &[Target],
) -> PyResult<Vec<Sent>> {
    let Some(first) = targets.first() else {
        return Ok(Vec::new());
    };
    let giver = if answer == Answer::Awaited {
        Giver::Waits
    } else {
        Giver::GoesOn
    };
    let body = given.encode(Some(first), giver)?;
    let options = Budget::of(py, plan)?.options(plan, answer);
    let send = |target: &Target| global.dispatch(target.clone(), body.clone(), options, None);
    Ok(unlocked(py, || targets.iter().map(send).collect()))
}

fn cancel_all(sent: &[Sent]) {
    for call in sent.iter().flatten() {
        call.cancel();
    }
}

fn result_of(py: Python<'_>, (name, plan): (&str, &Plan), sent: Sent) -> AsyncResult {
    match sent {
        Ok(pending) => AsyncResult::new(name, pending, plan.timeout),
        Err(error) => AsyncResult::failed(name, call_error(py, name, error)),
    }
}
