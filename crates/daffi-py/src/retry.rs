//! Calls that have a `RetryPolicy`: each attempt is a call without one. See `daffi._api.retry` for how often they are made.

use daffi::{Global, Reach, Target};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::broadcast;
use crate::call;
use crate::errors::{Kind, call_error};
use crate::given::{Arguments, Given, Taken};
use crate::plan::{How, Plan};
use crate::result::AsyncResult;
use crate::waiter::Inside;

/// Makes a call as often as its policy says, and waits as its plan says.
#[inline(never)]
pub(crate) fn run<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match plan.how {
        How::Foreground => {
            let target = global.target(given.name, plan.node()).ok();
            let attempt = Attempt {
                name: given.name.to_owned(),
                taken: given.take(target.as_ref())?,
                once: plan.once(How::Foreground, None),
            };
            in_python(py, "foreground", (policy, given.name, attempt))
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
    let fits = global
        .search(given.name, plan.node())
        .fitting(&given.shape()?)
        .map_err(|error| call_error(py, given.name, error));
    let target = unless_worth(py, fits, policy)?;
    let taken = given.take(target.as_ref())?;
    in_thread(py, given, policy, (plan.once(How::Background, None), taken))
}

/// The same for each process that offers the callback, or is named, by its name.
pub(crate) fn each<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, AsyncResult>)>> {
    let Reach { targets, missing } = broadcast::reach(py, global, given, plan)?;
    let taken = given.take(targets.first())?;
    let nodes = targets.iter().map(|target| target.process().to_string());
    // An attempt finds who is missing now, or says why not.
    let rows = nodes
        .chain(missing.into_iter().map(|(node, _)| node))
        .map(|node| {
            let once = plan.once(How::Background, Some(node.clone()));
            Ok((node, in_thread(py, given, policy, (once, taken.clone()))?))
        });
    rows.collect()
}

/// The target; none where another attempt may find one; the error where none could.
fn unless_worth(
    py: Python<'_>,
    target: PyResult<Target>,
    policy: &Bound<'_, PyAny>,
) -> PyResult<Option<Target>> {
    let error = match target {
        Ok(target) => return Ok(Some(target)),
        Err(error) => error,
    };
    let is_worth = policy.call_method1(intern!(py, "is_worth"), (error.value(py),))?;
    if is_worth.is_truthy()? {
        Ok(None)
    } else {
        Err(error)
    }
}

fn in_thread<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    policy: &Bound<'py, PyAny>,
    (once, taken): (Plan, Taken),
) -> PyResult<Bound<'py, AsyncResult>> {
    let name = given.name.to_owned();
    let attempt = Attempt { name, taken, once };
    let result = in_python(py, "background", (policy, given.name, attempt))?;
    Ok(result.cast_into()?)
}

fn in_python<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = arguments.into_pyobject(py)?;
    py.import(intern!(py, "daffi._api.retry"))?
        .getattr(function)?
        .call1(arguments)
}

/// One attempt, made by calling it, as often as `daffi._api.retry` likes: with the arguments as they were when the call was made.
#[pyclass(frozen, module = "daffi._daffi")]
pub(crate) struct Attempt {
    name: String,
    taken: Taken,
    once: Plan,
}

#[pymethods]
impl Attempt {
    fn __call__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(py);
        let given = Given {
            name: &self.name,
            arguments: Arguments::Taken(&self.taken),
        };
        call::run(py, &given, &self.once)
    }
}
