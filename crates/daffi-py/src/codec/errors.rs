//! Why a call has no value, as an exception of the front; what a callback raised is decoded for that.

use std::time::Duration;

use daffi::{CallError, FailureCode, Name};
use pyo3::prelude::*;

use super::decode_value;
use crate::errors::Kind;
use crate::hooks;

/// Why the call of `name` has no value.
#[cold]
pub(crate) fn call_error(py: Python<'_>, name: &str, error: CallError) -> PyErr {
    let kind = match &error {
        CallError::Raised { .. } => return raised(py, error),
        CallError::UnknownProcess { .. } => Kind::Initialization,
        CallError::UnknownCallback { .. }
        | CallError::OnlyLocal(_)
        | CallError::Arguments { .. }
        | CallError::NoNode
        | CallError::Stopped => Kind::GlobalContext,
        CallError::TooManyCalls { .. }
        | CallError::Backlog { .. }
        | CallError::RetriedBacklog { .. } => Kind::Overloaded,
        CallError::Vanished { .. } | CallError::Unsent { .. } => Kind::NoCandidate,
        CallError::NodeGone { .. }
        | CallError::NodeSilent { .. }
        | CallError::RelayGone { .. }
        | CallError::StreamCut { .. } => Kind::RemoteStopped,
        CallError::TimedOut => Kind::Timeout,
        CallError::Cancelled | CallError::Interrupted => Kind::Cancelled,
        CallError::Failed { failure, .. } => match failure.code {
            FailureCode::BadArguments | FailureCode::BadResult => {
                // The callee says what could not travel, and where in it; nothing of ours makes that clearer.
                return Kind::Serialization.error(py, &failure.text);
            }
            FailureCode::Overloaded => Kind::Overloaded,
            _ => Kind::RemoteStopped,
        },
        CallError::TooLarge { .. } | CallError::Value(_) => Kind::Serialization,
    };
    kind.error(py, format!("{name}: {error}"))
}

/// The same for a call to this process that had so much time.
#[cold]
pub(crate) fn call_error_at(
    py: Python<'_>,
    name: &str,
    error: CallError,
    (process, limit): (&Name, Option<Duration>),
) -> PyErr {
    match (error, limit) {
        (CallError::TimedOut, Some(limit)) => {
            let text = format!(
                "{name}: '{process}' gave no answer within {} s",
                limit.as_secs_f64()
            );
            Kind::Timeout.error(py, text)
        }
        (error, _) => call_error(py, name, error),
    }
}

/// The exception for the record of what a callback raised.
fn raised(py: Python<'_>, error: CallError) -> PyErr {
    let CallError::Raised { process, record } = error else {
        return Kind::RemoteStopped.error(py, error.to_string());
    };
    let rebuilt = decode_value(py, record).and_then(|record| {
        hooks::REBUILD_ERROR
            .get(py)?
            .call1((record, process.as_str()))
    });
    rebuilt.map_or_else(|error| error, PyErr::from_value)
}
