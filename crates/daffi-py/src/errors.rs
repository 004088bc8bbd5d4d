//! From the errors of the runtime to the exception tree of the front, one match for each.

use daffi::{KillError, RegisterError, StartError, WaitError};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::hooks;

/// A class of the exception tree of the front.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Initialization,
    GlobalContext,
    Timeout,
    NoCandidate,
    RemoteStopped,
    Overloaded,
    Cancelled,
    Serialization,
}

impl Kind {
    fn class(self, py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
        let class = match self {
            Self::Initialization => &hooks::INITIALIZATION_ERROR,
            Self::GlobalContext => &hooks::GLOBAL_CONTEXT_ERROR,
            Self::Timeout => &hooks::TIMEOUT_ERROR,
            Self::NoCandidate => &hooks::UNABLE_TO_FIND_CANDIDATE,
            Self::RemoteStopped => &hooks::REMOTE_STOPPED_UNEXPECTEDLY,
            Self::Overloaded => &hooks::OVERLOADED,
            Self::Cancelled => &hooks::CALL_CANCELLED,
            Self::Serialization => &hooks::SERIALIZATION_ERROR,
        };
        class.get(py)
    }

    /// Whether the exception is one of this class.
    #[cold]
    pub(crate) fn is_of(self, py: Python<'_>, error: &PyErr) -> bool {
        self.class(py)
            .is_ok_and(|class| error.is_instance(py, class))
    }

    /// The exception with its message.
    #[cold]
    pub(crate) fn error(self, py: Python<'_>, message: impl AsRef<str>) -> PyErr {
        match self.class(py) {
            Ok(class) => PyErr::from_type(class.clone(), (message.as_ref().to_owned(),)),
            Err(error) => error,
        }
    }
}

/// Why a Global does not start.
pub(crate) fn start_error(py: Python<'_>, error: &StartError) -> PyErr {
    let kind = match error {
        StartError::TimedOut { .. } => Kind::Timeout,
        _ => Kind::Initialization,
    };
    kind.error(py, error.to_string())
}

/// Why a callback is not registered.
pub(crate) fn register_error(py: Python<'_>, error: &RegisterError) -> PyErr {
    Kind::Initialization.error(py, error.to_string())
}

/// Why a wait for `what` ended without it.
pub(crate) fn wait_error(py: Python<'_>, error: &WaitError, what: &str) -> PyErr {
    let kind = match error {
        WaitError::TimedOut { .. } => Kind::Timeout,
        _ => Kind::GlobalContext,
    };
    kind.error(py, format!("{what}: {error}"))
}

/// Why the others could not all be stopped.
pub(crate) fn kill_error(py: Python<'_>, error: KillError) -> PyErr {
    Kind::GlobalContext.error(py, error.to_string())
}

/// What a user gave, as an error quotes it.
#[cold]
pub(crate) fn quoted(value: &Bound<'_, PyAny>) -> String {
    let quoted = hooks::QUOTED.get(value.py());
    let text = quoted.and_then(|quoted| quoted.call1((value,))?.extract());
    text.unwrap_or_else(|_| "this".to_owned())
}
