//! Which way a call goes: once, again, to all, item by item, or later, as its plan says.

use daffi::Global;
use pyo3::prelude::*;

use crate::call::given::Given;
use crate::call::plan::{How, Plan};
use crate::call::{broadcast, one, retry, schedule, stream};
use crate::interpreter::current::with_current;

/// Runs a call as its plan says.
///
/// # Errors
/// An exception of the tree, or what a signal handler raised.
pub(crate) fn run<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let global = with_current(py, Global::clone)?;
    if let Some(policy) = &plan.retry {
        return retry::run(py, &global, given, plan, policy.bind(py));
    }
    match plan.how {
        How::Period => schedule::schedule(py, &global, given, plan),
        How::Foreground => one::foreground(py, &global, given, plan),
        How::Background => Ok(one::background(py, &global, given, plan)?.into_any()),
        How::Stream => stream::run(py, given, plan, false),
        How::NoReturn => {
            // Dropped, it tells of a failure.
            one::background(py, &global, given, plan)?;
            Ok(py.None().into_bound(py))
        }
        How::Broadcast => broadcast::forget(py, &global, given, plan),
        How::Gather => broadcast::gather(py, &global, given, plan),
    }
}

/// Sends the call in the background, whatever its plan says about waiting.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_in_background<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let global = with_current(py, Global::clone)?;
    let result = match (plan.how, &plan.retry) {
        (How::Gather, None) => broadcast::gather_in_background(py, &global, given, plan)?,
        (How::Gather, Some(policy)) => {
            retry::gather_in_background(py, &global, given, plan, policy.bind(py))?
        }
        (_, Some(policy)) => retry::background(py, &global, given, plan, policy.bind(py))?,
        (_, None) => one::background(py, &global, given, plan)?,
    };
    Ok(result.into_any())
}
