//! How to run a call and how to wait for it: a modifier in the form that the seam acts on.

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::errors::Kind;

/// What a modifier comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Wait for the value.
    Foreground,
    /// Give an `AsyncResult`.
    Background,
    /// Give nothing; log a failure.
    NoReturn,
}

/// The plan that a modifier carries: made once with it, read at every call.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) how: How,
    /// The one process to call.
    pub(crate) node: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) delay: Duration,
}

#[pymethods]
impl Plan {
    /// `kind` is `fg` or `bg`; times are in seconds, 0 and None mean no limit.
    #[new]
    #[pyo3(signature = (kind, *, node=None, timeout=None, eta=0.0))]
    fn new(kind: &str, node: Option<String>, timeout: Option<f64>, eta: f64) -> PyResult<Self> {
        let how = match kind {
            "fg" => How::Foreground,
            "bg" => How::Background,
            "no_return" => How::NoReturn,
            other => return Err(PyValueError::new_err(format!("no such plan: {other}"))),
        };
        let timeout = seconds(timeout.unwrap_or(0.0))?;
        Ok(Self {
            how,
            node,
            timeout: (!timeout.is_zero()).then_some(timeout),
            delay: seconds(eta)?,
        })
    }
}

impl Plan {
    /// The plan of a modifier, class or instance alike; an error that shows the right spelling for anything else.
    pub(crate) fn of(modifier: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = modifier.py();
        let plan = modifier.getattr_opt(intern!(py, "_plan"))?;
        plan.and_then(|plan| plan.cast_into::<Self>().ok()).map(Bound::unbind).ok_or_else(|| {
            let given = modifier.repr().map_or_else(|_| "this".to_owned(), |text| text.to_string());
            Kind::Initialization.error(
                py,
                format!("not an execution modifier: {given}\nhint: write `call(...) & FG`, or FG(timeout=5), BG, ..."),
            )
        })
    }
}

/// A time in seconds; what is longer than this machine can count is as good as for ever.
pub(crate) fn seconds(seconds: f64) -> PyResult<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!(
            "a time must not be negative: {seconds}"
        )));
    }
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
