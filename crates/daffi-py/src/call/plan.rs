//! How to run a call and how to wait for it: a modifier in the form that the seam acts on.

use std::time::Duration;

use daffi::Answer;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::call::cadence::Cadence;
use crate::errors::{Kind, quoted};
use crate::interpreter::durations::seconds;

/// What a modifier comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Wait for the value.
    Foreground,
    /// Give an `AsyncResult`.
    Background,
    /// Give nothing; log a failure.
    NoReturn,
    /// Call all who offer it and give nothing; log failures.
    Broadcast,
    /// Call all who offer it and give what each gave.
    Gather,
    /// Call once for each item of the argument, everywhere.
    Stream,
    /// Have it run when its time has come; give a `ScheduledTask`.
    Period,
}

impl How {
    const ALL: [Self; 7] = [
        Self::Foreground,
        Self::Background,
        Self::NoReturn,
        Self::Broadcast,
        Self::Gather,
        Self::Stream,
        Self::Period,
    ];

    /// What the Python face calls it.
    const fn kind(self) -> &'static str {
        match self {
            Self::Foreground => "fg",
            Self::Background => "bg",
            Self::NoReturn => "no_return",
            Self::Broadcast => "broadcast",
            Self::Gather => "gather",
            Self::Stream => "stream",
            Self::Period => "period",
        }
    }

    /// The modifier that says so.
    pub(crate) const fn modifier(self) -> &'static str {
        match self {
            Self::Foreground => "FG",
            Self::Background => "BG",
            Self::NoReturn => "NO_RETURN",
            Self::Broadcast | Self::Gather => "BROADCAST",
            Self::Stream => "STREAM",
            Self::Period => "PERIOD",
        }
    }
}

/// The plan that a modifier carries: made once with it, read at every call.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) how: How,
    /// Whether the values of its calls are to come back.
    pub(crate) wants_value: bool,
    /// The one process to call; of a broadcast, the processes.
    pub(crate) nodes: Option<Vec<String>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) delay: Duration,
    /// When the call is made again, a `RetryPolicy`.
    pub(crate) retry: Option<Py<PyAny>>,
    /// With [`How::Period`]: when.
    pub(crate) cadence: Option<Cadence>,
}

#[pymethods]
impl Plan {
    /// Times are in seconds, 0 and None mean no limit; `at` is seconds since 1970, and it or `interval` is for `period`.
    #[new]
    #[pyo3(signature = (kind, *, nodes=None, timeout=None, eta=0.0, retry=None, at=None, interval=None))]
    fn new(
        kind: &str,
        nodes: Option<Vec<String>>,
        timeout: Option<f64>,
        eta: f64,
        retry: Option<Py<PyAny>>,
        at: Option<Vec<f64>>,
        interval: Option<f64>,
    ) -> PyResult<Self> {
        let how = How::ALL
            .into_iter()
            .find(|how| how.kind() == kind)
            .ok_or_else(|| PyValueError::new_err(format!("no such plan: {kind}")))?;
        let timeout = seconds(timeout.unwrap_or(0.0))?;
        let timeout = (!timeout.is_zero()).then_some(timeout);
        Ok(Self {
            how,
            wants_value: !matches!(how, How::NoReturn | How::Broadcast),
            nodes,
            timeout,
            delay: seconds(eta)?,
            retry,
            cadence: match (at, interval) {
                (Some(at), _) => Some(Cadence::At(at)),
                (None, Some(every)) => Some(Cadence::Every(seconds(every)?)),
                (None, None) => None,
            },
        })
    }

    /// What [`Plan::new`] makes the same of again. Called where it is pickled or copied.
    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<((&'static str,), Bound<'py, PyDict>)> {
        let (at, interval) = match &self.cadence {
            Some(Cadence::At(at)) => (Some(at.clone()), None),
            Some(Cadence::Every(every)) => (None, Some(every.as_secs_f64())),
            None => (None, None),
        };
        let named = PyDict::new(py);
        named.set_item("nodes", self.nodes.clone())?;
        named.set_item("timeout", self.timeout.map(|timeout| timeout.as_secs_f64()))?;
        named.set_item("eta", self.delay.as_secs_f64())?;
        named.set_item("retry", self.retry.as_ref())?;
        named.set_item("at", at)?;
        named.set_item("interval", interval)?;
        Ok(((self.how.kind(),), named))
    }
}

impl Plan {
    /// One attempt at one node, or at any.
    pub(crate) fn once(&self, how: How, node: Option<String>) -> Self {
        let nodes = node.map(|node| vec![node]).or_else(|| self.nodes.clone());
        Self {
            how,
            wants_value: self.wants_value,
            nodes,
            timeout: self.timeout,
            delay: self.delay,
            retry: None,
            cadence: None,
        }
    }

    /// How an answer is sent that is not waited for at once.
    pub(crate) const fn answer_later(&self) -> Answer {
        if self.wants_value {
            Answer::Later
        } else {
            Answer::Failure
        }
    }

    /// The one process to call.
    pub(crate) fn node(&self) -> Option<&str> {
        self.nodes
            .as_ref()
            .and_then(|nodes| nodes.first())
            .map(String::as_str)
    }

    /// The plan of a modifier, class or instance alike; an error that shows the right spelling for anything else.
    pub(crate) fn of(modifier: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = modifier.py();
        if let Ok(plan) = modifier.cast_exact::<Self>() {
            return Ok(plan.clone().unbind());
        }
        static BARE_FG: PyOnceLock<(Py<PyAny>, Py<Plan>)> = PyOnceLock::new();
        if let Some((class, plan)) = BARE_FG.get(py)
            && modifier.is(class)
        {
            return Ok(plan.clone_ref(py));
        }
        let plan = Self::looked_up(modifier)?;
        if plan.get().how == How::Foreground && modifier.is_instance_of::<PyType>() {
            // What most calls are given; to look up an attribute of a class is a twentieth of what a call costs its caller.
            let _ = BARE_FG.set(py, (modifier.clone().unbind(), plan.clone_ref(py)));
        }
        Ok(plan)
    }

    fn looked_up(modifier: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = modifier.py();
        let plan = modifier.getattr_opt(intern!(py, "_plan"))?;
        if plan.as_ref().is_some_and(Bound::is_none) {
            let text = "PERIOD without its times\nhint: PERIOD(interval=5), PERIOD(at_time=time.time() + 60)";
            return Err(Kind::Initialization.error(py, text));
        }
        plan.and_then(|plan| plan.cast_into::<Self>().ok()).map(Bound::unbind).ok_or_else(|| {
            let given = quoted(modifier);
            Kind::Initialization.error(
                py,
                format!("not an execution modifier: {given}\nhint: write `call(...) & FG`, or FG(timeout=5), BG, ..."),
            )
        })
    }
}

/// Whether it is a modifier, class or instance.
pub(crate) fn is_modifier(value: &Bound<'_, PyAny>) -> bool {
    let class = match value.cast::<PyType>() {
        Ok(class) => class.clone(),
        Err(_) => value.get_type(),
    };
    let is_ours = class.module().is_ok_and(|module| module == "daffi");
    is_ours && class.hasattr(intern!(value.py(), "_plan")).unwrap_or(false)
}
