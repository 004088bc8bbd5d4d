//! How a call in the foreground gives its value: at once, or as what can be awaited.

use pyo3::prelude::*;

use crate::call::dispatch::{run, run_in_background};
use crate::call::given::Given;
use crate::call::plan::{How, Plan};
use crate::call::stream;
use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::held_up::{Wait, in_event_loop, tell_if_held_up};

/// How a call in the foreground gives its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The calling thread waits for it: `def` fetchers.
    Now,
    /// It stands for itself until it is awaited or used: `async def` fetchers.
    Awaitable,
    /// The one or the other: awaitable where an event loop runs in the calling thread. `g.call`.
    Fitting,
    /// The same for fetchers of async generator functions, whose calls are iterated and not awaited.
    Iterated,
}

impl Value {
    pub(crate) const ALL: [Self; 4] = [Self::Now, Self::Awaitable, Self::Fitting, Self::Iterated];

    /// What the Python face calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Awaitable => "awaitable",
            Self::Fitting => "fitting",
            Self::Iterated => "iterated",
        }
    }

    fn is_awaitable(self, py: Python<'_>) -> PyResult<bool> {
        Ok(match self {
            Self::Now => false,
            Self::Awaitable => true,
            Self::Fitting | Self::Iterated => in_event_loop(py)?,
        })
    }
}

/// Runs a call so that a value in the foreground comes as `value` says.
#[inline]
pub(crate) fn run_for<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
    value: Value,
) -> PyResult<Bound<'py, PyAny>> {
    run_as(py, given, plan, value).map_err(|error| misplaced(py, given, error))
}

/// The same error, with a hint where a modifier among the arguments may be why they do not fit.
#[cold]
fn misplaced(py: Python<'_>, given: &Given<'_, '_>, error: PyErr) -> PyErr {
    if !Kind::GlobalContext.is_of(py, &error) || !given.has_modifier() {
        return error;
    }
    let text = format!(
        "{}\nhint: a modifier stands behind the parentheses: {}(...) & FG",
        error.value(py),
        given.name
    );
    Kind::GlobalContext.error(py, text)
}

#[inline]
fn run_as<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
    value: Value,
) -> PyResult<Bound<'py, PyAny>> {
    if plan.how == How::Stream {
        return stream::run(py, given, plan, value.is_awaitable(py)?);
    }
    let has_value = matches!(plan.how, How::Foreground | How::Gather);
    if !has_value || !value.is_awaitable(py)? {
        // What fits has just seen that no loop runs here.
        if plan.how == How::Foreground && value == Value::Now {
            tell_if_held_up(py, given.name, Wait::CALL)?;
        }
        let gave = run(py, given, plan)?;
        if value == Value::Awaitable && !plan.wants_value {
            return hooks::NOTHING_TO_AWAIT.get(py).cloned();
        }
        return Ok(gave);
    }
    let result = run_in_background(py, given, plan)?;
    hooks::AWAITABLE_VALUE.get(py)?.call1((result,))
}
