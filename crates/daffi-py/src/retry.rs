//! Calls that have a `RetryPolicy`: each attempt is a call without one. See `daffi._retry` for how often they are made.

use daffi::Global;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::broadcast;
use crate::call::{Given, check_arguments};
use crate::errors::{Kind, call_error};
use crate::plan::{How, Plan};
use crate::result::AsyncResult;

/// Makes a call as often as its policy says, and waits as its plan says.
pub(crate) fn run<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match plan.how {
        How::Foreground => {
            let once = plan.once(How::Foreground, None);
            let Given { name, args, kwargs } = *given;
            in_python(py, "foreground", (policy, name, once, args, kwargs))
        }
        How::Background => Ok(background(py, global, given, plan, policy)?.into_any()),
        How::NoReturn => {
            // Dropped, it tells of a failure.
            background(py, global, given, plan, policy)?;
            Ok(py.None().into_bound(py))
        }
        How::Gather => {
            let gathered = broadcast::gather_in_background(py, global, given, plan)?;
            let values = gathered.call_method0(intern!(py, "get"));
            // Nothing where they are there; after Ctrl+C nobody wants them any more.
            gathered.call_method0(intern!(py, "cancel"))?;
            values
        }
        How::Broadcast => {
            // As above, each of them.
            each(py, global, given, plan, policy)?;
            Ok(py.None().into_bound(py))
        }
        How::Stream | How::Period => {
            Err(Kind::Initialization.error(py, "streams and scheduled calls have no retry policy"))
        }
    }
}

/// Makes a call as often as its policy says, in a thread of its own. What no attempt could change is raised at once.
pub(crate) fn background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let target = global.target(given.name, plan.node());
    let fits = target
        .map_err(|error| call_error(py, given.name, error))
        .and_then(|target| check_arguments(py, given, &target));
    check_worth(py, fits, policy)?;
    in_thread(py, given, policy, plan.once(How::Background, None))
}

/// The same for each process that offers the callback, by its name.
pub(crate) fn each<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, AsyncResult>)>> {
    let targets = broadcast::targets(py, global, given, plan)?;
    let rows = targets.iter().map(|target| {
        let node = target.process().as_str().to_owned();
        let once = plan.once(How::Background, Some(node.clone()));
        Ok((node, in_thread(py, given, policy, once)?))
    });
    rows.collect()
}

fn check_worth(py: Python<'_>, checked: PyResult<()>, policy: &Bound<'_, PyAny>) -> PyResult<()> {
    let Err(error) = checked else {
        return Ok(());
    };
    let is_worth = policy.call_method1(intern!(py, "is_worth"), (error.value(py),))?;
    if is_worth.is_truthy()? {
        Ok(())
    } else {
        Err(error)
    }
}

fn in_thread<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    policy: &Bound<'py, PyAny>,
    once: Plan,
) -> PyResult<Bound<'py, AsyncResult>> {
    let Given { name, args, kwargs } = *given;
    let result = in_python(py, "background", (policy, name, once, args, kwargs))?;
    Ok(result.cast_into()?)
}

fn in_python<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = arguments.into_pyobject(py)?;
    py.import(intern!(py, "daffi._retry"))?
        .getattr(function)?
        .call1(arguments)
}
